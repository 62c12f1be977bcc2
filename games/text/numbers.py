"""Whole numbers as people and programs write them."""

from __future__ import annotations

import re
from typing import Any

_NATURAL = re.compile(r"[0-9]{1,18}", re.ASCII)


def parse_natural(text: str) -> int | None:
    """The number that `text` writes in ASCII digits; none if it is anything else.

    `str.isdigit` and `int` are no such pair: the first takes `²` and the second refuses it, as it
    refuses more than 4,300 digits. Numbers of more than 18 digits, which fit no machine word, are
    nothing that anybody counts here, and count as no number.
    """
    return int(text) if _NATURAL.fullmatch(text) else None


def side_by_side(size: Any) -> str:
    """The grid of a board by its number: `5×5` of 5, and `6×7` of 67, whose digits are rows and
    columns; no board has a side of 20 and more. Any integer will do, a table's own included."""
    rows, columns = (size, size) if size < 20 else divmod(size, 10)
    return f"{rows}×{columns}"
