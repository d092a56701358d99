import { useEffect } from "preact/hooks";
import { stranger, whoAmI } from "./api";
import { lang, setLang, t } from "./i18n";
import { PANELS } from "./panels";
import { panel } from "./state";
import { APP } from "./words/app";
import { WORDS } from "./words/common";

export function App() {
  useEffect(() => void whoAmI().catch(() => undefined), []);
  const open = PANELS.find((each) => each.id === panel.value);
  if (stranger.value) return <main>{t(APP.signInHow)}</main>;
  return (
    <div class="app">
      <nav class="rail" aria-label={t(WORDS.panels)}>
        {PANELS.map((each) => (
          <button key={each.id} aria-pressed={each.id === panel.value} title={t(each.title)} onClick={() => (panel.value = each.id)}>
            <svg viewBox="0 0 24 24" aria-hidden="true"><path d={each.icon} /></svg>
          </button>
        ))}
        <button onClick={() => setLang(lang.value === "zh" ? "en" : "zh")}>{t(WORDS.language)}</button>
      </nav>
      {open && <open.component />}
    </div>
  );
}
