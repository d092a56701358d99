/** The work list: what was found, why, what else could explain it; to be accepted or dismissed. */
import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { get, may, post } from "../api";
import { open as openSubject, showFacts } from "../actions";
import { layoutOf, partsOf } from "../casework";
import { half, lang, number, t } from "../i18n";
import { More, usePages, type Page } from "../parts/pages";
import { Use } from "../parts/risk";
import { KindMark, Pairs, Score, Section, Tabs, Tag, useAsked, Waiting, Weight } from "../parts/ui";
import { First, Item, Judge, Order, RiskTag, RunForm, type Priority, type Verdict } from "../parts/work";
import { money, short, when } from "../say";
import { panel as opened, scene, selection, tell } from "../state";
import { day } from "../view";
import { kindWord } from "../words";
import { STATES, WORK } from "../words/casework";
import type { Panel } from ".";
import "./casework.css";
import "./risk.css";

interface News {
  readonly kind: string;
  readonly why: string;
  readonly items: readonly string[];
}

interface Row {
  readonly members: readonly string[];
  readonly members_total?: number;
  readonly facts: readonly string[];
  readonly facts_total?: number;
  readonly amount?: string | null;
  readonly currency?: string | null;
  readonly begins?: string | null;
  readonly ends?: string | null;
  readonly why?: string;
  readonly signs?: Readonly<Record<string, number>>;
  readonly p?: number;
  readonly q?: number;
}

interface Finding {
  readonly id: string;
  readonly pattern: string;
  readonly pattern_zh: string;
  readonly state: Verdict;
  readonly score: number;
  readonly row: Row;
  readonly subjects: readonly { readonly id: string; readonly kind: string | null; readonly label: string; readonly listed: readonly string[] }[];
  readonly news: readonly News[];
  readonly judged: { readonly who: string; readonly what: string; readonly note: string | null; readonly at: string } | null;
  readonly version: number;
  readonly found: string;
  readonly withheld: string | null;
  readonly as_of: string | null;
  readonly priority?: Priority;
}

interface Whole extends Finding {
  readonly steps: readonly { readonly at: string; readonly who: string; readonly what: string; readonly note: string | null; readonly news: readonly News[] }[];
}

interface List extends Page<Finding> {
  readonly counts: Readonly<Record<Verdict, number>>;
  readonly notes?: readonly string[];
}

const ALL: readonly Verdict[] = ["open", "accepted", "dismissed"];
const PAGE = 50;
/** A weight (nats) whose bar is full. */
const HEAVY = 6;
const state = signal<Verdict>("open");
const pattern = signal("");
const ofChosen = signal(false);
const order = signal<"score" | "risk">("score");
const openOne = signal<string | null>(null);
/** Counts what was changed here, so that the list is asked again. */
const turn = signal(0);

export function patternWord(each: { readonly pattern: string; readonly pattern_zh: string }): string {
  return lang.value === "zh" ? each.pattern_zh : each.pattern.replaceAll("_", " ");
}

