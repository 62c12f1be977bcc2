// A game against an agent. The game lives here, as a list of moves; the server only answers.

import { useEffect, useState } from "preact/hooks";
import { Board, OtherMoves } from "hexlaw/board.js";
import { asPosition, boardAsked, boardOf, movesAsked, placeOf, playableOptions, usePosition } from "hexlaw/boards.js";
import { ask, save } from "hexlaw/link.js";
import { ending, ghostsOf, moveName, moveNames, NOBODY, PLAYERS } from "hexlaw/positions.js";
import { LevelChoice, NoBoard, NodesSlider, PlayerChoice, RuleChoice, bestOf, isNetwork, levelsOf, nameOf, playersOf, secondOf, titleOf } from "hexlaw/players.js";
import { ThoughtsTable, heatOf, labelsOf, perfectly } from "hexlaw/replay.js";
import { Review, judge, stakes } from "hexlaw/review.js";
import { Rules } from "hexlaw/words.js";
import { Choice, Stone, capital, html, recall, remember, signed } from "hexlaw/ui.js";

const COACHED = "hexlaw-coached";
const KEPT = "hexlaw-game";

/** The game to begin with: what the address asks for, else the one that was left, else a new one. */
function firstGame(lab, settings) {
  const fresh = (key) => ({ board: key, moves: [], human: 0, ...firstOpponent(lab, boardOf(lab, key)) });
  const asked = boardAsked(lab, settings);
  if (asked) {
    const game = fresh(asked);
    const moves = movesAsked(settings);
    const player = settings.get("player");
    const nodes = Number(settings.get("nodes") ?? (settings.has("player") ? 64 : game.nodes));
    return {
      ...game,
      moves,
      player: player === null || (player === "perfect" && !boardOf(lab, asked).solved) ? game.player : player,
      rule: settings.has("player") ? lab.rules[0] : game.rule,
      human: moves.length % 2,
      nodes: lab.budgets.includes(nodes) ? nodes : lab.budgets.findLast((budget) => budget <= nodes) ?? 1,
    };
  }
  try {
    const kept = JSON.parse(recall(KEPT));
    const { runs, others } = playersOf(lab, boardOf(lab, kept.board));
    const there = [...runs.values()].flat().map((each) => each.key).concat(others.map(([key]) => key));
    if (there.includes(kept.player) && lab.drawn[kept.board].playable) return kept;
  } catch {
    // nothing kept, or by another version
  }
  // A board on which a beginner can be told what a move was worth.
  const boards = playableOptions(lab).map(([key]) => lab.drawn[key]);
  const first = boards.filter(({ game }) => game === boards[0].game);
  return fresh((first.findLast((board) => board.prompt) ?? first.at(-1)).key);
}

export function Play({ lab, settings }) {
  if (!playableOptions(lab).length) return html`<${NoBoard} />`;
  return html`<${Game} lab=${lab} settings=${settings} />`;
}

