/** What lists of work share: their items, the order by risk with whose score and why, the judgement. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { post, Problem } from "../api";
import { attempt } from "../actions";
import { half, t, type Text } from "../i18n";
import type { Pages, Page } from "./pages";
import { Reasons, scoredThen, Use } from "./risk";
import { Score, Section, Tag, useAsked, Waiting } from "./ui";
import { complain, tell } from "../state";
import { bandWord } from "../words";
import { RISK } from "../words/risk";
import { WORK } from "../words/casework";

/** The highest risk score of its members: when to look at it. */
export interface Priority {
  readonly score: number | null;
  readonly band: string | null;
  readonly subject: string | null;
  readonly model: string | null;
  readonly as_of: string | null;
  readonly known_at: string | null;
  readonly why: string;
  readonly use: string;
}

interface ItemProps {
  readonly id: string;
  readonly now: boolean;
  readonly onToggle: () => void;
  readonly head: ComponentChildren;
  readonly children: ComponentChildren;
}

/** One of a list: what it is, and at a press all of it, brought into sight. */
export function Item({ id, now, onToggle, head, children }: ItemProps) {
  const of = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (now) of.current?.scrollIntoView({ block: "nearest" });
  }, [now]);
  return (
    <li class={`finding ${now ? "now" : ""}`} ref={of}>
      <button type="button" class="finding-head" data-item={id} aria-expanded={now} onClick={onToggle}>
        {head}
      </button>
      {now && children}
    </li>
  );
}

export function focusItem(id: string): void {
  document.querySelector<HTMLElement>(`[data-item="${CSS.escape(id)}"]`)?.focus();
}

interface RunProps {
  readonly words: Readonly<Record<"run" | "runDo" | "running", Text>>;
  /** Does it, and gives what is to be told of it. */
  readonly work: () => Promise<string>;
  readonly above?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A form that sets work going which fills the list, one at a time. */
export function RunForm({ words, work, above, children }: RunProps) {
  const [under, setUnder] = useState(false);
  const run = () =>
    void attempt(async () => {
      setUnder(true);
      try {
        tell(await work());
      } finally {
        setUnder(false);
      }
    });
  return (
    <Section title={t(words.run)} open={false}>
      {above}
      <form
        class="run"
        onSubmit={(event) => {
          event.preventDefault();
          run();
        }}
      >
        {children}
        <button type="submit" class="main" disabled={under}>
          {t(under ? words.running : words.runDo)}
        </button>
      </form>
    </Section>
  );
}

/** Open an item by its place; past the last, more are asked for. */
export function step<Row extends { readonly id: string }>(rows: readonly Row[], place: number, list: Pages<Row, Page<Row>>, open: (row: Row) => void): void {
  if (place >= rows.length && list.next) list.more();
  const row = rows[Math.min(rows.length - 1, place)];
  if (!row) return;
  open(row);
  focusItem(row.id);
}

/** The keys of a panel alone, where nothing is typed into: they go no further. A key that is held acts
 * again only where it walks. */
export function onKey(event: KeyboardEvent, acts: Readonly<Record<string, () => void>>): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
  const key = event.key.toLowerCase();
  const act = acts[key];
  if (!act) return;
  event.preventDefault();
  event.stopPropagation();
  if (!event.repeat || key === "j" || key === "k") act();
}

/** In which order a list comes: `plain` is its own. */
export function Order<Name extends string>({ now, plain, word, onPick }: { now: Name | "risk"; plain: Name; word: Text; onPick: (name: Name | "risk") => void }) {
  return (
    <select aria-label={t(WORK.order)} value={now} onChange={(event) => onPick(event.currentTarget.value === "risk" ? "risk" : plain)}>
      <option value={plain}>{t(word)}</option>
      <option value="risk">{t(WORK.byRisk)}</option>
    </select>
  );
}

export function RiskTag({ of }: { of: Priority | undefined }) {
  if (!of?.band) return null;
  return <Tag tone={of.band === "high" ? "alarm" : "soft"}>{t(WORK.risk, { band: bandWord(of.band) })}</Tag>;
}

