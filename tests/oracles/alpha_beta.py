"""Alpha-beta for Hex in plain Python, with nothing but the rules.

Player 0 joins the first and last row, player 1 the first and last column. A position is worth 1 or
-1, so the first winning move closes the window and alpha-beta is "some move of mine refutes you".
"""

from __future__ import annotations

import functools

DIRECTIONS = ((0, 1), (0, -1), (1, 0), (-1, 0), (1, -1), (-1, 1))  # in rows and columns

Stones = frozenset[tuple[int, int]]


def joins(stones: Stones, player: int, size: int) -> bool:
    """Whether the stones link the player's two sides: depth first from the first one."""
    frontier = [cell for cell in stones if cell[player] == 0]
    seen = set(frontier)
    while frontier:
        row, column = cell = frontier.pop()
        if cell[player] == size - 1:
            return True
        for down, right in DIRECTIONS:
            other = (row + down, column + right)
            if other in stones and other not in seen:
                seen.add(other)
                frontier.append(other)
    return False


@functools.cache
def mover_wins(mine: Stones, theirs: Stones, mover: int, size: int) -> bool:
    """Whether the side to move wins, the game being undecided before its move."""
    for move in empty_cells(mine | theirs, size):
        after = mine | {move}
        if joins(after, mover, size) or not mover_wins(theirs, after, 1 - mover, size):
            return True
    return False


def empty_cells(stones: Stones, size: int) -> list[tuple[int, int]]:
    return [(r, c) for r in range(size) for c in range(size) if (r, c) not in stones]


def winner(black: set[int], white: set[int], to_move: int, size: int) -> int:
    """The winner under perfect play of a position given by cell numbers `row * size + column`."""
    stones = [frozenset(divmod(cell, size) for cell in cells) for cells in (black, white)]
    for player in (0, 1):
        if joins(stones[player], player, size):
            return player
    wins = mover_wins(stones[to_move], stones[1 - to_move], to_move, size)
    return to_move if wins else 1 - to_move


def winning_moves(black: set[int], white: set[int], to_move: int, size: int) -> list[int]:
    """Every winning move of the side to move, in order; the game must be undecided."""
    moves = []
    for cell in sorted(set(range(size * size)) - black - white):
        stones = [set(black), set(white)]
        stones[to_move].add(cell)
        if winner(stones[0], stones[1], 1 - to_move, size) == to_move:
            moves.append(cell)
    return moves
