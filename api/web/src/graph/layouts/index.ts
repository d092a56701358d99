import type { LayoutName } from "../../state";
import { force } from "./force";
import { layered } from "./layered";
import { ring } from "./ring";
import type { Plan, Places } from "./types";

/** Lay a scene out. */
export function lay(name: LayoutName, plan: Plan): Places {
  switch (name) {
    case "force":
      return force(plan);
    case "tree":
      return layered(plan, "down");
    case "flow":
      return layered(plan, "right");
    case "ring":
      return ring(plan);
  }
}

export type { Plan, Places };
