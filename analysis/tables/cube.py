"""The cube: exact strength of every network at every stage of its training with every search.

One row is one snapshot that plays with one number of nodes and one constant of the search, judged
on one stratum of a board's positions. Rates are population rates: positions are drawn by strata and
weighted back. All rows of a board are judged on the same positions, so the errors of rows are
correlated: they tell how far a rate is from that of all positions, not how well two rows differ.
"""

from __future__ import annotations

import dataclasses
import gzip
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.tables.outside import TextTable, read_table
from games.errors import InputError

ALL = "all"
"""Stratum of all positions together; others are bins of difficulty."""

FIXED, BEST = "fixed", "best"
"""How c_puct was chosen: the same for every row, or the best of some on other positions."""


@dataclasses.dataclass(frozen=True)
class CubeRow:
    """One network, one snapshot, one search, one stratum of positions."""

    game: str
    boardsize: int
    recipe: str
    network: str  # its shape, e.g. 16x2
    width: int
    depth: int
    parameters: int
    seed: int
    run: str  # name of the run: the cluster to resample by
    snapshot: int  # index in the run, counted from 0
    samples: int  # positions of self-play so far
    train_flops: float  # one multiply-add = 2 FLOPs; self-play and learner
    nodes: int  # network evaluations a move; 1 is the raw policy without noise
    test_flops: float  # of the network evaluations of one move
    tuning: str  # FIXED or BEST: how c_puct was chosen
    c_puct: float
    stratum: str  # ALL, or a bin of difficulty
    positions: int  # won positions judged
    effective: float  # what they are worth, (Σw)² / Σw²: positions of a plain draw
    blunder_rate: float  # share of won positions thrown away, weighted to the population
    blunder_error: float  # its standard error over positions
    value_sign_error: float | None = None  # share of positions, won and lost, with a wrong sign


Wanted = tuple[str, Callable[[float], bool]]
_COUNT: Wanted = ("a whole number above 0", lambda x: x > 0 and x == int(x))
_FROM_ZERO: Wanted = ("a whole number from 0 on", lambda x: x >= 0 and x == int(x))
_SHARE: Wanted = ("a share from 0 to 1", lambda x: 0 <= x <= 1)
_WHOLE: dict[str, Wanted] = {
    **dict.fromkeys(("boardsize", "width", "depth", "parameters", "nodes", "positions"), _COUNT),
    **dict.fromkeys(("seed", "snapshot", "samples"), _FROM_ZERO),
}
_NUMBERS: dict[str, Wanted] = {
    **dict.fromkeys(("test_flops", "effective"), ("a number above 0", lambda x: x > 0)),
    **dict.fromkeys(
        ("train_flops", "c_puct", "blunder_error"), ("a number from 0 on", lambda x: x >= 0)
    ),
    "blunder_rate": _SHARE,
}
_MAY_BE_EMPTY: dict[str, Wanted] = {"value_sign_error": _SHARE}
COLUMNS = tuple(field.name for field in dataclasses.fields(CubeRow))
KEY = ("game", "boardsize", "run", "snapshot", "nodes", "tuning", "stratum")
"""What tells rows apart."""


def cube_frame(rows: Iterable[CubeRow]) -> pd.DataFrame:
    """The rows as a frame with `COLUMNS`; an unknown value sign error is NaN.

    Raises:
        InputError: if two rows tell of the same.
    """
    frame = pd.DataFrame([dataclasses.asdict(row) for row in rows], columns=pd.Index(COLUMNS))
    frame = frame.astype({"value_sign_error": float})
    if len(twins := frame[frame.duplicated(list(KEY))]):
        raise InputError(f"two rows tell of {_named(twins)}; keep one of them")
    return frame


def write_cube(frame: pd.DataFrame, path: Path) -> Path:
    """Write a frame of `cube_frame` as CSV in full precision, packed if the name ends in .gz.

    Raises:
        InputError: if the file cannot be written.
    """
    text = frame[list(COLUMNS)].to_csv(index=False, lineterminator="\n").encode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(text, mtime=0) if path.suffix == ".gz" else text)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}; choose another folder") from error
    return path


def read_cube(path: Path) -> pd.DataFrame:
    """The cube of a file, as `cube_frame` makes it; other columns are left out.

    Args:
        path: CSV (packed or not) or Parquet.

    Raises:
        InputError: naming file, line and column, for whatever is wrong.
    """
    table = read_table(path)
    table.require(COLUMNS, "a table of the cube is what the study three_way writes")
    frame = pd.DataFrame({name: _column(table, name) for name in COLUMNS})
    for line, tuning in zip(table.cells.index, frame["tuning"], strict=True):
        if tuning not in (FIXED, BEST):
            raise InputError(
                f"{path}, {table.place} {line}: tuning is {tuning!r}, not {FIXED} or {BEST}"
            )
    if (twins := frame.duplicated(list(KEY))).any():
        line = table.cells.index[twins.to_numpy()][0]
        raise InputError(
            f"{path}, {table.place} {line}: a second row of {_named(frame[twins])}; keep one"
        )
    return frame


def _column(table: TextTable, name: str) -> np.ndarray | list[str]:
    if name in _WHOLE:
        return table.numbers(name, *_WHOLE[name]).astype(int)
    if name in _NUMBERS:
        return table.numbers(name, *_NUMBERS[name])
    if name in _MAY_BE_EMPTY:
        found = table.numbers(name, *_MAY_BE_EMPTY[name], empty=0.0)
        return np.where(table.is_empty(name), np.nan, found)
    # A run may have no recipe.
    return table.cells[name].tolist() if name == "recipe" else table.text(name)


def _named(rows: pd.DataFrame) -> str:
    row = rows.iloc[0]
    return (
        f"{row['run']}#{row['snapshot']} with {row['nodes']} nodes, {row['tuning']} c_puct, "
        f"{row['stratum']} positions"
    )
