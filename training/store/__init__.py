"""The lab's store: one SQLite file (WAL mode), with snapshots and checkpoints in folders beside it.

`schema` holds the tables with a sentence for every column, `lab.Store` opens and asks them,
`database` sees to the file, its damage and its version. Imports nothing of training/.

Both are imported when one of their names is first asked for (PEP 562): whoever fits a table that is
no lab, be it in a browser, needs no SQLAlchemy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.store.lab import DATABASE_NAME, LARGEST_ID, STORED_MARKER, Store, row_id
    from training.store.schema import (
        Agent,
        BlunderRate,
        Game,
        Match,
        Metric,
        Run,
        Snapshot,
        SolvedPosition,
        Table,
        Trace,
    )

__all__ = [
    "DATABASE_NAME",
    "LARGEST_ID",
    "STORED_MARKER",
    "Agent",
    "BlunderRate",
    "Game",
    "Match",
    "Metric",
    "Run",
    "Snapshot",
    "SolvedPosition",
    "Store",
    "Table",
    "Trace",
    "row_id",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    lab = importlib.import_module("training.store.lab")
    schema = importlib.import_module("training.store.schema")
    return getattr(lab if hasattr(lab, name) else schema, name)
