"""What pictures of every game share: letters and colours of stones, shades, captions."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
from numpy.typing import ArrayLike

from games.errors import InputError
from games.protocol import Game, State
from games.text.notation import PLAYER_NAMES

STONE_LETTERS = ("x", "o")  # OpenSpiel's

# Black, white and the line between them; grey that can be read on black as on white pages.
INK, PAPER, GREY = "#1b1b1b", "#ffffff", "#777777"
BOARD, GRID = "#f1e9d8", "#a89f8b"
HEAT = (BOARD, "#86b5da", "#0b5a9d")  # cells of heat 0, ½ and 1; between them in proportion
CHAIN = "#e8590c"


def new_svg(left: float, top: float, width: float, height: float) -> ET.Element:
    """An empty picture of so many user units, which shrinks with its page."""
    return ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"{left:.1f} {top:.1f} {width:.1f} {height:.1f}",
            "width": f"{width:.0f}",
            "height": f"{height:.0f}",
            "role": "img",
            "font-family": "system-ui, sans-serif",
            "text-anchor": "middle",
            "style": "max-width: 100%; height: auto",
        },
    )


def write(
    parent: ET.Element, centre: tuple[float, float], content: str, font_size: float, fill: str
) -> ET.Element:
    """A text whose digits and capitals stand centred on a point."""
    x, y = centre
    baseline = y + 0.36 * font_size  # half the height of a digit below the centre
    style = {"font-size": f"{font_size:.1f}", "fill": fill}
    text = ET.SubElement(parent, "text", {"x": f"{x:.1f}", "y": f"{baseline:.1f}", **style})
    text.text = content
    return text


def heat_colour(shade: float) -> str:
    """The colour of a cell of heat 0 to 1."""
    stops = np.array([list(bytes.fromhex(colour[1:])) for colour in HEAT])  # [3 stops, 3 channels]
    channels = [round(np.interp(shade, (0, 0.5, 1), channel)) for channel in stops.T]
    return f"#{bytes(channels).hex()}"


def situation(game: Game, state: State, *, letters: bool = False) -> str:
    """Who is to move, or how the game ended; with the letters of text boards if wanted."""
    winner = int(game.winner(state))
    if winner < 0 and bool(game.terminal(state)):
        return "draw"
    player = int(game.to_move(state)) if winner < 0 else winner
    name = f"{PLAYER_NAMES[player]} ({STONE_LETTERS[player]})" if letters else PLAYER_NAMES[player]
    return f"{name} to move" if winner < 0 else f"{name} won"


def checked_heat(heat: ArrayLike | None, num_actions: int) -> np.ndarray:
    """Heat as numbers [A]; zeros if there is none.

    Raises:
        InputError: unless it is [A] numbers in 0..1.
    """
    found = np.zeros(num_actions) if heat is None else np.asarray(heat, float)
    if found.shape != (num_actions,) or not np.all((found >= 0) & (found <= 1)):
        raise InputError(f"heat must be {num_actions} numbers from 0 to 1, one for each cell")
    return found
