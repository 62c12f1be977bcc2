// Search as regularised policy optimisation (Grill et al. 2020), which draws its way from the policy π̄.
// mcts/rules/regularised.py has the formulas, and the settings, which are those it has by itself.

import { FIRST_KEY, derived, uniform } from "./random.js";
import { firstMaximum, meanValue } from "./search.js";

const f32 = Math.fround;
const C_PUCT = 1.25; // weight of the prior
const [TOLERANCE, MAX_STEPS, LEAST] = [1e-6, 32, 1e-6];

const DRAWS = derived(FIRST_KEY, 2); // of the three keys of a search, the one for simulations

/** [-extreme, extreme] to [0, 1]. */
const stretch = (value, extreme) => f32(f32(value + extreme) / Math.max(f32(2 * extreme), f32(1e-4)));

/** λ_N of a node of so many visits and legal actions (Equation 4). */
const multiplier = (visits, legal) =>
  Math.max(f32(f32(C_PUCT * f32(Math.sqrt(visits))) / Math.max(1, visits + legal)), f32(LEAST));

/** π̄ (Equation 7): λ π / (α - q), with the α for which it sums to 1, found by Newton's method on
 * t = α - max q within the bracket of Appendix B.3. */
function regularisedPolicy(lambda, prior, q) {
  const live = [...prior.keys()].filter((k) => prior[k] > 0);
  const top = Math.max(...live.map((k) => q[k]));
  const weights = live.map((k) => f32(lambda * prior[k]));
  const gaps = live.map((k) => f32(top - q[k]));
  const sum = (of) => weights.reduce((total, _, k) => total + of(k), 0);
  let low = Math.max(...weights.map((weight, k) => weight - gaps[k]));
  let high = sum((k) => weights[k]);
  let [t, mass] = [low, 0];
  for (let step = 0; step <= MAX_STEPS; step++) {
    mass = sum((k) => weights[k] / (t + gaps[k]));
    if (Math.abs(mass - 1) <= TOLERANCE) break;
    if (mass > 1) low = t;
    else high = t;
    const newton = t + (mass * (mass - 1)) / sum((k) => weights[k] / (t + gaps[k]) ** 2);
    t = newton > low && newton < high ? newton : (low + high) / 2;
  }
  const policy = new Array(prior.length).fill(0);
  live.forEach((action, k) => (policy[action] = f32(weights[k] / (t + gaps[k]) / mass)));
  return policy;
}

/** An index in proportion to its weight. */
function draw(weights, chance) {
  const aim = chance * weights.reduce((total, weight) => total + weight, 0);
  let [sum, last] = [0, 0];
  for (const [index, weight] of weights.entries()) {
    if (!weight) continue;
    last = index;
    sum += weight;
    if (sum > aim) break;
  }
  return last;
}

export const regularised = {
  /** What a simulation needs to know: the largest |mean value|, and its own chances. */
  prepare(nodes, simulation) {
    const key = derived(DRAWS, simulation);
    const [descending, choosing] = [derived(key, 0), derived(key, 1)];
    return {
      extreme: nodes.reduce((most, node) => Math.max(most, Math.abs(meanValue(node))), 0),
      atLevel: (level) => uniform(derived(descending, level)),
      ofAction: () => uniform(choosing),
    };
  },

  /** Draws from π̄: all actions never tried as one, then the children in the order tried. */
  follow(node, { extreme, atLevel }, level) {
    const { children, order, priors } = node;
    if (!order.length) return null;
    const untried = order.slice(children.length).reduce((sum, action) => sum + priors[action], 0);
    const policy = regularisedPolicy(
      multiplier(node.visits - 1, order.length),
      [f32(untried), ...children.map((child) => child.prior)],
      [stretch(meanValue(node), extreme), ...children.map((child) => stretch(-meanValue(child), extreme))],
    );
    const drawn = draw(policy, atLevel(level));
    return drawn ? children[drawn - 1] : null;
  },

  /** An action never tried, drawn in proportion to its prior. */
  newAction({ children, order, priors }, { ofAction }) {
    const weights = new Array(priors.length).fill(0);
    for (const action of order.slice(children.length)) weights[action] = priors[action];
    return draw(weights, ofAction());
  },

  /** π̄ over all actions, and the largest. */
  conclude(root, visits, q, nodes) {
    const { extreme } = this.prepare(nodes, 0);
    const untried = stretch(meanValue(root), extreme);
    const spent = visits.reduce((sum, n) => sum + n, 0);
    const policy = regularisedPolicy(
      multiplier(spent, root.order.length),
      [...root.priors],
      q.map((each, action) => (visits[action] ? stretch(each, extreme) : untried)),
    );
    return { policy, action: firstMaximum(policy) };
  },
};
