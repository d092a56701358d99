/** Who is who: pairs of records that may be one subject, to be judged by a person; what a model
 * joined, and what may not be joined. */
import { signal } from "@preact/signals";
import { ended, get, may, post, seesAll, type Job, type Query } from "../api";
import { half, number, t } from "../i18n";
import { at, judge, last, mayJudge, nameOf, opened, show, takeBack, turn, type Pair, type State } from "../identity";
import { More, usePages, type Page, type Pages } from "../parts/pages";
import { OpenPair } from "../parts/pair";
import { KindMark, Score, Section, Tabs, Tag, useAsked, Waiting } from "../parts/ui";
import { focusItem, Item, onKey, RunForm, step } from "../parts/work";
import { short } from "../say";
import { scene, selection } from "../state";
import { kindWord } from "../words";
import { WORK } from "../words/casework";
import { WHO } from "../words/identity";
import type { Panel } from ".";
import "./casework.css";
import "./identity.css";

type Tab = State | "machine" | "conflicts";

interface List extends Page<Pair> {
  readonly counts?: Readonly<Record<State, number>>;
  readonly left_aside?: readonly Pair[];
}

const TABS: readonly Tab[] = ["open", "accepted", "rejected", "machine", "conflicts"];
const PAGE = 50;
const PATHS: Readonly<Partial<Record<Tab, string>>> = { machine: "judgements", conflicts: "conflicts" };
const tab = signal<Tab>("open");
const kind = signal("");
const ofChosen = signal(false);

function asking(): { path: string; query: Query & { readonly limit: number } } {
  const path = `/v1/identity/${PATHS[tab.value] ?? "reviews"}`;
  if (tab.value === "conflicts") return { path, query: { limit: PAGE } };
  if (tab.value === "machine") return { path, query: { by: "machine", limit: PAGE } };
  const chosen = ofChosen.value ? ([...selection.value].find((id) => scene.value.nodes.has(id)) ?? null) : null;
  return { path, query: { state: tab.value, kind: kind.value || null, subject: chosen, limit: PAGE } };
}

