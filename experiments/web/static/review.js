// A game looked at again: where it was decided, what would have been right, and how it could go on.

import { useEffect, useMemo, useState } from "preact/hooks";
import { asPosition, placeOf, useCourse } from "hexlaw/boards.js";
import { moveName, moveNames, NOBODY, PLAYERS } from "hexlaw/positions.js";
import { ask } from "hexlaw/link.js";
import { bestOf, nameOf } from "hexlaw/players.js";
import { Replay } from "hexlaw/replay.js";
import { Stone, html, signed } from "hexlaw/ui.js";

const NODES = 64; // of the agent that is asked about every move
const SWING = 0.6; // in value, from which a move is worth a look where nothing can be proven

/**
 * What a move did, given who would have won before it; none where that is not known.
 *
 * @param verdict {winner, winning} before the move; of a drawn position, with the moves that hold it
 */
export function judge(verdict, action, player) {
  if (!verdict) return null;
  if (verdict.winner === 1 - player) return "lost";
  return verdict.winning.includes(action) ? "kept" : "gave";
}

/** What the side to move has to lose where it does not stand to lose. */
export const stakes = (verdict) => (verdict.winner === NOBODY ? "draw" : "win");

/** The plies at which the game turned: {ply, text}, the proven ones or, if none can be, the likely. */
export function turningPoints({ board, moves }, verdicts, thoughts) {
  const found = [];
  moves.forEach((action, ply) => {
    const before = verdicts[ply];
    if (before) {
      if (judge(before, action, ply % 2) !== "gave") return;
      found.push({ ply, text: `gave the ${stakes(before)} away; ${moveNames(board, before.winning).join(", ")} would have kept it` });
    } else if (thoughts[ply] && thoughts[ply + 1]) {
      const [was, is] = [thoughts[ply].value, -thoughts[ply + 1].value];
      if (was - is < SWING) return;
      const better = moveName(board, thoughts[ply].action);
      found.push({ ply, text: `played what looks like a mistake (value ${signed(was)}, then ${signed(is)}); the agent would have played ${better}` });
    }
  });
  return found;
}

/** {verdicts, thoughts} before each move, as they come in; a verdict is null where no proof was found. */
function useAnswers({ board, moves }, lab, reviewer) {
  const [answers, setAnswers] = useState({ verdicts: {}, thoughts: {} });
  useEffect(() => {
    setAnswers({ verdicts: {}, thoughts: {} });
    const put = (kind, ply) => (said) =>
      setAnswers((before) => ({ ...before, [kind]: { ...before[kind], [ply]: said } }));
    // The end first: what is proven late in a game helps before.
    const plies = [...moves.keys()].reverse();
    const position = (ply) => asPosition(board, moves.slice(0, ply));
    const player = { player: reviewer, nodes: NODES, rule: lab.rules[0] };
    const asked = plies.flatMap((ply) => [
      ask({ ask: "move", ...position(ply), ...player }, put("thoughts", ply)),
      ...(board.proves
        ? [ask({ ask: "verdict", ...position(ply) }, put("verdicts", ply), () => put("verdicts", ply)(null))]
        : []),
    ]);
    return () => asked.forEach((stop) => stop());
  }, [moves, reviewer]);
  return answers;
}

/**
 * @param game {board, moves, names: [black's, white's]}
 * @param onBranch called with the moves from which to play on
 */
export function Review({ lab, game, onBranch }) {
  const { board, moves, names } = game;
  const reviewer = bestOf(lab, board);
  const { verdicts, thoughts } = useAnswers(game, lab, reviewer);
  const [start, setStart] = useState(0);
  const points = turningPoints(game, verdicts, thoughts);
  const complete = Object.keys(thoughts).length === moves.length;
  const judged = !board.proves || Object.keys(verdicts).length === moves.length;
  const unproven = moves.filter((_, ply) => !verdicts[ply]).length;
  const course = useCourse(board, moves);
  const record = useMemo(() => course && {
    board, moves, ...course,
    winner: course.won,
    opening_plies: 0,
    players: names.map((name) => ({ name, elo: null, se: null, nodes: null, move_flops: null, train_flops: null, settings: {} })),
    analyses: complete ? [{ agent: nameOf(lab, reviewer), nodes: NODES, colour: null, moves: moves.map((_, ply) => thoughts[ply]) }] : [],
    perfect: moves.map((_, ply) => verdicts[ply] ? { winner: verdicts[ply].winner, moves: verdicts[ply].winning } : null),
    origin: "",
  }, [complete, verdicts, course]);
  return html`<section class="review" aria-label="Review">
    <h2>Where the game turned</h2>
    ${points.length
      ? html`<ol class="turns">${points.map(({ ply, text }) => html`<li>
          <button type="button" onClick=${() => setStart(ply)}><${Stone} player=${ply % 2} /> move ${ply + 1}, ${moveName(board, moves[ply])}</button>
          ${" "}${names[ply % 2]} ${text}.</li>`)}</ol>`
      : html`<p role="status">${complete && judged ? nowhere(course) : "Looking at every move …"}</p>`}
    <p class="legend">${[
      unproven < moves.length && "“Gave away” is proven by exact search.",
      !judged && "Still looking for proofs …",
      judged && unproven > 0 && `Of ${unproven === moves.length ? `the ${unproven}` : `${unproven} of the ${moves.length}`} positions no proof was found in time; there speaks the opinion of ${nameOf(lab, reviewer)} with ${NODES} nodes.`,
    ].filter(Boolean).join(" ")}</p>
    ${record && html`<${Replay} key=${`${start}${complete}`} record=${record} start=${start}
      extras=${(before) => html`<p class="actions">
        <button type="button" class="main" disabled=${before.length === moves.length} onClick=${() => onBranch(before)}>Play on from here</button>
        <a class="button" href="#/compare?${placeOf(board, before)}">Compare agents here</a></p>`} />`}
  </section>`;
}

function nowhere(course) {
  const whose = course?.over && course.won !== NOBODY ? `${PLAYERS[course.won]}’s moves were` : "every move was";
  return `Nowhere: ${whose} right from the beginning, as far as is known here.`;
}
