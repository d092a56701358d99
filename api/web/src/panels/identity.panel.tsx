/** Who is who: pairs of records that may be one subject, side by side, to be judged by a person. */
import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { address, get, may, me, post, Problem } from "../api";
import { attempt, open as openSubject } from "../actions";
import { half, number, t } from "../i18n";
import { KindMark, Section, Tag, useAsked, Waiting, type Asked } from "../parts/ui";
import { short, when } from "../say";
import { complain, tell } from "../state";
import { fieldWord, kindWord } from "../words";
import { WHO } from "../words/identity";
import { WORDS } from "../words/common";
import type { Panel } from ".";
import "./casework.css";
import "./identity.css";

type State = "open" | "accepted" | "rejected";
type Tab = State | "machine";
type Says = "agrees" | "partly" | "differs" | "unknown";
type Said = Readonly<Record<string, unknown>>;

interface Side {
  readonly record: string;
  readonly subject: string | null;
  readonly label: string;
  readonly says: { readonly keys?: Said; readonly attrs?: Said; readonly name?: string } | null;
  readonly records: number;
}

interface Feature {
  readonly name: string;
  readonly says: Says;
  readonly level: string;
  readonly weight: number;
}

interface Judgement {
  readonly same: boolean;
  readonly by: string | null;
  readonly machine: boolean;
  readonly score: number | null;
  readonly why: string | null;
  readonly at: string;
}

interface Row {
  readonly id: string;
  readonly kind: string;
  readonly a: Side;
  readonly b: Side;
  readonly judgement: Judgement | null;
  readonly score?: number;
  readonly held?: boolean;
  readonly name_only?: boolean;
  readonly kin?: boolean;
  /** Empty where nobody scored the pair. */
  readonly model?: string;
  readonly barred?: string | null;
}

interface Review extends Row {
  readonly state: State;
  readonly score: number;
  readonly features: readonly Feature[];
  readonly one: boolean;
  readonly note: string | null;
}

interface List {
  readonly results: readonly Row[];
  readonly next: string | null;
  readonly counts?: Readonly<Record<State, number>>;
  readonly total?: number;
}

interface Decided {
  readonly id: string;
  readonly decisions: readonly { readonly id: string }[];
}

const TABS: readonly Tab[] = ["open", "accepted", "rejected", "machine"];
const SIGNS: Readonly<Record<Says, string>> = { agrees: "✓", partly: "≈", differs: "✗", unknown: "·" };
const PAGE = 50;
/** A weight (bits) whose bar is full. */
const HEAVY = 12;
const tab = signal<Tab>("open");
const kind = signal("");
const openOne = signal<string | null>(null);
const by = signal("");
const why = signal("");
/** The judgement made last, to be taken back at a press. */
const last = signal<{ readonly id: string; readonly text: string } | null>(null);
const turn = signal(0);

function nameOf(row: Row): string {
  const [a, b] = [row.a.label, row.b.label];
  return a === b ? a : `${a} = ${b}`;
}

function Identities() {
  const [pages, setPages] = useState(1);
  const query = tab.value === "machine" ? { by: "machine", limit: PAGE } : { state: tab.value, kind: kind.value || null, limit: PAGE };
  const path = tab.value === "machine" ? "/v1/identity/judgements" : "/v1/identity/reviews";
  const asked = useAsked(`${address(path, query)}|${pages}|${turn.value}`, async (stop) => {
    const rows: Row[] = [];
    let after: string | null = null;
    let told: List | null = null;
    for (let k = 0; k < pages; k++) {
      told = await get<List>(path, { ...query, after }, stop);
      rows.push(...told.results);
      after = told.next;
      if (!after) break;
    }
    return { of: tab.value, rows, next: after, counts: told!.counts };
  });
  const rows = asked.data?.rows ?? [];
  return (
    <div class="panel-body work" onKeyDown={(event) => onKey(event, rows)}>
      <div class="tabs" role="group" aria-label={t(WHO.title)}>
        {TABS.map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={tab.value === each}
            onClick={() => {
              tab.value = each;
              openOne.value = null;
              setPages(1);
            }}
          >
            {t(WHO[each])} {each !== "machine" && asked.data?.counts && <b>{number(asked.data.counts[each])}</b>}
          </button>
        ))}
      </div>
      {tab.value !== "machine" && (
        <div class="filters">
          <select aria-label={t(WHO.kind)} value={kind.value} onChange={(event) => (kind.value = event.currentTarget.value)}>
            <option value="">{t(WHO.allKinds)}</option>
            {["person", "company"].map((each) => (
              <option key={each} value={each}>
                {kindWord(each)}
              </option>
            ))}
          </select>
        </div>
      )}
      {last.value && (
        <p class="undo-bar">
          <span>{last.value.text}</span>
          <button type="button" class="small" onClick={() => takeBack()}>
            {t(WHO.undo)}
          </button>
        </p>
      )}
      {may("ingest") && <Run />}
      <Waiting asked={asked as Asked<unknown>} />
      {asked.data && !rows.length && <p class="soft">{t(tab.value === "open" ? WHO.noneYet : WHO.none)}</p>}
      <ul class="findings pairs-of" data-of={asked.data?.of}>
        {rows.map((each) => (
          <Item key={each.id} row={each} />
        ))}
      </ul>
      {rows.length > 0 && <p class="pair-keys">{t(WHO.keys, { y: "Y", n: "N", u: "U", j: "J", k: "K" })}</p>}
      {asked.data?.next && (
        <button type="button" class="small" onClick={() => setPages(pages + 1)}>
          {t(WORDS.more)}
        </button>
      )}
    </div>
  );
}

