"""Match results from tables, so that anybody's games, and an exported lab's, can be rated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from analysis.tables.outside import read_table

COLUMNS = ("black", "white", "black_wins", "white_wins")
KINDS = ("boardsize", "tournament")
"""Columns that tell kinds of matches apart; kept where a file has them."""

_EXPORTED = {"black_id": "black", "white_id": "white"}  # in a report's tables/matches
_MOST_GAMES = 2**53  # of a match: above it, a float counts no single game any more


def read_matches(path: Path) -> pd.DataFrame:
    """Rows with black, white (names), black_wins, white_wins and, where the file has them, draws
    and `KINDS`; other columns are left out.

    Raises:
        InputError: naming file and line, for whatever is wrong.
    """
    table = read_table(path).renamed(_EXPORTED)
    table.require(
        COLUMNS,
        f"a table of matches has {', '.join(COLUMNS)} and may have draws; of a report's tables it "
        "is matches.csv",
    )
    rows: dict[str, Any] = {name: table.text(name) for name in ("black", "white")}
    for name, empty in (("black_wins", None), ("white_wins", None), ("draws", 0.0)):
        if table.has(name):
            rows[name] = table.numbers(name, "a number of games", _is_count, empty=empty)
    for name in KINDS:
        if table.has(name):
            rows[name] = table.text(name)
    if "boardsize" in rows:
        rows["boardsize"] = table.board_sizes()
    return pd.DataFrame(rows)


def _is_count(games: float) -> bool:
    return 0 <= games <= _MOST_GAMES
