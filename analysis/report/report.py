"""The report: a short paper as one offline HTML page, with its figures and every row beside it.

    index.html              opens anywhere, needs no network and no script
    figures/*.svg, *.png    each figure by itself
    tables/*.parquet, *.csv every row of the lab, and ratings.csv, frontiers.csv, law.csv

`write_report(read_parquet(folder / "tables"), folder)` rebuilds it all from those rows alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pandas as pd
from matplotlib.figure import Figure

from analysis.figures import blunder_curves, league, theme
from analysis.laws import published
from analysis.laws.fits import fit_all
from analysis.ratings.study import Study, analyse
from analysis.report import exhibits, findings
from analysis.report.agent_tables import errors, strongest_agents
from analysis.report.example_game import pick_example
from analysis.report.exhibits.base import Exhibit, Material
from analysis.report.page import environment, inlined, provenance
from analysis.report.tables import write_tables, write_text
from analysis.tables.blunder_rates import FIXED, blunder_points, last_snapshots, strongest
from analysis.tables.rows import LabRows

TITLE = "Scaling laws with board games, measured again"


class ReportPaths(NamedTuple):
    """What `write_report` wrote."""

    index: Path
    figures: list[Path]
    tables: list[Path]


def write_report(
    rows: LabRows,
    out_dir: Path,
    *,
    title: str = TITLE,
    zero: int | None = None,
    resamples: int = 200,
    seed: int = 0,
) -> ReportPaths:
    """Analyse the rows of one game and write the report into `out_dir`.

    Args:
        rows: the lab, from `load_lab` or `read_parquet`; of one game.
        out_dir: folder of the report, made if it is not there.
        title: headline of the page.
        zero: agent to put at 0 Elo on its board; by default perfect play if agents met it,
            else each board's best.
        resamples: bootstrap resamples of each fit, and splits of the games.
        seed: of the bootstrap.

    Raises:
        InputError: if no league has been played, or the folder cannot be written.
    """
    material = material_of(rows, zero=zero, resamples=resamples, seed=seed)
    return write_material(material, out_dir, title=title)


def material_of(
    rows: LabRows, *, zero: int | None = None, resamples: int = 200, seed: int = 0
) -> Material:
    """Rate and fit what a report tells; arguments and errors as `write_report`."""
    study = analyse(rows, zero=zero, splits=resamples, seed=seed)
    return Material(rows, study, fit_all(study, resamples=resamples, seed=seed))


def write_material(material: Material, out_dir: Path, *, title: str = TITLE) -> ReportPaths:
    """Write the report of what has been rated and fitted; arguments and errors likewise."""
    rows, study, fits = material.rows, material.study, material.fits
    method, results, beyond = (
        exhibits.make_exhibits(makers, material)
        for makers in (exhibits.METHOD, exhibits.RESULTS, exhibits.BEYOND)
    )
    judged = blunder_points(rows)
    drawn = {
        name: theme.save(figure, out_dir / "figures" / name)
        for name, figure in _figures([*method, *results, *beyond], study, judged).items()
    }
    page = environment().get_template("report.html").render(
        title=title,
        summary=findings.summary(study, fits),
        top=findings.top(study),
        method=method,
        results=results,
        beyond=beyond,
        limits=findings.limits(study, fits),
        warnings=findings.warnings(rows, study),
        provenance=provenance(rows),
        citation=published.CITATION,
        study=study,
        fitted=bool(fits.main.laws),
        strongest=[strongest_agents(board) for board in study.boards],
        example=pick_example(rows, study),
        errors=errors(strongest(last_snapshots(judged), study.agents)),
        searched=study.searchers is not None,
        svg=inlined(drawn),
    )  # fmt: skip
    return ReportPaths(
        index=write_text(out_dir / "index.html", page),
        figures=[path for paths in drawn.values() for path in paths],
        tables=write_tables(rows, study, fits, out_dir / "tables"),
    )


def _figures(shown: list[Exhibit], study: Study, judged: pd.DataFrame) -> dict[str, Figure]:
    drawn = {exhibit.key: exhibit.figure for exhibit in shown if exhibit.figure is not None}
    for board in study.boards:
        drawn[f"win_rates_{board.boardsize}"] = league.win_rates(
            board.names, board.win_rates, board.z, board.boardsize
        )
    fixed = judged[(judged["source"] == FIXED) & (judged["won"] > 0)]
    last = last_snapshots(fixed)
    last = last[last.groupby("snapshot_id")["nodes"].transform("nunique") > 1]
    if len(fixed):
        drawn["blunders_compute"] = blunder_curves.blunders_by_compute(fixed)
    if len(last):
        drawn["blunders_nodes"] = blunder_curves.blunders_by_nodes(last)
    return drawn
