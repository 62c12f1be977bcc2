"""A game in one file goes the whole way: trained, played, drawn, rated, judged, reported."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from analysis.ratings.study import analyse
from analysis.tables.rows import load_lab
from experiments.arena.judging import fixed_set, judge
from experiments.players.player import Decision
from games.exact.registry import perfect_play, solve_position
from tests.toys.drop import COLUMNS, NAME, Drop
from training.store import BlunderRate, Game, Match, Run, Store

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
[[stages]]
kind = "league"
rounds = 1
search = {{ nodes = 4 }}
[[stages]]
kind = "perfect"
openings = 16
[[stages]]
kind = "example"
[[boards]]
boardsize = 2
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
    assert store.frame_query(sa.select(Run.game, Run.boardsize).distinct())[1] == [(NAME, 2)]
    query = sa.select(sa.func.sum(Match.games)).where(Match.stage == "league")
    (games,) = store.frame_query(query)[1][0]
    assert games == 4 * 3  # two snapshots of two networks, every pair with both colours
    lengths = sa.select(sa.func.length(Game.moves) / 2)
    plies = [length for (length,) in store.frame_query(lengths)[1]]
    assert all(Drop(2).min_plies <= length <= Drop(2).max_plies for length in plies)


def test_perfect_play_stands_at_zero_above_all_agents(reported):
    (board,) = analyse(load_lab(Store(reported / "lab"))).boards
    assert board.zero_is_perfect
    assert board.agents["elo"].max() == 0


def test_its_agents_are_judged_on_the_positions_of_its_own_file(reported):
    query = sa.select(BlunderRate.positions_id, BlunderRate.won, BlunderRate.blunders)
    rows = Store(reported / "lab").frame_query(query.where(BlunderRate.source == "fixed"))[1]
    fixed = fixed_set(Drop(2))
    assert {row[0] for row in rows} == {fixed.id}
    assert {row[1] for row in rows} == {len(fixed.verdicts.value)}
    assert all(0 < row[2] < row[1] for row in rows)
    page = (reported / "report" / "index.html").read_text()
    assert "blunders, fixed set" in page


def test_perfect_play_never_blunders_and_any_other_move_of_a_position_does():
    fixed = fixed_set(Drop(2))
    value, keeping, _ = fixed.verdicts
    assert set(value.tolist()) == {0, 1}

    class Knowing:
        def choose(self, states, keys):
            chosen = np.where(keeping, np.random.default_rng(1).random(keeping.shape), -1)
            return Decision(chosen.argmax(1), value.astype(float), np.zeros(len(value)))

    class Erring(Knowing):
        def choose(self, states, keys):
            wrong = perfect_play(Drop(2)).legal(states) & ~keeping
            return Decision(wrong.argmax(1), -value.astype(float), np.zeros(len(value)))

    right = judge(Knowing(), fixed)  # type: ignore[arg-type]
    wrong = judge(Erring(), fixed)  # type: ignore[arg-type]
    assert (right["blunders"], right["wrong_values"]) == (0, 0)
    assert wrong["blunders"] == wrong["won"] == len(value)
    assert wrong["wrong_values"] == wrong["valued"] == (value == 1).sum(), "a draw has no sign"


Columns = tuple[str, ...]
"""A position by the rules alone: what lies in each column, from below."""


def rows(columns: Columns) -> list[str]:
    return ["".join((column + "..")[row] for column in columns) for row in (0, 1)]


def outcome(columns: Columns) -> int | None:
    """For the side to move, as tests/oracles/minimax.py asks."""
    stones = len("".join(columns))
    if any("ba"[stones % 2] * 4 in row for row in rows(columns)):  # by who moved last
        return -1
    return 0 if stones == 2 * COLUMNS else None


def drop(columns: Columns, column: int) -> Columns:
    stone = "ab"[len("".join(columns)) % 2]
    return (*columns[:column], columns[column] + stone, *columns[column + 1 :])


def test_its_table_says_what_minimax_says(oracle):
    """The last seven moves of 120 random games: positions that are won, drawn and lost."""
    tree = oracle("minimax").Minimax(
        lambda columns: [c for c in range(COLUMNS) if len(columns[c]) < 2], drop, outcome
    )
    rng, seen = np.random.default_rng(3), []
    for _ in range(120):
        columns, line = ("",) * COLUMNS, (rng.random(14).argsort() % COLUMNS).tolist()
        for ply, column in enumerate(line):
            if outcome(columns) is not None:
                break
            if ply >= 7:
                value = tree.value(columns)
                found = solve_position(Drop(2), line[:ply])
                assert found.winner == (-1, ply % 2, 1 - ply % 2)[value]
                best = [c for c, v in tree.action_values(columns).items() if v == value]
                assert list(found.winning_moves or ()) == (best if value >= 0 else [])
                seen.append(value)
            columns = drop(columns, column)
    assert min(np.bincount(np.array(seen) + 1)) > 10


def test_its_report_draws_its_board(reported):
    page = (reported / "report" / "index.html").read_text()
    assert "Drop 2×7" in page


def test_a_tournament_of_it_is_rated(hexlaw, capsys, tmp_path):
    players = ("--players", "perfect", "random", "--game", NAME, "--size", 2, "--games", 8)
    assert hexlaw("arena", *players, "--lab", tmp_path, "--json") == 0
    rows = json.loads(capsys.readouterr().out)["ratings"]
    assert [(row["player"], row["place"]) for row in rows] == [("perfect", 1), ("random", 2)]
    assert rows[0]["elo"] == 0
