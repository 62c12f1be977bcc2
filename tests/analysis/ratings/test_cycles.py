"""The p-value of non-transitivity: exact in small leagues, and as often small as it says."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from analysis.ratings.bradley_terry import rate
from analysis.ratings.transitivity import transitivity


def circle(wins, losses):
    """Three players of whom each beats the next with this score, colours shared evenly."""
    w, half = wins / 2, losses / 2
    rows = [row for a, b in ("AB", "BC", "CA") for row in ((a, b, w, half), (b, a, half, w))]
    return pd.DataFrame(rows, columns=["black", "white", "black_wins", "white_wins"])


def league(theta, games, rng, share=1.0):
    """So many games a pair, without an advantage of colour."""
    rows = []
    for i, j in itertools.combinations(range(len(theta)), 2):
        if rng.random() < share:
            wins = rng.binomial(games, 1 / (1 + np.exp(theta[j] - theta[i])))
            rows.append((i, j, wins, games - wins))
    return pd.DataFrame(rows, columns=["black", "white", "black_wins", "white_wins"])


def p_of(matches):
    return transitivity(matches, rate(matches, first_player=False)).p_value


def test_three_games_in_a_circle_happen_one_time_in_four():
    """Of the eight outcomes of three even games two are circles."""
    matches = pd.DataFrame(
        [("A", "B", 1, 0), ("B", "C", 1, 0), ("C", "A", 1, 0)],
        columns=["black", "white", "black_wins", "white_wins"],
    )
    assert p_of(matches) == pytest.approx(0.25)


def test_a_weak_circle_of_many_games():
    """57:43 three times: the sum of the three residuals, 7 each, has variance 3 × 25 under
    evenness, so z = 21 / 8.66 = 2.42; two-sided p = 0.015 and, whole games being
    steps, P(|Bin(300, ½) − 150| ≥ 21) = 0.018."""
    assert p_of(circle(57, 43)) == pytest.approx(0.018, abs=0.004)
    assert p_of(circle(60, 40)) < 0.003
    assert p_of(circle(52, 48)) > 0.4


@pytest.mark.parametrize(
    ("spread", "players", "games", "share"),
    [(0.0, 3, 1, 1.0), (0.0, 12, 1, 1.0), (8.0, 20, 2, 0.5)],
)
def test_small_p_values_are_as_rare_as_they_say(spread, players, games, share):
    """200 leagues without a cycle. 2 are expected below 0.01 (9 would come once in 4,000 times) and
    10 below 0.05 (22 likewise); long ladders may be more careful than that. A scaled χ² had 26 %
    of the first case below 0.01."""
    rng = np.random.default_rng(1)
    theta = np.linspace(0, spread, players)
    found = np.array([p_of(league(theta, games, rng, share)) for _ in range(200)])
    assert (found <= 0.01).sum() <= 8
    assert (found <= 0.05).sum() <= 21


def test_the_test_is_not_asleep():
    """Equal players with 20 games a pair: one in twenty is below 0.05, give or take."""
    rng = np.random.default_rng(2)
    found = np.array([p_of(league(np.zeros(8), 20, rng)) for _ in range(200)])
    assert 2 <= (found <= 0.05).sum() <= 21
    assert 0.4 < found.mean() < 0.6
