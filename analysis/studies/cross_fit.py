"""Choosing among ways to decide on one half of the positions, and scoring on the other.

Whoever picks the best of many by the numbers they are told by looks better than they are. Here
each position is scored by a choice that it had no part in: positions are dealt into two halves,
each chooses for the other, and this is done again for many deals, whose scores are averaged
(repeated two-fold cross-fitting). Intervals then draw networks and positions anew and keep the
choices: they are of what was chosen, not of choosing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

DEALS = 20
"""Into halves, each of which is scored by the other."""

Choose = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""(rates [G, S], costs [G, S], shares [G]) → chances [T, G, S]: how each of T plans plays in each
of G groups of positions, by how often each of S ways errs there, what it costs, and how large a
share of the decisions the group is."""


class Scored(NamedTuple):
    """What T plans do in each decision, on the mean over their chances and the deals."""

    blunder: np.ndarray  # [M, T, N]
    evaluations: np.ndarray  # [M, T, N]


def cross_fit(
    blunder: np.ndarray,
    evaluations: np.ndarray,
    group: np.ndarray,
    choose: Choose,
    deals: int = DEALS,
) -> Scored:
    """Score plans on positions that they were not made with.

    Args:
        blunder: whether each way errs [M, S, N], of M networks and N positions.
        evaluations: what it costs [M, S, N].
        group: of each decision [M, N], numbered from 0.
        choose: makes the plans.
        deals: how often positions are dealt into halves.
    """
    fell, made = blunder.astype(float), evaluations.astype(float)
    groups, positions = int(group.max()) + 1, blunder.shape[-1]
    rng = np.random.default_rng(positions)
    sums: list[np.ndarray] = []
    for _ in range(deals):
        first = rng.permutation(positions) < positions // 2
        for fitted in (first, ~first):
            chances = choose(*_told(fell, made, group, groups, fitted))
            scored = np.flatnonzero(~fitted)
            played = chances[:, group[:, scored]]  # [T, M, n, S]
            if not sums:
                shape = (len(blunder), len(chances), positions)
                sums = [np.zeros(shape), np.zeros(shape)]
            for total, each in zip(sums, (fell, made), strict=True):
                total[..., scored] += np.einsum("tmns,msn->mtn", played, each[..., scored])
    return Scored(*(total / deals for total in sums))


def choose_on_all(
    blunder: np.ndarray, evaluations: np.ndarray, group: np.ndarray, choose: Choose
) -> np.ndarray:
    """The plans made with all positions [T, G, S]: what is chosen, not how good it is."""
    everywhere = np.ones(blunder.shape[-1], bool)
    groups = int(group.max()) + 1
    return choose(
        *_told(blunder.astype(float), evaluations.astype(float), group, groups, everywhere)
    )


def _told(
    fell: np.ndarray, made: np.ndarray, group: np.ndarray, groups: int, fitted: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rates and costs [G, S] and shares [G] of the groups among the `fitted` positions. A group of
    which none is there is told what all are."""
    inside = (group[None] == np.arange(groups)[:, None, None]) & fitted
    count = inside.sum((1, 2))
    weights = np.where((count == 0)[:, None, None], fitted, inside).astype(float)
    weights /= weights.sum((1, 2), keepdims=True)
    rates, costs = (np.einsum("gmn,msn->gs", weights, each) for each in (fell, made))
    return rates, costs, count / count.sum()
