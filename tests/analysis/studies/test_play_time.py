"""Decisions at play time, on planted ones."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.studies.play_time import (
    ALL,
    Decided,
    best_within,
    bins_of,
    kata_elo,
    nodes_for,
    strategy_points,
)

BUDGETS = np.array([1, 2, 4, 8, 16, 32, 64])


def decided() -> Decided:
    """Three networks, 400 positions. PUCT throws away 40, 20 and 10 % with 1, 4 and 16
    evaluations; "other" 20 % with 16, and none where one move wins."""
    positions = np.arange(400)
    winning = np.where(positions % 4 == 0, 1, 3)
    shares = [positions % 10 < 4, positions % 10 < 2, positions % 10 < 1]
    other = (positions % 10 < 2) & (winning > 1)
    blunder = np.broadcast_to(np.stack([*shares, other]), (3, 4, 400))
    ways = pd.DataFrame(
        {
            "family": ["puct", "puct", "puct", "other"], "text": ["1", "4", "16", "o"],
            "calls": [1, 4, 16, 2], "nodes": [1, 4, 16, 16], "setting": "",
        }
    )  # fmt: skip
    evaluations = np.broadcast_to(np.array([1, 4, 16, 16])[:, None], (3, 4, 400))
    entropy = np.broadcast_to(positions / 400, (3, 400))
    return Decided(5, "16x2", 100.0, ways, blunder, evaluations, winning, entropy, 1 - entropy)


def test_strategies_are_set_against_puct_at_equal_cost():
    points = strategy_points(decided(), resamples=100)
    everywhere = points[points["bin"] == ALL].set_index("text")
    assert everywhere["rate"].tolist() == pytest.approx([0.4, 0.2, 0.1, 0.15])
    assert everywhere["beyond"].tolist() == pytest.approx([0, 0, 0, 0.05])
    assert everywhere["beyond_low"]["o"] > 0
    assert everywhere.loc["16", "flops"] == 1600
    low, high = everywhere["rate_low"]["4"], everywhere["rate_high"]["4"]
    # The networks are alike, so that only positions vary: 1.96 standard errors of a share.
    assert (high - low) / 2 == pytest.approx(1.96 * np.sqrt(0.2 * 0.8 / 400), rel=0.25)


def test_the_best_strategy_differs_by_bin():
    chart = best_within(strategy_points(decided(), resamples=20), [1, 4, 16])
    best = chart.set_index(["bin", "budget"])["text"]
    assert best[ALL].tolist() == ["1", "4", "16"]
    assert best["winning moves: 1"].tolist() == ["1", "4", "o"]


def test_bins_share_out_the_positions():
    bins = bins_of(decided())
    for kind in ("winning moves", "policy"):
        parts = [where for name, where in bins.items() if name.startswith(kind)]
        assert np.sum(parts, axis=0).tolist() == np.ones((3, 400)).tolist()
    assert bins["policy: sure"][0].sum() == pytest.approx(400 / 3, abs=1)


def test_kata_elo_is_what_its_source_says_of_few_visits():
    assert kata_elo(8, 800) == pytest.approx(56)
    assert kata_elo(1, 0) == pytest.approx(7 * 2**0.85)


def test_nodes_are_read_off_a_curve_that_falls():
    rates = np.array([0.4, 0.3, 0.2, 0.25, 0.1, 0.1, 0.1])
    assert nodes_for(BUDGETS, rates, 0.4) == 1
    assert nodes_for(BUDGETS, rates, 0.25) == pytest.approx(np.sqrt(8))
    assert nodes_for(BUDGETS, rates, 0.15) == pytest.approx(np.sqrt(8 * 16))
    assert nodes_for(BUDGETS, rates, 0.05) == np.inf
