/** The monitor's alerts: what is new of clusters and cases, in the order of time or of risk; looked at
 * on the graph, and settled. */
import { signal } from "@preact/signals";
import { ended, get, may, post, type Job } from "../api";
import { open as openSubject, showFacts } from "../actions";
import { layoutOf, partsOf } from "../casework";
import { half, number, t } from "../i18n";
import { kindOf, learnNames, nameOf } from "../names";
import { More, usePages, type Page } from "../parts/pages";
import { Use } from "../parts/risk";
import { KindMark, Score, Section, Tabs, Tag, useAsked, Waiting } from "../parts/ui";
import { First, Item, Judge, onKey, Order, RiskTag, RunForm, step, type Priority, type Verdict } from "../parts/work";
import { when } from "../say";
import { tell } from "../state";
import { day } from "../view";
import { eventWord, newsWord } from "../words";
import { ALERTS } from "../words/alerts";
import { WORK } from "../words/casework";
import type { Panel } from ".";
import "./casework.css";
import "./risk.css";

type State = Verdict | "over";
type Kind = "cluster" | "case";

interface New {
  readonly what: string;
  readonly why: string;
  readonly facts?: readonly string[];
}

interface Alert {
  readonly id: string;
  readonly run: number;
  readonly at: string;
  readonly kind: Kind;
  readonly of: string;
  readonly state: State;
  readonly new: readonly New[];
  readonly row: {
    readonly pattern: string;
    readonly members: readonly string[];
    readonly members_total?: number;
    readonly facts: readonly string[];
    readonly facts_total?: number;
    readonly score: number;
    readonly why: string;
  };
  readonly priority: Priority;
  readonly told: Priority;
  readonly by: string | null;
  readonly acted: string | null;
  readonly note: string | null;
}

interface List extends Page<Alert> {
  readonly notes: readonly string[];
}

const STATES: readonly State[] = ["open", "accepted", "dismissed", "over"];
const KINDS: readonly Kind[] = ["cluster", "case"];
const PAGE = 50;
/** Facts of each alert by which its members are named, members that are shown in a row and whole. */
const NAMED = 8;
const BRIEF = 4;
const WHOLE = 12;
const NOTE = 1000;
const BASE = "/v1/monitor";
const state = signal<State>("open");
const kind = signal<Kind | "">("");
const order = signal<"time" | "risk">("time");
const openOne = signal<string | null>(null);
/** Counts what was changed here, so that the list is asked again. */
const turn = signal(0);

function Alerts() {
  const list = usePages<Alert, List>(`${BASE}/alerts`, { state: state.value, kind: kind.value || null, order: order.value, limit: PAGE }, turn.value);
  const { rows } = list;
  useAsked(rows.length ? rows.map((each) => each.id).join(" ") : null, () => learnNames([...new Set(rows.flatMap((each) => each.row.facts.slice(0, NAMED)))]));
  const now = rows.findIndex((each) => each.id === openOne.value);
  const walk = (place: number) => step(rows, place, list, (row) => row.id !== openOne.value && look(row));
  const acts = { j: () => walk(now + 1), k: () => walk(Math.max(0, now - 1)) };
  return (
    <div class="panel-body work" onKeyDown={(event) => onKey(event, acts)}>
      <Tabs title={ALERTS.title} names={STATES} now={state.value} words={ALERTS} onPick={(each) => (state.value = each)} />
      <Filters />
      <Last />
      {may("ingest") && <Run />}
      {list.first?.notes.map((each) => <Use key={each} text={each} />)}
      {rows.length > 0 && <p class="pair-keys">{t(ALERTS.keys, { j: "J", k: "K" })}</p>}
      {list.came && !rows.length && <p class="soft">{t(ALERTS.none)}</p>}
      <ul class="findings" data-of={list.came ? `${state.value} ${order.value}` : undefined}>
        {rows.map((each) => (
          <One key={each.id} alert={each} />
        ))}
      </ul>
      <Waiting asked={list} />
      <More of={list} />
    </div>
  );
}

