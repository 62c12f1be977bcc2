"""Dead and captured cells: what can be filled in without a change of the winner.

From R. Hayward, J. van Rijswijck, "Hex and combinatorics", Discrete Mathematics 306, 2006. The
search sees fewer empty cells, and more positions become one.
"""

from __future__ import annotations

from games.exact.bitboard import Board
from games.exact.compiled import helper
from games.hex import BLACK, WHITE

# Neighbours k = 0 … 5 of a cell, round it: (-1, 0), (-1, 1), (0, 1), (1, 0), (1, -1), (0, -1).


@helper
def ring(stones: int, beyond: tuple[int, ...], board: Board) -> tuple[int, ...]:
    """[k] → cells whose neighbour k mod 6 is the player's: a stone, or off the edge; k < 11."""
    size = board.size
    a = (stones << size) & board.full | beyond[0]
    b = (stones << (size - 1)) & board.not_last | beyond[1]
    c = (stones >> 1) & board.not_last | beyond[2]
    d = (stones >> size) | beyond[3]
    e = (stones >> (size - 1)) & board.not_first | beyond[4]
    f = (stones << 1) & board.not_first | beyond[5]
    return (a, b, c, d, e, f, a, b, c, d, e)


@helper
def killed(mine: tuple[int, ...], theirs: tuple[int, ...], k: int) -> int:
    """Cells that are dead if their neighbour k is mine, given both players' rings.

    A cell is dead if no stones around it could ever make it matter: around it lie four stones of
    one colour in a row; or three, and one of the other colour opposite the middle one; or two of
    one colour and, opposite them, two of the other. `tests/games/exact` derives these three
    patterns from the definition. The terms below are all of them that hold neighbour k.
    """
    m1, m2, m3, m4, m5 = mine[k + 1], mine[k + 2], mine[k + 3], mine[k + 4], mine[k + 5]
    t2, t3, t4 = theirs[k + 2], theirs[k + 3], theirs[k + 4]
    return (
        m1 & m2 & (m3 | m5 | t4)
        | m4 & m5 & (m1 | m3 | t2)
        | m1 & m5 & t3
        | t3 & (t2 & t4 | m1 & t4 | m5 & t2)
    )


@helper
def captured(mine: tuple[int, ...], theirs: tuple[int, ...], empty: int, board: Board) -> int:
    """Pairs of neighbouring empty cells that are mine already.

    Wherever the opponent plays in such a pair, my stone in the other cell kills theirs.
    """
    size = board.size
    # `low` are cells dead with my stone above them, over which lies a cell dead with mine below it;
    # `low_left` and `left` are the same for the pairs along the board's other two lines.
    up = killed(mine, theirs, 3) & empty
    low = killed(mine, theirs, 0) & empty & (up << size)
    up_right = killed(mine, theirs, 4) & empty & board.not_first
    low_left = killed(mine, theirs, 1) & empty & (up_right << (size - 1))
    right = killed(mine, theirs, 5) & empty & board.not_first
    left = killed(mine, theirs, 2) & empty & (right >> 1)
    return low | (low >> size) | low_left | (low_left >> (size - 1)) | left | (left << 1)


@helper
def fill_in(black: int, white: int, board: Board) -> tuple[int, int, int, int]:
    """The position with its dead and captured cells filled, and what black and white captured.

    Dead cells become black, which is as good as white. A proof on the filled board is a proof on
    the given one if the winner's captured cells are added to its carrier; dead ones are not needed.
    """
    black_captured, white_captured = 0, 0
    while True:
        empty = board.full & ~(black | white)
        black_ring = ring(black, board.beyond[BLACK], board)
        white_ring = ring(white, board.beyond[WHITE], board)
        dead = 0
        for k in range(6):
            dead |= black_ring[k] & killed(black_ring, white_ring, k)
            dead |= white_ring[k] & killed(white_ring, black_ring, k)
        dead &= empty
        new_black = captured(black_ring, white_ring, empty & ~dead, board)
        new_white = captured(white_ring, black_ring, empty & ~(dead | new_black), board)
        if dead | new_black | new_white == 0:
            return black, white, black_captured, white_captured
        black |= dead | new_black
        white |= new_white
        black_captured |= new_black
        white_captured |= new_white
