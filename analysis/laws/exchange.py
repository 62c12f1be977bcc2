"""How training compute and play-time compute trade for each other at equal strength.

Jones 2021, section 4.2 and figure 9, states the trade as a plane through the isoquants

    log₁₀ T = s·log₁₀ C + e·Elo + k           s = −1.2, e = 0.004, k = 29 on 9×9

with C the compute of training and T that of play. Two ways to find it, on the same rows: the
paper's (`fit_isoquants`), which first traces the isoquants, and a direct one (`fit_surface`), which
fits Elo itself and uses every row:

    Elo = min(max(c·log₁₀ C + t·log₁₀ T + a, floor), 0)      so s = −c/t, e = 1/t, k = −a/t
"""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.statistics.bootstrap import percentile_interval
from analysis.statistics.least_squares import descend
from games.errors import InputError

LEVELS = tuple(range(-1500, 1, 250))  # Elo of Jones's isoquants
_LEAST_DEPTH = 1500  # Elo below which a board is too shallow for them
_DECADE = 0.1  # Jones rounds both logarithms to a tenth of a decade

_NEEDED = ["run_id", "train_flops", "test_flops", "elo"]
_START_SLOPES = (100.0, 250.0, 500.0)  # Elo per decade, of training and of play


class Exchange(NamedTuple):
    """The plane of the isoquants; test_flops ∝ train_flops^`slope` at equal Elo."""

    slope: float  # s, decades of play a decade of training, below 0
    per_elo: float  # e, decades of play an Elo point
    constant: float  # k

    def test_flops(self, train_flops: np.ndarray, elo: np.ndarray | float) -> np.ndarray:
        """Play-time compute that brings a network of that training to that Elo."""
        return 10 ** (self.slope * np.log10(train_flops) + self.per_elo * elo + self.constant)

    @property
    def tenfold_training(self) -> float:
        """How many times the play-time compute ten times the training replaces: 10^(−s)."""
        with np.errstate(over="ignore"):
            return float(np.float64(10) ** -self.slope)


class Surface(NamedTuple):
    """Elo over training and play-time compute, between a floor and perfect play."""

    train: float  # c, Elo per decade of training
    test: float  # t, Elo per decade of play
    constant: float  # a
    floor: float  # Elo of play that neither has reached

    def elo(self, train_flops: np.ndarray, test_flops: np.ndarray) -> np.ndarray:
        """Elo, at most 0."""
        climb = self.train * np.log10(train_flops) + self.test * np.log10(test_flops)
        return np.minimum(np.maximum(climb + self.constant, self.floor), 0.0)

    @property
    def exchange(self) -> Exchange:
        """The plane of its isoquants."""
        with np.errstate(divide="ignore", invalid="ignore"):
            plane = -np.array([self.train, -1.0, self.constant]) / np.float64(self.test)
        return Exchange(*plane.tolist())


@dataclasses.dataclass(frozen=True)
class ExchangeFit:
    """The exchange on one board, found both ways, with bootstraps over runs and games."""

    isoquants: pd.DataFrame  # elo, train_flops, test_flops
    paper: Exchange  # through the isoquants, as Jones
    surface: Surface
    paper_draws: list[Exchange]  # one refit a resample
    surface_draws: list[Surface]
    runs: int

    def interval(self, way: str, name: str, level: float = 0.95) -> tuple[float, float]:
        """Percentile interval of a field of `Exchange` found `"paper"`'s way or by `"surface"`."""
        draws = (
            self.paper_draws if way == "paper" else [draw.exchange for draw in self.surface_draws]
        )
        values = np.array([getattr(draw, name) for draw in draws])
        return percentile_interval(values[np.isfinite(values)], level)


def levels_of(elo: np.ndarray) -> tuple[float, ...]:
    """Jones's levels, or as many spread evenly over a board that is not as deep as 9×9."""
    depth = -float(np.min(elo))
    if depth >= _LEAST_DEPTH:
        return LEVELS
    return tuple(np.round(np.linspace(-depth, 0, len(LEVELS) + 1)[1:]).tolist())


