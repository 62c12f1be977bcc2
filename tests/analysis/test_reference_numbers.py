"""The stored reference run's numbers, worked out twice: by `analysis` and by an oracle that shares
no code with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analysis.laws.frontier import frontiers
from analysis.laws.law import least_squares_law
from analysis.laws.search.fixed_network import rates_by_band, swept
from analysis.ratings.study import analyse
from analysis.tables.rows import read_parquet
from tests.oracles import reference_numbers as oracle

TABLES = Path(__file__).parents[2] / "reference_run/tables"
BOARDS = (3, 4, 5, 6)


@pytest.fixture(scope="module")
def rows():
    return read_parquet(TABLES)


@pytest.fixture(scope="module")
def study(rows):
    return analyse(rows, splits=2)


@pytest.fixture(scope="module")
def rated(rows):
    """The oracle's Elo of every player of league and perfect play, by board."""
    games = rows.matches[rows.matches["stage"].isin(["league", "perfect"])]
    perfect = rows.agents[rows.agents["kind"] == "perfect"].set_index("boardsize")["id"]
    return {
        size: oracle.ratings(games[games["boardsize"] == size], int(perfect[size]))
        for size in BOARDS
    }


@pytest.fixture(scope="module")
def points(study, rated):
    """The oracle's ratings of the main recipe's snapshots."""
    own = study.rated["league"].of(recipe="efficient").points
    elo = [rated[row["boardsize"]][row["player"]] for row in own.to_dict("records")]
    return own.assign(elo=elo)


def test_ratings(study, rated):
    for board in study.boards:
        ours = board.agents.set_index("player")["elo"]
        theirs = rated[board.boardsize].reindex(ours.index)
        assert np.abs(ours - theirs).max() < 2, board.boardsize


def test_frontier_and_law(study, points):
    curves = {
        size: oracle.frontier(points[points["boardsize"] == size], "jones_flops") for size in BOARDS
    }
    ours = frontiers(study.rated["league"].of(recipe="efficient").points, "jones_flops")
    for size, (_, best) in curves.items():
        own = ours.loc[ours["boardsize"] == size, "elo"].to_numpy()
        assert np.abs(own - best).max() < 2, size
    law = least_squares_law(ours, bounded=False)
    slope, size, *_ = oracle.law(curves)
    assert law.elo_per_tenfold == pytest.approx(slope, rel=0.01)
    assert law.factor_per_size == pytest.approx(10 ** (-size / slope), rel=0.03)


def test_fixed_network_rates(study):
    searchers = study.searchers.of(recipe="efficient").points
    for size in (4, 5, 6):
        agents = swept(searchers[searchers["boardsize"] == size])
        bands = rates_by_band(agents, resamples=2)
        assert len(bands) == 4
        for band in bands.to_dict("records"):
            training, search = oracle.fixed_network_slopes(
                agents, band["low_elo"], band["high_elo"]
            )
            assert band["training"] == pytest.approx(training)
            assert band["search"] == pytest.approx(search)
            assert band["rate"] == pytest.approx(training / search)
