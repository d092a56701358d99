/** What draws by WebGL 2 here, as the browser names it; null where nothing does. Asked once: a context
 * costs time where the processor draws. */
export const renderer: string | null = probe();

function probe(): string | null {
  try {
    const gl = document.createElement("canvas").getContext("webgl2");
    if (!gl) return null;
    const more = gl.getExtension("WEBGL_debug_renderer_info");
    const name = String(gl.getParameter(more ? more.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
    gl.getExtension("WEBGL_lose_context")?.loseContext();
    return name;
  } catch {
    return null;
  }
}