function Findings() {
  const chosen = ofChosen.value ? ([...selection.value].find((id) => scene.value.nodes.has(id)) ?? null) : null;
  const list = usePages<Finding, List>("/v1/findings", { state: state.value, pattern: pattern.value || null, subject: chosen, order: order.value, limit: PAGE }, turn.value);
  const counts = list.first?.counts;
  const total = counts ? counts.open + counts.accepted + counts.dismissed : null;
  return (
    <div class="panel-body work">
      <Tabs title={WORK.title} names={ALL} now={state.value} words={WORK} counts={counts} onPick={(each) => (state.value = each)} />
      <Filters />
      <Run />
      {list.first?.notes?.map((each) => <Use key={each} text={each} />)}
      {list.came && !list.rows.length && <p class="soft">{t(total ? WORK.none : WORK.noneYet)}</p>}
      <ul class="findings" data-of={list.came ? state.value : undefined}>
        {list.rows.map((each) => (
          <One key={each.id} finding={each} />
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
      <select aria-label={t(WORK.pattern)} value={pattern.value} onChange={(event) => (pattern.value = event.currentTarget.value)}>
        <option value="">{t(WORK.allPatterns)}</option>
        {PATTERNS.map(([name, zh]) => (
          <option key={name} value={name}>
            {patternWord({ pattern: name, pattern_zh: zh })}
          </option>
        ))}
      </select>
      <Order now={order.value} plain="score" word={WORK.byScore} onPick={(name) => (order.value = name)} />
      <label class="check">
        <input type="checkbox" checked={ofChosen.value} onChange={(event) => (ofChosen.value = event.currentTarget.checked)} /> {t(WORK.onlyChosen)}
      </label>
    </div>
  );
}

/** A member's name; of one that has none, its kind and the beginning of its id. */
function nameOf(each: Finding["subjects"][number]): string {
  if (each.label !== each.id) return each.label;
  const tail = short(each.id).replace(/^.*:/, "");
  return each.kind ? `${kindWord(each.kind)} ${tail}` : tail;
}

/** What one of its members is called, by id. */
function called(finding: Finding, id: string): string {
  const of = finding.subjects.find((each) => each.id === id);
  return of ? nameOf(of) : short(id);
}

/** An interval of days, the year said once where it is one. */
function days(begins: string | null | undefined, ends: string | null | undefined): string {
  const [a, b] = [begins?.slice(0, 10), ends?.slice(0, 10)];
  if (!a || !b || a === b) return a ?? b ?? "";
  return a.slice(0, 4) === b.slice(0, 4) ? `${a} – ${b.slice(5)}` : `${a} – ${b}`;
}

function One({ finding }: { finding: Finding }) {
  const now = openOne.value === finding.id;
  const { row } = finding;
  const labels = finding.subjects.map(nameOf);
  const head = (
    <>
      <span class="line">
        <strong>{patternWord(finding)}</strong>
        {finding.news.length > 0 && <Tag tone="alarm">{t(WORK.again)}</Tag>}
        <RiskTag of={finding.priority} />
        <Score value={finding.score} what={WORK.scoreWhat} />
      </span>
      <span class="names">{labels.slice(0, 4).join("、")}{labels.length > 4 && ` … ${number(row.members_total ?? labels.length)}`}</span>
      <span class="line soft">
        <span class="num">{row.amount && `${money(row.amount)} ${row.currency ?? ""}`}</span>
        <span class="num">{days(row.begins, row.ends)}</span>
      </span>
    </>
  );
  return (
    <Item id={finding.id} now={now} onToggle={() => (openOne.value = now ? null : finding.id)} head={head}>
      <Body finding={finding} />
    </Item>
  );
}

function Body({ finding }: { finding: Finding }) {
  const asked = useAsked(`${finding.id}|${finding.version}|${turn.value}`, (stop) => get<Whole>(`/v1/findings/${finding.id}`, {}, stop));
  const { row } = finding;
  const said = partsOf(half(row.why ?? ""));
  const signs = Object.entries(row.signs ?? {});
  const done = (next: Verdict) => {
    openOne.value = null;
    turn.value++;
    tell(t(WORK.judged, { what: t(WORK[next]), pattern: patternWord(finding) }));
  };
  const show = () => void showFacts(row.facts, t(WORK.shown, { pattern: patternWord(finding), n: row.facts.length }), layoutOf(finding.pattern));
  return (
    <div class="finding-body">
      {finding.news.length > 0 && (
        <div class="news">
          <h4>{t(WORK.isNew)}</h4>
          <ul>
            {finding.news.map((each) => (
              <li key={each.kind}>{half(each.why)}</li>
            ))}
          </ul>
        </div>
      )}
      {finding.withheld ? <p class="soft">{half(finding.withheld)}</p> : <p>{said.said}</p>}
      {finding.priority && <First priority={finding.priority} nameOf={(id) => called(finding, id)} />}
      {!finding.withheld && row.signs !== undefined && (
        <div class="weighed">
          <div>
            <h4>{t(WORK.speaksFor)}</h4>
            <Weights of={signs.filter(([, weight]) => weight > 0)} words={said.more} />
          </div>
          <div>
            <h4>{t(WORK.innocent)}</h4>
            <Weights of={signs.filter(([, weight]) => weight < 0)} words={said.innocent} />
          </div>
        </div>
      )}
      <Pairs
        rows={[
          ...(row.p !== undefined ? [[t(WORK.chance), row.p.toPrecision(2)] as const] : []),
          ...(row.q !== undefined ? [[t(WORK.fdr), row.q.toPrecision(2)] as const] : []),
        ]}
      />
      <ul class="members">
        {finding.subjects.slice(0, 12).map((each) => (
          <li key={each.id}>
            <button type="button" class="link" onClick={() => void openSubject(each.id)}>
              {each.kind && <KindMark kind={each.kind} size={12} />} {nameOf(each)}
            </button>
            {each.listed.length > 0 && <Tag tone="alarm">{t(WORK.newlyListed)}</Tag>}
          </li>
        ))}
      </ul>
      {row.facts_total !== undefined && <p class="soft">{t(WORK.evidenceCut, { n: number(row.facts_total) })}</p>}
      <button type="button" class="main wide" onClick={show}>
        {t(WORK.show)}
      </button>
      <Judge state={finding.state} path={`/v1/findings/${finding.id}/verdict`} more={{ version: finding.version }} longest={2000} done={done} stale={() => turn.value++} />
      <Waiting asked={asked} />
      {asked.data && <Steps steps={asked.data.steps} />}
    </div>
  );
}

/** Signs with their weights (nats); detectors name them in words, in the same order. */
function Weights({ of, words }: { of: readonly (readonly [string, number])[]; words: string | null }) {
  const said = words?.split(", ") ?? [];
  if (!of.length) return <p class="soft">{words ?? t(WORK.noSigns)}</p>;
  return (
    <>
      {said.length !== of.length && <p>{words}</p>}
      <ul class="weights">
        {of.map(([name, weight], k) => (
          <li key={name}>
            <span>{said.length === of.length ? said[k] : name.replaceAll("_", " ")}</span>
            <Weight value={weight} heavy={HEAVY} />
          </li>
        ))}
      </ul>
    </>
  );
}

function Steps({ steps }: { steps: Whole["steps"] }) {
  return (
    <Section title={t(WORK.history)} count={steps.length} open={steps.length > 1}>
      <ol class="steps">
        {[...steps].reverse().map((each, k) => (
          <li key={k}>
            <time>{when(each.at)}</time> {t(each.what === "open" ? WORK.reopened : STATES[each.what as keyof typeof STATES])} · {each.who}
            {each.note && <p>{each.note}</p>}
            {each.news.length > 0 && <p class="soft">{each.news.map((news) => half(news.why)).join("; ")}</p>}
          </li>
        ))}
      </ol>
    </Section>
  );
}

interface Receipt {
  readonly new: number;
  readonly again: number;
  readonly known: number;
  readonly left: number;
}

interface Known {
  readonly name: string;
  readonly title: string;
  readonly row: { readonly properties?: Readonly<Record<string, unknown>> };
  readonly params: { readonly required?: readonly string[] };
}

/** Run a detector on the day that is shown, and put what it finds into the list. */
function Run() {
  const [chosen, setChosen] = useState("transfer_cycles");
  const asked = useAsked("algorithms", (stop) => get<readonly Known[]>("/v1/algorithms", {}, stop));
  const able = (asked.data ?? []).filter((each) => ["pattern", "members", "facts", "score", "why"].every((name) => each.row.properties?.[name]) && !each.params.required?.length);
  const work = async () => {
    const told = await post<Receipt>("/v1/findings", { algorithm: chosen, params: { as_of: day.value } }, { once: crypto.randomUUID() });
    turn.value++;
    const cut = told.left ? `; ${t(WORK.ranCut, { left: number(told.left) })}` : "";
    return t(WORK.ran, { new: number(told.new), again: number(told.again), known: number(told.known) }) + cut;
  };
  return (
    <RunForm words={WORK} work={work} above={<Waiting asked={asked} />}>
      <label>
        {t(WORK.detector)}
        <select value={chosen} onChange={(event) => setChosen(event.currentTarget.value)}>
          {able.map((each) => (
            <option key={each.name} value={each.name}>
              {half(each.title)}
            </option>
          ))}
        </select>
      </label>
      <p class="soft">{t(WORK.runOn, { day: day.value })}</p>
    </RunForm>
  );
}

/** On a subject's card: the findings that it is a member of. */
function FindingsOf({ id }: { id: string }) {
  const asked = useAsked(may("trace") ? `${id}|${turn.value}` : null, (stop) => get<List>("/v1/findings", { subject: id, limit: 10 }, stop));
  const rows = asked.data?.results ?? [];
  if (!rows.length) return null;
  const show = (finding: Finding) => {
    state.value = finding.state;
    pattern.value = "";
    ofChosen.value = true;
    openOne.value = finding.id;
    opened.value = "findings";
  };
  return (
    <Section title={t(WORK.title)} count={`${rows.length}${asked.data?.next ? "+" : ""}`}>
      <ul class="plain-list">
        {rows.map((each) => (
          <li key={each.id} class="of">
            <button type="button" class="link" onClick={() => show(each)}>
              {patternWord(each)}
            </button>
            <Tag tone={each.news.length ? "alarm" : "soft"}>{t(each.news.length ? WORK.again : WORK[each.state])}</Tag>
            <Score value={each.score} what={WORK.scoreWhat} />
          </li>
        ))}
      </ul>
    </Section>
  );
}

const PATTERNS: readonly (readonly [string, string])[] = [
  ["transfer_cycle", "资金闭环"], ["fan_in", "多户归集"], ["fan_out", "一户分散"], ["scatter_gather", "分散后归集"], ["gather_scatter", "归集后分散"],
  ["pass_through", "快进快出"], ["layered_flow", "分层转移"], ["fund_pool", "资金池"], ["rented_account", "出租出借账户"], ["shared_identifiers", "共用标识"],
  ["dense_block", "稠密团块"], ["claim_gang", "骗保团伙"], ["bid_rigging", "围标串标"], ["exam_gang", "考试作弊团伙"], ["call_den", "电话窝点"],
  ["invoice_cycle", "环开发票"], ["invoice_pass_through", "过票"], ["invoice_burst", "暴力虚开"], ["goods_mismatch", "进销不符"], ["affiliated_trade", "隐性关联交易"],
  ["rebate_chain", "骗税链条"], ["payment_return", "资金回流"], ["cluster", "风险群组"], ["case", "案件"],
];

export const panel: Panel = { id: "findings", title: WORK.title, icon: "M12 3 2 20h20L12 3zM12 10v4M12 17h.01", order: 30, component: Findings, scope: "trace", card: FindingsOf };
