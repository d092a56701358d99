/** A subject's card: key facts, what stands at it, roles, listings, timeline, sources. */
import { useState } from "preact/hooks";
import { ask, get, may, post, subjectPath } from "../api";
import { attempt, expand, open } from "../actions";
import { half, number, t } from "../i18n";
import { called, counts, learned, PAGE, type AdjacentGroup, type Listing, type SubjectRecord } from "../load";
import { PANELS } from "../panels";
import { money, percent, short, span, when } from "../say";
import { asOf, knownAt, scene, selection, shownKey, tell } from "../state";
import { inForce } from "../time";
import { day, labelOf, named } from "../view";
import { domainWord, fieldWord, kindWord, listWord } from "../words";
import { CARD } from "../words/card";
import { KEYS, WORDS } from "../words/common";
import { More, usePages } from "./pages";
import { KindMark, Pairs, Section, Tag, useAsked, Waiting } from "./ui";

export function Card({ id }: { id: string }) {
  const asked = useAsked(`${id}|${knownAt.value}`, async (signal) => {
    const record = await get<SubjectRecord>(subjectPath(id), { known_at: knownAt.value }, signal);
    learned(record);
    return record;
  });
  const record = asked.data;
  const known = scene.value.nodes.get(id);
  const kind = record?.kind ?? known?.kind ?? "";
  const label = named(record ? called(record) : known?.label, id);
  const standing = record?.listings.filter((each) => inForce(each, day.value)) ?? [];
  return (
    <article class="card" aria-label={label}>
      <header class="card-head">
        <KindMark kind={kind} size={22} />
        <div>
          <h2>{label}</h2>
          <p class="soft">
            {kindWord(kind)} · <span class="id">{short(id)}</span>
          </p>
        </div>
        <button type="button" class="plain close" onClick={() => (selection.value = new Set())}>
          {t(WORDS.close)}
        </button>
      </header>
      {standing.length > 0 && (
        <p class="tags">
          {standing.map((each, k) => (
            <Tag key={k} tone={each.list === "red" ? "good" : "alarm"}>
              {listWord(each.list)} {domainWord(each.domain ?? "")}
            </Tag>
          ))}
        </p>
      )}
      {!known && (
        <button type="button" class="main" onClick={() => void open(id)}>
          {t(CARD.open)}
        </button>
      )}
      <Waiting asked={asked} />
      {record && <KeyFacts record={record} />}
      <Expand id={id} />
      {record && <Listings listings={record.listings} />}
      {may("related") && <Roles id={id} />}
      <Timeline id={id} />
      {record && <Records record={record} />}
      {PANELS.map((each) => each.card && <each.card key={each.id} id={id} kind={kind} />)}
    </article>
  );
}

function plain(value: unknown): string {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}

function shownValue(name: string, value: unknown): string {
  const text = plain(value);
  return ["capital", "amount", "tax"].includes(name) ? money(text) : text;
}

/** The newest of what records say, with identifiers masked until unmasked. */
function KeyFacts({ record }: { record: SubjectRecord }) {
  const [full, setFull] = useState<Readonly<Record<string, string>> | null>(null);
  const rows = new Map<string, string>();
  const keys = new Map<string, string>();
  for (const each of record.records) {
    for (const [name, value] of Object.entries((each["attrs"] as Record<string, unknown> | undefined) ?? {})) {
      if (value !== null && value !== "") rows.set(fieldWord(name), shownValue(name, value));
    }
    for (const [name, value] of Object.entries((each["keys"] as Record<string, unknown> | undefined) ?? {})) keys.set(name, plain(value));
    if (each["text"]) rows.set(fieldWord("text"), plain(each["text"]));
  }
  const first = record.records[0];
  const private_ = [...keys.keys()].some((name) => name !== "uscc");
  return (
    <Section title={t(CARD.facts)}>
      <Pairs
        rows={[
          ...[...keys].map(([name, value]) => [t(KEYS[name as keyof typeof KEYS] ?? [name, name]), <span class="id">{full?.[name] ?? value}</span>] as const),
          ...rows,
          ...(first?.["valid_from"] || first?.["valid_to"] ? [[t(CARD.validity), `${when(first["valid_from"] as string) || "…"} – ${when(first["valid_to"] as string) || "…"}`] as const] : []),
        ]}
      />
      {!record.records.length && <p class="soft">{t(CARD.restricted)}</p>}
      {record.contradictions.length > 0 && (
        <details class="wrong-soft">
          <summary>{t(CARD.contradictions)}</summary>
          <Pairs rows={record.contradictions.map((each) => [fieldWord(each.property), each.values.map((said) => `${said.value} (${said.records.join(", ")})`).join("; ")] as const)} />
        </details>
      )}
      {private_ && <Unmask id={record.id} full={full !== null} onFull={setFull} />}
    </Section>
  );
}

