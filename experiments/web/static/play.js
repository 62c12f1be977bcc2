// A game against an agent. The game lives here, as a list of moves; the server only answers.

import { useEffect, useState } from "preact/hooks";
import { Board } from "hexlaw/board.js";
import { cellName, winnerOf, NOBODY, PLAYERS } from "hexlaw/hex.js";
import { ask, save } from "hexlaw/link.js";
import { LevelChoice, NodesSlider, PlayerChoice, RuleChoice, bestOf, isNetwork, levelsOf, nameOf, playersOf, titleOf } from "hexlaw/players.js";
import { ThoughtsTable, heatOf, labelsOf } from "hexlaw/replay.js";
import { Review, judge } from "hexlaw/review.js";
import { Rules } from "hexlaw/words.js";
import { Choice, Stone, capital, html, recall, remember, signed } from "hexlaw/ui.js";

const COACHED = "hexlaw-coached";
const KEPT = "hexlaw-game";
const PROMPT_UP_TO = 5; // board side; on larger ones a proof may take too long to be waited for

/** The game to begin with: what the address asks for, else the one that was left, else a new one. */
function firstGame(lab, settings) {
  const fresh = (size) => ({ size, moves: [], human: 0, ...firstOpponent(lab, size) });
  if (settings.has("size")) {
    const game = fresh(Number(settings.get("size")));
    const moves = (settings.get("moves") ?? "").split(",").filter(Boolean).map(Number);
    const asked = settings.get("player");
    const nodes = Number(settings.get("nodes") ?? (settings.has("player") ? 64 : game.nodes));
    return {
      ...game,
      moves,
      player: asked === null || (asked === "perfect" && game.size > lab.solved_up_to) ? game.player : asked,
      rule: settings.has("player") ? lab.rules[0] : game.rule,
      human: moves.length % 2,
      nodes: lab.budgets.includes(nodes) ? nodes : lab.budgets.findLast((budget) => budget <= nodes) ?? 1,
    };
  }
  try {
    const kept = JSON.parse(recall(KEPT));
    const { runs, others } = playersOf(lab, kept.size);
    const there = [...runs.values()].flat().map((each) => each.key).concat(others.map(([key]) => key));
    if (there.includes(kept.player) && lab.sizes.includes(kept.size)) return kept;
  } catch {
    // nothing kept, or by another version
  }
  // A board on which a beginner can be told what a move was worth.
  return fresh(lab.sizes.findLast((size) => size <= PROMPT_UP_TO) ?? lab.sizes.at(-1) ?? 5);
}

