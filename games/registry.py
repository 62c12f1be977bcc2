"""Every game by its name, and what else `games` offers: it hands on the names listed here."""

from __future__ import annotations

from collections.abc import Callable

from games.errors import InputError
from games.hex import MAX_SIZE, MIN_SIZE, Hex
from games.protocol import Game, State
from games.text.notation import cell_name, parse_cell, parse_moves, play

REGISTRY: dict[str, Callable[[int], Game]] = {"hex": Hex}
SIZES: dict[str, range] = {"hex": range(MIN_SIZE, MAX_SIZE + 1)}


def make(name: str, size: int) -> Game:
    """The rules of game `name` on a board of side `size`.

    Raises:
        InputError: if the game is unknown or cannot be played at that size.
    """
    if name not in REGISTRY:
        raise InputError(f"unknown game {name!r}; there is: {', '.join(sorted(REGISTRY))}")
    return REGISTRY[name](size)


__all__ = [
    "REGISTRY",
    "SIZES",
    "Game",
    "Hex",
    "InputError",
    "State",
    "cell_name",
    "make",
    "parse_cell",
    "parse_moves",
    "play",
]
