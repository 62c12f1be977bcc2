"""The SQLite file behind a lab: opened to be written or only read, its damage, its version.

A file is of the schema version that its `user_version` names (`training.store.versions`). Opened
for reading it stays as it is, and what it lacks is put beside it in memory.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.schema import CreateTable

from games.errors import InputError
from games.text.plain_json import from_json, to_json
from training.store.versions import (
    SCHEMA_VERSION,
    complete,
    is_complete,
    lacking,
    refuse_foreign,
)

BUSY_TIMEOUT_MS = 60_000  # several worker processes write; a commit takes milliseconds
CAREFUL = (f"busy_timeout={BUSY_TIMEOUT_MS}", "trusted_schema=off")
"""Pragmas of every connection. A schema that is not trusted calls no function that does things."""


def writing_engine(path: Path, metadata: sa.MetaData) -> sa.Engine:
    """A database in WAL mode, made or brought to this version if need be, all or nothing.

    Raises:
        InputError: if it is damaged, foreign, or of a later version.
    """
    url = sa.URL.create("sqlite", database=str(path))
    engine = sa.create_engine(url, json_serializer=to_json, json_deserializer=from_json)
    event.listen(engine, "connect", _prepare_to_write)
    try:
        with engine.connect() as connection:
            _check(connection, path, metadata)
            if not is_complete(connection, metadata, _version(connection)):
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

    engine = sa.create_engine(
        "sqlite://", creator=connect, poolclass=sa.NullPool, json_deserializer=from_json
    )
    event.listen(engine, "connect", _prepare_to_read)
    with engine.connect() as connection:
        _check(connection, path, metadata)
        complete = is_complete(connection, metadata, _version(connection))
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
    refuse_foreign(connection, metadata, str(path), _version(connection))
    # SQL that would run when somebody reads or writes.
    found = sa.text("SELECT type, name FROM sqlite_master WHERE type IN ('trigger', 'view')")
    if strange := connection.execute(found).first():
        raise InputError(
            f"{path} holds a {strange.type} ({strange.name!r}), which hexlaw has not made: do not "
            "trust this lab"
        )


def _version(connection: sa.Connection) -> int:
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar() or 0)


def _complete(connection: sa.Connection, metadata: sa.MetaData) -> None:
    """Add columns and tables in one transaction, in which nobody else writes."""
    connection.commit()
    connection.exec_driver_sql("BEGIN IMMEDIATE")  # another process may be beginning here, too
    complete(connection, metadata, _version(connection))
    connection.exec_driver_sql(f"PRAGMA user_version={SCHEMA_VERSION}")
    connection.commit()


def _beside(connection: sa.Connection, metadata: sa.MetaData) -> list[str]:
    """What puts into a connection's memory what a file lacks: whole tables, empty, and, over a
    table that lacks columns, a view of its name that has them."""
    statements = []
    for table, columns in lacking(connection, _version(connection)).items():
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
        *CAREFUL,
        "journal_mode=wal",
        "synchronous=normal",
        "foreign_keys=on",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _prepare_to_read(connection: Any, _record: Any) -> None:
    for pragma in (*CAREFUL, "temp_store=memory"):
        connection.execute(f"PRAGMA {pragma}")
