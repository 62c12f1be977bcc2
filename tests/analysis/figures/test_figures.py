"""Figures draw the numbers they are given: curves, ranges, units."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.figures import cost, game, law, league, play
from analysis.laws import published
from analysis.laws.law import Law, LawFit, Quality
from analysis.laws.multiplier import Multiplier

FRONTIER = pd.DataFrame(
    {"boardsize": [3, 3, 4, 4], "flops": [1e9, 1e12, 1e10, 1e13], "elo": [-300.0, 0, -500, 0]}
)
POINTS = FRONTIER.rename(columns={"flops": "jones_flops"}).assign(run_id=["a", "a", "b", "b"])
LAW = Law(200.0, -250.0, -1500.0, -130.0, 100.0)
FIT = LawFit("jones_flops", LAW, Quality(1, 1, 0, 4), FRONTIER, [LAW], {3: 1, 4: 1})


def data(line):
    """The x and y of a line, [2, N]."""
    return np.asarray(line.get_xydata()).T


def lines(axes, style):
    return [line for line in axes.lines if line.get_linestyle() == style]


def test_training_curves_show_every_run_and_frontier_on_a_log_axis():
    axes = law.training_curves({"": POINTS}, {"": FRONTIER}, "jones_flops").axes[0]
    assert axes.get_xscale() == "log"
    thick = [line for line in axes.lines if line.get_linewidth() > 2]
    assert [data(line)[1].tolist() for line in thick] == [[-300, 0], [-500, 0]]
    thin = [line for line in lines(axes, "-") if line.get_linewidth() < 1]
    assert [data(line)[0].tolist() for line in thin] == [[1e9, 1e12], [1e10, 1e13]]
    assert {text.get_text() for text in axes.texts} == {"3×3", "4×4"}


def test_each_recipe_has_a_panel_on_one_compute_axis():
    upper, lower = law.frontier_fit({"efficient": FIT, "jones2021": FIT}).axes
    assert (upper.get_title("left"), lower.get_title("left")) == (
        "recipe efficient",
        "recipe jones2021",
    )
    assert upper.get_xlim() == lower.get_xlim()


@pytest.mark.parametrize("axis", ["train_flops", "jones_flops"])
def test_axes_carry_units(axis):
    points = POINTS.rename(columns={"jones_flops": axis})
    axes = law.training_curves({"": points}, {"": FRONTIER}, axis).axes[0]
    assert "FLOPs" in axes.get_xlabel()
    assert "multiply-add" in axes.get_xlabel()
    assert "Elo" in axes.get_ylabel()


def test_the_law_is_drawn_where_its_formula_puts_it():
    axes = law.frontier_fit({"": FIT}, published.LAW).axes[0]
    dashed = lines(axes, "--")
    assert len(dashed) == 2
    # Board 3: plateau 100 − 390 = −290; the incline reaches 0 at 10^(2250/200).
    x, y = data(dashed[0])
    assert y[0] == pytest.approx(-290)
    assert x[np.argmax(y == 0)] == pytest.approx(10**11.25, rel=0.02)
    assert y[np.searchsorted(x, 10**10.75)] == pytest.approx(-100, abs=2)


def test_the_published_law_is_drawn_only_when_it_is_given():
    def named(figure):
        return [text.get_text() for text in figure.legends[0].get_texts()]

    assert named(law.frontier_fit({"": FIT}, published.LAW))[-1].startswith("Jones 2021")
    assert len(named(law.frontier_fit({"": FIT}))) == 2


@pytest.mark.parametrize(("players", "numbered"), [(3, True), (40, False)])
def test_small_matrices_carry_numbers_and_large_ones_do_not(players, numbered):
    rates = np.full((players, players), 0.25)
    np.fill_diagonal(rates, np.nan)
    names = [f"agent {i}" for i in range(players)]
    left, right = league.win_rates(names, rates, 0 * rates, 5).axes[:2]
    assert len(left.texts) == (players * (players - 1) if numbered else 0)
    assert len(left.get_yticks()) <= 12
    assert left.get_yticklabels()[0].get_text() == "agent 0"
    assert left.images[0].get_clim() == (0, 1)
    assert right.images[0].get_clim() == (-4, 4)


def test_the_elo_formula_is_drawn_in_percent():
    bins = pd.DataFrame({"gap": [400.0], "share": [0.9], "low": [0.88], "high": [0.92]})
    axes = league.elo_to_win_rate({3: bins}).axes[0]
    x, y = data(axes.lines[0])
    assert y[np.searchsorted(x, 400) - 1] == pytest.approx(100 * 10 / 11, abs=0.5)  # ten to one
    assert axes.containers[0][0].get_xydata().tolist() == [[400, 90]]


def test_value_curve_counts_moves_from_one():
    axes = game.value_curve(np.array([0.1, -0.2, 1.0]), np.zeros(3), opening_plies=1).axes[0]
    after_search = next(line for line in axes.lines if line.get_label() == "after search")
    assert data(after_search).tolist() == [[1, 2, 3], [0.1, -0.2, 1.0]]


def test_intervals_against_perfect_play_are_drawn_in_percent():
    row = {"boardsize": 4, "recipe": "efficient", "colour": "both", "rate": 0.4, "low": 0.3,
           "high": 0.5, "inner_low": 0.35, "inner_high": 0.45}  # fmt: skip
    scores = pd.DataFrame([row, row | {"colour": "black", "rate": 0.7}])
    axes = play.against_perfect(scores).axes[0]
    assert [data(line)[1].tolist() for line in axes.lines[1:]] == [[30, 50], [35, 45], [40], [70]]


def test_recipes_distance_is_drawn_as_a_factor():
    levels = pd.DataFrame(
        {"boardsize": 3, "elo": [-200.0, -100], "decades": [1.0, 2], "low": 0.5, "high": 2.5}
    )
    multiplier = Multiplier(levels, {3: (-300.0, 0.0)}, {3: 1.5}, {3: np.array([1.5])})
    axes = cost.compute_multipliers({"dear": multiplier}, "cheap").axes[0]
    np.testing.assert_allclose(data(axes.lines[0])[1], [10, 100])
    assert axes.get_ylabel() == "compute of dear\n÷ compute of cheap"
