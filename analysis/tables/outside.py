"""A table from outside, read without guessing: every cell stays the text that stands in the file.

CSV with commas, semicolons or tabs, packed (.gz, .bz2, .xz, .zip) or not, and Parquet. What a cell
means is asked for column by column; a complaint names the file, the line and the column. A reader
that guesses types would take the runs `01` and `1` for one, and the run `NA` for none.
"""

from __future__ import annotations

import bz2
import codecs
import csv
import dataclasses
import gzip
import io
import lzma
import math
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from games.errors import InputError

Value = TypeVar("Value")

_DELIMITERS = ",;\t"  # the first of those that stand most often in the header
_DAMAGED = (
    OSError, EOFError, ValueError, RuntimeError, NotImplementedError, zlib.error, lzma.LZMAError,
    zipfile.BadZipFile,
)  # fmt: skip


def read_table(path: Path) -> TextTable:
    """The table of a file whose first line names the columns.

    Blank lines, a byte order mark and blanks around cells do no harm.

    Raises:
        InputError: if the file cannot be read or unpacked, is no text in UTF-8 (or UTF-16 with its
            mark), or a line has more or fewer cells than the header.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    if path.suffix.lower() == ".parquet":
        return _of_parquet(raw, path)
    text = _decoded(_unpacked(raw, path), path)
    header_line = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(_DELIMITERS, key=header_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] = []
    lines, rows = [], []
    try:
        for line, cells in _numbered(reader):
            if not header:
                header = [_canonical(cell) for cell in cells]
            elif len(cells) != len(header):
                raise InputError(
                    f"{path}, line {line}: {len(cells)} cells, but the first line names "
                    f"{len(header)} columns"
                )
            else:
                lines.append(line)
                rows.append([cell.strip() for cell in cells])
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num}: {error}") from None
    return TextTable(path, pd.DataFrame(rows, lines, pd.Index(header, dtype=object), dtype=object))


@dataclasses.dataclass(frozen=True)
class TextTable:
    """Text cells; columns in lower case with underscores (`Black wins` is `black_wins`)."""

    path: Path
    cells: pd.DataFrame  # text; the index is the line of the file
    place: str = "line"  # what the index counts

    def require(self, names: Sequence[str], remedy: str) -> None:
        """Refuse a table that lacks a column or has one twice.

        Raises:
            InputError: naming what is missing, what is there, and `remedy`.
        """
        if missing := [name for name in names if not self.has(name)]:
            there = ", ".join(self.cells.columns) or "none"
            raise InputError(
                f"{self.path} lacks the columns {', '.join(missing)} (it has {there}); {remedy}"
            )
        if not len(self.cells):
            raise InputError(f"{self.path} has no rows under its header")

    def has(self, name: str) -> bool:
        """Whether there is such a column.

        Raises:
            InputError: if it stands twice.
        """
        columns = self.cells.columns.tolist()
        if columns.count(name) > 1:
            raise InputError(f"{self.path}: the column {name} stands twice; keep one of them")
        return name in columns

    def renamed(self, names: Mapping[str, str]) -> TextTable:
        """With each column by its second name, where it has the first and not the second."""
        given = {old: new for old, new in names.items() if self.has(old) and not self.has(new)}
        return dataclasses.replace(self, cells=self.cells.rename(columns=given))

    def without(self, rows: np.ndarray) -> TextTable:
        """The table without the rows that bool [rows] marks."""
        return dataclasses.replace(self, cells=self.cells[~rows])

    def is_empty(self, name: str) -> np.ndarray:
        """bool [rows]: whether the cell holds nothing."""
        return (self.cells[name] == "").to_numpy(bool)

    def text(self, name: str) -> list[str]:
        """A column of names.

        Raises:
            InputError: if a cell is empty.
        """
        return self._each(name, "a name", str, lambda text: text != "")

    def numbers(
        self,
        name: str,
        wanted: str,
        fits: Callable[[float], bool] = lambda number: True,
        *,
        empty: float | None = None,
    ) -> np.ndarray:
        """A column of finite numbers, float [rows].

        Args:
            name: of the column.
            wanted: what a number must be, as a complaint says it.
            fits: whether it is that.
            empty: what an empty cell means; without it, an empty cell is refused.

        Raises:
            InputError: if a cell is anything else.
        """

        def parse(text: str) -> float:
            if not text and empty is not None:
                return empty
            try:
                return float(text)
            except ValueError:
                return math.nan

        found = self._each(name, wanted, parse, lambda value: math.isfinite(value) and fits(value))
        return np.array(found, float)

    def board_sizes(self) -> np.ndarray:
        """The column `boardsize`, int [rows].

        Raises:
            InputError: if a cell is no whole number above 0.
        """
        sizes = self.numbers(
            "boardsize", "a whole number above 0", lambda size: size > 0 and size == int(size)
        )
        return sizes.astype(int)

    def _each(
        self, name: str, wanted: str, parse: Callable[[str], Value], fits: Callable[[Value], bool]
    ) -> list[Value]:
        found = []
        for line, text in self.cells[name].items():
            value = parse(text)
            if not fits(value):
                shown = repr(text) if text else "empty"
                raise InputError(
                    f"{self.path}, {self.place} {line}: {name} is {shown}, not {wanted}"
                )
            found.append(value)
        return found


def _numbered(reader) -> Iterator[tuple[int, list[str]]]:
    """Records that hold anything, with the line that each begins in."""
    line = 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield line, cells
        line = reader.line_num + 1


def _canonical(name: str) -> str:
    return "_".join(name.strip().lower().replace("-", " ").split())


def _unpacked(raw: bytes, path: Path) -> bytes:
    kind = path.suffix.lower()
    if kind == ".zst":
        raise InputError(f"{path} is packed with zstd, which is not read here; unpack it first")
    unpack = {
        ".gz": gzip.decompress, ".bz2": bz2.decompress, ".xz": lzma.decompress, ".zip": _only_file,
    }.get(kind)  # fmt: skip
    try:
        return unpack(raw) if unpack else raw
    except _DAMAGED as error:
        raise InputError(f"cannot unpack {path}: {error}") from error


def _only_file(raw: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        if len(names) != 1:
            raise ValueError(f"it holds {len(names)} files, not one table")
        return archive.read(names[0])


def _decoded(raw: bytes, path: Path) -> str:
    marked = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = raw.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InputError(
            f"{path}, line {line}: no text in UTF-8 ({error.reason}); save the table as UTF-8"
        ) from error
    if "\0" in text:
        raise InputError(f"{path} holds zero bytes: it is no text, so no CSV table")
    return text


def _of_parquet(raw: bytes, path: Path) -> TextTable:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        columns = pq.read_table(pa.BufferReader(raw)).to_pydict()
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path} is no Parquet table: {' '.join(str(error).split())}") from error
    cells = {
        _canonical(name): [
            "" if value is None or value != value else str(value) for value in column
        ]
        for name, column in columns.items()
    }
    # A value that is not itself is NaN, an empty cell of a column of numbers.
    rows = pd.DataFrame(cells, dtype=object)
    return TextTable(path, rows.set_axis(np.arange(1, len(rows) + 1)), place="row")
