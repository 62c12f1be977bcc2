"""Who wins a Hex position, and a set of cells that proves it: must-play search on bitboards.

A position is two integers, black's and white's stones; bit `row * S + column` is a cell. `search`
returns the winner and the *carrier* of the proof: empty cells such that the winner still wins if
the loser is given every other empty cell. Three ideas keep the tree small:

- Must-play (Hayward et al., "Solving 7×7 Hex", Advances in Computer Games 10, 2003): if my move
  fails, only moves inside the carrier of that failure can do better, for outside it the
  opponent's proof goes through unchanged.
- Fill-in of dead and captured cells (Hayward, van Rijswijck, "Hex and combinatorics", Discrete
  Mathematics 306, 2006): neither changes the winner, and the search sees fewer empty cells.
- Moves in order of two-distance (van Rijswijck, "Search and evaluation in Hex", 2002), a cell's
  distance to an edge when the opponent may always block the better of two ways.

Everything that is compiled lives in this one file, because numba's cache on disk notices a change
only in the file of the function that it stores. Integers stay below 2⁶³, so that Python's and
numba's arithmetic agree; this is what limits the board to 7×7.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from games.exact.bitboard import Board
from games.exact.compiled import entry, helper, vector
from games.hex import BLACK, WHITE

UNKNOWN = -1

NODES, LIMIT = 0, 1  # entries of `work`: positions visited, and after how many to give up

BUCKET = 4  # slots in which a position may lie
BYTES_PER_SLOT = 24
LARGE_PRIME = 2**31 - 1  # hashing multiplies two numbers below it


# ----- bitboards ---------------------------------------------------------------------------------


@helper
def lowest(cells: int) -> int:
    """One of the cells."""
    return cells & -cells


@helper
def neighbours(cells: int, board: Board) -> int:
    """Cells next to at least one of `cells`."""
    size = board.size
    left, right = cells & board.not_first, cells & board.not_last
    return (
        (cells << size)
        | (left << (size - 1))
        | (right << 1)
        | (left >> 1)
        | (right >> (size - 1))
        | (cells >> size)
    ) & board.full


@helper
def once_and_twice(cells: int, board: Board) -> tuple[int, int]:
    """Cells next to at least one, and to at least two, of `cells`."""
    size = board.size
    left, right = cells & board.not_first, cells & board.not_last
    once, twice = cells << size, 0
    for shifted in (left << (size - 1), right << 1, left >> 1, right >> (size - 1), cells >> size):
        twice |= once & shifted
        once |= shifted
    return once & board.full, twice & board.full


@helper
def grow(group: int, stones: int, board: Board) -> int:
    """`group` with all stones joined to it."""
    while True:
        grown = group | neighbours(group, board) & stones
        if grown == group:
            return group
        group = grown


@helper
def rotate(cells: int, board: Board) -> int:
    """The cells turned by 180°: their bits read backwards."""
    rotated = 0
    row = (1 << board.size) - 1
    for _ in range(board.size):
        rotated = (rotated << board.size) | board.mirrored_row[cells & row]
        cells >>= board.size
    return rotated


# ----- dead and captured cells -------------------------------------------------------------------
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


# ----- the order of moves ------------------------------------------------------------------------
# A cell's cost is the sum of its two-distances to all four edges. Costs are held bit-sliced: plane
# j is the set of cells in whose cost bit j is set, so all cells are counted at once.

Planes = tuple[int, int, int, int, int, int]


@helper
def increment(planes: Planes, cells: int) -> Planes:
    """Add 1 to the cost of `cells`; a cost stops being exact at 64."""
    a, b, c, d, e, f = planes
    carry = cells
    a, carry = a ^ carry, a & carry
    b, carry = b ^ carry, b & carry
    c, carry = c ^ carry, c & carry
    d, carry = d ^ carry, d & carry
    e, carry = e ^ carry, e & carry
    return (a, b, c, d, e, f | carry)


@helper
def add_two_distance(planes: Planes, near: int, mine: int, empty: int, board: Board) -> Planes:
    """Add to every empty cell's cost its two-distance to the edge that `near` touches.

    A cell is at distance n + 1 if at least two cells at distance n or less are next to it, directly
    or through a group of my stones.
    """
    reached = near
    while True:
        planes = increment(planes, empty & ~reached)
        once, twice = once_and_twice(reached, board)
        if once & mine:
            # A group that two reached cells touch brings both of them to every cell around it.
            through_group = 0
            if twice & mine:
                through_group = neighbours(grow(twice & mine, mine, board), board)
            joined = reached | grow(once & mine, mine, board)
            twice = once_and_twice(joined, board)[1] | through_group
        new = twice & empty & ~reached
        if new == 0:
            return planes
        reached |= new


@helper
def cheapest(planes: Planes, moves: int, board: Board) -> int:
    """The move of least cost among `moves`, the most central of equals."""
    a, b, c, d, e, f = planes
    x, y, z = board.centrality
    for plane in (f, e, d, c, b, a, z, y, x):
        if moves & ~plane:
            moves &= ~plane
    return lowest(moves)


# ----- the transposition table -------------------------------------------------------------------
# A slot holds (black and the side to move, white, proof). A proof is the carrier, then two bits for
# the winner + 1, then the effort: the binary length of the nodes it cost. 0 marks a free slot.


def make_table(memory_mb: float) -> Any:
    """An empty transposition table [slots, 3] of at most `memory_mb` · 10⁶ bytes."""
    buckets = max(1, int(memory_mb * 1e6) // (BYTES_PER_SLOT * BUCKET))
    return vector(np.zeros((buckets * BUCKET, 3), np.int64))


@helper
def make_key(black: int, white: int, mover: int, board: Board) -> tuple[bool, int, int]:
    """The key that a position shares with its 180° twin, after whether the twin's was taken."""
    twin_black, twin_white = rotate(black, board), rotate(white, board)
    turned = (twin_black, twin_white) < (black, white)
    if turned:
        black, white = twin_black, twin_white
    return turned, black | (mover << board.cells), white


