"""The one game whose boards the scripts of the pages draw; light, for whoever has to ask."""

from __future__ import annotations

from games.errors import InputError

PAGE_GAME = "hex"
"""What a lab holds of other games is not shown."""


def check_drawn(game: str) -> None:
    """Refuse a game that pages cannot show.

    Raises:
        InputError: unless it is `PAGE_GAME`.
    """
    if game != PAGE_GAME:
        raise InputError(
            f"pages draw {PAGE_GAME}, not {game}; `hexlaw replay` shows its games in a terminal"
        )
