"""In planted worlds of every form the truth comes back within its interval, in one the law must be
refused, and plain SciPy finds the same."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import scipy.optimize
import scipy.special
import statsmodels.api as sm

from analysis.laws.threeway.cells import Cells, Places, cells_of_blunders, strength_of
from analysis.laws.threeway.design import check_design, explained, told
from analysis.laws.threeway.fit import ThreeWayLaw, fit_law
from analysis.laws.threeway.forms import FORMS
from analysis.laws.threeway.rates import rates_over_strength, worth_of_search
from games.errors import InputError
from tests.analysis.planted_cube import SAMPLES, WIDTHS, planted_cube

SMALL = {
    "widths": (4, 8, 16, 32), "nodes": (1, 4, 16, 64), "seeds": 4, "luck": 0.05,
    "samples": tuple(int(x) for x in np.geomspace(2_000, 300_000, 5)),
}  # fmt: skip
X, P = np.log(25_000), np.log(2_000)  # the middle of the planted samples and sizes
LEVELS = {
    "Cobb–Douglas": 0.05, "CES": 0.1, "S-curves": 0.07, "plateaus": 0.2,
    "plateaus, interacting": 0.2,
}  # fmt: skip
"""Blunder rates that much of each world's grid meets."""


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def ces(x, p, m):
    inputs = 0.43 * np.exp(-0.3 * (x - X)) + 0.25 * np.exp(-0.3 * (p - P)) + 0.32 * np.exp(-0.3 * m)
    return 2 + 1.2 * np.log(inputs) / -0.3


def curves(x, p, m):
    return 0.3 + 3 * sigmoid(x - X - 0.3 * (p - P) - 0.5) + 2 * sigmoid(m - 1.5) + 0.2 * (p - P)


def plateaus(x, p, m, interaction=0.0):
    u = -np.log(np.exp(-0.74 * (p - P)) + np.exp(-0.5 * (x - X)))
    z = (1 - np.exp(-0.3 * m)) / 0.3
    return 1.5 + 0.8 * u + 0.6 * z + interaction * u * z


# Written from docs/laws.md, not with the code that fits them.
WORLDS = {
    "Cobb–Douglas": lambda x, p, m: 2 + 0.5 * (x - X) + 0.1 * (p - P) + 0.4 * m,
    "CES": ces,
    "S-curves": curves,
    "plateaus": plateaus,
    "plateaus, interacting": lambda x, p, m: plateaus(x, p, m, 0.15),
}


def cells_in(name: str, **changes) -> Cells:
    return cells_of_blunders(planted_cube(WORLDS[name], **{**SMALL, **changes}), 4)


def true_rates(truth, cells: Cells, level: float) -> tuple[float, float]:
    """The two rates at a level by their definition: slopes averaged over every network and number
    of nodes that meets the level within the samples measured."""
    goal, found = float(strength_of(level)), []
    low, high = (np.log(10) * end(cells.places.samples) for end in (np.min, np.max))
    for parameters in np.log(10) * cells.costs.parameters:
        for nodes in np.log(10) * np.unique(cells.places.nodes):
            if truth(low, parameters, nodes) <= goal <= truth(high, parameters, nodes):
                at = scipy.optimize.brentq(
                    lambda x, p=parameters, m=nodes: truth(x, p, m) - goal, low, high
                )
                here = np.array([at, parameters, nodes])
                steps = 1e-5 * np.eye(3)
                found.append([truth(*(here + step)) - truth(*(here - step)) for step in steps])
    training, size, search = np.mean(found, axis=0)
    return training / search, size / search


@pytest.fixture(scope="module")
def laws() -> dict[str, tuple[Cells, ThreeWayLaw]]:
    found = {}
    for name in WORLDS:
        cells = cells_in(name)
        found[name] = cells, fit_law(cells, name, resamples=30)
    return found


@pytest.mark.parametrize("name", WORLDS)
def test_the_truth_comes_back_within_its_interval(name, laws):
    cells, law = laws[name]
    (line,) = rates_over_strength(law, cells, (LEVELS[name],)).to_dict("records")
    truths = true_rates(WORLDS[name], cells, LEVELS[name])
    for rate, truth in zip(("training", "size"), truths, strict=True):
        assert line[f"{rate}_low"] <= truth <= line[f"{rate}_high"], (rate, truth, line)
        assert line[f"{rate}_told"]
    assert 0.5 < law.chi2 < 1.5


