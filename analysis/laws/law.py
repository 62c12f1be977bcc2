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
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.laws.frontier import FrontierSample, sample_frontiers
from analysis.ratings.splits import Halves
from analysis.statistics.bootstrap import percentile_interval
from analysis.statistics.least_squares import descend_all
from games.errors import InputError

# Inclines to start from: Elo per decade of compute, decades per cell of board side, and where on
# the compute axis the middle board reaches zero.
_START_SLOPES = (150.0, 300.0, 600.0, 1200.0)
_START_DECADES = (0.0, 0.5, 1.0)
_START_PLACES = (0.25, 0.5, 0.75, 1.0)
_BEGINNING = 0.1  # share of a board's grid that its frontier begins with
_SLACK = 100.0  # Elo by which a plateau may lie above it; ratings there are uncertain
_STIFFNESS = 10.0  # weight of an Elo above that bound against an Elo of error at one point
_EVERY = 5  # start of all of them, where a few must do
_AT_ONCE = 80_000  # points of frontiers that are fitted at once: as many as caches hold
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
    def determined(self) -> bool:
        """Whether every coefficient is known."""
        return not any(map(np.isnan, self))

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

    def known(self, name: str) -> float:
        """A coefficient or one of `DERIVED`; NaN if undetermined.

        The factor per board size divides by the slope. Where the interval of the slope holds zero,
        the ratio's has no end (Fieller 1954, "Some problems in interval estimation"), so there is
        no factor.
        """
        low, high = self._limits("elo_per_tenfold", 0.95)
        if name == "factor_per_size" and low <= 0 <= high:
            return np.nan
        return getattr(self.law, name)

    def interval(self, name: str, level: float = 0.95) -> tuple[float, float]:
        """Percentile interval of a coefficient or of one of `DERIVED`; NaN if undetermined.

        It tells how far the answer depends on which runs were trained and, where the fit was given
        halves, on which games were played. It cannot tell an error that all runs share: a rating
        scale that is bent, a board too easy. A resample misses a third of the runs, the best
        perhaps, so a frontier, which is a maximum, comes out weaker: intervals reach further to
        that side.
        """
        return (np.nan, np.nan) if np.isnan(self.known(name)) else self._limits(name, level)

    def _limits(self, name: str, level: float) -> tuple[float, float]:
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
    return law_of(sample_frontiers(points, axis, halves, resamples=resamples, seed=seed))


