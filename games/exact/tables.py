"""The value of every position of a small board, for whole batches, on the host or inside `jit`.

For games in which stones stay where they are put and a group that touches all of a player's sides
wins: Hex up to 4×4 and Y up to side 5. A position's index is the sum over the board's cells of
digit · 3^k for its k-th cell, where an empty cell has digit 0, a black stone 1 and a white stone 2.
Worked out once, backwards from the full boards (retrograde analysis; 10 million positions and some
seconds on 4×4), the table then lies in the user's cache folder: `hexlaw` under
`platformdirs.user_cache_dir`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

import jax
import numpy as np
import platformdirs

from games.errors import InputError
from games.hex import BLACK, NOBODY, WHITE, Hex
from games.protocol import State
from games.text.numbers import side_by_side
from games.y import Y

Array = Any
"""A NumPy or a JAX array."""

# A table is a mathematical fact, so every correct copy, built or read, has this digest.
SHA256 = {
    ("hex", 2): "350b606aa2210a8ed977a8f3109e2cbcf0009385d9925418ceab5c5c0d9c1a50",
    ("hex", 3): "fbc2d969d9a28608f04efcd4121728b6423ae53bcbe22dbce81901a51701e183",
    ("hex", 4): "f9a1257db1bbef95a55beaa0e5f73e78da7ea81965b29bc6c2cc2352b65b68be",
    ("y", 2): "64ed1f292c5eaecc215faa0ae1b6337da286ce663b5c2ac9d78b4d478edb2127",
    ("y", 3): "497d81c40ff38436191d99e6b0fdb8b6c149d74c5ebe2d7231a14aa3a1142aaa",
    ("y", 4): "c1de6a9cfc8a558dc9d00702fbdd2c8a611a5c6f0c683120ea7579b2296b2560",
    ("y", 5): "e5801a3da5fd977ab0deabfdd60fbb9d931da39447b21aa7e45c84966fc56950",
}


def largest(name: str) -> int:
    """Side of the largest board of a game that has a table; 0 if none has."""
    return max((size for game, size in SHA256 if game == name), default=0)


ConnectionGame = Hex | Y
"""Games in which each move puts a stone on an empty cell, and a group that touches every one of its
player's `edges` wins."""


@jax.tree_util.register_dataclass
@dataclasses.dataclass(frozen=True)
class ValueTable:
    """Values of all positions of one board.

    `load_table` gives it with a NumPy array, `jax.device_put` moves it to a device. Its methods
    take NumPy states with any leading axes, or under `jax.vmap` one JAX state. Inside `jit`, let
    the table be an argument: closed over, its 43 MB would be copied into the program.
    """

    game: ConnectionGame = dataclasses.field(metadata={"static": True})
    values: (
        Array  # [3^cells] int8, for the side to move: 1 won, -1 lost, 0 if no game arrives there
    )

    def value(self, state: State) -> Array:
        """+1 if the side to move wins under perfect play, else -1; int8 [...].

        A finished game has value -1: the side to move has lost.
        """
        return self.values[position_index(self.game, state)]

    def winning_moves(self, state: State) -> Array:
        """Mask of the winning moves of the side to move, bool [..., A]; none once it is over."""
        return _is_open(self.game, state) & (self.values[self._after_each_move(state)] < 0)

    def perfect_moves(self, state: State) -> Array:
        """Mask of what a perfect player picks from, bool [..., A]: the winning moves, or in a lost
        position those that leave the fewest winning replies; none once the game is over."""
        winning, open_ = self.winning_moves(state), _is_open(self.game, state)
        replies = self.winning_replies(state) + ~open_ * self.game.num_actions
        stubborn = open_ & (replies == replies.min(-1, keepdims=True))
        return winning | stubborn & ~winning.any(-1, keepdims=True)

    def winning_replies(self, state: State) -> Array:
        """How many winning moves each legal move leaves to the opponent, int [..., A].

        0 for the moves that win, and without meaning for illegal ones.
        """
        after = self._after_each_move(state)[..., None]  # [..., A, 1]
        other_cells = ~np.eye(self.game.num_actions, dtype=bool)
        open_to_reply = _is_open(self.game, state)[..., None, :] & other_cells  # [..., A, A]
        mover = state.to_move[..., None, None].astype(np.int32)
        reply = (2 - mover) * _place_values(self.game)[None]
        lost_by_mover = self.values[after + reply * open_to_reply.astype(np.int32)] < 0
        return (open_to_reply & lost_by_mover).sum(-1)

    def _after_each_move(self, state: State) -> Array:
        """Index of the position after each legal move [..., A]; of this position for the others."""
        stone = (1 + state.to_move[..., None].astype(np.int32)) * _place_values(self.game)
        is_open = _is_open(self.game, state).astype(np.int32)
        return position_index(self.game, state)[..., None] + stone * is_open


def position_index(game: ConnectionGame, state: State) -> Array:
    """Index of a position in its table, int32 [...]."""
    black, white = game.stones(state)
    places = _place_values(game)
    return black.astype(np.int32) @ places + 2 * (white.astype(np.int32) @ places)


def load_table(game: ConnectionGame, folder: Path | None = None) -> ValueTable:
    """The table of a board, read from the cache, or built and put there.

    Args:
        game: ConnectionGame of side 2 to 4.
        folder: where tables are kept; the user's cache folder if none is named.

    Raises:
        InputError: if the board is larger; 5×5 has 10¹¹ positions.
    """
    if (game.name, game.size) not in SHA256:
        known = " and ".join(
            f"{name} up to {side_by_side(largest(name))}"
            for name in dict.fromkeys(n for n, _ in SHA256)
        )
        raise InputError(
            f"{game.name}: there are tables for {known} only, not for size {game.size}; "
            "ask the solver"
        )
    return _load_table(game, folder or Path(platformdirs.user_cache_dir("hexlaw")) / "exact")


