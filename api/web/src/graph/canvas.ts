/** The canvas: a Sigma renderer that follows what is to be drawn. */
import Graph from "graphology";
import Sigma from "sigma";
import type { EdgePrimitives, NodePrimitives, SigmaOptions } from "sigma/types";
import { extremityArrow, layerFill, layerPlain, pathCurved, pathLine, pathLoop } from "sigma/rendering";
import type { Drawn, DrawnEdge, DrawnNode } from "../scene";
import type { Place } from "../state";
import { still } from "../still";
import { colour, lineColour, LOOKS, OWNERSHIP, SHEETS } from "./look";
import { layerRim, shapes } from "./shapes";
import { Steady } from "./steady";
import { renderer } from "./webgl";

export interface Heard {
  node(id: string, add: boolean): void;
  open(id: string): void;
  edge(key: string): void;
  stage(): void;
  moved(places: ReadonlyMap<string, Place>): void;
}

interface NodeData {
  x: number;
  y: number;
  kind: string;
  label: string;
  size: number;
  colour: string;
  rim: string;
  chosen: boolean;
  pale: boolean;
}

interface EdgeData {
  label: string;
  size: number;
  colour: string;
  path: string;
  chosen: boolean;
  pale: boolean;
  dash: number;
}

/** Labels of edges are drawn in scenes of at most so many edges. */
const EDGE_LABELS = 400;
/** Subjects that have room at full size, and the least that marks become. */
const CROWD = 180;
const SMALLEST = 0.22;
/** A layout no wider than this, in its own unit, is not spread over the whole canvas. */
const CLOSEST = 24;
const FONT = "system-ui,-apple-system,'Segoe UI','PingFang SC','Microsoft YaHei','Noto Sans CJK SC','Noto Sans SC',sans-serif";

type Primitives = {
  nodes: NodePrimitives & { variables: { rim: { type: "color"; default: string } } };
  edges: EdgePrimitives;
  depthLayers: ["edges", "topEdges", "nodes", "topNodes"];
};

export class Canvas {
  readonly graph = new Graph<NodeData, EdgeData>({ type: "directed", multi: true });
  readonly sigma: Sigma<NodeData, EdgeData>;
  readonly steady: Steady;
  /** Marks are smaller where there are many. */
  private scale = 1;
  private readonly watched: ResizeObserver;

