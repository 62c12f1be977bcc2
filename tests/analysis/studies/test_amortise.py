"""Amortisation from planted strengths: retention, equivalent searches and best budgets known
beforehand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from analysis.studies.amortise import (
    JudgedBoard,
    Strengths,
    arms_at,
    best_budgets,
    equivalent_nodes,
    equivalent_rows,
    log_odds,
    rank_correlation,
    ranking_rows,
    retention,
    retention_rows,
)

WON = 1_000
BUDGETS = (1, 4, 16, 64)


def blunders(*shares: float) -> np.ndarray:
    """[K, WON]: with each search in the first so many positions."""
    return np.arange(WON) < WON * np.array(shares)[:, None]


def planted(rate_of, nodes=(2, 16, 64, 256), held=(), seeds=2) -> JudgedBoard:
    """A board whose runs blunder as told by (nodes in training, samples, nodes at play time);
    a sample costs its nodes, plus 16 of the learner where its share is not held."""
    lines, rates = [], []
    for seed in range(seeds):
        lines.append((f"run{min(nodes)}False{seed}", seed, 0, 0, 0.0, "puct", False, min(nodes)))
        rates.append(blunders(*[0.5] * len(BUDGETS)))
    for n, share in [*((n, False) for n in nodes), *((n, True) for n in held)]:
        cost = n * 1.25 if share else n + 16
        last = 64_000 / cost if share else max(800, 64_000 / cost)
        for seed in range(seeds):
            for index, samples in enumerate(np.geomspace(50, last, 6), start=1):
                name = f"run{n}{share}{seed}"
                lines.append((name, seed, index, samples, samples * cost, "puct", share, n))
                rates.append(blunders(*[rate_of(n, samples, k) for k in BUDGETS]))
    columns = ["run_id", "seed", "index", "samples", "train_flops", "rule", "held", "nodes"]
    return JudgedBoard(
        4, pd.DataFrame(lines, columns=pd.Index(columns)), BUDGETS, np.array(rates),
        np.ones(WON), np.zeros((len(lines), len(BUDGETS))),
    )  # fmt: skip


def falling(n: int, samples: float, played: int) -> float:
    """Log-odds rise with the logarithms of the nodes in training, the samples and the search."""
    strength = 0.4 * math.log(n) + 0.5 * math.log(samples / 50) + 0.25 * math.log(played)
    return 1 / (1 + math.exp(strength))


def test_log_odds_of_no_blunder_are_those_of_half_a_one():
    assert log_odds(np.array([0.5]), 100)[0] == 0
    assert log_odds(np.array([0.0]), 100)[0] == pytest.approx(math.log(1.005 / 0.005))


def test_retention_is_the_raw_policys_share_of_the_gain():
    strength = np.array([[[1.0, 1.0, 3.0]], [[0.0, 1.0, 2.0]]])
    found = retention(strength, np.array([-1.0, 0.0]))
    assert found[:, 0, 2].tolist() == [0.5, 0.0]
    assert found[0, 0, 0] == 1, "of the raw policy itself"
    assert math.isnan(found[1, 0, 0]), "nothing gained, nothing kept"


def test_an_older_network_needs_the_search_that_makes_it_as_strong():
    older = np.array([[[0.0, 1.0, 2.0, 3.0], [0.0, 0.1, 0.2, 0.3], [2.0, 3.0, 3.0, 3.0]]])
    found = equivalent_nodes(older, np.array([[1.5, 1.0, 1.0]]), BUDGETS)[0]
    assert found[0] == pytest.approx(8), "half of the way from 4 to 16, in the logarithm"
    assert math.isinf(found[1])
    assert found[2] == 1, "no search at all"


def test_rank_correlation_is_spearmans():
    strength = np.array([[[1.0, 1.0, 3.0], [2.0, 2.0, 2.0], [3.0, 9.0, 1.0]]])
    assert rank_correlation(strength)[0].tolist() == pytest.approx([1, 1, -1])


def test_arms_are_compared_where_samples_or_compute_are_equal():
    """At equal samples the rates are those of the law at 800 samples, at equal compute those at as
    many samples as 64,000 units pay for."""
    strengths = Strengths(planted(falling, held=(16,)), resamples=20)
    board = strengths.board
    assert (board.samples, board.flops) == pytest.approx((800, 64_000))
    for comparison, samples in (("samples", 800), ("flops", 64_000 / 32)):
        arms, values = arms_at(strengths, comparison)
        assert ("puct", True, 16) not in arms
        own = values[0, arms.index(("puct", False, 16))]
        wanted = [-math.log(p / (1 - p)) for p in (falling(16, samples, k) for k in BUDGETS)]
        assert own == pytest.approx(wanted, abs=0.1)
    arms, values = arms_at(strengths, "held")
    assert arms == [("puct", False, 64), ("puct", True, 16)], "the one of 64 nodes is the same run"
    wanted = falling(16, 64_000 / 20, 1)
    assert 1 / (1 + np.exp(values[0, 1, 0])) == pytest.approx(wanted, rel=0.05)


def test_a_strength_that_grows_with_every_logarithm_is_told_apart():
    strengths = Strengths(planted(falling), resamples=20)
    kept = retention_rows(strengths, "samples").set_index(["nodes", "played"])
    grown = 0.4 * math.log(256) + 0.5 * math.log(16)
    wanted = grown / (grown + 0.25 * math.log(64))
    middle, low, high = kept.loc[(256, 64), ["retention", "low", "high"]].to_numpy(float)
    assert middle == pytest.approx(wanted, abs=0.02)
    assert low <= wanted <= high
    older = equivalent_rows(strengths, [1 / 4]).set_index("nodes")
    # Half the root of 4 more samples is what 0.25 ln n make up for: n = 16.
    assert older.loc[16, "equivalent"] == pytest.approx(16, rel=0.15)
    ranking = ranking_rows(strengths)
    assert (ranking["correlation"] > 0.999).all()
    # 0.4 ln n − 0.5 ln(n + 16) is largest at n = 64.
    best = best_budgets(strengths, [1.0], [1, 64])
    assert best["best"].tolist() == [64, 64]
