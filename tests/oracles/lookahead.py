"""Strategies without a tree of visits, in plain Python and float64, written from their papers.

Each takes a `World` of `tests/oracles/puct.py` and a state, and says which move is played, what
each move tried is worth, and how many evaluations that took. Uniform numbers and noise are handed
in, so that chance is the same on both sides. Common to all: of moves equally good the likelier is
taken, then the lower one; values are from the view of the side to move.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple


class Result(NamedTuple):
    action: int
    q: dict[int, float]  # of the moves tried
    evaluations: int
    gap: float  # smallest difference that decided anything


class Network:
    """The network behind a world, with the rules' word on finished games, and a count of calls."""

    def __init__(self, world: Any) -> None:
        self.world, self.calls, self.gap = world, 0, math.inf

    def ask(self, state: Any) -> tuple[dict[int, float], float]:
        """Priors of the legal moves, none in a finished game, and the value."""
        self.calls += 1
        outcome = self.world.outcome(state)
        if outcome is not None:
            return {}, outcome
        logits, value = self.world.evaluate(state)
        legal = self.world.legal(state)
        top = max(logits[a] for a in legal)
        weight = {a: math.exp(logits[a] - top) for a in legal}
        total = math.fsum(weight.values())
        return {a: w / total for a, w in weight.items()}, value

    def order(self, prior: dict[int, float]) -> list[int]:
        """Moves, the likeliest first."""
        ordered = sorted(prior, key=lambda a: (-prior[a], a))
        self._note([prior[a] for a in ordered])
        return ordered

    def best(self, scores: dict[int, float], prior: dict[int, float]) -> int:
        """The move of best score."""
        self._note(sorted(scores.values()))
        return min(scores, key=lambda a: (-scores[a], -prior[a], a))

    def _note(self, ordered: Sequence[float]) -> None:
        apart = [abs(a - b) for a, b in itertools.pairwise(ordered) if a != b]
        self.gap = min([self.gap, *apart])

    def draw(self, prior: dict[int, float], uniform: float) -> int:
        """The first move at which the sum of priors exceeds the number."""
        total = 0.0
        for action in sorted(prior):
            total += prior[action]
            self.gap = min(self.gap, abs(total - uniform))
            if total > uniform:
                return action
        return max(prior)


def majority(world: Any, state: Any, uniform: Sequence[float]) -> Result:
    """Wang et al. 2022: the commonest of the samples."""
    network = Network(world)
    prior, _ = network.ask(state)
    votes = Counter(network.draw(prior, u) for u in uniform)
    action = min(votes, key=lambda a: (-votes[a], -prior[a], a))
    return Result(action, {}, network.calls, network.gap)


def best_of_n(world: Any, state: Any, tries: int, noise: Sequence[float] | None) -> Result:
    """Cobbe et al. 2021; proposals by Gumbel top-k (Kool et al. 2019) where there is noise [A]."""
    network = Network(world)
    prior, _ = network.ask(state)
    logs = {a: math.log(p) + (noise[a] if noise is not None else 0) for a, p in prior.items()}
    proposed = sorted(prior, key=lambda a: (-logs[a], a))[:tries]
    q = {a: -network.ask(world.step(state, a))[1] for a in proposed}
    if not q:
        return Result(network.order(prior)[0], {}, network.calls, network.gap)
    return Result(network.best(q, prior), q, network.calls, network.gap)


def rollouts(world: Any, state: Any, uniform: Sequence[Sequence[float]]) -> Result:
    """Tesauro & Galperin 1996, truncated: a row of numbers is a line of play."""
    network = Network(world)
    root_prior, _ = network.ask(state)
    ends: dict[int, list[float]] = {}
    for row in uniform:
        here, prior, value, sign, first = state, root_prior, 0.0, 1.0, -1
        for number in row:
            if prior:
                action = network.draw(prior, number)
                first = action if first < 0 else first
                here, sign = world.step(here, action), -sign
            prior, value = network.ask(here)  # a finished game counts as well
        ends.setdefault(first, []).append(sign * value)
    q = {a: math.fsum(values) / len(values) for a, values in ends.items()}
    return Result(network.best(q, root_prior), q, network.calls, network.gap)


@dataclasses.dataclass(eq=False)
class Looked:
    """A state that beam search has looked at."""

    state: Any
    prior: dict[int, float]
    own: float
    replies: list[Looked] = dataclasses.field(default_factory=list)

    def worth(self) -> float:
        return max((-reply.worth() for reply in self.replies), default=self.own)


