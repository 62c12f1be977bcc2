// A lab as a page carries it, and the rows that its views ask for: what experiments/web/lab_view.py
// answers where there is a server. experiments/web/site.py writes the data.

import { moveName } from "hexlaw/positions.js";
import { RULES } from "hexlaw/rules-here.js";

/** A row of matches, what is left out put back: see `_matches` in site.py. */
function readMatch([black_id, white_id, black_wins, white_wins, draws = 0, games, distinct_games]) {
  games ??= black_wins + white_wins + draws;
  return { black_id, white_id, black_wins, white_wins, draws, games, distinct_games: distinct_games ?? games };
}

/** A row of games: `changes` and `chain` are there where the page has not the rules to find them. */
function readGame([id, black_id, white_id, winner, ending, opening_plies, moves, changes = null, chain = []]) {
  return { id, black_id, white_id, winner, ending, opening_plies, moves, changes, chain, plies: moves.length };
}

export class LabData {
  /** @param carried {overview, choices, matches, games} */
  constructor({ overview, choices, matches, games }) {
    this.overview = overview;
    this.choices = choices;
    this.matches = matches.map(readMatch);
    this.games = games.map(readGame);
    this.agents = new Map(overview.agents.map((agent) => [agent.id, agent]));
  }

  /** An agent's opponents and games. */
  agent(id) {
    const opponents = new Map();
    const played = this.matches.filter((match) => match.black_id === id || match.white_id === id);
    for (const match of played) {
      const black = match.black_id === id;
      const other = black ? match.white_id : match.black_id;
      const row = opponents.get(other) ?? { id: other };
      opponents.set(other, row);
      const add = (what, count) => (row[what] = (row[what] ?? 0) + count);
      const side = black ? "black" : "white";
      add(`${side}_wins`, black ? match.black_wins : match.white_wins);
      add(`${side}_losses`, black ? match.white_wins : match.black_wins);
      add(`${side}_draws`, match.draws);
    }
    const games = this.games.filter((game) => game.black_id === id || game.white_id === id);
    return { opponents: [...opponents.values()], ...listed(games, played) };
  }

  /** The record of two agents against each other, and their games. */
  pair(first, second) {
    const both = (row) =>
      (row.black_id === first && row.white_id === second) || (row.black_id === second && row.white_id === first);
    const records = this.matches.filter(both);
    return { records, ...listed(this.games.filter(both), records) };
  }

  /** A stored game as experiments/web/replay_page.py describes it, without thoughts. */
  game(id) {
    const game = this.games.find((each) => each.id === id);
    if (!game) throw new Error(`the lab has no game ${id}`);
    const agents = [this.agents.get(game.black_id), this.agents.get(game.white_id)];
    const board = this.choices.drawn[agents[0].board];
    if (!board) throw new Error(`how ${agents[0].game} is drawn is not known here`);
    const { moves, changes, winner } = game;
    const over = game.ending === "board";
    return {
      title: `${board.name}: ${agents[0].name} against ${agents[1].name}`,
      board, game: board.game, size: board.size,
      moves, changes, winner, over,
      won: over ? winner : null,
      chain: over && RULES[board.game] ? RULES[board.game](board, moves).chain : game.chain,
      opening_plies: game.opening_plies,
      players: agents.map(side),
      analyses: [],
      perfect: moves.map(() => null),
      origin: `${this.overview.title}, game ${id}.`,
      agents,
    };
  }
}

/** Newest first; how many were played, for a lab need not keep every game. */
const listed = (games, matches) => ({
  games: [...games].reverse(),
  total: games.length,
  played: matches.reduce((sum, match) => sum + match.games, 0),
});

const side = ({ name, elo, se = null, nodes, move_flops, train_flops, spec }) => ({
  name, elo, se, nodes, move_flops, train_flops, settings: name === spec ? {} : { agent: spec },
});

/** A game as SGF, FF[4] GM[11], cells named as everywhere here; black moves first. */
export function toSgf({ board, moves, winner, players, origin = "" }) {
  const escaped = (text) => text.replace(/[\\\]]/g, "\\$&");
  const root = { FF: "4", GM: "11", CA: "UTF-8", AP: "hexlaw", SZ: `${board.size}` };
  if (winner !== null) root.RE = winner < 0 ? "Draw" : `${"BW"[winner]}+`;
  Object.assign(root, { PB: players[0].name, PW: players[1].name, GC: origin });
  const properties = Object.entries(root).filter(([, text]) => text);
  const written = properties.map(([key, text]) => `${key}[${escaped(text)}]`).join("");
  return `(;${written}${moves.map((action, ply) => `;${"BW"[ply % 2]}[${moveName(board, action)}]`).join("")})\n`;
}
