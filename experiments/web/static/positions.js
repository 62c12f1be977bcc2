// Positions of any game as the pages draw them. What a move does is said by the data that come with a
// game or by whoever is asked about a position (experiments/web/positions.py): here are no rules.
//
// A position is {owners: [R·C] 0, 1 or NOBODY; player to move; over; won: 0, 1, NOBODY, or null while it
// goes on; ways: by action, the cells to choose for it; lands, left: cells where the last move laid a
// stone and which it left; chain: the cells that decided it}.

export const PLAYERS = ["black", "white"];
export const NOBODY = -1;

/** What a move is called. */
export const moveName = (board, action) => board.actions[action] ?? `${action}`;
export const moveNames = (board, actions) => actions.map((action) => moveName(board, action));

/** How each move is chosen where each is by its cell: all empty cells are. */
function plainWays(board, owners) {
  return Object.fromEntries(board.cells.filter(([cell]) => owners[cell] === NOBODY).map(([cell]) => [cell, [cell]]));
}

/** The position in which a board's games begin; `ways` as they are found, or null if they are plain. */
export function makePosition(board, { owners = board.start, changed = [], ways = null, over = false, won = null, chain = [] }, player) {
  return {
    owners, player, over, won, chain,
    ways: over ? {} : ways ?? plainWays(board, owners),
    lands: changed.filter(([, owner]) => owner === 1 - player).map(([cell]) => cell),
    left: changed.filter(([, owner]) => owner === NOBODY).map(([cell]) => cell),
  };
}

/** All positions of a game as experiments/web/replay_page.py describes it, T + 1 of them. */
export function positionsOf({ board, moves, changes, ways, over, won, chain }) {
  let owners = board.start;
  const positions = [makePosition(board, { ways: ways?.[0] ?? (board.fills ? null : {}) }, 0)];
  moves.forEach((action, ply) => {
    const changed = changes?.[ply] ?? [[action, ply % 2]];
    owners = owners.slice();
    for (const [cell, owner] of changed) owners[cell] = owner;
    const last = ply === moves.length - 1;
    positions.push(makePosition(board, {
      owners, changed,
      // Without thoughts nobody asks how a move is chosen.
      ways: ways ? ways[ply + 1] : board.fills ? null : {},
      over: last && over, won: last ? won : null, chain: last ? chain : [],
    }, (ply + 1) % 2));
  });
  return positions;
}

/** The cells that a move of a recorded game changed, to point it out before it is played. */
export const cellsOf = ({ moves, changes }, ply) =>
  ply >= moves.length ? [] : changes ? changes[ply].map(([cell]) => cell) : [moves[ply]];

/** Where the stones of an expected line come to lie: {cell, player}, the first by the side to move. */
export const ghostsOf = ({ variation, landings }, player) =>
  (landings ?? variation).map((cell, k) => ({ cell, player: (player + k) % 2 })).filter(({ cell }) => cell !== null);

/** How a finished game ended, in words. */
export const ending = (position) =>
  position.won === NOBODY ? "A draw." : `${PLAYERS[position.won] === "black" ? "Black" : "White"} wins.`;
