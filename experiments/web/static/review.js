// A game looked at again: where it was decided, what would have been right, and how it could go on.

import { useEffect, useMemo, useState } from "preact/hooks";
import { cellName, winnerOf, NOBODY, PLAYERS } from "hexlaw/hex.js";
import { ask } from "hexlaw/link.js";
import { bestOf, nameOf } from "hexlaw/players.js";
import { Replay } from "hexlaw/replay.js";
import { Stone, html, signed } from "hexlaw/ui.js";

const NODES = 64; // of the agent that is asked about every move
const SWING = 0.6; // in value, from which a move is worth a look where nothing can be proven

const cells = (actions, size) => actions.map((action) => cellName(action, size)).join(", ");

/**
 * What a move did, given who would have won before it; none where that is not known.
 *
 * @param verdict {winner, winning} before the move
 */
export function judge(verdict, action, player) {
  if (!verdict) return null;
  if (verdict.winner !== player) return "lost";
  return verdict.winning.includes(action) ? "kept" : "gave";
}

/** The plies at which the game turned: {ply, text}, the proven ones or, if none can be, the likely. */
export function turningPoints({ moves, size }, verdicts, thoughts) {
  const found = [];
  moves.forEach((action, ply) => {
    const before = verdicts[ply];
    if (before) {
      if (judge(before, action, ply % 2) !== "gave") return;
      found.push({ ply, text: `gave the win away; ${cells(before.winning, size)} would have kept it` });
    } else if (thoughts[ply] && thoughts[ply + 1]) {
      const [was, is] = [thoughts[ply].value, -thoughts[ply + 1].value];
      if (was - is < SWING) return;
      const better = cellName(thoughts[ply].action, size);
      found.push({ ply, text: `played what looks like a mistake (value ${signed(was)}, then ${signed(is)}); the agent would have played ${better}` });
    }
  });
  return found;
}

/** {verdicts, thoughts} before each move, as they come in; a verdict is null where no proof was found. */
function useAnswers({ size, moves }, lab, reviewer) {
  const [answers, setAnswers] = useState({ verdicts: {}, thoughts: {} });
  useEffect(() => {
    setAnswers({ verdicts: {}, thoughts: {} });
    const put = (kind, ply) => (said) =>
      setAnswers((before) => ({ ...before, [kind]: { ...before[kind], [ply]: said } }));
    // The end first: what is proven late in a game helps before.
    const plies = [...moves.keys()].reverse();
    const position = (ply) => ({ size, moves: moves.slice(0, ply) });
    const player = { player: reviewer, nodes: NODES, rule: lab.rules[0] };
    const asked = plies.flatMap((ply) => [
      ask({ ask: "move", ...position(ply), ...player }, put("thoughts", ply)),
      ...(size <= lab.proves_up_to
        ? [ask({ ask: "verdict", ...position(ply) }, put("verdicts", ply), () => put("verdicts", ply)(null))]
        : []),
    ]);
    return () => asked.forEach((stop) => stop());
  }, [moves, reviewer]);
  return answers;
}

/**
 * @param game {size, moves, names: [black's, white's]}
 * @param onBranch called with the moves from which to play on
 */
export function Review({ lab, game, onBranch }) {
  const { size, moves, names } = game;
  const reviewer = bestOf(lab, size);
  const { verdicts, thoughts } = useAnswers(game, lab, reviewer);
  const [start, setStart] = useState(0);
  const points = turningPoints(game, verdicts, thoughts);
  const complete = Object.keys(thoughts).length === moves.length;
  const judged = size > lab.proves_up_to || Object.keys(verdicts).length === moves.length;
  const unproven = moves.filter((_, ply) => !verdicts[ply]).length;
  const winner = winnerOf(moves, size);
  const record = useMemo(() => ({
    size, moves,
    winner: winner === NOBODY ? null : winner,
    opening_plies: 0,
    players: names.map((name) => ({ name, elo: null, se: null, nodes: null, move_flops: null, train_flops: null, settings: {} })),
    analyses: complete ? [{ agent: nameOf(lab, reviewer), nodes: NODES, colour: null, moves: moves.map((_, ply) => thoughts[ply]) }] : [],
    perfect: moves.map((_, ply) => verdicts[ply] ? { winner: verdicts[ply].winner, moves: verdicts[ply].winning } : null),
    origin: "",
  }), [complete, verdicts]);
  return html`<section class="review" aria-label="Review">
    <h2>Where the game turned</h2>
    ${points.length
      ? html`<ol class="turns">${points.map(({ ply, text }) => html`<li>
          <button type="button" onClick=${() => setStart(ply)}><${Stone} player=${ply % 2} /> move ${ply + 1}, ${cellName(moves[ply], size)}</button>
          ${" "}${names[ply % 2]} ${text}.</li>`)}</ol>`
      : html`<p role="status">${complete && judged ? `Nowhere: ${PLAYERS[winner]}’s moves were right from the beginning, as far as is known here.` : "Looking at every move …"}</p>`}
    <p class="legend">${[
      unproven < moves.length && "“Gave the win away” is proven by exact search.",
      !judged && "Still looking for proofs …",
      judged && unproven > 0 && `Of ${unproven === moves.length ? `the ${unproven}` : `${unproven} of the ${moves.length}`} positions no proof was found in time; there speaks the opinion of ${nameOf(lab, reviewer)} with ${NODES} nodes.`,
    ].filter(Boolean).join(" ")}</p>
    <${Replay} key=${`${start}${complete}`} record=${record} start=${start}
      extras=${(before) => html`<p class="actions">
        <button type="button" class="main" disabled=${before.length === moves.length} onClick=${() => onBranch(before)}>Play on from here</button>
        <a class="button" href="#/compare?size=${size}&moves=${before.join(",")}">Compare agents here</a></p>`} />
  </section>`;
}