function Filters() {
  return (
    <div class="filters">
      <select aria-label={t(ALERTS.kind)} value={kind.value} onChange={(event) => (kind.value = KINDS.find((each) => each === event.currentTarget.value) ?? "")}>
        <option value="">{t(ALERTS.allKinds)}</option>
        {KINDS.map((each) => (
          <option key={each} value={each}>
            {t(ALERTS[each])}
          </option>
        ))}
      </select>
      <Order now={order.value} plain="time" word={ALERTS.byTime} onPick={(name) => (order.value = name)} />
    </div>
  );
}

interface Status {
  readonly last: { readonly run: number; readonly as_of: string; readonly events: Readonly<Record<string, number>> | null } | null;
  readonly failed: number;
  readonly error: string | null;
}

/** What the last run saw. */
function Last() {
  const asked = useAsked(`${turn.value}`, (stop) => get<Status>(BASE, {}, stop));
  const said = asked.data;
  if (!said) return <Waiting asked={asked} />;
  if (!said.last) return <p class="soft">{t(ALERTS.never)}</p>;
  const { run, as_of, events } = said.last;
  const counts = Object.entries(events ?? {}).filter(([name]) => name !== "steady");
  const became = counts.length ? counts.map(([name, count]) => `${eventWord(name)} ${number(count)}`).join(" · ") : t(ALERTS.nothing);
  return (
    <>
      <p class="soft">
        {t(ALERTS.last, { n: run, day: as_of })}
        {events && `: ${became}`}
      </p>
      {said.failed > 0 && said.error && <p class="wrong">{t(ALERTS.failed, { n: number(said.failed), why: said.error })}</p>}
    </>
  );
}

/** The facts of an alert: what is new, and what joins its members. */
function factsOf(alert: Alert): string[] {
  return [...new Set([...alert.new.flatMap((each) => each.facts ?? []), ...alert.row.facts])];
}

/** Open an alert: what it is of is put on the canvas, and no card over what is told of it. */
function look(alert: Alert): void {
  openOne.value = alert.id;
  show(alert, null);
}

function show(alert: Alert, about?: null): void {
  const facts = factsOf(alert);
  void showFacts(facts, t(ALERTS.shown, { what: t(ALERTS[alert.kind]), n: number(facts.length) }), layoutOf(alert.row.pattern), about);
}

function One({ alert }: { alert: Alert }) {
  const now = openOne.value === alert.id;
  const { members } = alert.row;
  const total = alert.row.members_total ?? members.length;
  const head = (
    <>
      <span class="line">
        <strong>{t(ALERTS[alert.kind])}</strong>
        <RiskTag of={alert.priority} />
        <Score value={alert.row.score} what={ALERTS.scoreWhat} />
      </span>
      <span class="names">
        {members.slice(0, BRIEF).map(nameOf).join("、")}
        {total > BRIEF && ` … ${number(total)}`}
      </span>
      <span class="line wrap">
        {[...new Set(alert.new.map((each) => newsWord(each.what)))].map((word) => (
          <Tag key={word} tone="alarm">
            {word}
          </Tag>
        ))}
        <span class="num soft">{when(alert.at)}</span>
      </span>
    </>
  );
  return (
    <Item id={alert.id} now={now} onToggle={() => (now ? (openOne.value = null) : look(alert))} head={head}>
      <Body alert={alert} />
    </Item>
  );
}

