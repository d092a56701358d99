import { defineConfig } from "vite";

// Built into the Python package, which serves it: users need no Node. Same sources, same bytes.
export default defineConfig({
  base: "/static/",
  build: {
    outDir: "../explorer/static",
    emptyOutDir: true,
    assetsDir: ".",
    modulePreload: { polyfill: false },
    target: "es2022",
    reportCompressedSize: false,
    assetsInlineLimit: 0,
  },
  worker: { format: "es" },
});
