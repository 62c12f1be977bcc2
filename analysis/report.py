"""The report: one offline HTML page, with its figures and every row beside it.

    index.html              opens anywhere, needs no network and no script
    figures/*.svg, *.png    each figure by itself
    tables/*.parquet, *.csv every row of the lab, and ratings.csv, frontiers.csv, law.csv

`write_report(read_parquet(folder / "tables"), folder)` rebuilds it all from those rows alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import jinja2
import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.figure import Figure

from analysis import blunder_figures, figures, findings, published, theme, wording
from analysis.blunders import FIXED, blunder_points, last_snapshots, strongest
from analysis.example import Example, pick_example
from analysis.law import LawFit
from analysis.rows import LabRows, write_csv, write_parquet
from analysis.study import AXES, Study, analyse
from games.errors import InputError

TOP_AGENTS = 8  # of each board in the page's table of ratings


class ReportPaths(NamedTuple):
    """What `write_report` wrote."""

    index: Path
    figures: list[Path]
    tables: list[Path]


def write_report(
    rows: LabRows,
    out_dir: Path,
    *,
    title: str = "How playing strength grows with training compute",
    zero: int | None = None,
    resamples: int = 500,
    seed: int = 0,
) -> ReportPaths:
    """Analyse a lab's rows and write the report into `out_dir`.

    Args:
        rows: the lab, from `load_lab` or `read_parquet`.
        out_dir: folder of the report, made if it is not there.
        title: headline of the page.
        zero: agent to put at 0 Elo on its board; by default each board's best.
        resamples: bootstrap resamples of each fit.
        seed: of the bootstrap.

    Raises:
        InputError: if no match has been played, or the folder cannot be written.
    """
    study = analyse(rows, zero=zero, resamples=resamples, seed=seed)
    example = pick_example(rows, study)
    judged = blunder_points(rows)
    drawn = {
        name: theme.save(figure, out_dir / "figures" / name)
        for name, figure in (_figures(study, example) | _blunder_figures(judged)).items()
    }
    inlined = {
        name: Markup(theme.inline_svg(svg.read_text(encoding="utf-8"), name))
        for name, (svg, _) in drawn.items()
    }
    page = _environment().get_template("report.html").render(
        title=title,
        summary=findings.summary(study),
        setup=_setup(rows, study),
        provenance=_provenance(rows),
        comparison=findings.comparison(study),
        limits=findings.limits(study),
        warnings=findings.warnings(rows, study),
        citation=published.CITATION,
        study=study,
        top_agents=TOP_AGENTS,
        example=example,
        against_perfect_play=strongest(last_snapshots(judged), study.agents),
        svg=inlined,
    )  # fmt: skip
    return ReportPaths(
        index=_write(out_dir / "index.html", page),
        figures=[path for paths in drawn.values() for path in paths],
        tables=[*_write_tables(rows, study, out_dir / "tables")],
    )


def _figures(study: Study, example: Example | None) -> dict[str, Figure]:
    drawn = {
        "training_curves": figures.training_curves(
            study.points, study.frontiers["train_flops"], "train_flops"
        )
    }
    if study.fits:
        drawn["law"] = figures.frontier_fit(study.fits["train_flops"])
        drawn["law_jones"] = figures.frontier_fit(study.fits["jones_flops"], published.LAW)
    for board in study.boards:
        drawn[f"win_rates_{board.boardsize}"] = figures.win_rates(
            board.names, board.win_rates, board.z, board.boardsize
        )
    if example:
        drawn["game_value"] = figures.value_curve(
            example.values, example.network_values, example.opening_plies
        )
    return drawn


def _blunder_figures(judged: pd.DataFrame) -> dict[str, Figure]:
    fixed = judged[(judged["source"] == FIXED) & (judged["won"] > 0)]
    last = last_snapshots(fixed)
    last = last[last.groupby("snapshot_id")["nodes"].transform("nunique") > 1]
    drawn = {}
    if len(fixed):
        drawn["blunders_compute"] = blunder_figures.blunders_by_compute(fixed)
    if len(last):
        drawn["blunders_nodes"] = blunder_figures.blunders_by_nodes(last)
    return drawn


def _setup(rows: LabRows, study: Study) -> list[dict[str, Any]]:
    """One line a board of the set-up table."""
    lines = []
    for board in study.boards:
        here = board.boardsize
        runs = rows.runs[rows.runs["boardsize"] == here]
        snapshots = rows.snapshots[rows.snapshots["boardsize"] == here]
        spent = snapshots.sort_values("train_flops").groupby("run_id").last()
        networks = runs.sort_values("parameters").drop_duplicates("network")
        lines.append(
            {
                "boardsize": here,
                "networks": [
                    run["network"].replace("x", "×") for run in networks.to_dict("records")
                ],
                "runs": len(runs),
                "snapshots": len(snapshots),
                "games": int(rows.matches.loc[rows.matches["boardsize"] == here, "games"].sum()),
                "samples": float(spent["samples"].sum()),
                **{axis: float(spent[axis].sum()) for axis in AXES},
                "seconds": float(spent["seconds"].sum()),
                "first_player": (board.first_player_elo, board.first_player_se),
            }
        )
    return lines


def _provenance(rows: LabRows) -> list[tuple[str, str]]:
    """Where the runs come from: each fact once, however many runs share it."""

    def distinct(values: pd.Series) -> str:
        return "; ".join(sorted({str(value) for value in values}))

    played = rows.agents["id"].isin(rows.matches["black_id"])
    searched = rows.agents.loc[played, "nodes"].dropna().astype(int)
    nodes = ", ".join(str(n) for n in sorted(searched.unique().tolist()))
    return [
        ("command", distinct(rows.runs["command"])),
        ("commit", distinct(rows.runs["commit"])),
        ("device", distinct(rows.runs["device"])),
        ("seeds", ", ".join(str(seed) for seed in sorted(rows.runs["seed"].unique().tolist()))),
        ("play-time search", f"{nodes} nodes a move"),
        (
            "trained",
            f"{_minute(rows.runs['created'].min())} to {_minute(rows.snapshots['created'].max())}",
        ),
    ]


def _minute(created: str) -> str:
    """An ISO 8601 time in UTC, cut to the minute."""
    return f"{created[:16].replace('T', ' ')} UTC"


def _write_tables(rows: LabRows, study: Study, folder: Path) -> list[Path]:
    paths = [*write_parquet(rows, folder), *write_csv(rows, folder)]
    by_axis = [frame.assign(axis=axis) for axis, frame in study.frontiers.items()]
    extra = {"ratings": study.agents, "frontiers": pd.concat(by_axis)}
    if study.fits:
        extra["law"] = _law_table(study.fits)
    for name, frame in extra.items():
        # Six digits: the last ones of a fit depend on how arrays happen to lie in memory.
        text = frame.to_csv(index=False, float_format="%.6g")
        paths.append(_write(folder / f"{name}.csv", text))
    return paths


def _law_table(fits: dict[str, LawFit]) -> pd.DataFrame:
    """One line a number and axis: value, 95 % interval, published value."""
    lines = []
    for axis, fit in fits.items():
        for name in findings.QUANTITIES:
            low, high = fit.interval(name)
            theirs = getattr(published.LAW, name) if axis == "jones_flops" else np.nan
            lines.append((axis, name, getattr(fit.law, name), low, high, theirs))
    return pd.DataFrame(lines, columns=["axis", "quantity", "value", "low", "high", "jones_2021"])


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("analysis"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": wording.number,
        "compute": wording.compute,
        "duration": wording.duration,
        "percent": wording.percent,
        "drawing": Markup,  # of SVG that games.drawing made
    }
    return environment


def _write(path: Path, text: str) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}; choose another folder") from error
    return path
