"""The lab's store: one SQLite file (WAL mode), with snapshots and checkpoints in folders beside it.

`schema` holds the tables with a sentence for every column, `lab.Store` opens and asks them,
`database` sees to the file, its damage and its version. Imports nothing of training/.
"""

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
    "row_id",
]
