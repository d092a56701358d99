import { expect, test } from "vitest";
import { layoutOf, partsOf, sceneIn, sceneOut, type SceneShown } from "../src/casework";
import { EMPTY, type Scene } from "../src/state";

const about = { layout: "tree", asOf: "2024-01-01", knownAt: null, finding: "f1" } as const;

function person(id: string) {
  return { id, kind: "person", label: `name of ${id}` };
}

const scene: Scene = {
  ...EMPTY,
  nodes: new Map(["a", "b", "c"].map((id) => [id, person(id)])),
  edges: new Map([["kin|a|b", { key: "kin|a|b", kind: "kin", from: "a", to: "b", items: [{ fact: "d:k1", begins: null, ends: null }, { fact: "d:k2", begins: "2020-01-01", ends: null }] }]]),
  places: new Map([["a", [1, 2]], ["b", [3, 4]], ["gone", [9, 9]]]),
  pinned: new Set(["a", "gone"]),
  hidden: new Set(["c"]),
  groups: new Map([["group:1", { id: "group:1", label: "both", members: ["a", "b", "gone"] }]]),
};

test("a scene says who is on it, by which facts, where, and nothing of who is not", () => {
  const said = sceneOut(scene, new Map([["a", [5, 6]]]), about);
  expect(said.ids).toEqual(["a", "b", "c"]);
  expect(said.facts).toEqual(["d:k1", "d:k2"]);
  expect(said.positions).toEqual([{ id: "a", x: 5, y: 6 }, { id: "b", x: 3, y: 4 }]); // where it stands now, else where it was put
  expect(said.pinned).toEqual(["a"]);
  expect(said.groups).toEqual([{ id: "group:1", label: "both", members: ["a", "b"] }]);
  expect([said.layout, said.as_of, said.finding]).toEqual(["tree", "2024-01-01", "f1"]);
});

test("more facts than a case file takes are left to the service", () => {
  const items = Array.from({ length: 10_001 }, (_, k) => ({ fact: `d:${k}`, begins: null, ends: null }));
  const many = { ...scene, edges: new Map([["call|a|b", { key: "call|a|b", kind: "call", from: "a", to: "b", items }]]) };
  expect(sceneOut(many, new Map(), about).facts).toBeNull();
});

test("a kept scene comes back as it was", () => {
  const said = sceneOut(scene, new Map(), about);
  const end = (id: string) => ({ id, kind: "person", label: `name of ${id}` });
  const shown: SceneShown = {
    title: "x",
    scene: said,
    subjects: ["a", "b", "c"].map((id) => ({ ...person(id), listed: id === "a" ? ["black/tax"] : [] })),
    facts: [
      { kind: "kin", id: "d:k1", from: end("a"), to: end("b"), recorded_at: "" },
      { kind: "kin", id: "d:k2", from: end("a"), to: end("b"), valid_from: "2020-01-01", recorded_at: "" },
    ],
    notes: [],
  };
  const back = sceneIn(shown);
  expect(back.edges).toEqual(scene.edges);
  expect([...back.nodes.keys()]).toEqual(["a", "b", "c"]);
  expect(back.nodes.get("a")?.listed).toEqual(["black/tax"]);
  expect(back.hidden).toEqual(new Set(["c"]));
  expect(back.groups.get("group:1")?.members).toEqual(["a", "b"]);
  expect(sceneOut(back, new Map(), about)).toEqual(said);
});

test("who is there no more is on nothing", () => {
  const said = sceneOut(scene, new Map(), about);
  const back = sceneIn({ title: "x", scene: said, subjects: [{ ...person("a"), listed: [] }], facts: [], notes: [] });
  expect(back.hidden.size).toBe(0);
  expect(back.groups.size).toBe(0); // of one member there is no group
});

test("a pattern has its layout", () => {
  expect(["transfer_cycle", "fan_in", "shared_identifiers"].map(layoutOf)).toEqual(["ring", "flow", "force"]);
});

test("what a finding says is told apart, in both languages", () => {
  const zh = "资金经 3 个账户回到起点; 偶然出现的概率 0.2 (错误发现率 0.5); 另有: 金额基本保持, 数日内回流; 可能的正当解释: 未见";
  expect(partsOf(zh)).toEqual({ said: "资金经 3 个账户回到起点", chance: "0.2 (错误发现率 0.5)", more: "金额基本保持, 数日内回流", innocent: null });
  const en = "money is back; at once; by chance 0.2 (false discovery rate 0.5); innocent explanations: partners who often pay each other";
  expect(partsOf(en)).toEqual({ said: "money is back; at once", chance: "0.2 (false discovery rate 0.5)", more: null, innocent: "partners who often pay each other" });
  expect(partsOf("2 个核心主体")).toEqual({ said: "2 个核心主体", chance: null, more: null, innocent: null });
});
