"""What a lab was made for, kept in the lab so that others can help with it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from training.store.lab import Store
from training.store.sharing import JobRow
from training.store.writing import put


def announce_job(store: Store, job: str, settings: dict[str, Any]) -> None:
    """Write down what is being done in a lab, in place of what was under this name."""
    with store.session() as session:
        put(session, JobRow, {"id": job}, {"settings": settings})


def jobs_of(store: Store) -> dict[str, dict[str, Any]]:
    """The settings of everything that a lab was made for, by name."""
    query = sa.select(JobRow.id, JobRow.settings).order_by(JobRow.id)
    return dict(store.frame_query(query)[1])
