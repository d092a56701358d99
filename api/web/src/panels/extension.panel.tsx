/** The extension of a measure: who is reached and why, what was lacking, and whether proofs hold. */
import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { ask, get, may, post, send, type Envelope } from "../api";
import { attempt, open as openSubject, showFacts } from "../actions";
import { half, lang, number, t } from "../i18n";
import { KindMark, Pairs, Section, Tag, useAsked, Waiting, type Asked } from "../parts/ui";
import { kindOf, learnNames, nameOf } from "../names";
import { percent } from "../say";
import { asOf, complain, knownAt, panel as opened, scene, selection, tell } from "../state";
import { give } from "../parts/give";
import { today } from "../time";
import { day } from "../view";
import { EXTEND, LIMBS } from "../words/extension";
import type { Panel } from ".";
import "./casework.css";

interface Legal {
  readonly document: string;
  readonly number: string | null;
  readonly article: string | null;
  readonly status: string;
}

interface Outcome {
  readonly party: string;
  readonly outcome: "extend" | "review" | "exclude";
  readonly reason: string;
  readonly roles: readonly string[];
  readonly control: readonly string[];
  readonly tier: number | null;
  readonly share: number | null;
  readonly share_min?: number;
  readonly share_max?: number;
  readonly rule: string | null;
  readonly basis: Legal | null;
  readonly until: string | null;
  readonly facts: readonly string[];
  readonly facts_total?: number;
  readonly why: string;
  readonly lacking: string | null;
  readonly proof?: Readonly<Record<string, unknown>>;
}

interface Answer extends Envelope<Outcome> {
  readonly rulebook?: string;
}

interface Checked {
  readonly party: string | null;
  readonly holds: boolean;
  readonly problems: readonly string[];
}

interface Measure {
  readonly id: string;
  readonly zh: string;
  readonly en: string;
}

interface Decision {
  readonly id: string;
  readonly party: string;
  readonly measure: string;
  readonly status: string;
  readonly until: string | null;
}

const subject = signal("");
const measure = signal("consumption_restriction");
const act = signal("");
const answer = signal<Answer | null>(null);
const checked = signal<ReadonlyMap<string, Checked> | null>(null);
const busy = signal(false);

function limb(name: string): string {
  const found = LIMBS[name as keyof typeof LIMBS];
  return found ? t(found) : name.replaceAll("_", " ");
}

async function look(): Promise<void> {
  busy.value = true;
  answer.value = null;
  checked.value = null;
  await attempt(async () => {
    const given = { subject: subject.value.trim(), measure: measure.value, act: act.value, as_of: asOf.value, known_at: knownAt.value };
    const found = (await ask<Outcome>("extend", given)) as Answer;
    const ids = [...new Set(found.results.flatMap((row) => row.facts))].slice(0, 1000);
    await learnNames(ids);
    answer.value = found;
    if (found.truncated) complain(half(found.truncated.reason));
  });
  busy.value = false;
}

async function verify(found: Answer): Promise<void> {
  busy.value = true;
  await attempt(async () => {
    const rows = found.results.filter((row) => row.proof).slice(0, 200);
    const told = await post<{ proofs: Checked[] }>("/v1/proofs/verify", { proofs: rows.map((row) => row.proof) });
    checked.value = new Map(rows.map((row, k) => [row.party, told.proofs[k]!]));
    const refused = told.proofs.filter((each) => !each.holds).length;
    if (refused) complain(t(EXTEND.checkedSome, { n: refused, of: rows.length }));
    else tell(t(EXTEND.checkedAll, { n: rows.length }));
  });
  busy.value = false;
}

function chosenSubject(): string | null {
  return [...selection.value].find((id) => scene.value.nodes.has(id)) ?? null;
}

