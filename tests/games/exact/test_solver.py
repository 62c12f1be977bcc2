"""Solved openings, other methods' answers, and what must hold of every value."""

from __future__ import annotations

import types

import numpy as np
import pytest

import games
from games.exact import tables
from games.exact.compiled import COMPILED
from games.exact.registry import solve_position
from games.exact.solver import Solver, shared_solver
from games.hex import BLACK, WHITE, Hex

SEED = 1995
UNKNOWN = types.SimpleNamespace(name="go", size=9)

# Where black's first stone wins (1) and loses (0), rows from the top. Up to 6×6: J. van Rijswijck,
# Queenbee's openings page (www.cs.ualberta.ca/~queenbee/openings.html); 6×6 also benzene's
# regression/dfpn-solve-6x6.tst; 7×7: R. Hayward, Y. Björnsson, M. Johanson, M. Kan, N. Po, J. van
# Rijswijck, Solving 7×7 Hex with domination, virtual connections, and game-state reduction,
# Theoretical Computer Science 349 (2005) 123-139. All also worked out by MoHex 2.0's solvers.
OPENINGS = {
    2: ("01", "10"),  # by hand: the stone must be able to reach both its edges in two ways
    3: ("001", "111", "100"),
    4: ("0001", "0010", "0100", "1000"),
    5: ("00001", "01111", "01110", "11110", "10000"),
    6: ("000001", "011111", "111111", "111111", "111110", "100000"),
    7: ("0000001", "0010111", "0111110", "1111111", "0111110", "1110100", "1000000"),
}


def winning_openings(size: int) -> list[int]:
    return np.flatnonzero([int(mark) for mark in "".join(OPENINGS[size])]).tolist()


def random_stones(
    size: int, count: int | np.integer, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, int]:
    """Black's and white's stones, put down at random by turns, and the side to move."""
    cells = rng.permutation(size**2)[:count]
    stones = np.zeros((2, size**2), bool)
    stones[BLACK, cells[::2]] = stones[WHITE, cells[1::2]] = True
    return stones[BLACK], stones[WHITE], int(count % 2)


@pytest.mark.parametrize("size", [2, 3, 4, 5])
def test_the_openings_of_small_boards(size):
    solution = solve_position(Hex(size), "")
    assert solution.to_move == solution.winner == BLACK
    assert list(solution.winning_moves or ()) == winning_openings(size)


@pytest.mark.skipif(not COMPILED, reason="minutes without numba")
@pytest.mark.parametrize("opening", range(18))
def test_openings_of_6x6(opening):
    """Half the board; the other half are its twins."""
    check_opening(6, opening)


@pytest.mark.skipif(not COMPILED, reason="minutes without numba")
@pytest.mark.parametrize("opening", [1, 3, 12, 17, 23, 24])
def test_openings_of_7x7(opening):
    check_opening(7, opening)


def check_opening(size: int, opening: int) -> None:
    black = np.arange(size**2) == opening
    winner = shared_solver(size).solve(black, np.zeros(size**2, bool), WHITE).winner
    assert winner == (BLACK if opening in winning_openings(size) else WHITE)


def test_every_3x3_position_agrees_with_the_table():
    """The table comes from retrograde analysis, which shares nothing with the search."""
    check_against_table(Hex(3), np.flatnonzero(tables.load_table(Hex(3)).values))


def test_random_4x4_positions_agree_with_the_table():
    index = np.flatnonzero(tables.load_table(Hex(4)).values)
    check_against_table(Hex(4), np.random.default_rng(SEED).choice(index, 2000, replace=False))


def check_against_table(game: Hex, indices: np.ndarray) -> None:
    values, solver = tables.load_table(game).values, Solver(game.size, memory_mb=4)
    places = 3 ** np.arange(game.num_actions)
    for index in indices.tolist():
        digits = index // places % 3
        black, white = digits == 1, digits == 2
        to_move = int(black.sum() - white.sum())
        solution = solver.winning_moves(black, white, to_move)
        assert solution.winner == (to_move if values[index] == 1 else 1 - to_move), index
        after = index + (1 + to_move) * places * (digits == 0)
        winning = (digits == 0) & (values[after] == -1) & (values[index] == 1)
        assert solution.winning_moves == tuple(np.flatnonzero(winning)), index


@pytest.mark.parametrize(("size", "fewest"), [(4, 7), (5, 15)])
def test_random_positions_agree_with_alpha_beta(oracle, size, fewest):
    rng, solver = np.random.default_rng(SEED), Solver(size, memory_mb=4)
    for _ in range(100):
        black, white, to_move = random_stones(size, rng.integers(fewest, size**2 + 1), rng)
        cells = (set(np.flatnonzero(black).tolist()), set(np.flatnonzero(white).tolist()))
        expected = oracle("alpha_beta").winner(*cells, to_move, size)
        assert solver.solve(black, white, to_move).winner == expected


def test_winning_moves_agree_with_alpha_beta(oracle):
    size, rng = 5, np.random.default_rng(SEED + 1)
    solver, answers = Solver(size, memory_mb=4), 0
    for _ in range(30):
        black, white, to_move = random_stones(size, rng.integers(15, 20), rng)
        cells = (set(np.flatnonzero(black).tolist()), set(np.flatnonzero(white).tolist()))
        solution = solver.winning_moves(black, white, to_move)
        if solution.winner == to_move and solution.winning_moves:
            expected = oracle("alpha_beta").winning_moves(*cells, to_move, size)
            assert list(solution.winning_moves) == expected
            answers += 1
    assert answers >= 5


