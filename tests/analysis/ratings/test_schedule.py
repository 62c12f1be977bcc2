"""Active scheduling: it knows what a game tells, needs a fifth of the games of all pairs on a long
ladder, and elsewhere hardly more than the best design there is."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from analysis.ratings.bradley_terry import ELO, rate
from analysis.ratings.schedule import choose_pairs


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


def games_needed(theta, games, rng):
    """Games of all pairs, `games` each, those of the active schedule for the same median standard
    error of the difference to the best player, and the ratings of either."""
    players = len(theta)
    best = int(np.argmax(theta))
    everyone = list(itertools.combinations(range(players), 2))
    complete = rate(play(theta, everyone, games, rng), zero=best)
    goal = median_se(complete, best)

    order = rng.permutation(players)
    rows = play(theta, list(zip(order, np.roll(order, 1), strict=True)), 2, rng)
    spent = 2 * players
    while median_se(active := rate(rows, zero=best), best) > goal:
        pairs = choose_pairs(active, 8, players // 2)
        rows = pd.concat([rows, play(theta, pairs, 8, rng)])
        rows = rows.groupby(["black", "white"], as_index=False).sum()
        spent += 8 * len(pairs)
    return games * len(everyone), spent, complete, active


def best_saving(theta):
    """The factor by which the best design for Σ log variance, which knows the strengths, needs
    fewer games than all pairs for the same median standard error.

    Multiplicative algorithm (Silvey, Titterington & Torsney 1978) on the share of games of each
    pair; for weights w the covariance is the inverse of the graph Laplacian without the best.
    """
    first, second = np.triu_indices(len(theta), k=1)
    gap = theta[first] - theta[second]
    p = 1 / (1 + np.exp(-(gap[:, None] + np.array([0.3, -0.3]))))
    information = (p * (1 - p)).mean(axis=1)
    best = int(np.argmax(theta))
    differences = np.eye(len(theta))[first] - np.eye(len(theta))[second]
    differences = np.delete(differences, best, axis=1)

    def covariance(share):
        return np.linalg.inv(differences.T @ ((share * information)[:, None] * differences))

    share = np.full(len(first), 1 / len(first))
    of_all_pairs = np.median(np.diag(covariance(share)))
    for _ in range(200):
        C = covariance(share)
        told = information * ((differences @ C) ** 2 @ (1 / np.diag(C)))
        share *= np.sqrt(told)
        share /= share.sum()
    return of_all_pairs / np.median(np.diag(covariance(share)))


def test_a_ladder_needs_a_fifth_of_the_games_of_all_pairs():
    """80 rungs of 80 Elo, seed 0: the same median standard error, and no larger true error."""
    theta = np.arange(80) * 80 / ELO
    all_pairs, spent, complete, active = games_needed(theta, 16, np.random.default_rng(0))
    assert spent <= all_pairs / 5
    truth = (theta - theta[-1]) * ELO
    errors = [np.median(np.abs(rated.elo - truth)) for rated in (complete, active)]
    assert errors[1] < 1.5 * errors[0]


def test_no_design_needs_many_fewer_games():
    """40 players over 2,000 Elo, where all pairs are not that bad."""
    theta = np.linspace(0, 2000, 40) / ELO
    all_pairs, spent, _, _ = games_needed(theta, 32, np.random.default_rng(0))
    assert 0.8 < all_pairs / spent / best_saving(theta) < 1.15


def test_the_best_design_for_equal_players_is_the_one_found_by_hand():
    """m players beside the reference. By symmetry all games with it get one weight, a, and all
    others another, b, so that the Laplacian is (a + m b) I − b J; all pairs alike cost m."""
    m = 39
    a = np.linspace(0.01, 1, 1000)
    b = 2 * (1 - a) / (m - 1)
    cost = (m - 1) / (a + m * b) + 1 / a
    assert best_saving(np.zeros(m + 1)) == pytest.approx(m / cost.min(), rel=1e-3)
