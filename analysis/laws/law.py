"""Jones's change-point law of the frontiers: Elo over training compute and board size.

Jones 2021 (arXiv 2104.03113), section 4.1 and Table III. For board side B and training compute C

    plateau = m_p·B + c_p                       play at random, before learning takes off
    incline = m_f·log10 C + m_B·B + c_i         the frontier between random and perfect play
    Elo     = min(max(incline, plateau), 0)     the best agent, or perfect play, is zero

fitted by least squares to the frontiers of all boards together. A plateau is where learning has not
begun, so none may lie above the beginning of its board's frontier: without that bound, a plateau
would stand for a small board whose climb is less steep than the others'.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.laws.frontier import Curves, curves_of, frontier_of, mean_frontier, ratings_of
from analysis.ratings.splits import Halves
from analysis.statistics.bootstrap import percentile_interval
from analysis.statistics.least_squares import descend
from games.errors import InputError

# Inclines to start from: Elo per decade of compute, decades per cell of board side, and where on
# the compute axis the middle board reaches zero.
_START_SLOPES = (150.0, 300.0, 600.0, 1200.0)
_START_DECADES = (0.0, 0.5, 1.0)
_START_PLACES = (0.25, 0.5, 0.75, 1.0)
_BEGINNING = 0.1  # share of a board's grid that its frontier begins with
_SLACK = 100.0  # Elo by which a plateau may lie above it; ratings there are uncertain
_STIFFNESS = 10.0  # weight of an Elo above that bound against an Elo of error at one point
_APART = 1.0  # Elo between incline and plateau from which a point counts for the higher one


class Law(NamedTuple):
    """The five coefficients, in Elo, Elo per decade of compute and Elo per unit of board side.

    The two of the plateau are NaN where fewer than two boards show one, and the three of the
    incline likewise: one board cannot tell a slope in board side.
    """

    incline_flops: float  # m_f
    incline_size: float  # m_B
    incline_constant: float  # c_i
    plateau_size: float  # m_p
    plateau_constant: float  # c_p

    def elo(self, flops: np.ndarray, boardsize: np.ndarray | int) -> np.ndarray:
        """Elo at training compute `flops` on boards of side `boardsize`, ≤ 0."""
        incline = (
            self.incline_flops * np.log10(flops)
            + self.incline_size * boardsize
            + self.incline_constant
        )
        plateau = self.plateau_size * boardsize + self.plateau_constant
        return np.minimum(np.fmax(incline, plateau), 0.0)

    @property
    def elo_per_tenfold(self) -> float:
        """Elo that ten times the compute buys on the incline: m_f."""
        return self.incline_flops

    @property
    def factor_per_size(self) -> float:
        """How many times the compute one more cell of board side costs: 10^(−m_B/m_f)."""
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            return float(np.float64(10) ** np.divide(-self.incline_size, self.incline_flops))

    @property
    def win_rate_at_double(self) -> float:
        """Chance to beat the agent on the incline that was given half the compute."""
        return float(1 / (1 + 10 ** (-self.incline_flops * np.log10(2) / 400)))


DERIVED = ("elo_per_tenfold", "factor_per_size", "win_rate_at_double")


class Quality(NamedTuple):
    """How well a law describes frontiers."""

    rmse: float  # Elo
    r2: float  # NaN where all Elo are alike
    residual_variance: float  # mean(error²)/mean(Elo²), Jones's figure 7; NaN where all are 0
    points: int


@dataclasses.dataclass(frozen=True)
class LawFit:
    """A fitted law with percentile intervals from a bootstrap over runs and games."""

    axis: str
    law: Law
    quality: Quality
    frontiers: pd.DataFrame  # boardsize, flops, elo, run_id
    draws: list[Law]  # one refit a resample
    runs: dict[int, int]  # runs of each board size

    def interval(self, name: str, level: float = 0.95) -> tuple[float, float]:
        """Percentile interval of a coefficient or of one of `DERIVED`; NaN if undetermined.

        It tells how far the answer depends on which runs were trained and, where the fit was given
        halves, on which games were played. It cannot tell an error that all runs share: a rating
        scale that is bent, a board too easy. A resample misses a third of the runs, the best
        perhaps, so a frontier, which is a maximum, comes out weaker: intervals reach further to
        that side.
        """
        if np.isnan(getattr(self.law, name)):
            return np.nan, np.nan
        return percentile_interval(np.array([getattr(draw, name) for draw in self.draws]), level)


def fit_law(
    points: pd.DataFrame,
    axis: str = "train_flops",
    halves: Halves | None = None,
    *,
    resamples: int = 500,
    seed: int = 0,
) -> LawFit:
    """Fit the law to the frontiers of `points` (as in `frontiers`), with bootstrap intervals.

    Each resample draws as many runs as there are, with replacement, within each board, and another
    split of the games, and refits.

    Raises:
        InputError: as `frontiers`, or if there are fewer than two board sizes.
    """
    curves, elo = curves_of(points, axis), ratings_of(points)
    if len(curves) < 2:
        raise InputError("the law needs at least two board sizes; train on one more")
    whole = pd.concat([mean_frontier(board, elo, halves) for board in curves], ignore_index=True)
    starts = _starts(whole)
    best = _least_squares(whole, starts)
    restarts = [best, *starts[:: len(starts) // 4]]
    draws = [
        _determined(_least_squares(resample, restarts), resample)
        for resample in resampled_frontiers(curves, elo, halves, resamples, seed)
    ]
    return LawFit(
        axis=axis,
        law=_determined(best, whole),
        quality=quality(best, whole),
        frontiers=whole,
        draws=draws,
        runs={board.boardsize: len(board.runs) for board in curves},
    )


def resampled_frontiers(
    curves: Sequence[Curves], elo: np.ndarray, halves: Halves | None, resamples: int, seed: int
) -> Iterator[pd.DataFrame]:
    """Frontiers of runs drawn anew within each board, each by another split of the games."""
    rng = np.random.default_rng(seed)
    for resample in range(resamples):
        pick, report = elo, elo
        if halves is not None:
            split = resample % len(halves.pick)
            pick, report = halves.pick[split], halves.report[split]
        drawn = [rng.integers(len(board.runs), size=len(board.runs)) for board in curves]
        yield pd.concat(
            [
                frontier_of(board, pick, report, runs)
                for board, runs in zip(curves, drawn, strict=True)
            ],
            ignore_index=True,
        )


def least_squares_law(frontier: pd.DataFrame, near: Law | None = None) -> Law:
    """The law closest to frontiers (as from `frontiers`) of two or more board sizes; sought from
    `near` alone if that is given, which is quicker."""
    return _least_squares(frontier, _starts(frontier) if near is None else [near])


def quality(law: Law, frontier: pd.DataFrame) -> Quality:
    """How well `law` describes a frontier (columns boardsize, flops, elo)."""
    elo = frontier["elo"].to_numpy()
    error = law.elo(frontier["flops"].to_numpy(), frontier["boardsize"].to_numpy()) - elo
    missed, spread, size = float(np.mean(error**2)), float(np.var(elo)), float(np.mean(elo**2))
    return Quality(
        rmse=missed**0.5,
        r2=1 - missed / spread if spread else np.nan,
        residual_variance=missed / size if size else np.nan,
        points=len(elo),
    )


def _starts(frontier: pd.DataFrame) -> list[Law]:
    """Laws to start from: plateaus at each board's lowest Elo, inclines of all sorts above them.

    The law has kinks, and least squares on a few points, or far from a take-off, can end in many
    different places: so the starts are many, and the best end counts.
    """
    x, elo = np.log10(frontier["flops"].to_numpy()), frontier["elo"].to_numpy()
    lowest = frontier.groupby("boardsize")["elo"].min()
    small, large = lowest.index.min(), lowest.index.max()
    steepness = float(lowest[large] - lowest[small]) / float(large - small)
    plateau = (steepness, float(lowest[small]) - steepness * float(small))
    middle = float(frontier["boardsize"].mean())
    starts = []
    for slope, decades, share in itertools.product(_START_SLOPES, _START_DECADES, _START_PLACES):
        # The incline of board side `middle` reaches zero at this compute, and each cell of board
        # side moves it by so many decades.
        zero_at = float(np.quantile(x, share))
        at_zero = slope * (decades * middle - zero_at)
        starts.append(Law(slope, -slope * decades, at_zero, *plateau))
    return [*starts, Law(0.0, 0.0, float(elo.min()) - 1, *plateau)]


def _least_squares(frontier: pd.DataFrame, starts: Sequence[Law]) -> Law:
    B = frontier["boardsize"].to_numpy(float)
    x, elo = np.log10(frontier["flops"].to_numpy()), frontier["elo"].to_numpy()
    design = np.stack([x, B, np.ones_like(x)], axis=1)
    sizes, bounds = _plateau_bounds(frontier)
    slope_above = np.pad(np.stack([sizes, np.ones_like(sizes)], axis=1), ((0, 0), (3, 0)))

    def branches(law: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        # Written out: a matrix product's last digits depend on where its arrays lie in memory.
        return law[0] * x + law[1] * B + law[2], law[3] * B + law[4]

    def above(law: np.ndarray) -> np.ndarray:
        return np.maximum(law[3] * sizes + law[4] - bounds, 0.0)

    def residual(law: np.ndarray) -> np.ndarray:
        error = np.minimum(np.maximum(*branches(law)), 0.0) - elo
        return np.append(error, _STIFFNESS * above(law))

    def jacobian(law: np.ndarray) -> np.ndarray:
        incline, plateau = branches(law)
        on_incline = (incline > plateau) & (incline < 0)
        on_plateau = (plateau >= incline) & (plateau < 0)
        errors = np.hstack([design * on_incline[:, None], design[:, 1:] * on_plateau[:, None]])
        return np.vstack([errors, _STIFFNESS * slope_above * (above(law) > 0)[:, None]])

    fits = [descend(residual, jacobian, start) for start in starts]
    return Law(*min(fits, key=lambda fit: fit[1])[0].tolist())


def _plateau_bounds(frontier: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Board sides, and the highest Elo that the plateau of each may have."""
    sizes, bounds = [], []
    for size, board in frontier.groupby("boardsize"):
        beginning = board["elo"].head(max(1, int(_BEGINNING * len(board))))
        sizes.append(size)
        bounds.append(min(beginning.max() + _SLACK, 0.0))
    return np.array(sizes, float), np.array(bounds)


def _determined(law: Law, frontier: pd.DataFrame) -> Law:
    """NaN for the coefficients of a branch that fewer than two boards lie on."""
    B, x = frontier["boardsize"].to_numpy(), np.log10(frontier["flops"].to_numpy())
    incline = law.incline_flops * x + law.incline_size * B + law.incline_constant
    plateau = law.plateau_size * B + law.plateau_constant
    if abs(law.incline_flops) * np.ptp(x) < _APART:
        # An incline that does not climb is a plateau by another name.
        if incline.mean() > plateau.mean():
            constant = float(np.mean(incline - law.incline_size * B))
            law = law._replace(plateau_size=law.incline_size, plateau_constant=constant)
            plateau = incline
        incline = np.full_like(plateau, -np.inf)
    below = np.maximum(incline, plateau) < 0
    if len(np.unique(B[below & (plateau > incline + _APART)])) < 2:
        law = law._replace(plateau_size=np.nan, plateau_constant=np.nan)
    if len(np.unique(B[below & (incline > plateau + _APART)])) < 2:
        law = law._replace(incline_flops=np.nan, incline_size=np.nan, incline_constant=np.nan)
    return law
