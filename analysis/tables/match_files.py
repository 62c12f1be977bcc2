"""Match results from CSV files, so that anybody's games can be rated."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pandas as pd

from games.errors import InputError

COLUMNS = ("black", "white", "black_wins", "white_wins")
OPTIONAL = "draws"


def read_matches(path: Path) -> pd.DataFrame:
    """Rows with black, white (names), black_wins, white_wins and, where the file has it, draws.

    Other columns are left out; blank lines and a byte order mark do no harm.

    Raises:
        InputError: naming file and line, for whatever is wrong.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _parse(csv.reader(file), path)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no text in UTF-8 ({error.reason})") from error


def _parse(reader, path: Path) -> pd.DataFrame:
    try:
        header = [name.strip() for name in next(reader, [])]
        missing = [name for name in COLUMNS if name not in header]
        if missing:
            raise InputError(
                f"{path}, line 1: no column {', '.join(missing)}; the first line must name "
                f"{', '.join(COLUMNS)} and may name {OPTIONAL}"
            )
        wanted = [*COLUMNS, *([OPTIONAL] if OPTIONAL in header else [])]
        if doubled := [name for name in wanted if header.count(name) > 1]:
            raise InputError(f"{path}, line 1: column {doubled[0]} stands twice")
        places = [header.index(name) for name in wanted]
        rows = []
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                raise InputError(
                    f"{path}, line {reader.line_num}: {len(cells)} fields, but line 1 names "
                    f"{len(header)}"
                )
            line = f"{path}, line {reader.line_num}"
            black, white, *counts = (cells[place].strip() for place in places)
            if not black or not white:
                raise InputError(f"{line}: a player without a name")
            rows.append((black, white, *(_count(count, line) for count in counts)))
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num}: {error}") from None
    if not rows:
        raise InputError(f"{path} holds no matches")
    return pd.DataFrame(rows, columns=pd.Index(wanted))


def _count(text: str, line: str) -> float:
    try:
        count = float(text or "0")
    except ValueError:
        count = math.nan
    if not (math.isfinite(count) and count >= 0):
        raise InputError(f"{line}: {text!r} is no number of games")
    return count
