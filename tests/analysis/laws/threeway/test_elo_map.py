"""The map from blunders to Elo, and costs in seconds, of planted agents."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.laws.threeway.cells import cells_of_blunders, strength_of
from analysis.laws.threeway.elo_map import elo_map, rated_agents
from analysis.laws.threeway.in_seconds import cells_in_seconds
from games.errors import InputError
from tests.analysis.planted_cube import planted_cube

BY_SEARCH = 60.0
"""Elo a decade of nodes that blunders do not tell."""


def law(x, p, m):
    return 2 + 0.6 * (x - 10.1) + 0.1 * (p - 7.6) + 0.3 * m


@pytest.fixture(scope="module")
def cube():
    return planted_cube(law, widths=(4, 8, 16, 32), nodes=(1, 8, 64), seeds=2, luck=0.05)


def ratings_of(cube: pd.DataFrame, by_search: float) -> pd.DataFrame:
    strength = strength_of(cube["blunder_rate"].clip(1e-4, 1 - 1e-4).to_numpy(float))
    chance = np.random.default_rng(3).normal(0, 10, len(cube))
    elo = -400 + 150 * strength - 10 * strength**2 + by_search * np.log10(cube["nodes"]) + chance
    return cube[["run", "snapshot", "nodes"]].assign(elo=elo, error=10.0)


def test_the_planted_map_comes_back(cube):
    found = elo_map(rated_agents(cube, ratings_of(cube, BY_SEARCH)), "Cobb–Douglas", resamples=4)
    for line in found.told.to_dict("records"):
        s = np.log(1 / line["blunder_rate"] - 1)
        assert line["elo"] == pytest.approx(-400 + 150 * s - 10 * s**2, abs=8)
        assert line["low"] - 5 <= line["elo"] <= line["high"] + 5
    value, low, high = found.by_search
    assert value == pytest.approx(BY_SEARCH, abs=6)
    assert low <= value <= high
    assert found.misfit == pytest.approx(10, rel=0.25)


def test_elo_that_blunders_do_not_tell_makes_search_worth_more(cube):
    """The rate is slope over slope: 150·0.6 to 150·0.3, and to that and 60 Elo a decade more."""
    plain, more = (
        elo_map(rated_agents(cube, ratings_of(cube, extra)), "Cobb–Douglas", resamples=4)
        for extra in (0.0, BY_SEARCH)
    )
    assert plain.rates["training"].mean() == pytest.approx(2, rel=0.1)
    assert more.rates["training"].max() < 0.85 * plain.rates["training"].min()


def test_too_few_agents_have_no_map(cube):
    with pytest.raises(InputError, match="6 rated agents are too few"):
        elo_map(rated_agents(cube, ratings_of(cube, 0.0)).head(6), "Cobb–Douglas")


def test_costs_in_seconds_are_those_timed_and_lie_between():
    cells = cells_of_blunders(planted_cube(law, widths=(4, 8, 16), seeds=2), 4)
    moves = pd.DataFrame({
        "network": ["4x2", "16x2"] * 3, "lanes": [64] * 4 + [1] * 2,
        "nodes": [64, 64, 1, 1, 64, 64],
        "seconds": [0.064, 0.64, 9, 9, 99, 99],
    })  # fmt: skip
    training = pd.DataFrame(
        {"network": ["4x2", "8x2", "16x2", "16x2"], "samples": 100, "seconds": [1, 2, 3, 5]}
    )
    costs = cells_in_seconds(cells, moves, training).costs
    assert 10 ** costs.per_node[[0, 2]] == pytest.approx([0.001, 0.01])
    assert costs.per_node[0] < costs.per_node[1] < costs.per_node[2]
    assert 10**costs.per_sample == pytest.approx([0.01, 0.02, 0.04])
