import { signal } from "@preact/signals";
import { may, seesAll, signIn, stranger, whoAmI } from "./api";
import { lang, recall, remember, setLang, t } from "./i18n";
import { help, listen, SEARCH_BOX } from "./keys";
import { keepInStep } from "./link";
import { PANELS } from "./panels";
import { words } from "./panels/search.panel";
import { Card } from "./parts/card";
import { EdgeCard } from "./parts/edge";
import { Stage } from "./parts/stage";
import { TimeBar } from "./parts/timebar";
import { Dialog, Icon, IconButton } from "./parts/ui";
import { dark, panel, picked, said, scene, selection, tell } from "./state";
import { APP } from "./words/app";
import { WORDS } from "./words/common";
import { KEYS_OF } from "./words/tools";

const THEME = "linkrisk.theme";
const wide = signal(true);

export function setDark(next: boolean): void {
  dark.value = next;
  document.documentElement.dataset["theme"] = next ? "dark" : "light";
  remember(THEME, next ? "dark" : "light");
}

/** Everything that is done once. */
export function begin(): void {
  const kept = recall(THEME);
  dark.value = kept ? kept === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset["theme"] = dark.value ? "dark" : "light";
  setLang(lang.value);
  listen();
  void whoAmI().catch(() => undefined);
  void keepInStep();
}

export function App() {
  if (stranger.value) return <SignIn />;
  const open = PANELS.find((each) => each.id === panel.value) ?? PANELS[0];
  return (
    <div class={`app ${wide.value ? (open?.wide ? "roomy" : "") : "narrow"}`}>
      <Head />
      <Rail />
      {wide.value && open && (
        <section class="panel" aria-label={t(open.title)}>
          <h2>{t(open.title)}</h2>
          <open.component />
        </section>
      )}
      <Stage />
      <Details />
      <TimeBar />
      <p class={`status ${said.value?.wrong ? "wrong" : ""}`} role="status" aria-live="polite">
        {said.value?.text}
      </p>
      {help.value && <Help />}
    </div>
  );
}

function Head() {
  return (
    <header class="head">
      <a class="brand" href="/" aria-label="linkrisk">
        <img src="/static/icon.svg" alt="" width={22} height={22} /> linkrisk
      </a>
      <form
        class="search"
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          words.value = (new FormData(event.currentTarget).get("q") as string) ?? "";
          panel.value = "search";
          wide.value = true;
        }}
      >
        <Icon path="M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5 20 20" />
        <input
          id={SEARCH_BOX}
          name="q"
          type="search"
          autocomplete="off"
          spellcheck={false}
          placeholder={t(APP.searchHint)}
          aria-label={t(APP.search)}
          value={words.value}
          onInput={(event) => type(event.currentTarget.value)}
        />
        <kbd>/</kbd>
      </form>
      <div class="head-right">
        <a class="plain" href="/questions">
          {t(WORDS.questions)}
        </a>
        <button type="button" class="plain" lang={lang.value === "zh" ? "en" : "zh-Hans"} onClick={() => setLang(lang.value === "zh" ? "en" : "zh")}>
          {t(WORDS.language)}
        </button>
        <IconButton icon={dark.value ? "M12 4V2M12 22v-2M4 12H2M22 12h-2M6 6 4.6 4.6M19.4 19.4 18 18M6 18l-1.4 1.4M19.4 4.6 18 6M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8" : "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z"} label={t(WORDS.theme)} onClick={() => setDark(!dark.value)} />
        <IconButton icon="M9 9a3 3 0 1 1 4.2 2.7c-.8.4-1.2 1-1.2 1.8V14M12 17.5h.01" label={t(WORDS.help)} keys="?" onClick={() => (help.value = true)} />
      </div>
    </header>
  );
}

let typed = 0;

/** Search as one types, once the hand rests. */
function type(text: string): void {
  clearTimeout(typed);
  typed = window.setTimeout(() => {
    words.value = text;
    panel.value = "search";
    wide.value = true;
  }, 220);
}

function Rail() {
  return (
    <nav class="rail" aria-label={t(WORDS.panels)}>
      {PANELS.filter((each) => (!each.scope || may(each.scope)) && (!each.whole || seesAll())).map((each) => {
        const now = wide.value && each.id === panel.value;
        return (
          <button
            key={each.id}
            type="button"
            data-panel={each.id}
            aria-pressed={now}
            onClick={() => {
              wide.value = !now;
              panel.value = each.id;
            }}
          >
            <Icon path={each.icon} />
            <span>{t(each.title)}</span>
            {each.id === "subjects" && scene.value.nodes.size > 0 && <b>{scene.value.nodes.size}</b>}
          </button>
        );
      })}
    </nav>
  );
}

function Details() {
  const one = selection.value.size ? [...selection.value].at(-1)! : null;
  const subject = one && !one.startsWith("group:") ? one : null;
  if (!picked.value && !subject) return null;
  return (
    <aside class="details" aria-label={t(WORDS.details)} tabIndex={0}>
      {picked.value ? <EdgeCard key={picked.value} edgeKey={picked.value} /> : <Card key={subject} id={subject!} />}
    </aside>
  );
}

function Help() {
  return (
    <Dialog title={WORDS.help} onClose={() => (help.value = false)}>
      <dl class="keys">
        {KEYS_OF.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{t(what)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

function SignIn() {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    signIn(String(new FormData(event.currentTarget as HTMLFormElement).get("key")));
    whoAmI().then(
      () => void keepInStep(),
      () => tell(t(APP.refused)),
    );
  };
  return (
    <main class="sign-in">
      <img src="/static/icon.svg" alt="" width={44} height={44} />
      <h1>linkrisk · {t(WORDS.title)}</h1>
      <p>{t(APP.signInHow)}</p>
      <form onSubmit={submit}>
        <label>
          {t(APP.key)}
          <input name="key" type="password" required autocomplete="off" />
        </label>
        <button type="submit" class="main">
          {t(APP.signIn)}
        </button>
      </form>
      <p role="status" aria-live="polite" class="wrong">
        {said.value?.text}
      </p>
      <button type="button" class="plain" onClick={() => setLang(lang.value === "zh" ? "en" : "zh")}>
        {t(WORDS.language)}
      </button>
    </main>
  );
}
