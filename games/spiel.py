"""The bridge to OpenSpiel: the same game there, and a position carried over move by move.

OpenSpiel is the optional extra `hexlaw[games]`: a second opinion on the rules and the home of
opponents such as `pyspiel.MCTSBot`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from games.errors import InputError
from games.protocol import Game
from games.text.notation import illegal_move, parse_moves

if TYPE_CHECKING:
    import pyspiel

_COUNTERPARTS: dict[str, tuple[str, Callable[[Game], dict[str, int | bool]]]] = {
    "hex": ("hex", lambda game: {"board_size": game.size, "swap": False}),
    "hex_swap": ("hex", lambda game: {"board_size": game.size, "swap": True}),
    "y": ("y", lambda game: {"board_size": game.size}),
    "connect_four": ("connect_four", lambda game: _rows_and_columns(game)),
    "havannah": ("havannah", lambda game: {"board_size": game.size}),
    "breakthrough": ("breakthrough", lambda game: _rows_and_columns(game)),
}
"""Its name there and its parameters, by our name."""


def _rows_and_columns(game: Game) -> dict[str, int | bool]:
    return {"rows": game.shape[0], "columns": game.shape[1]}


def spiel_game(game: Game) -> pyspiel.Game:
    """OpenSpiel's version of `game`, at the same size and with the same rules.

    Raises:
        InputError: if OpenSpiel is not installed, or we know no counterpart there.
    """
    try:
        import pyspiel
    except ImportError as error:
        raise InputError(
            "OpenSpiel (pyspiel) is not installed; install it with: pip install 'hexlaw[games]'"
        ) from error
    if game.name not in _COUNTERPARTS:
        known = ", ".join(_COUNTERPARTS)
        raise InputError(f"{game.name} has no OpenSpiel counterpart; {known} has")
    name, parameters = _COUNTERPARTS[game.name]
    return pyspiel.load_game(name, parameters(game))


def from_spiel_action(game: Game, spiel_action: int) -> int:
    """Our action for OpenSpiel's `spiel_action`: the same number in most games.

    Breakthrough there has six ways to move, three for each side, each with and without a capture.
    Havannah's columns run the other way.
    """
    if game.name == "havannah":
        columns = game.shape[1]
        return spiel_action + columns - 1 - 2 * (spiel_action % columns)
    if game.name == "breakthrough":
        cell, way = divmod(spiel_action // 2, 6)
        return 3 * cell + way % 3
    return spiel_action


def spiel_actions(game: Game, state: pyspiel.State) -> dict[int, int]:
    """OpenSpiel's number of each legal action of ours in a state of theirs."""
    return {from_spiel_action(game, action): action for action in state.legal_actions()}


def to_spiel_state(game: Game, moves: str | Iterable[str | int]) -> pyspiel.State:
    """OpenSpiel's state after `moves` (as in `parse_moves`) from the empty board.

    Raises:
        InputError: if OpenSpiel is not installed, or it refuses a move.
    """
    state = spiel_game(game).new_initial_state()
    actions = parse_moves(moves, game)
    for ply, action in enumerate(actions):
        known = spiel_actions(game, state)
        if action not in known:  # it would crash on an illegal one
            raise illegal_move(actions, ply, game, over=state.is_terminal())
        state.apply_action(known[action])
    return state
