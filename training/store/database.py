"""The SQLite file behind a lab: opened to be written or only read, its damage, its version.

A file is of the schema version that its `user_version` names. One of an earlier version gets what
it lacks when it is opened for writing; opened for reading it stays as it is, and what it lacks is
put beside it in memory.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.schema import CreateTable

from games.errors import InputError
from games.text.plain_json import to_json

SCHEMA_VERSION = 2
BUSY_TIMEOUT_MS = 60_000  # several worker processes write; a commit takes milliseconds

_ADDED: dict[int, dict[str, dict[str, str]]] = {
    1: {"match": {"draws": "INTEGER NOT NULL DEFAULT 0"}},
    2: {"blunder_rate": {"entropy": "FLOAT DEFAULT NULL"}},
}
"""By schema version: the columns that it added to tables of the one before."""


def writing_engine(path: Path, metadata: sa.MetaData) -> sa.Engine:
    """A database in WAL mode, made or brought to this version if need be, all or nothing.

    Raises:
        InputError: if it is damaged, foreign, or of a later version.
    """
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(path)), json_serializer=to_json)
    event.listen(engine, "connect", _prepare_to_write)
    try:
        with engine.connect() as connection:
            _check(connection, path, metadata)
            if not _is_complete(connection, metadata):
                _complete(connection, metadata)
    except InputError:
        engine.dispose()  # so that nothing stays beside a file that is refused
        raise
    return engine


def reading_engine(path: Path, metadata: sa.MetaData) -> sa.Engine:
    """A database that nothing is written to, neither into the file nor beside it.

    Every question opens the file anew: at rest as a file that does not change, which needs no files
    beside it and no right to write; with a writer's log beside it as one that does.

    Raises:
        InputError: if it is damaged, foreign, or of a later version.
    """

    def connect() -> sqlite3.Connection:
        log = path.with_name(f"{path.name}-wal")
        at_rest = not log.exists() or log.stat().st_size == 0
        uri = f"{path.absolute().as_uri()}?{'immutable=1' if at_rest else 'mode=ro'}"
        return sqlite3.connect(uri, uri=True, check_same_thread=False)

    engine = sa.create_engine("sqlite://", creator=connect, poolclass=sa.NullPool)
    event.listen(engine, "connect", _prepare_to_read)
    with engine.connect() as connection:
        _check(connection, path, metadata)
        complete = _is_complete(connection, metadata)
        beside = [] if complete else _beside(connection, metadata)
    if beside:

        @event.listens_for(engine, "connect")
        def _put_beside(connection: Any, _record: Any) -> None:
            for statement in beside:
                connection.execute(statement)

    return engine


def _check(connection: sa.Connection, path: Path, metadata: sa.MetaData) -> None:
    """Refuse a database that is damaged, of a later version, or whose tables are not ours."""
    verdict = connection.execute(sa.text("PRAGMA quick_check(1)")).scalar()
    if verdict != "ok":
        raise InputError(
            f"{path} is damaged ({' '.join(str(verdict).split())}); restore it from a "
            "backup or start a new lab in another folder"
        )
    present = set(sa.inspect(connection).get_table_names())
    ours = [table for table in metadata.sorted_tables if table.name in present]
    if present and not ours:
        raise InputError(
            f"{path} is a database of something else (it has the tables "
            f"{', '.join(sorted(present))}); start a new lab in another folder"
        )
    version = _version(connection)
    if version > SCHEMA_VERSION:
        raise InputError(
            f"{path} was written by a later version of hexlaw (schema {version}, this one knows "
            f"{SCHEMA_VERSION}); install that version, or start a new lab in another folder"
        )
    coming = _lacking(connection)
    for table in ours:
        found = _columns(connection, table.name) | set(coming.get(table.name, {}))
        missing = {column.name for column in table.columns} - found
        if missing:
            raise InputError(
                f"{path}: table {table.name!r} lacks {', '.join(sorted(missing))}: it "
                "was made by another version of hexlaw; start a new lab in another folder"
            )


def _version(connection: sa.Connection) -> int:
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar() or 0)


def _is_complete(connection: sa.Connection, metadata: sa.MetaData) -> bool:
    """Whether there is nothing to add; a kill may have left tables uncreated."""
    present = set(sa.inspect(connection).get_table_names())
    return _version(connection) == SCHEMA_VERSION and present >= set(metadata.tables)


def _complete(connection: sa.Connection, metadata: sa.MetaData) -> None:
    """Add columns and tables in one transaction, in which nobody else writes."""
    connection.commit()
    connection.exec_driver_sql("BEGIN IMMEDIATE")  # another process may be beginning here, too
    for table, columns in _lacking(connection).items():
        for column, kind in columns.items():
            connection.exec_driver_sql(f'ALTER TABLE "{table}" ADD COLUMN "{column}" {kind}')
    metadata.create_all(connection)
    connection.exec_driver_sql(f"PRAGMA user_version={SCHEMA_VERSION}")
    connection.commit()


def _lacking(connection: sa.Connection) -> dict[str, dict[str, str]]:
    """By table that is there: the columns of later versions that it lacks, with their types."""
    lacking: dict[str, dict[str, str]] = {}
    version = _version(connection)
    for added in (tables for since, tables in _ADDED.items() if since > version):
        for table, columns in added.items():
            found = _columns(connection, table)
            lacking.setdefault(table, {}).update(
                {column: kind for column, kind in columns.items() if found and column not in found}
            )
    return lacking


def _columns(connection: sa.Connection, table: str) -> set[str]:
    """Names of a table's columns; none if it is not there."""
    return {row[1] for row in connection.exec_driver_sql(f'PRAGMA table_info("{table}")')}


def _beside(connection: sa.Connection, metadata: sa.MetaData) -> list[str]:
    """What puts into a connection's memory what a file lacks: whole tables, empty, and, over a
    table that lacks columns, a view of its name that has them."""
    statements = []
    for table, columns in _lacking(connection).items():
        added = [f'{kind.split("DEFAULT")[1]} AS "{name}"' for name, kind in columns.items()]
        if added:
            statements.append(
                f'CREATE TEMP VIEW "{table}" AS SELECT *, {", ".join(added)} FROM main."{table}"'
            )
    present = set(sa.inspect(connection).get_table_names())
    for table in metadata.sorted_tables:
        if table.name not in present:
            created = str(CreateTable(table).compile(connection)).strip()
            statements.append(created.replace("CREATE TABLE", "CREATE TEMP TABLE", 1))
    return statements


def _prepare_to_write(connection: Any, _record: Any) -> None:
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=wal",
        "synchronous=normal",
        "foreign_keys=on",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _prepare_to_read(connection: Any, _record: Any) -> None:
    for pragma in (f"busy_timeout={BUSY_TIMEOUT_MS}", "temp_store=memory"):
        connection.execute(f"PRAGMA {pragma}")
