"""A compute-optimal policy: the best strategy and budget for each bin of difficulty.

Snell et al. 2024 (arXiv 2408.03314, Section 3) choose how to spend test-time compute by how hard
a question is, and set that against one strategy for all questions. Here the choice for a mean
budget is exact: that of fewest blunders among all ways to play the bins whose mean cost is within
it, where a bin may be dealt between two ways at random. Then the cost and blunder rate that a bin
can have are its lower convex hull, and a budget is spent where the next evaluation spares most.

Choices are scored on positions that they were not made with (`analysis.studies.cross_fit`).
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.studies.cross_fit import Choose, choose_on_all, cross_fit
from analysis.studies.play_time import RESAMPLES, Decided, Drawn, Resamples, nodes_for

BINS = 5
"""Of difficulty, as in Snell et al."""
DIFFICULTIES = ("predicted", "true")
POLICY_KEYS = ("difficulty", "budget")
"""What tells policies apart beside the measurement, in `Drawn.told`."""


def difficulty_bins(decided: Decided, difficulty: str) -> np.ndarray:
    """Which fifth of difficulty each decision is in [M, N], 0 the easiest, for each network alike.

    Predicted by the entropy of the network's own policy, which its first evaluation gives; true
    difficulty is the policy's mass on moves that throw the win away (Snell's pass@1), which only
    who knows the answer can know.
    """
    signs = {"predicted": decided.entropy, "true": 1 - decided.mass}[difficulty]
    ranks = signs.argsort(axis=1, kind="stable").argsort(axis=1, kind="stable")
    return ranks * BINS // signs.shape[1]


def plans_within(
    rates: np.ndarray, costs: np.ndarray, shares: np.ndarray, budgets: Sequence[float]
) -> np.ndarray:
    """The plans of fewest blunders within each mean budget; `analysis.studies.cross_fit.Choose`.

    A budget below the cheapest plan's cost is played with that plan.

    Returns:
        Chances [T, G, S].
    """
    hulls = [_hull(rate, cost) for rate, cost in zip(rates, costs, strict=True)]
    steps = []  # (blunders that an evaluation more spares, group, from, to, evaluations)
    for group, hull in enumerate(hulls):
        for low, high in itertools.pairwise(hull):
            more = costs[group, high] - costs[group, low]
            spared = (rates[group, low] - rates[group, high]) / more
            steps.append((spared, group, low, high, shares[group] * more))
    steps.sort(key=lambda step: -step[0])
    start = np.zeros(rates.shape)
    start[np.arange(len(hulls)), [hull[0] for hull in hulls]] = 1
    least = sum(shares[g] * costs[g, hull[0]] for g, hull in enumerate(hulls))
    plans = []
    for budget in budgets:
        plan, left = start.copy(), budget - least
        for _, group, low, high, evaluations in steps:
            if left <= 0:
                break
            part = 1.0 if evaluations <= left else left / evaluations
            plan[group, low], plan[group, high] = 1 - part, part
            left -= evaluations
        plans.append(plan)
    return np.stack(plans)


def _hull(rates: np.ndarray, costs: np.ndarray) -> list[int]:
    """The lower convex hull of ways [S], from the cheapest to the one of fewest blunders."""
    hull: list[int] = []
    for way in np.lexsort((rates, costs)).tolist():
        if hull and (rates[way] >= rates[hull[-1]] or costs[way] <= costs[hull[-1]]):
            continue
        while len(hull) > 1 and _above(rates, costs, hull[-2], hull[-1], way):
            hull.pop()
        hull.append(way)
    return hull


def _above(rates: np.ndarray, costs: np.ndarray, low: int, middle: int, high: int) -> bool:
    """Whether `middle` lies on or above the line between the other two."""
    share = (costs[middle] - costs[low]) / (costs[high] - costs[low])
    return bool(rates[middle] >= rates[low] + share * (rates[high] - rates[low]))


def draw_policies(
    decided: Decided, budgets: Sequence[float], resamples: int = RESAMPLES
) -> list[Drawn]:
    """Policies by predicted and by true difficulty, against the best single strategy.

    The single strategy is chosen in the same way, all positions being one bin. It is scored at
    budgets close to each other, so that both can be compared at the mean that the policy turned
    out to need on the positions that it was scored on.

    Args:
        decided: the decisions.
        budgets: mean evaluations a position.
        resamples: bootstrap resamples.

    Returns:
        One a difficulty and budget; `told` holds boardsize, network, difficulty, budget,
        evaluations (the mean), flops, and single (the other's rate at that mean).
    """
    networks, positions = decided.entropy.shape
    drawn = Resamples.drawn(networks, positions, resamples)
    everywhere = np.ones((networks, positions), bool)

    def scored(group: np.ndarray, grid: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
        own = cross_fit(decided.blunder, decided.evaluations, group, _plans_for(grid))
        return drawn.means(own.blunder, everywhere), drawn.means(own.evaluations, everywhere)

    most = float(decided.evaluations.mean((0, 2)).max())
    grid = [*np.geomspace(1, most, 1 + 4 * int(np.ceil(np.log2(most)))).tolist(), np.inf]
    single_rates, single_costs = scored(np.zeros((networks, positions), int), grid)
    found = []
    for difficulty in DIFFICULTIES:
        rates, costs = scored(difficulty_bins(decided, difficulty), budgets)
        for place, budget in enumerate(budgets):
            rate, cost = rates[:, place], costs[:, place]
            pairs = list(zip(rate, cost, single_rates, single_costs, strict=True))
            equal = np.array([np.interp(np.log(c), np.log(sc), sr) for _, c, sr, sc in pairs])
            factors = np.array([nodes_for(sc, sr, r) / c for r, c, sr, sc in pairs])
            fixed = {
                "boardsize": decided.boardsize, "network": decided.network,
                "difficulty": difficulty, "budget": budget, "evaluations": float(cost[0]),
                "flops": float(cost[0] * decided.flops), "single": float(equal[0]),
            }  # fmt: skip
            found.append(Drawn(fixed, rate, rate - equal, factors))
    return found


def _plans_for(budgets: Sequence[float]) -> Choose:
    return functools.partial(plans_within, budgets=budgets)


def chosen_ways(decided: Decided, budgets: Sequence[float]) -> pd.DataFrame:
    """What the policies play, chosen with all positions.

    Returns:
        A row a difficulty, budget and bin: boardsize, network, those, and the way it plays most:
        family, text and chance.
    """
    lines = []
    for difficulty in DIFFICULTIES:
        group = difficulty_bins(decided, difficulty)
        plans = choose_on_all(decided.blunder, decided.evaluations, group, _plans_for(budgets))
        for budget, plan in zip(budgets, plans, strict=True):
            for place, chances in enumerate(plan):
                way = decided.ways.iloc[int(chances.argmax())]
                lines.append(
                    {
                        "boardsize": decided.boardsize, "network": decided.network,
                        "difficulty": difficulty, "budget": budget, "bin": place + 1,
                        "family": way["family"], "text": way["text"],
                        "chance": float(chances.max()),
                    }
                )  # fmt: skip
    return pd.DataFrame(lines)
