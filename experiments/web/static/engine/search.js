// Tree search as mcts/ makes it: the same visits, and values to the last digits but one.
//
// A search of n nodes makes n evaluations: the root's and one in each of n - 1 simulations. Values are
// for the side to move at their node everywhere; `backUp` converts between plies. Statistics are
// rounded to float32 where XLA rounds them.

import { NOBODY } from "../hex.js";
import { step } from "./rules.js";

const f32 = Math.fround;

/** Mean value of a node from its mover's view. */
export const meanValue = (node) => f32(node.valueSum / Math.max(1, node.visits));

/** The untried action of largest prior, the lower one on ties; undefined where none is left. A node's
 * `order` has the actions tried first, as `children` has them, then the others by their prior. */
export const nextAction = (node) => node.order[node.children.length];

/**
 * What an agent thinks of a position, as experiments/players/thoughts.py describes it.
 *
 * @param position live, as in rules.js
 * @param evaluate a network, as in network.js
 * @param nodes network evaluations, the root's included; 1 is the network alone
 * @param rule a search rule: {follow, conclude}; openRoot and leaveRoot if it treats the root
 *   differently, as gumbel.js has them; prepare and newAction if it draws, as regularised.js does
 */
export function think(position, evaluate, nodes, rule) {
  const root = makeNode(position, evaluate);
  backUp(root);
  const record = rule.openRoot?.(root, nodes - 1);
  const tree = [root];
  for (let k = 0; k < nodes - 1; k++) {
    const chances = rule.prepare?.(tree, k);
    // From the root to a child that is followed, or to the root itself if it wants a new one.
    let node = record ? rule.leaveRoot(record, root, k) ?? root : root;
    if (!record || node !== root) {
      for (let next, level = 0; (next = rule.follow(node, chances, level)); level++) node = next;
    }
    if (!node.over) {
      node = expand(node, rule.newAction ? rule.newAction(node, chances) : nextAction(node), evaluate);
      tree.push(node);
    }
    backUp(node);
  }
  return conclude(root, rule, tree);
}

function makeNode(position, evaluate, parent = null, action = -1, prior = 0) {
  const over = position.winner !== NOBODY; // then who is to move has lost
  const { logits, value } = over ? { logits: [], value: -1 } : evaluate(position);
  const priors = softmax(logits, position);
  const order = [...priors.keys()].filter((each) => position.owner[each] === NOBODY);
  order.sort((a, b) => priors[b] - priors[a] || a - b);
  return {
    position, parent, action, prior, over, priors, order,
    networkValue: Math.max(-1, Math.min(1, value)),
    visits: 0, valueSum: 0, children: [],
  };
}

function softmax(logits, { owner }) {
  const legal = [...logits.keys()].filter((action) => owner[action] === NOBODY);
  const most = legal.reduce((best, action) => Math.max(best, logits[action]), -Infinity);
  const weights = new Float32Array(logits.length);
  for (const action of legal) weights[action] = Math.exp(f32(logits[action] - most));
  const sum = f32(legal.reduce((total, action) => total + weights[action], 0));
  return weights.map((weight) => f32(weight / sum));
}

function expand(node, action, evaluate) {
  const { order, children } = node;
  order.splice(order.indexOf(action), 1);
  order.splice(children.length, 0, action);
  const child = makeNode(step(node.position, action), evaluate, node, action, node.priors[action]);
  children.push(child);
  return child;
}

/** Count a visit of a node, with what it was evaluated as, there and all the way up. */
function backUp(leaf) {
  for (let node = leaf, value = leaf.networkValue; node; node = node.parent, value = -value) {
    node.visits += 1;
    node.valueSum = f32(node.valueSum + value);
  }
}

function conclude(root, rule, tree) {
  const { size } = root.position;
  const visits = new Array(size * size).fill(0);
  const q = new Array(size * size).fill(0);
  for (const child of root.children) {
    visits[child.action] = child.visits;
    q[child.action] = -meanValue(child);
  }
  const { policy, action } = rule.conclude(root, visits, q, tree);
  const spent = visits.reduce((sum, n) => sum + n, 0);
  const won = visits.reduce((sum, n, k) => sum + n * q[k], 0);
  return {
    action,
    value: f32((root.networkValue + won) / (1 + spent)),
    network_value: root.networkValue,
    prior: [...root.priors],
    visits, q, policy,
    variation: variation(root, action),
  };
}

/** The line of play that the search expects: the move, then the most visited child again and again,
 * the one made first on ties. */
function variation(root, action) {
  const line = [action];
  let node = root.children.find((child) => child.action === action);
  while (node?.children.length) {
    node = node.children.reduce((best, child) => (child.visits > best.visits ? child : best));
    line.push(node.action);
  }
  return line;
}

/** Index of the first maximum. */
export const firstMaximum = (scores) => scores.reduce((best, score, k) => (score > scores[best] ? k : best), 0);