function Body({ alert }: { alert: Alert }) {
  const { row } = alert;
  const total = row.members_total ?? row.members.length;
  const done = (next: Verdict) => {
    openOne.value = null;
    turn.value++;
    tell(t(WORK.judged, { what: t(WORK[next]), pattern: t(ALERTS[alert.kind]) }));
  };
  return (
    <div class="finding-body">
      <div class="news">
        <h4>{t(ALERTS.isNew)}</h4>
        <ul>
          {alert.new.map((each, k) => (
            <li key={k}>{half(each.why)}</li>
          ))}
        </ul>
      </div>
      <div>
        <h4>{t(ALERTS.then, { n: alert.run })}</h4>
        <p>{partsOf(half(row.why)).said}</p>
      </div>
      <First priority={alert.priority} told={alert.told} nameOf={nameOf} />
      {alert.priority.score === null && <p class="soft">{half(alert.priority.why)}</p>}
      <div>
        <h4>{t(ALERTS.members, { n: number(total) })}</h4>
        <ul class="members">
          {row.members.slice(0, WHOLE).map((id) => (
            <li key={id}>
              <button type="button" class="link" onClick={() => void openSubject(id)}>
                {kindOf(id) && <KindMark kind={kindOf(id)!} size={12} />} {nameOf(id)}
              </button>
            </li>
          ))}
          {total > WHOLE && <li class="soft">{t(ALERTS.more, { n: number(total - Math.min(WHOLE, row.members.length)) })}</li>}
        </ul>
      </div>
      {row.facts_total !== undefined && <p class="soft">{t(WORK.evidenceCut, { n: number(row.facts_total) })}</p>}
      <button type="button" class="main wide" onClick={() => show(alert)}>
        {t(WORK.show)}
      </button>
      {alert.by && (
        <p>
          {t(ALERTS.acted, { what: t(ALERTS[alert.state]), who: alert.by, at: when(alert.acted) })}
          {alert.note && <q>{alert.note}</q>}
        </p>
      )}
      <Judge state={alert.state} path={`${BASE}/alerts/${alert.id}/verdict`} longest={NOTE} done={done} stale={() => turn.value++} />
      {alert.kind === "cluster" && <Became of={alert.of} />}
    </div>
  );
}

interface Line {
  readonly line: { readonly alive: boolean };
  readonly steps: readonly { readonly run: number; readonly event: string; readonly members: number; readonly joined: readonly string[]; readonly left: readonly string[] }[];
}

/** What became of a cluster, the newest first. */
function Became({ of }: { of: string }) {
  const asked = useAsked(`${of}|${turn.value}`, (stop) => get<Line>(`${BASE}/lines/${encodeURIComponent(of)}`, { limit: PAGE }, stop));
  const line = asked.data;
  if (!line) return <Waiting asked={asked} />;
  return (
    <Section title={t(ALERTS.became)} count={line.steps.length} open={line.steps.length > 1}>
      {!line.line.alive && <p class="soft">{t(ALERTS.gone)}</p>}
      <ol class="steps">
        {line.steps.map((each, k) => (
          <li key={k}>
            {t(ALERTS.step, { run: each.run, event: eventWord(each.event), n: number(each.members) })}
            <Whom word={t(ALERTS.joined)} ids={each.joined} />
            <Whom word={t(ALERTS.left)} ids={each.left} />
          </li>
        ))}
      </ol>
    </Section>
  );
}

function Whom({ word, ids }: { word: string; ids: readonly string[] }) {
  if (!ids.length) return null;
  return (
    <p class="soft">
      {word}: {ids.slice(0, BRIEF).map(nameOf).join("、")}
      {ids.length > BRIEF && ` … ${number(ids.length)}`}
    </p>
  );
}

/** Run the monitor as of the day that is shown, as a job. */
function Run() {
  const work = async () => {
    const job = await post<Job>(`${BASE}/runs`, { as_of: day.value }, { once: crypto.randomUUID() });
    const said = await ended<{ run: number; alerts: readonly string[] }>(job);
    turn.value++;
    return t(ALERTS.ran, { n: said.run, alerts: number(said.alerts.length) });
  };
  return (
    <RunForm words={ALERTS} work={work}>
      <p class="soft">{t(ALERTS.runOn, { day: day.value })}</p>
    </RunForm>
  );
}

export const panel: Panel = { id: "alerts", title: ALERTS.title, icon: "M6 17V11a6 6 0 0 1 12 0v6l2 2H4l2-2zM10 21h4", order: 29, component: Alerts, scope: "trace", wide: true };
