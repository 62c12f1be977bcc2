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
from analysis.statistics.least_squares import descend_all
from games.errors import InputError

LEVELS = tuple(range(-1500, 1, 250))  # Elo of Jones's isoquants
_LEAST_DEPTH = 1500  # Elo below which a board is too shallow for them
_DECADE = 0.1  # Jones rounds both logarithms to a tenth of a decade

_NEEDED = ["run_id", "train_flops", "test_flops", "elo"]
_START_SLOPES = (100.0, 250.0, 500.0)  # Elo per decade, of training and of play
_RESTARTS = 3
_AT_ONCE = 25  # resamples that are fitted at once, which bounds the memory


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
    train, test, elo = (points[name].to_numpy(float) for name in _NEEDED[1:])
    traced = _trace(train, test, elo[None], np.ones((1, len(elo)), bool), levels)
    columns = ("elo", "train_flops", "test_flops")
    return pd.DataFrame(dict(zip(columns, _curves(traced, levels, 0), strict=True)))


def _curves(
    traced: _Traced, levels: tuple[float, ...], resample: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Elo, training and play-time compute of the points on the isoquants of a resample."""
    place, decade = np.nonzero(traced.kept[resample])
    return (
        np.array(levels, float)[place],
        10.0 ** traced.train[decade],
        10.0 ** traced.test[resample, place, decade],
    )


class _Traced(NamedTuple):
    """Isoquants of R resamples at L levels, on D tenths of a decade of training."""

    train: np.ndarray  # [D] log₁₀
    test: np.ndarray  # [R, L, D] log₁₀
    kept: np.ndarray  # [R, L, D] whether a point belongs to the isoquant


def _trace(
    train: np.ndarray, test: np.ndarray, elo: np.ndarray, here: np.ndarray,
    levels: tuple[float, ...],
) -> _Traced:  # fmt: skip
    """`isoquants` of all resamples at once.

    Args:
        train: [N].
        test: [N].
        elo: [R, N].
        here: [R, N] bool, whether an agent is in the resample.
        levels: Elo [L].
    """
    order = np.argsort(train, kind="stable")
    decade, first = np.unique(_rounded(train[order]), return_index=True)
    elo, here = elo[:, order], here[:, order]
    above = (elo[:, None] > np.array(levels)[:, None]) & here[:, None]
    found = np.where(above, test[order], np.inf)
    cheapest = np.minimum.reduceat(found, first, axis=2)
    reached = np.isfinite(cheapest)
    curve = _rounded(np.minimum.accumulate(cheapest, axis=2))
    at_floor = reached & (curve == curve[:, :, -1:])
    return _Traced(decade, curve, reached & (at_floor.cumsum(axis=2) - at_floor == 0))


def _rounded(flops: np.ndarray | pd.Series) -> np.ndarray:
    """log₁₀ to a tenth of a decade."""
    return np.round(np.log10(np.asarray(flops, float)) / _DECADE) * _DECADE


def fit_isoquants(curves: pd.DataFrame) -> Exchange:
    """The plane through isoquants (as from `isoquants`) by ordinary least squares in log₁₀ T."""
    elo, train, test = (curves[name].to_numpy() for name in ("elo", "train_flops", "test_flops"))
    return _plane(elo, train, test)


def _plane(elo: np.ndarray, train: np.ndarray, test: np.ndarray) -> Exchange:
    design = np.stack([np.log10(train), elo, np.ones(len(elo))], axis=1)
    if len(elo) < 3 or np.linalg.matrix_rank(design) < 3:
        return Exchange(np.nan, np.nan, np.nan)
    return Exchange(*np.linalg.lstsq(design, np.log10(test))[0].tolist())


def fit_surface(points: pd.DataFrame) -> Surface:
    """Elo over both kinds of compute by least squares, clamped between a floor and zero.

    Args:
        points: columns train_flops, test_flops, elo, of one board.
    """
    elo = points["elo"].to_numpy(float)
    (surface,) = _fit_surfaces(points, elo[None], np.ones((1, len(elo))), _starts(points))
    return surface


def _starts(points: pd.DataFrame) -> list[list[float]]:
    """Surfaces to start from, with the constant at the centre of both logarithms."""
    elo = points["elo"].to_numpy(float)
    return [
        [slope, slope * share, offset, float(elo.min())]
        for slope in _START_SLOPES
        for share in (0.3, 1.0)
        for offset in (float(elo.mean()), 0.5 * float(elo.min()), 0.0)
    ]


def _fit_surfaces(
    points: pd.DataFrame, elo: np.ndarray, weights: np.ndarray, starts: list[list[float]]
) -> list[Surface]:
    """The closest surface to each of R resamples, the best of all starts.

    Args:
        points: columns train_flops and test_flops [N].
        elo: [R, N].
        weights: [R, N] how often an agent is in the resample.
        starts: as from `_starts`.
    """
    logs = np.log10(points[["train_flops", "test_flops"]].to_numpy(float)).T
    centre = logs.mean(axis=1)
    x, y = logs - centre[:, None]
    roots = np.sqrt(weights)

    def incline(place: np.ndarray) -> np.ndarray:
        return place[:, :1] * x + place[:, 1:2] * y + place[:, 2:3]

    def residual(place: np.ndarray, problem: np.ndarray) -> np.ndarray:
        of = problem // len(starts)
        clamped = np.minimum(np.maximum(incline(place), place[:, 3:]), 0.0)
        return (clamped - elo[of]) * roots[of]

    def jacobian(place: np.ndarray, problem: np.ndarray) -> np.ndarray:
        height, floor, root = incline(place), place[:, 3:], roots[problem // len(starts)]
        climbs = root * ((height > floor) & (height < 0))
        flat = root * ((height <= floor) & (floor < 0))
        return np.stack([climbs * x, climbs * y, climbs, flat], axis=1)

    places, costs = descend_all(residual, jacobian, np.tile(np.array(starts), (len(elo), 1)))
    best = costs.reshape(len(elo), len(starts)).argmin(axis=1) + len(starts) * np.arange(len(elo))
    found = places[best]
    found[:, 2] -= found[:, 0] * centre[0] + found[:, 1] * centre[1]
    return [Surface(*place) for place in found.tolist()]


def fit_exchange(
    points: pd.DataFrame,
    *,
    levels: tuple[float, ...] | None = None,
    rated: np.ndarray | None = None,
    resamples: int = 200,
    seed: int = 0,
) -> ExchangeFit:
    """Both ways on one board, with bootstraps over runs and games.

    A resample's surface is sought from the surface of all runs and from `_RESTARTS` other places
    spread over those that the fit itself started from, so that it may find another minimum: where
    the rows do not determine the trade, its intervals say so.

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
    train, test, elo = (numbers[name].to_numpy(float) for name in _NEEDED[1:])
    run = points.groupby("run_id").ngroup().to_numpy()
    levels = levels or levels_of(elo)
    curves, surface = isoquants(numbers, levels), fit_surface(numbers)
    rng, runs = np.random.default_rng(seed), int(run.max()) + 1
    counts = [np.bincount(rng.integers(runs, size=runs), minlength=runs) for _ in range(resamples)]
    weights = np.reshape(counts, (resamples, runs))[:, run]
    drawn = np.broadcast_to(elo, weights.shape)
    if rated is not None:
        drawn = rated[np.arange(resamples) % len(rated)]
    starts = _starts(numbers)
    restarts = [_at_centre(surface, numbers), *starts[:: len(starts) // _RESTARTS]]
    paper_draws, surface_draws = [], []
    for first in range(0, resamples, _AT_ONCE):
        chunk = slice(first, first + _AT_ONCE)
        traced = _trace(train, test, drawn[chunk], weights[chunk] > 0, levels)
        paper_draws += [_plane(*_curves(traced, levels, k)) for k in range(len(traced.kept))]
        surface_draws += _fit_surfaces(numbers, drawn[chunk], weights[chunk], restarts)
    return ExchangeFit(
        isoquants=curves,
        paper=fit_isoquants(curves),
        surface=surface,
        paper_draws=paper_draws,
        surface_draws=surface_draws,
        runs=runs,
    )


def _at_centre(surface: Surface, points: pd.DataFrame) -> list[float]:
    """A surface as a start."""
    train, test = np.log10(points[["train_flops", "test_flops"]].to_numpy(float)).mean(axis=0)
    middle = surface.constant + surface.train * train + surface.test * test
    return [surface.train, surface.test, float(middle), surface.floor]


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