function Game({ lab, settings }) {
  const [game, setGame] = useState(() => firstGame(lab, settings));
  const [error, setError] = useState(null);
  const [answer, setAnswer] = useState(null); // to the last move that was asked for
  const [thinks, setThinks] = useState(false); // whether its thoughts are shown
  const [grown, setGrown] = useState([]); // its thoughts at growing budgets
  const [kind, setKind] = useState("visits");
  const [hint, setHint] = useState(null);
  const [verdicts, setVerdicts] = useState({}); // by position: what perfect play says of it
  const [shown, setShown] = useState(false); // whether it is shown
  const [coached, setCoached] = useState(recall(COACHED) !== "no");
  const [reviewed, setReviewed] = useState(null); // the moves of the game that is reviewed
  const [showsLine, setShowsLine] = useState(false);
  const [looked, setLooked] = useState(null);

  const { moves, human, player, rule, nodes } = game;
  const board = boardOf(lab, game.board);
  const { position: now, waits, error: refused } = usePosition(board, moves);
  const over = now.over && !waits;
  const mine = !over && !waits && moves.length % 2 === human;
  const theirs = !over && !waits && !mine;
  const provable = board.proves;
  const change = (changes) => setGame((before) => ({ ...before, ...changes }));
  const second = isNetwork(player) ? secondOf(lab, board, game) : undefined;
  const position = { ...asPosition(board, moves), player, rule, second, nodes: isNetwork(player) ? nodes : 1 };
  const fail = (problem) => setError(problem.message);

  // What the address asked for is done: reloading must bring back the game as it stands.
  useEffect(() => history.replaceState(null, "", "#/play"), []);
  useEffect(() => remember(KEPT, JSON.stringify(game)), [game]);
  useEffect(() => (setHint(null), setShown(false), setError(null)), [moves]);
  useEffect(() => {
    if (over || waits || moves.join() in verdicts || !(shown || (coached && provable))) return;
    const put = (said) => setVerdicts((before) => ({ ...before, [moves.join()]: said }));
    return ask({ ask: "verdict", ...asPosition(board, moves) }, put, () => put(null));
  }, [moves, shown, coached, over, waits]);
  useEffect(() => {
    if (!theirs) return;
    return ask({ ask: "move", ...position }, (said) => {
      setAnswer(said);
      change({ moves: [...moves, said.action] });
    }, fail);
  }, [moves, human, player, theirs]);
  useEffect(() => {
    setGrown([]);
    if (!thinks || over || waits || !isNetwork(player)) return;
    return ask({ ask: "thoughts", ...position }, (said) => setGrown((before) => [...before, said]), fail);
  }, [thinks, moves, player, rule, second, nodes, over, waits]);

  const thought = grown.at(-1);
  const playMove = (action) => change({ moves: [...moves, action] });
  const undo = () => {
    let kept = moves.slice(0, -1);
    while (kept.length && kept.length % 2 !== human) kept = kept.slice(0, -1);
    if (kept.length % 2 === human) change({ moves: kept });
  };
  const canUndo = moves.length > human;
  // Not from the opponent, who may be weak: a strong agent's choice, among moves that win if these are known.
  const known = verdicts[moves.join()]; // null where no proof was found
  const adviser = { player: bestOf(lab, board), nodes: 64, rule: lab.rules[0] };
  const advise = (winning) => ask({ ask: "move", ...asPosition(board, moves), ...adviser }, (said) => setHint(favourite(said, winning)), fail);
  const askHint = () => known !== undefined || !board.prompt
    ? advise(known?.winning ?? [])
    : ask({ ask: "verdict", ...asPosition(board, moves) }, ({ winning }) => advise(winning), fail);
  const verdict = shown ? known : null;
  const keep = (name) => {
    const seats = [{ player: "you", nodes: 1, rule }, { player, rule, second, nodes: position.nodes }];
    const [black, white] = human === 0 ? seats : seats.reverse();
    save(name, { ...asPosition(board, moves), black, white }).catch(fail);
  };
  const coach = (on) => (setCoached(on), remember(COACHED, on ? "yes" : "no"));
  const title = titleOf(lab, board, game);
  const start = (changes) => (setVerdicts({}), setReviewed(null), change({ moves: [], ...changes }));
  const choose = (key) => start({ board: key, ...firstOpponent(lab, boardOf(lab, key)) });
  const won = verdict?.winning ?? [];
  const labels = verdict ? Object.fromEntries(won.map((action) => [action, stakes(verdict)])) : thought && !showsLine ? labelsOf(thought, kind) : {};

  return html`<div class="play stage">
    <div class="board-side">
      <p class="turn" role="status">${!(over && now.won === NOBODY) && html`<${Stone} player=${over ? now.won : moves.length % 2} /> `}${status({ board, now, over, waits, mine, human, moves, name: title })}</p>
      <p class="coach" aria-live="polite">${coached && !over && feedback(board, game, verdicts)}</p>
      <${Board} board=${board} position=${now} hint=${hint ?? undefined} labels=${labels}
        heat=${thought ? heatOf(thought, kind) : undefined}
        ghosts=${showsLine && thought ? ghostsOf(thought, moves.length % 2) : []}
        onPlay=${mine ? playMove : undefined} onLook=${setLooked} />
      <${OtherMoves} board=${board} position=${now} labels=${labels} onPlay=${mine ? playMove : undefined} />
      <div class="controls">
        <button type="button" onClick=${() => start({})}>New game</button>
        <button type="button" disabled=${!canUndo} onClick=${undo}>Undo</button>
        <button type="button" disabled=${!mine} onClick=${askHint}>Hint</button>
        ${provable && html`<button type="button" disabled=${over} onClick=${() => setShown(true)}>Who should win?</button>`}
        <button type="button" class=${over ? "main" : ""} disabled=${!moves.length} onClick=${() => setReviewed(moves)}>Review the game</button>
        ${board.sgf && html`<button type="button" disabled=${!moves.length} onClick=${() => keep("game.sgf")}>Save SGF</button>`}
        <button type="button" disabled=${!moves.length} onClick=${() => keep("game.html")}>Save page</button>
      </div>
      ${(error ?? refused) && html`<p class="error" role="alert">${error ?? refused}</p>`}
      <p aria-live="polite">${[
        hint !== null && `Hint: ${moveName(board, hint)}.`,
        shown && known === undefined && !over && "Solving …",
        shown && known === null && "Unknown: no proof was found in time; later in the game it takes less.",
        verdict && `Perfect play: ${perfectly(verdict.winner)}${won.length ? `, with ${moveNames(board, won).join(" ")}` : ""}.`,
      ].filter(Boolean).join(" ")}</p>
    </div>
    <div class="panel">
      <${Rules} board=${board} />
      <div class="setup">
        <${Choice} name="play-board" label="Board" value=${board.key} options=${playableOptions(lab)} onChange=${choose} />
        <${Choice} name="colour" label="You play" value=${human} options=${[[0, "black, first"], [1, "white"]]}
          onChange=${(next) => change({ human: next })} />
      </div>
      ${unplayed(lab)}
      <${LevelChoice} lab=${lab} board=${board} value=${game} onChange=${change} />
      ${isNetwork(player) && html`
        <${NodesSlider} lab=${lab} choice=${game} seconds=${answer?.nodes === nodes ? answer.seconds : undefined} onChange=${(next) => change({ nodes: next })} />
        ${answer?.nodes && moves.length > 0 && html`<p class="legend spent">Its last move took ${costOf(answer)}.</p>`}`}
      <details class="others"><summary>Any other agent</summary>
        <div class="setup">
          <${PlayerChoice} lab=${lab} board=${board} value=${player} label="Agent" onChange=${(next) => change({ player: next })} />
          ${isNetwork(player) && html`<${RuleChoice} lab=${lab} board=${board} value=${game} onChange=${change} />`}
        </div>
      </details>
      ${provable
        ? html`<p><label><input type="checkbox" checked=${coached} onChange=${(event) => coach(event.target.checked)} /> Tell me after each move whether it was right${board.prompt ? "" : ", once that can be proven"}</label></p>`
        : html`<p class="legend">Nobody tells you here whether a move was right: on ${board.name} a proof takes too long or none is known.</p>`}
      ${isNetwork(player) && html`
        <p><label><input type="checkbox" checked=${thinks} onChange=${(event) => setThinks(event.target.checked)} /> Show what it thinks of this position</label></p>
        ${thinks && !over && html`<${Choice} name="play-heat" label="Heat map" options=${[["none", "none"], ["prior", "prior"], ["visits", "visits"], ["q", "Q"]]} value=${kind} onChange=${setKind} />`}
        ${thought && html`<${ThoughtsTable} thought=${thought} board=${board} player=${moves.length % 2} looked=${looked}
          winning=${verdict && { winner: verdict.winner, moves: won }} thinker=${title} nodes=${thought.nodes}
          onLine=${setShowsLine} showsLine=${showsLine} />
          <p class="grown">${grown.map((each) => html`<span><b>${each.nodes}</b> ${moveName(board, each.action)} ${signed(each.value)}</span>`)}</p>
          ${!thought.done && html`<p role="status">thinking on, up to ${nodes} nodes …</p>`}`}
      `}
      <p><a href="#/compare?${placeOf(board, moves)}">Compare agents in this position</a></p>
      <p class="legend">Moves: ${moveNames(board, moves).join(" ") || "none yet"}</p>
    </div>
  </div>
  ${reviewed && html`<${Review} lab=${lab} game=${{ board, moves: reviewed, names: human === 0 ? ["You", title] : [title, "You"] }}
    onBranch=${(before) => (setReviewed(null), change({ moves: before }), window.scrollTo(0, 0))} />`}`;
}

