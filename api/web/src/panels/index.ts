/** The panels on the left: every `*.panel.tsx` beside this file that exports `panel`. */
import type { ComponentType } from "preact";
import type { Text } from "../i18n";

export interface Panel {
  readonly id: string;
  readonly title: Text;
  /** An SVG path in a box of 24, drawn as a line. */
  readonly icon: string;
  /** Its place in the rail, lowest first. */
  readonly order: number;
  readonly component: ComponentType;
  /** Without this scope the panel is not offered. */
  readonly scope?: string;
  /** It shows things side by side, and is given more room. */
  readonly wide?: boolean;
  /** It needs every data domain. */
  readonly whole?: boolean;
  /** One more section at the end of a subject's card. */
  readonly card?: ComponentType<{ readonly id: string; readonly kind: string }>;
}

const found = import.meta.glob<{ panel: Panel }>("./*.panel.tsx", { eager: true });

export const PANELS: readonly Panel[] = Object.values(found)
  .map((module) => module.panel)
  .sort((a, b) => a.order - b.order);
