// Perfect play on small boards: who wins, and with which moves. A compact form of the must-play search
// of games/exact/must_play.py (Hayward et al. 2003), to whose answers the tests hold it.
//
// A position is two integers, black's and white's stones: bit row * size + column is a cell. A proof
// has a carrier, the empty cells it needs: if a move fails, only moves inside the carrier of that
// failure can do better.

import { OPENINGS, OPENING_PLIES, OPENING_SIZE } from "./openings.js";
import { emptyBoard, replay } from "./rules.js";

export const LARGEST = 5; // board side: 25 cells and a flag fit the integers that have bits

const WINS = 1 << 25; // set in what `search` returns if the side to move wins; the rest is the carrier
const REMEMBERED = 400_000; // positions

const lowest = (cells) => cells & -cells;
const without = (cells) => cells & (cells - 1); // the lowest
const indexOf = (bit) => 31 - Math.clz32(bit);
const isPair = (cells) => cells !== 0 && without(cells) !== 0 && without(without(cells)) === 0;

function count(cells) {
  let found = 0;
  for (let left = cells; left; left = without(left)) found += 1;
  return found;
}

/** The solver of one board, which remembers what it has proven. */
export class Solver {
  /** @param size side of the board, up to LARGEST */
  constructor(size) {
    this.size = size;
    this.all = 2 ** (size * size) - 1;
    const cells = [...emptyBoard(size).owner.keys()].map((cell) => 1 << cell);
    const line = (belongs) => cells.reduce((bits, bit, cell) => (belongs(cell) ? bits | bit : bits), 0);
    this.edges = [
      [line((cell) => cell < size), line((cell) => cell >= size * (size - 1))], // black's
      [line((cell) => cell % size === 0), line((cell) => cell % size === size - 1)], // white's
    ];
    // By cell: the cells that are a bridge away, each as [it, the two cells between].
    this.bridges = cells.map((cell) =>
      cells
        .filter((mate) => mate !== cell && !(this.around(cell) & mate))
        .map((mate) => [mate, this.around(cell) & this.around(mate)])
        .filter(([, between]) => isPair(between)),
    );
    // By player, edge and cell: the two cells between a cell of the second row and the edge, or 0.
    const below = (cell, edge) => (cell & edge ? 0 : this.around(cell) & edge);
    this.toEdge = this.edges.map((of) =>
      of.map((edge) => cells.map((cell) => (isPair(below(cell, edge)) ? below(cell, edge) : 0))),
    );
    this.proven = new Map();
    this.allowance = 0; // positions that may still be visited
  }

  /**
   * Who wins after the moves of a game that goes on.
   *
   * @param limit positions to visit at most
   * @returns {winner, winning: [actions of the side to move that win]}
   * @throws if the limit was met first
   */
  verdict(moves, limit = Infinity) {
    const stones = stonesAfter(moves, this.size);
    const player = moves.length % 2;
    const stored = this.size === OPENING_SIZE && moves.length <= OPENING_PLIES;
    this.allowance = limit;
    const winning = [];
    for (let left = this.all & ~(stones[0] | stones[1]); left; left = without(left)) {
      const bit = lowest(left);
      if (stored ? storedAnswer(moves) & bit : this.wins(stones, player, bit)) winning.push(indexOf(bit));
    }
    return { winner: winning.length ? player : 1 - player, winning };
  }

  /** Whether a move wins. */
  wins([black, white], player, bit) {
    const after = player === 0 ? [black | bit, white] : [black, white | bit];
    return !(this.search(...after, 1 - player) & WINS);
  }

  /** The carrier of a proof, with WINS if the side to move wins. */
  search(black, white, player) {
    const key = black + white * WINS;
    const known = this.proven.get(key);
    if (known !== undefined) return known;
    if (this.allowance-- <= 0) throw new Error("not solved in time; ask again later in the game");
    const found = this.prove(black, white, player);
    if (this.proven.size >= REMEMBERED) this.proven.clear();
    this.proven.set(key, found);
    return found;
  }