export function Play({ lab, settings }) {
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

  const { size, moves, human, player, rule, nodes } = game;
  const winner = winnerOf(moves, size);
  const over = winner !== NOBODY;
  const mine = !over && moves.length % 2 === human;
  const provable = size <= lab.proves_up_to;
  const change = (changes) => setGame((before) => ({ ...before, ...changes }));
  const position = { size, moves, player, rule, nodes: isNetwork(player) ? nodes : 1 };
  const fail = (problem) => setError(problem.message);

  // What the address asked for is done: reloading must bring back the game as it stands.
  useEffect(() => history.replaceState(null, "", "#/play"), []);
  useEffect(() => remember(KEPT, JSON.stringify(game)), [game]);
  useEffect(() => (setHint(null), setShown(false), setError(null)), [moves]);
  useEffect(() => {
    if (over || moves.join() in verdicts || !(shown || (coached && provable))) return;
    const put = (said) => setVerdicts((before) => ({ ...before, [moves.join()]: said }));
    return ask({ ask: "verdict", size, moves }, put, () => put(null));
  }, [moves, shown, coached, over]);
  useEffect(() => {
    if (over || mine) return;
    return ask({ ask: "move", ...position }, (said) => {
      setAnswer(said);
      change({ moves: [...moves, said.action] });
    }, fail);
  }, [moves, human, player, over]);
  useEffect(() => {
    setGrown([]);
    if (!thinks || over || !isNetwork(player)) return;
    return ask({ ask: "thoughts", ...position }, (said) => setGrown((before) => [...before, said]), fail);
  }, [thinks, moves, player, rule, nodes]);

  const thought = grown.at(-1);
  const playCell = (action) => change({ moves: [...moves, action] });
  const undo = () => {
    let kept = moves.slice(0, -1);
    while (kept.length && kept.length % 2 !== human) kept = kept.slice(0, -1);
    if (kept.length % 2 === human) change({ moves: kept });
  };
  const canUndo = moves.length > human;
  // Not from the opponent, who may be weak: a strong agent's choice, among moves that win if these are known.
  const known = verdicts[moves.join()]; // null where no proof was found
  const prompt = size <= Math.min(PROMPT_UP_TO, lab.solved_up_to);
  const adviser = { player: bestOf(lab, size), nodes: 64, rule: lab.rules[0] };
  const advise = (winning) => ask({ ask: "move", size, moves, ...adviser }, (said) => setHint(favourite(said, winning)), fail);
  const askHint = () => known !== undefined || !prompt
    ? advise(known?.winning ?? [])
    : ask({ ask: "verdict", size, moves }, ({ winning }) => advise(winning), fail);
  const verdict = shown ? known : null;
  const keep = (name) => {
    const seats = [{ player: "you", nodes: 1, rule }, { player, rule, nodes: position.nodes }];
    const [black, white] = human === 0 ? seats : seats.reverse();
    save(name, { size, moves, black, white }).catch(fail);
  };
  const coach = (on) => (setCoached(on), remember(COACHED, on ? "yes" : "no"));
  const title = titleOf(lab, game);
  const start = (changes) => (setVerdicts({}), setReviewed(null), change({ moves: [], ...changes }));
  const choose = (size) => start({ size, ...firstOpponent(lab, size) });
  const won = verdict?.winning ?? [];
  const labels = verdict ? Object.fromEntries(won.map((action) => [action, "win"])) : thought && !showsLine ? labelsOf(thought, kind) : {};

  return html`<div class="play stage">
    <div class="board-side">
      <p class="turn" role="status"><${Stone} player=${over ? winner : moves.length % 2} /> ${status({ over, winner, mine, human, moves, size, name: title })}</p>
      <p class="coach" aria-live="polite">${coached && !over && feedback(game, verdicts)}</p>
      <${Board} size=${size} moves=${moves} hint=${hint ?? undefined} labels=${labels}
        heat=${thought ? heatOf(thought, kind) : undefined}
        ghosts=${showsLine && thought ? thought.variation : []}
        onPlay=${mine ? playCell : undefined} onLook=${setLooked} />
      <div class="controls">
        <button type="button" onClick=${() => start({})}>New game</button>
        <button type="button" disabled=${!canUndo} onClick=${undo}>Undo</button>
        <button type="button" disabled=${!mine} onClick=${askHint}>Hint</button>
        ${provable && html`<button type="button" disabled=${over} onClick=${() => setShown(true)}>Who should win?</button>`}
        <button type="button" class=${over ? "main" : ""} disabled=${!moves.length} onClick=${() => setReviewed(moves)}>Review the game</button>
        <button type="button" disabled=${!moves.length} onClick=${() => keep("game.sgf")}>Save SGF</button>
        <button type="button" disabled=${!moves.length} onClick=${() => keep("game.html")}>Save page</button>
      </div>
      ${error && html`<p class="error" role="alert">${error}</p>`}
      <p aria-live="polite">${[
        hint !== null && `Hint: ${cellName(hint, size)}.`,
        shown && known === undefined && !over && "Solving …",
        shown && known === null && "Unknown: no proof was found in time; later in the game it takes less.",
        verdict && `Perfect play: ${PLAYERS[verdict.winner]} wins${won.length ? `, with ${won.map((a) => cellName(a, size)).join(" ")}` : ""}.`,
      ].filter(Boolean).join(" ")}</p>
    </div>
    <div class="panel">
      <${Rules} />
      <div class="setup">
        <${Choice} name="play-size" label="Board" value=${size} options=${lab.sizes.map((each) => [each, `${each}×${each}`])}
          onChange=${choose} />
        <${Choice} name="colour" label="You play" value=${human} options=${[[0, "black, first"], [1, "white"]]}
          onChange=${(next) => change({ human: next })} />
      </div>
      <${LevelChoice} lab=${lab} size=${size} value=${game} onChange=${change} />
      ${isNetwork(player) && html`
        <${NodesSlider} lab=${lab} choice=${game} seconds=${answer?.nodes === nodes ? answer.seconds : undefined} onChange=${(next) => change({ nodes: next })} />
        ${answer?.nodes && moves.length > 0 && html`<p class="legend spent">Its last move took ${costOf(answer)}.</p>`}`}
      <details class="others"><summary>Any other agent</summary>
        <div class="setup">
          <${PlayerChoice} lab=${lab} size=${size} value=${player} label="Agent" onChange=${(next) => change({ player: next })} />
          ${isNetwork(player) && html`<${RuleChoice} lab=${lab} value=${rule} onChange=${(next) => change({ rule: next })} />`}
        </div>
      </details>
      ${provable
        ? html`<p><label><input type="checkbox" checked=${coached} onChange=${(event) => coach(event.target.checked)} /> Tell me after each move whether it was right${prompt ? "" : ", once that can be proven"}</label></p>`
        : html`<p class="legend">Nobody tells you here whether a move was right: on ${size}×${size} a proof takes too long.</p>`}
      ${isNetwork(player) && html`
        <p><label><input type="checkbox" checked=${thinks} onChange=${(event) => setThinks(event.target.checked)} /> Show what it thinks of this position</label></p>
        ${thinks && !over && html`<${Choice} name="play-heat" label="Heat map" options=${[["none", "none"], ["prior", "prior"], ["visits", "visits"], ["q", "Q"]]} value=${kind} onChange=${setKind} />`}
        ${thought && html`<${ThoughtsTable} thought=${thought} size=${size} player=${moves.length % 2} looked=${looked}
          winning=${verdict && { winner: verdict.winner, moves: won }} thinker=${title} nodes=${thought.nodes}
          onLine=${setShowsLine} showsLine=${showsLine} />
          <p class="grown">${grown.map((each) => html`<span><b>${each.nodes}</b> ${cellName(each.action, size)} ${signed(each.value)}</span>`)}</p>
          ${!thought.done && html`<p role="status">thinking on, up to ${nodes} nodes …</p>`}`}
      `}
      <p><a href="#/compare?size=${size}&moves=${moves.join(",")}">Compare agents in this position</a></p>
      <p class="legend">Moves: ${moves.map((action) => cellName(action, size)).join(" ") || "none yet"}</p>
    </div>
  </div>
  ${reviewed && html`<${Review} lab=${lab} game=${{ size, moves: reviewed, names: human === 0 ? ["You", title] : [title, "You"] }}
    onBranch=${(before) => (setReviewed(null), change({ moves: before }), window.scrollTo(0, 0))} />`}`;
}

