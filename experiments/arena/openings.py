"""Openings: every pair of players meets the same ones with both colours, and none twice early.

All openings of a length (different cells) are numbered. A pair starts anywhere among them, where
its names say, and strides on, so that it meets none twice before it has met them all.
"""

from __future__ import annotations

import math

import numpy as np

from games.protocol import Game


def count_openings(game: Game, plies: int) -> int:
    """How many different openings of so many plies there are."""
    return math.perm(game.num_actions, plies)


def draw_openings(
    game: Game, plies: int, starts: np.ndarray, turns: np.ndarray, openings: int
) -> np.ndarray:
    """The next openings of M pairs: actions [M, openings, plies].

    Args:
        game: the rules.
        plies: length of an opening.
        starts: any number for each pair [M]; it says where it begins.
        turns: openings that each pair has met already [M].
        openings: how many more each pair meets.
    """
    count = count_openings(game, plies)
    turn = turns[:, None] + np.arange(openings)
    number = (starts[:, None] % count + turn % count * _stride(count)) % count
    return _nth_opening(number, game.num_actions, plies)


def _stride(count: int) -> int:
    """A step that visits all of `count` openings, the next one far from the last."""
    step = max(1, round(count * 0.618))
    while math.gcd(step, count) != 1:
        step += 1
    return step


def _nth_opening(number: np.ndarray, cells: int, plies: int) -> np.ndarray:
    """The number-th sequence of `plies` different cells: [...] → [..., plies]."""
    opening = np.zeros((*number.shape, plies), np.int64)
    for k in range(plies):
        number, choice = np.divmod(number, cells - k)
        # Skip the cells that earlier moves have taken.
        for taken in np.moveaxis(np.sort(opening[..., :k], axis=-1), -1, 0):
            choice += choice >= taken
        opening[..., k] = choice
    return opening
