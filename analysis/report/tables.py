"""The tables that a report leaves beside itself; docs/data.md has their columns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from analysis.laws import published
from analysis.laws.fits import JONES_AXIS, Fits
from analysis.ratings.study import Study
from analysis.report.exhibits.training import QUANTITIES
from analysis.tables.rows import LabRows, write_csv, write_parquet
from games.errors import InputError


def write_tables(rows: LabRows, study: Study, fits: Fits, folder: Path) -> list[Path]:
    """Write every row of the lab as Parquet and CSV, and what was computed from them as CSV.

    Raises:
        InputError: if a file cannot be written.
    """
    paths = [*write_parquet(rows, folder), *write_csv(rows, folder)]
    by_axis = [
        frame.assign(axis=axis, recipe=own.recipe)
        for own in fits.recipes
        for axis, frame in own.frontiers.items()
    ]
    extra = {"ratings": study.agents, "frontiers": pd.concat(by_axis), "law": _law_table(fits)}
    if study.searchers is not None:
        extra["search_ratings"] = study.searchers.points
    for name, frame in extra.items():
        # Six digits: the last ones of a fit depend on how arrays happen to lie in memory.
        text = frame.to_csv(index=False, float_format="%.6g")
        paths.append(write_text(folder / f"{name}.csv", text))
    return paths


def _law_table(fits: Fits) -> pd.DataFrame:
    """One line a number, recipe, stage and axis: value, 95 % interval, published value."""
    lines = []
    for own in fits.recipes:
        for (stage, axis), fit in own.laws.items():
            for name, _, _ in QUANTITIES:
                low, high = fit.interval(name)
                theirs = getattr(published.LAW, name) if axis == JONES_AXIS else np.nan
                value = fit.known(name)
                lines.append((own.recipe, stage, axis, name, value, low, high, theirs))
    columns = ["recipe", "stage", "axis", "quantity", "value", "low", "high", "jones_2021"]
    return pd.DataFrame(lines, columns=pd.Index(columns))


def write_text(path: Path, text: str) -> Path:
    """Write a file of the report, and give its path.

    Raises:
        InputError: if it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}; choose another folder") from error
    return path
