"""Laid out boards of every game: cells apart, inside the picture, in touch as the rules have it."""

from __future__ import annotations

import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import games
from games.connect_four import ConnectFour
from games.havannah import Havannah
from games.text.discs import winning_four
from games.text.notation import parse_moves, play
from games.text.shapes import winning_fork, winning_shape
from games.y import Y

BOARDS = [
    ("hex", 4), ("hex_swap", 3), ("y", 4), ("havannah", 3), ("connect_four", 45),
    ("breakthrough", 54),
]  # fmt: skip


@pytest.mark.parametrize(("name", "size"), BOARDS)
def test_every_cell_has_its_place(name, size):
    game = games.make(name, size)
    layout = games.find(name).pictures.layout(game)
    left, top, width, height = layout.box
    cells = {cell.number: cell for cell in layout.cells}
    assert len({cell.name for cell in layout.cells}) == len(cells)
    for cell in layout.cells:
        column, row = ord(cell.name[0]) - ord("a"), int(cell.name[1:]) - 1
        assert cell.number == row * game.shape[1] + column == row * layout.columns + column
        for dx, dy in layout.outline:
            x, y = cell.centre[0] + dx, cell.centre[1] + dy
            assert left <= x <= left + width
            assert top <= y <= top + height
    for first, second in itertools.combinations(layout.cells, 2):
        assert np.hypot(*np.subtract(first.centre, second.centre)) > 2 * layout.stone
    # Where actions are cells, the board has those that can be played; Y's triangle is half a grid.
    if game.fills_cells:
        assert set(np.flatnonzero(game.legal(game.init())).tolist()) == set(cells)
    assert {"a", "b"} <= {coordinate.text for coordinate in layout.coordinates}
    assert layout.by_column == (name == "connect_four")


@pytest.mark.parametrize(("name", "size"), BOARDS[:4])
def test_cells_that_touch_share_a_side(name, size):
    game: Any = games.make(name, size)
    layout = games.find(name).pictures.layout(game)
    corners = {
        cell.number: {
            (round(cell.centre[0] + x), round(cell.centre[1] + y)) for x, y in layout.outline
        }
        for cell in layout.cells
    }
    for first, second in itertools.combinations(corners, 2):
        touch = second in game.neighbours[first].tolist()
        assert (len(corners[first] & corners[second]) == 2) == touch


def test_four_discs_in_a_row_are_found_in_every_direction():
    """By hand, on 4×4, whose last row is d: along it, upright, and both ways aslant."""
    lines = {
        "a a b b c c d": "a4 b4 c4 d4",
        "a b a b a b a": "a1 a2 a3 a4",
        "a b b c c d c d d a d": "a4 b3 c2 d1",
        "d c c b b a b a a d a": "a1 b2 c3 d4",
    }
    game = ConnectFour(44)
    for moves, cells in lines.items():
        found = winning_four(game, play(game, moves))
        assert sorted(chr(97 + cell % 4) + str(cell // 4 + 1) for cell in found) == cells.split()
    assert winning_four(game, play(game, "a a b b c c")) == []


def test_the_four_in_a_row_lies_in_a_line_of_the_winner(random_games):
    record = random_games("connect_four", 67)
    game = ConnectFour(67)
    for b in range(0, record.actions.shape[1], 8):
        final = jax.tree.map(lambda leaf, b=b: jnp.asarray(leaf[-1, b]), record.states)
        found = winning_four(game, final)
        assert bool(found) == (int(final.winner) >= 0)
        assert {int(game.owners(final)[cell]) for cell in found} <= {int(final.winner)}
        steps = {second - first for first, second in itertools.pairwise(found)}
        assert steps <= {1, 6, 7, 8}
        assert len(steps) <= 1


def test_the_stones_that_join_three_sides_are_few_and_touch(random_games):
    """By hand on side 4: b2 joins a2, b1 and b3. Then in random games: all sides, each stone in
    touch with the next, and none to spare, since without any of them a side is left alone."""
    game = Y(4)
    fork = winning_fork(game, play(game, "b2 d1 a2 a4 b1 c1 b3"))
    assert sorted(set(fork)) == sorted(parse_moves("b1 a2 b2 b3", game))
    record = random_games("y", 5)
    game = Y(5)
    for b in range(0, record.actions.shape[1], 8):
        final = jax.tree.map(lambda leaf, b=b: jnp.asarray(leaf[-1, b]), record.states)
        fork, winner = winning_fork(game, final), int(final.winner)
        assert {int(game.owners(final)[cell]) for cell in fork} == {winner}
        assert all(game.edges[winner][side][fork].any() for side in range(3))
        for first, second in itertools.pairwise(fork):
            assert second in game.neighbours[first].tolist()
        for cell in set(fork):
            assert not joins_three_sides(game, set(fork) - {cell}, winner)
    assert winning_fork(game, game.init()) == []


def joins_three_sides(game: Y, stones: set[int], winner: int) -> bool:
    """Whether a group of touching stones touches all sides."""
    while stones:
        group = [stones.pop()]
        for cell in group:
            touching = stones & set(game.neighbours[cell].tolist())
            stones -= touching
            group.extend(touching)
        if all(game.edges[winner][side][group].any() for side in range(3)):
            return True
    return False


@pytest.mark.parametrize(
    ("moves", "shape"),
    [
        # Of side 3: c1 d1 e1 is the top, a corner at either end; its middle belongs to a side.
        ("c1 c3 e1 b4 d1", "c1 d1 e1"),
        # d1, b2 and e2 lie on three sides, in touch by c2 and d2.
        ("d1 a4 b2 c5 c2 c4 e2 b5 d2", "b2 c2 d1 d2 e2"),
        # Around c3, whose own stone it may be; by six stones.
        ("c2 a3 d2 a5 b3 c5 d3 e3 b4 e1 c4", "b3 b4 c2 c4 d2 d3"),
    ],
)
def test_what_has_won_havannah_is_found(moves, shape):
    game = Havannah(3)
    state = play(game, moves)
    assert int(state.winner) == 0
    found = winning_shape(game, state)
    assert sorted(set(found)) == sorted(parse_moves(shape, game))


def test_the_shape_of_random_games_is_of_the_winner_s_stones_each_touching_the_next(random_games):
    record = random_games("havannah", 4)
    game = Havannah(4)
    for b in range(0, record.actions.shape[1], 4):
        final = jax.tree.map(lambda leaf, b=b: jnp.asarray(leaf[-1, b]), record.states)
        found, winner = winning_shape(game, final), int(final.winner)
        assert bool(found) == (winner >= 0)
        assert {int(game.owners(final)[cell]) for cell in found} <= {winner}
        for first, second in itertools.pairwise(found):
            assert second in game.neighbours[first].tolist()
        # The stone that won is one of them, since without it the game went on.
        last = record.actions[record.terminal[:, b].argmax() - 1, b]
        assert winner < 0 or last in found


@pytest.mark.parametrize("name", [name for name, _ in BOARDS])
def test_every_game_is_explained(name):
    manual = games.find(name).manual
    assert all(len(text) > 40 for text in manual.paragraphs)
    assert all(manual.aims)
