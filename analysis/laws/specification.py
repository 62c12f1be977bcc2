"""Every defensible way to fit the law, side by side: what hangs on the choice among them.

Simonsohn, Simmons & Nelson 2020, "Specification curve analysis", Nature Human Behaviour 4. Each
specification is one combination of how agents played, where zero is, whether black's advantage has
a term, whether runs begin with their untrained networks, what counts as compute, which boards take
part, whether the frontier is picked and reported on the same games, and whether plateaus are
bounded. None of them is the right one.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.laws.frontier import (
    Curves,
    FrontierSample,
    curves_of,
    frontiers_of,
    ratings_of,
)
from analysis.laws.law import Law, least_squares_law, slope_of_board
from analysis.ratings.rated import Rated
from analysis.ratings.splits import Halves
from analysis.ratings.study import AXES, COLOURED, UNTRAINED

_FIRST = "first snapshot"
PLAYS = {
    "league": ("quiet", "no", _FIRST),
    COLOURED: ("quiet", "yes", _FIRST),
    UNTRAINED: ("quiet", "no", "untrained network"),
    "league_jones": ("Jones’s", "no", _FIRST),
    "direct": ("against the best", "no", _FIRST),
}
"""Stage → how its agents play, whether black's advantage has a term, where runs begin."""
CHOICES = ("play", "colour term", "begins with", "zero", "compute", "boards", "frontier", "plateau")


class Choice(NamedTuple):
    """One specification."""

    stage: str
    best_is_zero: bool
    axis: str
    without_smallest: bool
    halves: bool
    bounded: bool


def specifications(stages: Mapping[str, Rated]) -> pd.DataFrame:
    """Elo a decade and the factor a board under every combination.

    Args:
        stages: rated snapshots of one recipe by stage, of `PLAYS`; those that were played.

    Returns:
        One row a specification: the columns `CHOICES`, elo_per_tenfold, factor_per_size, rmse.
        Where a specification leaves a law undetermined, both are NaN.
    """
    rows = []
    for stage, rated in stages.items():
        zeros = (False, True) if stage in ("league", COLOURED, UNTRAINED) else (True,)
        frontier = _frontier_of(rated)
        for best, axis, fewer, split in itertools.product(
            zeros, AXES, (False, True), (True, False)
        ):
            whole = frontier(best, axis, fewer, split)
            if whole is None:
                continue
            near: Law | None = None
            for bounded in (True, False):
                choice = Choice(stage, best, axis, fewer, split, bounded)
                near, rmse = _fit(whole, bounded, near)
                rows.append((*_words(choice), near.elo_per_tenfold, near.factor_per_size, rmse))
    columns = [*CHOICES, "elo_per_tenfold", "factor_per_size", "rmse"]
    return pd.DataFrame(rows, columns=pd.Index(columns))


def best_at_zero(rated: Rated) -> Rated:
    """The same ratings with each board's best snapshot at zero, as in the paper; each half of the
    games picks its own."""
    elo = rated.points["elo"].to_numpy(float).copy()
    pick, report = rated.halves.pick.copy(), rated.halves.report.copy()
    every = np.arange(len(pick))
    for places in rated.points.groupby("boardsize").indices.values():
        elo[places] -= elo[places].max()
        top = places[pick[:, places].argmax(axis=1)]
        pick[:, places] -= pick[every, top][:, None]
        report[:, places] -= report[every, top][:, None]
    return Rated(rated.points.assign(elo=elo), Halves(pick, report))


def slopes_apart(sample: FrontierSample, level: float = 0.95) -> pd.DataFrame:
    """Each board's own slope: columns boardsize, slope (Elo a decade), low, high, rmse of the
    board's own clamp in Elo."""
    elo = sample.whole["elo"].to_numpy()
    rows = []
    for size in sample.runs:
        own = sample.boardsize == size
        rows.append((size, *slope_of_board(sample.flops[own], elo[own], sample.elo[:, own], level)))
    return pd.DataFrame(rows, columns=pd.Index(["boardsize", "slope", "low", "high", "rmse"]))


def _frontier_of(rated: Rated) -> Callable[[bool, str, bool, bool], pd.DataFrame | None]:
    """(best agent at zero, axis, without the smallest board, halves) → the frontiers of a
    specification; none with fewer than two boards.

    Many specifications share the runs' curves, which do not hang on ratings.
    """
    sources = {False: rated, True: best_at_zero(rated)}
    sides = rated.points["boardsize"]
    kept = {False: np.ones(len(sides), bool), True: (sides > sides.min()).to_numpy()}

    @functools.cache
    def curves(axis: str, fewer: bool) -> list[Curves]:
        return curves_of(rated.points[kept[fewer]], axis)

    def frontier(best: bool, axis: str, fewer: bool, split: bool) -> pd.DataFrame | None:
        if sides[kept[fewer]].nunique() < 2:
            return None
        points, halves = sources[best]
        split_apart = halves.of(kept[fewer]) if split else None
        return frontiers_of(curves(axis, fewer), ratings_of(points)[kept[fewer]], split_apart)

    return frontier


def _fit(whole: pd.DataFrame, bounded: bool, near: Law | None) -> tuple[Law, float]:
    law = least_squares_law(whole, bounded=bounded, few=True)
    if near is not None and near.determined:
        other = least_squares_law(whole, near, bounded=bounded)
        law = min(law, other, key=lambda found: _error(found, whole))
    return law, _error(law, whole)


def _error(law: Law, whole: pd.DataFrame) -> float:
    error = law.elo(whole["flops"].to_numpy(), whole["boardsize"].to_numpy()) - whole["elo"]
    return float(np.sqrt(np.mean(error**2)))


def _words(choice: Choice) -> tuple[str, ...]:
    return (
        *PLAYS[choice.stage],
        "best agent" if choice.best_is_zero else "perfect play",
        "all FLOPs" if choice.axis == "train_flops" else "Jones’s FLOPs",
        "without the smallest" if choice.without_smallest else "all",
        "picked and reported apart" if choice.halves else "on the same games",
        "bounded" if choice.bounded else "free",
    )
