"""`hexlaw fit`: Jones's laws through anybody's table of rated snapshots, or a report's.

`hexlaw fit frontier --snapshots FILE.csv` fits Elo over training compute and board size,
`hexlaw fit exchange --snapshots FILE.csv` how training and play-time compute trade, and
`hexlaw fit size --snapshots FILE.csv` how the best network's size grows with training compute.
Games and recipes of a table are fitted apart, and so are boards where the law is not over them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
import pydantic
import tyro
from rich.console import Console
from rich.table import Table

from analysis.figures.law import frontier_fit
from analysis.figures.theme import save
from analysis.figures.wording import interval, number
from analysis.laws import published
from analysis.laws.extrapolation import extrapolation
from analysis.laws.law import DERIVED, Law, LawFit, fit_law
from analysis.laws.model_size import fit_optimal_size
from analysis.laws.search.exchange import Exchange, fit_exchange
from analysis.tables.snapshot_files import GROUPS, read_snapshots
from experiments.verb import Outcome, VerbConfig
from games.errors import InputError
from games.text.numbers import side_by_side

_FEWEST_DIGITS, _MOST_DIGITS = 0, 5
_FACTORS = ("factor_per_size", "tenfold_training")
_VAGUE = 1e6  # a factor above it, or known no better than within it, is not determined


class FitConfig(VerbConfig, frozen=True):
    """Fit a scaling law to a table of rated snapshots."""

    law: tyro.conf.Positional[Literal["frontier", "exchange", "size"]]
    """Elo over compute and board; training against play-time compute; the best network's size."""
    snapshots: Path
    """Table, one row a snapshot: boardsize, train_flops, elo; run, or width and depth; for exchange
    also test_flops, for size also width and depth. A report's tables/ratings.csv is one, for
    exchange its search_ratings.csv."""
    resamples: int = pydantic.Field(default=500, ge=1)
    """Bootstrap resamples of the runs."""
    seed: int = pydantic.Field(default=0, ge=0)
    """Of the bootstrap."""
    figure: Path | None = None
    """With frontier: draw frontiers and law to FIGURE.svg and FIGURE.png."""


class Fitted(NamedTuple):
    """One group's law."""

    result: dict[str, Any]  # for JSON
    summary: str
    tables: list[Table]
    law: LawFit | None = None  # of the frontier, to draw


class LawKind(NamedTuple):
    """One sort of law."""

    fit: Callable[[pd.DataFrame, FitConfig], Fitted]
    groups: tuple[str, ...]  # columns whose values are fitted apart
    needs: tuple[str, ...] = ()  # columns beside those of every law


def run(config: FitConfig, console: Console) -> Outcome:
    """Print and return the coefficients of each group with 95 % intervals, beside Jones's.

    Raises:
        InputError: if the file cannot be read, or no group of its rows is enough for a fit.
    """
    kind = _KINDS[config.law]
    points, left_out = read_snapshots(config.snapshots, also=kind.needs)
    if left_out:
        console.print(f"rows left out, of players without training: {left_out}")
    found, laws, refused = [], {}, []
    for key, group in points.groupby(list(kind.groups)):
        named = {name: value for name, value in zip(kind.groups, key, strict=True) if value != ""}
        title = _title(named)
        try:
            fitted = kind.fit(group.reset_index(drop=True), config)
        except InputError as error:
            found.append(named | {"not_fitted": str(error)})
            refused.append(f"{title}: not fitted: {error}")
            continue
        console.print(f"{title}: {fitted.summary}" if title else fitted.summary, markup=False)
        for table in fitted.tables:
            console.print(table)
        found.append(named | fitted.result)
        laws[title] = fitted.law
    if not laws:
        reason = found[0]["not_fitted"] if found else "no row tells of a trained network"
        raise InputError(f"{config.snapshots}: {reason}")
    for line in refused:
        console.print(line, markup=False)
    drawn = {title: law for title, law in laws.items() if law is not None}
    if config.figure and drawn:
        label = "training compute (train_flops of the table)"
        svg, png = save(frontier_fit(drawn, published.LAW, label), config.figure)
        console.print(f"figure: {svg}, {png}", markup=False)
    return Outcome({"law": config.law, "snapshots": str(config.snapshots), "fits": found})


def _title(named: dict[str, Any]) -> str:
    """What tells a group from the others."""
    words = [side_by_side(v) if name == "boardsize" else str(v) for name, v in named.items()]
    return ", ".join(words)


def _one_search(points: pd.DataFrame) -> None:
    """Refuse rows that rate one network with several searches, for a law of training alone."""
    twice = points.duplicated(["run_id", "train_flops"])
    if twice.any():
        run = points.loc[twice, "run_id"].iloc[0]
        raise InputError(
            f"run {run} is rated twice at the same compute; keep the rows of one number of nodes, "
            "as a report's tables/ratings.csv does"
        )


def _several_searches(points: pd.DataFrame) -> None:
    """Refuse rows that rate each network with one search, for a law of training and search."""
    if points.groupby("run_id")["test_flops"].nunique().max() < 2:
        raise InputError(
            "every network plays with one search size only, so training and play cannot be told "
            "apart; a report's tables/search_ratings.csv has several, where the stage `nodes` was "
            "played"
        )


