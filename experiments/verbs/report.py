"""`hexlaw report`: write the report again, from a lab or from exported rows."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console

from analysis.report.by_game import write_reports
from analysis.tables.joined import join_rows
from analysis.tables.rows import LabRows, load_lab, read_parquet
from experiments.verb import Outcome, VerbConfig
from games.errors import InputError
from training.store import Store, is_lab


class ReportConfig(VerbConfig, frozen=True):
    """Write the report of a lab again, without training or playing."""

    sources: Annotated[tuple[Path, ...], tyro.conf.arg(name="from")] = (Path("runs/laptop"),)
    """A lab; or a folder with the Parquet tables of a report, or with a folder tables/ of them.
    Several, each with boards of its own, are reported as one."""
    game: str | None = None
    """The game that is reported; all of them if unset, a report each and a page beside them."""
    out: Path = Path("report")
    """Folder of the report."""


def report(config: ReportConfig, console: Console) -> Outcome:
    """Write index.html, figures and tables.

    Raises:
        InputError: if there are no rows of a league, or none of the game that is named.
    """
    if not config.sources:
        raise InputError("--from names no lab; say which folder to report, or leave the flag out")
    rows = join_rows([read_rows(source) for source in config.sources])
    if config.game is not None:
        rows = rows.of_game(config.game)
    if not (rows.matches["stage"] == "league").any():
        raise InputError(
            f"{' and '.join(map(str, config.sources))}: no league's matches yet; hexlaw reproduce "
            "plays a league"
        )
    written = write_reports(rows, config.out)
    console.print(f"report: {written.index}")
    return Outcome({"report": str(written.index)})


def read_rows(folder: Path) -> LabRows:
    """The rows of a lab, or of exported tables.

    Raises:
        InputError: if the folder holds neither.
    """
    if is_lab(folder):
        return load_lab(Store(folder, read_only=True))
    if not folder.is_dir():
        raise InputError(f"no such folder: {folder}; name a lab or a folder of tables")
    tables = folder / "tables"
    return read_parquet(tables if tables.is_dir() else folder)
