"""Leaf-parallel PUCT with virtual loss in plain Python and float64, one object an edge.

Silver et al. 2017, "Mastering the game of Go without human knowledge", Methods: leaves are
evaluated eight at a time, and while an edge waits it is charged virtual losses, as in Chaslot et
al. 2008, "Parallel Monte-Carlo tree search". Settled here:

- One virtual loss for each descent that waits: N + 1 and W - 1 of every edge it took.
- V(s) of a node, which stands for actions never tried, is the mean of values, without losses.
- A position waiting for its evaluation is a dead end: who arrives waits for the same value.
- Ties and N(s) as in `puct.py`: the child tried first before others, children before new actions.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple


class Result(NamedTuple):
    visits: list[int]
    policy: list[float]
    q: list[float]
    value: float
    gap: float
    batches: list[int]  # different positions in each batch, the root's alone first


class Edge:
    def __init__(self, child: Position) -> None:
        self.child = child
        self.n, self.w = 0, 0.0


class Position:
    def __init__(self, world: Any, state: Any) -> None:
        self.state, self.outcome = state, world.outcome(state)
        self.values: list[float] = []  # of every visit, from the view of the side to move
        self.waiting = 0
        self.prior: dict[int, float] = {}  # empty until evaluated
        self.edges: dict[int, Edge] = {}


def search(
    world: Any, state: Any, nodes: int, leaves: int, c_puct: float, c_base: float | None,
    unvisited_value: str,
) -> Result:  # fmt: skip
    """`nodes` evaluations, the root's included, `leaves` at a time after it."""
    gaps = [math.inf]

    def evaluate(position: Position) -> float:
        if position.outcome is not None:
            return position.outcome
        logits, value = world.evaluate(position.state)
        legal = world.legal(position.state)
        top = max(logits[a] for a in legal)
        weight = {a: math.exp(logits[a] - top) for a in legal}
        position.prior = {a: w / math.fsum(weight.values()) for a, w in weight.items()}
        return value

    def score(position: Position, action: int) -> float:
        n_s = len(position.values) + position.waiting
        c = c_puct + (math.log((n_s + c_base + 1) / c_base) if c_base else 0.0)
        edge = position.edges.get(action)
        mean = sum(position.values) / len(position.values)
        q = {"parent": mean, "zero": 0.0, "loss": -1.0}[unvisited_value]
        n = 0
        if edge is not None:
            q, n = edge.w / edge.n, edge.n
        return q + c * position.prior[action] * math.sqrt(n_s) / (1 + n)

    def descend(root: Position) -> tuple[list[Edge], list[Position]]:
        taken, passed = [], [root]
        while passed[-1].outcome is None and passed[-1].prior:
            here = passed[-1]
            new = sorted(set(here.prior) - set(here.edges), key=lambda a: (-here.prior[a], a))
            candidates = [*here.edges, *new]
            scores = [score(here, a) for a in candidates]
            ranked = sorted(scores)
            gaps.append(ranked[-1] - ranked[-2] if len(ranked) > 1 else math.inf)
            action = candidates[scores.index(ranked[-1])]
            if action not in here.edges:
                here.edges[action] = Edge(Position(world, world.step(here.state, action)))
            taken.append(here.edges[action])
            passed.append(here.edges[action].child)
        for position in passed:
            position.waiting += 1
        for edge in taken:
            edge.n, edge.w = edge.n + 1, edge.w - 1.0
        return taken, passed

    root = Position(world, state)
    root.values.append(evaluate(root))
    batches = [1]
    while sum(len(e.child.values) for e in root.edges.values()) < nodes - 1 and root.prior:
        room = nodes - len(root.values)
        descents = [descend(root) for _ in range(min(leaves, room))]
        values = [evaluate(passed[-1]) for _, passed in descents]
        batches.append(len({id(passed[-1]) for _, passed in descents}))
        for (taken, passed), value in zip(descents, values, strict=True):
            for above, position in enumerate(reversed(passed)):
                position.waiting -= 1
                position.values.append(value * (-1) ** above)
            for above, edge in enumerate(reversed(taken)):
                edge.w += 1.0 - value * (-1) ** above  # the loss is taken back, N stays
    edges = [root.edges.get(a) for a in range(world.num_actions)]
    visits = [e.n if e else 0 for e in edges]
    return Result(
        visits=visits,
        policy=[n / max(sum(visits), 1) for n in visits],
        q=[e.w / e.n if e else 0.0 for e in edges],
        value=sum(root.values) / len(root.values),
        gap=min(gaps),
        batches=batches,
    )
