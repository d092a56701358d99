import { describe, expect, it } from "vitest";
import { read, write, type Linked } from "../src/hash";
import { half, lang, t } from "../src/i18n";
import { money, percent, short, span, sum } from "../src/say";
import { bins, range } from "../src/span";
import { dayOf, daysBetween, holds, inForce, instant, plusDays, today } from "../src/time";

describe("time", () => {
  it("a listing stands while its status and its interval say so", () => {
    const from = "2022-01-05T00:00:00+08:00";
    const until = "2025-01-05T00:00:00+08:00"; // half open: that day is no longer in it
    const days = ["2022-01-04", "2022-01-05", "2025-01-04", "2025-01-05"];
    const on = (status?: string) => days.map((day) => inForce({ status: status ?? null, valid_from: from, valid_to: until }, day));
    expect(on("active")).toEqual([false, true, true, false]);
    expect(on()).toEqual([false, true, true, false]);
    expect(on(" 有效 ")).toEqual([false, true, true, false]);
    for (const over of ["revoked", "removed", "repaired", "已移出"]) expect(on(over)).toEqual([false, false, false, false]);
  });

  it("counts days at +08:00", () => {
    expect(today(Date.parse("2026-06-30T15:59:59Z"))).toBe("2026-06-30");
    expect(today(Date.parse("2026-06-30T16:00:00Z"))).toBe("2026-07-01");
    expect(instant("2021-03-04")).toBe(Date.parse("2021-03-03T16:00:00Z"));
    expect(dayOf(Date.parse("2021-03-03T16:00:00Z"))).toBe("2021-03-04");
    expect(plusDays("2024-02-28", 2)).toBe("2024-03-01");
    expect(daysBetween("2024-01-01", "2025-01-01")).toBe(366);
  });

  it("takes an interval as half open: on the day that it ends it is over", () => {
    const item = { begins: "2021-03-01", ends: "2021-06-30" };
    const on = (day: string) => holds("shareholder", item, day);
    expect([on("2021-02-28"), on("2021-03-01"), on("2021-06-29"), on("2021-06-30")]).toEqual([false, true, true, false]);
    expect(holds("shareholder", { begins: null, ends: null }, "1900-01-01")).toBe(true);
  });

  it("takes an event as true from its day on", () => {
    const item = { begins: "2021-03-04T23:30:00+08:00", ends: null };
    expect(["2021-03-03", "2021-03-04", "2031-01-01"].map((day) => holds("transfer", item, day))).toEqual([false, true, true]);
  });

  it("knows from when to when a scene reaches, and what changes when", () => {
    const edge = (begins: string | null, ends: string | null) => ({ key: "k", from: "a", to: "b", kind: "shareholder", items: [{ fact: "f", begins, ends }] });
    const reach = range([edge("2020-01-01", "2021-01-01"), edge(null, null)], "2022-01-01");
    expect(reach).toEqual({ first: "2020-01-01", last: "2022-01-01" });
    expect(bins([edge("2020-01-01", "2021-01-01")], reach, 2)).toEqual([1, 1]);
    expect(range([], "2022-01-01")).toEqual({ first: "2021-01-01", last: "2022-01-01" });
  });
});

describe("values", () => {
  it("says shares, money and ids", () => {
    expect([percent(1 / 3), percent(0.51), percent(1)]).toEqual(["33.3333%", "51%", "100%"]);
    expect([money("1234567.50"), money("-1000"), money("12x")]).toEqual(["1,234,567.50", "-1,000", "12x"]);
    expect(sum(["0.10", "0.20", "-1000"])).toBe("-999.70");
    expect([sum([]), sum(["1", "much"])]).toEqual([null, null]);
    expect(short("account:fc91586c3c0e46a0fb9837417f5c1579")).toBe("account:fc91586c…");
    expect(short("cn:uscc:91440307816003298Q")).toBe("cn:uscc:91440307816003298Q");
    expect(span("2020-01-01", null)).toBe("2020-01-01 – …");
  });

  it("fills texts in, in the reader's language", () => {
    lang.value = "en";
    expect(t(["{n} of {m}", "{m} 之 {n}"], { n: 1, m: 2 })).toBe("1 of 2");
    expect(half("关系过多 / too many")).toBe("too many");
    lang.value = "zh";
    expect(t(["{n} of {m}", "{m} 之 {n}"], { n: 1, m: 2 })).toBe("2 之 1");
    expect(half("too many / 关系过多")).toBe("关系过多");
    expect(half("a / b")).toBe("a / b");
  });
});

describe("an address", () => {
  const linked: Linked = {
    loads: [
      { what: "subject", id: "d:公司/1" },
      { what: "adjacent", id: "a b".replace(" ", "-"), kind: "transfer", direction: "out", limit: 200 },
      { what: "paths", from: "a", to: "b" },
      { what: "common", ids: ["a", "b", "c"] },
      { what: "facts", ids: ["d:1", "d:2"] },
    ],
    asOf: "2022-01-05",
    knownAt: "2026-01-01T00:00:00+08:00",
    layout: "tree",
    selected: "a",
    panel: "subjects",
    q: "张伟",
    caseFile: "c7",
  };

  it("says the whole scene and is read back as it was", () => {
    const sorted = (given: Linked) => ({ ...given, loads: [...given.loads].sort((a, b) => a.what.localeCompare(b.what)) });
    expect(sorted(read(`#${write(linked)}`))).toEqual(sorted(linked));
  });

  it("that is damaged is read as far as it goes", () => {
    const found = read("#subject=&as_of=2022-13-45&adjacent=sideways+x+1+a&layout=star&paths=a");
    expect(found).toMatchObject({ loads: [], asOf: null, layout: null });
    expect(read("#adjacent=in+transfer+99999+a").loads).toEqual([{ what: "adjacent", direction: "in", kind: "transfer", limit: 1000, id: "a" }]);
  });
});
