"""What all pages share: templates, figures put into them, and where their numbers come from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import jinja2
import pandas as pd
from markupsafe import Markup

from analysis.figures import theme, wording
from analysis.tables.rows import LabRows


def environment() -> jinja2.Environment:
    """The templates and how numbers are written in them."""
    found = jinja2.Environment(
        loader=jinja2.PackageLoader("analysis.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {
        "number": wording.number,
        "compute": wording.compute,
        "duration": wording.duration,
        "percent": wording.percent,
        "drawing": Markup,  # of SVG that games.text.drawing made
    }
    return found


def inlined(drawn: Mapping[str, tuple[Path, Path]]) -> dict[str, Markup]:
    """Saved figures (SVG and PNG) as elements of a page, by name."""
    return {
        name: Markup(theme.inline_svg(svg.read_text(encoding="utf-8"), name))
        for name, (svg, _) in drawn.items()
    }


def provenance(rows: LabRows) -> list[tuple[str, str]]:
    """Where the numbers come from: each fact once, however many runs share it."""

    def distinct(values: pd.Series) -> str:
        return "; ".join(sorted({str(value) for value in values}))

    by_stage = rows.matches.groupby("stage")["games"].sum()
    games = "; ".join(f"{stage} {wording.number(n)}" for stage, n in by_stage.items())
    if rows.runs.empty:
        return [("games", games)]
    spent = rows.snapshots.sort_values("train_flops").groupby("run_id").last()
    energy = spent["energy_joules"]
    measured = int(energy.notna().sum())
    joules = f"{wording.number(float(energy.sum()) / 3.6e6, 2)} kWh, NVML counters, idle included"
    return [
        ("command", distinct(rows.runs["command"].map(wording.without_folders))),
        ("commit", distinct(rows.runs["commit"])),
        ("device", distinct(rows.runs["device"])),
        ("seeds", ", ".join(str(seed) for seed in sorted(rows.runs["seed"].unique().tolist()))),
        ("recipes", distinct(rows.runs["recipe"].replace("", "none named"))),
        (
            "runs and snapshots",
            f"{wording.number(len(rows.runs))} and {wording.number(len(rows.snapshots))}",
        ),
        ("self-play positions", wording.compute(float(spent["samples"].sum()))),
        (
            "training compute",
            f"{wording.compute(float(spent['train_flops'].sum()))} FLOPs, "
            f"{wording.compute(float(spent['jones_flops'].sum()))} of Jones’s",
        ),
        ("training time", f"{wording.duration(float(spent['seconds'].sum()))} of device time"),
        (
            "energy",
            f"{joules}; {measured} of {len(spent)} runs" if measured else "not measured (CPU only)",
        ),
        ("games", games),
        (
            "trained",
            f"{_minute(rows.runs['created'].min())} to {_minute(rows.snapshots['created'].max())}",
        ),
    ]


def _minute(created: str) -> str:
    """An ISO 8601 time in UTC, cut to the minute."""
    return f"{created[:16].replace('T', ' ')} UTC"