@helper
def first_slot(black: int, white: int, slots: int) -> int:
    """Where the bucket of a key begins."""
    mixed = (black % LARGE_PRIME) * 1103515245 + (white % LARGE_PRIME) * 1597334677
    return mixed % LARGE_PRIME % (slots // BUCKET) * BUCKET


@helper
def recall(table: Any, black: int, white: int) -> int:
    """The proof stored under a key, or 0."""
    start = first_slot(black, white, len(table))
    for slot in range(start, start + BUCKET):
        if table[slot, 0] == black and table[slot, 1] == white:
            return table[slot, 2]
    return 0


@helper
def remember(table: Any, black: int, white: int, proof: int, nodes: int, board: Board) -> None:
    """Store a proof that cost `nodes` over the one in its bucket that cost least."""
    effort_bit = board.cells + 2
    start = first_slot(black, white, len(table))
    slot = start
    for other in range(start + 1, start + BUCKET):
        if table[other, 2] >> effort_bit < table[slot, 2] >> effort_bit:
            slot = other
    while nodes:
        proof += 1 << effort_bit
        nodes >>= 1
    table[slot, 0], table[slot, 1], table[slot, 2] = black, white, proof


# ----- the search --------------------------------------------------------------------------------


@helper
def reach(stones: int, edge: int, empty: int, board: Board) -> tuple[int, int]:
    """The stones joined to an edge, and the empty cells where one more stone would be."""
    group = grow(stones & edge, stones, board)
    return group, (edge | neighbours(group, board)) & empty


@helper
def contacts(black: int, white: int, board: Board) -> tuple[int, tuple[int, int, int, int]]:
    """Who has joined both edges, or `UNKNOWN`; and `reach` of top, bottom, left and right."""
    empty = board.full & ~(black | white)
    (top, bottom), (left, right) = board.edges
    from_top, near_top = reach(black, top, empty, board)
    near_bottom = reach(black, bottom, empty, board)[1]
    from_left, near_left = reach(white, left, empty, board)
    near_right = reach(white, right, empty, board)[1]
    winner = BLACK if from_top & bottom else WHITE if from_left & right else UNKNOWN
    return winner, (near_top, near_bottom, near_left, near_right)


@helper
def move_costs(black: int, white: int, near: Any, board: Board) -> Planes:
    """The costs by which moves are ordered; `near` is what `contacts` found at the four edges."""
    empty = board.full & ~(black | white)
    planes = (0, 0, 0, 0, 0, 0)
    for k in range(4):
        planes = add_two_distance(planes, near[k], black if k < 2 else white, empty, board)
    return planes


@entry
def search(
    black: int, white: int, mover: int, board: Board, table: Any, work: Any
) -> tuple[int, int]:
    """The winner of a position under perfect play, and the carrier of a proof.

    Args:
        black: stones, in the board frame.
        white: stones; none of them on a black one.
        mover: the side to move.
        board: geometry.
        table: transposition table of this board size; read and written.
        work: int64 [2]; counts the nodes, and holds the number at which to give up.

    Returns:
        Winner 0 or 1 and carrier, or `UNKNOWN` and 0 if the limit was met. What was proven until
        then is in the table, so that a second call with a higher limit goes on from there.
    """
    if work[NODES] >= work[LIMIT]:
        return UNKNOWN, 0
    work[NODES] += 1
    black, white, black_captured, white_captured = fill_in(black, white, board)
    captured_by = (black_captured, white_captured)
    winner, near = contacts(black, white, board)
    if winner != UNKNOWN:
        return winner, captured_by[winner]

    other = 1 - mover
    joins = (near[0] & near[1], near[2] & near[3])  # where one stone ends the game
    if joins[mover]:
        return mover, captured_by[mover] | lowest(joins[mover])
    threat = lowest(joins[other])
    if joins[other] & ~threat:
        return other, captured_by[other] | threat | lowest(joins[other] & ~threat)

    turned, key_black, key_white = make_key(black, white, mover, board)
    proof = recall(table, key_black, key_white)
    if proof:
        winner = ((proof >> board.cells) & 3) - 1
        carrier = proof & board.full
        return winner, (rotate(carrier, board) if turned else carrier) | captured_by[winner]

    nodes_before = work[NODES]
    costs = move_costs(black, white, near, board)
    must_play = threat if threat else board.full & ~(black | white)
    winner, carrier = other, threat  # a loser's moves all fail inside the union of their carriers
    while must_play:
        move = cheapest(costs, must_play, board)
        after = (black | move, white) if mover == BLACK else (black, white | move)
        reply_winner, reply_carrier = search(after[0], after[1], other, board, table, work)
        if reply_winner == UNKNOWN:
            return UNKNOWN, 0
        if reply_winner == mover:
            winner, carrier = mover, reply_carrier | move
            break
        carrier |= reply_carrier
        must_play &= reply_carrier

    proof = (rotate(carrier, board) if turned else carrier) | ((winner + 1) << board.cells)
    remember(table, key_black, key_white, proof, work[NODES] - nodes_before, board)
    return winner, carrier | captured_by[winner]


@entry
def winning_moves(
    black: int, white: int, mover: int, board: Board, table: Any, work: Any
) -> tuple[int, int]:
    """The winner and all winning moves of a position; arguments and limit as in `search`.

    Moves outside the carrier of a failed move fail too, so a lost position costs few searches.
    """
    winner, near = contacts(black, white, board)
    if winner != UNKNOWN:
        return winner, 0
    costs = move_costs(black, white, near, board)
    winning, must_play = 0, board.full & ~(black | white)
    while must_play:
        move = cheapest(costs, must_play, board)
        must_play &= ~move
        after = (black | move, white) if mover == BLACK else (black, white | move)
        winner, carrier = search(after[0], after[1], 1 - mover, board, table, work)
        if winner == UNKNOWN:
            return UNKNOWN, 0
        if winner == mover:
            winning |= move
        else:
            must_play &= carrier
    return (mover if winning else 1 - mover), winning
