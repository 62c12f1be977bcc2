// One position, several agents or budgets: what each would play, how sure it is, who is right.

import { useEffect, useState } from "preact/hooks";
import { Board, OtherMoves } from "hexlaw/board.js";
import { asPosition, boardAsked, boardOf, movesAsked, placeOf, playableOptions, unplayable, usePosition } from "hexlaw/boards.js";
import { moveName, PLAYERS } from "hexlaw/positions.js";
import { ask } from "hexlaw/link.js";
import { NoBoard, NodesSlider, PlayerChoice, RuleChoice, bestOf, isNetwork, nameOf, ratedAs, secondOf } from "hexlaw/players.js";
import { heatOf, labelsOf, perfectly } from "hexlaw/replay.js";
import { stakes } from "hexlaw/review.js";
import { Choice, Stone, capital, html, milliseconds, percent, signed, whole } from "hexlaw/ui.js";

const FIRST_BUDGETS = [1, 8, 64, 512];

/** What a player answers in a position; {said, error}. */
function useAnswer(question) {
  const [state, setState] = useState({});
  useEffect(() => {
    setState({});
    if (!question) return;
    return ask(question, (said) => setState({ said }), (problem) => setState({ error: problem.message }));
  }, [JSON.stringify(question)]);
  return state;
}

const share = (said) => {
  if (!said.visits) return null;
  const sum = said.visits.reduce((a, b) => a + b, 0);
  return sum ? said.visits[said.action] / sum : said.prior[said.action];
};

/** What is compared, of what is chosen. */
const entryOf = (lab, board, choice) => isNetwork(choice.player)
  ? { ...choice, second: secondOf(lab, board, choice) }
  : { ...choice, nodes: 1, second: undefined };

/** "64 nodes, gumbel", without what there is no choice of. */
const spendsOf = (lab, { nodes, rule, second }) => [
  !lab.without_nodes.includes(rule) && `${whole(nodes)} ${nodes === 1 ? "node" : "nodes"}`,
  lab.rules.length > 1 && rule,
  second && `with ${nameOf(lab, second)}`,
].filter(Boolean).join(", ");

function Contestant({ lab, board, moves, position, entry, verdict, onRemove }) {
  const { said, error } = useAnswer({ ask: "move", ...asPosition(board, moves), ...entry });
  const winning = verdict?.winning;
  const rated = ratedAs(lab, entry);
  const right = winning && said && winning.includes(said.action);
  return html`<section class="contestant">
    <h3>${nameOf(lab, entry.player)}${isNetwork(entry.player) && html`<small>${spendsOf(lab, entry)}</small>`}
      <button type="button" aria-label="Remove ${nameOf(lab, entry.player)}, ${entry.nodes} nodes" onClick=${onRemove}>✕</button></h3>
    <${Board} board=${board} position=${position} hint=${said?.action} name="What ${entry.player} thinks"
      heat=${said?.visits && heatOf(said, entry.nodes === 1 ? "prior" : "visits")}
      labels=${said?.visits ? labelsOf(said, entry.nodes === 1 ? "prior" : "visits") : {}} />
    ${error ? html`<p class="error">${error}</p>` : !said ? html`<p role="status">thinking …</p>` : html`<dl class="facts">
      <div><dt>plays</dt><dd><strong>${moveName(board, said.action)}</strong>${share(said) !== null && `, ${percent(share(said))} of its ${entry.nodes === 1 ? "prior" : "visits"}`}</dd></div>
      ${said.value !== undefined && html`<div><dt>value</dt><dd>${signed(said.value)} for ${PLAYERS[moves.length % 2]}</dd></div>`}
      ${rated && html`<div><dt>Elo</dt><dd>${whole(rated.elo)}</dd></div>`}
      ${said.seconds !== undefined && html`<div><dt>took</dt><dd>${milliseconds(said.seconds)}</dd></div>`}
      ${winning?.length > 0 && html`<div><dt>perfect play</dt><dd>${right ? `✓ keeps the ${stakes(verdict)}` : `✗ gives the ${stakes(verdict)} away`}</dd></div>`}
    </dl>`}
  </section>`;
}

export function Compare({ lab, settings }) {
  if (!playableOptions(lab).length) return html`<${NoBoard} />`;
  return html`<${Comparison} lab=${lab} settings=${settings} />`;
}

