"""What exhibits say of numbers that are planted: each verdict on rows that call for it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

from analysis.laws.fits import fit_all
from analysis.laws.law import Law, LawFit, Quality
from analysis.ratings.study import analyse
from analysis.report.exhibits import figure_3, figure_4, figure_5, table_2
from analysis.report.exhibits.base import Cell, Material, law_cell
from analysis.report.exhibits.play import _formula_holds
from analysis.report.exhibits.training import _law_sentence
from analysis.report.findings import limits, summary
from tests.analysis.planted_lab import planted_lab


def fit_with_slopes(slopes):
    """A law of 300 Elo a decade and −300 a board; draws have these slopes."""
    law = Law(300, -300, 0, -100, 0)
    draws = [law._replace(incline_flops=slope) for slope in slopes]
    frontier = pd.DataFrame(columns=["boardsize", "flops", "elo", "run_id"])
    return LawFit("jones_flops", law, Quality(1, 1, 0, 4), frontier, draws, {3: 1, 4: 1})


def test_a_factor_is_undetermined_where_the_slope_may_be_zero():
    vague = fit_with_slopes(np.linspace(-100, 600, 101))
    assert np.isnan(vague.known("factor_per_size"))
    assert np.isnan(vague.interval("factor_per_size")).all()
    assert vague.known("elo_per_tenfold") == 300
    assert law_cell(vague, "factor_per_size") == Cell("undetermined")
    known = fit_with_slopes(np.linspace(200, 400, 101))
    assert known.known("factor_per_size") == pytest.approx(10)
    low, high = known.interval("factor_per_size")
    assert (low, high) == pytest.approx((10 ** (300 / 395), 10 ** (300 / 205)), rel=0.02)


def bins(off):
    """32 bins of 4,000 games, which win `off` more than the formula says."""
    gap = np.linspace(50, 750, 32)
    share = 1 / (1 + 10 ** (-gap / 400)) + off
    half = 1.96 * np.sqrt(share * (1 - share) / 4000)
    return pd.DataFrame({"gap": gap, "share": share, "low": share - half, "high": share + half})


def test_figure_2_says_whether_the_formula_holds():
    assert "32 of 32 intervals hold the formula" in _formula_holds(bins(0.0))
    assert "no reason to doubt it" in _formula_holds(bins(0.0))
    said = _formula_holds(bins(np.where(np.linspace(50, 750, 32) < 400, 0.03, -0.02)))
    assert "the formula is not exact" in said
    assert "leads below 400 Elo win 3.0 points more and leads above 400 Elo win 2.0 points" in said


@pytest.fixture(scope="module")
def material():
    rows, _ = planted_lab(boards=(3, 4, 5, 6), networks=2, snapshots=5, seeds=2, games=8)
    study = analyse(rows, splits=8)
    return Material(rows, study, fit_all(study, resamples=8))


def test_what_is_a_runs_own_is_no_hyperparameter():
    own = {"seed": 1, "network": {"kind": "mlp", "width": 8}, "begin": "", "lanes": 128}
    runs = pd.DataFrame({"recipe": ["efficient"], "config": [own]})
    rows, not_needed = cast(Any, SimpleNamespace(runs=runs)), cast(Any, None)
    (table,) = table_2(Material(rows, not_needed, not_needed)).tables
    assert [row[:2] for row in table.rows] == [["lanes", "128"]]


def test_compute_is_compared_in_jones_flops_and_on_the_same_boards(material):
    said = summary(material.study, material.fits)
    law = material.fits.main.laws["league", "jones_flops"].law
    assert f"bought {law.elo_per_tenfold:.0f}" in said
    assert "counted as Jones does" in said
    assert "on these boards his runs give 511 Elo and 8.1 times" in said
    assert "found 510 Elo and 7.0 times on boards 3×3 to 9×9" in said


def test_few_runs_are_said_of_each_recipe(material):
    """Four runs a board of the one recipe, two of the other."""
    said = [sentence for sentence in limits(material.study, material.fits) if "6 runs" in sentence]
    assert said == [
        "3×3, 4×4, 5×5 and 6×6: fewer than 6 runs, so the intervals are rough.",
        "3×3, 4×4, 5×5 and 6×6: fewer than 6 runs of “jones2021”, so the intervals are rough.",
    ]


def test_perfect_play_is_told_by_recipe_and_in_failures_of_winnable_games(material):
    exhibit = figure_4(material)
    assert "With “efficient” failures are 3×3 " in exhibit.says
    assert "the interval of games won holds one half on " in exhibit.says
    (table,) = exhibit.tables
    column = [head.startswith("failures") for head in table.head].index(True)
    counts = [row[column] for row in table.rows]
    assert all(isinstance(count, Cell) and count.text.endswith(" of 64") for count in counts)


def test_times_carry_their_intervals(material):
    (table,) = figure_3(material).tables
    assert table.rows
    for _, time, _ in table.rows:
        assert isinstance(time, Cell)
        assert " to " in time.below


def test_the_order_of_boards_is_looked_at_before_it_is_told(material):
    assert "As in the paper, a larger board starts lower" in figure_5(material).says
    main = material.fits.main
    curves = main.frontiers["train_flops"]
    upside_down = curves.assign(boardsize=-curves["boardsize"])
    main.frontiers["train_flops"] = upside_down
    try:
        assert "Not every larger board" in figure_5(material).says
    finally:
        main.frontiers["train_flops"] = curves


def test_a_law_whose_slope_may_be_zero_gives_no_factor():
    said = _law_sentence("efficient", fit_with_slopes(np.linspace(-100, 600, 101)))
    assert "is undetermined" in said
    assert "holds zero" in said
    assert "times the compute" not in said.replace("ten times the compute", "")
