"""Every game by its name, and what else `games` offers: it hands on the names listed here."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from games.errors import InputError
from games.hex import MAX_SIZE, MIN_SIZE, Hex
from games.protocol import Game, State, Symmetries
from games.text.notation import cell_name, parse_cell, parse_moves, play


class Entry(NamedTuple):
    """A registered game."""

    make: Callable[[int], Game]
    """The rules on a board of a size; refuses sizes outside `sizes` by an `InputError`."""
    sizes: range
    """Sizes of boards that can be played."""


REGISTRY: dict[str, Entry] = {}


def register(name: str, make: Callable[[int], Game], sizes: range) -> None:
    """Make a game known by its name to everything that asks for one.

    Raises:
        ValueError: if another game has that name.
    """
    entry = Entry(make, sizes)
    if REGISTRY.setdefault(name, entry) != entry:
        raise ValueError(f"another game is called {name!r}")


def make(name: str, size: int) -> Game:
    """The rules of game `name` on a board of size `size`.

    Raises:
        InputError: if the game is unknown or cannot be played at that size.
    """
    if name not in REGISTRY:
        raise InputError(f"unknown game {name!r}; there is: {', '.join(sorted(REGISTRY))}")
    return REGISTRY[name].make(size)


register("hex", Hex, range(MIN_SIZE, MAX_SIZE + 1))

__all__ = [
    "REGISTRY",
    "Entry",
    "Game",
    "Hex",
    "InputError",
    "State",
    "Symmetries",
    "cell_name",
    "make",
    "parse_cell",
    "parse_moves",
    "play",
    "register",
]