interface Unmasked {
  readonly identifiers: readonly { readonly field: string; readonly value: string }[];
}

function Unmask({ id, full, onFull }: { id: string; full: boolean; onFull: (found: Readonly<Record<string, string>> | null) => void }) {
  const [asking, setAsking] = useState(false);
  if (full) {
    return (
      <button type="button" class="plain" onClick={() => onFull(null)}>
        {t(CARD.maskAgain)}
      </button>
    );
  }
  if (!asking) {
    return (
      <button type="button" class="plain" onClick={() => setAsking(true)}>
        {t(CARD.unmask)}
      </button>
    );
  }
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement);
    void attempt(async () => {
      const found = await post<Unmasked>("/v1/unmask", { subject: id, purpose: given.get("purpose"), case: given.get("case") });
      onFull(Object.fromEntries(found.identifiers.map((each) => [each.field, each.value])));
      setAsking(false);
      tell(t(CARD.unmasked));
    });
  };
  return (
    <form class="unmask" onSubmit={submit}>
      <p class="soft">{t(CARD.unmaskWhy)}</p>
      <label>
        {t(CARD.purpose)}
        <input name="purpose" required maxLength={200} autocomplete="off" />
      </label>
      <label>
        {t(CARD.caseNo)}
        <input name="case" required maxLength={200} autocomplete="off" />
      </label>
      <div class="buttons">
        <button type="submit" class="main">
          {t(CARD.unmaskDo)}
        </button>
        <button type="button" class="plain" onClick={() => setAsking(false)}>
          {t(WORDS.cancel)}
        </button>
      </div>
    </form>
  );
}

/** What stands at a subject by kind, counts first; a hub's relations come a page at a time. */
function Expand({ id }: { id: string }) {
  const asked = useAsked(`${id}|${asOf.value}|${knownAt.value}`, (signal) => counts(id, { as_of: asOf.value, known_at: knownAt.value }, signal));
  const groups = asked.data?.results ?? [];
  return (
    <Section title={t(CARD.expand)} count={asked.data ? number(groups.reduce((sum, each) => sum + (each.count ?? each.recorded), 0)) : undefined}>
      <Waiting asked={asked} />
      {asked.data && !groups.length && <p class="soft">{t(CARD.none)}</p>}
      <table class="expand">
        <tbody>
          {groups.map((group) => (
            <ExpandRow key={`${group.kind} ${group.direction}`} id={id} group={group} />
          ))}
        </tbody>
      </table>
      {asked.data?.truncated && <p class="soft">{half(asked.data.truncated.reason)}</p>}
    </Section>
  );
}

function ExpandRow({ id, group }: { id: string; group: AdjacentGroup }) {
  const known = scene.value.shown.get(shownKey(id, group.kind, group.direction));
  const here = known?.shown ?? 0;
  const count = group.count ?? group.recorded;
  const left = Math.max(0, count - here);
  const next = Math.min(PAGE, left);
  return (
    <tr class={count ? "" : "none"}>
      <th scope="row">
        <span class="arrow" aria-label={t(group.direction === "in" ? CARD.incoming : CARD.outgoing)}>
          {group.direction === "in" ? "←" : "→"}
        </span>
        {kindWord(group.kind)}
      </th>
      <td class="num" title={t(CARD.recordedOnly, { n: number(group.recorded) })}>
        {here > 0 ? t(CARD.shownOf, { shown: number(here), count: number(count) }) : number(count)}
      </td>
      <td class="act">
        {left > 0 ? (
          <button type="button" class="small" onClick={() => void expand(id, group)}>
            {here > 0 ? t(CARD.showMore, { n: number(next) }) : t(CARD.show, { n: number(next) })}
          </button>
        ) : (
          count > 0 && <span class="soft">✓</span>
        )}
      </td>
    </tr>
  );
}

function Listings({ listings }: { listings: readonly Listing[] }) {
  if (!listings.length) return null;
  return (
    <Section title={t(CARD.listings)} count={listings.length}>
      <ul class="plain-list">
        {listings.map((each, k) => (
          <li key={k}>
            <strong>
              {listWord(each.list)} {domainWord(each.domain ?? "")}
            </strong>{" "}
            {each.status && <Tag>{domainWord(each.status)}</Tag>}
            {!inForce(each, day.value) && <Tag>{t(CARD.notInForce)}</Tag>}
            <div>{[each.authority, each.basis].filter(Boolean).join(" · ")}</div>
            <div class="soft">
              {when(each.decided_on ?? each.valid_from)} – {when(each.until ?? each.valid_to) || "…"}
            </div>
          </li>
        ))}
      </ul>
    </Section>
  );
}

