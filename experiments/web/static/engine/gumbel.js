// Gumbel AlphaZero's search as it plays: without its noise. mcts/rules/gumbel.py has the formulas, the
// paper's numbers of them, and the settings, which are those of mcts.Gumbel.

import { firstMaximum, meanValue, nextAction } from "./search.js";

const f32 = Math.fround;
const TINY = f32(1.1754943508222875e-38);
const [MAX_CONSIDERED, C_VISIT, C_SCALE] = [16, 50, 0.1];

const log = (prior) => f32(Math.log(Math.max(prior, TINY)));
const sum = (values) => f32(values.reduce((total, each) => total + each, 0));

/** σ of each tried action's q, and of the mixed value that stands for those never tried, both less σ
 * of the largest q (Equations 8 and 33). */
function sigma({ q, visits, prior, networkValue, anyUntried }) {
  const simulations = visits.reduce((total, n) => total + n, 0);
  const tried = [...q.keys()].filter((k) => visits[k] > 0);
  const mass = sum(tried.map((k) => prior[k]));
  const weighted = f32(sum(tried.map((k) => f32(prior[k] * q[k]))) / Math.max(mass, TINY));
  const mixed = f32(f32(networkValue + simulations * weighted) / (1 + simulations));
  const known = tried.map((k) => q[k]);
  const completed = anyUntried || !known.length ? [...known, mixed] : known;
  const high = Math.max(...completed);
  const low = anyUntried ? Math.min(...completed) : known.length ? Math.min(...known) : Infinity;
  const most = Math.max(0, ...visits);
  const scale = f32(f32((C_VISIT + most) * f32(C_SCALE)) / Math.max(f32(high - low), f32(1e-8)));
  return {
    ofAction: q.map((each, k) => (visits[k] > 0 ? f32(scale * f32(each - high)) : 0)),
    ofUntried: f32(scale * Math.min(f32(mixed - high), 0)),
  };
}

/** How many actions each round visits, `simulations` in all; mcts/halving.py explains it. */
function halvingRounds(considered, simulations) {
  const rounds = [];
  const phases = Math.max(1, Math.ceil(Math.log2(considered)));
  let [k, left] = [considered, simulations];
  while (left > 0) {
    const length = Math.max(1, Math.floor(simulations / (phases * k)));
    for (let round = 0; round < length && left > 0; round++) {
      rounds.push(Math.min(k, left));
      left -= k;
    }
    k = Math.min(k, Math.max(2, Math.floor(k / 2)));
  }
  return rounds;
}

export const gumbel = {
  /** The actions considered are the likeliest; the k-th of them is the root's k-th child. */
  openRoot(root, simulations) {
    const considered = root.order.slice(0, Math.min(MAX_CONSIDERED, simulations));
    const rounds = simulations > 0 ? halvingRounds(considered.length, simulations) : [];
    return {
      considered,
      roundOf: rounds.flatMap((count, round) => new Array(count).fill(round)),
      ranking: considered.map((action) => log(root.priors[action])),
    };
  },

  /** The best-ranked action that this round has not visited yet: its child, or none if it is new. */
  leaveRoot(record, root, simulation) {
    const { considered, roundOf } = record;
    const visits = considered.map((_, k) => root.children[k]?.visits ?? 0);
    const round = roundOf[simulation];
    if (round > 0 && roundOf[simulation - 1] < round) {
      const { ofAction } = sigma({
        q: considered.map((_, k) => (root.children[k] ? -meanValue(root.children[k]) : 0)),
        visits,
        prior: considered.map((action) => root.priors[action]),
        networkValue: root.networkValue,
        anyUntried: root.order.length > root.children.length,
      });
      record.ranking = considered.map((action, k) => f32(log(root.priors[action]) + ofAction[k]));
    }
    const waiting = [...considered.keys()].filter((k) => visits[k] === round);
    return root.children[waiting[firstMaximum(waiting.map((k) => record.ranking[k]))]];
  },

  /** Equation 14: argmax π' - N / (1 + ΣN), where the likeliest action never tried stands for all. */
  follow(node) {
    const { children } = node;
    const action = nextAction(node);
    const visits = children.map((child) => child.visits);
    const { ofAction, ofUntried } = sigma({
      q: children.map((child) => -meanValue(child)),
      visits,
      prior: children.map((child) => child.prior),
      networkValue: node.networkValue,
      anyUntried: action !== undefined,
    });
    const weights = children.map((child, k) => f32(child.prior * f32(Math.exp(ofAction[k]))));
    const untried = f32(Math.exp(ofUntried));
    const left = sum(node.order.slice(children.length).map((each) => node.priors[each]));
    const normaliser = Math.max(f32(sum(weights) + left * untried), TINY);
    const spent = 1 + visits.reduce((total, n) => total + n, 0);
    let [best, most] = [null, -1];
    children.forEach((child, k) => {
      // One more than Equation 14, in the order in which it is rounded in Python.
      const score = f32(f32(1 + f32(weights[k] / normaliser)) - f32(visits[k] / spent));
      if (score > most) [best, most] = [child, score];
    });
    if (action === undefined) return best;
    const fresh = f32(1 + f32(f32(node.priors[action] * untried) / normaliser));
    return most >= fresh ? best : null;
  },

  /** π' over all actions, and of those visited most the one ranked first. */
  conclude(root, visits, q) {
    const { ofAction, ofUntried } = sigma({
      q, visits, prior: root.priors, networkValue: root.networkValue,
      anyUntried: root.order.some((action) => visits[action] === 0),
    });
    const improved = new Map(
      root.order.map((a) => [a, f32(log(root.priors[a]) + (visits[a] ? ofAction[a] : ofUntried))]),
    );
    const top = Math.max(...improved.values());
    const weights = visits.map((_, a) => (improved.has(a) ? f32(Math.exp(f32(improved.get(a) - top))) : 0));
    const total = sum(weights);
    const most = Math.max(...visits);
    const survivors = [...improved.keys()].filter((a) => visits[a] === most).sort((a, b) => a - b);
    const action = survivors[firstMaximum(survivors.map((a) => improved.get(a)))];
    return { policy: weights.map((weight) => f32(weight / total)), action };
  },
};
