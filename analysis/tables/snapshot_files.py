"""Rated snapshots from a table, so that anybody's numbers, and a report's, can be fitted.

One row a snapshot (or an agent, where play-time compute varies): `boardsize`, `train_flops` and
`elo`; `run` (or `run_id`), or else `width`, `depth` and, if there is one, `seed`, to tell the runs
apart; `game` and `recipe` where the file holds several. Other columns are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from analysis.tables.outside import TextTable, read_table

NUMBERS = ("boardsize", "train_flops", "elo")
GROUPS = ("game", "recipe")
"""What is fitted apart; empty text where a file has no such column."""


class SnapshotTable(NamedTuple):
    """Rated snapshots, and what the file holds beside them."""

    rows: pd.DataFrame  # run_id (unique over boards), boardsize, train_flops, elo, GROUPS, …
    untrained: int  # rows left out: no network, or one that has spent nothing


def read_snapshots(path: Path, also: Sequence[str] = ()) -> SnapshotTable:
    """The rated snapshots of a file.

    Players without a network (neither a run nor training compute, such as perfect play) and
    untrained ones (compute 0) have no place on a logarithmic axis and are left out.

    Args:
        path: a table with a header.
        also: further columns of positive numbers that must be there.

    Raises:
        InputError: naming the file, and the line and column where a value is missing, no number,
            or compute is not positive.
    """
    table = read_table(path).renamed({"run_id": "run"})
    names = ["run"] if table.has("run") else ["width", "depth"]
    needed = list(dict.fromkeys([*NUMBERS, *also, *names]))
    best = "search_ratings.csv" if "test_flops" in also else "ratings.csv"
    table.require(
        needed,
        f"it needs {', '.join([*NUMBERS, *also])}, and run or else width and depth; of a report's "
        f"tables, {best} has them",
    )
    table, untrained = _trained(table, names)
    sizes = table.board_sizes()
    rows: dict[str, Any] = {"boardsize": sizes, "elo": table.numbers("elo", "a finite number")}
    for name in ("train_flops", *also):
        rows[name] = table.numbers(name, "a number above 0", lambda number: number > 0)
    for name in GROUPS:
        rows[name] = table.cells[name].to_numpy() if table.has(name) else ""
    rows["run_id"] = _runs(table, names, sizes)
    return SnapshotTable(pd.DataFrame(rows), untrained)


def _trained(table: TextTable, names: Sequence[str]) -> tuple[TextTable, int]:
    """Without the rows of players that no training has made, and their number."""
    no_run = np.all([table.is_empty(name) for name in names], axis=0)
    no_network = no_run & table.is_empty("train_flops")
    table = table.without(no_network)
    spent = table.numbers("train_flops", "a number above 0", lambda flops: flops >= 0)
    table = table.without(spent == 0)
    return table, int(no_network.sum() + (spent == 0).sum())


def _runs(table: TextTable, names: Sequence[str], sizes: np.ndarray) -> list[str]:
    """A name for the run of each row: text as it stands, numbers by their value."""
    if names == ["run"]:
        parts = [table.text("run")]
    else:
        seed = ["seed"] if table.has("seed") else []
        parts = [table.numbers(name, "a number") for name in [*names, *seed]]
    groups = [table.cells[name] for name in GROUPS if table.has(name)]
    return ["/".join(map(str, key)) for key in zip(*groups, sizes, *parts, strict=True)]
