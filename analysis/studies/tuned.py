"""Strategies at one budget with their constants tuned, so that none is blamed for a bad one.

A strategy's constants (the weight of the prior, the width of a beam, the length of a line) are
chosen on half of the positions and scored on the other (`analysis.studies.cross_fit`), PUCT's
likewise at each of its budgets.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.studies.cross_fit import choose_on_all, cross_fit
from analysis.studies.play_time import PUCT, RESAMPLES, Decided, Resamples, interval_columns


def tuned_strategies(decided: Decided, budget: float, resamples: int = RESAMPLES) -> pd.DataFrame:
    """Every strategy that was tried with several constants at a budget.

    Returns:
        A row a family: boardsize, network, budget, family, text (what all positions would choose),
        tried (how many constants), evaluations, default (blunder rate with the default constants),
        rate (tuned), beyond (the rate above that of tuned PUCT at equal evaluations) with
        beyond_low and beyond_high, and gain (by how much tuning lowers the rate) with gain_low and
        gain_high.
    """
    networks, positions = decided.entropy.shape
    drawn = Resamples.drawn(networks, positions, resamples)
    everywhere = np.ones((networks, positions), bool)

    def scored(ways: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        own = cross_fit(
            decided.blunder[:, ways], decided.evaluations[:, ways],
            np.zeros((networks, positions), int), fewest_blunders,
        )  # fmt: skip
        return (
            drawn.means(own.blunder, everywhere)[:, 0],
            drawn.means(own.evaluations, everywhere)[:, 0],
        )

    puct = decided.ways[decided.ways["family"] == PUCT]
    budgets = sorted(puct["nodes"].unique().tolist())
    curve = np.stack(
        [scored(puct.index[puct["nodes"] == nodes].to_numpy())[0] for nodes in budgets], axis=1
    )
    lines: list[dict[str, Any]] = []
    at_budget = decided.ways[(decided.ways["nodes"] - budget).abs() <= 0.1 * budget]
    for family, own in at_budget.groupby("family", sort=False):
        plain = own.index[own["setting"] == ""].to_numpy()
        if len(own) < 2 or not len(plain):
            continue
        ways = own.index.to_numpy()
        rates, costs = scored(ways)
        default = drawn.means(decided.blunder[:, plain[:1]], everywhere)[:, 0]
        level = np.array(
            [np.interp(np.log(cost), np.log(budgets), row)
             for cost, row in zip(costs, curve, strict=True)]
        )  # fmt: skip
        plans = choose_on_all(
            decided.blunder[:, ways], decided.evaluations[:, ways],
            np.zeros((networks, positions), int), fewest_blunders,
        )  # fmt: skip
        lines.append(
            {
                "boardsize": decided.boardsize, "network": decided.network, "budget": budget,
                "family": family, "text": own["text"].iloc[int(plans[0, 0].argmax())],
                "tried": len(own),
                "evaluations": costs[0], "default": default[0], "rate": rates[0],
                **interval_columns("beyond", rates - level),
                **interval_columns("gain", default - rates),
            }
        )  # fmt: skip
    return pd.DataFrame(lines)


def fewest_blunders(rates: np.ndarray, costs: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """The one way of fewest blunders; `analysis.studies.cross_fit.Choose`."""
    del costs, shares
    best = rates.argmin(axis=1)
    return (np.arange(rates.shape[1]) == best[:, None])[None].astype(float)
