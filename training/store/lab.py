"""A lab: opened, asked and written in transactions, its faults told in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import exc, orm

from games.errors import InputError
from training.store.database import reading_engine, writing_engine
from training.store.place import DATABASE_NAME, address_of
from training.store.postgres import postgres_engine
from training.store.sharing import Table  # with all tables, those of work in progress too

STORED_MARKER = "stored-lab.txt"  # in a lab that `hexlaw export` wrote, to be kept as it is


LARGEST_ID = 2**63 - 1  # SQLite has no larger integers


def row_id(number: int) -> int:
    """A number that a query may ask for: of those that no row can have, one that none has."""
    return number if 0 < number <= LARGEST_ID else 0


class StoreAwayError(InputError):
    """The database cannot be reached now; the same work may go on once it can."""


class Store:
    """A lab: the database, and the folder with snapshots and checkpoints.

    Opened `read_only`, it must be there, and nothing is written into its folder.

    Raises:
        InputError: if the folder cannot be written or is a stored lab, which only `read_only`
            opens; if the database is damaged, foreign or of a later version.
        StoreAwayError: if a server's database cannot be reached.
    """

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        self.folder = folder
        self.path = folder / DATABASE_NAME
        address = address_of(folder)
        self.place = str(self.path if address is None else address.set(drivername="postgresql"))
        """Where the database is, for people."""
        self._is_file = address is None
        self._refuse_an_emptied_database()
        if read_only:
            with self._clear_errors():
                self._engine = (
                    reading_engine(self.path, Table.metadata)
                    if address is None
                    else postgres_engine(address, Table.metadata, read_only=True)
                )
            return
        if (folder / STORED_MARKER).exists():
            raise InputError(
                f"{folder} is a stored lab, kept as it is: copy the folder, delete "
                f"{STORED_MARKER} in the copy and open that folder"
            )
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"cannot create the lab folder {folder}: {error.strerror}; choose another folder"
            ) from error
        with self._clear_errors():
            self._engine = (
                writing_engine(self.path, Table.metadata)
                if address is None
                else postgres_engine(address, Table.metadata)
            )

    def _refuse_an_emptied_database(self) -> None:
        empty = self.path.is_file() and self.path.stat().st_size == 0
        if empty and (self.folder / "snapshots").exists():
            raise InputError(
                f"{self.path} is empty, but there are snapshots beside it, which it should "
                "describe; restore it from a backup or start a new lab in another folder"
            )

    def close(self) -> None:
        """Let go of the file; SQLite's log beside it is folded in."""
        self._engine.dispose()

    @contextmanager
    def _clear_errors(self) -> Iterator[None]:
        try:
            yield
        except exc.DBAPIError as error:
            if isinstance(error, exc.IntegrityError | exc.ProgrammingError | exc.DataError):
                raise  # a fault of ours, not of the file or the disk
            cause = " ".join(str(error.orig).split())
            if not self._is_file and isinstance(error, exc.OperationalError | exc.InterfaceError):
                raise StoreAwayError(
                    f"{self.place}: {cause}; when the database is back, run the same command again"
                ) from error
            raise InputError(
                f"{self.place}: {cause}; free some space, check its permissions, or choose "
                "another folder"
            ) from error

    @contextmanager
    def session(self) -> Iterator[orm.Session]:
        """A transaction: committed at the end of the block, rolled back on any exception."""
        with self._clear_errors(), orm.Session(self._engine) as session, session.begin():
            yield session

    def frame_query(self, statement: sa.Select) -> tuple[list[str], list[tuple]]:
        """Column names and rows of a query, for building data frames."""
        with self._clear_errors(), self._engine.connect() as connection:
            result = connection.execute(statement)
            return list(result.keys()), [tuple(row) for row in result]
