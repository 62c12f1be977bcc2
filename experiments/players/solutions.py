"""A solver that remembers: what was solved once is looked up in the lab's store."""

from __future__ import annotations

import time
from types import TracebackType

import numpy as np
import sqlalchemy as sa
from numpy.typing import ArrayLike

from games.errors import InputError
from games.exact.bitboard import to_bits
from games.exact.hex_play import HexPlay
from games.exact.protocol import ExactPlay, Solution
from games.exact.registry import exact_play
from games.exact.solver import shared_solver
from games.hex import BLACK, WHITE, Hex
from games.protocol import Game
from training.store import SolvedPosition, Store, add_missing

SECONDS_BETWEEN_WRITES = 1.0  # what a kill may lose; a write for every position would be slower

Key = tuple[int, int]
"""Stones of the side to move and of the other one, as in the table `solution`."""


def stored_play(store: Store, game: Game) -> ExactPlay:
    """What is known of a board, looked up in a lab, to which it adds what it solves.

    What was solved last is written when it is closed. Only positions of Hex are kept: the table
    `solution` has no column for another game, and no other has needed it yet.

    Raises:
        InputError: if nothing is known of the board, or the store cannot be used.
    """
    exact = exact_play(game)
    return _StoredHexPlay(exact.game, store) if isinstance(exact, HexPlay) else exact


class _StoredHexPlay(HexPlay):
    """Perfect play of Hex by a solver that remembers."""

    def __init__(self, game: Hex, store: Store) -> None:
        self._stored = StoredSolver(store, game.size)
        super().__init__(game, self._stored)

    def close(self) -> None:
        """Write what was solved last."""
        self._stored.write()


class StoredSolver:
    """A `games.exact.solver.MoveSolver` that asks the store first, and writes to it what it solves.

    Use it in a `with` block: the last answers are written at its end. Any number of processes may
    share a store.

    Args:
        store: the lab.
        size: side of the board, 2 to 7.

    Raises:
        InputError: if the store is damaged or cannot be written.
    """

    def __init__(self, store: Store, size: int) -> None:
        self._store = store
        self._size = size
        self._solver = shared_solver(size)
        self._unwritten: dict[Key, tuple[int, int]] = {}  # winning moves and nodes
        self._written_at = time.monotonic()
        columns = SolvedPosition.__table__.columns
        self._query = sa.select(columns.winning).where(
            columns.boardsize == size,
            columns.mine == sa.bindparam("mine"),
            columns.theirs == sa.bindparam("theirs"),
        )

    def __enter__(self) -> StoredSolver:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.write()

    def winning_moves(
        self,
        black_stones: ArrayLike,
        white_stones: ArrayLike,
        to_move: int,
        *,
        max_nodes: int | None = None,
        max_seconds: float | None = None,
    ) -> Solution:
        """As `games.exact.solver.Solver.winning_moves`; 0 nodes if it was known to the store."""
        began = time.perf_counter()
        black, white = np.asarray(black_stones, bool), np.asarray(white_stones, bool)
        key, cells = _shared_key(black, white, to_move, self._size)
        winning = self._recall(key)
        if winning is not None:
            moves = sorted(int(cells[cell]) for cell in _cells(winning))
            return Solution(
                winner=to_move if moves else 1 - to_move,
                winning_moves=tuple(moves),
                nodes=0,
                seconds=time.perf_counter() - began,
            )
        found = self._solver.winning_moves(
            black, white, to_move, max_nodes=max_nodes, max_seconds=max_seconds
        )
        if found.winning_moves is not None and found.nodes > 0:  # neither unknown nor finished
            mask = np.isin(cells, found.winning_moves)
            self._unwritten[key] = (to_bits(mask), found.nodes)
            if time.monotonic() - self._written_at > SECONDS_BETWEEN_WRITES:
                self.write()
        return found

    def write(self) -> None:
        """Write what was solved since the last time."""
        self._written_at = time.monotonic()
        if not self._unwritten:
            return
        rows = [
            {"boardsize": self._size, "mine": m, "theirs": t, "winning": winning, "nodes": nodes}
            for (m, t), (winning, nodes) in self._unwritten.items()
        ]
        with self._store.session() as session:
            # Another process may have solved the same position meanwhile.
            add_missing(session, SolvedPosition, rows)
        self._unwritten.clear()

    def _recall(self, key: Key) -> int | None:
        """The winning moves stored under a key, if it is known."""
        if key in self._unwritten:
            return self._unwritten[key][0]
        mine, theirs = key
        _, rows = self._store.frame_query(self._query.params(mine=mine, theirs=theirs))
        if not rows:
            return None
        (winning,) = rows[0]
        empty = ((1 << self._size**2) - 1) & ~(mine | theirs)
        if not isinstance(winning, int) or winning & ~empty:
            raise InputError(
                f"{self._store.place}: table 'solution' holds an impossible row (boardsize "
                f"{self._size}, mine {mine}, theirs {theirs}): it was damaged; restore the lab "
                "from a backup or choose another --lab"
            )
        return winning


def _shared_key(
    black: np.ndarray, white: np.ndarray, to_move: int, size: int
) -> tuple[Key, np.ndarray]:
    """The key that a position shares with its twins, and the cell [A] of the board frame that
    each cell of the key's frame stands for."""
    cells = np.arange(size**2)
    if to_move == WHITE:  # the mover's frame
        cells = cells.reshape(size, size).T.reshape(-1)
    stones = (black, white) if to_move == BLACK else (white, black)
    mine, theirs = (to_bits(side[cells]) for side in stones)
    twin_mine, twin_theirs = (to_bits(side[cells[::-1]]) for side in stones)
    if (twin_mine, twin_theirs) < (mine, theirs):
        return (twin_mine, twin_theirs), cells[::-1]
    return (mine, theirs), cells


def _cells(bits: int) -> list[int]:
    return [cell for cell in range(bits.bit_length()) if bits >> cell & 1]
