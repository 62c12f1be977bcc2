"""Policies and values of different sizes, on planted networks whose best ratio is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.studies.verifier import (
    PUCT,
    SHARED,
    SMALL,
    Judged,
    best_of,
    best_ratios,
    drift,
    parabola,
    resampled,
    value_points,
    way_points,
)

RATIOS = 4.0 ** np.arange(-2, 3)
NODES = np.array([1, 4, 16, 64])
FLOPS = 1000.0
POSITIONS, SEEDS = 6_000, 3


def rate(ratio: float, nodes: float) -> float:
    """The best ratio is the square root of the nodes over two; blunders rise by a factor e for
    every factor e² away from it."""
    return 0.2 / nodes**0.25 * np.exp(np.log(ratio / (0.5 * nodes**0.5)) ** 2 / 8)


def judged(kind: str, ratio: float, rates: np.ndarray, wrong: float, flops: float) -> Judged:
    """Networks that err in so many of their positions, each in its own."""
    rng = np.random.default_rng([len(kind), int(100 * ratio)])
    blunder = rng.random((SEEDS, len(NODES) + 1, POSITIONS)) < np.append(rates, rates[1])[:, None]
    ways = pd.DataFrame(
        {
            "family": [*[PUCT] * len(NODES), "best-of-n"], "nodes": [*NODES, 9],
            "calls": [*NODES, 2], "flops": [*flops * NODES, flops * 8],
        }
    )  # fmt: skip
    signs = rng.random((SEEDS, 1_000)) < wrong
    weight = np.full(1_000, 1e-3)
    return Judged(5, kind, "8x2", ratio, ways, blunder, signs, weight)


@pytest.fixture(scope="module")
def drawn():
    split = [
        judged(f"{ratio:g}", ratio, np.array([rate(ratio, n) for n in NODES]), 0.1, 1.02 * FLOPS)
        for ratio in RATIOS
    ]
    shared = judged(SHARED, 0.9, np.array([0.2, 0.1, 0.05, 0.025]), 0.2, FLOPS)
    small = judged(SMALL, 0.8, np.array([0.4, 0.2, 0.1, 0.05]), 0.3, FLOPS / 10)
    return resampled([shared, small, *split], resamples=100)


def test_the_best_ratio_of_every_budget_comes_back(drawn):
    best = best_ratios(drawn)
    assert best["nodes"].tolist() == NODES.tolist()
    for row, truth in zip(best.to_dict("records"), 0.5 * NODES**0.5, strict=True):
        assert row["ratio"] == pytest.approx(truth, rel=0.15)
        assert row["low"] <= truth <= row["high"]
        assert row["high"] / row["low"] < 1.6
        gain = np.exp(np.log(truth) ** 2 / 8)
        assert row["gain"] == pytest.approx(gain, rel=0.05)
    (power,) = drift(drawn).to_dict("records")
    assert power["power"] == pytest.approx(0.5, abs=0.05)
    assert power["low"] < 0.5 < power["high"]


def test_a_best_ratio_beyond_those_measured_is_the_last_of_them():
    logs = np.log(RATIOS)
    rising = np.exp(logs / 10) / 10
    assert best_of(parabola(logs, rising), logs) == logs[0]
    assert best_of(parabola(logs, rising[::-1]), logs) == logs[-1]
    # Worst in the middle: the better end.
    hump = np.exp(-((logs - 0.3) ** 2) / 9)
    assert best_of(parabola(logs, hump), logs) == logs[0]
    # Nobody errs: no ratio is better than another, and nothing breaks.
    assert np.isfinite(best_of(parabola(logs, np.zeros(5)), logs))


def test_ways_are_set_against_the_shared_tree_at_equal_flops(drawn):
    points = way_points(drawn).set_index(["kind", "family", "nodes"]).to_dict("index")
    assert points[SHARED, PUCT, 16]["beyond"] == 0
    # 8,000 FLOPs lie between 4 and 16 nodes of the shared network, in the middle by logarithm.
    best_of_n = points[SHARED, "best-of-n", 9]
    assert best_of_n["flops"] == 8 * FLOPS
    assert best_of_n["beyond"] == pytest.approx(0.1 - 0.075, abs=0.005)
    assert best_of_n["beyond_low"] < best_of_n["beyond"] < best_of_n["beyond_high"]
    # A search a little dearer than one node of the shared network is set against one node; one of
    # a tenth of it against nothing.
    split = points["1", PUCT, 1]
    assert split["beyond"] == pytest.approx(rate(1, 1) - 0.2, abs=0.01)
    assert np.isnan(points[SMALL, PUCT, 1]["beyond"])
    # 6,400 FLOPs, a third of the way: 0.05 against 0.083.
    assert points[SMALL, PUCT, 64]["beyond"] == pytest.approx(-0.033, abs=0.006)
    # Networks and positions are alike, so that the interval is that of 60,000 positions at least.
    half = (split["high"] - split["low"]) / 2
    assert half > 1.6 * np.sqrt(split["rate"] * (1 - split["rate"]) / SEEDS / POSITIONS)


def test_wrong_signs_are_counted_by_weight(drawn):
    values = value_points(drawn).set_index("kind").to_dict("index")
    assert values[SHARED]["wrong"] == pytest.approx(0.2, abs=0.03)
    assert values[SHARED]["beyond"] == 0
    assert values["4"]["beyond_high"] < 0
    lopsided = drawn[0].judged._replace(weight=np.array([0.99] + [1e-5] * 999))
    (alone,) = resampled([lopsided], resamples=2)
    assert alone.wrong[0] == pytest.approx(lopsided.wrong[:, 0].mean(), abs=0.02)
