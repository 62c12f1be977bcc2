"""The exchange of training for play-time compute, on planted surfaces and isoquants by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.laws.search.exchange import (
    Exchange,
    fit_exchange,
    fit_isoquants,
    fit_surface,
    isoquants,
)
from games.errors import InputError

TRAIN, TEST, CONSTANT, FLOOR = (
    300.0,
    250.0,
    -6200.0,
    -1800.0,
)  # Elo a decade, Elo a decade, Elo, Elo


def planted_agents(noise=0.0, runs=12, seed=0):
    """Snapshots of networks of several sizes, each at 1 to 512 nodes, on a planted surface."""
    rng = np.random.default_rng(seed)
    rows = []
    for run in range(runs):
        node_flops = 10 ** (3 + 3 * run / runs)
        for log_train in np.linspace(11, 17, 15):
            for nodes in 2 ** np.arange(10):
                log_test = np.log10(nodes * node_flops)
                elo = min(max(300 * log_train + 250 * log_test - 6200, FLOOR), 0)
                elo += noise * rng.normal()
                rows.append((f"r{run}", 10**log_train, 10**log_test, elo))
    return pd.DataFrame(rows, columns=["run_id", "train_flops", "test_flops", "elo"])


def test_isoquants_by_hand():
    """Level −100: 10¹ of training needs 10⁴ of play, 10³ needs 10², and then comes the floor."""
    agents = pd.DataFrame(
        [
            (1e1, 1e3, -150), (1e1, 1e4, -90), (1e1, 1e5, -10),
            (1e2, 1e5, -80),  # more than a less trained network needs
            (1e3, 1e2, -99), (1e3, 1e0, -101),
            (1e4, 1e0, -50), (1e5, 1e0, -20),  # the second time at the floor says nothing
        ],
        columns=["train_flops", "test_flops", "elo"],
    )  # fmt: skip
    curve = isoquants(agents, levels=(-100,))
    assert curve["train_flops"].tolist() == pytest.approx([1e1, 1e2, 1e3, 1e4])
    assert curve["test_flops"].tolist() == pytest.approx([1e4, 1e4, 1e2, 1e0])
    assert isoquants(agents, levels=(0,)).empty


def test_a_plane_through_points_on_a_plane_is_that_plane():
    train, elo = (grid.ravel() for grid in np.meshgrid(np.arange(10.0, 16), [-1000.0, -500, 0]))
    log_test = -1.2 * train + 0.004 * elo + 29
    curves = pd.DataFrame({"elo": elo, "train_flops": 10**train, "test_flops": 10**log_test})
    exchange = fit_isoquants(curves)
    assert list(exchange) == pytest.approx([-1.2, 0.004, 29])
    assert exchange.tenfold_training == pytest.approx(15.85, abs=0.01)  # "10× train ≈ 15× test"
    assert exchange.test_flops(np.array([1e15]), -500.0) == pytest.approx(1e9)


def test_a_planted_surface_is_recovered_with_its_floor_and_top():
    surface = fit_surface(planted_agents())
    assert list(surface) == pytest.approx([TRAIN, TEST, CONSTANT, FLOOR], rel=1e-4)
    assert surface.exchange.slope == pytest.approx(-300 / 250, rel=1e-4)
    assert surface.exchange.per_elo == pytest.approx(1 / 250, rel=1e-4)
    assert surface.exchange.constant == pytest.approx(6200 / 250, rel=1e-4)


def test_both_ways_agree_within_their_intervals_under_noise():
    """Seeded; 12 runs, 30 Elo of noise. Isoquants are traced on a grid of tenths of a decade and
    take the luckiest agent of each cell, so only the slope is asked of them."""
    fit = fit_exchange(planted_agents(noise=30), resamples=40)
    low, high = fit.interval("surface", "slope", 0.99)
    assert low < -1.2 < high
    assert high - low < 0.1
    assert fit.paper.slope == pytest.approx(-1.2, abs=0.15)
    low, high = fit.interval("paper", "slope")
    assert low < fit.paper.slope < high


def test_too_few_isoquants_leave_the_plane_undetermined():
    nothing = isoquants(planted_agents().query("elo < -1600"))
    assert np.isnan(fit_isoquants(nothing)).all()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda p: p.drop(columns="test_flops"), "lack the columns test_flops"),
        (lambda p: p.iloc[:0], "no rated agents"),
        (lambda p: p.assign(elo=np.nan), "no rating or no positive compute"),
        (lambda p: p.assign(test_flops=0.0), "no rating or no positive compute"),
        (lambda p: p.drop_duplicates(["run_id"]), "one search size only"),
    ],
)
def test_bad_agents_are_refused_in_one_line(change, complaint):
    with pytest.raises(InputError, match=complaint) as caught:
        fit_exchange(change(planted_agents(runs=2)))
    assert "\n" not in str(caught.value)


def test_an_exchange_without_play_time_slope_is_no_number():
    assert np.isnan(Exchange(np.nan, np.nan, np.nan).tenfold_training)


def test_search_that_buys_nothing_leaves_the_trade_undetermined():
    """Elo that hangs on training alone, and 60 Elo of noise: resamples start from several places,
    so some climb with search and some fall, and the interval says that nothing is known."""
    agents = planted_agents()
    rng = np.random.default_rng(1)
    climb = np.clip(300 * np.log10(agents["train_flops"]) - 4700, -1800, 0)
    agents["elo"] = climb + 60 * rng.normal(size=len(agents))
    low, high = fit_exchange(agents, resamples=40).interval("surface", "slope")
    assert low < 0 < high


def test_resamples_of_all_at_once_are_the_surfaces_of_each_by_itself():
    """One run of two drawn twice is a fit to its rows twice."""
    agents = planted_agents(noise=30, runs=4)
    fit = fit_exchange(agents, resamples=3, seed=5)
    rng = np.random.default_rng(5)
    rows = list(agents.groupby("run_id").indices.values())
    for surface, paper in zip(fit.surface_draws, fit.paper_draws, strict=True):
        chosen = rng.integers(len(rows), size=len(rows))
        drawn = agents.iloc[np.concatenate([rows[run] for run in chosen])]
        assert list(surface) == pytest.approx(list(fit_surface(drawn)), rel=1e-3)
        levels = tuple(sorted(fit.isoquants["elo"].unique()))
        assert list(paper) == pytest.approx(list(fit_isoquants(isoquants(drawn, levels))))


def test_intervals_cover_the_planted_exchange():
    """Twenty worlds of ten runs with luck of their own, 25 Elo a run and 25 an agent, near the
    floor and the top as rows of a lab are. At 95 %, one world in twenty may miss, and a bootstrap
    over ten runs is a little narrow; four misses would have a chance of 2 % at 95 % cover."""
    held, widths = 0, []
    for world in range(20):
        rng = np.random.default_rng(world)
        agents = planted_agents(runs=10)
        agents = agents[rng.random(len(agents)) < 0.1]
        luck = 25 * rng.normal(size=10)[agents["run_id"].str[1:].astype(int)]
        elo = agents["elo"] + luck + 25 * rng.normal(size=len(agents))
        fit = fit_exchange(agents.assign(elo=elo.clip(upper=0)), resamples=60, seed=world)
        low, high = fit.interval("surface", "slope")
        held += low < -1.2 < high
        widths.append(high - low)
    assert held >= 17
    assert np.median(widths) < 0.15  # wide enough to hold anything would be no answer
