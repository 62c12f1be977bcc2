"""Where SQLite and PostgreSQL differ: rows that may be there already, and sums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql, sqlite

from training.store.schema import Table

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def insert_or(session: orm.Session, table: type[Table]) -> Any:
    """An insert of the session's database that knows `on_conflict_do_…`."""
    return _INSERT[session.get_bind().dialect.name](table)


def add_missing(
    session: orm.Session, table: type[Table], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Write the rows that are not there yet; those that are stay as they are."""
    if rows:
        session.execute(insert_or(session, table).on_conflict_do_nothing(), rows)


def put(
    session: orm.Session, table: type[Table], key: Mapping[str, Any], values: Mapping[str, Any]
) -> None:
    """Write the row of a unique key, or change it if it is there."""
    row = insert_or(session, table).values(**key, **values)
    session.execute(row.on_conflict_do_update(index_elements=list(key), set_=dict(values)))


def sum_of(column: Any) -> sa.ColumnElement[int]:
    """The sum of a column of integers, as an integer: PostgreSQL's is a decimal number."""
    return sa.cast(sa.func.sum(column), sa.BigInteger)
