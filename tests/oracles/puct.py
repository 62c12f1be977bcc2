"""AlphaZero's search in plain Python and float64, written from the papers.

Silver et al. 2017, "Mastering the game of Go without human knowledge", Methods, "Search algorithm"
(select, expand and evaluate, backup), and Silver et al. 2018, supplementary pseudocode
(`run_mcts`, `ucb_score`). One node object per position, one dictionary of children, one recursion.

What the papers leave open is settled so:

- N(s) counts the evaluation of s itself, at the root too.
- Q of an action never tried is an argument: "parent", "zero" or "loss".
- Ties: an action already tried before a new one; among actions tried, the one tried first; among
  new actions, the larger prior, then the lower index.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple


class World(NamedTuple):
    """A two-player zero-sum game and a network. Values are from the view of the side to move."""

    num_actions: int
    legal: Callable[[Any], Sequence[int]]
    step: Callable[[Any, int], Any]
    outcome: Callable[[Any], float | None]  # None while the game goes on
    evaluate: Callable[[Any], tuple[Sequence[float], float]]  # logits of all actions, value


class Result(NamedTuple):
    visits: list[int]  # [A]
    policy: list[float]  # [A], shares of visits, the prior if there are none
    q: list[float]  # [A], from the root mover's view; 0 where never tried
    value: float  # mean value of the root
    gap: float  # smallest lead of a chosen action over the next best, inf if there was no choice


class Node:
    def __init__(self, world: World, state: Any) -> None:
        self.state = state
        self.outcome = world.outcome(state)
        self.visits = 0
        self.total = 0.0
        self.prior: dict[int, float] = {}  # of the legal actions, once evaluated
        self.children: dict[int, Node] = {}  # in the order tried

    def mean(self) -> float:
        return self.total / self.visits


def softmax(logits: Sequence[float], actions: Sequence[int]) -> dict[int, float]:
    top = max(logits[a] for a in actions)
    weight = {a: math.exp(logits[a] - top) for a in actions}
    total = math.fsum(weight.values())
    return {a: w / total for a, w in weight.items()}


class Search:
    def __init__(
        self, world: World, c_puct: float, unvisited_value: str, c_base: float | None
    ) -> None:
        self.world = world
        self.c_puct = c_puct
        self.c_base = c_base
        self.unvisited_value = unvisited_value
        self.gap = math.inf

    def visit(self, node: Node) -> float:
        """One simulation from `node` down; the leaf's value as the side to move at `node` sees it.

        The first visit of a node evaluates it.
        """
        if node.outcome is not None:
            value = node.outcome
        elif node.visits == 0:
            logits, value = self.world.evaluate(node.state)
            if not node.prior:  # a root may come with its own
                node.prior = softmax(logits, self.world.legal(node.state))
        else:
            action = self.select(node)
            if action not in node.children:
                node.children[action] = Node(self.world, self.world.step(node.state, action))
            value = -self.visit(node.children[action])
        node.visits += 1
        node.total += value
        return value

    def select(self, node: Node) -> int:
        new = sorted(set(node.prior) - set(node.children), key=lambda a: (-node.prior[a], a))
        candidates = [*node.children, *new]
        scores = [self.score(node, a) for a in candidates]
        best = max(scores)
        first, *others = sorted(scores, reverse=True)
        if others:
            self.gap = min(self.gap, first - others[0])
        return candidates[scores.index(best)]

    def score(self, node: Node, action: int) -> float:
        child = node.children.get(action)
        if child is None:
            q, n = {"parent": node.mean(), "zero": 0.0, "loss": -1.0}[self.unvisited_value], 0
        else:
            q, n = -child.mean(), child.visits
        c = self.c_puct
        if self.c_base is not None:  # the pseudocode's pb_c
            c += math.log((node.visits + self.c_base + 1) / self.c_base)
        return q + c * node.prior[action] * math.sqrt(node.visits) / (1 + n)


def search(
    world: World,
    state: Any,
    nodes: int,
    *,
    c_puct: float,
    unvisited_value: str,
    c_base: float | None = None,
    root_prior: dict[int, float] | None = None,
) -> Result:
    """A search of `nodes` evaluations, the root's included; `root_prior` replaces the root's own.

    A visit of a finished position counts as an evaluation.
    """
    root = Node(world, state)
    root.prior = dict(root_prior or {})
    run = Search(world, c_puct, unvisited_value, c_base)
    for _ in range(nodes):
        run.visit(root)
    actions = range(world.num_actions)
    visits = [root.children[a].visits if a in root.children else 0 for a in actions]
    share = {a: n / max(nodes - 1, 1) for a, n in enumerate(visits)} if nodes > 1 else root.prior
    return Result(
        visits=visits,
        policy=[share.get(a, 0.0) for a in actions],
        q=[-root.children[a].mean() if a in root.children else 0.0 for a in actions],
        value=root.mean(),
        gap=run.gap,
    )
