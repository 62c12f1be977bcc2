"""What searches remember of positions that are won, drawn or lost: a bound on either side."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from games.exact.compiled import helper, vector

UNKNOWN = 2
"""No value, -1 lost, 0 drawn, 1 won: the limit was met first."""

NODES, LIMIT = 0, 1  # entries of `work`: positions visited, and after how many to give up


class BoundsTable(NamedTuple):
    """What a search reads and writes beyond the position; a new position takes an old one's place.

    Keys are positive."""

    keys: Any  # int64 [entries], 0 where there is none
    bounds: Any  # int8 [entries]; 3 · (least + 1) + most + 1
    work: Any  # int64 [2]


def empty_table(entries: int) -> BoundsTable:
    """An empty table of so many positions."""
    keys = vector(np.zeros(entries, np.int64))
    return BoundsTable(keys, vector(np.zeros(entries, np.int8)), vector(np.zeros(2, np.int64)))


@helper
def known_bounds(key: int, table: BoundsTable) -> tuple[int, int]:
    """The least and the most that a position may be worth to its mover."""
    place = key % len(table.keys)
    if table.keys[place] != key:
        return -1, 1
    return table.bounds[place] // 3 - 1, table.bounds[place] % 3 - 1


@helper
def keep_value(
    key: int, value: int, alpha: int, beta: int, least: int, most: int, table: BoundsTable
) -> None:
    """What a search between alpha and beta has found, where `least` and `most` were known before:
    its value, or a bound where it lies beyond them."""
    if value > alpha:
        least = max(least, value)
    if value < beta:
        most = min(most, value)
    place = key % len(table.keys)
    table.keys[place] = key
    table.bounds[place] = 3 * (least + 1) + most + 1