  constructor(
    readonly box: HTMLElement,
    private dark: boolean,
    private readonly heard: Heard,
    private readonly words: { node(node: DrawnNode): string; edge(edge: DrawnEdge): string },
  ) {
    const sheet = () => SHEETS[this.dark ? "dark" : "light"];
    const options: SigmaOptions<NodeData, EdgeData, Record<string, unknown>, object, object, object, Primitives> = {
      settings: {
        enableEdgeEvents: true,
        edgePickingPadding: 4,
        enableNodeDrag: true,
        renderEdgeLabels: true,
        itemSizesReference: "screen",
        zoomToSizeRatioFunction: (ratio) => Math.max(0.35, Math.min(2.5, Math.sqrt(ratio))),
        autoRescale: true, // to the box that `fit` sets
        stagePadding: 84,
        labelDensity: 1,
        labelGridCellSize: 110,
        labelRenderedSizeThreshold: 2.6,
        minCameraRatio: 0.02,
        maxCameraRatio: 20,
        zoomDuration: 120,
        inertiaDuration: 0,
        doubleClickZoomingRatio: 1,
        allowInvalidContainer: true,
      },
      primitives: {
        depthLayers: ["edges", "topEdges", "nodes", "topNodes"],
        nodes: {
          shapes: shapes(),
          variables: { rim: { type: "color", default: "#00000000" } },
          layers: [layerFill(), layerRim()],
          label: { font: { family: FONT, size: 12 }, margin: 4 },
        },
        edges: {
          paths: [pathLine(), pathCurved(), pathLoop()],
          extremities: [extremityArrow({ lengthRatio: 6, widthRatio: 4.5 })],
          layers: [layerPlain()],
          defaultHead: "arrow",
          label: { fontSizeMode: "fixed", keepUpright: true },
        },
      },
      styles: {
        nodes: {
          shape: { attribute: "kind", dict: Object.fromEntries(Object.keys(LOOKS).map((kind) => [kind, kind])), defaultValue: "event" },
          x: { attribute: "x" },
          y: { attribute: "y" },
          size: { attribute: "size" },
          color: { attribute: "colour" },
          opacity: (data) => (data.pale ? 0.35 : 1),
          rim: { attribute: "rim" },
          label: { attribute: "label" },
          labelColor: () => sheet().ink,
          labelSize: 12,
          labelFont: FONT,
          labelPosition: "below",
          labelBackgroundColor: () => `${sheet().ground}d9`,
          labelBackgroundPadding: 1,
          labelVisibility: (data, state) => (data.chosen || state.isHovered ? "visible" : "auto"),
          depth: (data, state) => (data.chosen || state.isHovered ? "topNodes" : "nodes"),
          cursor: "pointer",
          backdropVisibility: "hidden",
        },
        edges: {
          path: { attribute: "path" },
          parallelPath: "curved",
          selfLoopPath: "loop",
          size: { attribute: "size" },
          color: (data, state) => (data.chosen || state.isHovered ? sheet().accent : data.colour),
          opacity: (data) => (data.pale ? 0.25 : 1),
          label: { attribute: "label" },
          labelColor: () => sheet().soft,
          labelSize: 11,
          labelPosition: "over",
          labelBackgroundColor: () => sheet().ground,
          labelBackgroundPadding: 1,
          labelFont: FONT,
          labelVisibility: (data, state) => (data.chosen || state.isHovered ? "visible" : "auto"),
          head: "arrow",
          depth: (data, state) => (data.chosen || state.isHovered ? "topEdges" : "edges"),
          cursor: "pointer",
        },
      },
    };
    this.sigma = new Sigma(this.graph, box, options as SigmaOptions<NodeData, EdgeData>);
    this.steady = new Steady(this.sigma as unknown as Sigma<never, never>, renderer ?? "");
    this.listen();
    this.watched = new ResizeObserver(() => this.sigma.resize().scheduleRender());
    this.watched.observe(box);
  }

  private listen(): void {
    const { sigma, heard } = this;
    sigma.on("clickNode", ({ node, event }) => heard.node(node, (event.original as MouseEvent).shiftKey));
    sigma.on("doubleClickNode", ({ node, preventSigmaDefault }) => {
      preventSigmaDefault();
      heard.open(node);
    });
    sigma.on("clickEdge", ({ edge }) => heard.edge(edge));
    sigma.on("clickStage", () => heard.stage());
    sigma.on("nodeDragEnd", ({ allDraggedNodes }) => heard.moved(this.places(allDraggedNodes)));
  }

  /** Where nodes are; all of them unless some are named. */
  places(ids: Iterable<string> = this.graph.nodes()): Map<string, Place> {
    const found = new Map<string, Place>();
    for (const id of ids) {
      if (!this.graph.hasNode(id)) continue;
      const { x, y } = this.graph.getNodeAttributes(id);
      found.set(id, [x, y]);
    }
    return found;
  }

  /** Draw this from now on. What has no place yet appears in the middle until it is laid out. */
  show(next: Drawn, places: ReadonlyMap<string, Place>, chosen: ReadonlySet<string>, edge: string | null): void {
    const { graph } = this;
    this.scale = Math.max(SMALLEST, Math.min(1, Math.sqrt(CROWD / (next.nodes.size + 1))));
    const degree = new Map<string, number>();
    for (const each of next.edges.values()) for (const id of [each.from, each.to]) degree.set(id, (degree.get(id) ?? 0) + 1);
    for (const key of graph.edges()) if (!next.edges.has(key)) graph.dropEdge(key);
    for (const id of graph.nodes()) if (!next.nodes.has(id)) graph.dropNode(id);
    for (const node of next.nodes.values()) {
      const [x, y] = places.get(node.id) ?? [0, 0];
      const data = { x, y, ...this.nodeData(node, degree.get(node.id) ?? 0, chosen.has(node.id)) };
      if (!graph.hasNode(node.id)) graph.addNode(node.id, data);
      else if (changed(graph.getNodeAttributes(node.id), data)) graph.replaceNodeAttributes(node.id, data);
    }
    const quiet = next.edges.size > EDGE_LABELS;
    for (const each of next.edges.values()) {
      const data = this.edgeData(each, each.key === edge, quiet);
      if (!graph.hasEdge(each.key)) graph.addDirectedEdgeWithKey(each.key, each.from, each.to, data);
      else if (changed(graph.getEdgeAttributes(each.key), data)) graph.replaceEdgeAttributes(each.key, data);
    }
    this.sigma.setSetting("renderEdgeLabels", !quiet);
  }

