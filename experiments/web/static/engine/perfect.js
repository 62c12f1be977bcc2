// Perfect play on small boards: who wins, and with which moves. A compact form of the must-play search
// of games/exact/must_play.py (Hayward et al. 2003), to whose answers the tests hold it.
//
// A position is two integers, black's and white's stones: bit row * size + column is a cell. They are
// numbers where 31 bits suffice, else BigInts, which take twenty times as long; a worker that solves
// both kinds of board would lose the difference, since engines compile for what they have seen. A proof
// has a carrier, the empty cells it needs: if a move fails, only moves inside the carrier of that
// failure can do better.

import { OPENINGS, OPENING_PLIES, OPENING_SIZE } from "./openings.js";
import { emptyBoard, replay } from "./rules.js";

export const WHOLE = 5; // board side up to which every position is solved within seconds
export const LARGEST = 6; // board side; from a dozen stones on positions are mostly solved in time
const IN_NUMBERS = 5; // board side: 25 cells and a flag fit the numbers that have bits

const REMEMBERED = 400_000; // positions
const LOOKS = 64; // positions between two looks at the clock

const lowest = (cells) => cells & -cells;
const without = (cells) => cells ^ lowest(cells);
const isPair = (cells) => Boolean(cells && without(cells) && !without(without(cells)));

function indexOf(bit) {
  const number = Number(bit);
  return number < 2 ** 32 ? 31 - Math.clz32(number) : 63 - Math.clz32(number / 2 ** 32);
}

function count(cells) {
  let found = 0;
  for (let left = cells; left; left = without(left)) found += 1;
  return found;
}

/** The solver of one board, which remembers what it has proven. */
export class Solver {
  /** @param size side of the board, up to LARGEST */
  constructor(size) {
    const int = size <= IN_NUMBERS ? Number : BigInt;
    this.size = size;
    [this.none, this.one, this.row] = [int(0), int(1), int(size)];
    // Set in what `search` returns if the side to move wins; the rest is the carrier.
    this.won = this.one << int(size * size);
    this.all = this.won - this.one;
    const cells = [...emptyBoard(size).owner.keys()].map((cell) => this.one << int(cell));
    const line = (belongs) => cells.reduce((bits, bit, cell) => (belongs(cell) ? bits | bit : bits), this.none);
    this.cells = cells;
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
    // By player, edge and cell: the two cells between a cell of the second row and the edge, or none.
    const below = (cell, edge) => (cell & edge ? this.none : this.around(cell) & edge);
    this.toEdge = this.edges.map((of) =>
      of.map((edge) => cells.map((cell) => (isPair(below(cell, edge)) ? below(cell, edge) : this.none))),
    );
    this.proven = new Map();
    this.visited = 0;
    this.deadline = Infinity; // by performance.now()
  }

  /**
   * Who wins after the moves of a game that goes on.
   *
   * @param seconds after which to give up; what was proven by then is remembered
   * @returns {winner, winning: [actions of the side to move that win]}
   * @throws if the time was over first
   */
  verdict(moves, seconds = Infinity) {
    const stones = this.stonesAfter(moves);
    const player = moves.length % 2;
    const stored = this.size === OPENING_SIZE && moves.length <= OPENING_PLIES;
    this.deadline = performance.now() + 1000 * seconds;
    const winning = [];
    for (let left = this.all & ~(stones[0] | stones[1]); left; left = without(left)) {
      const bit = lowest(left);
      if (stored ? storedAnswer(moves) & bit : this.isWinning(stones, player, bit)) winning.push(indexOf(bit));
    }
    return { winner: winning.length ? player : 1 - player, winning };
  }

  /** Whether a move wins. */
  isWinning([black, white], player, bit) {
    const after = player === 0 ? [black | bit, white] : [black, white | bit];
    return !(this.search(...after, 1 - player) & this.won);
  }

  /** The carrier of a proof, with `won` if the side to move wins. */
  search(black, white, player) {
    const key = black + white * this.won;
    const known = this.proven.get(key);
    if (known !== undefined) return known;
    if (++this.visited % LOOKS === 0 && performance.now() > this.deadline) {
      throw new Error("not solved in time; ask again later in the game");
    }
    const found = this.prove(black, white, player);
    if (this.proven.size >= REMEMBERED) this.proven.clear();
    this.proven.set(key, found);
    return found;
  }

  prove(black, white, player) {
    const [mine, theirs] = player === 0 ? [black, white] : [white, black];
    const empty = this.all & ~(black | white);
    const lost = this.chain(theirs, 1 - player, empty);
    if (lost !== null) return lost;
    for (let left = empty; left; left = without(left)) {
      const bit = lowest(left);
      const won = this.chain(mine | bit, player, empty & ~bit);
      if (won !== null) return this.won | won | bit;
    }
    let [carrier, must] = this.threats(theirs, 1 - player, empty);
    for (const bit of this.order(mine, player, empty, must)) {
      if (!(must & bit)) continue;
      const reply =
        player === 0 ? this.search(black | bit, white, 1) : this.search(black, white | bit, 0);
      if (!(reply & this.won)) return this.won | reply | bit;
      carrier |= reply & ~this.won;
      must &= reply;
    }
    return carrier;
  }

  /** What a player needs for winning at once if the other passes, and where the other must play. */
  threats(stones, player, empty) {
    let [carrier, must] = [this.none, empty];
    for (let left = empty; left; left = without(left)) {
      const bit = lowest(left);
      const chain = this.chain(stones | bit, player, empty & ~bit);
      if (chain === null) continue;
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
   * The empty cells with which stones join their edges even if the other side moves first, or null.
   *
   * A way leads over stones that touch, and over bridges: two empty cells between two stones, of
   * which the other side can take only one. No cell is in two bridges of a way.
   */
  chain(stones, player, empty) {
    const [first, second] = this.edges[player];
    const [toFirst, toSecond] = this.toEdge[player];
    let reached = this.flood(first & stones, stones);
    const ways = [[reached, this.none]];
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
    return null;
  }

  /** All stones connected to some of them. */
  flood(group, stones) {
    for (let before; before !== group; ) {
      before = group;
      group |= this.around(group) & stones;
    }
    return group;
  }

  /** The cells around some cells, which may be among them. */
  around(cells) {
    const { one, row, all } = this;
    const [left, right] = this.edges[1];
    const [leftwards, rightwards] = [cells & ~left, cells & ~right];
    const beside = (leftwards >> one) | (leftwards << (row - one)) | (rightwards << one) | (rightwards >> (row - one));
    return (beside | (cells << row) | (cells >> row)) & all;
  }

  /** Black's and white's stones. */
  stonesAfter(moves) {
    const stones = [this.none, this.none];
    replay(moves, this.size).owner.forEach((who, action) => who >= 0 && (stones[who] |= this.cells[action]));
    return stones;
  }
}

/** The winning moves of a position whose answer is stored, as bits. */
function storedAnswer(moves) {
  const cells = OPENING_SIZE ** 2;
  const [black, white] = moves;
  const row = black === undefined ? 0 : white === undefined ? 1 + black : 1 + cells * (1 + black) + white;
  return parseInt(OPENINGS.slice(row * 5, row * 5 + 5), 32); // 25 bits are five digits
}
