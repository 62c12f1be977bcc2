// The offline page: one game that the page itself carries.

import { render } from "preact";
import { Replay } from "hexlaw/replay.js";
import { ThemeChoice, html } from "hexlaw/ui.js";
import { Words } from "hexlaw/words.js";

const record = JSON.parse(document.getElementById("record").textContent);
const start = Number(/^#(\d+)$/.exec(location.hash)?.[1] ?? 0);
const onPly = (ply) => {
  try {
    history.replaceState(null, "", `#${ply}`);
  } catch {
    // some browsers refuse it for files; the address then stays as it was
  }
};

render(
  html`<header class="top"><h1>${record.title}</h1><${ThemeChoice} /></header>
    <main><${Replay} record=${record} start=${start} onPly=${onPly} /></main><${Words} />`,
  document.getElementById("page"),
);
