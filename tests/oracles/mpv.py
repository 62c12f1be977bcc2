"""MPV-MCTS in plain Python and float64, written from Lan et al. 2019 (arXiv 1905.13521), Section 3
and Algorithm 1. Two search trees are two dictionaries, from lines of moves to what each network
made of them.

What the paper leaves open or draws is settled so:

- Turns come evenly: the small network evaluates the root, then the large one has a turn, then the
  small one `every`, and so on until all evaluations are made; no turn of the large one comes last.
- Of leaves that the small tree visits equally often, the large network takes the one found first.
- Where it has evaluated all that the small tree holds, its turn passes.
- A finished position is evaluated by the rules, and counts as an evaluation each time.
- PUCT as in `tests/oracles/puct.py`: N(s) counts the evaluation of s; an action never tried is
  worth what its position is; an action already tried goes before a new one, the older first.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

Line = tuple[int, ...]


class Result(NamedTuple):
    visits: list[int]  # [A] of the small tree
    q: list[float]  # [A], 0 where never tried
    action: int
    small: int  # evaluations
    large: int
    gap: float  # smallest difference that decided anything


@dataclasses.dataclass
class Seen:
    """What one network made of a position and of those below it."""

    prior: dict[int, float]
    visits: int = 0
    total: float = 0.0

    def mean(self) -> float:
        return self.total / self.visits


class Trees:
    def __init__(
        self,
        world: Any,
        large: Callable[[Any], tuple[Sequence[float], float]],
        root: Any,
        alpha: float,
        beta: float,
        c_puct: float,
    ) -> None:
        self.world, self.root = world, root
        self.alpha, self.beta, self.c_puct = alpha, beta, c_puct
        self.networks = {"S": world.evaluate, "L": large}
        self.trees: dict[str, dict[Line, Seen]] = {"S": {}, "L": {}}
        self.gap = math.inf

    def reach(self, line: Line) -> Any:
        state = self.root
        for action in line:
            state = self.world.step(state, action)
        return state

    def update(self, name: str, line: Line) -> None:
        """Evaluate the position at the end of a line and add its value to all above it."""
        state, tree = self.reach(line), self.trees[name]
        outcome = self.world.outcome(state)
        prior: dict[int, float] = {}
        if outcome is not None:
            value = outcome
        else:
            logits, value = self.networks[name](state)
            legal = self.world.legal(state)
            weight = {a: math.exp(logits[a]) for a in legal}
            prior = {a: w / math.fsum(weight.values()) for a, w in weight.items()}
        tree.setdefault(line, Seen(prior))
        for length in range(len(line), -1, -1):
            seen = tree[line[:length]]
            seen.visits += 1
            seen.total += value
            value = -value

    def value(self, line: Line) -> float:
        small, large = (self.trees[name].get(line) for name in "SL")
        assert small is not None
        if large is None:
            return small.mean()
        return self.alpha * small.mean() + (1 - self.alpha) * large.mean()

    def prior(self, line: Line, action: int) -> float:
        small, large = (self.trees[name].get(line) for name in "SL")
        assert small is not None
        if large is None:
            return small.prior[action]
        return self.beta * small.prior[action] + (1 - self.beta) * large.prior[action]

    def unevaluated_by_puct(self) -> Line:
        line: Line = ()
        tree = self.trees["S"]
        while line in tree and tree[line].prior:
            line = (*line, self.choose(line))
        return line

    def choose(self, line: Line) -> int:
        tree = self.trees["S"]
        here = tree[line]
        # In the order found: a dictionary keeps it.
        tried = [own[-1] for own in tree if own[:-1] == line and own]
        new = sorted(set(here.prior) - set(tried), key=lambda a: (-self.prior(line, a), a))
        scores = []
        for action in [*tried, *new]:
            child = (*line, action)
            q, n = (-self.value(child), tree[child].visits) if child in tree else (
                self.value(line), 0)  # fmt: skip
            bonus = self.c_puct * self.prior(line, action) * math.sqrt(here.visits) / (1 + n)
            scores.append(q + bonus)
        ordered = sorted(scores, reverse=True)
        if len(ordered) > 1:
            self.gap = min(self.gap, ordered[0] - ordered[1])
        return [*tried, *new][scores.index(max(scores))]

    def unevaluated_by_priority(self) -> Line | None:
        """Of the leaves of the large tree the one that the small tree visits most."""
        small, large = self.trees["S"], self.trees["L"]
        leaves = [
            line for line in small if line not in large and (line == () or line[:-1] in large)
        ]
        return max(leaves, key=lambda line: small[line].visits, default=None)


def search(
    world: Any,
    large: Callable[[Any], tuple[Sequence[float], float]],
    state: Any,
    evaluations: int,
    *,
    every: int,
    alpha: float,
    beta: float,
    c_puct: float,
) -> Result:
    """`world.evaluate` is the small network, `large` the other."""
    turns = ("S" + ("L" + every * "S") * evaluations)[:evaluations].rstrip("L")
    trees = Trees(world, large, state, alpha, beta, c_puct)
    for name in turns:
        line = trees.unevaluated_by_puct() if name == "S" else trees.unevaluated_by_priority()
        if line is not None:
            trees.update(name, line)
    small = trees.trees["S"]
    actions = range(world.num_actions)
    visits = [small[a,].visits if (a,) in small else 0 for a in actions]
    q = [-trees.value((a,)) if (a,) in small else 0.0 for a in actions]
    legal = sorted(small[()].prior)
    action = max(legal, key=lambda a: (visits[a], trees.prior((), a)))
    return Result(visits, q, action, turns.count("S"), turns.count("L"), trees.gap)
