"""Every exact player by its game, and how far each reaches: the one place that is asked.

A game brings its own with one line, `register("drop", DropPlay, {3: Reach()})`, in its own file.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from games.errors import InputError
from games.exact.break_play import BreakPlay
from games.exact.four_play import FourPlay
from games.exact.havannah_play import HavannahPlay
from games.exact.hex_play import HexPlay
from games.exact.protocol import ExactPlay, JudgedSet, PositionSolution
from games.exact.swap_play import SwapPlay
from games.exact.table_play import TablePlay
from games.protocol import Game
from games.text.notation import play
from games.text.numbers import side_by_side


class Reach(NamedTuple):
    """How far perfect play is known on a board."""

    whole: bool = True
    """Whether every position can be answered, the empty board included: whether a perfect player
    can play there."""
    prompt_from: int = 0
    """Stones from which on any position takes a moment; with fewer it may take seconds, or, on a
    board that is not known as a whole, for ever."""


class ExactPlayer(NamedTuple):
    """The exact player of a game."""

    make: Callable[[Any], ExactPlay]
    """Of a board within reach."""
    reach: Mapping[int, Reach]
    """By board side; other boards are out of reach."""


REGISTRY: dict[str, ExactPlayer] = {}


def register(name: str, make: Callable[[Any], ExactPlay], reach: Mapping[int, Reach]) -> None:
    """Make the exact player of a game known to everything that asks for perfect play.

    Args:
        name: of the game, as it is registered.
        make: the exact player of a board.
        reach: the boards by their side, and how far it reaches there.

    Raises:
        ValueError: if the game has another.
    """
    entry = ExactPlayer(make, dict(reach))
    if REGISTRY.setdefault(name, entry) != entry:
        raise ValueError(f"the game {name!r} has another exact player")


def reach_of(game: Game) -> Reach | None:
    """How far perfect play is known on a board; none if nothing is known of it."""
    entry = REGISTRY.get(game.name)
    return None if entry is None else entry.reach.get(game.size)


def largest_whole(name: str) -> int:
    """Side of the largest board of a game on which a perfect player can play; 0 if there is none.

    Args:
        name: of the game.
    """
    entry = REGISTRY.get(name)
    sizes = () if entry is None else (size for size, reach in entry.reach.items() if reach.whole)
    return max(sizes, default=0)


def judged_set(game: Game) -> JudgedSet | None:
    """The positions on which agents are judged on a board; none if there are none."""
    return None if reach_of(game) is None else _made(game).judged_set()


def exact_play(game: Game) -> ExactPlay:
    """What is known of a board, be it only late in the game; one for each process.

    Raises:
        InputError: if nothing is known of it.
    """
    entry = _entry(game)
    if game.size not in entry.reach:
        raise InputError(
            f"{game.name}: size {game.size} is out of reach of the exact solver; "
            f"choose at most {max(entry.reach)}"
        )
    return _made(game)


def perfect_play(game: Game) -> ExactPlay:
    """Perfect play on a board from its first move on; one for each process.

    Raises:
        InputError: if the board is out of reach.
    """
    _entry(game)
    if not ((reach := reach_of(game)) and reach.whole):
        largest = largest_whole(game.name)
        raise InputError(
            f"{game.name}: perfect play reaches boards up to {side_by_side(largest)}, "
            f"not size {game.size}"
        )
    return _made(game)


@functools.cache
def _made(game: Game) -> ExactPlay:
    return REGISTRY[game.name].make(game)


def _entry(game: Game) -> ExactPlayer:
    if game.name not in REGISTRY:
        known = ", ".join(sorted(REGISTRY))
        raise InputError(f"{game.name}: perfect play is not known of this game; it is of {known}")
    return REGISTRY[game.name]


def solve_position(
    game: Game,
    moves: str | Iterable[str | int],
    *,
    max_nodes: int | None = None,
    max_seconds: float | None = None,
    exact: ExactPlay | None = None,
) -> PositionSolution:
    """Who wins after `moves` from the empty board, and all winning moves.

    Args:
        game: the rules.
        moves: names or actions, as in `games.text.notation.parse_moves`.
        max_nodes: positions to visit at most.
        max_seconds: about how long to try.
        exact: who solves it; the board's own exact player if none is given.

    Raises:
        InputError: if a move is not legal, or the board is out of reach.
    """
    exact = exact or exact_play(game)
    return exact.solve(play(game, moves), max_nodes=max_nodes, max_seconds=max_seconds)


_WHOLE = {size: Reach() for size in range(2, 6)} | {6: Reach(prompt_from=4)}

register("hex", HexPlay, _WHOLE | {7: Reach(whole=False, prompt_from=12)})
register("hex_swap", SwapPlay, _WHOLE)
register("y", TablePlay, {size: Reach() for size in range(2, 6)})
register("havannah", HavannahPlay, {size: Reach() for size in (2, 3)})

register("breakthrough", BreakPlay, {size: Reach() for size in (43, 44, 45, 53, 54, 55, 63)})

_SMALL_GRIDS = {size: Reach() for size in (44, 45, 46, 47, 54, 55, 64, 74)}
_LARGER_GRIDS = {size: Reach(prompt_from=4) for size in (56, 65)}
_LATE = {66: Reach(whole=False, prompt_from=8), 67: Reach(whole=False, prompt_from=10)}

register("connect_four", FourPlay, _SMALL_GRIDS | _LARGER_GRIDS | _LATE)
