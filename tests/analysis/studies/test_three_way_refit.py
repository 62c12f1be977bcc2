"""The stored rates of the three-way study again, from its stored rows, by SciPy and pandas alone.

Nothing of `analysis.laws` is used: rows are read as CSV, the transient, the scatter between seeds
and the form are written anew after docs/laws.md, the law is found by `scipy.optimize`, and the rate
by differences along the isoquant.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import scipy.optimize

PAGE = Path(__file__).parents[3] / "docs" / "studies" / "three_way"
LEVELS = {4: (0.3, 0.1, 0.02), 5: (0.3, 0.1, 0.05)}


@pytest.fixture(scope="module")
def stored() -> pd.DataFrame:
    cube = pd.read_csv(PAGE / "tables" / "cube.csv.gz")
    return cube[(cube["stratum"] == "all") & (cube["tuning"] == "fixed")]


def agents_of(stored: pd.DataFrame, size: int) -> pd.DataFrame:
    """Past the transient: nothing here was judged untrained, so every trained snapshot counts."""
    own = stored[stored["boardsize"] == size].reset_index(drop=True)
    assert (own["samples"] > 0).all()
    lost = own["effective"] * own["blunder_rate"]
    kept = own["effective"] - lost
    begin = np.log((kept + 0.5) / (lost + 0.5))
    counting = 1 / (lost + 0.5) + 1 / (kept + 0.5)
    own = own.assign(lost=lost, begin=begin, counting=counting)
    known = own[own["counting"] < 0.1].groupby(["network", "snapshot", "nodes"])
    scatter = (known["begin"].var() - known["counting"].mean()).dropna().mean()
    return own.assign(scatter=max(scatter, 0.0))


def plateaus(beta: np.ndarray, x: np.ndarray, p: np.ndarray, m: np.ndarray) -> np.ndarray:
    a, b, c, log_alpha, log_beta, o, k = beta
    u = -np.logaddexp(-np.exp(log_alpha) * p, o - np.exp(log_beta) * x)
    return a + b * u + c * (1 - np.exp(-k * m)) / k


def refitted(own: pd.DataFrame, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All seven parameters at once, and the middle they are about: the most likely law of counts,
    their variance widened by the scatter."""
    x, p, m = (np.log(own[name].to_numpy(float)) for name in ("samples", "parameters", "nodes"))
    middle = np.array([x.mean(), p.mean()])
    x, p = x - middle[0], p - middle[1]
    seen, variance = own["begin"].to_numpy(), own["counting"].to_numpy()
    worth, rate = own["effective"].to_numpy(), own["blunder_rate"].to_numpy()
    beta = start
    for _ in range(12):
        error = np.sqrt(variance + own["scatter"].to_numpy())
        found = scipy.optimize.least_squares(
            lambda b, seen=seen, error=error: (plateaus(b, x, p, m) - seen) / error, beta,
            x_scale="jac",
        )  # fmt: skip
        moved, beta = np.abs(found.x - beta).max(), found.x
        law = plateaus(beta, x, p, m)
        blunders = 1 / (1 + np.exp(law))
        spread = blunders * (1 - blunders)
        seen, variance = law + (blunders - rate) / spread, 1 / (worth * spread)
        if moved < 1e-6:
            break
    return beta, middle


def rate_of_training(
    own: pd.DataFrame, beta: np.ndarray, middle: np.ndarray, level: float
) -> float:
    """Mean slopes over the isoquant: each network and number of nodes that meets the level within
    the samples measured with it."""
    goal, by_training, by_search = np.log((1 - level) / level), [], []
    for _, network in own.groupby("network"):
        p = np.log(network["parameters"].iloc[0]) - middle[1]
        ends = np.log([network["samples"].min(), network["samples"].max()]) - middle[0]
        for m in np.log(sorted(network["nodes"].unique())):

            def beyond(x: float, p: float = p, m: float = m) -> float:
                return float(plateaus(beta, np.array(x), np.array(p), np.array(m))) - goal

            if beyond(ends[0]) > 0 or beyond(ends[1]) < 0:
                continue
            x = float(scipy.optimize.root_scalar(beyond, bracket=tuple(ends)).root)
            by_training.append(beyond(x + 1e-3) - beyond(x - 1e-3))
            by_search.append(beyond(x, p, m + 1e-3) - beyond(x, p, m - 1e-3))
    return float(np.mean(by_training) / np.mean(by_search))


@pytest.mark.parametrize("size", [4, 5])
def test_an_independent_refit_of_the_stored_rows_gives_the_stored_rates(stored, size):
    own = agents_of(stored, size)
    start = np.array([0.0, 3.0, 0.3, -0.7, -0.5, 0.5, 0.1])
    beta, middle = refitted(own, start)
    rates = pd.read_csv(PAGE / "tables" / "law_rates.csv")
    rates = rates[(rates["boardsize"] == size) & (rates["form"] == "plateaus")]
    told = rates.set_index("blunder_rate")["training"].to_dict()
    for level in LEVELS[size]:
        mine = rate_of_training(own, beta, middle, level)
        assert mine == pytest.approx(told[level], rel=2e-3), level


@pytest.mark.parametrize("size", [4, 5])
def test_the_stored_law_says_what_the_refit_says(stored, size):
    """law.json in full precision: its strengths at the measured agents, by its own coefficients
    and by the formula as written here."""
    laws = json.loads((PAGE / "law.json").read_text())["laws"]
    law = next(law for law in laws if law["boardsize"] == size)
    assert law["form"] == "plateaus"
    own = agents_of(stored, size)
    beta, middle = refitted(own, np.array([0.0, 3.0, 0.3, -0.7, -0.5, 0.5, 0.1]))
    x, p, m = (np.log(own[name].to_numpy(float)) for name in ("samples", "parameters", "nodes"))
    mine = plateaus(beta, x - middle[0], p - middle[1], m)
    coefficients = np.array([*law["linear"][0], *law["shapes"][0]])
    log_middle = np.log(10) * np.array(law["middle"])
    theirs = plateaus(coefficients, x - log_middle[0], p - log_middle[1], m)
    np.testing.assert_allclose(theirs, mine, atol=5e-3)
