"""What pictures of every game share: colours, captions, and how a laid out board is drawn."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from games.errors import InputError
from games.protocol import Game, State
from games.text.layout import Cell, Layout, Point
from games.text.notation import NOBODY, PLAYER_NAMES

STONE_LETTERS = ("x", "o")  # OpenSpiel's

# Black, white and the line between them; grey that can be read on black as on white pages.
INK, PAPER, GREY = "#1b1b1b", "#ffffff", "#777777"
BOARD, GRID = "#f1e9d8", "#a89f8b"
HEAT = (BOARD, "#86b5da", "#0b5a9d")  # cells of heat 0, ½ and 1; between them in proportion
CHAIN, NOBODYS_RIM = "#e8590c", "#d9d4c7"
COLOURS = (INK, PAPER)  # by player
FONT, LABEL, LONG_LABEL = 14.4, 14.0, 10.4  # sizes: of coordinates, of labels, of longer ones


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


def draw_board(
    layout: Layout,
    owners: np.ndarray,
    *,
    title: str,
    description: str = "",
    shades: np.ndarray,
    chain: Sequence[int] = (),
    last: int | None = None,
    left: int | None = None,
    labels: Mapping[int, str],
) -> ET.Element:
    """A board with its stones, as an SVG element.

    Args:
        layout: the board.
        owners: whose stone lies on each cell [R·C]: 0, 1 or -1.
        title: what screen readers say first.
        description: what they say then.
        shades: heat of each cell [R·C], 0 to 1.
        chain: cells to outline, each joined to the next.
        last: the cell of the stone played last, which gets a ring.
        left: the cell that the last move left empty, which gets a dot.
        labels: short texts by cell.

    Raises:
        InputError: if a label is for no cell of the board.
    """
    cells = {cell.number: cell for cell in layout.cells}
    svg = new_svg(*layout.box)
    ET.SubElement(svg, "title").text = title
    if description:
        ET.SubElement(svg, "desc").text = description
    _draw_rims(svg, layout)
    _draw_cells(svg, layout, shades)
    _draw_stones(svg, layout, cells, owners, chain, last)
    if left is not None:
        stone = _circle(cells[left].centre, 0.3 * layout.stone)
        ET.SubElement(svg, "circle", {**stone, "fill": GREY})
    written = ET.SubElement(svg, "g")
    for coordinate in layout.coordinates:
        write(written, coordinate.centre, coordinate.text, FONT, GREY)
    texts = ET.SubElement(svg, "g")
    for number, label in labels.items():
        if number not in cells:
            rows = 1 + max(cells) // layout.columns
            raise InputError(f"no action {number} on a {rows}×{layout.columns} board")
        dark = owners[number] == 0 or (owners[number] == NOBODY and shades[number] > 0.6)
        size, fill = LABEL if len(label) < 3 else LONG_LABEL, PAPER if dark else INK
        text = write(texts, cells[number].centre, label, size, fill)
        text.set("data-label", cells[number].name)
    return svg


def _draw_rims(svg: ET.Element, layout: Layout) -> None:
    style = {"stroke": GREY, "stroke-width": "1.4", "stroke-linejoin": "round"}
    rims = ET.SubElement(svg, "g", style)
    for rim in layout.rims:
        fill = NOBODYS_RIM if rim.owner is None else COLOURS[rim.owner]
        ET.SubElement(rims, "polygon", {"points": _points(rim.corners), "fill": fill})


def _draw_cells(svg: ET.Element, layout: Layout, shades: np.ndarray) -> None:
    """The cells in the colours of their heat."""
    group = ET.SubElement(svg, "g", {"stroke": GRID, "stroke-width": "1.2"})
    for cell in layout.cells:
        x, y = cell.centre
        corners = [(x + dx, y + dy) for dx, dy in layout.outline]
        shown = {"points": _points(corners), "fill": heat_colour(shades[cell.number])}
        ET.SubElement(group, "polygon", {"data-cell": cell.name, **shown})


def _draw_stones(
    svg: ET.Element,
    layout: Layout,
    cells: Mapping[int, Cell],
    owners: np.ndarray,
    chain: Sequence[int],
    last: int | None,
) -> None:
    """Stones, a ring on the last move, and a chain of stones outlined."""
    if chain:
        line = {"points": _points([cells[number].centre for number in chain]), "fill": "none"}
        ET.SubElement(svg, "polyline", {**line, "stroke": CHAIN, "stroke-width": "8.0"})
    stones = ET.SubElement(svg, "g", {"stroke": INK, "stroke-width": "1"})
    for number, cell in cells.items():
        owner = int(owners[number])
        if owner == NOBODY:
            continue
        stone = {"data-stone": cell.name, **_circle(cell.centre, layout.stone)}
        stone["fill"] = COLOURS[owner]
        if number in chain:
            stone |= {"stroke": CHAIN, "stroke-width": "3.2"}
        ET.SubElement(stones, "circle", stone)
        if number == last:
            ring = _circle(cell.centre, 0.78 * layout.stone) | {"fill": "none"}
            ring |= {"stroke": COLOURS[1 - owner], "stroke-width": "2"}
            ET.SubElement(stones, "circle", {"data-last": cell.name, **ring})


def _circle(centre: Point, radius: float) -> dict[str, str]:
    return {"cx": f"{centre[0]:.1f}", "cy": f"{centre[1]:.1f}", "r": f"{radius:.1f}"}


def _points(places: Sequence[Point]) -> str:
    """Places as an SVG list of points."""
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)


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