  private nodeData(node: DrawnNode, degree: number, chosen: boolean): Omit<NodeData, "x" | "y"> {
    const sheet = SHEETS[this.dark ? "dark" : "light"];
    const listed = (node.listed?.length ?? 0) > 0;
    return {
      kind: node.kind,
      label: this.words.node(node),
      size: this.scale * Math.min(18, 8 + 1.7 * Math.log2(1 + Math.max(degree, node.members))),
      colour: colour(node.kind, this.dark),
      rim: chosen ? sheet.ink : listed ? sheet.alarm : node.pinned ? sheet.accent : "#00000000",
      chosen,
      pale: node.island && !chosen,
    };
  }

  private edgeData(edge: DrawnEdge, chosen: boolean, quiet: boolean): EdgeData {
    return {
      label: quiet && !chosen ? "" : this.words.edge(edge),
      size: chosen ? 3 : this.scale * Math.min(4, 1.3 + 0.4 * Math.log2(edge.items.length)) + (OWNERSHIP.has(edge.kind) ? 0.4 * this.scale : 0),
      colour: lineColour(edge.kind, this.dark),
      path: edge.from === edge.to ? "loop" : "straight",
      chosen,
      pale: false,
      dash: 0,
    };
  }

  /** Put nodes elsewhere. */
  put(places: ReadonlyMap<string, Place>): void {
    this.graph.updateEachNodeAttributes((id, data) => {
      const at = places.get(id);
      return at ? { ...data, x: at[0], y: at[1] } : data;
    });
  }

  /** Bring everything into view. */
  fit(): void {
    this.frame();
    void this.sigma.getCamera().animate({ x: 0.5, y: 0.5, ratio: 1 }, { duration: still() ? 0 : 250 });
  }

  /** What the camera at rest shows: around all nodes, and never closer than a few of them are. */
  private frame(): void {
    const reach = { x: [Infinity, -Infinity], y: [Infinity, -Infinity] } as { x: [number, number]; y: [number, number] };
    this.graph.forEachNode((_, data) => {
      for (const axis of ["x", "y"] as const) {
        reach[axis] = [Math.min(reach[axis][0], data[axis]), Math.max(reach[axis][1], data[axis])];
      }
    });
    if (!this.graph.order) return;
    for (const axis of ["x", "y"] as const) {
      const [low, high] = reach[axis];
      const short = Math.max(0, CLOSEST - (high - low)) / 2;
      reach[axis] = [low - short, high + short];
    }
    this.sigma.setCustomBBox(reach);
    this.sigma.refresh();
  }

  /** Bring one node to the middle. */
  centre(id: string): void {
    const at = this.sigma.getNodeDisplayData(id);
    if (at) void this.sigma.getCamera().animate({ x: at.x, y: at.y }, { duration: still() ? 0 : 250 });
  }

  zoom(factor: number): void {
    const camera = this.sigma.getCamera();
    void camera.animate({ ratio: camera.getState().ratio / factor }, { duration: still() ? 0 : 120 });
  }

  pan(dx: number, dy: number): void {
    const camera = this.sigma.getCamera();
    const { x, y, ratio } = camera.getState();
    camera.setState({ x: x + dx * ratio, y: y + dy * ratio });
  }

  kill(): void {
    this.watched.disconnect();
    this.steady.kill();
    this.sigma.kill();
  }
}

function changed<T extends object>(known: T, next: T): boolean {
  return (Object.keys(next) as (keyof T)[]).some((name) => known[name] !== next[name]);
}