def isoquants(points: pd.DataFrame, levels: tuple[float, ...] = LEVELS) -> pd.DataFrame:
    """The least play-time compute that passes each Elo, by training compute, as Jones traced it.

    Training compute is rounded to a tenth of a decade; at each, the cheapest play that is stronger
    than the level counts, and cheaper play of a less trained network still counts later; of the
    points at an isoquant's last and lowest play-time compute only the first is kept, for there the
    floor of one node cuts it off.

    Args:
        points: columns train_flops, test_flops, elo, of one board.
        levels: Elo of the isoquants.

    Returns:
        Columns elo, train_flops, test_flops.
    """
    decade, train = np.unique(_rounded(points["train_flops"]), return_inverse=True)
    test, elo = points["test_flops"].to_numpy(float), points["elo"].to_numpy(float)
    parts = []
    for level in levels:
        above = elo > level
        cheapest = np.full(len(decade), np.inf)
        np.minimum.at(cheapest, train[above], test[above])
        reached = np.isfinite(cheapest)
        curve = _rounded(np.minimum.accumulate(cheapest)[reached])
        first_at_floor = np.argmax(curve == curve[-1]) if len(curve) else 0
        kept = np.arange(len(curve)) <= first_at_floor
        parts.append(
            pd.DataFrame(
                {
                    "elo": float(level),
                    "train_flops": 10.0 ** decade[reached][kept],
                    "test_flops": 10.0 ** curve[kept],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _rounded(flops: np.ndarray | pd.Series) -> np.ndarray:
    """log₁₀ to a tenth of a decade."""
    return np.round(np.log10(np.asarray(flops, float)) / _DECADE) * _DECADE


def fit_isoquants(curves: pd.DataFrame) -> Exchange:
    """The plane through isoquants (as from `isoquants`) by ordinary least squares in log₁₀ T."""
    train, test, elo = (curves[name].to_numpy() for name in ("train_flops", "test_flops", "elo"))
    design = np.stack([np.log10(train), elo, np.ones(len(curves))], axis=1)
    if len(curves) < 3 or np.linalg.matrix_rank(design) < 3:
        return Exchange(np.nan, np.nan, np.nan)
    return Exchange(*np.linalg.lstsq(design, np.log10(test))[0].tolist())


def fit_surface(points: pd.DataFrame, near: Surface | None = None) -> Surface:
    """Elo over both kinds of compute by least squares, clamped between a floor and zero.

    Args:
        points: columns train_flops, test_flops, elo, of one board.
        near: where to seek it, which is quicker; everywhere if left out.
    """
    elo = points["elo"].to_numpy(float)
    train, test = np.log10(points["train_flops"]), np.log10(points["test_flops"])
    centre = np.array([train.mean(), test.mean()])
    design = np.stack([train - centre[0], test - centre[1], np.ones_like(train)], axis=1)

    def incline(surface: np.ndarray) -> np.ndarray:
        return (design * surface[:3]).sum(axis=1)

    def residual(surface: np.ndarray) -> np.ndarray:
        return np.minimum(np.maximum(incline(surface), surface[3]), 0.0) - elo

    def jacobian(surface: np.ndarray) -> np.ndarray:
        height, floor = incline(surface), surface[3]
        climbs = (height > floor) & (height < 0)
        flat = (height <= floor) & (floor < 0)
        return np.column_stack([design * climbs[:, None], flat])

    starts = [
        [slope, slope * share, offset, float(elo.min())]
        for slope in _START_SLOPES
        for share in (0.3, 1.0)
        for offset in (float(elo.mean()), 0.5 * float(elo.min()), 0.0)
    ]
    if near is not None:
        at_centre = near.constant + near.train * centre[0] + near.test * centre[1]
        starts = [[near.train, near.test, float(at_centre), near.floor]]
    fits = [descend(residual, jacobian, start) for start in starts]
    best, _ = min(fits, key=lambda fit: fit[1])
    per_train, per_test, at_centre, floor = best.tolist()
    constant = at_centre - per_train * centre[0] - per_test * centre[1]
    return Surface(per_train, per_test, float(constant), floor)


def fit_exchange(
    points: pd.DataFrame,
    *,
    levels: tuple[float, ...] | None = None,
    rated: np.ndarray | None = None,
    resamples: int = 200,
    seed: int = 0,
) -> ExchangeFit:
    """Both ways on one board, with bootstraps over runs and games.

    Args:
        points: one row an agent: columns run_id, train_flops, test_flops, elo.
        levels: Elo of the isoquants; `levels_of` the points if left out.
        rated: [R, agents] Elo as other games of the same agents might have had it, e.g.
            `Halves.report`; each resample of runs takes another row.
        resamples: bootstrap resamples; each draws as many runs as there are, with replacement.
        seed: of the bootstrap.

    Raises:
        InputError: if a column is missing, a number is not finite, compute is not positive, or
            every agent plays with the same compute.
    """
    _check(points)
    numbers = points[_NEEDED[1:]].reset_index(drop=True)
    rows_of = list(points.reset_index().groupby("run_id").indices.values())
    levels = levels or levels_of(numbers["elo"].to_numpy())
    curves, surface = isoquants(numbers, levels), fit_surface(numbers)
    rng = np.random.default_rng(seed)
    paper_draws, surface_draws = [], []
    for draw in range(resamples):
        chosen = rng.integers(len(rows_of), size=len(rows_of))
        if rated is not None:
            numbers["elo"] = rated[draw % len(rated)]
        resample = numbers.iloc[np.concatenate([rows_of[run] for run in chosen])]
        paper_draws.append(fit_isoquants(isoquants(resample, levels)))
        surface_draws.append(fit_surface(resample, surface))
    return ExchangeFit(
        isoquants=curves,
        paper=fit_isoquants(curves),
        surface=surface,
        paper_draws=paper_draws,
        surface_draws=surface_draws,
        runs=len(rows_of),
    )


def _check(points: pd.DataFrame) -> None:
    missing = set(_NEEDED) - set(points.columns)
    if missing:
        raise InputError(f"rated agents lack the columns {', '.join(sorted(missing))}")
    if points.empty:
        raise InputError("there are no rated agents; play them first")
    numbers = points[_NEEDED[1:]].to_numpy(float)
    bad = ~np.isfinite(numbers).all(axis=1) | (numbers[:, :2] <= 0).any(axis=1)
    if bad.any():
        row = points[_NEEDED].iloc[int(np.argmax(bad))].to_dict()
        raise InputError(
            f"an agent has no rating or no positive compute: {row}; leave it out of the fit"
        )
    per_node = points.groupby("run_id")["test_flops"].nunique()
    if per_node.max() < 2:
        raise InputError(
            "every network plays with one search size only, so training and play cannot be told "
            "apart; rate its snapshots at several numbers of nodes"
        )
