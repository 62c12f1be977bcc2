"""Moves as people write them, and the cells of Hex: `c2` is column c, row 2, from the top left.

The names of Hex's cells are those of OpenSpiel, MoHex and the Hex SGF files: letters for columns,
numbers from 1 for rows. Everywhere else in the code a cell is its action, `row * size + column`.
"""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Iterable, Sequence

import jax
import jax.numpy as jnp

from games.errors import InputError
from games.protocol import Game, State
from games.text.numbers import parse_natural

PLAYER_NAMES = ("black", "white")
NOBODY = -1  # the winner of a drawn game

_CELL = re.compile(r"([a-z])([1-9][0-9]?)", re.ASCII)
_SEPARATORS = re.compile(r"[\s,]+")


def winner_name(winner: int) -> str:
    """`black`, `white`, or `nobody` of a draw."""
    return "nobody" if winner == NOBODY else PLAYER_NAMES[winner]


def cell_name(action: int, size: int) -> str:
    """The name of a cell on a board of side `size`, e.g. 5 → `c2` on 3×3.

    Raises:
        InputError: if the board has no such action.
    """
    return cell_at(_check_action(action, size), (size, size))


def parse_cell(text: str, size: int) -> int:
    """The action of the cell called `text` (`c2`, capitals allowed) on a board of side `size`.

    Raises:
        InputError: if `text` is no cell name, or the board has no such cell.
    """
    return parse_cell_at(text, (size, size))


def cell_at(cell: int, shape: tuple[int, int]) -> str:
    """The name of a cell of a grid of R rows and C columns; as `cell_name`."""
    row, column = divmod(cell, shape[1])
    return f"{chr(ord('a') + column)}{row + 1}"


def parse_cell_at(text: str, shape: tuple[int, int]) -> int:
    """The cell called `text` on a grid of R rows and C columns; as `parse_cell`."""
    rows, columns = shape
    match = _CELL.fullmatch(text.strip().lower())
    if match:
        column, row = ord(match[1]) - ord("a"), int(match[2]) - 1
        if column < columns and row < rows:
            return row * columns + column
    names = _names(rows, columns)
    raise InputError(f"no cell {text!r:.40} on a {rows}×{columns} board; cells are {names}")


def board_name(game: Game) -> str:
    """A game and its board in words: `Hex 5×5`; of a board that is no full grid, `Y of side 4`."""
    words, (rows, columns) = game.name.replace("_", " ").title(), game.shape
    whole = all(map(all, getattr(game, "on_board", ())))
    return f"{words} {rows}×{columns}" if whole else f"{words} of side {game.size}"


def parse_moves(moves: str | Iterable[str | int], game: Game) -> list[int]:
    """The actions of a list of moves, each the name of an action or its number.

    Args:
        moves: `"c3 b2"`, `"12, 6"`, `["c3", 6]`; in a string, blanks or commas separate moves.
        game: the rules, which know the names.

    Raises:
        InputError: if a move is no action of the board. Legality is not looked at; see `play`.
    """
    tokens = filter(None, _SEPARATORS.split(moves)) if isinstance(moves, str) else moves
    return [_parse_move(token, game) for token in tokens]


def play(game: Game, moves: str | Iterable[str | int]) -> State:
    """The state after `moves` (as in `parse_moves`) from the empty board, replayed one by one.

    Raises:
        InputError: if a move is no action of the board, is not legal, or follows the end.
    """
    return play_through(game, moves)[-1]


def play_through(game: Game, moves: str | Iterable[str | int]) -> list[State]:
    """The states before each of `moves` (as in `parse_moves`) and after the last: T + 1.

    Raises:
        InputError: as `play`.
    """
    actions = parse_moves(moves, game)
    states = [game.init()]
    for ply, action in enumerate(actions):
        legal, over, following = _try_move(game, states[-1], jnp.int32(action))
        if not legal:
            raise illegal_move(actions, ply, game, over=bool(over))
        states.append(following)
    return states


def illegal_move(actions: Sequence[int], ply: int, game: Game, *, over: bool) -> InputError:
    """The error that says why `actions[ply]` cannot be played after the actions before it.

    Args:
        actions: the game's moves; those before `ply` were legal.
        ply: which of them was refused, counted from 0; the message counts from 1.
        game: the rules.
        over: whether the game had ended before it.
    """
    action, before = actions[ply], list(actions[:ply])
    if over:
        reason = f"the game ended with move {ply} ({game.action_name(before[-1])})"
    elif game.fills_cells and action in before:
        reason = f"the cell was taken by move {before.index(action) + 1}"
    else:
        reason = "the rules do not allow it here"
    move = f"move {ply + 1} ({game.action_name(action)})"
    return InputError(f"{move} is illegal: {reason}; leave out that move and all after it")


@functools.partial(jax.jit, static_argnums=0)
def _try_move(game: Game, state: State, action: jax.Array) -> tuple[jax.Array, jax.Array, State]:
    """Whether `action` [] is legal, whether the game is over, and the state after it."""
    return game.legal(state)[action], game.terminal(state), game.step(state, action)


def _parse_move(token: str | int, game: Game) -> int:
    number = parse_natural(token) if isinstance(token, str) else operator.index(token)
    if number is None:
        return game.parse_action(str(token))
    game.action_name(number)  # refuses what is no action
    return number


def _check_action(action: int, size: int) -> int:
    action = operator.index(action)
    if not 0 <= action < size**2:
        raise InputError(
            f"no action {action!s:.20} on a {size}×{size} board; "
            f"actions are 0 to {size**2 - 1}, cells {_names(size, size)}"
        )
    return action


def _names(rows: int, columns: int) -> str:
    last = cell_at(rows * columns - 1, (rows, columns))
    return f"a1 to {last} (column letter, then row)"
