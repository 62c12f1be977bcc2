// The rules that the pages have themselves: those of the engine's games, so that a game goes on without
// a server. Of all others the server is asked.

import { owners, winningChain, NOBODY } from "hexlaw/hex.js";
import { makePosition } from "hexlaw/positions.js";

function hex(board, moves) {
  const chain = winningChain(moves, board.size);
  const player = moves.length % 2;
  const over = chain.length > 0;
  const changed = moves.length ? [[moves.at(-1), 1 - player]] : [];
  return makePosition(board, { owners: owners(moves, board.size), changed, over, won: over ? 1 - player : null, chain }, player);
}

/** By game: (board, moves) => the position. */
export const RULES = { hex };
