/** The shapes of kinds as signed distances on the graphics card, and the rim around a node. */
import type { FragmentLayer, SDFShape } from "sigma/rendering";
import { LOOKS } from "./look";

/** One shape for every kind: its polygon, or a circle. */
export function shapes(): SDFShape[] {
  return Object.entries(LOOKS).map(([kind, look]) => ({
    name: kind,
    uniforms: [],
    glsl: look.points.length ? polygon(kind, look.points) : circle(kind),
    inradiusFactor: look.points.length ? 0.62 : 1,
  }));
}

function circle(kind: string): string {
  return `float sdf_${kind}(vec2 uv, float size) { return length(uv) - size * 0.92; }`;
}

const float = (value: number): string => value.toFixed(4);

/** The distance to a polygon, negative inside: after Inigo Quilez, an edge at a time. */
function polygon(kind: string, points: readonly (readonly [number, number])[]): string {
  const count = points.length;
  const listed = points.map(([x, y]) => `vec2(${float(x * 0.92)},${float(-y * 0.92)})`).join(",");
  return `float sdf_${kind}(vec2 uv, float size) {
  vec2 v[${count}] = vec2[${count}](${listed});
  vec2 p = uv / size;
  float d = dot(p - v[0], p - v[0]);
  float s = 1.0;
  for (int i = 0, j = ${count - 1}; i < ${count}; j = i, i++) {
    vec2 e = v[j] - v[i];
    vec2 w = p - v[i];
    vec2 b = w - e * clamp(dot(w, e) / dot(e, e), 0.0, 1.0);
    d = min(d, dot(b, b));
    bvec3 c = bvec3(p.y >= v[i].y, p.y < v[j].y, e.x * w.y > e.y * w.x);
    if (all(c) || all(not(c))) s = -s;
  }
  return s * sqrt(d) * size;
}`;
}

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
