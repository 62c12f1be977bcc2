"""Versions of the schema: what each added, and how a database of an earlier one gets what it lacks.

The same on both databases; only where the number stands differs.
"""

from __future__ import annotations

import sqlalchemy as sa

from games.errors import InputError

SCHEMA_VERSION = 6

_ADDED: dict[int, dict[str, dict[str, str]]] = {
    1: {"match": {"draws": "INTEGER NOT NULL DEFAULT 0"}},
    2: {"blunder_rate": {"entropy": "FLOAT DEFAULT NULL"}},
    3: {},
    4: {"agent": {"dependent_calls": "INTEGER DEFAULT NULL"}},
    5: {
        "snapshot": {
            "label_flops": "FLOAT NOT NULL DEFAULT 0",
            "teacher_flops": "FLOAT NOT NULL DEFAULT 0",
        },
        "trace": {"policy_kl": "JSON DEFAULT NULL"},
    },
    6: {"metric": {"boards": "JSON DEFAULT NULL"}},
}
"""By schema version: the columns that it added to tables of the one before. The third brought the
tables of work in progress: a version that knew none would not heed them."""


def refuse_foreign(
    connection: sa.Connection, metadata: sa.MetaData, place: str, version: int
) -> None:
    """Refuse a database of a later version, or whose tables are not ours.

    Raises:
        InputError: naming the place and the remedy.
    """
    present = set(sa.inspect(connection).get_table_names())
    ours = [table for table in metadata.sorted_tables if table.name in present]
    if present and not ours:
        raise InputError(
            f"{place} is a database of something else (it has the tables "
            f"{', '.join(sorted(present))}); start a new lab in another folder"
        )
    if version > SCHEMA_VERSION:
        raise InputError(
            f"{place} was written by a later version of hexlaw (schema {version}, this one knows "
            f"{SCHEMA_VERSION}); install that version, or start a new lab in another folder"
        )
    coming = lacking(connection, version)
    for table in ours:
        found = _columns(connection, table.name) | set(coming.get(table.name, {}))
        missing = {column.name for column in table.columns} - found
        if missing:
            raise InputError(
                f"{place}: table {table.name!r} lacks {', '.join(sorted(missing))}: it "
                "was made by another version of hexlaw; start a new lab in another folder"
            )


def is_complete(connection: sa.Connection, metadata: sa.MetaData, version: int) -> bool:
    """Whether there is nothing to add; a kill may have left tables uncreated."""
    present = set(sa.inspect(connection).get_table_names())
    return version == SCHEMA_VERSION and present >= set(metadata.tables)


def complete(connection: sa.Connection, metadata: sa.MetaData, version: int) -> None:
    """Add columns and tables; to be called in a transaction in which nobody else does."""
    for table, columns in lacking(connection, version).items():
        for column, kind in columns.items():
            connection.exec_driver_sql(f'ALTER TABLE "{table}" ADD COLUMN "{column}" {kind}')
    metadata.create_all(connection)


def lacking(connection: sa.Connection, version: int) -> dict[str, dict[str, str]]:
    """By table that is there: the columns of later versions that it lacks, with their types."""
    found: dict[str, dict[str, str]] = {}
    for added in (tables for since, tables in _ADDED.items() if since > version):
        for table, columns in added.items():
            there = _columns(connection, table)
            found.setdefault(table, {}).update(
                {column: kind for column, kind in columns.items() if there and column not in there}
            )
    return found


def _columns(connection: sa.Connection, table: str) -> set[str]:
    """Names of a table's columns; none if it is not there."""
    inspector = sa.inspect(connection)
    if not inspector.has_table(table):
        return set()
    return {column["name"] for column in inspector.get_columns(table)}
