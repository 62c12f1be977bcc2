"""Gumbel AlphaZero in plain Python and float64, written from the paper.

Danihelka et al. 2022, "Policy improvement by planning with Gumbel": Algorithm 2 (root), Section 5
(interior), Appendix D (mixed value), Equations 8, 11, 14 and 33. One object a position, one
recursion; the halving is Karnin et al. 2013 as a loop over phases and rounds.

What the paper leaves open is settled so:

- The actions still considered are ranked anew when a round begins, and visited in that order.
- The last two share what is left of the budget.
- With `rescale`, the completed q of a node's legal actions are stretched to [0, 1] (as in mctx).
- Ties below the root: an action already tried before a new one, then the one tried first; among
  new actions the larger prior, then the lower index.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple


class Rule(NamedTuple):
    max_considered: int
    c_visit: float
    c_scale: float
    rescale: bool


class Result(NamedTuple):
    visits: list[int]  # [A]
    q: list[float]  # [A], 0 where never tried
    value: float  # mean value of the root
    policy: list[float]  # [A], π'
    action: int
    gap: float  # smallest lead of a choice over the next best, inf if there was none


class Node:
    def __init__(self, world: Any, state: Any) -> None:
        self.state = state
        self.outcome = world.outcome(state)
        self.visits, self.total = 0, 0.0
        self.network_value = 0.0
        self.prior: dict[int, float] = {}
        self.children: dict[int, Node] = {}

    def n(self, action: int) -> int:
        return self.children[action].visits if action in self.children else 0

    def q(self, action: int) -> float:
        child = self.children[action]
        return -child.total / child.visits


class Search:
    def __init__(self, world: Any, rule: Rule) -> None:
        self.world, self.rule, self.gap = world, rule, math.inf

    def evaluate(self, node: Node) -> float:
        logits, node.network_value = self.world.evaluate(node.state)
        legal = self.world.legal(node.state)
        top = max(logits[a] for a in legal)
        total = math.fsum(math.exp(logits[a] - top) for a in legal)
        node.prior = {a: math.exp(logits[a] - top) / total for a in legal}
        return node.network_value

    def sigma(self, node: Node) -> dict[int, float]:
        """σ(completed q) of every legal action."""
        tried = list(node.children)
        visits = sum(node.n(a) for a in tried)
        value = node.network_value
        if tried:
            mass = sum(node.prior[a] for a in tried)
            weighted = sum(node.prior[a] * node.q(a) for a in tried) / mass
            value = (node.network_value + visits * weighted) / (1 + visits)
        completed = {a: node.q(a) if a in node.children else value for a in node.prior}
        low, high = min(completed.values()), max(completed.values())
        if self.rule.rescale:
            completed = {a: (q - low) / max(high - low, 1e-8) for a, q in completed.items()}
        most = max((node.n(a) for a in tried), default=0)
        scale = (self.rule.c_visit + most) * self.rule.c_scale
        return {a: scale * q for a, q in completed.items()}

    def improved(self, node: Node) -> dict[int, float]:
        """π' = softmax(log π + σ)."""
        sigma = self.sigma(node)
        top = max(sigma.values())
        weight = {a: node.prior[a] * math.exp(sigma[a] - top) for a in node.prior}
        total = math.fsum(weight.values())
        return {a: w / total for a, w in weight.items()}

    def select(self, node: Node) -> int:
        new = sorted(set(node.prior) - set(node.children), key=lambda a: (-node.prior[a], a))
        improved = self.improved(node)
        visits = sum(child.visits for child in node.children.values())
        candidates = [*node.children, *new]
        scores = [improved[a] - node.n(a) / (1 + visits) for a in candidates]
        self.watch(scores)
        return candidates[scores.index(max(scores))]

    def watch(self, scores: Iterable[float], kept: int = 1) -> None:
        """Note the lead of the last one kept over the first one dropped."""
        ranked = sorted(scores, reverse=True)
        if len(ranked) > kept:
            self.gap = min(self.gap, ranked[kept - 1] - ranked[kept])

    def visit(self, node: Node) -> float:
        """One simulation from `node` down; its value as the side to move at `node` sees it."""
        if node.outcome is not None:
            value = node.outcome
        elif node.visits == 0:
            value = self.evaluate(node)
        else:
            value = self.through(node, self.select(node))
        node.visits += 1
        node.total += value
        return value

    def through(self, node: Node, action: int) -> float:
        if action not in node.children:
            node.children[action] = Node(self.world, self.world.step(node.state, action))
        return -self.visit(node.children[action])

    def rank(self, root: Node, actions: Sequence[int], noise: Sequence[float]) -> list[int]:
        score = self.root_scores(root, actions, noise)
        return sorted(actions, key=lambda a: -score[a])

    def root_scores(
        self, root: Node, actions: Sequence[int], noise: Sequence[float]
    ) -> dict[int, float]:
        sigma = self.sigma(root)
        return {a: noise[a] + math.log(root.prior[a]) + sigma[a] for a in actions}

    def halve(self, root: Node, noise: Sequence[float], budget: int) -> int:
        """Spend `budget` simulations; returns the action that survives."""
        m = min(self.rule.max_considered, budget, len(root.prior))
        considered = self.rank(root, list(root.prior), noise)
        self.watch(self.root_scores(root, considered, noise).values(), kept=m)
        considered = considered[:m]
        phases = max(1, math.ceil(math.log2(m)))
        left = budget
        while left:
            size = len(considered)
            for _ in range(max(1, budget // (phases * size))):
                considered = self.rank(root, considered, noise)
                if 0 < left < size:
                    self.watch(self.root_scores(root, considered, noise).values(), kept=left)
                for action in considered[:left]:
                    root.total += self.through(root, action)
                    root.visits += 1
                left -= min(left, size)
            if left and size > 2:
                size = max(2, size // 2)
                self.watch(self.root_scores(root, considered, noise).values(), kept=size)
                considered = self.rank(root, considered, noise)[:size]
        most = max(root.n(a) for a in considered)
        finalists = [a for a in considered if root.n(a) == most]
        self.watch(self.root_scores(root, finalists, noise).values())
        return self.rank(root, finalists, noise)[0]


def search(world: Any, state: Any, nodes: int, rule: Rule, noise: Sequence[float]) -> Result:
    """A search of `nodes` evaluations, the root's included; `noise` [A] is g."""
    run = Search(world, rule)
    root = Node(world, state)
    run.visit(root)
    action = run.halve(root, noise, nodes - 1)
    actions, improved = range(world.num_actions), run.improved(root)
    return Result(
        visits=[root.n(a) for a in actions],
        q=[root.q(a) if a in root.children else 0.0 for a in actions],
        value=root.total / root.visits,
        policy=[improved.get(a, 0.0) for a in actions],
        action=action,
        gap=run.gap,
    )
