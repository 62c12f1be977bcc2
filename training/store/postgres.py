"""A lab's database on a PostgreSQL server: many machines write to it at the same time.

The version of its schema stands in the comment of the table `run`.
"""

from __future__ import annotations

import atexit
import functools

import sqlalchemy as sa

from games.errors import InputError
from games.text.plain_json import from_json, to_json
from training.store.versions import SCHEMA_VERSION, complete, is_complete, refuse_foreign

COMMENT = "hexlaw schema "
CREATING = 0x68657861  # of the lock under which tables are created
TIMEOUTS = {  # a server that went away, or a cut network, is noticed within a minute
    "connect_timeout": 10,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


def close_connections() -> None:
    """Close what this process holds open; whoever asks on opens anew."""
    for engine in _ENGINES:
        engine.dispose()


_ENGINES: list[sa.Engine] = []
atexit.register(close_connections)


@functools.cache  # a process opens a lab for every task, and a server's connections are few
def postgres_engine(url: sa.URL, metadata: sa.MetaData, *, read_only: bool = False) -> sa.Engine:
    """A database, its tables made or brought to this version if need be, all or nothing.

    Raises:
        InputError: if it is foreign, of a later version, or, `read_only`, of an earlier one; or the
            driver is not installed.
    """
    try:
        engine = sa.create_engine(
            url, json_serializer=to_json, json_deserializer=from_json, pool_pre_ping=True,
            connect_args=TIMEOUTS,
        )  # fmt: skip
    except ModuleNotFoundError as error:
        raise InputError(
            "a lab in PostgreSQL needs psycopg: pip install 'hexlaw[postgres]'"
        ) from error
    _ENGINES.append(engine)
    with engine.connect() as connection:
        place = str(url.set(drivername="postgresql"))
        refuse_foreign(connection, metadata, place, _version(connection))
        if not is_complete(connection, metadata, _version(connection)):
            if read_only:
                raise InputError(
                    f"{place} was made by an earlier version of hexlaw; any command that writes "
                    "into it brings it to this one"
                )
            _complete(connection, metadata)
    if read_only:
        return engine.execution_options(postgresql_readonly=True)
    return engine


def _complete(connection: sa.Connection, metadata: sa.MetaData) -> None:
    connection.rollback()
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({CREATING})")  # others begin, too
    complete(connection, metadata, _version(connection))
    connection.exec_driver_sql(f"COMMENT ON TABLE run IS '{COMMENT}{SCHEMA_VERSION}'")
    connection.commit()


def _version(connection: sa.Connection) -> int:
    inspector = sa.inspect(connection)
    if not inspector.has_table("run"):
        return 0
    comment = inspector.get_table_comment("run")["text"] or ""
    number = comment.removeprefix(COMMENT)
    return int(number) if number.isdigit() else 0