@pytest.mark.parametrize("name", FORMS)
def test_slopes_by_shape_are_those_of_differences(name):
    form, rng = FORMS[name], np.random.default_rng(0)
    places = Places(*(rng.normal(size=(3, 9)) * np.array([[0.8], [0.6], [0.5]])))
    shape, linear = form.starts[-1:] + 0.1, rng.normal(size=(1, len(form.linear)))

    def strength(shape):
        return np.einsum("al,aln->an", linear, form.columns(shape, places))

    tilt = form.tilt(shape, places, linear)
    for k, step in enumerate(1e-6 * np.eye(len(form.shaped))):
        by_difference = (strength(shape + step) - strength(shape - step)) / 2e-6
        np.testing.assert_allclose(tilt[:, k], by_difference, atol=1e-6)


def test_plain_scipy_finds_the_same_rates():
    """All eight parameters at once by SciPy's trust region on the binomial deviance itself, from
    the formula in docs/laws.md."""
    cells = dataclasses.replace(cells_in("plateaus, interacting", luck=0.0), scatter=0.0)
    lost, worth = np.asarray(cells.lost), np.asarray(cells.worth)
    law = fit_law(cells, "plateaus, interacting")
    x, p, m = (np.log(10) * axis for axis in cells.places)
    x_middle, p_middle = x.mean(), p.mean()

    def strength(theta, x, p, m):
        a, b, c, d, log_size, log_data, off, k = theta
        size, data = np.exp(log_size) * (p - p_middle), np.exp(log_data) * (x - x_middle)
        u, z = -np.logaddexp(-size, off - data), (1 - np.exp(-k * m)) / k
        return a + b * u + c * z + d * u * z

    def deviance_roots(theta):
        rate = 1 / (1 + np.exp(strength(theta, x, p, m)))
        terms = scipy.special.xlogy(lost, lost / (worth * rate))
        kept = worth - lost
        terms += scipy.special.xlogy(kept, kept / (worth * (1 - rate)))
        return np.sqrt(2 * np.maximum(terms, 0))

    start = [1, 1, 0.5, 0, -0.5, -0.5, 0, 0.2]
    found = scipy.optimize.least_squares(deviance_roots, start, xtol=1e-10, ftol=1e-12)
    line = rates_over_strength(law, cells, (0.2,)).iloc[0]
    theirs = true_rates(lambda x, p, m: strength(found.x, x, p, m), cells, 0.2)
    np.testing.assert_allclose([line["training"], line["size"]], theirs, rtol=2e-3)


def test_agents_that_never_blunder_are_no_stronger_than_in_a_binomial_regression():
    """Many agents here throw nothing away of 300 positions: statsmodels' regression is the
    oracle."""
    cube = planted_cube(
        lambda x, p, m: 3.5 + WORLDS["Cobb–Douglas"](x, p, m), **{**SMALL, "luck": 0.0},
        positions=300,
    )  # fmt: skip
    assert 0.1 < (cube["blunder_rate"] == 0).mean() < 0.7
    cells = dataclasses.replace(cells_of_blunders(cube, 4), scatter=0.0)
    law = fit_law(cells, "Cobb–Douglas")
    columns = sm.add_constant(np.log(10) * np.stack(cells.places, axis=1))
    lost = np.round(300 * cube["blunder_rate"].to_numpy())
    kept = np.stack([300 - lost, lost], axis=1)
    binomial = sm.GLM(kept, columns, family=sm.families.Binomial()).fit()
    np.testing.assert_allclose(law.linear[0, 1:], binomial.params[1:], rtol=1e-4)


def test_a_frontier_alone_cannot_tell():
    cells = cells_in("plateaus, interacting", frontier=True, widths=WIDTHS, samples=SAMPLES)
    assert explained(cells).samples > 0.9
    with pytest.raises(InputError, match="these runs cannot tell: parameters and nodes explain"):
        check_design(cells)
    check_design(cells_in("plateaus, interacting"))


@pytest.mark.parametrize("changes", [{"nodes": (4,)}, {"widths": (8,)}])
def test_one_search_or_one_network_cannot_tell(changes):
    with pytest.raises(InputError, match="are the least"):
        check_design(cells_in("Cobb–Douglas", **changes))


@pytest.mark.parametrize(
    ("value", "low", "high", "says"),
    [
        (1, 0.5, 2, True),
        (1, -0.1, 2, False),
        (1, 0.1, 2, False),
        (1, 0.5, np.inf, False),
        (np.nan, 0.5, 2, False),
    ],
)
def test_a_wide_interval_tells_nothing(value, low, high, says):
    assert told(value, low, high) is says


def test_search_is_worth_what_the_planted_law_says(laws):
    """By Cobb–Douglas n nodes are n^0.8 times the training, and n^4 times the size."""
    cells, law = laws["Cobb–Douglas"]
    worth = worth_of_search(law, cells, (0.1,)).set_index("nodes")
    assert worth.index.tolist() == [4, 16, 64]
    assert worth.loc[4, "training"] == pytest.approx(4**0.8, rel=0.1)
    assert worth.loc[64, "size"] == np.inf
