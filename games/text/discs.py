"""What decided a game of Connect Four, for pictures."""

from __future__ import annotations

import numpy as np

from games.connect_four import IN_A_ROW, ConnectFour
from games.squares import RowState

DIRECTIONS = ((0, 1), (1, 0), (1, 1), (1, -1))  # rows, columns


def winning_four(game: ConnectFour, state: RowState) -> list[int]:
    """The cells of a four in a row of the winner, from one end to the other; none without one."""
    rows, columns = game.shape
    winner = int(state.winner)
    if winner < 0:
        return []
    owners = np.asarray(game.owners(state))
    for start in np.flatnonzero(owners == winner).tolist():
        row, column = divmod(start, columns)
        for down, right in DIRECTIONS:
            line = [(row + k * down, column + k * right) for k in range(IN_A_ROW)]
            if not all(0 <= r < rows and 0 <= c < columns for r, c in line):
                continue
            cells = [r * columns + c for r, c in line]
            if (owners[cells] == winner).all():
                return cells
    raise AssertionError("the winner has no four in a row")
