"""The fixed sets: drawn as described, judged rightly, the same files again."""

from __future__ import annotations

import collections
import dataclasses

import jax
import numpy as np
import pytest

import games
from games.batches import padded, states_before
from games.exact import positions
from games.exact.compiled import COMPILED
from games.exact.positions import (
    MOST_MOVES,
    RECIPES,
    SetPlan,
    draw_positions,
    fixed_positions,
)
from games.exact.registry import solve_position
from games.hex import Hex
from games.text.notation import play


@pytest.mark.parametrize("size", [3, 4])
def test_the_files_are_what_the_recipe_draws(size):
    shipped, drawn = fixed_positions(Hex(size)), draw_positions(Hex(size), RECIPES[size]).positions
    assert drawn.moves == shipped.moves
    np.testing.assert_array_equal(drawn.winning, shipped.winning)
    assert drawn.digest == shipped.digest


@pytest.mark.parametrize("size", RECIPES)
def test_sets_are_stratified_and_no_position_comes_twice(size):
    shipped, cells = fixed_positions(Hex(size)), size**2
    counts = shipped.winning.sum(1)
    won = counts > 0
    assert 100 < won.sum() < len(won) < 600 if size < 7 else won.sum() >= 1000
    assert abs(won.sum() - (~won).sum()) < 0.15 * len(won)
    plies = [len(moves) for moves in shipped.moves]
    strata = collections.Counter(zip(plies, np.searchsorted(MOST_MOVES, counts), strict=True))
    each = RECIPES[size].each
    assert all(strata[key] <= (each if key[1] else 4 * each) for key in strata)
    middle = range(cells // 3, 3 * cells // 5) if size > 3 else []  # 3×3 has too few positions
    assert all(strata[ply, kind] == each for ply in middle for kind in (1, 2, 3, 4))
    stones = {
        min((black, white), (rotated(black, cells), rotated(white, cells)))
        for black, white in (
            (tuple(sorted(moves[::2])), tuple(sorted(moves[1::2]))) for moves in shipped.moves
        )
    }
    assert len(stones) == len(shipped.moves)


def rotated(stones: tuple[int, ...], cells: int) -> tuple[int, ...]:
    return tuple(sorted(cells - 1 - cell for cell in stones))


@pytest.mark.parametrize("size", RECIPES)
def test_every_position_is_open_and_has_a_move_to_get_wrong(size):
    shipped = fixed_positions(Hex(size))
    legal = jax.vmap(Hex(size).legal)(shipped.states)
    assert np.all(shipped.winning <= legal)
    assert np.all(legal.any(1))
    assert np.all(shipped.winning.sum(1) < legal.sum(1))


@pytest.mark.parametrize(
    ("size", "stones", "sample"),
    [
        pytest.param(5, 0, 60, marks=pytest.mark.skipif(not COMPILED, reason="half a minute")),
        (5, 12, 20),
        (6, 18, 20),
        pytest.param(7, 14, 40, marks=pytest.mark.skipif(not COMPILED, reason="minutes")),
        (7, 30, 20),
    ],
)
def test_winning_moves_are_those_of_the_solver(size, stones, sample):
    shipped = fixed_positions(Hex(size))
    chosen = [k for k, moves in enumerate(shipped.moves) if len(moves) >= stones]
    for k in chosen[:: len(chosen) // sample]:
        expected = tuple(np.flatnonzero(shipped.winning[k]))
        assert solve_position(Hex(size), shipped.moves[k]).winning_moves == expected


def test_too_hard_positions_are_passed_over_and_counted():
    """What is shown in a hurry is proven all the same."""
    recipe = SetPlan(each=2, first_ply=15, draws=60, last_ply=16)
    anyhow = draw_positions(Hex(5), recipe)
    assert {too_hard for too_hard, _ in anyhow.too_hard.values()} == {0}
    hurried = draw_positions(Hex(5), dataclasses.replace(recipe, max_nodes=4))
    assert list(hurried.too_hard) == [15, 16]
    assert all(0 < too_hard < asked <= 60 for too_hard, asked in hurried.too_hard.values())
    for line, winning in zip(hurried.positions.moves, hurried.positions.winning, strict=True):
        expected = tuple(np.flatnonzero(winning))
        assert solve_position(Hex(5), line).winning_moves == expected


def test_states_are_those_of_the_moves():
    lines = [[4, 0, 1, 2, 7], [], [8]]
    before = states_before(Hex(3), padded(Hex(3), lines))
    for ply in range(10):
        for game, moves in enumerate(lines):
            expected = play(Hex(3), moves[:ply])
            for found, leaf in zip(before, expected, strict=True):
                np.testing.assert_array_equal(found[ply, game], leaf)


def test_the_digest_knows_positions_and_answers():
    shipped = fixed_positions(Hex(3))
    wrong = shipped.winning.copy()
    wrong[0, 0] ^= True
    others = [
        dataclasses.replace(shipped, winning=wrong),
        dataclasses.replace(shipped, moves=[*shipped.moves[:-1], shipped.moves[-2]]),
    ]
    assert len({shipped.digest, *(other.digest for other in others)}) == 3


def test_boards_without_a_set_are_refused_by_name():
    with pytest.raises(games.InputError, match="3×3 to 7×7, not for size 8"):
        positions.fixed_positions(Hex(8))
