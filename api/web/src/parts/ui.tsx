/** Small parts that panels share. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { colour, outline } from "../graph/look";
import { number, t, type Text } from "../i18n";
import { dark } from "../state";
import { WORDS } from "../words/common";
import { kindWord } from "../words";
import { why } from "../actions";

/** The shape and colour of a kind, with its name for who does not see it. */
export function KindMark({ kind, size = 14, quiet = false }: { kind: string; size?: number; quiet?: boolean }) {
  return (
    <svg class="kind-mark" width={size} height={size} viewBox={`0 0 ${size} ${size}`} role={quiet ? undefined : "img"} aria-hidden={quiet || undefined} aria-label={quiet ? undefined : kindWord(kind)}>
      <path d={outline(kind, size)} fill={colour(kind, dark.value)} />
    </svg>
  );
}

export function Icon({ path }: { path: string }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}

interface ButtonProps {
  readonly icon: string;
  readonly label: string;
  readonly onClick: () => void;
  readonly pressed?: boolean | undefined;
  readonly disabled?: boolean | undefined;
  readonly keys?: string;
}

/** A button that is an icon; its name is its label and its hint. */
export function IconButton({ icon, label, onClick, pressed, disabled, keys }: ButtonProps) {
  return (
    <button type="button" class="icon-button" title={keys ? `${label} (${keys})` : label} aria-label={label} aria-pressed={pressed} disabled={disabled} onClick={onClick}>
      <Icon path={icon} />
    </button>
  );
}

interface SectionProps {
  readonly title: string;
  readonly count?: number | string | undefined;
  readonly open?: boolean;
  readonly onToggle?: (open: boolean) => void;
  readonly children: ComponentChildren;
}

export function Section({ title, count, open = true, onToggle, children }: SectionProps) {
  return (
    <details class="section" open={open} onToggle={(event) => onToggle?.(event.currentTarget.open)}>
      <summary>
        <h3>{title}</h3>
        {count !== undefined && <span class="count">{count}</span>}
      </summary>
      {children}
    </details>
  );
}

export function Tag({ tone, children }: { tone?: "alarm" | "good" | "soft"; children: ComponentChildren }) {
  return <span class={`tag ${tone ?? "soft"}`}>{children}</span>;
}

export interface Asked<T> {
  readonly data: T | null;
  readonly error: string | null;
  readonly loading: boolean;
  readonly again: () => void;
}

/** Ask when the name of the question changes; the question before is called off. */
export function useAsked<T>(name: string | null, question: (signal: AbortSignal) => Promise<T>): Asked<T> {
  const [state, set] = useState<Omit<Asked<T>, "again">>({ data: null, error: null, loading: name !== null });
  const [turn, next] = useState(0);
  useEffect(() => {
    if (name === null) {
      set({ data: null, error: null, loading: false });
      return undefined;
    }
    const stop = new AbortController();
    set((before) => ({ data: turn ? before.data : null, error: null, loading: true }));
    question(stop.signal).then(
      (data) => !stop.signal.aborted && set({ data, error: null, loading: false }),
      (error: unknown) => !stop.signal.aborted && set({ data: null, error: why(error), loading: false }),
    );
    return () => stop.abort();
  }, [name, turn]);
  return { ...state, again: () => next((now) => now + 1) };
}

/** What stands in the place of an answer that is not there; what failed is asked again at a press. */
export function Waiting({ asked }: { asked: Asked<unknown> }) {
  if (asked.error) {
    return (
      <p class="wrong" role="alert">
        {asked.error}{" "}
        <button type="button" class="small" onClick={asked.again}>
          {t(WORDS.again)}
        </button>
      </p>
    );
  }
  return asked.loading ? <p class="soft">{t(WORDS.loading)}</p> : null;
}

/** How sure, as a bar whose length is the score; the number stands beside it. `what` says what the
 * number is; `grades` marks what is high and what is low by colour, too. */
export function Score({ value, what, digits = 2, grades = true }: { value: number; what: Text; digits?: number; grades?: boolean }) {
  const said = value >= 1 - 0.5 / 10 ** digits ? "≈1" : value.toFixed(digits);
  const grade = grades ? (value >= 0.8 ? "high" : value >= 0.5 ? "middle" : "low") : "middle";
  return (
    <span class="score" title={t(what)}>
      <svg viewBox="0 0 40 6" aria-hidden="true">
        <rect class="track" width="40" height="6" rx="3" />
        <rect class={grade} width={Math.max(2, 40 * value)} height="6" rx="3" />
      </svg>
      <span role="img" aria-label={t(WORDS.score, { score: said })}>
        {said}
      </span>
    </span>
  );
}

function signed(value: number, digits: number): string {
  const size = Math.abs(value).toFixed(digits);
  if (value !== 0 && Number(size) === 0) return "≈0";
  return `${value > 0 ? "+" : value < 0 ? "−" : ""}${size}`;
}

/** What speaks for (above 0) or against, as a bar and a number; `heavy`: a weight whose bar is full. */
export function Weight({ value, heavy, digits = 1 }: { value: number; heavy: number; digits?: number }) {
  return (
    <>
      <svg viewBox="0 0 44 6" aria-hidden="true">
        <rect class={value > 0 ? "for" : "against"} width={Math.max(value ? 2 : 0, 44 * Math.min(1, Math.abs(value) / heavy))} height="6" rx="2" />
      </svg>
      <span class="num">{signed(value, digits)}</span>
    </>
  );
}

interface TabsProps<Name extends string> {
  readonly title: Text;
  readonly names: readonly Name[];
  readonly now: Name;
  readonly words: Readonly<Record<Name, Text>>;
  readonly counts?: Readonly<Partial<Record<Name, number>>> | undefined;
  readonly onPick: (name: Name) => void;
}

/** One of a few lists is shown; how many each has stands beside its name where that is known. */
export function Tabs<Name extends string>({ title, names, now, words, counts, onPick }: TabsProps<Name>) {
  return (
    <div class="tabs" role="group" aria-label={t(title)}>
      {names.map((each) => (
        <button key={each} type="button" aria-pressed={now === each} onClick={() => onPick(each)}>
          {t(words[each])} {counts?.[each] !== undefined && <b>{number(counts[each])}</b>}
        </button>
      ))}
    </div>
  );
}

/** Names and values. */
export function Pairs({ rows }: { rows: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="pairs">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function opened(box: HTMLDialogElement | null): void {
  if (box && !box.open) box.showModal();
}

/** A dialog of the browser's own: it keeps the focus and closes by Escape. */
export function Dialog({ title, onClose, children }: { title: Text; onClose: () => void; children: ComponentChildren }) {
  return (
    <dialog class="dialog" aria-label={t(title)} ref={opened} onClose={onClose} onClick={(event) => event.target === event.currentTarget && event.currentTarget.close()}>
      <header>
        <h2>{t(title)}</h2>
        <button type="button" class="plain" onClick={(event) => event.currentTarget.closest("dialog")?.close()}>
          {t(WORDS.close)}
        </button>
      </header>
      {children}
    </dialog>
  );
}
