"""Openings of games that do and do not simply fill their cells."""

from __future__ import annotations

import itertools

import jax.numpy as jnp
import numpy as np
import pytest

from experiments.arena.meeting import MeetingConfig
from experiments.arena.openings import count_openings, draw_openings
from games.hex import Hex
from tests.toys.drop import Drop


def legal_lines(game, plies: int) -> set[tuple[int, ...]]:
    """All legal openings, by trying every sequence of actions."""

    def is_legal(line: tuple[int, ...]) -> bool:
        state = game.init()
        for action in line:
            if not game.legal(state)[action]:
                return False
            state = game.step(state, jnp.int32(action))
        return True

    return set(filter(is_legal, itertools.product(range(game.num_actions), repeat=plies)))


@pytest.mark.parametrize(("game", "plies"), [(Hex(2), 2), (Hex(3), 2), (Drop(3), 3), (Drop(3), 4)])
def test_a_pair_meets_every_legal_opening_once_before_any_twice(game, plies):
    wanted = legal_lines(game, plies) if plies < 4 else None
    count = count_openings(game, plies)
    starts, turns = np.array([12345, 9]), np.array([0, 17])
    for lines in draw_openings(game, plies, starts, turns, count).tolist():
        met = {tuple(line) for line in lines}
        assert len(met) == count
        assert wanted is None or met == wanted


def test_a_full_column_takes_no_fourth_stone():
    assert count_openings(Drop(3), 4) == 7**4 - 7  # three rows: the fourth stone does not fit


def test_openings_that_could_end_a_game_are_refused():
    MeetingConfig(opening_plies=2).check(Hex(2))
    with pytest.raises(ValueError, match="opening_plies: 3 can end a game"):
        MeetingConfig(opening_plies=3).check(Hex(2))
    MeetingConfig(opening_plies=4).check(Drop(3))
