import { render } from "preact";
import { App, begin } from "./app";
import "./style/page.css";

begin();
render(<App />, document.getElementById("app")!);
