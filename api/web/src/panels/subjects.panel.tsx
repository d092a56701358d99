/** The subjects on the canvas as a list: for the keyboard, for screen readers, and where there is no
 * WebGL. One of them is in the focus; keys act on those that are chosen. */
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { open } from "../actions";
import { t } from "../i18n";
import { KindMark, Tag } from "../parts/ui";
import { span } from "../say";
import { picked, selection, type Edge } from "../state";
import { canvas, edgeText, labelOf, look, nodeText, shown } from "../view";
import { kindWord } from "../words";
import { APP } from "../words/app";
import { CARD } from "../words/card";
import { WORDS } from "../words/common";
import type { Panel } from ".";

/** The subject in the focus of the list. */
export const focused = signal<string | null>(null);
const MOST = 500;
const filter = signal("");

export function inOrder() {
  const words = filter.value.trim().toLowerCase();
  return [...shown.value.nodes.values()]
    .filter((node) => !words || node.label.toLowerCase().includes(words) || node.id.toLowerCase().includes(words))
    .sort((a, b) => a.kind.localeCompare(b.kind) || a.label.localeCompare(b.label, "zh-Hans-CN"));
}

/** Move the focus by some places, and look there. */
export function step(by: number): void {
  const rows = inOrder().slice(0, MOST);
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.id === focused.value);
  const next = rows[(at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by + rows.length) % rows.length]!;
  focused.value = next.id;
  look(next.id, true);
}

export function toggle(id: string): void {
  const next = new Set(selection.value);
  if (!next.delete(id)) next.add(id);
  selection.value = next;
}

function Subjects() {
  const rows = inOrder();
  const at = focused.value ?? rows[0]?.id;
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    const now = list.current?.querySelector<HTMLElement>("[tabindex='0']");
    now?.scrollIntoView({ block: "nearest" });
    if (list.current?.contains(document.activeElement)) now?.focus();
  }, [focused.value]);
  const key = (event: KeyboardEvent) => {
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (by) step(by);
    else if (event.key === " " && at) toggle(at);
    else if (event.key === "Enter" && at) void open(at);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const edges = [...shown.value.edges.values()];
  return (
    <div class="panel-body">
      <input class="filter" type="search" value={filter.value} placeholder={t(APP.searchHint)} aria-label={t(APP.search)} onInput={(event) => (filter.value = event.currentTarget.value)} />
      <p class="soft tally">{t(APP.onCanvas, { n: shown.value.nodes.size, m: shown.value.edges.size })}</p>
      <ul class="rows" role="listbox" aria-multiselectable="true" aria-label={t(APP.subjects)} ref={list} onKeyDown={key}>
        {rows.slice(0, MOST).map((node) => (
          <li
            key={node.id}
            role="option"
            class={`row ${selection.value.has(node.id) ? "chosen" : ""}`}
            aria-selected={selection.value.has(node.id)}
            tabIndex={node.id === at ? 0 : -1}
            onClick={(event) => {
              focused.value = node.id;
              if (event.shiftKey || event.ctrlKey || event.metaKey) toggle(node.id);
              else look(node.id, true);
            }}
            onDblClick={() => void open(node.id)}
          >
            <KindMark kind={node.kind} />
            <span class="row-text">
              <span class="row-name">{nodeText(node)}</span>
            </span>
            {(node.listed?.length ?? 0) > 0 && <Tag tone="alarm">{t(CARD.listed)}</Tag>}
          </li>
        ))}
      </ul>
      {rows.length > MOST && <p class="soft">{t(WORDS.truncated, { why: `${MOST} / ${rows.length}` })}</p>}
      <details class="section" open={canvas.value === null}>
        <summary>
          <h3>{t(APP.relations)}</h3>
          <span class="count">{edges.length}</span>
        </summary>
        <ul class="rows">
          {edges.slice(0, MOST).map((edge) => (
            <EdgeRow key={edge.key} edge={edge} />
          ))}
        </ul>
      </details>
    </div>
  );
}

function EdgeRow({ edge }: { edge: Edge & { parts: number } }) {
  return (
    <li>
      <button type="button" class={`row ${picked.value === edge.key ? "chosen" : ""}`} onClick={() => (picked.value = edge.key)}>
        <span class="row-text">
          <span class="row-name">
            {labelOf(edge.from)} → {labelOf(edge.to)}
          </span>
          <span class="row-more">
            {kindWord(edge.kind)} · {edgeText(edge)} · {span(edge.items[0]?.begins, edge.items[0]?.ends)}
          </span>
        </span>
      </button>
    </li>
  );
}

export const panel: Panel = {
  id: "subjects",
  title: APP.subjects,
  icon: "M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01",
  order: 20,
  component: Subjects,
};
