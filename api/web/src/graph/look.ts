/** How things look: one colour and one shape for each kind, as in the pictures of the report
 * (`api/report/style.py`): hues of Okabe and Ito, darkened until they stand out 3:1. Colour never
 * stands alone. */

export interface Look {
  readonly light: string;
  readonly dark: string;
  /** Points in a box of -1..1, y down; empty: a circle. */
  readonly points: readonly (readonly [number, number])[];
}

const square = [[-0.85, -0.85], [0.85, -0.85], [0.85, 0.85], [-0.85, 0.85]] as const;

export const LOOKS: Readonly<Record<string, Look>> = {
  company: { light: "#0072b2", dark: "#56b4e9", points: square },
  person: { light: "#b84a00", dark: "#f08a3c", points: [] },
  account: { light: "#00775a", dark: "#2dc79b", points: [[0, -1], [1, 0], [0, 1], [-1, 0]] },
  phone: { light: "#8a3a8a", dark: "#d99ad9", points: [[0, -1], [1, 0.85], [-1, 0.85]] },
  address: { light: "#6b5200", dark: "#d8c04a", points: [[0, -1], [0.9, -0.1], [0.9, 0.9], [-0.9, 0.9], [-0.9, -0.1]] },
  device: { light: "#4d4d4d", dark: "#b8b8b8", points: [[-0.5, -1], [0.5, -1], [0.5, 1], [-0.5, 1]] },
  loan: { light: "#a3123f", dark: "#ff7fa0", points: [[-1, -0.9], [1, 0], [-1, 0.9]] },
  event: {
    light: "#5b4fc9",
    dark: "#a79cff",
    points: [[0, -1], [0.333, -0.333], [1, 0], [0.333, 0.333], [0, 1], [-0.333, 0.333], [-1, 0], [-0.333, -0.333]],
  },
  group: { light: "#3d4a58", dark: "#c4ced8", points: [[-0.5, -0.9], [0.5, -0.9], [1, 0], [0.5, 0.9], [-0.5, 0.9], [-1, 0]] },
};

export interface Sheet {
  readonly ground: string;
  readonly ink: string;
  readonly soft: string;
  readonly line: string;
  readonly alarm: string;
  readonly accent: string;
  readonly pale: string;
}

export const SHEETS: { readonly light: Sheet; readonly dark: Sheet } = {
  light: { ground: "#ffffff", ink: "#1b2430", soft: "#4d5967", line: "#687482", alarm: "#a3123f", accent: "#0b5cad", pale: "#c9d1d9" },
  dark: { ground: "#151a21", ink: "#e8edf3", soft: "#b3bfcb", line: "#8b98a6", alarm: "#ff8fab", accent: "#7cc0ff", pale: "#3a4653" },
};

/** Families of relations: how a line is drawn besides its words. */
export const MONEY: ReadonlySet<string> = new Set(["transfer", "withdrawal", "borrows", "deposit", "repay", "invoice"]);
export const OWNERSHIP: ReadonlySet<string> = new Set(["shareholder", "controller", "branch", "successor", "nominee", "acts_in_concert"]);
const LINES: Readonly<Record<"light" | "dark", Readonly<Record<string, string>>>> = {
  light: { money: "#00775a", ownership: "#0b5cad", role: "#b84a00", other: "#687482" },
  dark: { money: "#2dc79b", ownership: "#7cc0ff", role: "#f08a3c", other: "#8b98a6" },
};
const ROLES: ReadonlySet<string> = new Set(["legal_representative", "officer", "employs", "kin", "guardian"]);

export function lineColour(kind: string, dark: boolean): string {
  const family = MONEY.has(kind) ? "money" : OWNERSHIP.has(kind) ? "ownership" : ROLES.has(kind) ? "role" : "other";
  return LINES[dark ? "dark" : "light"][family] ?? "#687482";
}

export function colour(kind: string, dark: boolean): string {
  const look = LOOKS[kind] ?? LOOKS["event"]!;
  return dark ? look.dark : look.light;
}

/** The outline of a kind as an SVG path in a box of `size`. */
export function outline(kind: string, size: number): string {
  const half = size / 2;
  const points = LOOKS[kind]?.points ?? [];
  if (!points.length) return `M${half * 0.08} ${half}a${half * 0.92} ${half * 0.92} 0 1 0 ${half * 1.84} 0a${half * 0.92} ${half * 0.92} 0 1 0 ${-half * 1.84} 0z`;
  return `${points.map(([x, y], k) => `${k ? "L" : "M"}${(half * (1 + 0.92 * x)).toFixed(2)} ${(half * (1 + 0.92 * y)).toFixed(2)}`).join("")}z`;
}
