"""Regularised policy search in plain Python and float64, written from the papers.

Grill et al. 2020, "Monte-Carlo tree search as regularized policy optimization": Equations 4 and 7,
Proposition 1, Appendix B.3; every action drawn from π̄. Jones's variant is written from the
description of his code (boardlaw issue 15, and `transition_q` there): another λ, and values
stretched by the largest one of the whole batch.

What the papers leave open is settled so:

- Values are stretched from [-M, M] to [0, 1], M the largest |mean value| of a node.
- A draw goes through "none tried yet" first, then through the actions tried in the order tried; a
  second one, where it is needed, through those never tried by index.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple


class Rule(NamedTuple):
    c_puct: float
    jones_multiplier: bool
    jones_range: bool
    unvisited_value: str  # "parent", "zero" or "loss"


class Result(NamedTuple):
    visits: list[int]  # [A]
    q: list[float]  # [A], 0 where never tried
    value: float  # mean value of the root
    policy: list[float]  # [A], π̄
    gap: float  # smallest distance of a variate from where another action would be drawn


def solve(multiplier: float, prior: Sequence[float], q: Sequence[float]) -> tuple[float, list]:
    """α and π̄ by bisection between the bounds of Appendix B.3; at λ = 0 and equal q, π̄ = π."""
    if multiplier == 0:
        return max(q), list(prior)
    live = [(p, value) for p, value in zip(prior, q, strict=True) if p > 0]
    low = max(value + multiplier * p for p, value in live)
    high = max(value for _, value in live) + multiplier
    for _ in range(200):
        alpha = (low + high) / 2
        mass = math.fsum(multiplier * p / (alpha - value) for p, value in live)
        low, high = (alpha, high) if mass > 1 else (low, alpha)
    policy = [
        multiplier * p / (high - value) if p > 0 else 0.0 for p, value in zip(prior, q, strict=True)
    ]
    return high, policy


class Node:
    def __init__(self, world: Any, state: Any) -> None:
        self.state = state
        self.outcome = world.outcome(state)
        self.visits, self.total = 0, 0.0
        self.prior: dict[int, float] = {}
        self.children: dict[int, Node] = {}

    def mean(self) -> float:
        return self.total / self.visits

    def everyone(self) -> Iterator[Node]:
        yield self
        for child in self.children.values():
            yield from child.everyone()


class Tree:
    def __init__(self, world: Any, rule: Rule, state: Any) -> None:
        self.world, self.rule, self.root = world, rule, Node(world, state)
        self.gap = math.inf
        self.largest = 1.0

    def largest_value(self) -> float:
        return max(abs(node.mean()) for node in self.root.everyone())

    def stretch(self, value: float) -> float:
        return (value + self.largest) / max(2 * self.largest, 1e-4)

    def policy(self, node: Node) -> dict[int, float]:
        """π̄ of the legal actions: those tried in order, then the others by index."""
        order = [*node.children, *sorted(set(node.prior) - set(node.children))]
        untried = {"parent": node.mean(), "zero": 0.0, "loss": -self.largest}
        q = [
            self.stretch(
                -node.children[a].mean()
                if a in node.children
                else untried[self.rule.unvisited_value]
            )
            for a in order
        ]
        n = sum(child.visits for child in node.children.values())
        if self.rule.jones_multiplier:
            cells = self.world.num_actions
            n += cells - len(node.children)
            multiplier = self.rule.c_puct * n / (n + cells)
        else:
            multiplier = self.rule.c_puct * math.sqrt(n) / (n + len(node.prior))
        _, policy = solve(multiplier, [node.prior[a] for a in order], q)
        return dict(zip(order, policy, strict=True))

    def visit(self, node: Node, uniform: Callable[[int | None], float], level: int = 0) -> float:
        if node.outcome is not None:
            value = node.outcome
        elif node.visits == 0:
            logits, value = self.world.evaluate(node.state)
            legal = self.world.legal(node.state)
            top = max(logits[a] for a in legal)
            total = math.fsum(math.exp(logits[a] - top) for a in legal)
            node.prior = {a: math.exp(logits[a] - top) / total for a in legal}
        else:
            action = self.select(node, uniform, level)
            if action not in node.children:
                node.children[action] = Node(self.world, self.world.step(node.state, action))
            value = -self.visit(node.children[action], uniform, level + 1)
        node.visits += 1
        node.total += value
        return value

    def select(self, node: Node, uniform: Callable[[int | None], float], level: int) -> int:
        policy = self.policy(node)
        new = [a for a in policy if a not in node.children]
        tried = [(a, policy[a]) for a in node.children]
        drawn = self.draw([(None, sum(policy[a] for a in new)), *tried], uniform(level))
        if drawn is not None:
            return drawn
        return self.draw([(a, node.prior[a]) for a in new], uniform(None))

    def draw(self, weights: list[tuple[Any, float]], uniform: float) -> Any:
        total = math.fsum(w for _, w in weights)
        weights = [(a, w / total) for a, w in weights if w > 0]
        reached, drawn = 0.0, weights[-1][0]
        for place, (action, weight) in enumerate(weights):
            reached += weight
            if place < len(weights) - 1:
                self.gap = min(self.gap, abs(uniform - reached))
            if uniform < reached:
                drawn = action
                break
        return drawn


def search(
    world: Any,
    states: Sequence[Any],
    nodes: int,
    rule: Rule,
    uniform: Callable[[int, int, int | None], float],
) -> list[Result]:
    """Searches of `nodes` evaluations, the root's included, side by side.

    Args:
        uniform: the variate of a tree and simulation (from 0) at a level below the root, or, for
            None, among the actions of a node that were never tried.
    """
    trees = [Tree(world, rule, state) for state in states]

    def stretch_anew() -> None:
        largest = [tree.largest_value() for tree in trees]
        for tree, own in zip(trees, largest, strict=True):
            tree.largest = max(largest) if rule.jones_range else own

    for tree in trees:
        tree.visit(tree.root, lambda level: 0.0)
    for simulation in range(nodes - 1):
        stretch_anew()
        for number, tree in enumerate(trees):
            tree.visit(tree.root, lambda level, n=number, s=simulation: uniform(n, s, level))
    stretch_anew()
    results = []
    for tree in trees:
        children, policy = tree.root.children, tree.policy(tree.root)
        actions = range(world.num_actions)
        results.append(
            Result(
                visits=[children[a].visits if a in children else 0 for a in actions],
                q=[-children[a].mean() if a in children else 0.0 for a in actions],
                value=tree.root.mean(),
                policy=[policy.get(a, 0.0) for a in actions],
                gap=tree.gap,
            )
        )
    return results
