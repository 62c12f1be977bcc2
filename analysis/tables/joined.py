"""Rows of several labs laid side by side, each with boards of its own, as those of one."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pandas as pd

from analysis.tables.rows import LabRows
from games.errors import InputError
from games.text.numbers import side_by_side

_NUMBERED = {
    "metrics": {"id": "metrics"},
    "snapshots": {"id": "snapshots"},
    "agents": {"id": "agents", "snapshot_id": "snapshots"},
    "matches": {"id": "matches", "black_id": "agents", "white_id": "agents"},
    "games": {"id": "games", "match_id": "matches"},
    "blunder_rates": {"id": "blunder_rates", "agent_id": "agents"},
    "traces": {"id": "traces", "snapshot_id": "snapshots"},
}
"""By table, columns of row numbers and the table whose rows they number; runs have names."""


def join_rows(parts: Sequence[LabRows]) -> LabRows:
    """All rows as one lab's, their numbers moved so that no two are alike.

    Labs whose agents have met, or may meet, are merged instead: agents of one board whom no games
    join have no common scale.

    Raises:
        InputError: if two parts have the same board of a game.
    """
    _check_apart(parts)
    if len(parts) == 1:
        return parts[0]
    tables: dict[str, list[pd.DataFrame]] = {
        field.name: [] for field in dataclasses.fields(LabRows)
    }
    taken = dict.fromkeys(_NUMBERED, 0)
    for part in parts:
        for name, frames in tables.items():
            frame = getattr(part, name)
            moved = {
                column: frame[column] + taken[numbered]
                for column, numbered in _NUMBERED.get(name, {}).items()
            }
            frames.append(frame.assign(**moved))
        taken = {name: max([taken[name], *tables[name][-1]["id"]]) for name in taken}
    return LabRows(**{name: _stacked(frames) for name, frames in tables.items()})


def _stacked(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Empty frames have no types of their own and would blur those of the others."""
    filled = [frame for frame in frames if len(frame)] or frames[:1]
    return pd.concat(filled, ignore_index=True)


def _check_apart(parts: Sequence[LabRows]) -> None:
    seen: set[tuple[str, int]] = set()
    for part in parts:
        both = [part.runs[["game", "boardsize"]], part.agents[["game", "boardsize"]]]
        own = set(pd.concat(both).itertuples(index=False, name=None))
        if shared := sorted(seen & own):
            game, size = shared[0]
            raise InputError(
                f"two of these have rows of {game} on {side_by_side(int(size))}: agents of one "
                "board need games against each other, in one lab; merge the labs"
            )
        seen |= own
