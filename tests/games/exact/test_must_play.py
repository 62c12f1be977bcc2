"""The search's parts: fill-in against its definition, carriers against their meaning."""

from __future__ import annotations

import importlib.util
import itertools
from types import ModuleType

import numpy as np
import pytest

from games.exact import bitboard, compiled, must_play
from games.hex import BLACK, WHITE, Hex

SEED = 2006


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """`must_play` as plain Python, also where numba is installed."""
    monkeypatch.setattr(compiled, "COMPILED", False)
    spec = importlib.util.spec_from_file_location("plain_must_play", must_play.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def new_search(module: ModuleType, size: int, memory_mb: float = 0.5):
    """`search` with a table and a counter of its own: → winner, carrier, nodes."""
    board, table = bitboard.make_board(size), module.make_table(memory_mb)

    def search(black: int, white: int, mover: int) -> tuple[int, int, int]:
        work = compiled.vector(np.array([0, 10**7], np.int64))
        winner, carrier = module.search(black, white, mover, board, table, work)
        return winner, carrier, int(work[must_play.NODES])

    return search


def random_position(size: int, stones: int, rng: np.random.Generator) -> tuple[int, int]:
    """Black's and white's stones as bits, put down at random, black first."""
    cells = [int(cell) for cell in rng.permutation(size**2)[:stones]]
    return sum(1 << cell for cell in cells[::2]), sum(1 << cell for cell in cells[1::2])


def cells_of(bits: int) -> set[int]:
    return {cell for cell in range(bits.bit_length()) if bits >> cell & 1}


def can_matter(ring: tuple[int, ...], player: int) -> bool:
    """Whether a cell with these six neighbours (0, 1 or 2 for empty) could be needed by a player.

    From the definition: some stones of the player's, put on empty neighbours, must leave at least
    two groups round the cell that only the cell itself can link.
    """
    empty = [k for k in range(6) if ring[k] == 2]
    for count in range(len(empty) + 1):
        for added in itertools.combinations(empty, count):
            mine = [ring[k] == player or k in added for k in range(6)]
            if sum(mine[k] and not mine[k - 1] for k in range(6)) >= 2:
                return True
    return False


def test_the_patterns_of_dead_cells_follow_from_their_definition(plain):
    """All 3⁶ neighbourhoods of the centre of a 3×3 board, whose neighbours lie round it."""
    board = bitboard.make_board(3)
    centre, around = 4, (1, 2, 5, 7, 6, 3)
    for ring in itertools.product((BLACK, WHITE, 2), repeat=6):
        stones = [sum(1 << around[k] for k in range(6) if ring[k] == p) for p in (BLACK, WHITE)]
        black, white = (plain.ring(stones[p], board.beyond[p], board) for p in (BLACK, WHITE))
        dead = any(
            black[k] & plain.killed(black, white, k) & 1 << centre
            or white[k] & plain.killed(white, black, k) & 1 << centre
            for k in range(6)
        )
        assert dead == (not can_matter(ring, BLACK)) == (not can_matter(ring, WHITE)), ring


def test_a_ring_holds_the_neighbours_of_the_rules(plain):
    """Neighbour k of every cell, against `Hex.neighbours`, whose six have another order."""
    size = 5
    board, neighbours = bitboard.make_board(size), Hex(size).neighbours
    for stone in range(size**2):
        ring = plain.ring(1 << stone, (0,) * 6, board)
        for cell, k in itertools.product(range(size**2), range(6)):
            assert bool(ring[k] >> cell & 1) == (neighbours[cell, (0, 1, 3, 5, 4, 2)[k]] == stone)


def test_two_distance_counts_the_second_best_way(plain):
    """By hand, on an empty 4×4 board, to the top edge, which the first row touches.

    In the second row all cells but the last have two cells above them; the last has one, and has to
    wait for its left neighbour.
    """
    board = bitboard.make_board(4)
    planes = plain.add_two_distance((0,) * 6, board.edges[BLACK][0], 0, board.full, board)
    cost = [sum((planes[k] >> cell & 1) << k for k in range(6)) for cell in range(16)]
    assert cost[:8] == [0, 0, 0, 0, 1, 1, 1, 2]


def test_two_distance_passes_through_own_groups(plain):
    """By hand: what lies round a black group is as near as the two cells that the group touches."""
    board = bitboard.make_board(4)
    stones = sum(1 << cell for cell in (5, 9))  # b2, b3; the first row touches b2 at b1 and c1
    empty = board.full & ~stones
    planes = plain.add_two_distance((0,) * 6, board.edges[BLACK][0], stones, empty, board)
    cost = [sum((planes[k] >> cell & 1) << k for k in range(6)) for cell in range(16)]
    assert [cost[cell] for cell in (8, 10, 12, 13)] == [1, 1, 1, 1]  # a3, c3, a4, b4


@pytest.mark.parametrize("stones", [6, 9, 12])
def test_the_winner_still_wins_if_the_loser_is_given_all_outside_the_carrier(oracle, stones):
    size = 4
    full = 2 ** (size**2) - 1
    search, rng = new_search(must_play, size), np.random.default_rng(SEED)
    for _ in range(60):
        black, white = random_position(size, stones, rng)
        winner, carrier, _ = search(black, white, stones % 2)
        assert carrier & (black | white) == 0
        given = full & ~(black | white | carrier)
        if winner == BLACK:
            white |= given
        else:
            black |= given
        found = oracle("alpha_beta").winner(cells_of(black), cells_of(white), stones % 2, size)
        assert found == winner


@pytest.mark.skipif(not compiled.COMPILED, reason="numba is not in use")
def test_plain_python_does_what_numba_compiles(request):
    """The same winners, carriers and node counts."""
    rng = np.random.default_rng(SEED)
    positions = [(*random_position(5, stones, rng), stones % 2) for stones in range(2, 20)]
    expected = [new_search(must_play, 5)(*position) for position in positions]
    plain = request.getfixturevalue("plain")
    assert [new_search(plain, 5)(*position) for position in positions] == expected
