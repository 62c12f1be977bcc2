"""The sequential test: its likelihoods against an optimiser, its errors by simulation."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.optimize

from analysis.ratings.sprt import SCORES, sprt
from games.errors import InputError


def expected_score(elo: float) -> float:
    return 1 / (1 + 10 ** (-elo / 400))


def best_log_likelihood(counts: np.ndarray, mean: float) -> float:
    """Of any distribution on the five scores with this mean, by a general-purpose optimiser."""
    result = scipy.optimize.minimize(
        lambda q: -counts @ np.log(q),
        x0=np.full(5, 0.2),
        jac=lambda q: -counts / q,
        bounds=[(1e-9, 1)] * 5,
        constraints=[
            {"type": "eq", "fun": lambda q: q.sum() - 1, "jac": lambda q: np.ones(5)},
            {"type": "eq", "fun": lambda q: q @ SCORES - mean, "jac": lambda q: SCORES},
        ],
        method="SLSQP",
        options={"ftol": 1e-12, "maxiter": 500},
    )
    assert result.success
    return -result.fun


@pytest.mark.parametrize(
    "counts", [[10, 20, 60, 25, 15], [5, 1, 90, 1, 30], [3, 8, 100, 40, 9], [40, 10, 9, 2, 3]]
)
def test_the_likelihood_ratio_is_that_of_the_best_distributions_with_either_mean(counts):
    counts = np.array(counts, float)
    test = sprt(counts, elo0=-5, elo1=30)
    ratio = best_log_likelihood(counts, expected_score(30)) - best_log_likelihood(
        counts, expected_score(-5)
    )
    assert test.llr == pytest.approx(ratio, abs=2e-3)


def lead_in_score(lead: float, swing: float) -> float:
    """The lead that the mean score says, if openings favour black by N(0, swing²) Elo."""
    favour = np.random.default_rng(0).normal(0, swing, 100_000)
    score = np.mean([1 / (1 + 10 ** (-(lead + side * favour) / 400)) for side in (1, -1)])
    return float(400 * np.log10(score / (1 - score)))


def run(lead: float, swing: float, elo1: float, seed: int) -> str:
    """One test on openings that favour black by N(0, swing²) Elo, each played twice."""
    rng = np.random.default_rng(seed)
    scores = np.zeros(5)
    while True:
        favour = rng.normal(0, swing, 20)
        black = rng.random(20) < [expected_score(lead + f) for f in favour]
        white = rng.random(20) < [expected_score(lead - f) for f in favour]
        scores += np.bincount(2 * (black.astype(int) + white), minlength=5)
        test = sprt(scores, elo0=0, elo1=elo1)
        if test.verdict != "undecided":
            return test.verdict


@pytest.mark.parametrize(("lead", "wrong"), [(0, "H1"), (80, "H0")])
@pytest.mark.parametrize("swing", [0, 400])
def test_errors_are_as_rare_as_promised(lead, wrong, swing):
    """α = β = 5 %; 100 tests, three standard deviations above: at most 11 wrong."""
    elo1 = lead_in_score(80, swing)
    verdicts = [run(lead, swing, elo1, seed) for seed in range(100)]
    assert verdicts.count(wrong) <= 11


def test_pairs_of_one_win_each_tell_that_nobody_leads_but_not_much():
    """Openings that decide the game: 1,000 pairs of 1:1 count for less than 1,000 coin flips."""
    split, coins = np.array([0, 0, 1000, 0, 0]), np.array([250, 0, 500, 0, 250])
    assert sprt(split, elo1=20).elo_se < sprt(coins, elo1=20).elo_se
    assert sprt(split, elo1=20).verdict == "H0"


def test_nothing_played_is_undecided():
    assert sprt(np.zeros(5)).verdict == "undecided"


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"elo0": 10, "elo1": 10}, "elo0 must be below"),
        ({"alpha": 0.7}, "alpha"),
        ({"pair_scores": np.array([1, -1, 0, 0, 0])}, "counts"),
        ({"pair_scores": np.array([1, 2, 3])}, "counts"),
    ],
)
def test_bad_input_is_refused(changes, complaint):
    with pytest.raises(InputError, match=complaint):
        sprt(**{"pair_scores": np.ones(5), **changes})