/** The boards of the lab that the page can show, but not play. */
function unplayed(lab) {
  const names = lab.boards.filter(({ key }) => !lab.drawn[key]?.playable).map(({ key }) => boardOf(lab, key).name);
  return names.length > 0 && html`<p class="legend">Not to be played here: ${names.join(", ")}. ${names.length > 1 ? "Their" : "Its"} games
    can be looked at under <a href="#/agents">Agents</a>; to play, run hexlaw serve.</p>`;
}

/** What a move cost and why no more; an agent that is asked in the page has always spent its nodes. */
function costOf({ spent, nodes }) {
  return spent ?? `${nodes} evaluation${nodes === 1 ? "" : "s"}`;
}

/** Who is played against at first: the middle of the levels, so that a beginner has a chance. */
function firstOpponent(lab, board) {
  const levels = levelsOf(lab, board);
  const agent = levels[(levels.length - 1) >> 1];
  if (!agent) return { player: bestOf(lab, board), rule: lab.rules[0], nodes: 64 };
  return { player: agent.snapshot, rule: lab.rule_of[agent.id], nodes: agent.nodes };
}

/** An agent's move, or of those that are proven to win the one that it likes best. */
function favourite({ action, visits, prior }, winning) {
  if (!winning.length || winning.includes(action)) return action;
  const liking = (move) => (visits ? visits[move] + prior[move] : 0);
  return winning.reduce((best, move) => (liking(move) > liking(best) ? move : best));
}

