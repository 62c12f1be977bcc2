"""A game in one file goes the whole way: trained, played, drawn, rated, reported."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.toys.drop import NAME, Drop
from training.store import Game, Match, Run, Store

PLAN = f"""
title = "A toy"
game = "{NAME}"
seeds = 1
[train]
lanes = 16
batch_size = 64
replay_ratio = 4
first_snapshot = 128
snapshots = 2
search = {{ nodes = 4 }}
[arena]
rounds = 1
search = {{ nodes = 4 }}
[[boards]]
boardsize = 3
networks = ["2x1", "4x1"]
samples = 512
"""


@pytest.fixture(scope="module")
def reported(tmp_path_factory, hexlaw) -> Path:
    """A folder with the lab and the report of a tiny plan."""
    folder = tmp_path_factory.mktemp("toy")
    (folder / "toy.toml").write_text(PLAN)
    where = ["--lab", folder / "lab", "--out", folder / "report", "--workers", "1"]
    assert hexlaw("reproduce", "--plan", folder / "toy.toml", *where) == 0
    return folder


def test_it_is_trained_and_played(reported):
    store = Store(reported / "lab")
    assert store.frame_query(sa.select(Run.game, Run.boardsize).distinct())[1] == [(NAME, 3)]
    (games,) = store.frame_query(sa.select(sa.func.sum(Match.games)))[1][0]
    assert games == 4 * 3  # two snapshots of two networks, every pair with both colours
    lengths = sa.select(sa.func.length(Game.moves) / 2)
    plies = [length for (length,) in store.frame_query(lengths)[1]]
    assert all(Drop(3).min_plies <= length <= Drop(3).max_plies for length in plies)


def test_its_report_draws_its_board(reported):
    page = (reported / "report" / "index.html").read_text()
    assert "Drop 3×7" in page
