// link.js for pages without a server: the page carries the lab's rows, and the engine answers.
//
// What is large lies in parts, scripts beside the page or in it: those, unlike files that are fetched,
// can be read by a page that is opened from a folder.

import { makeEngine } from "hexlaw/engine-link.js";
import { RULES } from "hexlaw/rules-here.js";
import { download, rowsBy } from "hexlaw/rows.js";
import { LabData, toSgf } from "hexlaw/site-data.js";

/** A part's content; `hexlawPart` in the page collects what its script brings. */
function part(name) {
  return new Promise((resolve, reject) => {
    if (name in window.hexlawParts) return resolve(window.hexlawParts[name]);
    const script = document.createElement("script");
    script.src = `data/${name}.js`;
    script.onload = () => (script.remove(), resolve(window.hexlawParts[name]));
    script.onerror = () => (script.remove(), reject(new Error(`${script.src} cannot be read; is the folder complete?`)));
    document.head.append(script);
  });
}

const lab = part("lab").then((carried) => new LabData(carried));

async function weights(player) {
  const number = (await lab).overview.snapshots.findIndex((snapshot) => snapshot.key === player);
  if (number < 0) throw new Error(`there is no player ${player} here`);
  const text = atob(await part(`weights-${number}`));
  return Uint8Array.from(text, (character) => character.charCodeAt(0)).buffer;
}

const engine = makeEngine(weights);

export const { ask } = engine;

/** There is nothing that could be out of reach. */
export const useConnected = () => true;

const first = (question) => new Promise((resolve, reject) => ask(question, resolve, reject));

/** Rows of the lab, by the paths that a server has for them. */
export async function load(path) {
  const data = await lab;
  const [, view, ...numbers] = path.replace("/api/", "/").split(/[/?]/);
  const [id, other] = numbers.map(Number);
  switch (view) {
    case "lab": return data.overview;
    case "choices": return data.choices;
    case "agent": return data.agent(id);
    case "pair": return data.pair(id, other);
    default: return path.endsWith("?thoughts") ? annotated(data.game(id)) : data.game(id);
  }
}

export const useRows = rowsBy(load);

/** A game with what its players think before each move, and what perfect play says. */
async function annotated(game) {
  const { board, moves } = game;
  const { choices } = await lab;
  if (!board.playable) return game; // whose rules are not here
  const positions = moves.map((_, ply) => moves.slice(0, ply));
  const analyses = [];
  for (const [colour, agent] of game.agents.entries()) {
    const rule = choices.rule_of[agent?.id] ?? agent?.rule;
    if (!agent?.snapshot || !choices.rules.includes(rule)) continue;
    const asked = { ask: "move", size: board.size, player: agent.snapshot, nodes: agent.nodes, rule };
    const thoughts = await Promise.all(positions.map((before) => first({ ...asked, moves: before })));
    analyses.push({ agent: game.players[colour].name, nodes: agent.nodes, colour, moves: thoughts });
  }
  return { ...game, analyses, perfect: await verdicts(board, moves) };
}

/** Verdicts before each move, from the end on, since what is proven late helps earlier. */
async function verdicts(board, moves) {
  const found = moves.map(() => null);
  if (!board.proves) return found;
  for (let ply = moves.length - 1; ply >= 0; ply--) {
    const said = await first({ ask: "verdict", size: board.size, moves: moves.slice(0, ply) }).catch(() => null);
    if (!said) break; // earlier positions are harder still
    found[ply] = { winner: said.winner, moves: said.winning };
  }
  return found;
}

/** Save a stored game: "sgf" or "html". */
export async function saveStored(id, form) {
  write(`game-${id}.${form}`, (await lab).game(id));
}

/** Save a game that was played here, as "game.sgf" or "game.html". */
export async function save(name, { game, size, moves, black, white }) {
  const { overview, choices } = await lab;
  const board = Object.values(choices.drawn).find((each) => each.game === game && each.size === size);
  const seats = [black, white].map(({ player, nodes, rule }) => {
    const snapshot = overview.snapshots.find((each) => each.key === player);
    return { name: snapshot ? `${snapshot.name}, ${nodes} nodes` : player, snapshot: snapshot?.key, nodes, rule };
  });
  const { over, won, chain } = RULES[game](board, moves);
  await write(name, {
    title: `${board.name}: ${seats[0].name} against ${seats[1].name}`,
    board, moves, over, won, chain,
    winner: won,
    opening_plies: 0,
    players: seats.map((seat) => ({
      name: seat.name, elo: null, se: null, nodes: seat.snapshot ? seat.nodes : null,
      move_flops: null, train_flops: null, settings: {},
    })),
    analyses: [], perfect: [], origin: "", agents: seats,
  });
}

async function write(name, game) {
  const text = name.endsWith(".sgf") ? toSgf(game) : await replayPage(await annotated(game));
  download(name, URL.createObjectURL(new Blob([text])));
}

/** The page of one game, made of this page's own scripts and styles. */
async function replayPage({ agents, ...record }) {
  const escaped = (text) => text.replace(/[&<"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", '"': "&quot;" })[c]);
  const parts = {
    title: escaped(record.title),
    style: document.querySelector("style").textContent,
    importmap: document.querySelector("script[type=importmap]").textContent,
    record: JSON.stringify(record).replaceAll("<", "\\u003c"),
  };
  return (await part("replay")).replace(/@@(\w+)@@/g, (_, key) => parts[key]);
}
