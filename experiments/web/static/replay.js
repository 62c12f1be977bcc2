// One game, move by move: the board, what the agents thought, and how it was decided.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Board, OtherMoves } from "hexlaw/board.js";
import { ValueChart } from "hexlaw/charts.js";
import { cellsOf, ending, ghostsOf, moveName, moveNames, positionsOf, NOBODY, PLAYERS } from "hexlaw/positions.js";
import { Choice, Stone, capital, html, milliseconds, percent, power, signed, whole } from "hexlaw/ui.js";
import { Word } from "hexlaw/words.js";

const HEATS = [["none", "none"], ["prior", "prior"], ["visits", "visits"], ["q", "Q"]];
const CANDIDATES = 6;
const LABELLED = 0.05; // cells with at least this share carry a number
const PLAY_EVERY = 900; // milliseconds a move

/** Plies at which a win or a draw was thrown away, as far as the exact solver knows. */
export const blunders = (record) =>
  record.moves.map((action, ply) => {
    const verdict = record.perfect[ply];
    if (ply < record.opening_plies) return false; // nobody chose it
    return !!verdict && verdict.winner !== 1 - (ply % 2) && !verdict.moves.includes(action);
  });

/**
 * @param record a game as experiments/web/replay_page.py describes it
 * @param start the ply to show first
 * @param onPly told of every change
 * @param extras (moves) => more to show of the position, where there is a server to ask
 */
export function Replay({ record, start = 0, onPly = () => {}, extras }) {
  const { board, moves, analyses } = record;
  const [ply, setPly] = useState(Math.min(start, moves.length));
  const [kind, setKind] = useState(analyses.length ? "visits" : "none");
  const [thinker, setThinker] = useState(0);
  const [playing, setPlaying] = useState(false);
  const [looked, setLooked] = useState(null); // the cell under the pointer
  const [showsLine, setShowsLine] = useState(false);
  const blundered = useMemo(() => blunders(record), [record]);
  const positions = useMemo(() => positionsOf(record), [record]);

  const go = (to) => setPly(Math.max(0, Math.min(moves.length, to)));
  // From where the page stands by then, not from where it stood when the key was bound.
  const step = (by) => setPly((now) => Math.max(0, Math.min(moves.length, now + by)));
  useEffect(() => onPly(ply), [ply]);
  useEffect(() => {
    if (!playing) return;
    if (ply === moves.length) return setPlaying(false);
    const timer = setTimeout(() => setPly(ply + 1), PLAY_EVERY);
    return () => clearTimeout(timer);
  }, [playing, ply]);
  useEffect(() => {
    const keys = {
      ArrowLeft: () => step(-1), ArrowRight: () => step(1),
      Home: () => go(0), End: () => go(moves.length),
    };
    const onKey = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target.closest?.("input, select, textarea, .board")) return;
      if (!keys[event.key]) return;
      event.preventDefault();
      keys[event.key]();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [moves.length]);

  const analysis = analyses[Math.min(thinker, analyses.length - 1)];
  const thought = analysis?.moves[ply];
  const played = moves.slice(0, ply);
  return html`<div class="replay">
    <${Players} record=${record} />
    <div class="stage">
      <div class="board-side">
        <${Board}
          board=${board}
          position=${positions[ply]}
          heat=${heatOf(thought, kind)}
          labels=${showsLine ? {} : labelsOf(thought, kind)}
          ghosts=${showsLine && thought ? ghostsOf(thought, ply % 2) : []}
          next=${cellsOf(record, ply)}
          onLook=${setLooked}
        />
        <${OtherMoves} board=${board} position=${positions[ply]} labels=${labelsOf(thought, kind)} />
        <${Controls} ply=${ply} last=${moves.length} go=${go} playing=${playing} setPlaying=${setPlaying} />
        <p class="situation" aria-live="polite">${situation(record, ply, blundered, positions[ply])}</p>
      </div>
      <div class="panel">
        ${analyses.length > 0 &&
        html`<div class="choices">
          <${Choice} name="heat" label="Heat map" options=${HEATS} value=${kind} onChange=${setKind} />
          ${analyses.length > 1 &&
          html`<${Choice}
            name="thinker"
            label="Thoughts of"
            options=${analyses.map((each, k) => [k, each.agent])}
            value=${thinker}
            onChange=${setThinker}
          />`}
        </div>`}
        ${thought &&
        html`<${ThoughtsTable}
          thought=${thought}
          board=${board}
          player=${ply % 2}
          looked=${looked}
          played=${moves[ply]}
          winning=${record.perfect[ply]}
          onLine=${setShowsLine}
          showsLine=${showsLine}
          thinker=${analysis.agent}
          nodes=${analysis.nodes}
        />`}
        ${analyses.length > 0 && html`<${ValueChart} record=${record} ply=${ply} go=${go} blundered=${blundered} />`}
        <${MoveList} record=${record} ply=${ply} go=${go} blundered=${blundered} />
        ${extras?.(played)}
      </div>
    </div>
    ${record.origin && html`<p class="origin">${record.origin}</p>`}
  </div>`;
}

