"""Elo against training compute: frontier of each board size and Jones's change-point law.

Jones 2021 (arXiv 2104.03113), section 4.1 and Table III. For board side B and training compute C

    plateau = m_p·B + c_p                       play at random, before learning takes off
    incline = m_f·log10 C + m_B·B + c_i         the frontier between random and perfect play
    Elo     = min(max(incline, plateau), 0)     the best agent, or perfect play, is zero

fitted by least squares to the frontiers of all boards together. The compute axis is the caller's:
`train_flops` counts all that training costs, `jones_flops` what Jones counted.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy.optimize

from games.errors import InputError

GRID_POINTS = 101  # of each board's log-compute axis, as Jones

# Inclines to start from: Elo per decade of compute, decades per cell of board side, and where on
# the compute axis the middle board reaches zero.
_START_SLOPES = (150.0, 300.0, 600.0, 1200.0)
_START_DECADES = (0.0, 0.5, 1.0)
_START_PLACES = (0.25, 0.5, 0.75, 1.0)
_ON_PLATEAU = 1.0  # Elo above the plateau up to which the law counts as on it


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
    r2: float
    residual_variance: float  # mean(error²)/mean(Elo²), Jones's figure 7
    points: int


@dataclasses.dataclass(frozen=True)
class LawFit:
    """A fitted law with percentile intervals from a bootstrap over runs."""

    axis: str
    law: Law
    quality: Quality
    frontiers: pd.DataFrame  # boardsize, flops, elo
    draws: list[Law]  # one refit a resample
    runs: dict[int, int]  # runs of each board size

    def interval(self, name: str, level: float = 0.95) -> tuple[float, float]:
        """Percentile interval of a coefficient or of one of `DERIVED`; NaN if undetermined.

        It tells how far the answer depends on which runs were trained. It cannot tell an error
        that all runs share: too few games, a rating scale that is bent, a board too easy. A
        resample misses a third of the runs, the best perhaps, so a frontier, which is a maximum,
        comes out weaker: intervals reach further to that side.
        """
        values = np.array([getattr(draw, name) for draw in self.draws])
        values = values[~np.isnan(values)]
        if np.isnan(getattr(self.law, name)) or not len(values):
            return np.nan, np.nan
        low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2], method="inverted_cdf")
        return float(low), float(high)


def frontiers(points: pd.DataFrame, axis: str = "train_flops") -> pd.DataFrame:
    """The best Elo that each amount of compute has bought, for each board size.

    On a grid of `GRID_POINTS` log-spaced amounts of compute between a board's least and most, each
    run is interpolated linearly in log compute and keeps its last rating after its end; the
    frontier is the maximum over runs.

    Args:
        points: one row a snapshot with columns run_id, boardsize, `axis` and elo.
        axis: the column that holds the compute.

    Returns:
        Columns boardsize, flops, elo; a grid point before any run's first snapshot is left out.

    Raises:
        InputError: if a column is missing, a number is not finite, or compute is not positive.
    """
    curves = _curves(points, axis)
    return pd.concat([_frontier(board) for board in curves], ignore_index=True)


def fit_law(
    points: pd.DataFrame, axis: str = "train_flops", *, resamples: int = 500, seed: int = 0
) -> LawFit:
    """Fit the law to the frontiers of `points` (as in `frontiers`), with bootstrap intervals.

    Each resample draws as many runs as there are, with replacement, within each board, and refits.

    Raises:
        InputError: as `frontiers`, or if there are fewer than two board sizes.
    """
    curves = _curves(points, axis)
    if len(curves) < 2:
        raise InputError("the law needs at least two board sizes; train on one more")
    whole = pd.concat([_frontier(board) for board in curves], ignore_index=True)
    starts = _starts(whole)
    best = _least_squares(whole, starts)
    restarts = [best, *starts[:: len(starts) // 8]]

    rng = np.random.default_rng(seed)
    draws = []
    for _ in range(resamples):
        resample = pd.concat(
            [
                _frontier(board, rng.integers(len(board.elo), size=len(board.elo)))
                for board in curves
            ]
        )
        draws.append(_determined(_least_squares(resample, restarts), resample))
    return LawFit(
        axis=axis,
        law=_determined(best, whole),
        quality=quality(best, whole),
        frontiers=whole,
        draws=draws,
        runs={board.boardsize: len(board.elo) for board in curves},
    )


def quality(law: Law, frontier: pd.DataFrame) -> Quality:
    """How well `law` describes a frontier (columns boardsize, flops, elo)."""
    elo = frontier["elo"].to_numpy()
    error = law.elo(frontier["flops"].to_numpy(), frontier["boardsize"].to_numpy()) - elo
    return Quality(
        rmse=float(np.sqrt(np.mean(error**2))),
        r2=float(1 - np.mean(error**2) / np.var(elo)),
        residual_variance=float(np.mean(error**2) / np.mean(elo**2)),
        points=len(elo),
    )


class _Curves(NamedTuple):
    """The runs of one board on a common grid."""

    boardsize: int
    flops: np.ndarray  # [G]
    elo: np.ndarray  # [runs, G]; −inf before a run's first snapshot


def _curves(points: pd.DataFrame, axis: str) -> list[_Curves]:
    needed = ["run_id", "boardsize", axis, "elo"]
    missing = set(needed) - set(points.columns)
    if missing:
        raise InputError(f"rated snapshots lack the columns {', '.join(sorted(missing))}")
    if points.empty:
        raise InputError("there are no rated snapshots; run the arena first")
    numbers = points[["boardsize", axis, "elo"]].to_numpy(float)
    bad = ~np.isfinite(numbers).all(axis=1) | (numbers[:, 1] <= 0)
    if bad.any():
        row = points[needed].iloc[int(np.argmax(bad))].to_dict()
        raise InputError(
            f"a snapshot has no rating or no positive compute: {row}; leave it out of the fit"
        )
    if (points.groupby("run_id")["boardsize"].nunique() > 1).any():
        raise InputError("a run has snapshots on two board sizes; give each run a name of its own")

    curves = []
    for boardsize in np.unique(points["boardsize"]).tolist():
        board = points[points["boardsize"] == boardsize]
        log_flops = np.log10(board[axis].to_numpy(float))
        grid = np.linspace(log_flops.min(), log_flops.max(), GRID_POINTS)
        elo = []
        for _, run in board.sort_values(axis).groupby("run_id"):
            # To a millionth of an Elo point: where few points leave a fit undetermined, it would
            # turn on the last digits, which are not the same twice.
            x, y = np.log10(run[axis].to_numpy(float)), run["elo"].to_numpy(float).round(6)
            elo.append(np.interp(grid, x, y, left=-np.inf))
        curves.append(_Curves(boardsize, 10**grid, np.array(elo)))
    return curves


def _frontier(board: _Curves, runs: np.ndarray | slice = slice(None)) -> pd.DataFrame:
    elo = board.elo[runs].max(axis=0)
    seen = np.isfinite(elo)
    return pd.DataFrame(
        {"boardsize": board.boardsize, "flops": board.flops[seen], "elo": elo[seen]}
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

    def branches(law: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        # Written out: a matrix product's last digits depend on where its arrays lie in memory.
        return law[0] * x + law[1] * B + law[2], law[3] * B + law[4]

    def residual(law: np.ndarray) -> np.ndarray:
        return np.minimum(np.maximum(*branches(law)), 0.0) - elo

    def jacobian(law: np.ndarray) -> np.ndarray:
        incline, plateau = branches(law)
        on_incline = (incline > plateau) & (incline < 0)
        on_plateau = (plateau >= incline) & (plateau < 0)
        return np.hstack([design * on_incline[:, None], design[:, 1:] * on_plateau[:, None]])

    fits = [
        scipy.optimize.least_squares(
            residual,
            start,
            jac=jacobian,  # pyright: ignore[reportArgumentType] SciPy carries no types
            method="lm",
            x_scale="jac",
            xtol=1e-12,
            ftol=1e-12,
        )
        for start in starts
    ]
    return Law(*min(fits, key=lambda fit: fit.cost).x.tolist())


def _determined(law: Law, frontier: pd.DataFrame) -> Law:
    """NaN for the coefficients of a branch that fewer than two boards lie on."""
    B, flops = frontier["boardsize"].to_numpy(), frontier["flops"].to_numpy()
    plateau = np.minimum(law.plateau_size * B + law.plateau_constant, 0)
    elo = law.elo(flops, B)
    climbing, below = elo > plateau + _ON_PLATEAU, elo < 0
    if len(np.unique(B[~climbing & below])) < 2:
        law = law._replace(plateau_size=np.nan, plateau_constant=np.nan)
    if len(np.unique(B[climbing & below])) < 2:
        law = law._replace(incline_flops=np.nan, incline_size=np.nan, incline_constant=np.nan)
    return law
