"""Solutions kept in a lab: found again, whoever plays and however the board is turned."""

from __future__ import annotations

import concurrent.futures
import contextlib
import io
import json
import sqlite3

import numpy as np
import pytest
import sqlalchemy as sa
from rich.console import Console

from experiments.players import solutions
from experiments.players.solutions import StoredSolver
from experiments.verbs.solve import SolveConfig, run
from games.errors import InputError
from games.exact.solver import Solver, shared_solver
from games.hex import BLACK, WHITE
from training.store import DATABASE_NAME, SolvedPosition, Store

SIZE, CELLS = 4, 16


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path)


def rows(store: Store) -> list[tuple]:
    return store.frame_query(sa.select(*SolvedPosition.__table__.columns))[1]


def random_positions(count: int):
    """Black's stones, white's stones and the side to move."""
    rng = np.random.default_rng(7)
    for _ in range(count):
        stones = np.zeros((2, CELLS), bool)
        plies = rng.integers(0, 9)
        cells = rng.permutation(CELLS)[:plies]
        stones[BLACK, cells[::2]] = stones[WHITE, cells[1::2]] = True
        yield stones[BLACK], stones[WHITE], int(plies % 2)


class Unwilling(Solver):
    """Solves nothing."""

    def winning_moves(self, *position, **limits):
        raise AssertionError("it was solved again")


def test_what_was_solved_is_found_again_by_the_next_process(store, monkeypatch):
    positions = list(random_positions(40))
    with StoredSolver(store, SIZE) as solver:
        first = [solver.winning_moves(*position) for position in positions]
    monkeypatch.setattr(solutions, "shared_solver", Unwilling)
    with StoredSolver(store, SIZE) as solver:
        for position, expected in zip(positions, first, strict=True):
            found = solver.winning_moves(*position)
            assert (found.winner, found.winning_moves) == (expected.winner, expected.winning_moves)
            assert found.nodes == 0


def test_answers_are_those_of_the_solver(store):
    with StoredSolver(store, SIZE) as solver:
        for position in random_positions(40):
            expected = shared_solver(SIZE).winning_moves(*position)
            for _ in range(2):  # solved, then remembered
                found = solver.winning_moves(*position)
                assert found.winner == expected.winner
                assert found.winning_moves == expected.winning_moves


def test_twins_share_a_row_and_get_their_own_answers(store, monkeypatch):
    """Turned by 180°, and with the players exchanged on the transposed board."""
    transpose = np.arange(CELLS).reshape(SIZE, SIZE).T.reshape(-1)
    for black, white, to_move in random_positions(20):
        twins = [
            (black, white, to_move),
            (black[::-1], white[::-1], to_move),
            (white[transpose], black[transpose], 1 - to_move),
            (white[transpose][::-1], black[transpose][::-1], 1 - to_move),
        ]
        expected = [shared_solver(SIZE).winning_moves(*twin) for twin in twins]
        with StoredSolver(store, SIZE) as solver:
            solver.winning_moves(*twins[0])
        count = len(rows(store))
        with monkeypatch.context() as patch:
            patch.setattr(solutions, "shared_solver", Unwilling)
            with StoredSolver(store, SIZE) as solver:
                found = [solver.winning_moves(*twin) for twin in twins]
        assert [f.winning_moves for f in found] == [e.winning_moves for e in expected]
        assert [f.winner for f in found] == [e.winner for e in expected]
        assert len(rows(store)) == count


def test_neither_unknown_nor_finished_positions_are_kept(store):
    empty, column = np.zeros(36, bool), np.arange(36) % 6 == 0
    with StoredSolver(store, 6) as solver:
        assert solver.winning_moves(empty, empty, BLACK, max_nodes=5).winner is None
        assert solver.winning_moves(column, empty, WHITE).winning_moves == ()
    assert rows(store) == []


def test_processes_that_solve_the_same_share_a_store(store):
    """Two connections, each sure that the position is new, and neither waits for the other."""
    positions = list(random_positions(60))

    def work(_) -> None:
        with StoredSolver(Store(store.folder), SIZE) as solver:
            for position in positions:
                solver.winning_moves(*position)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))
    found = rows(store)
    assert len(found) == len({row[:3] for row in found}) > 30


def test_an_error_in_between_loses_no_answer(store):
    def solve_and_stop() -> None:
        with StoredSolver(store, SIZE) as solver:
            solver.winning_moves(np.zeros(CELLS, bool), np.zeros(CELLS, bool), BLACK)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        solve_and_stop()
    assert len(rows(store)) == 1


@pytest.mark.parametrize("winning", ["1", "65536", "-1", "'x'", "2.5"])
def test_a_row_that_cannot_be_is_refused_by_name(store, winning):
    """A stone lies on a1 (bit 0); 4×4 has no bit 16."""
    black = np.arange(CELLS) == 0
    position = (black, np.zeros(CELLS, bool), WHITE)
    with StoredSolver(store, SIZE) as solver:
        solver.winning_moves(*position)
    ((_, mine, theirs, *_),) = rows(store)
    if winning == "1":
        winning = str(theirs)
    with contextlib.closing(sqlite3.connect(store.path)) as connection, connection:
        connection.execute(f"UPDATE solution SET winning = {winning}")
    with (
        pytest.raises(InputError, match=rf"{DATABASE_NAME}: table 'solution' .* mine {mine}"),
        StoredSolver(store, SIZE) as solver,
    ):
        solver.winning_moves(*position)


def solve(**flags):
    printed = io.StringIO()
    result, code = run(SolveConfig(**flags), Console(file=printed, width=40))
    return result, code, printed.getvalue()


def test_hexlaw_solve_asks_the_lab(tmp_path):
    first, _, text = solve(size=4, moves="b2", lab=tmp_path / "lab")
    again, _, text_again = solve(size=4, moves="c3", lab=tmp_path / "lab")  # b2 turned
    assert first["winner"] == again["winner"] == WHITE
    assert again["winning_moves"] == sorted(15 - move for move in first["winning_moves"])
    assert "positions searched" in text
    assert "known to the lab" in text_again


def test_lines_are_looked_up_too_on_every_board(tmp_path):
    lines = ['{"size": 3, "moves": []}', '{"size": 4, "moves": [5]}', "x"]
    (tmp_path / "positions.jsonl").write_text("\n".join(lines))
    flags = {"input": str(tmp_path / "positions.jsonl"), "lab": tmp_path / "lab"}
    first, code, _ = solve(**flags)
    assert code == 2
    assert len(rows(Store(tmp_path / "lab"))) == 2
    again, _, text = solve(**flags)
    assert again == first
    assert [json.loads(line) for line in text.splitlines()] == first["positions"]


def test_a_damaged_lab_is_named(tmp_path):
    (tmp_path / DATABASE_NAME).write_text("my diary\n" * 1000)
    with pytest.raises(InputError, match=DATABASE_NAME):
        solve(size=3, lab=tmp_path)
