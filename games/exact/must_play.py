"""Who wins a Hex position, and a set of cells that proves it: must-play search on bitboards.

A position is two integers, black's and white's stones; bit `row * S + column` is a cell. `search`
returns the winner and the *carrier* of the proof: empty cells such that the winner still wins if
the loser is given every other empty cell. Five ideas keep the tree small:

- Must-play (Hayward et al., "Solving 7×7 Hex", Advances in Computer Games 10, 2003): if my move
  fails, only moves inside the carrier of that failure can do better, for outside it the
  opponent's proof goes through unchanged.
- Dead and captured cells are filled in: `games.exact.fill_in`.
- Virtual connections end the search long before the edges are joined, and tell where a player must
  play: `games.exact.connections`.
- Looking ahead by one ply, before any move is searched: moves that lose at once shrink the
  must-play region, and of the others that one comes first which leaves the opponent fewest moves.
- Equals follow two-distance: `games.exact.move_order`.

The last plies, with few empty cells, are searched without connections, which cost more there than
they save.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from games.exact.bitboard import Board, count, grow, lowest, neighbours
from games.exact.compiled import entry, helper, vector
from games.exact.connections import Connections, edges_joined, make_connections
from games.exact.fill_in import fill_in
from games.exact.move_order import NO_COSTS, Planes, cheapest, least, move_costs, with_cost
from games.exact.proofs import UNKNOWN, make_table, recall, remember
from games.hex import BLACK, WHITE

NODES, LIMIT = 0, 1  # entries of `work`: positions visited, and after how many to give up

FEW_EMPTY, FEW_EMPTY_ON_SMALL_BOARDS = 12, 30
"""With fewer empty cells a position is searched without connections and without looking ahead."""


class Memory(NamedTuple):
    """What a search reads and writes beyond the position."""

    table: Any
    """Transposition table of this board size: what is proven."""
    work: Any
    """int64 [2]; counts the nodes, and holds the number at which to give up."""
    connections: Connections


def make_memory(cells: int, memory_mb: float) -> Memory:
    """A table of at most `memory_mb` · 10⁶ bytes and room to work on a board of so many cells."""
    work = vector(np.zeros(2, np.int64))
    return Memory(make_table(memory_mb), work, make_connections(cells))


class View(NamedTuple):
    """A position at a glance."""

    winner: int  # or `UNKNOWN`
    carrier: int  # of the winner's proof, or of the threats that confine the side to move
    must_play: int  # moves that may win
    black: int  # stones, with what was filled in
    white: int
    captured: tuple[int, int]  # cells that each player captured
    near: tuple[int, int, int, int]  # empty cells next to stones joined to each edge


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
def next_join(near: tuple[int, int, int, int], mover: int, must_play: int) -> tuple[int, int, int]:
    """Winner, carrier and must-play region where stones that join both edges at once decide."""
    joins = (near[0] & near[1], near[2] & near[3])
    if joins[mover]:
        return mover, lowest(joins[mover]), 0
    threat = lowest(joins[1 - mover])
    if joins[1 - mover] & ~threat:
        return 1 - mover, threat | lowest(joins[1 - mover] & ~threat), 0
    return UNKNOWN, threat, threat if threat else must_play


@helper
def next_connection(
    black: int, white: int, near: tuple[int, int, int, int], mover: int, board: Board, known: Any
) -> tuple[int, int, int]:
    """Winner, carrier and must-play region as far as virtual connections tell."""
    carrier, must_play = 0, 0
    for player in (mover, 1 - mover):
        if player == BLACK:
            joined, carrier, must_play = edges_joined(
                black, white, (near[0], near[1]), player == mover, board, known
            )
        else:
            joined, carrier, must_play = edges_joined(
                white, black, (near[2], near[3]), player == mover, board, known
            )
        if joined:
            return player, carrier, 0
    return UNKNOWN, carrier, must_play


@helper
def connections_pay(empty: int, board: Board) -> bool:
    """Whether virtual connections save more than they cost: on 7×7 until the last plies, on smaller
    boards at most in the opening. On 6×6 positions of agents' games take thirteen times as long
    with them; on 7×7 with eight to twelve stones a third."""
    return count(empty) >= (FEW_EMPTY if board.cells > 36 else FEW_EMPTY_ON_SMALL_BOARDS)


@helper
def glance(black: int, white: int, mover: int, board: Board, memory: Any) -> View:
    """What is known of a position without a move being tried."""
    memory.work[NODES] += 1
    black, white, black_captured, white_captured = fill_in(black, white, board)
    captured = (black_captured, white_captured)
    empty = board.full & ~(black | white)
    winner, near = contacts(black, white, board)
    carrier, must_play = 0, empty
    if winner == UNKNOWN:
        winner, carrier, must_play = next_join(near, mover, empty)
    if winner == UNKNOWN:
        winner, proven = recall(black, white, mover, board, memory.table)
        if winner != UNKNOWN:
            carrier = proven
        elif carrier == 0 and connections_pay(empty, board):
            winner, carrier, must_play = next_connection(
                black, white, near, mover, board, memory.connections
            )
    if winner != UNKNOWN:
        carrier |= captured[winner]
    return View(winner, carrier, must_play, black, white, captured, near)


@helper
def look_ahead(
    view: View, mover: int, costs: Planes, board: Board, memory: Any
) -> tuple[int, int, int, Planes]:
    """What a glance at each of the moves tells.

    Returns:
        Winner, `UNKNOWN` unless it is the side to move; carrier; the moves that may still win; and
        for each how many replies may beat it. At the limit it stops short.
    """
    carrier, must_play, replies = view.carrier, view.must_play, NO_COSTS
    moves = must_play
    while moves and memory.work[NODES] < memory.work[LIMIT]:
        move = cheapest(costs, moves, board)
        black, white = after(view.black, view.white, mover, move)
        reply = glance(black, white, 1 - mover, board, memory)
        if reply.winner == mover:
            return mover, reply.carrier | move, 0, replies
        if reply.winner == UNKNOWN:
            replies = with_cost(replies, move, count(reply.must_play))
        else:
            carrier |= reply.carrier
            must_play &= reply.carrier
        moves &= must_play & ~move
    return UNKNOWN, carrier, must_play, replies


@helper
def after(black: int, white: int, mover: int, move: int) -> tuple[int, int]:
    """The stones after a move."""
    return (black | move, white) if mover == BLACK else (black, white | move)


@entry
def search(black: int, white: int, mover: int, board: Board, memory: Any) -> tuple[int, int]:
    """The winner of a position under perfect play, and the carrier of a proof.

    Args:
        black: stones, in the board frame.
        white: stones; none of them on a black one.
        mover: the side to move.
        board: geometry.
        memory: `Memory`; read and written.

    Returns:
        Winner 0 or 1 and carrier, or `UNKNOWN` and 0 if the limit was met. What was proven until
        then is in the table, so that a second call with a higher limit goes on from there.
    """
    nodes_before = memory.work[NODES]
    if nodes_before >= memory.work[LIMIT]:
        return UNKNOWN, 0
    view = glance(black, white, mover, board, memory)
    if view.winner != UNKNOWN:
        return view.winner, view.carrier

    costs, replies = move_costs(view.black, view.white, view.near, board), NO_COSTS
    # A loser's moves all fail inside the union of their carriers.
    winner, carrier, must_play = UNKNOWN, view.carrier, view.must_play
    if connections_pay(board.full & ~(view.black | view.white), board):
        winner, carrier, must_play, replies = look_ahead(view, mover, costs, board, memory)
    while must_play:
        move = cheapest(costs, least(replies, must_play), board)
        next_black, next_white = after(view.black, view.white, mover, move)
        reply_winner, reply = search(next_black, next_white, 1 - mover, board, memory)
        if reply_winner == UNKNOWN:
            return UNKNOWN, 0
        if reply_winner == mover:
            winner, carrier, must_play = mover, reply | move, 0
        else:
            carrier |= reply
            must_play &= reply
    if winner == UNKNOWN:
        winner = 1 - mover
    nodes = memory.work[NODES] - nodes_before
    remember(view.black, view.white, mover, winner, carrier, nodes, board, memory.table)
    return winner, carrier | view.captured[winner]


@entry
def winning_moves(black: int, white: int, mover: int, board: Board, memory: Any) -> tuple[int, int]:
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
        next_black, next_white = after(black, white, mover, move)
        winner, carrier = search(next_black, next_white, 1 - mover, board, memory)
        if winner == UNKNOWN:
            return UNKNOWN, 0
        if winner == mover:
            winning |= move
        else:
            must_play &= carrier
    return (mover if winning else 1 - mover), winning
