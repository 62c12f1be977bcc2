"""Draws, in a game that has them: from the arena to store, records, rows and ratings."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa

from analysis.ratings.bradley_terry import rate
from analysis.tables.rows import load_lab, read_parquet, write_parquet
from experiments.arena.game_records import load_record
from experiments.arena.matches import match_rows, paired_scores, store_round
from experiments.arena.meeting import MeetingConfig, RoundResult, play_round
from experiments.arena.standings import shares_against
from experiments.arena.strength import ratings
from experiments.players.player import RESIGNS
from games.text.sgf import SgfGame, read_sgf, write_sgf
from tests.toys.drop import COLUMNS, Drop
from training.store import Agent, Game, Match, Store

GAME = Drop(3)  # three rows: only four side by side win
NAMES = ["filler", "stacker", "quitter"]


class FirstColumn:
    """Fills column after column; two of them put the colours down like a chessboard: a draw."""

    def act(self, states, keys) -> np.ndarray:
        free = np.asarray(states.owner)[:, :COLUMNS] < 0
        return np.argmax(free, axis=1)


class Quitter:
    """Resigns at once."""

    def act(self, states, keys) -> np.ndarray:
        return np.full(len(keys), RESIGNS)


def draw_by_filling() -> list[int]:
    return [column for column in range(COLUMNS) for _ in range(3)]


@pytest.fixture
def store(tmp_path) -> Store:
    store = Store(tmp_path / "lab")
    config = MeetingConfig(opening_plies=0)
    result = play_round(GAME, [FirstColumn(), FirstColumn(), Quitter()], 0, config, names=NAMES)
    assert result is not None
    with store.session() as session:
        for name in NAMES:
            session.add(Agent(kind="gtp", spec=name, game="drop", boardsize=3, search_id=""))
    store_round(store, "t", 0, [1, 2, 3], result, opening_plies=0, stage="league")
    return store


def test_a_draw_is_stored_as_nobody_s_win(store):
    columns = (Match.black_wins, Match.white_wins, Match.draws)
    between = sa.select(*columns).where(Match.black_id < 3, Match.white_id < 3)
    assert store.frame_query(between)[1] == [(0, 0, 1), (0, 0, 1)]
    assert store.frame_query(sa.select(*columns).where(Match.black_id == 3))[1] == [(0, 1, 0)] * 2
    won = store.frame_query(sa.select(Game.winner).order_by(Game.match_id))[1]
    assert [winner for (winner,) in won] == [-1, 0, 0, -1, 1, 1]


def test_a_drawn_game_s_record_says_so(store):
    record = load_record(store, 1)
    assert record.moves == draw_by_filling()
    assert (record.winner, record.ending) == (-1, "board")
    assert int(record.rules.winner(record.states()[-1])) == -1


def test_ratings_count_a_draw_as_half_a_win(store):
    """Two that draw with each other and beat the third twice each are equal, and far above it."""
    rows = match_rows(store)
    assert rows["draws"].sum() == 2
    table = rate(rows).table().set_index("player")
    assert table["elo"]["filler"] == pytest.approx(table["elo"]["stacker"], abs=1e-6)
    assert table["elo"]["quitter"] < table["elo"]["filler"] - 100
    assert table["games"].to_dict() == {"filler": 4, "stacker": 4, "quitter": 4}
    assert ratings(store, GAME, ["league"])[2] == pytest.approx(0, abs=1e-6)
    assert shares_against(rows, "filler") == {"stacker": 0.5, "quitter": 0.0}


def test_rows_keep_draws_and_old_tables_without_them_have_none(store, tmp_path):
    rows = load_lab(store)
    write_parquet(rows, tmp_path / "new")
    assert read_parquet(tmp_path / "new").matches["draws"].sum() == 2
    old = dataclasses.replace(rows, matches=rows.matches.drop(columns="draws"))
    write_parquet(old, tmp_path / "old")
    again = read_parquet(tmp_path / "old").matches
    assert again["draws"].tolist() == [0] * len(again)
    expected = rows.matches.assign(draws=0)
    pd.testing.assert_frame_equal(again[expected.columns], expected, check_dtype=False)


@pytest.mark.parametrize(
    ("as_black", "as_white", "half_points"),
    [(0, 1, 4), (0, -1, 3), (-1, -1, 2), (0, 0, 2), (-1, 0, 1), (1, 0, 0)],
)
def test_a_pair_of_games_scores_half_a_point_a_draw(tmp_path, as_black, as_white, half_points):
    store = Store(Path(tmp_path))
    with store.session() as session:
        for name in "ab":
            session.add(Agent(kind="gtp", spec=name, game="drop", boardsize=3, search_id=""))
    played = RoundResult(
        black=np.array([0, 1]),
        white=np.array([1, 0]),
        winner=np.array([[as_black], [as_white]]),
        moves=np.array([[[0, 1]], [[2, 3]]]),
        seed=np.zeros((2, 1), np.uint64),
        ending=np.full((2, 1), "board", object),
        notes={},
    )
    store_round(store, "t", 0, [1, 2], played, opening_plies=0)
    assert paired_scores(store, "t", 1, 2).tolist() == np.eye(5, dtype=int)[half_points].tolist()


def test_a_draw_goes_through_sgf():
    text = write_sgf(SgfGame(size=3, moves=[0], winner=-1))
    assert "RE[Draw]" in text
    assert read_sgf(text).winner == -1
    assert read_sgf("(;GM[11]SZ[3]RE[0])").winner == -1
