"""Rules for the learning rate, compared on planted runs."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from analysis.studies.learning_rate import by_rule

RATES = (1e-3, 1e-2, 1e-1)


def planted(best: dict[int, float], noise: float = 0.0) -> pd.DataFrame:
    """Runs whose blunders double for each factor of ten from the best rate of their width."""
    random = np.random.default_rng(0)
    lines = [
        (size, width, rate, seed, 0.1 * 2 ** abs(np.log10(rate / best[width])) - 0.005)
        for size, width, rate, seed in itertools.product((4, 5), best, RATES, (0, 1))
    ]
    runs = pd.DataFrame(
        lines, columns=pd.Index(["boardsize", "width", "learning_rate", "seed", "rate"])
    )
    return runs.assign(rate=runs["rate"] * np.exp(noise * random.standard_normal(len(runs))))


def test_a_rule_is_as_good_as_the_rates_that_it_gives():
    """The narrow network's best rate is ten times the wide one's: one rate for both costs one of
    them a factor of two, their geometric mean is √2; between two rates costs are in between."""
    runs = planted({8: 1e-2, 64: 1e-3})
    rules = {
        "own": lambda width: 1e-2 if width == 8 else 1e-3,
        "one": lambda width: 1e-2,
        "between": lambda width: 1e-2 if width == 8 else 10**-2.5,
    }
    own, one, between = by_rule(runs, rules).to_dict("records")
    assert own == {"rule": "own", "ratio": 1, "low": 1, "high": 1}
    assert one["ratio"] == pytest.approx(2**0.5)
    assert between["ratio"] == pytest.approx(2**0.25)
    assert one["low"] < 2**0.5 < one["high"]


def test_noise_alone_makes_no_rule_better():
    """Ten times too much and ten times too little are equally bad."""
    runs = planted({8: 1e-2, 64: 1e-2}, noise=0.1)
    rules = {"too little": lambda width: 1e-3, "too much": lambda width: 1e-1}
    _, found = by_rule(runs, rules).to_dict("records")
    assert found["low"] < 1 < found["high"] < 1.25
