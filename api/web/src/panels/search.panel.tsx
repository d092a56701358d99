import { t } from "../i18n";
import { APP } from "../words/app";
import type { Panel } from ".";

function Search() {
  return <p>{t(APP.empty)}</p>;
}

export const panel: Panel = { id: "search", title: APP.search, icon: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5 20 20", order: 10, component: Search };
