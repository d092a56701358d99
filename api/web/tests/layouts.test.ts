import { describe, expect, it } from "vitest";
import { hops } from "../src/graph/hops";
import { lay, type Plan } from "../src/graph/layouts";
import { cycleOf } from "../src/graph/layouts/ring";
import { seeded } from "../src/graph/layouts/seeded";
import type { LayoutName } from "../src/state";

function plan(edges: readonly (readonly [from: string, to: string, kind?: string])[], more: Partial<Plan> = {}): Plan {
  const nodes = [...new Set(edges.flatMap(([from, to]) => [from, to]))];
  return {
    nodes,
    edges: edges.map(([from, to, kind = "shareholder"]) => ({ from, to, kind, begins: null })),
    places: new Map(),
    pinned: new Set(),
    ...more,
  };
}

const ALL: readonly LayoutName[] = ["force", "tree", "ring", "flow"];
const random = plan(Array.from({ length: 300 }, (_, k) => [`n${(k * 7) % 90}`, `n${(k * k + 3) % 90}`, k % 2 ? "transfer" : "shareholder"] as const));

describe.each(ALL)("the layout %s", (name) => {
  it("places every subject at a finite place, the same each time", () => {
    const places = lay(name, random);
    expect([...places.keys()].sort()).toEqual([...random.nodes].sort());
    for (const at of places.values()) expect(at.every(Number.isFinite)).toBe(true);
    expect(lay(name, random)).toEqual(places);
  });

  it("puts no two subjects on one spot", () => {
    const spots = [...lay(name, random).values()].map(([x, y]) => `${x.toFixed(3)} ${y.toFixed(3)}`);
    expect(new Set(spots).size).toBe(spots.length);
  });

  it("leaves what is pinned where it is", () => {
    const at = [123, -45] as const;
    const places = lay(name, { ...random, places: new Map([["n3", at]]), pinned: new Set(["n3"]) });
    expect(places.get("n3")).toEqual(at);
  });

  it("takes nothing, one subject and loops", () => {
    expect(lay(name, plan([])).size).toBe(0);
    expect(lay(name, { ...plan([]), nodes: ["a"] }).size).toBe(1);
    expect(lay(name, plan([["a", "a"]])).size).toBe(1);
  });
});

describe("layers", () => {
  const y = (name: LayoutName, given: Plan, id: string) => lay(name, given).get(id)![1];
  const x = (name: LayoutName, given: Plan, id: string) => lay(name, given).get(id)![0];

  it("put owners above what they own, and branches below", () => {
    const given = plan([["p", "a"], ["a", "b"], ["q", "b"], ["branch", "a", "branch"]]);
    expect(y("tree", given, "p")).toBeGreaterThan(y("tree", given, "a"));
    expect(y("tree", given, "a")).toBeGreaterThan(y("tree", given, "b"));
    expect(y("tree", given, "a")).toBeGreaterThan(y("tree", given, "branch"));
  });

  it("let money run from left to right", () => {
    const given = plan([["a", "b", "transfer"], ["b", "c", "transfer"], ["owner", "a", "holds_account"]]);
    expect(x("flow", given, "a")).toBeLessThan(x("flow", given, "b"));
    expect(x("flow", given, "b")).toBeLessThan(x("flow", given, "c"));
  });

  it("of very many subjects are laid by depth", () => {
    const many = plan(Array.from({ length: 6000 }, (_, k) => [`n${k % 2000}`, `n${(k * 31 + 7) % 2000}`] as const));
    expect(lay("tree", many).size).toBe(2000);
  });
});

describe("a ring", () => {
  it("is in the order of the cycle, the others outside", () => {
    const given = plan([["a", "b"], ["b", "c"], ["c", "d"], ["d", "a"], ["x", "b"]]);
    const places = lay("ring", given);
    const r = (id: string) => Math.hypot(...places.get(id)!);
    const angle = (id: string) => Math.atan2(places.get(id)![1], places.get(id)![0]);
    expect(["a", "b", "c", "d"].map((id) => r(id).toFixed(6))).toEqual(new Array(4).fill(r("a").toFixed(6)));
    expect(r("x")).toBeGreaterThan(r("a"));
    const turn = (from: string, to: string) => (angle(from) - angle(to) + 2 * Math.PI) % (2 * Math.PI);
    for (const [from, to] of [["a", "b"], ["b", "c"], ["c", "d"], ["d", "a"]] as const) expect(turn(from, to)).toBeCloseTo(Math.PI / 2);
  });

  it("is found as the longest of small graphs by brute force", () => {
    for (let seed = 1; seed < 40; seed++) {
      let state = seed * 7919;
      const draw = (n: number) => (state = (state * 48271) % 2147483647) % n;
      const given = plan(Array.from({ length: 9 }, () => [`n${draw(6)}`, `n${draw(6)}`] as const));
      expect(cycleOf(given).length).toBe(longest(given));
    }
  });

  it("is not there where nothing comes back", () => {
    expect(cycleOf(plan([["a", "b"], ["b", "c"], ["a", "c"]]))).toEqual([]);
  });
});

/** The longest cycle of at least two subjects, by trying every order. */
function longest(given: Plan): number {
  const has = new Set(given.edges.map((edge) => `${edge.from} ${edge.to}`));
  let best = 0;
  const walk = (path: string[]): void => {
    const last = path.at(-1)!;
    if (path.length > 1 && has.has(`${last} ${path[0]}`)) best = Math.max(best, path.length);
    for (const id of given.nodes) if (!path.includes(id) && has.has(`${last} ${id}`)) walk([...path, id]);
  };
  for (const id of given.nodes) walk([id]);
  return best;
}

describe("the flow around a cycle", () => {
  it("goes over money in the order of time, begun where it first moved", () => {
    const edge = (from: string, to: string, at: string) => ({ key: `${from}${to}`, from, to, kind: "transfer", parts: 1, items: [{ fact: at, begins: at, ends: null }] });
    const edges = [edge("a", "b", "2021-03-03"), edge("b", "c", "2021-03-01"), edge("c", "a", "2021-03-02")];
    expect(hops(["a", "b", "c"], edges).map((hop) => hop.edge.from)).toEqual(["b", "c", "a"]);
    expect(hops(["a", "b"], [edge("a", "b", "2021-03-03")])).toEqual([]);
  });
});

describe("where new subjects begin", () => {
  it("is beside what they hang on, and what has a place keeps it", () => {
    const given = plan([["a", "b"], ["b", "c"]], { places: new Map([["a", [50, 50] as const]]) });
    const places = seeded(given);
    expect(places.get("a")).toEqual([50, 50]);
    const gap = Math.hypot(places.get("b")![0] - 50, places.get("b")![1] - 50);
    expect(gap).toBeLessThan(10);
  });
});
