"""Rated snapshots from a CSV file, so that anybody's numbers can be fitted.

One row a snapshot (or an agent, where play-time compute varies): `boardsize`, `train_flops` and
`elo`, with `run` or else `width` and `depth` to tell the runs apart. Other columns are kept.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from games.errors import InputError

NUMBERS = ("boardsize", "train_flops", "elo")
_HEADER_LINES = 1


def read_snapshots(path: Path, also: Sequence[str] = ()) -> pd.DataFrame:
    """The file's rows, with a column `run_id` that is unique over boards.

    Args:
        path: a CSV file with a header.
        also: further columns of numbers that must be there.

    Raises:
        InputError: naming the file, and the line and column where a value is missing, no number,
            or compute is not positive.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # a line longer than the header
            rows = pd.read_csv(path, index_col=False)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {error}") from error
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError) as error:
        complaint = " ".join(str(error).split())
        raise InputError(f"{path} is no CSV table: {complaint}") from error
    numbers = [*NUMBERS, *also]
    names = ["run"] if "run" in rows.columns else ["width", "depth"]
    if missing := [name for name in [*numbers, *names] if name not in rows.columns]:
        has = ", ".join(map(str, rows.columns))
        raise InputError(
            f"{path} lacks the columns {', '.join(missing)} (it has {has}); it needs "
            f"{', '.join(numbers)}, and run or else width and depth"
        )
    if rows.empty:
        raise InputError(f"{path} has no rows under its header")
    for name in numbers:
        values = pd.to_numeric(rows[name], errors="coerce").to_numpy(float)
        bad = ~np.isfinite(values) | ((values <= 0) & (name != "elo"))
        if bad.any():
            _complain(path, rows, name, int(np.argmax(bad)))
        rows[name] = values
    for name in names:
        if rows[name].isna().any():
            _complain(path, rows, name, int(np.argmax(rows[name].isna())))
    rows["boardsize"] = rows["boardsize"].astype(int)
    rows["run_id"] = rows[["boardsize", *names]].astype(str).agg("/".join, axis=1)
    return rows


def _complain(path: Path, rows: pd.DataFrame, name: str, row: int) -> None:
    value = rows[name].iloc[row]
    wanted = {"elo": "a number", "run": "a name"}.get(name, "a number above 0")
    shown = "empty" if pd.isna(value) else repr(str(value))
    raise InputError(f"{path}, line {row + 1 + _HEADER_LINES}: {name} is {shown}, not {wanted}")
