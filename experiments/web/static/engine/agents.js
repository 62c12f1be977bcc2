// Agents by their weights: what they think of a position, at any budget.

import { gumbel } from "./gumbel.js";
import { makeNetwork } from "./network.js";
import { puct } from "./puct.js";
import { regularised } from "./regularised.js";
import { replay } from "./rules.js";
import { think } from "./search.js";
import { readSnapshot } from "./snapshot.js";

/** The search rules that can be chosen. */
export const RULES = { puct, gumbel, regularised };

/**
 * An agent.
 *
 * @param buffer its snapshot's file, an ArrayBuffer
 * @returns (moves, size, nodes, rule name) => its thoughts after these moves
 * @throws if it is not a snapshot, or of a network that is not known here
 */
export function makeAgent(buffer) {
  const snapshot = readSnapshot(buffer);
  const network = makeNetwork(snapshot);
  const convolves = snapshot.config.network.kind === "conv"; // and so fits every board
  return (moves, size, nodes, rule = "puct") => {
    if (size !== snapshot.config.boardsize && !convolves) {
      throw new Error(`this agent plays on ${snapshot.config.boardsize}×${snapshot.config.boardsize}`);
    }
    return think(replay(moves, size), network, nodes, RULES[rule]);
  };
}
