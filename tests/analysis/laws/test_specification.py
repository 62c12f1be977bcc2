"""The specification curve on a planted law, slopes of boards apart, and Jones's own numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.laws import published
from analysis.laws.frontier import sample_frontiers
from analysis.laws.law import law_of
from analysis.laws.specification import CHOICES, best_at_zero, slopes_apart, specifications
from analysis.ratings.rated import Rated
from analysis.ratings.splits import Halves

JONES = Path(__file__).parents[2] / "data/jones_fig5_snapshots_reconstructed.csv"


@pytest.fixture(scope="module")
def jones():
    points = pd.read_csv(JONES).rename(
        columns={"train_flops_jones": "jones_flops", "elo_vs_best": "elo"}
    )
    names = points[["boardsize", "width", "depth"]].astype(str)
    return points.assign(run_id=names.agg("/".join, axis=1))


def planted(top=0.0):
    """One run a board on 500 Elo a decade and 400 a cell, plateau −300 a cell; `top` Elo is what
    the best agents lack. Jones's FLOPs are a third of all."""
    rows = [
        (
            f"b{size}",
            size,
            10**x,
            10**x / 3,
            min(max(500 * x - 400 * size - 3000, -300 * size), top),
        )
        for size in (3, 4, 5)
        for x in np.linspace(6.5 + 0.2 * size, 7 + 0.8 * size, 60)
    ]
    columns = ["run_id", "boardsize", "train_flops", "jones_flops", "elo"]
    points = pd.DataFrame(rows, columns=columns)
    elo = points["elo"].to_numpy()[None]
    return Rated(points, Halves(elo, elo))


def test_every_choice_finds_a_law_that_all_choices_share():
    found = specifications({"league": planted(), "direct": planted()})
    assert len(found) == 2 * 16 + 16
    assert not found.duplicated(list(CHOICES)).any()
    assert found["elo_per_tenfold"].to_numpy() == pytest.approx(500, rel=0.02)
    assert found["factor_per_size"].to_numpy() == pytest.approx(10**0.8, rel=0.05)


def test_the_best_agent_can_be_zero():
    moved = best_at_zero(planted(top=-80.0))
    assert moved.points.groupby("boardsize")["elo"].max().tolist() == [0, 0, 0]
    assert moved.halves.report.max() == 0
    assert moved.points["elo"].min() == pytest.approx(-1250 + 80)  # 5×5 begins on its incline


def test_each_board_has_the_slope_that_was_planted():
    rated = planted()
    bent = rated.points.assign(
        elo=rated.points["elo"].where(rated.points["boardsize"] > 3, 0.5 * rated.points["elo"])
    )
    apart = slopes_apart(sample_frontiers(bent, resamples=3))
    assert apart["slope"].to_numpy() == pytest.approx([250, 500, 500], rel=0.03)
    assert (apart["rmse"] < 10).all()


def test_published_numbers_are_those_of_his_figure(jones):
    for largest, told in published.REFITTED.items():
        own = jones[jones["boardsize"] <= largest]
        fitted = law_of(sample_frontiers(own, "jones_flops", resamples=0))
        assert list(fitted.law) == pytest.approx(list(told), rel=1e-3)
    assert published.REFITTED[6].factor_per_size == pytest.approx(8.1, abs=0.05)
    apart = slopes_apart(sample_frontiers(jones, "jones_flops", resamples=0))
    assert dict(zip(apart["boardsize"], apart["slope"].round(), strict=True)) == pytest.approx(
        published.SLOPES_APART
    )