/** What a move cost and why no more; an agent that is asked in the page has always spent its nodes. */
function costOf({ spent, nodes }) {
  return spent ?? `${nodes} evaluation${nodes === 1 ? "" : "s"}`;
}

/** Who is played against at first: the middle of the levels, so that a beginner has a chance. */
function firstOpponent(lab, size) {
  const levels = levelsOf(lab, size);
  const agent = levels[(levels.length - 1) >> 1];
  if (!agent) return { player: bestOf(lab, size), rule: lab.rules[0], nodes: 64 };
  return { player: agent.snapshot, rule: lab.rule_of[agent.id], nodes: agent.nodes };
}

/** An agent's move, or of those that are proven to win the one that it likes best. */
function favourite({ action, visits, prior }, winning) {
  if (!winning.length || winning.includes(action)) return action;
  const liking = (move) => (visits ? visits[move] + prior[move] : 0);
  return winning.reduce((best, move) => (liking(move) > liking(best) ? move : best));
}

/** What perfect play says of the last two moves, the visitor's and the agent's, where it is known. */
function feedback({ moves, human, size }, verdicts) {
  const words = [];
  for (const ply of [moves.length - 2, moves.length - 1]) {
    if (ply < 0) continue;
    const before = verdicts[moves.slice(0, ply).join()];
    const mine = ply % 2 === human;
    const cell = cellName(moves[ply], size);
    if (before === null && mine) words.push(`Your ${cell}: no proof was found in time.`);
    switch (judge(before, moves[ply], ply % 2)) {
      case "kept": mine && words.push(`✓ Your ${cell} was right: you can still win.`); break;
      case "lost": mine && words.push(`Your ${cell}: there was no winning move, if the other side makes no mistake.`); break;
      case "gave": words.push(mine
        ? `✗ Your ${cell} gave the win away; ${before.winning.map((each) => cellName(each, size)).join(", ")} would have kept it.`
        : `✓ Its ${cell} was a mistake: now you can win.`);
    }
  }
  return words.join(" ");
}

function status({ over, winner, mine, human, moves, size, name }) {
  const last = moves.length ? `${capital(PLAYERS[(moves.length - 1) % 2])} played ${cellName(moves.at(-1), size)}. ` : "";
  const edges = human === 0 ? "top to bottom" : "left to right";
  if (over) return `${last}${winner === human ? "You have won." : `${name} has won.`}`;
  if (mine) return `${last}Your turn: ${PLAYERS[human]}, ${edges}.`;
  return `${last}${name} is thinking …`;
}
