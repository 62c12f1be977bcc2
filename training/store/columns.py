"""Columns that a stranger may have filled: what is read from them is checked."""

from __future__ import annotations

from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect

from games.errors import InputError

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
"""PostgreSQL would sort by the language of its server."""


class FileInLab(sa.TypeDecorator[str]):
    """A file in a lab's folder. Whoever is told a path out of it reads, copies or
    publishes a file of this machine that the lab's maker has chosen."""

    impl = TEXT
    cache_ok = True

    @property
    def python_type(self) -> type[str]:
        """What its values are."""
        return str

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """The path as it stands in the row.

        Raises:
            InputError: if it leads elsewhere.
        """
        del dialect
        if value is None:
            return None
        for path in (PurePosixPath(value), PureWindowsPath(value)):
            if path.anchor or ".." in path.parts:
                raise InputError(f"the snapshot file {value} lies outside its lab; do not trust it")
        return value
