/** Small parts that panels share. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { colour, outline } from "../graph/look";
import { t, type Text } from "../i18n";
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

export function Section({ title, count, open = true, children }: { title: string; count?: number | string | undefined; open?: boolean; children: ComponentChildren }) {
  return (
    <details class="section" open={open}>
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
}

/** Ask when the name of the question changes; the question before is called off. */
export function useAsked<T>(name: string | null, question: (signal: AbortSignal) => Promise<T>): Asked<T> & { again: () => void } {
  const [state, set] = useState<Asked<T>>({ data: null, error: null, loading: name !== null });
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

/** What stands in the place of an answer that is not there. */
export function Waiting({ asked }: { asked: Asked<unknown> }) {
  if (asked.error) return <p class="wrong" role="alert">{asked.error}</p>;
  return asked.loading ? <p class="soft">{t(WORDS.loading)}</p> : null;
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