/** Keys of this panel alone, where nothing is typed into: they go no further. */
function onKey(event: KeyboardEvent, rows: readonly Row[]): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
  const at = rows.findIndex((each) => each.id === openOne.value);
  const row = rows[at];
  const acts: Readonly<Record<string, () => void>> = {
    j: () => step(rows, at + 1),
    k: () => step(rows, at < 0 ? 0 : at - 1),
    y: () => row && judge(row, "accept"),
    n: () => row && judge(row, "reject"),
    u: () => (row?.judgement ? judge(row, "undo") : takeBack()),
  };
  const act = acts[event.key.toLowerCase()];
  if (!act) return;
  event.preventDefault();
  event.stopPropagation();
  act();
}

function step(rows: readonly Row[], at: number): void {
  const row = rows[Math.max(0, Math.min(rows.length - 1, at))];
  if (!row) return;
  openOne.value = row.id;
  why.value = "";
  document.querySelector<HTMLElement>(`[data-pair="${row.id}"]`)?.focus();
}

type Act = "accept" | "reject" | "undo";
const DID = { accept: WHO.didAccept, reject: WHO.didReject, undo: WHO.didUndo } as const;

function judge(row: Row, act: Act): void {
  const said = why.value.trim();
  if (!said && (act !== "accept" || row.name_only || row.kin || row.model === "")) {
    complain(t(WHO.whyNeeded));
    document.getElementById("why-pair")?.focus();
    return;
  }
  void send(row, act, said);
}

function takeBack(): void {
  const of = last.value;
  if (of) void send({ id: of.id }, "undo", t(WHO.undoWhy));
}

async function send(row: Pick<Row, "id"> & Partial<Row>, act: Act, said: string): Promise<void> {
  const owner = me.value?.kind === "owner";
  if (owner && !by.value.trim()) {
    complain(t(WHO.byNeeded));
    document.getElementById("by-pair")?.focus();
    return;
  }
  const below = act === "undo" ? `judgements/${row.id}/undo` : `reviews/${row.id}/${act}`;
  await attempt(async () => {
    try {
      const told = await post<Decided>(`/v1/identity/${below}`, { why: said || null, ...(owner ? { by: by.value.trim() } : {}) }, { once: crypto.randomUUID() });
      const name = row.a && row.b ? nameOf(row as Row) : row.id;
      const text = t(DID[act], { name });
      const more = told.decisions.length ? `; ${t(WHO.decisions, { n: told.decisions.length })}` : "";
      last.value = act === "undo" ? null : { id: row.id, text };
      tell(text + more);
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 409) throw error;
      complain(half(error.detail) || t(WHO.changed));
    }
    openOne.value = null;
    why.value = "";
    turn.value++;
  });
}

function Score({ value }: { value: number }) {
  const said = value >= 0.9995 ? "≈1" : value.toFixed(3);
  return (
    <span class="score" title={t(WHO.scoreWhat)}>
      <svg viewBox="0 0 40 6" aria-hidden="true">
        <rect class="track" width="40" height="6" rx="3" />
        <rect class="middle" width={Math.max(2, 40 * value)} height="6" rx="3" />
      </svg>
      <span aria-label={t(WHO.score, { score: said })}>{said}</span>
    </span>
  );
}

