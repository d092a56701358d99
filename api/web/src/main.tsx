import { render } from "preact";
import { App } from "./app";
import { lang, setLang } from "./i18n";
import "./style/page.css";

setLang(lang.value);
render(<App />, document.getElementById("app")!);
