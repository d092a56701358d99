import { describe, expect, it } from "vitest";
import { add, drawn, group, hide, pin, remove, showAll, ungroup } from "../src/scene";
import { edgeKey, EMPTY, History, type Item, type Scene } from "../src/state";

const company = (id: string) => ({ id, kind: "company", label: id.toUpperCase() });
const held = (from: string, to: string, fact: string, more: Partial<Item> = {}) => ({
  kind: "shareholder",
  from,
  to,
  item: { fact, begins: null, ends: null, ...more },
});

function world(): Scene {
  return add(EMPTY, {
    nodes: ["a", "b", "c", "d"].map(company),
    relations: [held("a", "b", "1"), held("b", "c", "2"), held("c", "a", "3"), held("a", "b", "4", { begins: "2021-01-01", ends: "2022-01-01" })],
  });
}

describe("a scene", () => {
  it("keeps relations of one kind between two subjects together, each fact once", () => {
    const twice = add(world(), { nodes: [], relations: [held("a", "b", "1"), held("a", "b", "5")] });
    expect(twice.edges.get(edgeKey("shareholder", "a", "b"))?.items.map((item) => item.fact)).toEqual(["1", "4", "5"]);
    expect(twice.edges.size).toBe(3);
  });

  it("keeps a name that is known where an answer has only the id", () => {
    const next = add(world(), { nodes: [{ id: "a", kind: "company", label: "a" }], relations: [] });
    expect(next.nodes.get("a")?.label).toBe("A");
  });

  it("draws what is true on a day, and every subject all the same", () => {
    const day = (text: string) => drawn(world(), text).edges.get(edgeKey("shareholder", "a", "b"))?.items.map((item) => item.fact);
    expect(day("2020-12-31")).toEqual(["1"]);
    expect(day("2021-01-01")).toEqual(["1", "4"]);
    expect(day("2021-12-31")).toEqual(["1", "4"]);
    expect(day("2022-01-01")).toEqual(["1"]);
    expect(drawn(world(), "2021-01-01").nodes.get("d")?.island).toBe(true);
  });

  it("leaves out what is hidden, with its relations, until it is shown again", () => {
    const hidden = hide(world(), new Set(["b"]));
    expect([...drawn(hidden, "2021-06-01").edges.keys()]).toEqual([edgeKey("shareholder", "c", "a")]);
    expect(drawn(showAll(hidden), "2021-06-01").nodes.size).toBe(4);
  });

  it("draws a group in the place of its members: inner relations go, outer ones join", () => {
    const grouped = group(world(), "g", "some", new Set(["a", "b"]));
    const { nodes, edges } = drawn(grouped, "2021-06-01");
    expect([...nodes.keys()].sort()).toEqual(["c", "d", "g"]);
    expect(nodes.get("g")?.members).toBe(2);
    expect([...edges.keys()].sort()).toEqual([edgeKey("shareholder", "c", "g"), edgeKey("shareholder", "g", "c")]);
    expect(drawn(ungroup(grouped, "g"), "2021-06-01").nodes.size).toBe(4);
  });

  it("takes a group of a group as one", () => {
    const once = group(world(), "g", "some", new Set(["a", "b"]));
    const twice = group(once, "h", "more", new Set(["g", "c"]));
    expect([...twice.groups.keys()]).toEqual(["h"]);
    expect(twice.groups.get("h")?.members).toEqual(["a", "b", "c"]);
  });

  it("hides all members of a hidden group", () => {
    expect(hide(group(world(), "g", "some", new Set(["a", "b"])), new Set(["g"])).hidden).toEqual(new Set(["a", "b"]));
  });

  it("takes a subject off with its relations; what is gone changes nothing", () => {
    const less = remove(world(), new Set(["a"]));
    expect([...less.edges.keys()]).toEqual([edgeKey("shareholder", "b", "c")]);
    expect(remove(less, new Set(["a"]))).toBe(less);
  });

  it("pins, and lets go where all are pinned", () => {
    const once = pin(world(), new Set(["a"]));
    const both = pin(once, new Set(["a", "b"]));
    expect(both.pinned).toEqual(new Set(["a", "b"]));
    expect(pin(both, new Set(["a", "b"])).pinned.size).toBe(0);
  });
});

describe("commands", () => {
  it("are undone and done again in order, and a new one ends what was undone", () => {
    const history = new History();
    history.apply("one", () => world());
    history.apply("two", (now) => hide(now, new Set(["a"])));
    expect(history.undo()?.name).toBe("two");
    expect(history.scene.value.hidden.size).toBe(0);
    expect(history.redo()?.name).toBe("two");
    expect(history.scene.value.hidden).toEqual(new Set(["a"]));
    history.undo();
    history.apply("three", (now) => hide(now, new Set(["b"])));
    expect(history.redo()).toBeUndefined();
    expect(history.done.value.map((each) => each.name)).toEqual(["one", "three"]);
    history.undo();
    history.undo();
    expect(history.undo()).toBeUndefined();
    expect(history.scene.value).toBe(EMPTY);
  });

  it("that change nothing are none", () => {
    const history = new History();
    history.apply("one", () => world());
    history.apply("none", (now) => now);
    expect(history.done.value).toHaveLength(1);
  });

  it("hold what came to rest after them: done again it stands where it stood", () => {
    const history = new History();
    history.apply("one", () => world());
    history.amend((now) => ({ ...now, places: new Map([["a", [3, 4] as const]]) }));
    history.undo();
    history.redo();
    expect(history.scene.value.places.get("a")).toEqual([3, 4]);
    expect(history.done.value).toHaveLength(1);
  });
});
