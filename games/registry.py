"""Every game by its name, and what else `games` offers: it hands on the names listed here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from numpy.typing import ArrayLike

from games import breakthrough, connect_four, havannah, hex_swap, y
from games.breakthrough import Breakthrough
from games.connect_four import ConnectFour
from games.errors import InputError
from games.havannah import Havannah
from games.hex import MAX_SIZE, MIN_SIZE, Hex
from games.hex_swap import HexSwap
from games.kinds import load_entry_points
from games.protocol import Game, State, Symmetries
from games.text import discs, drawing, grid, hexhex, manuals, shapes, swap, triangle
from games.text.hexworld import hexworld_link
from games.text.layout import Layout
from games.text.manuals import Manual
from games.text.notation import cell_name, parse_cell, parse_moves, play
from games.y import Y


def no_chain(game: Game, state: State) -> list[int]:
    """No cells."""
    del game, state
    return []


class Pictures(NamedTuple):
    """How a game's positions are drawn; `games.text.grid` draws those of any grid."""

    text: Callable[..., str] = grid.draw_text
    """(game, state, last_move) → plain characters for a terminal."""
    svg: Callable[..., str] = grid.draw_svg
    """(game, state, *, last_move, heat, labels, title) → one self-contained `<svg>` element."""
    layout: Callable[[Any], Layout] = grid.lay_out
    """game → where its cells lie, from which pages draw it."""
    chain: Callable[[Any, State], list[int]] = no_chain
    """(game, state) → the cells that decided a finished game, each joined to the next."""


ON_A_GRID = Pictures()


class Outside(NamedTuple):
    """What the world outside has for a game; nothing for a new one."""

    sgf: bool = False
    """Whether `games.text.sgf` writes and reads its records."""
    link: Callable[[int, Iterable[int]], str] | None = None
    """(size, moves) → address of a page that shows the game."""


NOTHING = Outside()
UNWRITTEN = Manual()


class RegisteredGame(NamedTuple):
    """A registered game."""

    make: Callable[[int], Game]
    """The rules on a board of a size; refuses sizes outside `sizes` by an `InputError`."""
    sizes: Sequence[int]
    """Sizes of boards, rising, that can be played."""
    pictures: Pictures
    outside: Outside
    manual: Manual


REGISTRY: dict[str, RegisteredGame] = {}


def register(
    name: str,
    make: Callable[[int], Game],
    sizes: Sequence[int],
    pictures: Pictures = ON_A_GRID,
    outside: Outside = NOTHING,
    manual: Manual = UNWRITTEN,
) -> None:
    """Make a game known by its name to everything that asks for one.

    Raises:
        ValueError: if another game has that name.
    """
    entry = RegisteredGame(make, sizes, pictures, outside, manual)
    if REGISTRY.setdefault(name, entry) != entry:
        raise ValueError(f"another game is called {name!r}")


def find(name: str) -> RegisteredGame:
    """A game by its name.

    Raises:
        InputError: if there is none.
    """
    if name not in REGISTRY:
        load_entry_points()
    if name not in REGISTRY:
        raise InputError(f"unknown game {name!r}; there is: {', '.join(sorted(REGISTRY))}")
    return REGISTRY[name]


def make(name: str, size: int) -> Game:
    """The rules of game `name` on a board of size `size`.

    Raises:
        InputError: if the game is unknown or cannot be played at that size.
    """
    return find(name).make(size)


def draw_text(game: Game, state: State, last_move: int | None = None) -> str:
    """The position in plain characters, for a terminal: `x` black, `o` white.

    Raises:
        InputError: if `last_move` cannot have been played.
    """
    return REGISTRY[game.name].pictures.text(game, state, last_move)


def draw_svg(
    game: Game,
    state: State,
    *,
    last_move: int | None = None,
    heat: ArrayLike | None = None,
    labels: Mapping[int, str] | None = None,
    title: str | None = None,
) -> str:
    """The position as one self-contained `<svg>` element.

    Args:
        game: the rules.
        state: the position, unbatched.
        last_move: the action to mark.
        heat: a number in 0..1 for each action, [A] (say, visit shares).
        labels: short texts by action.
        title: what screen readers say; without it, the board and the situation in words.

    Raises:
        InputError: if `last_move` or a label cannot be, or `heat` is not [A] numbers in 0..1.
    """
    draw = REGISTRY[game.name].pictures.svg
    return draw(game, state, last_move=last_move, heat=heat, labels=labels, title=title)


register(
    "hex",
    Hex,
    range(MIN_SIZE, MAX_SIZE + 1),
    Pictures(drawing.draw_text, drawing.draw_svg, drawing.lay_out, drawing.winning_chain),
    Outside(sgf=True, link=hexworld_link),
    manuals.HEX,
)
register(
    hex_swap.NAME,
    HexSwap,
    range(MIN_SIZE, MAX_SIZE + 1),
    Pictures(swap.draw_text, swap.draw_svg, swap.lay_out, swap.winning_chain),
    Outside(sgf=True),
    manuals.HEX_SWAP,
)
register(breakthrough.NAME, Breakthrough, breakthrough.SIZES, manual=manuals.BREAKTHROUGH)
register(
    connect_four.NAME,
    ConnectFour,
    connect_four.SIZES,
    Pictures(chain=discs.winning_four),
    manual=manuals.CONNECT_FOUR,
)
register(
    havannah.NAME,
    Havannah,
    havannah.SIZES,
    Pictures(hexhex.draw_text, hexhex.draw_svg, hexhex.lay_out, shapes.winning_shape),
    manual=manuals.HAVANNAH,
)
register(
    y.NAME,
    Y,
    y.SIZES,
    Pictures(triangle.draw_text, triangle.draw_svg, triangle.lay_out, shapes.winning_fork),
    manual=manuals.Y,
)

__all__ = [
    "REGISTRY",
    "Breakthrough",
    "ConnectFour",
    "Game",
    "Havannah",
    "Hex",
    "HexSwap",
    "InputError",
    "Outside",
    "Pictures",
    "RegisteredGame",
    "State",
    "Symmetries",
    "Y",
    "cell_name",
    "draw_svg",
    "draw_text",
    "find",
    "make",
    "parse_cell",
    "parse_moves",
    "play",
    "register",
]
