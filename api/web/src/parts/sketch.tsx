/** The scene as one plain drawing: what stands on the page while the renderer is made ready, which
 * takes a processor without a graphics card over a second, and where there is no WebGL 2 at all. */
import { colour, lineColour, outline, SHEETS } from "../graph/look";
import { dark, scene, selection } from "../state";
import { edgeText, nodeText, shown } from "../view";

/** As the canvas has it: what is kept free around the scene, and how close it comes at most. */
const PADDING = 84;
const CLOSEST = 24;
const MARK = 18;
/** Scenes of more than so many are not sketched; of edges beyond so many no words are. */
export const MOST = 400;
const WORDS = 60;

/** O(nodes + edges). `width` and `height` are those of the stage, in pixels. */
export function Sketch({ width, height }: { width: number; height: number }) {
  const { nodes, edges } = shown.value;
  if (!nodes.size || nodes.size > MOST) return null;
  const at = screen(scene.value.places, [...nodes.keys()], width, height);
  const sheet = SHEETS[dark.value ? "dark" : "light"];
  return (
    <svg class="sketch" width={width} height={height} aria-hidden="true">
      {[...edges.values()].map((edge) => {
        const [x1, y1] = at(edge.from);
        const [x2, y2] = at(edge.to);
        return (
          <g key={edge.key}>
            <line x1={x1} y1={y1} x2={x2} y2={y2} stroke={lineColour(edge.kind, dark.value)} stroke-width="1.5" />
            {edges.size <= WORDS && <text x={(x1 + x2) / 2} y={(y1 + y2) / 2 + 4} font-size="11" fill={sheet.soft}>{edgeText(edge)}</text>}
          </g>
        );
      })}
      {[...nodes.values()].map((node) => {
        const [x, y] = at(node.id);
        return (
          <g key={node.id} transform={`translate(${x - MARK / 2} ${y - MARK / 2})`}>
            <path d={outline(node.kind, MARK)} fill={colour(node.kind, dark.value)} stroke={selection.value.has(node.id) ? sheet.ink : "none"} stroke-width="3" />
            <text x={MARK / 2} y={MARK + 13} font-size="12" fill={sheet.ink}>{nodeText(node)}</text>
          </g>
        );
      })}
    </svg>
  );
}

/** Where subjects stand on the stage: all of them in view, as the canvas brings them there. */
function screen(places: ReadonlyMap<string, readonly [number, number]>, ids: readonly string[], width: number, height: number): (id: string) => readonly [number, number] {
  const of = (id: string) => places.get(id) ?? ([0, 0] as const);
  const [left, right, low, high] = ids.map(of).reduce(
    ([a, b, c, d], [x, y]) => [Math.min(a, x), Math.max(b, x), Math.min(c, y), Math.max(d, y)] as const,
    [Infinity, -Infinity, Infinity, -Infinity] as const,
  );
  const scale = Math.min((width - 2 * PADDING) / Math.max(right - left, CLOSEST), (height - 2 * PADDING) / Math.max(high - low, CLOSEST));
  return (id) => {
    const [x, y] = of(id);
    return [width / 2 + (x - (left + right) / 2) * scale, height / 2 - (y - (low + high) / 2) * scale];
  };
}