/** A model without the digest of its file. */
function modelOf(priority: Priority): string {
  return (priority.model ?? "").split("@")[0] ?? "";
}

function said(priority: Priority): string {
  return t(RISK.byThen, { score: (priority.score ?? 0).toFixed(3), model: modelOf(priority), day: priority.as_of ?? "" });
}

/** Whose risk score puts it where it stands, by which model and as of when, why, and what that is for;
 * `told`: the one that it came with, where that is another. */
export function First({ priority, told, nameOf }: { priority: Priority; told?: Priority; nameOf: (id: string) => string }) {
  const before = told && told.score !== null && (told.model !== priority.model || told.as_of !== priority.as_of || told.known_at !== priority.known_at) ? told : null;
  if (priority.score === null && !before) return null;
  return (
    <div class="risk-of">
      <h4>{t(RISK.ofCard)}</h4>
      {priority.subject && priority.score !== null && (
        <>
          <p class="line">
            <span>{nameOf(priority.subject)}</span>
            <Score value={priority.score} what={RISK.scoreWhat} digits={3} />
          </p>
          {priority.model && <p class="soft">{said(priority)}</p>}
        </>
      )}
      {priority.score !== null && <p>{half(priority.why)}</p>}
      {before && <p class="soft">{t(RISK.raisedWith, { said: said(before), name: nameOf(before.subject ?? "") })}</p>}
      {priority.model && <Why priority={priority} />}
      <Use text={priority.use} />
    </div>
  );
}

/** The reasons of that score, asked once they are looked at: as of that day, by what was known then. */
function Why({ priority }: { priority: Priority }) {
  const [open, setOpen] = useState(false);
  const name = open ? `${priority.subject}|${priority.model}|${priority.as_of}|${priority.known_at}` : null;
  const asked = useAsked(name, (stop) => scoredThen({ subject: priority.subject, model: modelOf(priority), as_of: priority.as_of, known_at: priority.known_at }, stop));
  const row = asked.data?.results[0];
  return (
    <Section title={t(RISK.reasons)} open={open} onToggle={setOpen}>
      {row && <Reasons row={row} />}
      {asked.data && !row && <p class="soft">{t(RISK.notScored)}</p>}
      {open && <Waiting asked={asked} />}
    </Section>
  );
}

export type Verdict = "open" | "accepted" | "dismissed";

interface JudgeProps {
  readonly state: string;
  /** Where the verdict goes, what goes with it, and how long its note may be. */
  readonly path: string;
  readonly more?: Readonly<Record<string, unknown>>;
  readonly longest: number;
  /** It was judged, or has changed since it was looked at. */
  readonly done: (next: Verdict) => void;
  readonly stale: () => void;
}

/** Accept, dismiss with a reason, or open again. */
export function Judge({ state, path, more, longest, done, stale }: JudgeProps) {
  const [note, setNote] = useState("");
  const judge = (next: Verdict) =>
    void attempt(async () => {
      if (next === "dismissed" && !note.trim()) {
        complain(t(WORK.noteNeeded));
        return;
      }
      try {
        await post(path, { state: next, note: note.trim() || null, ...more }, { once: crypto.randomUUID() });
      } catch (error) {
        if (!(error instanceof Problem) || error.status !== 409) throw error;
        stale();
        complain(t(WORK.changed));
        return;
      }
      done(next);
    });
  return (
    <form class="judge" onSubmit={(event) => event.preventDefault()}>
      <label>
        {t(WORK.note)}
        <textarea rows={2} maxLength={longest} value={note} onInput={(event) => setNote(event.currentTarget.value)} />
      </label>
      <div class="buttons">
        {state !== "accepted" && (
          <button type="button" class="main" onClick={() => judge("accepted")}>
            {t(WORK.accept)}
          </button>
        )}
        {state !== "dismissed" && (
          <button type="button" class="plain" onClick={() => judge("dismissed")}>
            {t(WORK.dismiss)}
          </button>
        )}
        {(state === "accepted" || state === "dismissed") && (
          <button type="button" class="plain" onClick={() => judge("open")}>
            {t(WORK.reopen)}
          </button>
        )}
      </div>
    </form>
  );
}
