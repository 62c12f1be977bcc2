"""Groups of stones on a hexagonal grid that remember what they touch, for games decided by it.

A stone carries the label of its group: the player's base, plus a number that no other group has,
plus one bit for each part of the border (a side, a corner) that the group touches. Placing a stone
reads its six neighbours and renames the groups it joins in one pass, as in `games.hex`, where two
edges suffice and groups at an edge count as one.
"""

import dataclasses

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int, Int8, Int32, Shaped

from games.protocol import HEXAGONAL

NEIGHBOUR_OFFSETS = HEXAGONAL[1:]

Labels = Shaped[Array, "cells"]


@dataclasses.dataclass(frozen=True)
class Groups:
    """Labels on a grid of some cells.

    Args:
        cells: how many cells the grid has.
        marks: how many parts of the border there are.
    """

    cells: int
    marks: int

    @property
    def white_base(self) -> int:
        """White's labels start here, black's at 0; a power of two."""
        return 1 << ((self.cells + 1) << self.marks).bit_length()

    @property
    def dtype(self) -> type:
        """Of labels: unsigned, so that what is not the mover's wraps past all that are."""
        return np.uint16 if 2 * self.white_base <= 1 << 16 else np.uint32

    def empty(self) -> Labels:
        """No stones: label 0 everywhere."""
        return jnp.zeros(self.cells, self.dtype)

    def place(
        self,
        labels: Labels,
        player: Int8[Array, ""],
        cell: Int[Array, ""],
        around: Int32[np.ndarray, "cells 6"],
        marks: Shaped[np.ndarray, "cells"],
    ) -> tuple[Labels, Shaped[Array, ""]]:
        """Labels after `player` has put a stone on `cell`, and what its group touches then.

        Args:
            labels: before; what lies on the cell is not looked at.
            player: 0 or 1.
            cell: where.
            around: the neighbours of each cell, filled up with the number of cells.
            marks: what each cell touches, one bit a part of the border.
        """
        dtype = labels.dtype
        base = player.astype(dtype) * self.white_base
        beside = labels.at[jnp.asarray(around)[cell]].get(mode="fill", fill_value=0)  # [6]
        relative = beside - base
        mine = (relative > 0) & (relative < self.white_base)
        touched = jnp.where(mine, relative & ((1 << self.marks) - 1), 0)
        touches = jnp.asarray(marks, dtype)[cell]
        for k in range(len(NEIGHBOUR_OFFSETS)):
            touches |= touched[k]
        label = base + ((cell.astype(dtype) + 1) << self.marks) + touches
        joined = jnp.where(mine, beside, jnp.asarray(jnp.iinfo(dtype).max, dtype))
        renamed = jnp.arange(self.cells) == cell
        for k in range(len(NEIGHBOUR_OFFSETS)):
            renamed |= labels == joined[k]
        return jnp.where(renamed, label, labels), touches

    def owners(self, labels: Labels) -> Int8[Array, "cells"]:
        """Whose stone lies on each cell: 0, 1, or -1."""
        white = (labels > self.white_base).astype(jnp.int8)
        return white - (labels == 0).astype(jnp.int8)


def cells_around(on_board: Bool[np.ndarray, "R C"]) -> Int32[np.ndarray, "cells 6"]:
    """The cells around each cell of a board that is a part of a grid, filled up with R·C.

    In the order of `NEIGHBOUR_OFFSETS`.
    """
    rows, columns = on_board.shape
    table = np.full((rows, columns, len(NEIGHBOUR_OFFSETS)), rows * columns, np.int32)
    for row, column in zip(*np.nonzero(on_board), strict=True):
        for k, (down, right) in enumerate(NEIGHBOUR_OFFSETS):
            r, c = row + down, column + right
            if 0 <= r < rows and 0 <= c < columns and on_board[r, c]:
                table[row, column, k] = r * columns + c
    return table.reshape(-1, len(NEIGHBOUR_OFFSETS))