function Extension() {
  const book = useAsked("rulebook", (stop) => get<{ measures: Measure[] }>("/v1/rulebook", {}, stop));
  useEffect(() => {
    if (!subject.value) subject.value = chosenSubject() ?? "";
    if (!act.value) act.value = day.value;
  }, []);
  const chosen = chosenSubject();
  return (
    <div class="panel-body extension">
      <p class="soft">{t(EXTEND.how)}</p>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          void look();
        }}
      >
        <label>
          {t(EXTEND.subject)}
          <input required maxLength={300} value={subject.value} spellcheck={false} autocomplete="off" onInput={(event) => (subject.value = event.currentTarget.value)} />
        </label>
        {chosen && chosen !== subject.value && (
          <button type="button" class="link" onClick={() => (subject.value = chosen)}>
            {t(EXTEND.takeChosen)}: {nameOf(chosen)}
          </button>
        )}
        <label>
          {t(EXTEND.measure)}
          <select value={measure.value} onChange={(event) => (measure.value = event.currentTarget.value)}>
            {(book.data?.measures ?? [{ id: measure.value, zh: measure.value, en: measure.value }]).map((each) => (
              <option key={each.id} value={each.id}>
                {lang.value === "zh" ? each.zh : each.en}
              </option>
            ))}
          </select>
        </label>
        <label>
          {t(EXTEND.act)}
          <input type="date" required value={act.value} onInput={(event) => (act.value = event.currentTarget.value)} />
        </label>
        <button type="submit" class="main" disabled={busy.value}>
          {t(busy.value ? EXTEND.asking : EXTEND.ask)}
        </button>
      </form>
      <Waiting asked={book as Asked<unknown>} />
      {answer.value && <Answered found={answer.value} />}
    </div>
  );
}

const OUTCOMES = ["extend", "review", "exclude"] as const;

function Answered({ found }: { found: Answer }) {
  const proofs = found.results.filter((row) => row.proof).length;
  return (
    <div class="answered">
      <p class="soft">
        {t(EXTEND.asOf, { day: found.as_of })}
        {found.rulebook && ` · ${t(EXTEND.rulebook, { version: found.rulebook.split("+")[0] ?? "" })}`} · {t(EXTEND.candidates)}
      </p>
      {found.notes?.map((note) => (
        <p key={note} class="soft">
          {half(note)}
        </p>
      ))}
      {proofs > 0 && (
        <button type="button" class="plain wide" disabled={busy.value} onClick={() => void verify(found)}>
          {t(busy.value ? EXTEND.checking : EXTEND.check)}
        </button>
      )}
      {OUTCOMES.map((each) => {
        const rows = found.results.filter((row) => row.outcome === each);
        return (
          <Section key={each} title={t(EXTEND[each])} count={number(rows.length)} open={each !== "exclude" || rows.length < 6}>
            {each === "extend" && !rows.length && <p class="soft">{t(EXTEND.noneReached)}</p>}
            <ul class="parties">
              {rows.slice(0, 200).map((row) => (
                <Party key={row.party} row={row} />
              ))}
            </ul>
          </Section>
        );
      })}
      {may("related") && <Decisions id={String(found.params["subject"])} />}
    </div>
  );
}

function Party({ row }: { row: Outcome }) {
  const proof = checked.value?.get(row.party);
  const kind = kindOf(row.party);
  const shares = row.share !== null ? percent(row.share) : null;
  const votes = row.share_min === undefined ? null : row.share_min === row.share_max ? percent(row.share_min) : `${percent(row.share_min)} – ${percent(row.share_max ?? row.share_min)}`;
  const until = row.until ?? (row.outcome === "extend" ? t(EXTEND.untilMeasure) : null);
  return (
    <li class={`party ${row.outcome}`}>
      <p class="line">
        <button type="button" class="link" onClick={() => void openSubject(row.party)}>
          {kind && <KindMark kind={kind} size={13} />} <strong>{nameOf(row.party)}</strong>
        </button>
        {proof && <Tag tone={proof.holds ? "good" : "alarm"}>{proof.holds ? `✓ ${t(EXTEND.holds)}` : `✗ ${t(EXTEND.refused, { why: proof.problems[0] ?? "" })}`}</Tag>}
      </p>
      <p>{half(row.why)}</p>
      <Pairs
        rows={[
          ...(row.roles.length ? [[t(EXTEND.roles), row.roles.map(limb).join("、")] as const] : []),
          ...(row.control.length ? [[t(EXTEND.control), row.control.map(limb).join("、")] as const] : []),
          ...(shares ? [[t(EXTEND.share), shares] as const] : []),
          ...(votes ? [[t(EXTEND.votes), votes] as const] : []),
          ...(row.basis ? [[t(EXTEND.basis), <Basis of={row.basis} />] as const] : []),
          ...(until ? [[t(EXTEND.until), until] as const] : []),
          ...(row.lacking ? [[t(EXTEND.lacking), half(row.lacking)] as const] : []),
        ]}
      />
      {row.facts.length > 0 && (
        <button type="button" class="small" onClick={() => void showFacts(row.facts, t(EXTEND.shownFacts, { name: nameOf(row.party) }), "tree")}>
          {t(EXTEND.show)} ({row.facts_total ?? row.facts.length})
        </button>
      )}
      {row.outcome === "extend" && <Notice row={row} />}
    </li>
  );
}

