/** Whom to look at first: by score with its reasons, or by what the listings of others say. An order
 * of work, and said to be no more. */
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { may, type Envelope } from "../api";
import { open as openSubject } from "../actions";
import { half, t } from "../i18n";
import { kindOf, nameOf } from "../names";
import { reached, Reasons, scores, Use, Ways, type Reached, type Scored } from "../parts/risk";
import { KindMark, Score, Section, Tabs, Tag, useAsked, Waiting, type Asked } from "../parts/ui";
import { Item } from "../parts/work";
import { partsOf } from "../casework";
import { asOf, knownAt } from "../state";
import { day } from "../view";
import { bandWord, kindWord } from "../words";
import { CARD } from "../words/card";
import { WORDS } from "../words/common";
import { RISK } from "../words/risk";
import type { Panel } from ".";
import "./casework.css";
import "./risk.css";

type Way = "score" | "spread";
const WAYS: readonly Way[] = ["score", "spread"];

const PAGE = 50;
const KINDS = ["account", "company", "person", "phone"] as const;
const SCORED = new Set<string>(KINDS);
const way = signal<Way>("score");
const kind = signal<string>("company");
const openOne = signal<string | null>(null);
/** The question that was asked last, and how many are wanted of it: it is not asked unbidden. */
const wanted = signal<{ readonly name: string; readonly top: number } | null>(null);
/** Whether cards ask for a subject's score, too: as the reader left it. */
const onCards = signal(false);

function Risk() {
  const name = `${way.value}|${kind.value}|${asOf.value}|${knownAt.value}`;
  const top = wanted.value?.name === name ? wanted.value.top : 0;
  const asked = useAsked<Envelope<Scored> | Envelope<Reached>>(top ? `${name}|${top}` : null, (stop) => (way.value === "score" ? scores : reached)({ kind: kind.value, top }, stop));
  const found = top ? asked.data : null;
  const rows = found?.results ?? [];
  return (
    <div class="panel-body work">
      <Tabs title={RISK.title} names={WAYS} now={way.value} words={RISK} onPick={(each) => (way.value = each)} />
      <form
        class="filters"
        onSubmit={(event) => {
          event.preventDefault();
          wanted.value = { name, top: PAGE };
        }}
      >
        <select aria-label={t(RISK.kind)} value={kind.value} onChange={(event) => (kind.value = event.currentTarget.value)}>
          {KINDS.map((each) => (
            <option key={each} value={each}>
              {kindWord(each)}
            </option>
          ))}
        </select>
        <button type="submit" class="main" disabled={asked.loading}>
          {t(asked.loading ? RISK.asking : RISK.ask)}
        </button>
      </form>
      {!found && <p class="soft">{t(RISK.long, { day: day.value })}</p>}
      {found?.notes?.[0] && <Use text={found.notes[0]} />}
      {found?.truncated && <p class="wrong">{t(WORDS.truncated, { why: half(found.truncated.reason) })}</p>}
      {found && !rows.length && <p class="soft">{t(way.value === "score" ? RISK.none : RISK.noSpread)}</p>}
      <ul class="findings" data-of={found ? way.value : undefined}>
        {rows.map((row) => ("reasons" in row ? <ByScore key={row.id} row={row} /> : <BySpread key={row.subject} row={row} />))}
      </ul>
      <Waiting asked={asked} />
      {rows.length > 0 && rows.length === top && (
        <button type="button" class="small" onClick={() => (wanted.value = { name, top: top + PAGE })}>
          {t(WORDS.more)}
        </button>
      )}
    </div>
  );
}

function ByScore({ row }: { row: Scored }) {
  return (
    <Ranked id={row.id} value={row.score} tag={bandWord(row.band)} alarm={row.band === "high"} what={RISK.scoreWhat} said={partsOf(half(row.why)).said}>
      <Reasons row={row} />
    </Ranked>
  );
}

function BySpread({ row }: { row: Reached }) {
  const seeds = row.seeds.slice(0, 3).map((each) => nameOf(each.seed));
  return (
    <Ranked id={row.subject} value={row.value} what={RISK.valueWhat} said={`← ${seeds.join("、")}`}>
      <Ways row={row} />
    </Ranked>
  );
}

interface RankedProps {
  readonly id: string;
  readonly value: number;
  readonly tag?: string;
  readonly alarm?: boolean;
  readonly what: (typeof RISK)["scoreWhat"] | (typeof RISK)["valueWhat"];
  readonly said: string;
  readonly children: ComponentChildren;
}

function Ranked({ id, value, tag, alarm, what, said, children }: RankedProps) {
  const now = openOne.value === id;
  const of = kindOf(id) ?? kind.value;
  const head = (
    <>
      <span class="line">
        <KindMark kind={of} size={12} />
        <strong>{nameOf(id)}</strong>
        {tag && <Tag tone={alarm ? "alarm" : "soft"}>{tag}</Tag>}
        <Score value={value} what={what} digits={3} />
      </span>
      <span class="names">{said}</span>
    </>
  );
  return (
    <Item id={id} now={now} onToggle={() => (openOne.value = now ? null : id)} head={head}>
      <div class="finding-body">
        <button type="button" class="small" onClick={() => void openSubject(id)}>
          {t(CARD.open)}
        </button>
        {children}
      </div>
    </Item>
  );
}

/** On a subject's card: its score with the reasons, and what reaches it. Asked once the section is
 * open, and on other cards as long as the reader leaves it so. */
function RiskOf({ id, kind: of }: { id: string; kind: string }) {
  if (!may("trace") || !of) return null;
  return (
    <Section title={t(RISK.ofCard)} open={onCards.value} onToggle={(now) => (onCards.value = now)}>
      {onCards.value && (
        <div class="risk-of">
          {SCORED.has(of) && <OwnScore id={id} />}
          <OwnReach id={id} />
        </div>
      )}
    </Section>
  );
}

function useOf<T>(id: string, question: (given: Readonly<Record<string, unknown>>, stop: AbortSignal) => Promise<Envelope<T>>): Asked<Envelope<T>> {
  return useAsked(`${id}|${asOf.value}|${knownAt.value}`, (stop) => question({ subject: id }, stop));
}

function OwnScore({ id }: { id: string }) {
  const asked = useOf(id, scores);
  const row = asked.data?.results[0];
  if (!asked.data) return <Waiting asked={asked} />;
  return (
    <>
      {row && row.score > 0 ? (
        <>
          <p class="line">
            <Tag tone={row.band === "high" ? "alarm" : "soft"}>{bandWord(row.band)}</Tag>
            <Score value={row.score} what={RISK.scoreWhat} digits={3} />
          </p>
          <Reasons row={row} />
        </>
      ) : (
        <p class="soft">{t(RISK.notScored)}</p>
      )}
    </>
  );
}

function OwnReach({ id }: { id: string }) {
  const asked = useOf(id, reached);
  const row = asked.data?.results[0];
  if (!asked.data) return <Waiting asked={asked} />;
  return (
    <>
      <p class="line">
        <span>{t(row ? RISK.reached : RISK.notReached)}</span>
        {row && <Score value={row.value} what={RISK.valueWhat} digits={3} />}
      </p>
      {row && <Ways row={row} />}
      {asked.data.notes?.[0] && <Use text={asked.data.notes[0]} />}
    </>
  );
}

export const panel: Panel = { id: "risk", title: RISK.title, icon: "M4 6h16M4 12h11M4 18h6", order: 32, component: Risk, scope: "trace", wide: true, card: RiskOf };