function Comparison({ lab, settings }) {
  const options = playableOptions(lab);
  const first = boardAsked(lab, settings) ?? options.findLast(([key]) => lab.drawn[key].game === lab.drawn[options[0][0]].game)[0];
  const [board, setBoard] = useState(boardOf(lab, first));
  const [moves, setMoves] = useState(movesAsked(settings));
  const start = (board) => FIRST_BUDGETS.map((nodes) => ({ player: bestOf(lab, board), nodes, rule: lab.rules[0] }));
  const [entries, setEntries] = useState(start(board));
  const [next, setNext] = useState({ player: bestOf(lab, board), nodes: 64, rule: lab.rules[0] });
  const { position, waits, error: refused } = usePosition(board, moves);
  const { over } = position;
  const solvable = board.proves && !over && !waits;
  const { said: verdict, error } = useAnswer(solvable ? { ask: "verdict", ...asPosition(board, moves) } : null);
  const change = (key) => {
    const other = boardOf(lab, key);
    setBoard(other), setMoves([]), setEntries(start(other));
    setNext({ ...next, player: bestOf(lab, other) });
  };
  const playMove = over || waits ? undefined : (action) => setMoves([...moves, action]);
  const labels = verdict ? Object.fromEntries(verdict.winning.map((action) => [action, stakes(verdict)])) : {};
  return html`<div class="stage">
    <div class="board-side">
      <${Choice} name="compare-size" label="Board" value=${board.key} onChange=${change} options=${options} />
      <${Board} board=${board} position=${position} onPlay=${playMove} labels=${labels} />
      <${OtherMoves} board=${board} position=${position} onPlay=${playMove} labels=${labels} />
      ${refused && html`<p class="error" role="alert">${refused}</p>`}
      <div class="controls">
        <button type="button" disabled=${!moves.length} onClick=${() => setMoves(moves.slice(0, -1))}>Undo</button>
        <button type="button" disabled=${!moves.length} onClick=${() => setMoves([])}>Clear</button>
        <a class="button" href="#/play?${placeOf(board, moves)}">Play on from here</a>
      </div>
      <p aria-live="polite"><${Stone} player=${moves.length % 2} /> ${over ? "The game is over." : `${capital(PLAYERS[moves.length % 2])} to move. Click the board to change the position.`}
        ${verdict ? ` Perfect play: ${perfectly(verdict.winner)}.` : error ? ` Perfect play: ${error}` : solvable ? " Perfect play: solving …" : ""}</p>
      <div class="setup">
        <${PlayerChoice} lab=${lab} board=${board} value=${next.player} label="Add" onChange=${(player) => setNext({ ...next, player })} />
        ${isNetwork(next.player) && html`<${RuleChoice} lab=${lab} board=${board} value=${next} onChange=${(chosen) => setNext({ ...next, ...chosen })} />
          <${NodesSlider} lab=${lab} choice=${next} onChange=${(nodes) => setNext({ ...next, nodes })} />`}
        <button type="button" class="main" onClick=${() => setEntries([...entries, entryOf(lab, board, next)])}>Add to the comparison</button>
      </div>
    </div>
    <div class="panel contestants">
      ${!over && !waits && entries.map((entry, k) => html`<${Contestant} key=${`${board.key}${k}${entry.player}${entry.nodes}${entry.rule}${entry.second}`} lab=${lab} board=${board} moves=${moves} position=${position} entry=${entry} verdict=${verdict}
        onRemove=${() => setEntries(entries.filter((_, other) => other !== k))} />`)}
    </div>
  </div>`;
}

/** In a replay: what would another agent, or another budget, play here? */
export function AskHere({ lab, board, moves, over }) {
  const [choice, setChoice] = useState({ player: bestOf(lab, board), nodes: 8, rule: lab.rules[0] });
  const question = { ask: "move", ...asPosition(board, moves), ...choice, nodes: isNetwork(choice.player) ? choice.nodes : 1 };
  const { said, error } = useAnswer(over || !board.playable ? null : question);
  const place = placeOf(board, moves);
  if (!board.playable) return html`<p class="legend">${unplayable(board)}</p>`;
  return html`<section class="ask-here">
    <h3>Who would play what here?</h3>
    <${PlayerChoice} lab=${lab} board=${board} value=${choice.player} label="Ask" onChange=${(player) => setChoice({ ...choice, player })} />
    ${isNetwork(choice.player) && html`<${NodesSlider} lab=${lab} choice=${choice} seconds=${said?.seconds} onChange=${(nodes) => setChoice({ ...choice, nodes })} />`}
    <p role="status">${over ? "The game is over." : error ?? (said ? html`Plays <strong>${moveName(board, said.action)}</strong>${said.value !== undefined && `, value ${signed(said.value)} for ${PLAYERS[moves.length % 2]}`}.` : "thinking …")}</p>
    ${!over && html`<p class="actions"><a class="button" href="#/play?${place}">Play on from here</a> <a class="button" href="#/compare?${place}">Compare agents here</a></p>`}
  </section>`;
}
