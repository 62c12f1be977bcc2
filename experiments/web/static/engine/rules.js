// Hex as the search plays it: positions that are made from one another and never changed. The rules
// that count are games/hex.py's; the tests hold these to them.

import { NOBODY, neighbours } from "../hex.js";

const around = new Map(); // by size: the neighbours of every cell

function neighbourTable(size) {
  if (!around.has(size)) {
    around.set(size, Array.from({ length: size * size }, (_, action) => neighbours(action, size)));
  }
  return around.get(size);
}

/** The empty board: {size, owner: [A] 0, 1 or NOBODY, toMove, winner}. */
export const emptyBoard = (size) => ({
  size,
  owner: new Int8Array(size * size).fill(NOBODY),
  toMove: 0,
  winner: NOBODY,
});

/** The position after a legal move. Once somebody has won, the loser is to move. */
export function step(position, action) {
  const { size, toMove } = position;
  if (position.winner !== NOBODY || position.owner[action] !== NOBODY) {
    throw new Error(`move ${action} is not legal`); // undefined where it is no cell at all
  }
  const owner = position.owner.slice();
  owner[action] = toMove;
  const winner = joinsEdges(owner, size, action) ? toMove : NOBODY;
  return { size, owner, toMove: 1 - toMove, winner };
}

/** The position after some moves from the empty board. */
export const replay = (moves, size) => moves.reduce(step, emptyBoard(size));

/** Whether the group of a stone touches both of its player's edges. */
export function joinsEdges(owner, size, action) {
  const player = owner[action];
  const table = neighbourTable(size);
  const group = [action];
  const seen = new Uint8Array(size * size);
  seen[action] = 1;
  let [first, last] = [false, false];
  for (const cell of group) {
    const along = player === 0 ? Math.floor(cell / size) : cell % size;
    first ||= along === 0;
    last ||= along === size - 1;
    for (const next of table[cell]) {
      if (owner[next] !== player || seen[next]) continue;
      seen[next] = 1;
      group.push(next);
    }
  }
  return first && last;
}