function Item({ row }: { row: Row }) {
  const now = openOne.value === row.id;
  const score = row.score ?? row.judgement?.score;
  return (
    <li class={`finding ${now ? "now" : ""}`}>
      <button
        type="button"
        class="finding-head"
        data-pair={row.id}
        aria-expanded={now}
        onClick={() => {
          openOne.value = now ? null : row.id;
          why.value = "";
        }}
      >
        <span class="line">
          {row.kind && <KindMark kind={row.kind} size={12} />}
          <strong>{nameOf(row)}</strong>
          {!!score && <Score value={score} />}
        </span>
        <span class="names">
          {short(row.a.record)} · {short(row.b.record)}
        </span>
        <span class="line">
          {row.name_only && <Tag tone="soft">{t(WHO.nameOnly)}</Tag>}
          {row.kin && <Tag tone="soft">{t(WHO.kin)}</Tag>}
          {row.held && <Tag tone="alarm">{t(WHO.held)}</Tag>}
          {row.barred && <Tag tone="alarm">{t(WHO.barred)}</Tag>}
        </span>
      </button>
      {now && <Body row={row} />}
    </li>
  );
}

function Body({ row }: { row: Row }) {
  const asked = useAsked(`${row.id}|${turn.value}`, (stop) => get<Review>(`/v1/identity/reviews/${row.id}`, {}, stop));
  const it = asked.data;
  if (!it) return <Waiting asked={asked} />;
  return (
    <div class="pair-body">
      <Beside a={it.a} b={it.b} />
      <div>
        <h4>{t(WHO.speaks)}</h4>
        {!it.features.length && <p class="soft">{t(WHO.noFeatures)}</p>}
        <ul class="features">
          {it.features.map((each) => (
            <li key={each.name} class={each.says}>
              <span class="sign" role="img" aria-label={t(WHO[each.says])}>
                {SIGNS[each.says]}
              </span>
              <span>
                {fieldWord(each.name)}: {half(each.level)}
              </span>
              <svg viewBox="0 0 44 6" aria-hidden="true">
                <rect class={each.weight >= 0 ? "for" : "against"} width={Math.max(1, 44 * Math.min(1, Math.abs(each.weight) / HEAVY))} height="6" rx="2" />
              </svg>
              <span class="num">
                {each.weight >= 0 ? "+" : "−"}
                {Math.abs(each.weight).toFixed(1)}
              </span>
            </li>
          ))}
        </ul>
      </div>
      {it.judgement && (
        <p>
          {t(WHO.judged, { what: t(it.judgement.same ? WHO.accepted : WHO.rejected), who: it.judgement.by ?? "", at: when(it.judgement.at) })}
          {it.judgement.why && ` · ${it.judgement.why}`}
        </p>
      )}
      {!it.judgement && it.note && <p class="soft">{it.note}</p>}
      {it.barred && <p class="wrong">{half(it.barred)}</p>}
      <Judge row={it} />
    </div>
  );
}

/** What one record says, as rows of names and values. */
function told(side: Side): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const said = side.says;
  if (said?.name) found.set("name", said.name);
  for (const part of [said?.keys, said?.attrs]) {
    for (const [name, value] of Object.entries(part ?? {})) {
      if (typeof value === "string" || typeof value === "number") found.set(name, String(value));
      else if (Array.isArray(value)) found.set(name, value.map(String).join("、"));
    }
  }
  return found;
}