/** What perfect play says of the last two moves, the visitor's and the agent's, where it is known. */
function feedback(board, { moves, human }, verdicts) {
  const words = [];
  for (const ply of [moves.length - 2, moves.length - 1]) {
    if (ply < 0) continue;
    const before = verdicts[moves.slice(0, ply).join()];
    const mine = ply % 2 === human;
    const cell = moveName(board, moves[ply]);
    if (before === null && mine) words.push(`Your ${cell}: no proof was found in time.`);
    switch (judge(before, moves[ply], ply % 2)) {
      case "kept": mine && words.push(`✓ Your ${cell} was right: you can still ${stakes(before) === "win" ? "win" : "hold the draw"}.`); break;
      case "lost": mine && words.push(`Your ${cell}: there was nothing to be saved, if the other side makes no mistake.`); break;
      case "gave": words.push(mine
        ? `✗ Your ${cell} gave the ${stakes(before)} away; ${moveNames(board, before.winning).join(", ")} would have kept it.`
        : `✓ Its ${cell} was a mistake: it gave the ${stakes(before)} away.`);
    }
  }
  return words.join(" ");
}

function status({ board, now, over, waits, mine, human, moves, name }) {
  const last = moves.length ? `${capital(PLAYERS[(moves.length - 1) % 2])} played ${moveName(board, moves.at(-1))}. ` : "";
  const aim = board.aims[human] && `, ${board.aims[human]}`;
  if (waits) return `${last}…`;
  if (over && now.won === NOBODY) return `${last}${ending(now)} Nobody has won.`;
  if (over) return `${last}${now.won === human ? "You have won." : `${name} has won.`}`;
  if (mine) return `${last}Your turn: ${PLAYERS[human]}${aim}.`;
  return `${last}${name} is thinking …`;
}
