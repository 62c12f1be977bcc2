"""Choosing strategies by difficulty and tuning their constants, in planted worlds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.studies.compute_optimal import (
    BINS,
    POLICY_KEYS,
    chosen_ways,
    difficulty_bins,
    draw_policies,
    plans_within,
)
from analysis.studies.play_time import Decided, draws_table, pooled_draws
from analysis.studies.tuned import tuned_strategies

COSTS = {"1": 1, "4": 4, "16": 16, "64": 64, "a": 8, "b": 8}
NETWORKS, POSITIONS = 3, 500


def planted(rates: dict[str, np.ndarray], seed: int = 0) -> Decided:
    """A world in which each way errs with a probability for each fifth of difficulty; PUCT has 1,
    4, 16 and 64 evaluations, `a` and `b` eight. Both signs of difficulty tell the fifths."""
    rng = np.random.default_rng(seed)
    fifth = np.arange(POSITIONS) * BINS // POSITIONS
    blunder = np.stack(
        [rng.random((NETWORKS, POSITIONS)) < rates[way][fifth] for way in COSTS], axis=1
    )
    ways = pd.DataFrame(
        {
            "family": [way if way in "ab" else "puct" for way in COSTS], "text": list(COSTS),
            "calls": list(COSTS.values()), "nodes": list(COSTS.values()), "setting": "",
        }
    )  # fmt: skip
    evaluations = np.broadcast_to(np.array([*COSTS.values()])[:, None], blunder.shape)
    hardness = np.broadcast_to(np.arange(POSITIONS) / POSITIONS, (NETWORKS, POSITIONS))
    winning = np.ones(POSITIONS, int)
    return Decided(5, "16x2", 1.0, ways, blunder, evaluations, winning, hardness, 1 - hardness)


def test_the_gain_of_a_world_whose_bins_need_different_strategies_comes_back():
    """`a` solves the two easiest fifths and errs in all others, `b` the other way round: eight
    evaluations lose nothing if dealt by difficulty, and two fifths with the better one of them."""
    never, always = np.zeros(BINS), np.ones(BINS)
    easy = np.arange(BINS) < 2
    rates = dict.fromkeys(("1", "4", "16"), always) | {"64": never}
    decided = planted(rates | {"a": 1.0 - easy, "b": 1.0 * easy})
    found = draws_table(draw_policies(decided, [8.0], resamples=50))
    assert found["difficulty"].tolist() == ["predicted", "true"]
    for own in found.to_dict("records"):
        assert own["rate"] == pytest.approx(0, abs=0.01)
        assert own["evaluations"] == pytest.approx(8, abs=0.1)
        assert own["beyond"] == pytest.approx(-0.4, abs=0.02)
        assert own["beyond_high"] < -0.3
        # Without bins only 64 evaluations lose nothing.
        assert own["multiplier"] == pytest.approx(8, rel=0.1)
    chosen = chosen_ways(decided, [8.0])
    assert chosen[chosen["difficulty"] == "true"]["text"].tolist() == ["a", "a", "b", "b", "b"]


def test_no_gain_is_found_by_selection_where_there_is_none():
    """All ways err alike everywhere, so that whatever is chosen is chosen by luck. On the positions
    that it was chosen on, the choice looks better by some points."""
    same = dict.fromkeys(COSTS, np.full(BINS, 0.3))
    beyond, lucky = [], []
    for seed in range(20):
        decided = planted(same, seed)
        own = draw_policies(decided, [16.0], resamples=0)
        beyond += [found.rates[0] - found.told["single"] for found in own]
        group = difficulty_bins(decided, "true")
        in_bins = np.stack(
            [decided.blunder[:, :, group[0] == fifth].mean((0, 2)) for fifth in range(BINS)]
        )
        lucky.append(in_bins.min(1).mean() - decided.blunder.mean((0, 2)).min())
    assert np.mean(lucky) < -0.015
    assert np.mean(beyond) == pytest.approx(0, abs=0.004)


def test_a_budget_goes_where_it_spares_most():
    """Two groups of equal shares: an evaluation spares 0.4 / 3 in the first, 0.1 / 3 in the second,
    so that a mean of 2.5 buys the first one's four."""
    rates = np.array([[0.5, 0.1, 0.3], [0.5, 0.4, 0.9]])
    costs = np.array([[1.0, 4.0, 3.0], [1.0, 4.0, 3.0]])
    plans = plans_within(rates, costs, np.array([0.5, 0.5]), [0.5, 1.75, 2.5, 3.25, 9])
    first = [[1, 0, 0], [0.5, 0.5, 0], [0, 1, 0], [0, 1, 0], [0, 1, 0]]
    second = [[1, 0, 0], [1, 0, 0], [1, 0, 0], [0.5, 0.5, 0], [0, 1, 0]]
    np.testing.assert_allclose(plans[:, 0], first)
    np.testing.assert_allclose(plans[:, 1], second)


def test_measurements_are_pooled():
    never = dict.fromkeys(COSTS, np.zeros(BINS))
    draws = draw_policies(planted(never), [4.0], resamples=10)
    pooled = pooled_draws([*draws, *draws], POLICY_KEYS)
    assert pooled["measurements"].tolist() == [2, 2]
    assert pooled["beyond"].tolist() == [0, 0]


def test_tuned_constants_are_scored_on_other_positions():
    """Four settings of one strategy: one errs in a tenth of the positions, the others in a third;
    PUCT in a fifth."""
    rng = np.random.default_rng(1)
    shares = np.array([0.2, 0.33, 0.33, 0.1, 0.33])
    blunder = rng.random((NETWORKS, 5, 2000)) < shares[:, None]
    ways = pd.DataFrame(
        {
            "family": ["puct", *["beam"] * 4], "text": list("pdefg"), "calls": [16, 4, 4, 4, 4],
            "nodes": 16, "setting": ["", "", "e", "f", "g"],
        }
    )  # fmt: skip
    evaluations = np.full(blunder.shape, 16)
    difficulty = np.zeros((NETWORKS, 2000))
    decided = Decided(
        5, "16x2", 1.0, ways, blunder, evaluations, np.ones(2000, int), difficulty, difficulty
    )
    (found,) = tuned_strategies(decided, 16, resamples=50).to_dict("records")
    assert found["text"] == "f"
    assert found["tried"] == 4
    assert found["rate"] == pytest.approx(0.1, abs=0.02)
    assert found["default"] == pytest.approx(0.33, abs=0.02)
    assert found["beyond"] == pytest.approx(-0.1, abs=0.03)
    assert found["gain_low"] > 0.15
