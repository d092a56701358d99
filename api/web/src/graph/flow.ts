/** Money on its way around a cycle: tokens along the edges, in the order of time, on a layer above. */
import { still } from "../still";
import type { Canvas } from "./canvas";
import type { Hop } from "./hops";

const STEP = 900; // milliseconds a hop
const TAIL = 5;

/** Runs until it is stopped; tells each hop as it begins. With reduced motion one hop after another
 * is marked, and nothing moves. */
export class Flow {
  private readonly layer: HTMLCanvasElement;
  private frame = 0;
  private hop = -1;
  private readonly begun = performance.now();

  constructor(
    private readonly canvas: Canvas,
    private readonly way: readonly Hop[],
    private readonly colours: { token: string; track: string },
    private readonly tell: (hop: Hop, k: number) => void,
  ) {
    this.layer = document.createElement("canvas");
    this.layer.className = "flow";
    canvas.box.append(this.layer);
    this.draw();
  }

  private draw = (): void => {
    const { width, height } = this.canvas.sigma.getDimensions();
    const ratio = window.devicePixelRatio || 1;
    if (this.layer.width !== width * ratio || this.layer.height !== height * ratio) {
      this.layer.width = width * ratio;
      this.layer.height = height * ratio;
    }
    const to = this.layer.getContext("2d");
    if (!to) return;
    to.setTransform(ratio, 0, 0, ratio, 0, 0);
    to.clearRect(0, 0, width, height);
    const slow = still();
    const time = (performance.now() - this.begun) / (slow ? STEP * 2 : STEP);
    const k = Math.floor(time) % this.way.length;
    const part = slow ? 0.5 : time % 1;
    if (k !== this.hop) {
      this.hop = k;
      this.tell(this.way[k]!, k);
    }
    to.lineWidth = 3;
    to.strokeStyle = this.colours.track;
    this.way.forEach((hop, index) => {
      const ends = this.ends(hop);
      if (!ends) return;
      to.globalAlpha = index === k ? 0.9 : 0.28;
      to.beginPath();
      to.moveTo(...ends[0]);
      to.lineTo(...ends[1]);
      to.stroke();
    });
    const now = this.ends(this.way[k]!);
    if (now) this.token(to, now, part, slow);
    this.frame = requestAnimationFrame(this.draw);
  };

  private token(to: CanvasRenderingContext2D, [a, b]: [Point, Point], part: number, slow: boolean): void {
    to.fillStyle = this.colours.token;
    for (let k = slow ? 0 : TAIL; k >= 0; k--) {
      const at = Math.max(0, ease(part) - 0.05 * k);
      to.globalAlpha = k ? 0.5 - 0.08 * k : 1;
      to.beginPath();
      to.arc(a[0] + (b[0] - a[0]) * at, a[1] + (b[1] - a[1]) * at, k ? 4 : 7, 0, 2 * Math.PI);
      to.fill();
    }
    to.globalAlpha = 1;
  }

  private ends(hop: Hop): [Point, Point] | null {
    const { graph, sigma } = this.canvas;
    if (!graph.hasNode(hop.edge.from) || !graph.hasNode(hop.edge.to)) return null;
    const at = (id: string): Point => {
      const { x, y } = graph.getNodeAttributes(id);
      const seen = sigma.graphToViewport({ x, y });
      return [seen.x, seen.y];
    };
    return [at(hop.edge.from), at(hop.edge.to)];
  }

  stop(): void {
    cancelAnimationFrame(this.frame);
    this.layer.remove();
  }
}

type Point = [number, number];

function ease(part: number): number {
  return part < 0.5 ? 2 * part * part : 1 - (2 - 2 * part) ** 2 / 2;
}
