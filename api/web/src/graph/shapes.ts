/** The shapes of kinds as signed distances on the graphics card, and the rim around a node. */
import type { FragmentLayer, SDFShape } from "sigma/rendering";
import { LOOKS } from "./look";

/** One shape for every kind. Edges end at shapes, so that each of these is in several programs and is
 * called many times there: no loops, a few operations each. */
export function shapes(): SDFShape[] {
  return Object.keys(LOOKS).map((kind) => ({
    name: kind,
    uniforms: [],
    glsl: `float sdf_${kind}(vec2 uv, float size) { vec2 p = uv / size; vec2 q = abs(p); return size * (${DISTANCES[kind] ?? CIRCLE}); }`,
    inradiusFactor: kind === "person" ? 1 : 0.62,
  }));
}

const CIRCLE = "length(p) - 0.92";

/** Distances of the outlines in `look.ts` from a point `p` (y up, `q` its absolute), by the nearest
 * side: exact inside, a little short beside corners. */
const DISTANCES: Readonly<Record<string, string>> = {
  company: "max(q.x, q.y) - 0.78",
  person: CIRCLE,
  account: "0.7071 * (q.x + q.y - 0.92)",
  phone: "max(-p.y - 0.78, 0.88 * q.x + 0.475 * p.y - 0.437)",
  address: "max(max(q.x - 0.83, -p.y - 0.83), 0.707 * (q.x + p.y - 0.92))",
  device: "max(q.x - 0.46, q.y - 0.92)",
  loan: "max(-p.x - 0.92, 0.41 * p.x + 0.912 * q.y - 0.377)",
  event: "dot(vec2(max(q.x, q.y), min(q.x, q.y)) - vec2(0.92, 0.0), vec2(0.447, 0.894))",
  group: "max(q.y - 0.83, 0.874 * q.x + 0.486 * q.y - 0.804)",
};

/** A line inside a node's outline; nothing where its colour is clear. */
export function layerRim(): FragmentLayer {
  return {
    name: "rim",
    uniforms: [],
    attributes: [{ name: "rimColor", size: 4, type: WebGL2RenderingContext.UNSIGNED_BYTE, normalized: true, source: "rim" }],
    glsl: `vec4 layer_rim(vec4 v_rimColor) {
  float width = max(3.0 * context.pixelToUV, context.shapeSize * 0.26);
  float inside = smoothstep(-width - context.aaWidth, -width + context.aaWidth, context.sdf);
  return vec4(v_rimColor.rgb, v_rimColor.a * inside);
}`,
  };
}
