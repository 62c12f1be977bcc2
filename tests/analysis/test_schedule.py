"""Active scheduling: it knows what a game tells, and needs a fifth of the games of all pairs."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from analysis.ratings import ELO, rate
from analysis.schedule import choose_pairs


def play(theta, pairs, games, rng):
    """Rows of simulated games, half with each colour; black leads by 0.3 natural units."""
    first, second = np.array(pairs).T
    rows = []
    for black, white in ((first, second), (second, first)):
        chance = 1 / (1 + np.exp(-(theta[black] - theta[white] + 0.3)))
        wins = rng.binomial(games // 2, chance)
        counts = {"black_wins": wins, "white_wins": games // 2 - wins}
        rows.append(pd.DataFrame({"black": black, "white": white, **counts}))
    return pd.concat(rows)


def median_se(ratings, zero):
    others = [i for i, player in enumerate(ratings.players) if player != zero]
    return np.median(ratings.se[others])


def test_the_first_choice_is_the_one_that_shrinks_the_intervals_most():
    """Against refitting with the expected result of each possible match."""
    rng = np.random.default_rng(2)
    theta = np.linspace(0, 3, 7)
    rows = play(theta, list(itertools.combinations(range(7), 2)), 40, rng)
    rows = pd.concat([rows, play(theta, [(0, 1), (1, 2)], 200, rng)])
    ratings = rate(rows, zero=6)

    def information_after(pair):
        i, j = pair
        lead, _ = ratings.difference(i, j)
        expected = []
        for black, white, sign in ((i, j, 1), (j, i, -1)):
            p = 1 / (1 + 10 ** (-(sign * lead + ratings.first_player_elo) / 400))
            expected.append((black, white, 10 * p, 10 * (1 - p)))
        more = pd.DataFrame(expected, columns=["black", "white", "black_wins", "white_wins"])
        after = rate(pd.concat([rows, more]), zero=6)
        return np.log(after.se[:6]).sum()

    ranked = sorted(itertools.combinations(range(7), 2), key=information_after)
    assert choose_pairs(ratings, 20, 1)[0] in ranked[:2]


def test_whoever_is_known_well_enough_wants_no_more():
    rng = np.random.default_rng(0)
    theta = np.zeros(4)
    rows = play(theta, list(itertools.combinations(range(4), 2)), 400, rng)
    ratings = rate(rows, zero=0)
    assert choose_pairs(ratings, 2, 5, target_se=ratings.se.max() + 1) == []
    assert len(choose_pairs(ratings, 2, 5, target_se=1.0)) == 5
    assert len(set(choose_pairs(ratings, 2, 99))) == 6


def test_a_newcomer_plays_next():
    rng = np.random.default_rng(1)
    rows = play(np.linspace(0, 2, 5), list(itertools.combinations(range(5), 2)), 60, rng)
    nobody = pd.DataFrame([{"black": 5, "white": 4, "black_wins": 0, "white_wins": 0}])
    ratings = rate(pd.concat([rows, nobody]), zero=4)
    assert 5 in choose_pairs(ratings, 2, 1)[0]


def test_a_ladder_needs_a_fifth_of_the_games_of_all_pairs():
    """80 rungs of 80 Elo, seed 0: the same median standard error, and no larger true error."""
    rungs = 80
    rng = np.random.default_rng(0)
    theta = np.arange(rungs) * 80 / ELO
    best = rungs - 1
    everyone = list(itertools.combinations(range(rungs), 2))
    complete = rate(play(theta, everyone, 16, rng), zero=best)
    goal = median_se(complete, best)

    order = rng.permutation(rungs)
    rows = play(theta, list(zip(order, np.roll(order, 1), strict=True)), 2, rng)
    games = 2 * rungs
    while median_se(active := rate(rows, zero=best), best) > goal:
        pairs = choose_pairs(active, 8, rungs // 2)
        rows = pd.concat([rows, play(theta, pairs, 8, rng)])
        rows = rows.groupby(["black", "white"], as_index=False).sum()
        games += 8 * len(pairs)
    assert games <= 16 * len(everyone) / 5

    truth = (theta - theta[best]) * ELO
    error = np.median(np.abs(active.elo - truth))
    assert error < 1.5 * np.median(np.abs(complete.elo - truth))