function Players({ record }) {
  return html`<div class="players">
    ${record.players.map(
      (player, colour) => html`<section aria-label=${PLAYERS[colour]}>
        <h2><${Stone} player=${colour} /> ${player.name}${" "}
          ${record.winner === colour && html`<span class="won">won</span>`}</h2>
        <dl>${facts(player, record.board.aims[colour]).map(([key, value]) => html`<div><dt>${key}</dt><dd>${value}</dd></div>`)}</dl>
      </section>`,
    )}
  </div>`;
}

function facts(player, aim) {
  const found = aim ? [["aim", aim]] : [];
  if (player.elo !== null) {
    const margin = player.se === null ? "" : ` ± ${whole(1.96 * player.se)}`;
    found.push(["Elo", whole(player.elo) + margin]);
  }
  if (player.nodes !== null) found.push(["nodes a move", whole(player.nodes)]);
  if (player.move_flops !== null) found.push(["FLOPs a move", power(player.move_flops)]);
  if (player.train_flops !== null) found.push(["training FLOPs", power(player.train_flops)]);
  return [...found, ...Object.entries(player.settings)];
}

function Controls({ ply, last, go, playing, setPlaying }) {
  const button = (label, symbol, to, disabled) =>
    html`<button type="button" aria-label=${label} title=${label} disabled=${disabled} onClick=${() => go(to)}>${symbol}</button>`;
  return html`<div class="controls" role="group" aria-label="Step through the game">
    ${button("First position", "|◀", 0, ply === 0)}
    ${button("One move back", "◀", ply - 1, ply === 0)}
    <button type="button" disabled=${ply === last && !playing} onClick=${() => setPlaying(!playing)}>
      ${playing ? "Pause" : "Play"}
    </button>
    ${button("One move on", "▶", ply + 1, ply === last)}
    ${button("Last position", "▶|", last, ply === last)}
    <input
      type="range" min="0" max=${last} value=${ply}
      aria-label="Move" aria-valuetext=${`after ${ply} of ${last} moves`}
      onInput=${(event) => go(Number(event.target.value))}
    />
    <output>${ply} / ${last}</output>
  </div>`;
}

function situation(record, ply, blundered, position) {
  const { board, moves } = record;
  const words = [];
  if (ply > 0) {
    const action = moves[ply - 1];
    const opening = ply <= record.opening_plies ? " (opening, drawn at random)" : "";
    words.push(`Move ${ply}: ${PLAYERS[(ply - 1) % 2]} ${moveName(board, action)}${opening}.`);
    if (blundered[ply - 1]) words.push(`A blunder: it threw away a ${record.perfect[ply - 1].winner === NOBODY ? "draw" : "won game"}.`);
  }
  if (ply === moves.length) {
    words.push(
      position.over ? ending(position)
      : record.winner === -1 ? "A draw."
      : record.winner !== null ? `${capital(PLAYERS[record.winner])} wins; the other side gave up.`
      : `${capital(PLAYERS[ply % 2])} to move; the game is not over.`,
    );
  } else {
    words.push(`${capital(PLAYERS[ply % 2])} to move.`);
    const verdict = record.perfect[ply];
    if (verdict) words.push(`Perfect play: ${perfectly(verdict.winner)}.`);
  }
  return words.join(" ");
}

/** What perfect play leads to. */
export const perfectly = (winner) => (winner === NOBODY ? "a draw" : `${PLAYERS[winner]} wins`);

const total = (visits) => Math.max(1, visits.reduce((sum, n) => sum + n, 0));

/** Shades for the board: shares as a part of the largest one, Q as it is. */
export function heatOf(thought, kind) {
  if (!thought || kind === "none") return undefined;
  if (kind === "visits" && !thought.visits.some(Boolean)) kind = "prior"; // 1 node searches nothing
  if (kind === "q") {
    return { kind, values: thought.q.map((q, a) => (thought.visits[a] ? q : null)) };
  }
  const values = thought[kind];
  const most = Math.max(...values, 1e-9);
  return { kind, values: values.map((value) => value / most) };
}

