// Hex as the pages need it: names of cells, who owns them, who has won. The rules that count are
// games/hex.py's; the server refuses what they do not allow.

export const PLAYERS = ["black", "white"];
export const NOBODY = -1;

const OFFSETS = [[-1, 0], [-1, 1], [0, -1], [0, 1], [1, -1], [1, 0]]; // row, column

export const cellName = (action, size) =>
  String.fromCharCode(97 + (action % size)) + (Math.floor(action / size) + 1);

/** The action of a cell's name, or -1. */
export function parseCell(name, size) {
  const match = /^([a-z])([1-9]\d?)$/.exec(name.trim().toLowerCase());
  if (!match) return -1;
  const [column, row] = [match[1].charCodeAt(0) - 97, Number(match[2]) - 1];
  return column < size && row < size ? row * size + column : -1;
}

/** Whose stone lies on each cell: 0, 1 or NOBODY. Black moves first. */
export function owners(moves, size) {
  const owner = new Array(size * size).fill(NOBODY);
  moves.forEach((action, ply) => (owner[action] = ply % 2));
  return owner;
}

/** The cells around a cell. */
export function neighbours(action, size) {
  const [row, column] = [Math.floor(action / size), action % size];
  return OFFSETS.map(([r, c]) => [row + r, column + c])
    .filter(([r, c]) => r >= 0 && r < size && c >= 0 && c < size)
    .map(([r, c]) => r * size + c);
}

/** The shortest chain with which the last move won, edge to edge; empty while the game goes on. */
export function winningChain(moves, size) {
  if (!moves.length) return [];
  const player = (moves.length - 1) % 2; // only the side that has just moved can have won
  const owner = owners(moves, size);
  const along = (action) => (player === 0 ? Math.floor(action / size) : action % size);
  const mine = owner.flatMap((who, action) => (who === player ? [action] : []));
  const parent = new Map(mine.filter((a) => along(a) === size - 1).map((a) => [a, null]));
  const queue = [...parent.keys()];
  for (const action of queue) {
    if (along(action) === 0) {
      const chain = [];
      for (let cell = action; cell !== null; cell = parent.get(cell)) chain.push(cell);
      return chain;
    }
    for (const next of neighbours(action, size)) {
      if (owner[next] === player && !parent.has(next)) {
        parent.set(next, action);
        queue.push(next);
      }
    }
  }
  return [];
}

/** 0 or 1, or NOBODY while the game goes on. */
export const winnerOf = (moves, size) =>
  winningChain(moves, size).length ? (moves.length - 1) % 2 : NOBODY;
