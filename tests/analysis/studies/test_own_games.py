"""Games of one network with two strategies, planted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.studies.own_games import Contests, contest_table, elo_of, pooled_contests
from analysis.studies.play_time import kata_elo


def contests(share: float, openings: int = 1000) -> Contests:
    """Two networks; the first arm wins a share of the openings with both colours, the second all
    games."""
    won = np.arange(openings) < share * openings
    score = np.stack([np.stack([won, won]), np.ones((2, openings))]).astype(float)
    arms = pd.DataFrame(
        {
            "family": ["leaf-parallel", "puct"], "text": ["nodes=64,leaves=16", "nodes=512"],
            "calls": [5, 512], "opponent": "nodes=64", "opponent_calls": 64,
        }
    )  # fmt: skip
    evaluations = np.array([[[64, 64]] * 2, [[512, 64]] * 2])
    tail = np.array([[64, 64], [512, 512]])
    return Contests(5, "16x2", arms, score, evaluations, tail)


def test_elo_is_that_of_the_share_of_games_with_openings_drawn_anew():
    first, second = contest_table(contests(10 / 11), resamples=400).to_dict("records")
    assert first["elo"] == pytest.approx(400, abs=2)  # ten games to one
    assert first["games"] == 4000
    # Both colours and both networks of an opening are alike: 1.96 standard errors of 1,000 shares.
    half = 1.96 * np.sqrt(10 / 11 * 1 / 11 / 1000)
    assert (first["share_high"] - first["share_low"]) / 2 == pytest.approx(half, rel=0.2)
    assert first["elo_low"] < first["elo"] < first["elo_high"]
    assert first["kata"] == pytest.approx(kata_elo(64 / 5, 64))
    # As many evaluations in a row are the opponent's own.
    assert first["beyond"] == pytest.approx(first["elo"])
    # Who makes more evaluations than the opponent, one after the other, loses nothing by threads.
    assert second["kata"] == 0
    assert second["share"] == 1
    assert np.isfinite(second["elo"])


def test_elo_is_told_beyond_that_of_fewer_evaluations_in_a_row():
    """PUCT with 16 evaluations wins 1 of 11 games against 64 (−400 Elo), so with 32, half way in
    the logarithm, it is worth −200; an arm of 32 that wins as many as it loses is 200 above."""
    score = np.stack([np.arange(1100) < 100, np.arange(1100) < 550])[:, None].astype(float)
    arms = pd.DataFrame(
        {
            "family": ["puct", "beam"], "text": ["nodes=16", "strategy=beam"], "calls": [16, 3],
            "opponent": "nodes=64", "opponent_calls": 64,
        }
    )  # fmt: skip
    evaluations = np.array([[[16, 64]], [[32, 64]]])
    found = contest_table(
        Contests(7, "conv32x4", arms, score, evaluations, np.array([[16], [33]])), resamples=50
    )
    assert found["beyond"].tolist() == pytest.approx([0, 200], abs=1)
    assert found["beyond_low"][1] < 200 < found["beyond_high"][1]
    assert found["tail"].tolist() == [16, 33]
    # Who is no tree with some leaves at once has no threads.
    assert found["kata"].tolist() == [0, 0]


def test_an_arm_is_pooled_over_boards():
    pooled = pooled_contests([contests(0.4), contests(0.6)], resamples=50).set_index("text")
    assert pooled.loc["nodes=64,leaves=16", "share"] == pytest.approx(0.5)
    assert pooled.loc["nodes=64,leaves=16", "elo"] == pytest.approx(0, abs=1e-9)
    # None of ten games is told as half of one: 1 to 19.
    expected = [-400 * np.log10(19), 0]
    np.testing.assert_allclose(elo_of(np.array([0.0, 0.5]), 10), expected)
