"""`hexlaw fit`: Jones's laws through anybody's table of rated snapshots.

`hexlaw fit frontier --snapshots FILE.csv` fits Elo over training compute and board size,
`hexlaw fit exchange --snapshots FILE.csv` how training and play-time compute trade, and
`hexlaw fit size --snapshots FILE.csv` how the best network's size grows with training compute.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pydantic
import tyro
from rich.console import Console
from rich.table import Table

from analysis.figures.law import frontier_fit
from analysis.figures.theme import save
from analysis.figures.wording import interval, number
from analysis.laws import published
from analysis.laws.exchange import Exchange, fit_exchange
from analysis.laws.extrapolation import extrapolation
from analysis.laws.law import DERIVED, Law, fit_law
from analysis.laws.model_size import fit_optimal_size
from analysis.tables.snapshot_files import read_snapshots
from experiments.verb import Outcome, VerbConfig

_FEWEST_DIGITS, _MOST_DIGITS = 0, 5


class FitConfig(VerbConfig, frozen=True):
    """Fit a scaling law to a CSV of rated snapshots."""

    law: tyro.conf.Positional[Literal["frontier", "exchange", "size"]]
    """Elo over compute and board; training against play-time compute; the best network's size."""
    snapshots: Path
    """CSV, one row a snapshot: boardsize, train_flops, elo; run, or width and depth; for exchange
    also test_flops, for size also width and depth."""
    resamples: int = pydantic.Field(default=500, ge=1)
    """Bootstrap resamples of the runs."""
    seed: int = pydantic.Field(default=0, ge=0)
    """Of the bootstrap."""
    figure: Path | None = None
    """With frontier: draw frontiers and law to FIGURE.svg and FIGURE.png."""


def run(config: FitConfig, console: Console) -> Outcome:
    """Print and return the coefficients with 95 % intervals, beside Jones's.

    Raises:
        InputError: if the file cannot be read or holds too little for a fit.
    """
    fit = {"frontier": _fit_frontier, "exchange": _fit_exchange, "size": _fit_size}[config.law]
    return Outcome({"law": config.law, "snapshots": str(config.snapshots), **fit(config, console)})


def _fit_frontier(config: FitConfig, console: Console) -> dict[str, Any]:
    points = read_snapshots(config.snapshots)
    fit = fit_law(points, resamples=config.resamples, seed=config.seed)
    rows = [
        _row(name, getattr(fit.law, name), fit.interval(name), getattr(published.LAW, name))
        for name in (*Law._fields, *DERIVED)
    ]
    sizes = sorted(fit.runs)
    console.print(
        f"{len(points)} snapshots of {sum(fit.runs.values())} runs on boards {sizes[0]} to "
        f"{sizes[-1]}; error {number(fit.quality.rmse, 1)} Elo, R² {fit.quality.r2:.3f}"
    )
    console.print(_table(rows))
    unseen = extrapolation(points)
    unseen = unseen[unseen["boardsize"] > unseen["largest_fitted"]]
    if len(unseen):
        console.print("residual variance on boards that the fit has not seen:")
        console.print(_unseen_table(unseen))
    if config.figure:
        label = "training compute (train_flops of the table)"
        svg, png = save(frontier_fit({"": fit}, published.LAW, label), config.figure)
        console.print(f"figure: {svg}, {png}")
    return {
        "coefficients": rows,
        "rmse": fit.quality.rmse,
        "r2": fit.quality.r2,
        "residual_variance": fit.quality.residual_variance,
        "extrapolation": unseen.to_dict("records"),
    }


def _fit_exchange(config: FitConfig, console: Console) -> dict[str, Any]:
    points = read_snapshots(config.snapshots, also=["test_flops"])
    boards = []
    for size, board in points.groupby("boardsize"):
        fit = fit_exchange(board, resamples=config.resamples, seed=config.seed)
        jones = published.EXCHANGE if size == published.EXCHANGE_BOARD_SIZE else None
        ways = {"isoquants": ("paper", fit.paper), "surface": ("surface", fit.surface.exchange)}
        console.print(
            f"{size}×{size}: {len(board)} agents of {fit.runs} runs; "
            "log₁₀ test = slope · log₁₀ train + per_elo · Elo + constant"
        )
        coefficients = {}
        for name, (way, exchange) in ways.items():
            rows = [
                _row(
                    field,
                    getattr(exchange, field),
                    fit.interval(way, field),
                    getattr(jones, field, math.nan),
                )
                for field in (*Exchange._fields, "tenfold_training")
            ]
            coefficients[name] = rows
            console.print(_table(rows, title=f"by {name}"))
        boards.append({"boardsize": size, "coefficients": coefficients, "runs": fit.runs})
    return {"boards": boards}


def _fit_size(config: FitConfig, console: Console) -> dict[str, Any]:
    points = read_snapshots(config.snapshots, also=["width", "depth"])
    points = points.assign(weights=points["width"] ** 2 * points["depth"])  # Jones's measure
    fit = fit_optimal_size(points, size="weights", resamples=config.resamples, seed=config.seed)
    rows = [_row("exponent", fit.exponent, fit.interval(), math.nan)]
    console.print("width² · depth of the best network ∝ train_flops^exponent, along all frontiers")
    console.print(_table(rows))
    return {"coefficients": rows}


def _row(name: str, value: float, limits: tuple[float, float], jones: float) -> dict[str, Any]:
    numbers = {"value": value, "low": limits[0], "high": limits[1], "jones_2021": jones}
    finite = {key: None if math.isnan(given) else given for key, given in numbers.items()}
    return {"name": name, **finite}


def _table(rows: Sequence[dict[str, Any]], title: str | None = None) -> Table:
    table = Table("coefficient", "value", "95 % interval", "Jones 2021", title=title)
    for row in rows:
        scale = max(abs(row["value"] or 0), 1e-9)
        digits = min(max(2 - math.floor(math.log10(scale)), _FEWEST_DIGITS), _MOST_DIGITS)
        table.add_row(
            row["name"],
            "undetermined" if row["value"] is None else number(row["value"], digits),
            "–" if row["low"] is None else interval(row["low"], row["high"], digits),
            "–" if row["jones_2021"] is None else number(row["jones_2021"], digits),
        )
    return table


def _unseen_table(unseen: pd.DataFrame) -> Table:
    largest = sorted(unseen["largest_fitted"].unique())
    table = Table("board", *[f"fitted to ≤ {size}" for size in largest])
    for size, board in unseen.groupby("boardsize"):
        at = dict(zip(board["largest_fitted"], board["residual_variance"], strict=True))
        table.add_row(f"{size}×{size}", *[f"{at[k]:.4f}" if k in at else "" for k in largest])
    return table
