/** Case files: keep what is on the graph, share it by a link, comment on it, change it one at a time. */
import { effect, signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { get, post, Problem, send } from "../api";
import { attempt } from "../actions";
import { sceneIn, sceneOut, type SceneShown } from "../casework";
import { half, t } from "../i18n";
import { caseFile } from "../link";
import { More, usePages, type Page } from "../parts/pages";
import { Section, Tag, useAsked, Waiting } from "../parts/ui";
import { when } from "../say";
import { asOf, complain, history, knownAt, layout, picked, scene, selection, tell } from "../state";
import { canvas } from "../view";
import { CASES } from "../words/casework";
import { WORDS } from "../words/common";
import type { Panel } from ".";
import "./casework.css";

type Shared = "no" | "read" | "write";
type Status = "open" | "closed";

interface Brief {
  readonly id: string;
  readonly title: string;
  readonly status: Status;
  readonly shared: Shared;
  readonly owner: string;
  readonly own: boolean;
  readonly nodes: number;
  readonly finding: string | null;
  readonly domains: readonly string[];
  readonly version: number;
  readonly updated: string;
  readonly updated_by: string;
}

interface Comment {
  readonly no: number;
  readonly at: string;
  readonly who: string;
  readonly text: string;
}

/** The case file that is open, as it was when it was read: a change replaces this version. */
const opened = signal<Brief | null>(null);
/** Somebody's newer version, where a change was refused. */
const theirs = signal<Brief | null>(null);
const turn = signal(0);

const where = (id: string) => `/v1/case-files/${encodeURIComponent(id)}`;

/** Put a case file's scene on the canvas. */
async function load(id: string): Promise<void> {
  await attempt(async () => {
    const [file, shown] = await Promise.all([get<Brief>(where(id)), get<SceneShown>(`${where(id)}/export`, { format: "json" })]);
    opened.value = file;
    theirs.value = null;
    caseFile.value = file.id;
    asOf.value = shown.scene.as_of;
    knownAt.value = shown.scene.known_at;
    layout.value = shown.scene.layout;
    selection.value = new Set();
    picked.value = null;
    history.reset(sceneIn(shown));
    canvas.value?.fit();
    if (shown.notes.length) complain(t(CASES.gone, { what: shown.notes.map(half).join("; ") }));
    else tell(t(CASES.opened, { title: file.title }));
  });
}

// A link to a case file opens it, and leaving it in the address closes it here.
effect(() => {
  const id = caseFile.value;
  if (id === (opened.peek()?.id ?? null)) return;
  if (id === null) opened.value = null;
  else void load(id);
});

function leave(): void {
  opened.value = null;
  theirs.value = null;
  caseFile.value = null;
}

interface Given {
  readonly title: string;
  readonly status: Status;
  readonly shared: Shared;
}

function body(given: Given) {
  const about = { layout: layout.value, asOf: asOf.value, knownAt: knownAt.value, finding: opened.value?.finding ?? null };
  return { ...given, scene: sceneOut(scene.value, canvas.value?.places() ?? new Map(), about) };
}

function kept(file: Brief): void {
  opened.value = file;
  theirs.value = null;
  caseFile.value = file.id;
  turn.value++;
  tell(t(CASES.saved, { title: file.title }));
}

async function saveNew(given: Given): Promise<void> {
  if (!scene.value.nodes.size) {
    complain(t(CASES.empty));
    return;
  }
  await attempt(async () => kept(await post<Brief>("/v1/case-files", body(given), { once: crypto.randomUUID() })));
}

async function saveChange(given: Given): Promise<void> {
  const now = opened.value;
  if (!now) return;
  await attempt(async () => {
    try {
      const answer = await send(where(now.id), { method: "PUT", body: JSON.stringify(body(given)), headers: { "If-Match": `"${now.version}"` } });
      kept((await answer.json()) as Brief);
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 412) throw error;
      theirs.value = await get<Brief>(where(now.id));
    }
  });
}

async function remove(file: Brief): Promise<void> {
  await attempt(async () => {
    await send(where(file.id), { method: "DELETE" });
    if (opened.value?.id === file.id) leave();
    turn.value++;
    tell(t(CASES.removed, { title: file.title }));
  });
}

async function copyLink(file: Brief): Promise<void> {
  const link = `${location.origin}/#case=${file.id}`;
  try {
    await navigator.clipboard.writeText(link);
    tell(t(file.shared === "no" ? CASES.linkPrivate : CASES.linkCopied));
  } catch {
    tell(link); // no clipboard here: the link is in the status line
  }
}

function Cases() {
  return (
    <div class="panel-body cases">
      {opened.value ? <Now key={opened.value.id + opened.value.version} file={opened.value} /> : <New />}
      <List />
    </div>
  );
}

function New() {
  return (
    <Section title={t(CASES.save)}>
      <Fields given={{ title: "", status: "open", shared: "no" }} own act={t(CASES.saveNew)} onSave={saveNew} />
    </Section>
  );
}

function Now({ file }: { file: Brief }) {
  return (
    <>
      <Section title={file.title}>
        <p class="soft">{t(CASES.version, { n: file.version, who: file.updated_by, at: when(file.updated) })}</p>
        {theirs.value && <Conflict file={theirs.value} />}
        <Fields given={file} own={file.own} {...(file.own || file.shared === "write" ? { act: t(CASES.saveChange), onSave: saveChange } : {})} />
        <div class="buttons">
          <button type="button" class="plain" onClick={() => void copyLink(file)}>
            {t(CASES.link)}
          </button>
          <button type="button" class="plain" onClick={leave}>
            {t(CASES.closeFile)}
          </button>
          {file.own && <Remove file={file} />}
        </div>
      </Section>
      <Comments file={file} />
    </>
  );
}

