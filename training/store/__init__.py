"""The lab's store: one database, with snapshots and checkpoints in folders beside it.

`schema` holds the tables of results with a sentence for every column, `sharing` those of work in
progress, `columns` the types of what a stranger may have filled; `lab.Store` opens and asks them,
`place` says where, `database` sees to an SQLite file and its damage, `postgres` to a server's
database, `versions` to what an earlier version lacks, `writing` writes rows that may be there
already, `jobs` and `leases` share a lab's work among many. Imports nothing of training/.

Each is imported when one of its names is first asked for (PEP 562): whoever fits a table that is no
lab, be it in a browser, needs no SQLAlchemy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.store.jobs import announce_job, jobs_of
    from training.store.lab import LARGEST_ID, STORED_MARKER, Store, StoreAwayError, row_id
    from training.store.leases import Leases
    from training.store.place import DATABASE_NAME, is_lab, place_database
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
    from training.store.sharing import JobRow, Lease, WorkerRow
    from training.store.writing import add_missing, put, sum_of

_HOMES = {  # the names of each module
    "jobs": "announce_job jobs_of",
    "lab": "LARGEST_ID STORED_MARKER Store StoreAwayError row_id",
    "leases": "Leases",
    "place": "DATABASE_NAME is_lab place_database",
    "schema": "Agent BlunderRate Game Match Metric Run Snapshot SolvedPosition Table Trace",
    "sharing": "JobRow Lease WorkerRow",
    "writing": "add_missing put sum_of",
}

__all__ = [
    "DATABASE_NAME",
    "LARGEST_ID",
    "STORED_MARKER",
    "Agent",
    "BlunderRate",
    "Game",
    "JobRow",
    "Lease",
    "Leases",
    "Match",
    "Metric",
    "Run",
    "Snapshot",
    "SolvedPosition",
    "Store",
    "StoreAwayError",
    "Table",
    "Trace",
    "WorkerRow",
    "add_missing",
    "announce_job",
    "is_lab",
    "jobs_of",
    "place_database",
    "put",
    "row_id",
    "sum_of",
]


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names.split():
            return getattr(importlib.import_module(f"training.store.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