def law_of(sample: FrontierSample, *, bounded: bool = True) -> LawFit:
    """The same from frontiers that have been drawn already.

    Args:
        sample: frontiers of all runs and of resamples.
        bounded: whether no plateau may lie above the beginning of its board's frontier.

    Raises:
        InputError: if there are fewer than two board sizes.
    """
    if len(sample.runs) < 2:
        raise InputError("the law needs at least two board sizes; train on one more")
    starts = _starts(sample.whole)
    B, x = sample.boardsize.astype(float), np.log10(sample.flops)
    whole = sample.whole["elo"].to_numpy()[None]
    (best,) = _least_squares(B, x, whole, starts, bounded)
    restarts = [best, *starts[:: len(starts) // 4]]
    draws = _least_squares(B, x, sample.elo, restarts, bounded)
    seen = ~np.isnan(sample.elo)
    return LawFit(
        axis=sample.axis,
        law=_determined(best, B, x),
        quality=quality(best, sample.whole),
        frontiers=sample.whole,
        draws=[_determined(law, B[s], x[s]) for law, s in zip(draws, seen, strict=True)],
        runs=sample.runs,
    )


def least_squares_law(
    frontier: pd.DataFrame, near: Law | None = None, *, bounded: bool = True, few: bool = False
) -> Law:
    """The law closest to frontiers (as from `frontiers`) of two or more board sizes; sought from
    `near` alone if that is given, or from a `few` of all starts, which is quicker."""
    B, x, elo = (frontier[name].to_numpy(float) for name in ("boardsize", "flops", "elo"))
    starts = _starts(frontier)[:: _EVERY if few else 1] if near is None else [near]
    (law,) = _least_squares(B, np.log10(x), elo[None], starts, bounded)
    return law


def slope_of_board(
    flops: np.ndarray, elo: np.ndarray, drawn: np.ndarray, level: float
) -> tuple[float, float, float, float]:
    """One board's own slope in Elo a decade, its interval, and the error of its fit in Elo; the
    arguments of `slope_and_draws`, and the level of the interval."""
    slope, draws, error = slope_and_draws(flops, elo, drawn)
    return slope, *percentile_interval(draws, level), error


def slope_and_draws(
    flops: np.ndarray, elo: np.ndarray, drawn: np.ndarray
) -> tuple[float, np.ndarray, float]:
    """One board's own slope in Elo a decade, that of each resample [R], and the error of the fit in
    Elo.

    Args:
        flops: compute [P] of its frontier.
        elo: Elo [P].
        drawn: Elo of resampled frontiers [R, P], NaN where one has no point.
    """
    x, nowhere = np.log10(flops), np.zeros(len(flops))  # no board side: its columns fall away
    starts = [
        Law(slope, 0.0, -slope * float(np.quantile(x, share)), 0.0, float(elo.min()))
        for slope, share in itertools.product(_START_SLOPES, _START_PLACES)
    ]
    (best,) = _least_squares(nowhere, x, elo[None], starts, False)
    draws = _least_squares(nowhere, x, drawn, [best, *starts[::6]], False) if len(drawn) else []
    error = best.elo(flops, 0) - elo
    slopes = np.array([draw.incline_flops for draw in draws])
    return best.incline_flops, slopes, float(np.sqrt(np.mean(error**2)))


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


def _least_squares(
    B: np.ndarray, x: np.ndarray, elo: np.ndarray, starts: Sequence[Law], bounded: bool
) -> list[Law]:
    """The closest law to each of R frontiers.

    Args:
        B: board side [P] of each point.
        x: log₁₀ of its compute [P].
        elo: of each frontier [R, P], NaN where it has no point.
        starts: laws to start each from.
        bounded: as in `law_of`.
    """
    found: list[Law] = []
    chunk = max(1, _AT_ONCE // (len(starts) * len(x)))
    for first in range(0, len(elo), chunk):
        found += _descend_from(B, x, elo[first : first + chunk], starts, bounded)
    return found


def _descend_from(
    B: np.ndarray, x: np.ndarray, elo: np.ndarray, starts: Sequence[Law], bounded: bool
) -> list[Law]:
    seen, target = ~np.isnan(elo), np.nan_to_num(elo)
    sizes = np.unique(B)
    bounds = np.stack([_plateau_bounds(B, row) for row in elo]) if bounded else None
    slope_above = np.pad(np.stack([sizes, np.ones_like(sizes)]), ((3, 0), (0, 0)))

    def branches(law: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        # Written out: a matrix product's last digits depend on where its arrays lie in memory.
        m_f, m_B, c_i, m_p, c_p = law.T[:, :, None]
        return m_f * x + m_B * B + c_i, m_p * B + c_p

    def above(law: np.ndarray, of: np.ndarray) -> np.ndarray:
        if bounds is None:
            return np.zeros((len(law), 0))
        return np.maximum(law[:, 3:4] * sizes + law[:, 4:5] - bounds[of], 0.0)

    def residual(law: np.ndarray, problem: np.ndarray) -> np.ndarray:
        of = problem // len(starts)
        error = np.minimum(np.maximum(*branches(law)), 0.0) - target[of]
        return np.hstack([error * seen[of], _STIFFNESS * above(law, of)])

    def jacobian(law: np.ndarray, problem: np.ndarray) -> np.ndarray:
        of = problem // len(starts)
        incline, plateau = branches(law)
        on_incline = (incline > plateau) & (incline < 0) & seen[of]
        on_plateau = (plateau >= incline) & (plateau < 0) & seen[of]
        over = above(law, of) > 0
        slopes = np.empty((len(law), len(Law._fields), len(x) + over.shape[1]))
        for row, (factor, here) in enumerate(
            ((x, on_incline), (B, on_incline), (1, on_incline), (B, on_plateau), (1, on_plateau))
        ):
            np.multiply(factor, here, out=slopes[:, row, : len(x)])
        slopes[:, :, len(x) :] = _STIFFNESS * slope_above[:, : over.shape[1]] * over[:, None]
        return slopes

    places, costs = descend_all(residual, jacobian, np.tile(np.array(starts), (len(elo), 1)))
    best = costs.reshape(len(elo), len(starts)).argmin(axis=1) + len(starts) * np.arange(len(elo))
    return [Law(*place) for place in places[best].tolist()]


def _plateau_bounds(B: np.ndarray, elo: np.ndarray) -> np.ndarray:
    """The highest Elo that the plateau of each board side may have, by one frontier [P]."""
    bounds = []
    for size in np.unique(B):
        board = elo[size == B]
        board = board[~np.isnan(board)]
        bounds.append(min(board[: max(1, int(_BEGINNING * len(board)))].max() + _SLACK, 0.0))
    return np.array(bounds)


def _determined(law: Law, B: np.ndarray, x: np.ndarray) -> Law:
    """NaN for the coefficients of a branch that fewer than two boards lie on."""
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