/** What stands on the shaded cells. */
export function labelsOf(thought, kind) {
  if (!thought || kind === "none") return {};
  if (kind === "visits" && !thought.visits.some(Boolean)) kind = "prior";
  const shares = kind === "prior" ? thought.prior : thought.visits.map((n) => n / total(thought.visits));
  const labels = {};
  shares.forEach((share, action) => {
    if (share < LABELLED) return;
    labels[action] = kind === "q" ? signed(thought.q[action], 1) : `${Math.round(100 * share)}`;
  });
  return labels;
}

/** The moves an agent considered, and the line it expects. */
export function ThoughtsTable({
  thought, board, player, looked, played, winning, thinker, nodes, onLine, showsLine,
}) {
  const visited = total(thought.visits);
  const spent = `${whole(nodes)} ${nodes === 1 ? "node" : "nodes"}`; // a name may end with it
  const strength = (a) => thought.visits[a] + thought.prior[a];
  const order = [...thought.prior.keys()].sort((a, b) => strength(b) - strength(a));
  const rows = order.slice(0, CANDIDATES).filter((a) => strength(a) > 0.001);
  for (const extra of [played, looked]) {
    if (extra !== undefined && extra !== null && !rows.includes(extra) && strength(extra) > 0) rows.push(extra);
  }
  const line = moveNames(board, thought.variation).join(" ");
  const perfect = winning && winning.winner !== 1 - player ? winning.moves : [];
  return html`<section class="thoughts" aria-label="What the agent thought">
    <p>
      <strong>${thinker}</strong>${!thinker.endsWith(spent) && ` with ${spent}`}:
      value for ${PLAYERS[player]}${" "}<b>${signed(thought.value)}</b>${" "}
      (network alone ${signed(thought.network_value)})${thought.seconds !== undefined && html`, ${milliseconds(thought.seconds)}`}${thought.spent && `; ${thought.spent}`}
    </p>
    <div class="scroll"><table>
      <thead><tr><th scope="col">move</th>${["prior", "visits", "Q"].map((of) => html`<th scope="col"><${Word} of=${of} /></th>`)}<th scope="col"><span class="hidden">notes</span></th></tr></thead>
      <tbody>
        ${rows.map(
          (action) => html`<tr key=${action} class=${action === looked ? "looked" : ""}>
            <th scope="row">${moveName(board, action)}</th>
            <td>${percent(thought.prior[action])}</td>
            <td>${percent(thought.visits[action] / visited)}</td>
            <td>${thought.visits[action] ? signed(thought.q[action]) : "–"}</td>
            <td>${[action === played && "played", perfect.includes(action) && (winning.winner === NOBODY ? "draws" : "wins")].filter(Boolean).join(", ")}</td>
          </tr>`,
        )}
      </tbody>
    </table></div>
    ${thought.variation.length > 1 &&
    html`<button
      type="button" class="line" aria-pressed=${showsLine ? "true" : "false"}
      onPointerEnter=${(event) => event.pointerType === "mouse" && onLine(true)}
      onPointerLeave=${(event) => event.pointerType === "mouse" && onLine(false)}
      onFocus=${() => onLine(true)} onBlur=${() => onLine(false)}
    >expects ${line}</button>`}
  </section>`;
}

function MoveList({ record, ply, go, blundered }) {
  const list = useRef(null);
  useEffect(() => {
    const current = list.current.children[ply - 1];
    if (!current) return void (list.current.scrollTop = 0);
    // Not scrollIntoView: on a phone it would pull the board out of sight.
    const above = current.offsetTop;
    list.current.scrollTop = above - list.current.clientHeight / 2;
  }, [ply]);
  return html`<section class="moves">
    <h3>Moves</h3>
    <ol ref=${list}>
      ${record.moves.map(
        (action, k) => html`<li key=${k}>
          <button
            type="button"
            class="${k < record.opening_plies ? "opening" : ""} ${blundered[k] ? "blunder" : ""}"
            aria-current=${ply === k + 1 ? "step" : undefined}
            aria-label=${`${k + 1}, ${PLAYERS[k % 2]} ${moveName(record.board, action)}${blundered[k] ? ", blunder" : ""}`}
            onClick=${() => go(k + 1)}
          ><${Stone} player=${k % 2} /> ${moveName(record.board, action)}${blundered[k] ? " ✗" : ""}</button>
        </li>`,
      )}
    </ol>
    ${blundered.some(Boolean) && html`<p class="legend">✗ blunder: a won or drawn position given away, says the exact solver</p>`}
  </section>`;
}
