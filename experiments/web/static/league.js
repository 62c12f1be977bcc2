// Who there is, how strong, at what cost; whom they met; and the games.

import { useState } from "preact/hooks";
import { AskHere } from "hexlaw/compare.js";
import { EloChart, eloSpan } from "hexlaw/charts.js";
import { boardOf, boardOptions, unplayable } from "hexlaw/boards.js";
import { PLAYERS } from "hexlaw/positions.js";
import { saveStored, useRows } from "hexlaw/link.js";
import { Replay } from "hexlaw/replay.js";
import { Choice, Stone, html, percent, power, recall, remember, whole } from "hexlaw/ui.js";
import { Word } from "hexlaw/words.js";

const go = (path) => (location.hash = `#/${path}`);
const colour = ({ size }) => (size + 4) % 7; // as in the report's figures

function Found({ rows, children }) {
  if (rows.error) return html`<p class="error" role="alert">${rows.error}</p>`;
  return rows.data ? children(rows.data) : html`<p role="status">Reading …</p>`;
}

export function League({ lab }) {
  const [kept, setKept] = useState(recall("hexlaw-board"));
  const [nodes, setNodes] = useState("all");
  if (!lab.boards.length) {
    return html`<p>The lab holds no agents yet; <code>hexlaw reproduce</code> makes some.</p>`;
  }
  const largest = lab.boards.findLast(({ game }) => game === lab.boards[0].game).key;
  const board = boardOf(lab, lab.boards.some(({ key }) => key === kept) ? kept : largest);
  const here = lab.agents.filter((agent) => agent.board === board.key);
  const budgets = [...new Set(here.map((agent) => agent.nodes).filter(Boolean))].sort((a, b) => a - b);
  const shown = here.filter((agent) => nodes === "all" || agent.nodes === nodes);
  const choose = (next) => (setKept(next), setNodes("all"), remember("hexlaw-board", next));
  return html`<div class="choices">
      <${Choice} name="board" label="Board" value=${board.key} onChange=${choose} options=${boardOptions(lab)} />
      ${budgets.length > 1 && html`<${Choice} name="nodes" label="Nodes a move" value=${nodes} onChange=${setNodes}
        options=${[["all", "all"], ...budgets.map((each) => [each, whole(each)])]} />`}
    </div>
    <div class="two">
      <${Curves} agents=${shown} board=${board} />
      <section>
        <h2>Leaderboard, ${board.name}</h2>
        ${board.playable === false && html`<p class="legend">${unplayable(board)}</p>`}
        <${Leaderboard} agents=${shown.filter((agent) => agent.scale !== "jones")} zero=${zeroOf(here, "main")} />
        ${shown.some((agent) => agent.scale === "jones") && html`<h2>In the paper’s convention</h2>
        <p class="legend">The same snapshots with noise at the root and moves drawn at random: other players, who met
          only each other, on a scale of their own.</p>
        <${Leaderboard} agents=${shown.filter((agent) => agent.scale === "jones")} zero=${zeroOf(here, "jones")} />`}
        <p class="legend">${whole(lab.games)} stored games in the lab. Elo with its 95 % interval; an arrow says
          that it goes on beyond the axis. Ratings flagged * rest on too little. A name such as 8×2 s0 #5 says: a
          network of 8 neurons in each of 2 layers, trained from seed 0, its snapshot number 5.
          What is <${Word} of="Elo" />, a <${Word} of="node" />, what are <${Word} of="FLOPs" />?</p>
      </section>
    </div>`;
}

const zeroOf = (agents, scale) => agents.find((agent) => agent.zero && agent.scale === scale)?.name;