@functools.cache
def _load_table(game: ConnectionGame, folder: Path) -> ValueTable:
    path = folder / f"{game.name}{game.size}.int8"
    values = _read(path, SHA256[game.name, game.size])
    if values is None:
        values = solve_every_position(game)
        with contextlib.suppress(OSError):  # no room or no right to write: build it again next time
            _write(path, values)
    values.flags.writeable = False
    return ValueTable(game, values)


def _read(path: Path, sha256: str) -> np.ndarray | None:
    """The values in a file, or none if it is missing, damaged or not the table it should be."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    if hashlib.sha256(content).hexdigest() != sha256:
        return None
    return np.frombuffer(content, np.int8)


def _write(path: Path, values: np.ndarray) -> None:
    """Put the file in its place at once, so that no other process reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(values.tobytes())
        os.replace(temporary, path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise


def solve_every_position(game: ConnectionGame) -> np.ndarray:
    """`ValueTable.values` by retrograde analysis: from full boards back to the empty one.

    A position is won if some move leads to a position that is lost for the opponent.
    """
    cells = np.flatnonzero(game.on_board)
    values = np.zeros(3 ** len(cells), np.int8)
    joined = [_joined(game, player) for player in (BLACK, WHITE)]
    completed = [_completed(joins, len(cells)) for joins in joined]
    for plies in reversed(range(len(cells) + 1)):
        index, *stones = _positions(len(cells), plies)
        mover, last = plies % 2, (plies + 1) % 2
        # Play stops at the first connection: it must hang on a stone of who moved last.
        values[index[completed[last][stones[last]]]] = -1

        unfinished = ~(joined[BLACK][stones[BLACK]] | joined[WHITE][stones[WHITE]])
        index = index[unfinished]
        occupied = (stones[BLACK] | stones[WHITE])[unfinished]
        won = np.zeros(len(index), bool)
        for k, place in enumerate(_place_values(game)[cells]):
            empty = np.flatnonzero((occupied >> k) & 1 == 0)
            won[empty] |= values[index[empty] + (1 + mover) * place] < 0
        values[index] = np.where(won, 1, -1)
    return values


def _positions(count: int, plies: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All positions on so many cells after so many plies: indices, black's and white's cells as
    bits; int32 each.

    Put together from the two halves of the board, in all splits of the stones between them.
    """
    half = count // 2
    low, high = _half_boards(half), _half_boards(count - half)
    shift = np.array([3**half, 2**half, 2**half], np.int32)[:, None, None]
    parts = []
    for (black, white), low_half in low.items():
        high_half = high.get(((plies + 1) // 2 - black, plies // 2 - white))
        if high_half is not None:
            both = low_half[:, None, :] + shift * high_half[:, :, None]
            parts.append(both.reshape(3, -1))
    index, black, white = np.concatenate(parts, axis=1)
    return index, black, white


@functools.cache
def _half_boards(cells: int) -> dict[tuple[int, int], np.ndarray]:
    """Fillings of `cells` cells by their numbers of black and white stones.

    Each [3, N] int32: index, black's cells, white's cells.
    """
    index = np.arange(3**cells)
    digits = index[:, None] // 3 ** np.arange(cells) % 3
    black, white = digits == 1, digits == 2
    bits = 1 << np.arange(cells)
    rows = np.stack([index, black @ bits, white @ bits]).astype(np.int32)
    counts = np.stack([black.sum(1), white.sum(1)])
    return {
        (b, w): rows[:, (counts[0] == b) & (counts[1] == w)]
        for b in range(cells + 1)
        for w in range(cells + 1 - b)
    }


def _joined(game: ConnectionGame, player: int) -> np.ndarray:
    """Whether a group of a set of stones touches all of the player's sides, for all 2^n sets of the
    board's n cells."""
    cells = np.flatnonzero(game.on_board)
    number = {cell: k for k, cell in enumerate(cells.tolist())}
    sides = game.edges[player][:, cells] @ (1 << np.arange(len(cells)))
    around = [
        sum(1 << number[other] for other in game.neighbours[cell].tolist() if other in number)
        for cell in cells
    ]
    left = np.arange(2 ** len(cells), dtype=np.int32)
    joined = np.zeros(len(left), bool)
    while left.any():
        group = _grown(left & -left, left, around)
        joined |= np.all([group & side != 0 for side in sides], axis=0)
        left &= ~group
    return joined


def _grown(group: np.ndarray, stones: np.ndarray, around: list[int]) -> np.ndarray:
    """Groups together with all stones that they are joined to, as bits."""
    before = None
    while before is None or np.any(group != before):
        before = group
        for k, cells_around in enumerate(around):
            group = group | np.where((group >> k) & 1, stones & cells_around, 0)
    return group


def _completed(joined: np.ndarray, cells: int) -> np.ndarray:
    """Whether a set of stones joins the sides, but would not without some one of its stones."""
    stones = np.arange(len(joined))
    critical = np.zeros(len(joined), bool)
    for cell in range(cells):
        critical |= ~joined[stones & ~(1 << cell)]
    return joined & critical


def _is_open(game: ConnectionGame, state: State) -> Array:
    """Legal cells [..., A]; `legal` for states with any leading axes."""
    black, white = game.stones(state)
    empty = ~(black | white) & game.on_board.ravel()
    return empty & (state.winner == NOBODY)[..., None]


def _place_values(game: ConnectionGame) -> np.ndarray:
    """3^k of the board's k-th cell, 0 for cells beside it; int32 [A]."""
    on_board = game.on_board.ravel()
    return np.where(on_board, 3 ** (np.cumsum(on_board) - 1), 0).astype(np.int32)
