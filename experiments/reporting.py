"""`hexlaw report`: write the report again, from a lab or from exported rows."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from analysis.report import write_report
from analysis.rows import load_lab, read_parquet
from experiments.verb import Outcome, VerbConfig
from games.errors import InputError
from training.store import DATABASE_NAME, Store


class ReportConfig(VerbConfig, frozen=True):
    """Write the report of a lab again, without training or playing."""

    source: Path = Path("runs/laptop")
    """A lab, or a folder with the Parquet tables that a report leaves beside itself."""
    out: Path = Path("report")
    """Folder of the report."""


def report(config: ReportConfig, console: Console) -> Outcome:
    """Write index.html, figures and tables."""
    if (config.source / DATABASE_NAME).exists():
        rows = load_lab(Store(config.source))
    elif config.source.is_dir():
        rows = read_parquet(config.source)
    else:
        raise InputError(f"no such folder: {config.source}; name a lab or a folder of tables")
    written = write_report(rows, config.out)
    console.print(f"report: [bold]{written.index}[/]")
    return Outcome({"report": str(written.index)})