/** The ranked agents, then those without a place, each with the reason. */
function Leaderboard({ agents, zero }) {
  const rated = agents.filter((agent) => agent.elo !== null);
  if (!agents.length) return html`<p class="empty">No agent has played on this board.</p>`;
  const [low, high] = eloSpan(rated);
  const at = (elo) => `${(100 * (Math.min(Math.max(elo, low), high) - low)) / Math.max(1, high - low)}%`;
  const cut = (agent) => `${agent.low < low ? "cut-low" : ""} ${agent.high > high ? "cut-high" : ""}`;
  return html`${zero && html`<p class="legend">Zero is ${zero}.</p>`}
  <div class="scroll tall"><table class="league">
    <thead><tr><th scope="col">#</th><th scope="col" class="left">agent</th><th scope="col" class="of-nodes">nodes</th><th scope="col">Elo</th>
      <th scope="col" class="left">95 %</th><th scope="col">games</th><th scope="col">training FLOPs</th></tr></thead>
    <tbody>
      ${agents.map((agent, rank) => html`<tr key=${agent.id}>
        <td>${agent.elo === null ? html`<abbr title=${agent.apart ?? "no games"}>–</abbr>` : rank + 1}</td>
        <th scope="row" class="left"><a href="#/agent/${agent.id}">${agent.name}</a></th>
        <td class="of-nodes">${agent.nodes === null ? "–" : whole(agent.nodes)}</td>
        <td>${agent.elo === null ? "–" : whole(agent.elo)}${agent.flags ? html`<abbr title=${agent.flags}>*</abbr>` : ""}</td>
        <td class="left">${agent.elo !== null && html`<span class="interval ${cut(agent)}" title="${whole(agent.low)} to ${whole(agent.high)}">
          <span class="bar" style=${{ left: at(agent.low), right: `calc(100% - ${at(agent.high)})` }}></span>
          <span class="middle" style=${{ left: at(agent.elo) }}></span>
          <span class="hidden">${whole(agent.low)} to ${whole(agent.high)}</span></span>`}</td>
        <td>${agent.games ? whole(agent.games) : "–"}</td>
        <td>${agent.train_flops === null ? "–" : power(agent.train_flops)}</td>
      </tr>`)}
    </tbody>
  </table></div>`;
}

/** Elo against what training and what a move costs, where each has something to show. */
function Curves({ agents, board, chosen }) {
  const [axis, setAxis] = useState("train_flops");
  const axes = { train_flops: "training FLOPs", nodes: "nodes a move", move_flops: "FLOPs a move" };
  const scale = agents.find((agent) => agent.id === chosen)?.scale ?? "main";
  const rated = agents.filter((agent) => agent.scale === scale && agent[axis]);
  // A line is what stays the same: the run and its nodes over training, the snapshot over nodes.
  const lines = Map.groupBy(rated, (agent) =>
    axis === "train_flops" ? `${agent.snapshot?.split("#")[0]}@${agent.nodes}` : agent.snapshot);
  const series = [...lines].map(([name, members]) => ({
    name,
    colour: colour(board),
    points: members
      .map((agent) => ({ ...agent, x: agent[axis], title: agent.name }))
      .sort((a, b) => a.x - b.x),
  }));
  return html`<section>
    <h2>Elo against compute</h2>
    <${Choice} name="axis" label="Over" options=${Object.entries(axes)} value=${axis} onChange=${setAxis} />
    <${EloChart} series=${series} axis=${axes[axis]} base=${axis === "nodes" ? 2 : 10} chosen=${chosen}
      onPick=${(id) => go(`agent/${id}`)} />
  </section>`;
}

