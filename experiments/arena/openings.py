"""Openings: every pair of players meets the same ones with both colours, and none twice early.

All openings of a length are numbered: the legal moves of each ply in their order. A pair starts
anywhere among them, where its names say, and strides on, so that it meets none twice before it has
met them all.
"""

from __future__ import annotations

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np

from games.protocol import Game

MOST_LISTED = 100_000  # openings of a game that does not simply fill its cells


def count_openings(game: Game, plies: int) -> int:
    """How many different openings of so many plies there are."""
    return math.perm(game.num_actions, plies) if game.fills_cells else len(_listed(game, plies))


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
    if game.fills_cells:
        return _nth_filling(number, game.num_actions, plies)
    return _listed(game, plies)[number]


def _stride(count: int) -> int:
    """A step that visits all of `count` openings, the next one far from the last."""
    step = max(1, round(count * 0.618))
    while math.gcd(step, count) != 1:
        step += 1
    return step


def _nth_filling(number: np.ndarray, cells: int, plies: int) -> np.ndarray:
    """The number-th sequence of `plies` different cells: [...] → [..., plies]."""
    opening = np.zeros((*number.shape, plies), np.int64)
    for k in range(plies):
        number, choice = np.divmod(number, cells - k)
        # Skip the cells that earlier moves have taken.
        for taken in np.moveaxis(np.sort(opening[..., :k], axis=-1), -1, 0):
            choice += choice >= taken
        opening[..., k] = choice
    return opening


@functools.lru_cache(maxsize=16)
def _listed(game: Game, plies: int) -> np.ndarray:
    """Every legal sequence of `plies` moves from the start, [K, plies]; of a game with more than
    `MOST_LISTED` of them, an even choice."""
    states = jax.tree.map(lambda leaf: jnp.asarray(leaf)[None], game.init())
    lines = np.zeros((1, 0), np.int64)
    for _ in range(plies):
        if len(lines) > MOST_LISTED:
            kept = np.linspace(0, len(lines) - 1, MOST_LISTED).round().astype(int)
            lines, states = lines[kept], jax.tree.map(lambda leaf: leaf[kept], states)  # noqa: B023
        line, action = np.nonzero(np.asarray(jax.vmap(game.legal)(states)))
        lines = np.concatenate([lines[line], action[:, None]], axis=1)
        before = jax.tree.map(lambda leaf: leaf[line], states)  # noqa: B023
        states = jax.vmap(game.step)(before, jnp.asarray(action, jnp.int32))
    return lines
