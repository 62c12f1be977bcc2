"""The search's parts: fill-in against its definition, carriers against their meaning."""

from __future__ import annotations

import importlib
import itertools
import sys
from types import ModuleType

import numpy as np
import pytest

import games.exact
from games.exact import bitboard, compiled, must_play
from games.hex import BLACK, WHITE, Hex

SEED = 2006


PARTS = ("bitboard", "fill_in", "move_order", "connections", "proofs", "must_play")


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> dict[str, ModuleType]:
    """The parts of the search as plain Python, also where numba is installed."""
    monkeypatch.setattr(compiled, "COMPILED", False)
    for part in PARTS:  # their compiled selves are put back at the end
        monkeypatch.setattr(games.exact, part, importlib.import_module(f"games.exact.{part}"))
        monkeypatch.delitem(sys.modules, f"games.exact.{part}")
    return {part: importlib.import_module(f"games.exact.{part}") for part in PARTS}


def new_search(module: ModuleType, size: int, memory_mb: float = 0.5):
    """`search` with a memory of its own: → winner, carrier, nodes."""
    board, memory = bitboard.make_board(size), module.make_memory(size**2, memory_mb)

    def search(black: int, white: int, mover: int) -> tuple[int, int, int]:
        memory.work[must_play.NODES], memory.work[must_play.LIMIT] = 0, 10**7
        winner, carrier = module.search(black, white, mover, board, memory)
        return winner, carrier, int(memory.work[must_play.NODES])

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
        black, white = (
            plain["fill_in"].ring(stones[p], board.beyond[p], board) for p in (BLACK, WHITE)
        )
        dead = any(
            black[k] & plain["fill_in"].killed(black, white, k) & 1 << centre
            or white[k] & plain["fill_in"].killed(white, black, k) & 1 << centre
            for k in range(6)
        )
        assert dead == (not can_matter(ring, BLACK)) == (not can_matter(ring, WHITE)), ring


def test_a_ring_holds_the_neighbours_of_the_rules(plain):
    """Neighbour k of every cell, against `Hex.neighbours`, whose six have another order."""
    size = 5
    board, neighbours = bitboard.make_board(size), Hex(size).neighbours
    for stone in range(size**2):
        ring = plain["fill_in"].ring(1 << stone, (0,) * 6, board)
        for cell, k in itertools.product(range(size**2), range(6)):
            assert bool(ring[k] >> cell & 1) == (neighbours[cell, (0, 1, 3, 5, 4, 2)[k]] == stone)


def test_two_distance_counts_the_second_best_way(plain):
    """By hand, on an empty 4×4 board, to the top edge, which the first row touches.

    In the second row all cells but the last have two cells above them; the last has one, and has to
    wait for its left neighbour.
    """
    board = bitboard.make_board(4)
    planes = plain["move_order"].add_two_distance(
        (0,) * 6, board.edges[BLACK][0], 0, board.full, board
    )
    cost = [sum((planes[k] >> cell & 1) << k for k in range(6)) for cell in range(16)]
    assert cost[:8] == [0, 0, 0, 0, 1, 1, 1, 2]


def test_two_distance_passes_through_own_groups(plain):
    """By hand: what lies round a black group is as near as the two cells that the group touches."""
    board = bitboard.make_board(4)
    stones = sum(1 << cell for cell in (5, 9))  # b2, b3; the first row touches b2 at b1 and c1
    empty = board.full & ~stones
    planes = plain["move_order"].add_two_distance(
        (0,) * 6, board.edges[BLACK][0], stones, empty, board
    )
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


@pytest.mark.parametrize(("size", "stones"), [(4, 4), (4, 8), (5, 14)])
def test_connected_edges_and_threats_against_their_meaning(oracle, plain, size, stones):
    """The opponent, given every cell outside the carrier, still loses: by any first move where the
    edges are connected, and by those outside the region where the player only threatens."""
    board, rng = bitboard.make_board(size), np.random.default_rng(SEED)
    memory, met = plain["must_play"].make_memory(size**2, 0.01), set()
    for _ in range(60):
        black, white = random_position(size, stones, rng)
        winner, near = plain["must_play"].contacts(black, white, board)
        for player, first in itertools.product((BLACK, WHITE), (False, True)):
            mine, theirs = (black, white) if player == BLACK else (white, black)
            if winner != must_play.UNKNOWN:
                continue
            joined, carrier, region = plain["connections"].edges_joined(
                mine, theirs, near[2 * player : 2 * player + 2], first, board, memory.connections
            )
            empty = board.full & ~(mine | theirs)
            assert (carrier | region) & ~empty == 0
            outside = empty & ~carrier
            if joined:
                given = [(theirs | outside, player if first else 1 - player)]
            elif first:
                continue
            else:  # every move of the opponent's outside the region, all other cells given too
                given = [(theirs | outside | move, player) for move in bits_of(empty & ~region)]
            for opponent, to_move in given:
                sides = (mine, opponent) if player == BLACK else (opponent, mine)
                found = oracle("alpha_beta").winner(*map(cells_of, sides), to_move, size)
                assert found == player
            met.add((joined, first, bool(given)))
    assert met >= {(True, False, True), (True, True, True), (False, False, True)}


def bits_of(cells: int) -> list[int]:
    return [1 << cell for cell in cells_of(cells)]


@pytest.mark.skipif(not compiled.COMPILED, reason="numba is not in use")
def test_plain_python_does_what_numba_compiles(request):
    """The same winners, carriers and node counts."""
    rng = np.random.default_rng(SEED)
    positions = [(*random_position(5, stones, rng), stones % 2) for stones in range(2, 20)]
    expected = [new_search(must_play, 5)(*position) for position in positions]
    plain = request.getfixturevalue("plain")
    assert [new_search(plain["must_play"], 5)(*position) for position in positions] == expected