export function AgentPage({ lab, id }) {
  const agent = lab.agents.find((each) => each.id === id);
  const rows = useRows(`/api/agent/${id}`);
  if (!agent) return html`<p class="error">There is no agent ${id}. <a href="#/agents">See all</a>.</p>`;
  const board = boardOf(lab, agent.board);
  const relatives = lab.agents.filter((each) => each.board === agent.board);
  return html`<h2>${agent.name} <small>${board.name}</small></h2>
    <dl class="facts">
      <div><dt>name</dt><dd><code>${agent.spec}</code></dd></div>
      <div><dt>Elo</dt><dd>${agent.elo === null ? `not rated: ${agent.apart ?? "no games"}` : `${whole(agent.elo)} (${whole(agent.low)} to ${whole(agent.high)})`}</dd></div>
      ${agent.flags && html`<div><dt>caution</dt><dd>${agent.flags}</dd></div>`}
      ${agent.nodes !== null && html`<div><dt>nodes a move</dt><dd>${whole(agent.nodes)}</dd></div>`}
      ${agent.parameters !== null && html`<div><dt>parameters</dt><dd>${whole(agent.parameters)}</dd></div>`}
      ${agent.train_flops !== null && html`<div><dt>training FLOPs</dt><dd>${power(agent.train_flops)}</dd></div>`}
      ${agent.move_flops !== null && html`<div><dt>FLOPs a move</dt><dd>${power(agent.move_flops)}</dd></div>`}
    </dl>
    ${board.playable === false && html`<p class="legend">${unplayable(board)}</p>`}
    ${playable(board, agent) && html`<p><a class="button" href="#/play?player=${encodeURIComponent(agent.snapshot ?? agent.spec)}&board=${agent.board}&nodes=${agent.nodes ?? 1}">Play against it</a></p>`}
    <div class="two">
      <${Curves} agents=${relatives} board=${board} chosen=${id} />
      <${Found} rows=${rows}>${(found) => html`<section>
        <h2>Opponents</h2>
        <${Opponents} lab=${lab} id=${id} opponents=${found.opponents} />
        <h2>Games</h2>
        <${Games} lab=${lab} found=${found} />
      </section>`}<//>
    </div>`;
}

/** Whether the play page can ask an agent; until more is known of its board it is believed to. */
const playable = (board, { snapshot, kind }) =>
  board.playable !== false && (snapshot || kind === "random" || (kind === "perfect" && board.solved));

function Opponents({ lab, id, opponents }) {
  const named = new Map(lab.agents.map((agent) => [agent.id, agent]));
  const sum = (row, what) => (row[`black_${what}`] ?? 0) + (row[`white_${what}`] ?? 0);
  const drawn = opponents.some((row) => sum(row, "draws") > 0);
  const sorted = [...opponents].sort((a, b) => (named.get(b.id)?.elo ?? -1e9) - (named.get(a.id)?.elo ?? -1e9));
  return html`<div class="scroll short"><table>
    <thead><tr><th scope="col" class="left">against</th><th scope="col">Elo</th><th scope="col">won</th><th scope="col">lost</th>${drawn && html`<th scope="col">drawn</th>`}
      <th scope="col">as black</th><th scope="col">as white</th></tr></thead>
    <tbody>${sorted.map((row) => html`<tr key=${row.id}>
      <th scope="row" class="left"><a href="#/pair/${id}/${row.id}">${named.get(row.id)?.name ?? row.id}</a></th>
      <td>${named.get(row.id)?.elo == null ? "–" : whole(named.get(row.id).elo)}</td>
      <td>${sum(row, "wins")}</td><td>${sum(row, "losses")}</td>${drawn && html`<td>${sum(row, "draws")}</td>`}
      <td>${row.black_wins ?? 0} : ${row.black_losses ?? 0}</td><td>${row.white_wins ?? 0} : ${row.white_losses ?? 0}</td>
    </tr>`)}</tbody>
  </table></div>`;
}

function Games({ lab, found }) {
  const named = new Map(lab.agents.map((agent) => [agent.id, agent]));
  const name = (id) => named.get(id)?.name ?? id;
  return html`<div class="scroll short"><table>
      <thead><tr><th scope="col">game</th><th scope="col" class="left">black</th><th scope="col" class="left">white</th>
        <th scope="col">winner</th><th scope="col">moves</th></tr></thead>
      <tbody>${found.games.map((game) => html`<tr key=${game.id}>
        <th scope="row"><a href="#/game/${game.id}">${game.id}</a></th>
        <td class="left">${name(game.black_id)}</td><td class="left">${name(game.white_id)}</td>
        <td>${game.winner < 0 ? "draw" : html`<${Stone} player=${game.winner} /> ${PLAYERS[game.winner]}`}${game.ending === "board" ? "" : ` (${game.ending})`}</td>
        <td>${game.plies}</td>
      </tr>`)}</tbody>
    </table></div>
    <p class="legend">${kept(found)}</p>`;
}

