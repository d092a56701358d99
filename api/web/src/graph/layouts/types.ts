import type { Place } from "../../state";

/** What a layout is given: no more of the scene than where things may go. Sizes are in the layout's
 * own unit; a node is about 1 across. */
export interface Plan {
  readonly nodes: readonly string[];
  readonly edges: readonly { readonly from: string; readonly to: string; readonly kind: string; readonly begins: string | null }[];
  /** Where nodes are now; those that are new are not in it. */
  readonly places: ReadonlyMap<string, Place>;
  /** These stay where they are. */
  readonly pinned: ReadonlySet<string>;
  /** In the middle, where the layout has one. */
  readonly focus?: string;
}

export type Places = Map<string, Place>;
