"""What decided a game of Y or Havannah, for pictures: stones that join sides or corners, or a ring.

A shape is a walk over stones, each touching the next: from the first goal to the second, back to
where the way to the third leaves, and on to that; a ring once around, to its first stone again.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

import numpy as np

from games.havannah import CORNERS, Havannah
from games.hexagons import GroupState, HexagonGame
from games.y import Y

Ways = dict[int, list[int]]
"""By stone: a shortest way of stones from there to a goal, the stone itself first."""
Touching = dict[int, set[int]]
"""By stone: those of the same player that touch it."""


def winning_fork(game: Y, state: GroupState) -> list[int]:
    """The stones that join the three sides, as few as there are; none while the game goes on."""
    touching = _touching(game, state)
    return min(_joined(_ways_to_border(game, touching), 3), key=len, default=[])


def winning_shape(game: Havannah, state: GroupState) -> list[int]:
    """The stones of a bridge, a fork or a ring, as few as there are; none without a winner."""
    touching = _touching(game, state)
    ways = _ways_to_border(game, touching)
    shapes = [*_joined(ways[:CORNERS], 2), *_joined(ways[CORNERS:], 3)]
    return min(shapes or _rings(game, touching), key=len, default=[])


def _touching(game: HexagonGame, state: GroupState) -> Touching:
    """Of the winner's stones; nothing without a winner."""
    winner = int(state.winner)
    found = np.flatnonzero(np.asarray(game.owners(state)) == winner) if winner >= 0 else []
    stones = {int(cell) for cell in found}
    return {cell: stones & set(game.neighbours[cell].tolist()) for cell in stones}


def _ways_to_border(game: HexagonGame, touching: Touching) -> list[Ways]:
    """To each part of the border."""
    parts = []
    for part in range(game.marks):
        ways = {cell: [cell] for cell in touching if game.border[cell] >> part & 1}
        for cell in (queue := list(ways)):
            for neighbour in touching[cell] - ways.keys():
                ways[neighbour] = [neighbour, *ways[cell]]
                queue.append(neighbour)
        parts.append(ways)
    return parts


def _joined(goals: Sequence[Ways], count: int) -> Iterable[list[int]]:
    """The shortest shape for each choice of so many goals that one group of stones joins."""
    for chosen in itertools.combinations(goals, count):
        if common := set.intersection(*(set(ways) for ways in chosen)):
            middle = min(common, key=lambda cell: sum(len(ways[cell]) for ways in chosen))
            first, *others = (ways[middle] for ways in chosen)
            shape = first[::-1]
            for k, other in enumerate(others):
                shape += [*(others[k - 1][-2::-1] if k else []), *other[1:]]
            yield shape


def _rings(game: Havannah, touching: Touching) -> Iterable[list[int]]:
    """The shortest ring around each cell that has one.

    It crosses a ray from the cell to the rim an odd number of times, and is found by breadth first
    search over (stone, whether the crossings so far are odd).
    """
    columns = game.shape[1]
    for inside in np.flatnonzero(game.on_board).tolist():
        row = inside // columns
        ray = [cell for cell in range(inside + 1, (row + 1) * columns) if cell in touching]
        for begin in ray:
            ways = {(begin, False): [begin]}
            for cell, odd in (queue := list(ways)):
                for neighbour in touching[cell] - {inside}:
                    # Across the ray is from its row to the one above, or back.
                    across = (cell in ray and neighbour // columns == row - 1) or (
                        neighbour in ray and cell // columns == row - 1
                    )
                    reached = neighbour, odd != across
                    if reached not in ways:
                        ways[reached] = [*ways[cell, odd], neighbour]
                        queue.append(reached)
            if (begin, True) in ways:
                yield ways[begin, True]