/** Why the list is as long as it is. */
function kept({ games, total, played }) {
  const words = [];
  if (total > games.length) words.push(`The newest ${whole(games.length)} of the ${whole(total)} games that are stored.`);
  if (played > total) {
    words.push(`${whole(total)} of ${whole(played)} games are kept with their moves, of the others only the result.`);
  } else if (total === games.length) words.push(`All ${whole(total)} games that were played.`);
  return words.join(" ");
}

export function PairPage({ lab, ids }) {
  const rows = useRows(`/api/pair/${ids.join("/")}`);
  const [first, second] = ids.map((id) => lab.agents.find((agent) => agent.id === id));
  return html`<${Found} rows=${rows}>${(found) => {
    const won = found.records.reduce(
      (sum, row) => sum + (row.black_id === ids[0] ? row.black_wins : row.white_wins), 0);
    const drawn = found.records.reduce((sum, row) => sum + row.draws, 0);
    const counted = found.records.reduce((sum, row) => sum + row.black_wins + row.white_wins + row.draws, 0);
    return html`<h2><a href="#/agent/${ids[0]}">${first.name}</a> against <a href="#/agent/${ids[1]}">${second.name}</a>
        <small>${boardOf(lab, first.board).name}</small></h2>
      <p>${first.name} won ${whole(won)} of ${whole(counted)} games that count${counted ? ` (${percent(won / counted)})` : ""}${drawn ? ` and drew ${whole(drawn)}` : ""}.
        Their Elo: ${first.elo === null ? "–" : whole(first.elo)} and ${second.elo === null ? "–" : whole(second.elo)}.</p>
      <div class="scroll"><table class="narrow">
        <thead><tr><th scope="col" class="left">black</th><th scope="col">black won</th><th scope="col">white won</th><th scope="col">games</th><th scope="col">distinct</th></tr></thead>
        <tbody>${found.records.map((row) => html`<tr><th scope="row" class="left">${(row.black_id === ids[0] ? first : second).name}</th>
          <td>${row.black_wins}</td><td>${row.white_wins}</td><td>${row.games}</td><td>${row.distinct_games}</td></tr>`)}</tbody>
      </table></div>
      <${Games} lab=${lab} found=${found} />`;
  }}<//>`;
}

export function GamePage({ lab, id }) {
  const [thoughts, setThoughts] = useState(false);
  const rows = useRows(`/api/game/${id}${thoughts ? "?thoughts" : ""}`);
  const [ply, setPly] = useState(0);
  const [error, setError] = useState(null);
  const fail = (problem) => setError(problem.message);
  return html`<${Found} rows=${rows}>${(record) => html`
    ${error && html`<p class="error" role="alert">${error}</p>`}
    <h2>Game ${id} <small>${record.title}</small></h2>
    <p class="actions">
      ${!thoughts && record.board.playable && html`<button type="button" class="main" onClick=${() => setThoughts(true)}>What did they think?</button>`}
      <button type="button" onClick=${() => saveStored(id, "html").catch(fail)}>Save as one page</button>
      ${record.board.sgf && html`<button type="button" onClick=${() => saveStored(id, "sgf").catch(fail)}>Save as SGF</button>`}
    </p>
    <${Replay} record=${record} start=${ply} onPly=${setPly}
      extras=${(moves) => html`<${AskHere} lab=${lab} board=${lab.drawn[record.board.key] ?? record.board} moves=${moves}
        over=${record.over && moves.length === record.moves.length} />`} />`}<//>`;
}
