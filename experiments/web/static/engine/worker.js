// The engine behind a page: questions about positions come as messages, answers go out as the server
// would give them (experiments/web/play_page.py describes both).
//
// {id, ask, size, moves, player, nodes, rule}   a question; answered with its id
// {stop: id}                                    no more answers to it are wanted
// {snapshot, buffer}                            the weights of a player, sent before it is asked

import { makeAgent } from "./agents.js";
import { LARGEST, Solver, WHOLE } from "./perfect.js";

const [PERFECT, RANDOM] = ["perfect", "random"];
const GROWTH = 4; // while thoughts grow, each budget is so many times the last
const [SECONDS, SECONDS_BEYOND] = [15, 3]; // for one verdict: up to WHOLE, and on larger boards

const agents = new Map(); // by player
const solvers = new Map(); // by size
const running = new Set(); // questions whose answers are wanted

const pick = (choices) => choices[Math.floor(Math.random() * choices.length)];

function verdict(size, moves) {
  if (size > LARGEST) throw new Error(`nothing is proven here beyond ${LARGEST}×${LARGEST}`);
  if (!solvers.has(size)) solvers.set(size, new Solver(size));
  return solvers.get(size).verdict(moves, size > WHOLE ? SECONDS_BEYOND : SECONDS);
}

/** A perfect player's move: one that wins, or else one after which few replies do. */
function perfectMove(size, moves) {
  const found = verdict(size, moves);
  if (found.winning.length) return { ...found, action: pick(found.winning) };
  const replies = legal(size, moves).map((action) => [action, verdict(size, [...moves, action]).winning.length]);
  const fewest = Math.min(...replies.map(([, count]) => count));
  return { ...found, action: pick(replies.filter(([, count]) => count === fewest))[0] };
}

function legal(size, moves) {
  const taken = new Set(moves);
  return [...Array(size * size).keys()].filter((action) => !taken.has(action));
}

/** The answers to a question, each worked out when it is asked for. */
function* answers({ ask, size, moves, player, nodes, rule }) {
  if (ask === "verdict") yield verdict(size, moves);
  else if (player === PERFECT) yield perfectMove(size, moves);
  else if (player === RANDOM) yield { action: pick(legal(size, moves)) };
  else {
    const agent = agents.get(player);
    if (!agent) throw new Error(`the weights of ${player} have not been read`);
    const budgets = [];
    for (let fewer = 1; ask === "thoughts" && fewer < nodes; fewer *= GROWTH) budgets.push(fewer);
    budgets.push(nodes);
    for (const budget of budgets) {
      const began = performance.now();
      const thoughts = agent(moves, size, budget, rule);
      yield { done: budget === nodes, nodes: budget, seconds: (performance.now() - began) / 1000, ...thoughts };
    }
  }
}

async function answer(question) {
  const { id } = question;
  running.add(id);
  try {
    for (const said of answers(question)) {
      if (!running.has(id)) return;
      postMessage({ id, done: true, ...said });
      // Between two answers others have their turn, and this question may be taken back.
      await new Promise((resolve) => setTimeout(resolve));
    }
  } catch (error) {
    postMessage({ id, error: error.message });
  } finally {
    running.delete(id);
  }
}

/** What a page sends. */
function hear({ data }) {
  if (data.stop !== undefined) running.delete(data.stop);
  else if (data.snapshot) agents.set(data.snapshot, makeAgent(data.buffer));
  else answer(data);
}

if (typeof WorkerGlobalScope !== "undefined") self.onmessage = hear;
