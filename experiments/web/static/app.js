// The page of `hexlaw serve`: which view the address names, and the frame around it.

import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Compare } from "hexlaw/compare.js";
import { AgentPage, GamePage, League, PairPage } from "hexlaw/league.js";
import { useConnected, useRows } from "hexlaw/link.js";
import { Play } from "hexlaw/play.js";
import { ThemeChoice, html } from "hexlaw/ui.js";
import { Words } from "hexlaw/words.js";

// A server shows its agents first, which it can before it can search; elsewhere a visitor plays.
const HOME = document.getElementById("engine") ? "play" : "agents";
const ASKING = ["game", "play", "compare"]; // views that ask agents about positions

const TABS = [["play", "Play"], ["agents", "Agents"], ["compare", "Compare"]];

/** The address after #/, as [view, ...arguments] and its ?settings. */
function useAddress() {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const follow = () => setHash(location.hash);
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  const [path, settings] = hash.replace(/^#\/?/, "").split("?");
  return [(path || HOME).split("/"), new URLSearchParams(settings)];
}

function View({ path, settings, lab }) {
  const [view, ...rest] = path;
  const numbers = rest.map(Number);
  switch (view) {
    case "agents": return html`<${League} lab=${lab} />`;
    case "agent": return html`<${AgentPage} key=${numbers[0]} lab=${lab} id=${numbers[0]} />`;
    case "pair": return html`<${PairPage} key=${rest.join()} lab=${lab} ids=${numbers} />`;
    case "game": return html`<${GamePage} key=${numbers[0]} lab=${lab} id=${numbers[0]} />`;
    case "play": return html`<${Play} key=${settings.toString()} lab=${lab} settings=${settings} />`;
    case "compare": return html`<${Compare} key=${settings.toString()} lab=${lab} settings=${settings} />`;
    default: return html`<p>There is no such view. <a href="#/agents">See the agents</a>.</p>`;
  }
}

function App() {
  const [path, settings] = useAddress();
  const { data: rows, error: refused } = useRows("/api/lab");
  // What may be asked is known a moment later: the server shows rows before it can search.
  const { data: choices, error: failed } = useRows("/api/choices");
  const asking = ASKING.includes(path[0]);
  const error = refused ?? (asking ? failed : undefined);
  const lab = rows && (choices || !asking) && { ...rows, ...choices };
  const connected = useConnected();
  useEffect(() => window.scrollTo(0, 0), [path.join("/")]);
  const tab = TABS.find(([key]) => key === path[0])?.[1];
  useEffect(() => {
    if (rows) document.title = [tab, rows.title].filter(Boolean).join(" · ");
  }, [rows, tab]);
  return html`<header class="top">
      <h1><a href="#/">${rows?.title ?? "Agents"}</a></h1>
      <nav aria-label="Views">
        ${TABS.map(([key, name]) => html`<a href="#/${key}" aria-current=${path[0] === key ? "page" : undefined}>${name}</a>`)}
      </nav>
      <span class="connection" role="status">${connected ? "" : "server not reached; trying again …"}</span>
      <${ThemeChoice} />
    </header>
    <main>
      ${error ? html`<p class="error" role="alert">${error}</p>`
      : lab ? html`<${View} path=${path} settings=${settings} lab=${lab} />`
      : html`<p role="status">${rows ? "Getting ready to search …" : "Reading the lab …"}</p>`}
    </main>
    <${Words} />`;
}

render(html`<${App} />`, document.getElementById("page"));
