import { signal } from "@preact/signals";
import { get } from "../api";
import { open } from "../actions";
import { t } from "../i18n";
import { KindMark, Tag, useAsked, Waiting } from "../parts/ui";
import { short } from "../say";
import { knownAt, scene, selection } from "../state";
import { APP } from "../words/app";
import { WORDS } from "../words/common";
import type { Panel } from ".";

export interface Found {
  readonly id: string;
  readonly kind: string;
  readonly label: string;
  readonly how: string;
  readonly name?: string;
  readonly former?: boolean;
}

const MOST = 30;
export const words = signal("");

function Row({ row }: { row: Found }) {
  const here = scene.value.nodes.has(row.id);
  return (
    <li>
      <button type="button" class={`row ${selection.value.has(row.id) ? "chosen" : ""}`} onClick={() => void open(row.id)}>
        <KindMark kind={row.kind} />
        <span class="row-text">
          <span class="row-name">{row.label || short(row.id)}</span>
          <span class="row-more">
            {row.id.startsWith("cn:uscc:") ? row.id.slice(8) : short(row.id)}
            {row.name && ` · ${t(row.former ? APP.formerly : APP.alsoNamed, { name: row.name })}`}
          </span>
        </span>
        {row.how === "key" && <Tag>{t(APP.byKey)}</Tag>}
        {here && <Tag tone="good">●</Tag>}
      </button>
    </li>
  );
}

function Search() {
  const q = words.value.trim();
  const asked = useAsked(q ? `${q}|${knownAt.value}` : null, (signal) =>
    get<{ results: Found[]; more: boolean }>("/v1/search", { q, limit: MOST, known_at: knownAt.value }, signal),
  );
  const found = asked.data;
  return (
    <div class="panel-body">
      <Waiting asked={asked} />
      <p class="soft tally" aria-live="polite" data-of={found ? q : undefined}>
        {found && (found.results.length ? (found.more ? t(APP.foundMore, { n: found.results.length }) : t(APP.found, { n: found.results.length })) : t(WORDS.nothing))}
        {!q && t(APP.empty)}
      </p>
      {found && (
        <ul class="rows">
          {found.results.map((row) => (
            <Row key={row.id} row={row} />
          ))}
        </ul>
      )}
      {!q && <p class="soft">{t(APP.emptyMore)}</p>}
    </div>
  );
}

export const panel: Panel = {
  id: "search",
  title: APP.search,
  icon: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5 20 20",
  order: 10,
  component: Search,
  scope: "search",
};
