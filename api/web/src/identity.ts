/** Who is who: pairs of records, and how a person judges them. */
import { signal } from "@preact/signals";
import { may, me, post, Problem } from "./api";
import { attempt } from "./actions";
import { half, t } from "./i18n";
import { complain, tell } from "./state";
import { WHO } from "./words/identity";

export type State = "open" | "accepted" | "rejected";
export type Says = "agrees" | "partly" | "differs" | "unknown";
type Said = Readonly<Record<string, unknown>>;

export interface Side {
  readonly record: string;
  readonly subject: string | null;
  readonly label: string;
  readonly says: { readonly keys?: Said; readonly attrs?: Said; readonly name?: string } | null;
  readonly records: number;
}

export interface Feature {
  readonly name: string;
  readonly says: Says;
  readonly level: string;
  readonly weight: number;
}

export interface Judgement {
  readonly same: boolean;
  readonly by: string | null;
  readonly machine: boolean;
  readonly score: number | null;
  readonly why: string | null;
  readonly at: string;
}

/** Two records, as every list has them. */
export interface Pair {
  readonly id: string;
  readonly kind: string;
  readonly a: Side;
  readonly b: Side;
  readonly features: readonly Feature[];
  readonly judgement?: Judgement | null;
  readonly score?: number;
  readonly held?: boolean;
  readonly name_only?: boolean;
  readonly kin?: boolean;
  /** Others of the country agree in as much: about so many. */
  readonly common?: boolean;
  readonly others?: number;
  /** Empty where nobody scored the pair. */
  readonly model?: string | null;
  readonly barred?: string | null;
  /** Of a pair that a run refused to join: why, in words, and the two records that stand between. */
  readonly words?: string;
  readonly between?: readonly [string, string];
  /** Recorded, and joins nobody. */
  readonly aside?: boolean;
}

export interface Review extends Pair {
  readonly state: State;
  readonly score: number;
  readonly judgement: Judgement | null;
  readonly one: boolean;
  readonly note: string | null;
}

interface Decided {
  readonly id: string;
  readonly at: string | null;
  readonly decisions: readonly { readonly id: string }[];
}

export type Act = "accept" | "reject" | "undo";

/** The pair that keys are about, and whether it is open. */
export const at = signal<string | null>(null);
export const opened = signal(false);
/** The open pair as the service told it last: only what is shown can be judged. */
export const read = signal<Review | null>(null);
export const by = signal("");
export const why = signal("");
/** The judgement made last, to be taken back at a press. */
export const last = signal<{ readonly id: string; readonly name: string; readonly at: string } | null>(null);
/** Counts what was judged here, so that lists are asked again. */
export const turn = signal(0);
const busy = signal(false);

const DID = { accept: WHO.didAccept, reject: WHO.didReject, undo: WHO.didUndo } as const;

/** Whether the caller may judge: what is judged is written as a fact. */
export function mayJudge(): boolean {
  return may("ingest");
}

export function nameOf(pair: Pick<Pair, "a" | "b">): string {
  const [a, b] = [pair.a.label, pair.b.label];
  return a === b ? a : `${a} – ${b}`;
}

/** Whether a person's judgement of a pair stands: it is taken back before there is another. */
export function byPerson(pair: Pair): boolean {
  return !!pair.judgement && !pair.judgement.machine;
}

/** Open a pair, or close it. */
export function show(id: string | null, open = true): void {
  at.value = id;
  opened.value = open && id !== null;
  read.value = null;
  why.value = "";
}

/** Judge the pair that is open, as it is shown; `next` is looked at afterwards. */
export function judge(act: Act, next: () => void): void {
  const pair = read.value;
  if (!pair || busy.value || !mayJudge()) return;
  if (act === "undo" ? !pair.judgement : byPerson(pair)) {
    if (act !== "undo") complain(t(WHO.undoFirst));
    return;
  }
  if (act === "accept" && pair.barred) {
    complain(half(pair.barred));
    return;
  }
  const said = why.value.trim();
  if (!said && (act !== "accept" || pair.name_only || pair.kin || pair.common || !pair.model)) {
    complain(t(WHO.whyNeeded));
    document.getElementById("why-pair")?.focus();
    return;
  }
  const given = { why: said || null, seen: pair.judgement?.at ?? "" };
  void send(pair.id, nameOf(pair), act, given, next);
}

/** Take the last judgement back. */
export function takeBack(): void {
  const of = last.value;
  if (of && !busy.value && mayJudge()) void send(of.id, of.name, "undo", { why: t(WHO.undoWhy), seen: of.at }, () => show(null));
}

async function send(id: string, name: string, act: Act, given: { why: string | null; seen: string }, next: () => void): Promise<void> {
  const owner = me.value?.kind === "owner";
  if (owner && !by.value.trim()) {
    complain(t(WHO.byNeeded));
    document.getElementById("by-pair")?.focus();
    return;
  }
  const below = act === "undo" ? `judgements/${id}/undo` : `reviews/${id}/${act}`;
  busy.value = true;
  await attempt(async () => {
    try {
      const told = await post<Decided>(`/v1/identity/${below}`, { ...given, ...(owner ? { by: by.value.trim() } : {}) }, { once: crypto.randomUUID() });
      const more = told.decisions.length ? `; ${t(WHO.decisions, { n: told.decisions.length })}` : "";
      last.value = told.at === null ? null : { id, name, at: told.at };
      tell(t(DID[act], { name }) + more);
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 409) throw error;
      complain(half(error.detail) || t(WHO.changed)); // judged meanwhile, or what stands in the way
    }
    next();
    turn.value++;
  });
  busy.value = false;
}
