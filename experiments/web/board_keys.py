"""Names of boards in addresses and rows; light, for whoever shows a lab before JAX is there."""

from __future__ import annotations

from games.text.numbers import side_by_side


def board_key(game: str, size: int) -> str:
    """A board in addresses: `hex-5`."""
    return f"{game}-{size}"


def first_name(game: str, size: int) -> str:
    """A board in words, as far as its number tells: `Hex 5×5`; `page_board` knows better."""
    return f"{game.replace('_', ' ').title()} {side_by_side(size)}"