const LINES = ["decision", "authority", "contact", "proposed_by"] as const;

/** The prior notice to a party, as PDF. */
function Notice({ row }: { row: Outcome }) {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement);
    const said = Object.fromEntries(LINES.map((name) => [name, String(given.get(name) ?? "").trim()]));
    const body = { answer: { ...answer.value, results: [row] }, party: row.party, kind: "prior", lang: "both", particulars: { ...said, on: today() } };
    void attempt(async () => {
      const made = await send("/v1/notices", { method: "POST", body: JSON.stringify(body), headers: { Accept: "application/pdf" } });
      give(await made.blob(), `notice-${today()}.pdf`);
      tell(t(EXTEND.noticeMade, { name: nameOf(row.party) }));
    });
  };
  return (
    <details class="notice">
      <summary>{t(EXTEND.notice)}</summary>
      <form class="fields" onSubmit={submit}>
        {LINES.map((name) => (
          <label key={name}>
            {t(EXTEND[name])}
            <input name={name} required maxLength={300} autocomplete="off" />
          </label>
        ))}
        <button type="submit" class="plain">
          {t(EXTEND.noticeMake)}
        </button>
      </form>
    </details>
  );
}

function Basis({ of }: { of: Legal }) {
  const warn = of.status === "U" ? t(EXTEND.unverified) : of.status === "S" ? t(EXTEND.secondary) : null;
  return (
    <>
      {[of.number ?? of.document, of.article].filter(Boolean).join(" ")}
      {warn && <span class="soft"> ({warn})</span>}
    </>
  );
}

function Decisions({ id }: { id: string }) {
  const [asked] = [useAsked(`decisions ${id}`, (stop) => get<{ results: Decision[]; total: number }>("/v1/decisions", { subject: id }, stop))];
  const [all, setAll] = useState(false);
  const rows = asked.data?.results ?? [];
  return (
    <Section title={t(EXTEND.decisions)} count={asked.data?.total} open={rows.length > 0}>
      <Waiting asked={asked as Asked<unknown>} />
      {asked.data && !rows.length && <p class="soft">{t(EXTEND.noDecisions)}</p>}
      <ul class="plain-list">
        {rows.slice(0, all ? undefined : 20).map((each) => (
          <li key={each.id}>
            <a href={`/v1/decisions/${encodeURIComponent(each.id)}`} target="_blank" rel="noreferrer">
              {each.id}
            </a>{" "}
            {nameOf(each.party)} · {each.measure} <Tag>{each.status}</Tag>
          </li>
        ))}
      </ul>
      {!all && rows.length > 20 && (
        <button type="button" class="small" onClick={() => setAll(true)}>
          … {rows.length - 20}
        </button>
      )}
    </Section>
  );
}

/** On a subject's card: the way to this panel. */
function AskAbout({ id, kind }: { id: string; kind: string }) {
  if (!may("extend.propose") || (kind !== "company" && kind !== "person")) return null;
  return (
    <button
      type="button"
      class="plain ask-about"
      onClick={() => {
        subject.value = id;
        answer.value = null;
        checked.value = null;
        opened.value = "extension";
      }}
    >
      {t(EXTEND.about)}
    </button>
  );
}

export const panel: Panel = { id: "extension", title: EXTEND.title, icon: "M5 12h6M11 12l6-6M11 12l6 6M17 6h3v3M17 18h3v-3M4 10v4", order: 50, component: Extension, scope: "extend.propose", card: AskAbout };