function Beside({ a, b }: { a: Side; b: Side }) {
  const [one, other] = [told(a), told(b)];
  const names = [...new Set([...one.keys(), ...other.keys()])].slice(0, 20);
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{t(WHO.field)}</th>
          {[a, b].map((side) => (
            <th key={side.record} scope="col">
              <button type="button" class="link" disabled={!side.subject} onClick={() => side.subject && void openSubject(side.subject)}>
                {side.label}
              </button>
              <div class="id">{short(side.record)}</div>
              {side.records > 1 && <div class="soft">{t(WHO.records, { n: side.records })}</div>}
              {!side.says && <div class="soft">{t(WHO.notShown)}</div>}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {names.map((name) => {
          const [x, y] = [one.get(name), other.get(name)];
          const both = x !== undefined && y !== undefined;
          return (
            <tr key={name} class={both ? (x === y ? "equal" : "other") : ""}>
              <th scope="row">{fieldWord(name)}</th>
              <td>{x ?? "–"}</td>
              <td>{y ?? "–"}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Judge({ row }: { row: Review }) {
  const person = row.judgement !== null && !row.judgement.machine;
  if (!may("ingest")) return null;
  return (
    <form class="judge" onSubmit={(event) => event.preventDefault()}>
      {me.value?.kind === "owner" && (
        <label>
          {t(WHO.by)}
          <input id="by-pair" maxLength={100} value={by.value} onInput={(event) => (by.value = event.currentTarget.value)} />
        </label>
      )}
      <label>
        {t(WHO.why)}
        <textarea id="why-pair" rows={2} maxLength={2000} value={why.value} onInput={(event) => (why.value = event.currentTarget.value)} />
      </label>
      <div class="buttons">
        {!(person && row.judgement?.same) && (
          <button type="button" class="main" disabled={row.barred !== null} onClick={() => judge(row, "accept")}>
            {t(row.judgement?.machine ? WHO.confirm : WHO.accept)}
          </button>
        )}
        {!(person && !row.judgement?.same) && (
          <button type="button" class="plain" onClick={() => judge(row, "reject")}>
            {t(WHO.reject)}
          </button>
        )}
        {row.judgement && (
          <button type="button" class="plain" onClick={() => judge(row, "undo")}>
            {t(WHO.undo)}
          </button>
        )}
      </div>
    </form>
  );
}

interface Job {
  readonly id: string;
  readonly status: string;
  readonly error: { readonly detail?: string } | null;
}

const WAIT = 700;

/** Run the resolver as a job, and wait for what it says. */
function Run() {
  const [under, setUnder] = useState(false);
  const run = () =>
    void attempt(async () => {
      setUnder(true);
      try {
        let job = await post<Job>("/v1/identity/runs", {}, { once: crypto.randomUUID() });
        while (job.status === "queued" || job.status === "running") {
          await new Promise((done) => setTimeout(done, WAIT));
          job = await get<Job>(`/v1/jobs/${job.id}`);
        }
        if (job.status !== "done") {
          complain(t(WHO.failed, { why: half(job.error?.detail ?? job.status) }));
          return;
        }
        const said = await get<{ joined: number; waiting: number; conflicts: number }>(`/v1/jobs/${job.id}/result`);
        turn.value++;
        tell(t(WHO.ran, { joined: number(said.joined), waiting: number(said.waiting), conflicts: number(said.conflicts) }));
      } finally {
        setUnder(false);
      }
    });
  return (
    <Section title={t(WHO.run)} open={false}>
      <form
        class="run"
        onSubmit={(event) => {
          event.preventDefault();
          run();
        }}
      >
        <p class="soft">{t(WHO.runWhat)}</p>
        <button type="submit" class="main" disabled={under}>
          {t(under ? WHO.running : WHO.runDo)}
        </button>
      </form>
    </Section>
  );
}

interface How {
  readonly records_total: number;
  readonly confirmed: boolean;
  readonly links: readonly { readonly a: string; readonly b: string; readonly what: string; readonly by: string | null; readonly confirmed: boolean }[];
}

/** On a subject's card: what joins its records, and whether anybody answers for it. */
function JoinedFrom({ id, kind: of }: { id: string; kind: string }) {
  const ours = (of === "person" || of === "company") && may("trace") && (me.value?.domains.length ?? 4) >= 4;
  const asked = useAsked(ours ? `${id}|${turn.value}` : null, (stop) => get<How>("/v1/identity/how", { subject: id }, stop));
  const how = asked.data;
  if (!how || how.records_total < 2) return null;
  return (
    <Section title={t(WHO.ofCard)} count={how.records_total}>
      <ul class="plain-list">
        {how.links.slice(0, 20).map((each, k) => (
          <li key={k} class="of">
            <span class="id">
              {short(each.a)} = {short(each.b)}
            </span>
            <Tag tone={each.confirmed ? "good" : "alarm"}>{each.what === "official_key" ? t(WHO.byKey) : each.confirmed ? `${t(WHO.sure)} ${each.by ?? ""}` : t(WHO.unsure)}</Tag>
          </li>
        ))}
      </ul>
    </Section>
  );
}

export const panel: Panel = { id: "identity", title: WHO.title, icon: "M8 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM16 20a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM11 10l2 4", order: 35, component: Identities, scope: "trace", card: JoinedFrom };
