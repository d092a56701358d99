/** What is on the canvas in the address, so that a link can be shared: `#subject=ID&as_of=…`. The
 * questions are in it, no answers. */
import type { LayoutName, Load } from "./state";

export interface Linked {
  readonly loads: readonly Load[];
  readonly asOf: string | null;
  readonly knownAt: string | null;
  readonly layout: LayoutName | null;
  readonly selected: string | null;
  readonly panel: string | null;
  readonly q: string | null;
  /** A saved case to open. */
  readonly caseFile: string | null;
}

const LAYOUT_NAMES: readonly string[] = ["force", "tree", "ring", "flow"] satisfies LayoutName[];
/** A longer address is not shared: the first questions are. */
const MOST = 60;
const DAY = /^\d{4}-\d\d-\d\d$/;

export function write(state: Linked): string {
  const out = new URLSearchParams();
  if (state.caseFile) out.set("case", state.caseFile);
  for (const load of state.loads.slice(0, MOST)) {
    switch (load.what) {
      case "subject":
        out.append("subject", load.id);
        break;
      case "adjacent":
        out.append("adjacent", `${load.direction} ${load.kind} ${load.limit} ${load.id}`);
        break;
      case "paths":
        out.append("paths", `${load.from} ${load.to}`);
        break;
      case "common":
        out.append("common", load.ids.join(" "));
        break;
      case "facts":
        out.append("facts", load.ids.join(" "));
        break;
    }
  }
  if (state.asOf) out.set("as_of", state.asOf);
  if (state.knownAt) out.set("known_at", state.knownAt);
  if (state.layout && state.layout !== "force") out.set("layout", state.layout);
  if (state.selected) out.set("selected", state.selected);
  if (state.panel && state.panel !== "search") out.set("panel", state.panel);
  if (state.q) out.set("q", state.q);
  return out.toString();
}

/** What an address says; what cannot be read is left out. */
export function read(text: string): Linked {
  const given = new URLSearchParams(text.replace(/^#/, ""));
  const loads: Load[] = [];
  for (const [name, value] of given) {
    const parts = value.split(" ").filter(Boolean);
    if (name === "subject" && value) loads.push({ what: "subject", id: value });
    else if (name === "paths" && parts.length === 2) loads.push({ what: "paths", from: parts[0]!, to: parts[1]! });
    else if (name === "common" && parts.length > 1) loads.push({ what: "common", ids: parts });
    else if (name === "facts" && parts.length) loads.push({ what: "facts", ids: parts });
    else if (name === "adjacent" && parts.length === 4 && (parts[0] === "in" || parts[0] === "out")) {
      const limit = Math.max(1, Math.min(1000, Number(parts[2]) || 100));
      loads.push({ what: "adjacent", direction: parts[0], kind: parts[1]!, limit, id: parts[3]! });
    }
  }
  const asOf = given.get("as_of");
  const layout = given.get("layout");
  return {
    loads: loads.slice(0, MOST),
    asOf: asOf && DAY.test(asOf) && !Number.isNaN(Date.parse(asOf)) ? asOf : null,
    knownAt: given.get("known_at"),
    layout: layout && LAYOUT_NAMES.includes(layout) ? (layout as LayoutName) : null,
    selected: given.get("selected"),
    panel: given.get("panel"),
    q: given.get("q"),
    caseFile: given.get("case"),
  };
}
