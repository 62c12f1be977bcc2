"""Halves of the games: unbiased where picking and reporting on the same games is not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.ratings.bradley_terry import rate
from analysis.ratings.splits import Halves, split_ratings, split_scores


def equal_players(players=12, games=24, seed=0):
    """A league of players who are all equally strong: whoever leads is lucky."""
    rng = np.random.default_rng(seed)
    black, white = np.nonzero(~np.eye(players, dtype=bool))
    wins = rng.binomial(games, 0.5, len(black))
    return pd.DataFrame(
        {"black": black, "white": white, "black_wins": wins, "white_wins": games - wins}
    )


def test_the_best_of_equals_is_not_reported_as_better_than_they_are():
    """The mean of all others, as the top one's half reports it, is zero but for chance; the naive
    scale puts it below. Bound: 3 standard errors of a mean over 40 leagues."""
    naive, honest = [], []
    for seed in range(40):
        ratings = rate(equal_players(seed=seed), first_player=False)
        halves = split_ratings(ratings, 20, seed)
        naive.append(ratings.elo.mean())
        honest.append(halves.report.mean())
    spread = np.std(honest) / np.sqrt(len(honest))
    assert abs(np.mean(honest)) < 3 * spread
    assert np.mean(naive) < -10 * spread


def test_halves_spread_as_the_rating_fit_says_and_do_not_know_each_other():
    ratings = rate(equal_players(), zero=0, first_player=False)
    halves = split_ratings(ratings, 4000, 1)
    np.testing.assert_allclose(halves.report[:, 0], 0, atol=1e-9)
    np.testing.assert_allclose(halves.pick + halves.report, 2 * ratings.elo + 0 * halves.pick)
    # 4,000 draws know a standard deviation to 1.1 %.
    np.testing.assert_allclose(halves.report[:, 1:].std(axis=0), ratings.se[1:], rtol=0.05)


def test_a_flagged_player_is_not_the_zero():
    matches = equal_players()
    lucky = pd.DataFrame({"black": [99], "white": [0], "black_wins": [5], "white_wins": [0]})
    ratings = rate(pd.concat([matches, lucky]), first_player=False)
    halves = split_ratings(ratings, 50, 0)
    top = halves.report[:, ratings.players.index(99)]
    assert (np.abs(top) > 1e-9).all()


def test_independent_scores_keep_their_zero_and_can_be_chosen():
    halves = split_scores(np.array([0.0, -50.0]), np.array([0.0, 10.0]), 500, 0)
    assert (halves.report[:, 0] == 0).all()
    assert halves.report[:, 1].std() == pytest.approx(10, rel=0.15)
    joined = Halves.of_boards([halves, halves.of(np.array([1]))])
    assert joined.pick.shape == (500, 3)
    np.testing.assert_array_equal(joined.report[:, 2], halves.report[:, 1])
