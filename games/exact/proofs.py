"""The transposition table: positions that are proven, each with the carrier of its proof.

A slot holds (black and the side to move, white, proof). A proof is the carrier, then two bits for
the winner + 1, then the effort: the binary length of the nodes it cost. 0 marks a free slot.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from games.exact.bitboard import Board, rotate
from games.exact.compiled import helper, vector

UNKNOWN = -1  # for a winner

BUCKET = 4  # slots in which a position may lie
BYTES_PER_SLOT = 24
LARGE_PRIME = 2**31 - 1  # hashing multiplies two numbers below it


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
def recall(black: int, white: int, mover: int, board: Board, table: Any) -> tuple[int, int]:
    """Winner and carrier of the proof that is stored of a position; `UNKNOWN` if there is none."""
    turned, key_black, key_white = make_key(black, white, mover, board)
    start = first_slot(key_black, key_white, len(table))
    for slot in range(start, start + BUCKET):
        if table[slot, 0] == key_black and table[slot, 1] == key_white and table[slot, 2]:
            proof = table[slot, 2]
            carrier = proof & board.full
            winner = ((proof >> board.cells) & 3) - 1
            return winner, rotate(carrier, board) if turned else carrier
    return UNKNOWN, 0


@helper
def remember(
    black: int,
    white: int,
    mover: int,
    winner: int,
    carrier: int,
    nodes: int,
    board: Board,
    table: Any,
) -> None:
    """Store a proof that cost `nodes` over the one in its bucket that cost least."""
    turned, key_black, key_white = make_key(black, white, mover, board)
    proof = (rotate(carrier, board) if turned else carrier) | ((winner + 1) << board.cells)
    effort_bit = board.cells + 2
    start = first_slot(key_black, key_white, len(table))
    slot = start
    for other in range(start + 1, start + BUCKET):
        if table[other, 2] >> effort_bit < table[slot, 2] >> effort_bit:
            slot = other
    while nodes:
        proof += 1 << effort_bit
        nodes >>= 1
    table[slot, 0], table[slot, 1], table[slot, 2] = key_black, key_white, proof