@pytest.mark.parametrize(("size", "fewest"), [(4, 0), (5, 2), (6, 12), (7, 24)])
def test_symmetries_keep_the_winner(size, fewest):
    """Rotation by 180°; and exchanging the players, with a transposition for their edges."""
    rng = np.random.default_rng(SEED)
    for _ in range(12):
        black, white, to_move = random_stones(size, rng.integers(fewest, size**2 - 3), rng)
        transpose = np.arange(size**2).reshape(size, size).T.reshape(-1)
        winner, rotated, exchanged = (
            Solver(size, memory_mb=4).solve(*position, max_nodes=10**6).winner
            for position in (
                (black, white, to_move),
                (black[::-1], white[::-1], to_move),
                (white[transpose], black[transpose], 1 - to_move),
            )
        )
        assert winner is not None
        assert rotated == winner
        assert exchanged == 1 - winner


@pytest.mark.parametrize("size", [2, 3, 4, 5, pytest.param(6, marks=pytest.mark.skipif(
    not COMPILED, reason="half a minute without numba"))])  # fmt: skip
def test_whoever_begins_wins(size):
    """Nash's strategy-stealing argument, for either colour."""
    nothing = np.zeros(size**2, bool)
    assert shared_solver(size).solve(nothing, nothing, BLACK).winner == BLACK
    assert shared_solver(size).solve(nothing, nothing, WHITE).winner == WHITE


def test_one_more_own_stone_never_hurts():
    size, rng = 5, np.random.default_rng(SEED)
    solver = Solver(size, memory_mb=4)
    for _ in range(40):
        black, white, to_move = random_stones(size, rng.integers(2, 15), rng)
        winner = solver.solve(black, white, to_move).winner
        assert winner is not None
        stones = np.stack([black, white])
        stones[winner, rng.choice(np.flatnonzero(~(black | white)))] = True
        assert solver.solve(stones[0], stones[1], to_move).winner == winner


def test_a_full_table_neither_loops_nor_errs():
    """Forty slots for a search of thousands of positions."""
    size, nothing = 4, np.zeros(16, bool)
    tiny = Solver(size, memory_mb=0.001)
    solution = tiny.winning_moves(nothing, nothing, BLACK)
    assert list(solution.winning_moves or ()) == winning_openings(size)
    rng, roomy, tiny = np.random.default_rng(SEED), Solver(5, memory_mb=4), Solver(5, 0.001)
    for _ in range(20):
        position = random_stones(5, rng.integers(4, 16), rng)
        assert tiny.solve(*position).winner == roomy.solve(*position).winner


def test_the_table_keeps_to_its_memory():
    for memory_mb in (0.001, 0.5, 3):
        table = np.asarray(Solver(5, memory_mb)._memory.table)
        assert 0.8 * memory_mb <= table.nbytes / 1e6 <= memory_mb


@pytest.mark.parametrize("limits", [{"max_nodes": 0}, {"max_nodes": 20}, {"max_seconds": 0}])
def test_limits_answer_unknown(limits):
    solver, nothing = Solver(6, memory_mb=1), np.zeros(36, bool)
    for ask in (solver.solve, solver.winning_moves):
        solution = ask(nothing, nothing, BLACK, **limits)
        assert solution.winner is None
        assert solution.winning_moves is None
        assert solution.nodes <= limits.get("max_nodes", 256)


def test_a_stopped_search_goes_on_from_its_table():
    position = (np.arange(36) == 1, np.zeros(36, bool), WHITE)
    whole = Solver(6, memory_mb=4).solve(*position)
    solver, nodes = Solver(6, memory_mb=4), []
    while True:
        solution = solver.solve(*position, max_nodes=400)
        nodes.append(solution.nodes)
        if solution.winner is not None:
            break
        assert len(nodes) < 20
    assert len(nodes) > 1
    assert sum(nodes) < 2 * whole.nodes


def test_a_finished_game_has_a_winner_and_no_moves():
    solution = solve_position(Hex(3), "b2 a1 b1 a2 b3")
    assert (solution.to_move, solution.winner, solution.winning_moves) == (WHITE, BLACK, ())


def test_handicap_positions_are_positions_too():
    """Black has b1 and b2, white no stone but the move: black joins the bottom at a3 or at b3."""
    black = np.zeros(9, bool)
    black[[4, 1]] = True
    assert Solver(3, memory_mb=1).solve(black, np.zeros(9, bool), WHITE).winner == BLACK


@pytest.mark.parametrize(
    ("call", "culprit"),
    [
        (lambda: Solver(1), "size must be 2 to 7, got 1"),
        (lambda: Solver(8), "size must be 2 to 7, got 8"),
        (lambda: Solver(3, memory_mb=0), "memory_mb"),
        (lambda: Solver(3).solve(np.zeros(9), np.zeros(16), 0), r"\(9,\) and \(16,\)"),
        (lambda: Solver(3).solve(np.ones(9), np.ones(9), 0), "cell 0"),
        (lambda: Solver(3).solve(np.zeros(9), np.zeros(9), 2), "to_move"),
        (lambda: Solver(3).solve(np.zeros(9), np.zeros(9), 0, max_nodes=-1), "max_nodes"),
        (lambda: Solver(3).solve(np.zeros(9), np.zeros(9), 0, max_seconds=-1), "max_seconds"),
        (lambda: solve_position(Hex(3), "a1 a1"), "taken by move 1"),
        (lambda: solve_position(Hex(8), ""), "choose at most 7"),
        (lambda: solve_position(UNKNOWN, ""), "go: perfect play is not known"),  # type: ignore[arg-type]
    ],
)
def test_bad_input_is_refused_by_name(call, culprit):
    with pytest.raises(games.InputError, match=culprit):
        call()