function Conflict({ file }: { file: Brief }) {
  return (
    <div class="news" role="alert">
      <p>{t(CASES.conflict, { who: file.updated_by, at: when(file.updated) })}</p>
      <div class="buttons">
        <button type="button" class="plain" onClick={() => void load(file.id)}>
          {t(CASES.reload)}
        </button>
        <button type="button" class="plain" onClick={() => void saveNew({ title: file.title, status: "open", shared: "no" })}>
          {t(CASES.keepMine)}
        </button>
      </div>
    </div>
  );
}

function Remove({ file }: { file: Brief }) {
  const [sure, setSure] = useState(false);
  if (!sure) {
    return (
      <button type="button" class="plain" onClick={() => setSure(true)}>
        {t(CASES.remove)}
      </button>
    );
  }
  return (
    <span class="sure" role="alert">
      {t(CASES.removeSure)}{" "}
      <button type="button" class="plain wrong" onClick={() => void remove(file)}>
        {t(CASES.remove)}
      </button>
      <button type="button" class="plain" onClick={() => setSure(false)}>
        {t(WORDS.cancel)}
      </button>
    </span>
  );
}

function Fields({ given, own, act, onSave }: { given: Given; own: boolean; act?: string; onSave?: (given: Given) => Promise<void> }) {
  const [title, setTitle] = useState(given.title);
  const [status, setStatus] = useState<Status>(given.status);
  const [shared, setShared] = useState<Shared>(given.shared);
  return (
    <form
      class="fields"
      onSubmit={(event) => {
        event.preventDefault();
        void onSave?.({ title: title.trim(), status, shared });
      }}
    >
      <label>
        {t(CASES.name)}
        <input required maxLength={200} value={title} disabled={!onSave} onInput={(event) => setTitle(event.currentTarget.value)} />
      </label>
      <div class="two">
        <label>
          {t(CASES.status)}
          <select value={status} disabled={!onSave} onChange={(event) => setStatus(event.currentTarget.value as Status)}>
            <option value="open">{t(CASES.open)}</option>
            <option value="closed">{t(CASES.closed)}</option>
          </select>
        </label>
        <label>
          {t(CASES.shared)}
          <select value={shared} disabled={!onSave || !own} onChange={(event) => setShared(event.currentTarget.value as Shared)}>
            <option value="no">{t(CASES.no)}</option>
            <option value="read">{t(CASES.read)}</option>
            <option value="write">{t(CASES.write)}</option>
          </select>
        </label>
      </div>
      {act && (
        <button type="submit" class="main">
          {act}
        </button>
      )}
    </form>
  );
}

function Comments({ file }: { file: Brief }) {
  const [text, setText] = useState("");
  const asked = useAsked(`${file.id}|${turn.value}`, (stop) => get<Page<Comment>>(`${where(file.id)}/comments`, {}, stop));
  const say = () =>
    void attempt(async () => {
      await post(`${where(file.id)}/comments`, { text: text.trim() }, { once: crypto.randomUUID() });
      setText("");
      turn.value++;
    });
  return (
    <Section title={t(CASES.comments)} count={asked.data?.results.length}>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim()) say();
        }}
      >
        <label>
          {t(CASES.say)}
          <textarea rows={2} maxLength={5000} value={text} onInput={(event) => setText(event.currentTarget.value)} />
        </label>
        <button type="submit" class="plain" disabled={!text.trim()}>
          {t(CASES.comment)}
        </button>
      </form>
      <Waiting asked={asked} />
      {asked.data && !asked.data.results.length && <p class="soft">{t(CASES.noComments)}</p>}
      <ul class="plain-list comments">
        {asked.data?.results.map((each) => (
          <li key={each.no}>
            <span class="soft">
              {each.who} · <time>{when(each.at)}</time>
            </span>
            <p>{each.text}</p>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function List() {
  const list = usePages<Brief>("/v1/case-files", { limit: 50 }, turn.value, "before");
  return (
    <Section title={t(CASES.title)} count={list.came ? `${list.rows.length}${list.next ? "+" : ""}` : undefined}>
      {list.came && !list.rows.length && <p class="soft">{t(CASES.none)}</p>}
      <ul class="plain-list files">
        {list.rows.map((each) => (
          <li key={each.id} class={each.id === opened.value?.id ? "now" : ""}>
            <button type="button" class="file" aria-current={each.id === opened.value?.id || undefined} onClick={() => void load(each.id)}>
              <strong>{each.title}</strong>
              <span class="soft">
                {t(CASES.subjects, { n: each.nodes })} · {each.own ? t(CASES.own) : each.owner} · {when(each.updated)}
              </span>
            </button>
            {each.status === "closed" && <Tag>{t(CASES.closed)}</Tag>}
          </li>
        ))}
      </ul>
      <Waiting asked={list} />
      <More of={list} />
    </Section>
  );
}

export const panel: Panel = { id: "cases", title: CASES.title, icon: "M3 7a2 2 0 0 1 2-2h4l2 2h8a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2zM8 13h8", order: 40, component: Cases, scope: "related" };