function Identities() {
  const { path, query } = asking();
  const list = usePages<Pair, List>(path, query, turn.value);
  const aside = (list.first?.left_aside ?? []).map((each) => ({ ...each, aside: true }));
  const rows = [...aside, ...list.rows];
  return (
    <div class="panel-body work" onKeyDown={(event) => onKey(event, keys(rows, list))}>
      <Tabs
        title={WHO.title}
        names={TABS}
        now={tab.value}
        words={WHO}
        counts={list.first?.counts}
        onPick={(each) => {
          tab.value = each;
          show(null);
        }}
      />
      {!PATHS[tab.value] && <Filters />}
      {last.value && (
        <p class="undo-bar">
          <span>{t(WHO.lastOne, { name: last.value.name })}</span>
          <button type="button" class="small" onClick={takeBack}>
            {t(WHO.undo)}
          </button>
        </p>
      )}
      {may("ingest") && <Run />}
      {rows.length > 0 && <p class="pair-keys">{t(mayJudge() ? WHO.keys : WHO.keysLook, { y: "Y", n: "N", u: "U", j: "J", k: "K" })}</p>}
      {list.came && !rows.length && <p class="soft">{t(tab.value === "open" ? WHO.noneYet : WHO.none)}</p>}
      <ul class="findings pairs-of" data-of={list.came ? tab.value : undefined}>
        {rows.map((each) => (
          <One key={each.id} pair={each} next={() => goOn(rows, each.id)} />
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
      <select aria-label={t(WHO.kind)} value={kind.value} onChange={(event) => (kind.value = event.currentTarget.value)}>
        <option value="">{t(WHO.allKinds)}</option>
        {["person", "company"].map((each) => (
          <option key={each} value={each}>
            {kindWord(each)}
          </option>
        ))}
      </select>
      <label class="check">
        <input type="checkbox" checked={ofChosen.value} onChange={(event) => (ofChosen.value = event.currentTarget.checked)} /> {t(WORK.onlyChosen)}
      </label>
    </div>
  );
}

/** Keys of this panel: those of any list of work, and judgements. */
function keys(rows: readonly Pair[], list: Pages<Pair, List>): Readonly<Record<string, () => void>> {
  const now = rows.findIndex((each) => each.id === at.value);
  const next = () => goOn(rows, at.value);
  const walk = (place: number) => step(rows, place, list, (row) => (row.id !== at.value || !opened.value) && show(row.id));
  return {
    j: () => walk(opened.value ? now + 1 : Math.max(0, now)),
    k: () => walk(Math.max(0, now - 1)),
    y: () => judge("accept", next),
    n: () => judge("reject", next),
    u: () => (opened.value ? judge("undo", next) : takeBack()),
  };
}

/** Once a pair is judged the one after it has the focus, to be opened: nothing is judged unseen. */
function goOn(rows: readonly Pair[], id: string | null): void {
  const now = rows.findIndex((each) => each.id === id);
  const next = rows[now + 1] ?? rows[now - 1];
  show(next?.id ?? null, false);
  if (next) focusItem(next.id);
}

function One({ pair, next }: { pair: Pair; next: () => void }) {
  const now = at.value === pair.id && opened.value;
  const score = pair.score ?? pair.judgement?.score;
  const head = (
    <>
      <span class="line">
        {pair.kind && <KindMark kind={pair.kind} size={12} />}
        <strong>{nameOf(pair)}</strong>
        {!!score && <Score value={score} what={WHO.scoreWhat} digits={3} grades={false} />}
      </span>
      <span class="names">
        {short(pair.a.record)} · {short(pair.b.record)}
      </span>
      <span class="line">
        {pair.name_only && <Tag tone="soft">{t(WHO.nameOnly)}</Tag>}
        {pair.kin && <Tag tone="soft">{t(pair.kind === "company" ? WHO.sisters : WHO.kin)}</Tag>}
        {pair.common && !pair.name_only && <Tag tone="soft">{t(WHO.common, { n: number(pair.others ?? 0) })}</Tag>}
        {pair.held && <Tag tone="alarm">{t(WHO.held)}</Tag>}
        {pair.barred && <Tag tone="alarm">{t(WHO.barred)}</Tag>}
        {pair.words && <Tag tone="alarm">{half(pair.words)}</Tag>}
        {pair.aside && <Tag tone="alarm">{t(WHO.aside)}</Tag>}
      </span>
    </>
  );
  return (
    <Item id={pair.id} now={now} onToggle={() => show(now ? null : pair.id)} head={head}>
      <OpenPair pair={pair} next={next} />
    </Item>
  );
}

/** Run the resolver as a job, and wait for what it says. */
function Run() {
  const work = async () => {
    const job = await post<Job>("/v1/identity/runs", {}, { once: crypto.randomUUID() });
    const said = await ended<{ joined: number; waiting: number; conflicts: number }>(job);
    turn.value++;
    return t(WHO.ran, { joined: number(said.joined), waiting: number(said.waiting), conflicts: number(said.conflicts) });
  };
  return (
    <RunForm words={WHO} work={work}>
      <p class="soft">{t(WHO.runWhat)}</p>
    </RunForm>
  );
}

interface How {
  readonly records_total: number;
  readonly confirmed: boolean;
  readonly links: readonly { readonly a: string; readonly b: string; readonly what: string; readonly by: string | null; readonly confirmed: boolean }[];
}

/** On a subject's card: what joins its records, and whether anybody answers for it. */
function JoinedFrom({ id, kind: of }: { id: string; kind: string }) {
  const ours = (of === "person" || of === "company") && may("trace") && seesAll();
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

export const panel: Panel = { id: "identity", title: WHO.title, icon: "M8 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM16 20a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM11 10l2 4", order: 35, component: Identities, scope: "trace", whole: true, wide: true, card: JoinedFrom };
