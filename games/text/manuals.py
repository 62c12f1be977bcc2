"""How each game is played, in the words that pages show to people who have never seen it."""

from __future__ import annotations

from typing import NamedTuple


class Manual(NamedTuple):
    """A game in words; a game that brings none is played without."""

    paragraphs: tuple[str, ...] = ()
    """How to play."""
    aims: tuple[str, str] = ("", "")
    """What black and white want, in a few words, such as `top to bottom`."""


HEX = Manual(
    (
        "Black and white take turns; each puts a stone on any empty cell, where it stays. Black "
        "wins by joining top and bottom, white by joining left and right, with a chain of touching "
        "stones; a cell touches up to six others. The coloured edges say which is whose.",
        "There is no draw: when the board is full, exactly one side has joined its edges. Black, "
        "who begins, has an advantage. Two stones with two empty cells between them are as good as "
        "joined: if one is taken, play the other.",
    ),
    ("top to bottom", "left to right"),
)
HEX_SWAP = Manual(
    (
        *HEX.paragraphs[:1],
        "So that beginning is no advantage, white may answer the first stone by a swap: it takes "
        "the stone over, on the mirrored cell, where it is worth to white what it was to black. "
        "Who begins does best to play a stone that is neither too good nor too bad.",
    ),
    HEX.aims,
)
Y = Manual(
    (
        "Black and white take turns; each puts a stone on any empty cell, where it stays. Who "
        "first has a chain of touching stones that touches all three sides of the triangle wins; "
        "a corner belongs to both of its sides.",
        "There is no draw: a full board has exactly one such chain.",
    ),
    ("all three sides", "all three sides"),
)
HAVANNAH = Manual(
    (
        "Black and white take turns; each puts a stone on any empty cell, where it stays. Three "
        "shapes of touching stones win: a bridge joins two of the six corners, a fork three of the "
        "six sides, and a ring goes round at least one cell, whoever's it is. A corner belongs to "
        "no side.",
        "A full board without any of them is a draw, which is rare.",
    ),
    ("a bridge, a fork or a ring", "a bridge, a fork or a ring"),
)
CONNECT_FOUR = Manual(
    (
        "Black and white take turns; each drops a disc into a column that is not full, where it "
        "falls to the lowest empty cell. Who first has four discs in a row wins: across, upright "
        "or slanting.",
        "A full grid without four in a row is a draw.",
    ),
    ("four in a row", "four in a row"),
)
BREAKTHROUGH = Manual(
    (
        "Black moves down, white up; who first reaches the last row wins, or who takes all stones "
        "of the other side. A turn moves one stone to one of the three cells ahead: straight only "
        "if that is empty, slanting also onto a stone of the other side, which is taken.",
        "Choose a stone, then the cell to which it goes. There is no draw.",
    ),
    ("down to the last row", "up to the first row"),
)