def _fit_frontier(points: pd.DataFrame, config: FitConfig) -> Fitted:
    _one_search(points)
    fit = fit_law(points, resamples=config.resamples, seed=config.seed)
    rows = [
        _row(name, fit.known(name), fit.interval(name), getattr(published.LAW, name))
        for name in (*Law._fields, *DERIVED)
    ]
    sizes = sorted(fit.runs)
    unseen = extrapolation(points)
    unseen = unseen[unseen["boardsize"] > unseen["largest_fitted"]]
    columns = ["largest_fitted", "boardsize", "residual_variance", "rmse"]
    result = {
        "coefficients": rows,
        "rmse": fit.quality.rmse,
        "r2": fit.quality.r2,
        "residual_variance": fit.quality.residual_variance,
        "extrapolation": unseen[columns].to_dict("records"),
    }
    summary = (
        f"{len(points)} snapshots of {sum(fit.runs.values())} runs on boards {sizes[0]} to "
        f"{sizes[-1]}; error {number(fit.quality.rmse, 1)} Elo, R² {number(fit.quality.r2, 3)}"
    )
    return Fitted(result, summary, [_table(rows), *_unseen_table(unseen)], fit)


def _fit_exchange(points: pd.DataFrame, config: FitConfig) -> Fitted:
    _several_searches(points)
    fit = fit_exchange(points, resamples=config.resamples, seed=config.seed)
    size = points["boardsize"].iloc[0]
    jones = published.EXCHANGE if size == published.EXCHANGE_BOARD_SIZE else None
    ways = {"isoquants": ("paper", fit.paper), "surface": ("surface", fit.surface.exchange)}
    coefficients, tables = {}, []
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
        if not _trades(fit.interval(way, "slope")):
            rows = [row | {"value": None, "low": None, "high": None} for row in rows]
        coefficients[name] = rows
        tables.append(_table(rows, title=f"by {name}"))
    summary = (
        f"{len(points)} agents of {fit.runs} runs; "
        "log₁₀ test = slope · log₁₀ train + per_elo · Elo + constant"
    )
    return Fitted({"coefficients": coefficients, "runs": fit.runs}, summary, tables)


def _trades(slope: tuple[float, float]) -> bool:
    """Whether rows tell a rate of exchange: in nearly all resamples more training asks for less
    search, and for less by a factor that games could show."""
    return -math.log10(_VAGUE) <= slope[0] and slope[1] < 0


def _fit_size(points: pd.DataFrame, config: FitConfig) -> Fitted:
    _one_search(points)
    points = points.assign(weights=points["width"] ** 2 * points["depth"])  # Jones's measure
    fit = fit_optimal_size(points, size="weights", resamples=config.resamples, seed=config.seed)
    rows = [_row("exponent", fit.exponent, fit.interval(), math.nan)]
    summary = "width² · depth of the best network ∝ train_flops^exponent, along all frontiers"
    return Fitted({"coefficients": rows}, summary, [_table(rows)])


_KINDS = {
    "frontier": LawKind(_fit_frontier, GROUPS),
    "exchange": LawKind(_fit_exchange, (*GROUPS, "boardsize"), ("test_flops",)),
    "size": LawKind(_fit_size, GROUPS, ("width", "depth")),
}


def _row(name: str, value: float, limits: tuple[float, float], jones: float) -> dict[str, Any]:
    """A coefficient; without value and interval where the rows do not determine it."""
    if not np.isfinite([value, *limits]).all() or (name in _FACTORS and _is_vague(limits)):
        value, limits = math.nan, (math.nan, math.nan)
    numbers = {"value": value, "low": limits[0], "high": limits[1], "jones_2021": jones}
    finite = {key: None if math.isnan(given) else given for key, given in numbers.items()}
    return {"name": name, **finite}


def _is_vague(limits: tuple[float, float]) -> bool:
    return limits[0] <= 0 or limits[1] / limits[0] > _VAGUE


def _table(rows: Sequence[dict[str, Any]], title: str | None = None) -> Table:
    table = Table("coefficient", "value", "95 % interval", "Jones 2021", title=title)
    for row in rows:
        scale = max(abs(row["value"] or 0), 1e-9)
        digits = min(max(2 - math.floor(math.log10(scale)), _FEWEST_DIGITS), _MOST_DIGITS)
        known = row["value"] is not None
        table.add_row(
            row["name"],
            number(row["value"], digits) if known else "–",
            interval(row["low"], row["high"], digits) if known else "not determined by these rows",
            "–" if row["jones_2021"] is None else number(row["jones_2021"], digits),
        )
    return table


def _unseen_table(unseen: pd.DataFrame) -> list[Table]:
    """How the law of small boards foretells larger ones; none where there are too few boards."""
    if unseen.empty:
        return []
    largest = sorted(unseen["largest_fitted"].unique())
    title = "residual variance on boards that the fit has not seen"
    table = Table("board", *[f"fitted to ≤ {size}" for size in largest], title=title)
    for size, board in unseen.groupby("boardsize"):
        at = dict(zip(board["largest_fitted"], board["residual_variance"], strict=True))
        table.add_row(side_by_side(size), *[f"{at[k]:.4f}" if k in at else "" for k in largest])
    return [table]
