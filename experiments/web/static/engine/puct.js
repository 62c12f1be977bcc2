// PUCT, the search rule of AlphaZero, with the settings that mcts.Puct has by itself. The formula and
// its sources stand in mcts/rules/puct.py.

import { firstMaximum, meanValue, nextAction } from "./search.js";

const f32 = Math.fround;
const C_PUCT = 1.25; // weight of the prior

export const puct = {
  /** The child to follow, or none if a new action is to be tried or there is nothing to follow. A
   * child wins against a new action on ties, and among children the one made first. */
  follow(node) {
    const weight = f32(C_PUCT * f32(Math.sqrt(node.visits)));
    let [best, most] = [null, -1];
    for (const child of node.children) {
      const explore = f32(child.prior / (1 + child.visits));
      // Rounded once: XLA multiplies and adds in one instruction.
      const score = f32(f32(1 - meanValue(child)) + weight * explore);
      if (score > most) [best, most] = [child, score];
    }
    const action = nextAction(node);
    if (action === undefined) return best;
    const fresh = f32(f32(1 + meanValue(node)) + weight * node.priors[action]);
    return most >= fresh ? best : null;
  },

  /** Shares of visits, the prior if there are none; the most visited action, ties broken by prior. */
  conclude(root, visits) {
    const total = visits.reduce((sum, n) => sum + n, 0);
    const policy = total ? visits.map((n) => f32(n / total)) : [...root.priors];
    const scores = policy.map((share, action) => f32(share + root.priors[action] * f32(1e-4)));
    return { policy, action: firstMaximum(scores) };
  },
};
