/** What a line stands on: its facts with their fields, time and source. */
import { factsOf, type Fact } from "../load";
import { number, t } from "../i18n";
import { money, percent, short, span, when } from "../say";
import { knownAt, picked } from "../state";
import { labelOf, look, shown } from "../view";
import { fieldWord, kindWord } from "../words";
import { CARD } from "../words/card";
import { WORDS } from "../words/common";
import { KindMark, Pairs, useAsked, Waiting } from "./ui";

const MOST = 100;
const APART = new Set(["kind", "id", "from", "to", "subject", "valid_from", "valid_to", "recorded_at", "source", "attrs", "at"]);
const SHARES = new Set(["share", "votes", "share_min", "share_max"]);

export function EdgeCard({ edgeKey }: { edgeKey: string }) {
  const edge = shown.value.edges.get(edgeKey);
  const names = edge?.items.slice(0, MOST).map((item) => item.fact) ?? [];
  const asked = useAsked(edge ? `${names.join(" ")}|${knownAt.value}` : null, () => factsOf(names));
  if (!edge) return <p class="soft">{t(CARD.erased)}</p>;
  return (
    <article class="card" aria-label={kindWord(edge.kind)}>
      <header class="card-head">
        <div>
          <h2>{t(CARD.edge, { kind: kindWord(edge.kind), n: number(edge.items.length) })}</h2>
          <p class="ends">
            <End id={edge.from} /> <span aria-hidden="true">→</span> <End id={edge.to} />
          </p>
        </div>
        <button type="button" class="plain close" onClick={() => (picked.value = null)}>
          {t(WORDS.close)}
        </button>
      </header>
      <Waiting asked={asked} />
      <FactList facts={asked.data ?? []} />
      {edge.items.length > MOST && <p class="soft">{t(WORDS.truncated, { why: `${MOST} / ${edge.items.length}` })}</p>}
    </article>
  );
}

function End({ id }: { id: string }) {
  const kind = shown.value.nodes.get(id)?.kind ?? "";
  return (
    <button type="button" class="link" onClick={() => { picked.value = null; look(id, true); }}>
      <KindMark kind={kind} size={12} quiet /> {labelOf(id)}
    </button>
  );
}

/** Facts with what they say, when it holds, and who says so. */
export function FactList({ facts }: { facts: readonly Fact[] }) {
  return (
    <ul class="facts">
      {facts.map((fact) => (
        <FactRow key={fact.id} fact={fact} />
      ))}
    </ul>
  );
}

function FactRow({ fact }: { fact: Fact }) {
  const said = Object.entries(fact).filter(([name, value]) => !APART.has(name) && value !== null && value !== "");
  const attrs = Object.entries((fact["attrs"] as Record<string, unknown> | undefined) ?? {});
  const source = fact.source;
  return (
    <li>
      <Pairs
        rows={[
          [fact.at ? fieldWord("at") : t(CARD.validity), fact.at ? when(fact.at) : span(fact.valid_from, fact.valid_to)] as const,
          ...[...said, ...attrs].map(([name, value]) => [fieldWord(name), text(name, value)] as const),
        ]}
      />
      <p class="source">
        <span class="id">{short(fact.id)}</span> · {t(CARD.source)} {source?.dataset}
        {source?.file && ` · ${source.file}`}
        {source?.record && ` : ${source.record}`} · {t(CARD.recordedAt, { at: when(fact.recorded_at) })}
      </p>
    </li>
  );
}

function text(name: string, value: unknown): string {
  if (typeof value === "object" && value !== null) return JSON.stringify(value);
  if (SHARES.has(name)) return percent(Number(value));
  return ["amount", "tax", "capital"].includes(name) ? money(String(value)) : String(value);
}