def beam(world: Any, state: Any, budget: int, beams: int, branching: int, apart: bool) -> Result:
    """Snell et al. 2024, Section 5.2, for two sides; `apart` as in diverse verifier tree search:
    first moves are dealt out to `beams` hands, and each hand keeps one line of its own."""
    network = Network(world)
    prior, value = network.ask(state)
    root = Looked(state, prior, value)

    def look(parent: Looked, action: int) -> Looked:
        after = world.step(parent.state, action)
        found = Looked(after, *network.ask(after))
        parent.replies.append(found)
        return found

    first = network.order(prior)[: min(beams * branching, budget - 1)]
    reached = {action: look(root, action) for action in first}
    hands = (
        [[reached[a] for a in first[k::beams]] for k in range(beams)]
        if apart
        else [list(reached.values())]
    )
    for _ in range((budget - 1) // (beams * branching) - 1):
        keep = 1 if apart else beams
        kept = []
        for hand in hands:
            alive = sorted((s for s in hand if s.prior), key=lambda s: s.own)
            network._note([s.own for s in alive])
            kept.append(alive[:keep])
        hands = [
            [look(s, a) for s in row for a in network.order(s.prior)[:branching]] for row in kept
        ]
    q = {action: -found.worth() for action, found in reached.items()}
    return Result(network.best(q, prior), q, network.calls, network.gap)


def alpha_beta(world: Any, state: Any, depth: int, branching: int) -> tuple[Result, int]:
    """Knuth & Moore 1975, procedure F2, and beside it how many evaluations minimax would take."""
    network = Network(world)

    def moves(prior: dict[int, float]) -> list[int]:
        return network.order(prior)[:branching]

    def f2(state: Any, prior: dict[int, float], value: float, left: int, a: float, b: float):
        if left == 0 or not prior:
            return value
        m = a
        for action in moves(prior):
            after = world.step(state, action)
            m = max(m, -f2(after, *network.ask(after), left - 1, -b, -m))
            if m >= b:
                break
        return m

    prior, _ = network.ask(state)
    q: dict[int, float] = {}
    for action in moves(prior):
        after, m = world.step(state, action), max(q.values(), default=-math.inf)
        q[action] = -f2(after, *network.ask(after), depth - 1, -math.inf, -m)
    pruned = network.calls

    def f0(state: Any, prior: dict[int, float], value: float, left: int) -> float:
        if left == 0 or not prior:
            return value
        after = [world.step(state, action) for action in moves(prior)]
        return max(-f0(s, *network.ask(s), left - 1) for s in after)

    network.calls = 0
    exact = f0(state, *network.ask(state), depth)
    assert max(q.values()) == exact
    # A later move that is only bounded by the best one must not be taken for its equal.
    action = next(a for a in q if q[a] == exact)
    return Result(action, q, pruned, network.gap), network.calls


def _beginning(line: tuple[int, ...] | None, ply: int) -> tuple[int, ...]:
    return () if line is None else line[:ply]


def revision(world: Any, state: Any, budget: int, depth: int) -> Result:
    """Play on; take back the move through which its side's value fell most; see
    `mcts/strategies/revision.py` for what is kept when. The line is a list of moves here, and every
    state of it is found anew from the root."""
    network = Network(world)
    struck: dict[tuple[int, ...], set[int]] = {}  # moves tried after a beginning of the line
    known: dict[tuple[int, ...], tuple[dict[int, float], float]] = {(): network.ask(state)}

    def reach(line: tuple[int, ...]) -> Any:
        here = state
        for action in line:
            here = world.step(here, action)
        return here

    def left(line: tuple[int, ...]) -> list[int]:
        prior = known[line][0]
        return [a for a in network.order(prior) if a not in struck.get(line, set())]

    def end_for(line: tuple[int, ...], ply: int) -> float:
        return known[line][1] * (-1) ** (len(line) - ply)

    best: tuple[int, ...] | None = None
    q: dict[int, float] = {}
    ply = 0
    while True:
        draft = _beginning(best, ply)
        fresh: dict[tuple[int, ...], set[int]] = {}
        while len(draft) < depth and known[draft][0]:
            if network.calls == budget:
                action = best[0] if best else network.order(known[()][0])[0]
                return Result(action, q, network.calls, network.gap)
            action = left(draft)[0] if len(draft) == ply else network.order(known[draft][0])[0]
            fresh[draft] = (struck.get(draft, set()) if len(draft) == ply else set()) | {action}
            draft = (*draft, action)
            known[draft] = network.ask(reach(draft))
        q[draft[0]] = end_for(draft, 0)
        if best is not None:
            network._note([end_for(draft, ply), end_for(best, ply)])
        if best is None or end_for(draft, ply) > end_for(best, ply):
            struck = {line: set(moves) for line, moves in struck.items() if len(line) < ply} | fresh
            best = draft
        else:
            struck[best[:ply]] = fresh[best[:ply]]
        falls: dict[int, float] = {
            t: known[best[:t]][1] + known[best[: t + 1]][1]
            for t in range(len(best)) if left(best[:t])
        }  # fmt: skip
        falls = {t: fall for t, fall in falls.items() if fall > 0}
        if not falls:
            return Result(best[0], q, network.calls, network.gap)
        network._note(sorted(falls.values()))
        ply = max(falls, key=lambda t: (falls[t], -t))