  prove(black, white, player) {
    const [mine, theirs] = player === 0 ? [black, white] : [white, black];
    const empty = this.all & ~(black | white);
    const lost = this.chain(theirs, 1 - player, empty);
    if (lost >= 0) return lost;
    for (let left = empty; left; left = without(left)) {
      const bit = lowest(left);
      const won = this.chain(mine | bit, player, empty & ~bit);
      if (won >= 0) return WINS | won | bit;
    }
    let [carrier, must] = this.threats(theirs, 1 - player, empty);
    for (const bit of this.order(mine, player, empty, must)) {
      if (!(must & bit)) continue;
      const reply =
        player === 0 ? this.search(black | bit, white, 1) : this.search(black, white | bit, 0);
      if (!(reply & WINS)) return WINS | reply | bit;
      carrier |= reply & ~WINS;
      must &= reply;
    }
    return carrier;
  }

  /** What a player needs for winning at once if the other passes, and where the other must play. */
  threats(stones, player, empty) {
    let [carrier, must] = [0, empty];
    for (let left = empty; left; left = without(left)) {
      const bit = lowest(left);
      const chain = this.chain(stones | bit, player, empty & ~bit);
      if (chain < 0) continue;
      carrier |= chain | bit;
      must &= chain | bit;
    }
    return [carrier, must];
  }

  /** The cells of `among`, those first that leave the other side the fewest moves. */
  order(mine, player, empty, among) {
    const cells = [];
    for (let left = among; left; left = without(left)) {
      const bit = lowest(left);
      cells.push([bit, count(this.threats(mine | bit, player, empty & ~bit)[1])]);
    }
    return cells.sort((a, b) => a[1] - b[1]).map(([bit]) => bit);
  }

  /**
   * The empty cells with which stones join their edges even if the other side moves first, or -1.
   *
   * A way leads over stones that touch, and over bridges: two empty cells between two stones, of
   * which the other side can take only one. No cell is in two bridges of a way.
   */
  chain(stones, player, empty) {
    const [first, second] = this.edges[player];
    const [toFirst, toSecond] = this.toEdge[player];
    let reached = this.flood(first & stones, stones);
    const ways = [[reached, 0]];
    const go = (to, used) => {
      const group = this.flood(to, stones);
      reached |= group;
      ways.push([group, used]);
    };
    for (let left = stones & ~reached; left; left = without(left)) {
      const bridge = toFirst[indexOf(lowest(left))];
      if (bridge && (bridge & empty) === bridge && !(reached & lowest(left))) go(lowest(left), bridge);
    }
    for (const [group, used] of ways) {
      if (group & second) return used;
      const free = empty & ~used;
      for (let left = group; left; left = without(left)) {
        const cell = indexOf(lowest(left));
        const bridge = toSecond[cell];
        if (bridge && (bridge & free) === bridge) return used | bridge;
        for (const [mate, between] of this.bridges[cell]) {
          if (mate & stones & ~reached && (between & free) === between) go(mate, used | between);
        }
      }
    }
    return -1;
  }

  /** All stones connected to some of them. */
  flood(group, stones) {
    for (let before = 0; before !== group; ) {
      before = group;
      group |= this.around(group) & stones;
    }
    return group;
  }

  /** The cells around some cells, which may be among them. */
  around(cells) {
    const { size, all } = this;
    const [left, right] = this.edges[1];
    const [leftwards, rightwards] = [cells & ~left, cells & ~right];
    const beside = (leftwards >> 1) | (leftwards << (size - 1)) | (rightwards << 1) | (rightwards >> (size - 1));
    return (beside | (cells << size) | (cells >> size)) & all;
  }
}

/** Black's and white's stones. */
function stonesAfter(moves, size) {
  const stones = [0, 0];
  replay(moves, size).owner.forEach((who, action) => who >= 0 && (stones[who] |= 1 << action));
  return stones;
}

/** The winning moves of a position whose answer is stored, as bits. */
function storedAnswer(moves) {
  const cells = OPENING_SIZE ** 2;
  const [black, white] = moves;
  const row = black === undefined ? 0 : white === undefined ? 1 + black : 1 + cells * (1 + black) + white;
  return parseInt(OPENINGS.slice(row * 5, row * 5 + 5), 32); // 25 bits are five digits
}