interface Listed {
  readonly fact: string;
  readonly list: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly domain?: string;
  readonly status?: string;
}

interface RoleHeld {
  readonly firm: string;
  readonly role: string;
  readonly title?: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly held_now: boolean;
  readonly share: number | null;
  readonly listings_during: readonly Listed[];
  readonly listings_after: readonly Listed[];
}

/** Every role in every firm over time, with the listings of those firms. */
function Roles({ id }: { id: string }) {
  const asked = useAsked(`${id}|${asOf.value}|${knownAt.value}`, (signal) =>
    ask<RoleHeld>("subject-record", { subject: id, as_of: asOf.value, known_at: knownAt.value }, signal),
  );
  const rows = (asked.data?.results ?? []).filter((row) => row.role !== "subject");
  if (asked.data && !rows.length) return null;
  return (
    <Section title={t(CARD.roles)} count={asked.data ? rows.length : undefined}>
      <Waiting asked={asked} />
      <ul class="plain-list">
        {rows.slice(0, 50).map((row, k) => (
          <Role key={k} row={row} />
        ))}
      </ul>
      {asked.data?.truncated && <p class="soft">{half(asked.data.truncated.reason)}</p>}
    </Section>
  );
}

function Role({ row }: { row: RoleHeld }) {
  return (
    <li>
      <div class="split">
        <button type="button" class="link" onClick={() => void open(row.firm)}>
          {labelOf(row.firm)}
        </button>
        {row.held_now && <Tag tone="good">{t(CARD.heldNow)}</Tag>}
      </div>
      <div>
        {row.title ?? kindWord(row.role)}
        {row.share !== null && ` ${percent(row.share)}`} <span class="soft">{span(row.from, row.to)}</span>
      </div>
      {[row.listings_during, row.listings_after].map((listed, k) =>
        listed.map((each) => (
          <div key={each.fact}>
            <Tag tone={each.list === "red" ? "good" : "alarm"}>
              {listWord(each.list)} {domainWord(each.domain ?? "")}
            </Tag>{" "}
            <span class="soft">
              {t(k ? CARD.after : CARD.during)} {span(each.from, each.to)}
            </span>
          </div>
        )),
      )}
    </li>
  );
}

interface Moment {
  readonly at: string;
  readonly axis: "valid" | "recorded";
  readonly what: string;
  readonly kind: string;
  readonly fact?: string;
  readonly party?: string;
  readonly label?: string;
  readonly measure?: string;
}

const WHAT: Readonly<Record<string, keyof typeof CARD>> = { begins: "begins", ends: "ends", happens: "happens", recorded: "recorded", retracted: "retracted" };

function Timeline({ id }: { id: string }) {
  const list = usePages<Moment>(subjectPath(id, "/timeline"), { axis: "valid", limit: 100, known_at: knownAt.value });
  const years = new Map<string, Moment[]>();
  for (const each of list.rows) {
    const year = each.at.slice(0, 4);
    const known = years.get(year);
    if (known) known.push(each);
    else years.set(year, [each]);
  }
  return (
    <Section title={t(CARD.timeline)} count={list.came ? `${list.rows.length}${list.next ? "+" : ""}` : undefined} open={false}>
      <ol class="timeline">
        {[...years].map(([year, rows]) => (
          <li key={year}>
            <h4>{year}</h4>
            <ul>
              {rows.map((row, k) => (
                <li key={k} class={row.at.slice(0, 10) > day.value ? "future" : ""}>
                  <time>{row.at.slice(5, 10)}</time> <span class={`what ${row.what}`}>{t(CARD[WHAT[row.what] ?? "happens"] ?? CARD.happens)}</span> {kindWord(row.kind)}
                  {row.label && (
                    <>
                      {" "}
                      <button type="button" class="link" onClick={() => row.party && void open(row.party)}>
                        {row.label}
                      </button>
                    </>
                  )}
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
      <Waiting asked={list} />
      <More of={list} text={CARD.older} />
    </Section>
  );
}

function Records({ record }: { record: SubjectRecord }) {
  return (
    <Section title={t(CARD.records)} count={record.records.length} open={false}>
      <ul class="plain-list">
        {record.records.map((each, k) => {
          const source = each["source"] as { dataset?: string; file?: string; record?: string } | undefined;
          return (
            <li key={k}>
              <span class="id">
                {source?.dataset}:{String(each["id"])}
              </span>
              <div class="soft">
                {[source?.file, source?.record].filter(Boolean).join(" : ")} · {t(CARD.recordedAt, { at: when(each["recorded_at"] as string) })}
              </div>
            </li>
          );
        })}
      </ul>
    </Section>
  );
}

