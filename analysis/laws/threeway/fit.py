"""Fit a form of the three-way law, with resamples of the runs.

The linear parameters are concentrated out (variable projection; Golub and Pereyra 1973, with
Kaufman's Jacobian, BIT 15, 1975): for each choice of shapes they are the weighted least-squares
ones, so that only the shapes are sought, by Levenberg–Marquardt, from every start of the form. So
is every resample, each from all the starts and from the best place of the whole, because a fit that
starts only where the whole one ended finds its own minimum again and tells too narrow an interval.
After a few steps from everywhere only the best few go on; to the end from everywhere takes three
times as long and found the same minima.

Counts are fitted by their binomial likelihood, widened by the scatter between seeds: after the
first fit they are linearised about it and fitted again until that changes nothing
(`Cells.linearised`). Resamples take them as they are seen from the law of the whole.

Resamples are stratified by network and clustered by run: of the k runs of a network, k − 1 are
drawn with replacement, and count k/(k − 1) times, without which few seeds would tell intervals that
are too narrow (Rao and Wu 1988, Journal of the American Statistical Association 83). A network's
only run stays, so its luck is in no interval.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from analysis.laws.threeway.cells import Cells, Places
from analysis.laws.threeway.forms import FORMS, Form
from analysis.statistics.bootstrap import percentile_interval
from analysis.statistics.least_squares import MAX_STEPS, descend_all
from games.errors import InputError

_NUMBERS_AT_ONCE = 200_000  # of one array, which bounds the memory and keeps it in the cache
_ROUNDS = 20  # of linearising
_SETTLED = 1e-6  # largest change of a strength at which they end
_SCOUTING, _FINALISTS = 15, 3  # steps from every start, and how many of them are gone on with
_ENOUGH = 1e-9  # relative gain of a step at which a descent ends
_RIDGE = 1e-10  # of the linear parameters' squares, against columns that are alike


@dataclasses.dataclass(frozen=True)
class ThreeWayLaw:
    """A form fitted to the whole (place 0 of every first axis) and to R resamples of it."""

    form: Form
    middle: tuple[float, float]  # log₁₀ of samples and parameters that shapes are relative to
    shapes: np.ndarray  # [1 + R, K]
    linear: np.ndarray  # [1 + R, L]
    misfit: float  # weighted root mean square of the whole's errors, in natural log-odds
    chi2: float  # mean square of errors over their standard deviations, per degree of freedom

    @property
    def draws(self) -> int:
        """How many laws this is: the whole's and the resamples'."""
        return len(self.linear)

    def strength(self, places: Places) -> np.ndarray:
        """Strength at places [N], or one set of places a law [1 + R, N], by all laws [1 + R, N]."""
        columns = self.form.columns(self.shapes, about(places, self.middle))
        return np.einsum("al,aln->an", self.linear, columns)

    def whole(self) -> ThreeWayLaw:
        """Without the resamples."""
        return dataclasses.replace(self, shapes=self.shapes[:1], linear=self.linear[:1])


def about(places: Places, middle: tuple[float, float]) -> Places:
    """Samples and parameters relative to the middle."""
    return Places(places.samples - middle[0], places.parameters - middle[1], places.nodes)


def interval_of(values: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """Percentile interval of a number by all laws [1 + R]; NaN without resamples."""
    return percentile_interval(np.asarray(values[1:], float), level)


def fit_law(cells: Cells, form: str | Form, *, resamples: int = 0, seed: int = 0) -> ThreeWayLaw:
    """The closest law of a form.

    Args:
        cells: of one board.
        form: of `FORMS`, or its name.
        resamples: of the runs.
        seed: of the resamples.

    Raises:
        InputError: if there are fewer agents than parameters.
    """
    form = FORMS[form] if isinstance(form, str) else form
    if len(cells) <= form.freedom:
        raise InputError(
            f"{len(cells)} agents do not determine the {form.freedom} parameters of "
            f"“{form.name}”; judge more of them"
        )
    middle = float(cells.places.samples.mean()), float(cells.places.parameters.mean())
    whole, cells = _settled(cells, form, middle)
    weights = cells.weight * np.concatenate(
        [np.ones((1, len(cells))), resampled_runs(cells, resamples, seed)]
    )
    starts = np.concatenate([form.starts, whole]) if form.shaped else form.starts
    shapes = np.concatenate([whole, _best(cells, form, middle, weights[1:], starts)])
    columns = form.columns(shapes, about(cells.places, middle))
    linear = _linear(columns, cells.strength, weights)
    squares = weights[0] * (linear[0] @ columns[0] - cells.strength) ** 2
    return ThreeWayLaw(
        form, middle, shapes, linear,
        misfit=float(np.sqrt(squares.sum() / weights[0].sum())),
        chi2=float(squares.sum() / (len(cells) - form.freedom)),
    )  # fmt: skip


def _settled(cells: Cells, form: Form, middle: tuple[float, float]) -> tuple[np.ndarray, Cells]:
    """The best shapes [1, K], and the cells as they are seen from their law."""
    shapes, places = _best(cells, form, middle, cells.weight[None], form.starts), cells.places
    for _ in range(_ROUNDS):
        columns = form.columns(shapes, about(places, middle))
        law = _linear(columns, cells.strength, cells.weight[None])[0] @ columns[0]
        cells = cells.linearised(law)
        before, shapes = law, _best(cells, form, middle, cells.weight[None], shapes)
        columns = form.columns(shapes, about(places, middle))
        law = _linear(columns, cells.strength, cells.weight[None])[0] @ columns[0]
        if np.abs(law - before).max() < _SETTLED:
            break
    return shapes, cells


def resampled_runs(cells: Cells, resamples: int, seed: int) -> np.ndarray:
    """How much each cell counts in each resample [R, N]."""
    rng = np.random.default_rng(seed)
    counts = np.zeros((resamples, int(cells.run.max()) + 1))
    for network in np.unique(cells.network):
        runs = np.unique(cells.run[cells.network == network])
        drawn = max(len(runs) - 1, 1)
        for count in counts:
            np.add.at(count, rng.choice(runs, drawn), len(runs) / drawn)
    return counts[:, cells.run]


def _best(
    cells: Cells, form: Form, middle: tuple[float, float], weights: np.ndarray, starts: np.ndarray
) -> np.ndarray:
    """The best shapes [R, K] for each set of weights [R, N], each sought from all starts [S, K]."""
    if not form.shaped:
        return np.empty((len(weights), 0))
    at_once = max(1, _NUMBERS_AT_ONCE // (len(cells) * len(starts)))
    chunks = [
        _descended(cells, form, middle, weights[k : k + at_once], starts)
        for k in range(0, len(weights), at_once)
    ]
    return np.concatenate([np.empty((0, len(form.shaped))), *chunks])


def _descended(
    cells: Cells, form: Form, middle: tuple[float, float], weights: np.ndarray, starts: np.ndarray
) -> np.ndarray:
    """`_best` of a few resamples."""
    places, roots = about(cells.places, middle), np.sqrt(weights)

    def residual(shapes: np.ndarray, of: np.ndarray) -> np.ndarray:
        columns = form.columns(shapes, places)
        linear = _linear(columns, cells.strength, weights[of])
        return roots[of] * (np.einsum("al,aln->an", linear, columns) - cells.strength)

    def jacobian(shapes: np.ndarray, of: np.ndarray) -> np.ndarray:
        columns = form.columns(shapes, places)
        linear = _linear(columns, cells.strength, weights[of])
        tilt = form.tilt(shapes, places, linear)
        inside = _projected(columns, tilt, weights[of])
        return roots[of][:, None] * (tilt - inside)

    count, ends = len(weights), np.tile(starts, (len(weights), 1))
    for steps, kept in ((_SCOUTING, min(_FINALISTS, len(starts))), (MAX_STEPS, 1)):
        of = np.repeat(np.arange(count), len(ends) // count)
        # A step far off the shapes that make sense is no number, and is not taken.
        with np.errstate(over="ignore", invalid="ignore"):
            ends, costs = descend_all(
                lambda shapes, k, of=of: residual(shapes, of[k]),
                lambda shapes, k, of=of: jacobian(shapes, of[k]),
                ends, most_steps=steps, tolerance=_ENOUGH,
            )  # fmt: skip
        costs = np.where(np.isfinite(costs), costs, np.inf).reshape(count, -1)
        first = np.argsort(costs, axis=1, kind="stable")[:, :kept]
        ends = ends.reshape(count, -1, ends.shape[1])[np.arange(count)[:, None], first]
        ends = ends.reshape(-1, ends.shape[2])
    return ends


def _gram(columns: np.ndarray, weighted: np.ndarray) -> np.ndarray:
    gram = np.einsum("aln,amn->alm", columns, weighted)
    size = gram.shape[1]
    scale = gram.diagonal(axis1=1, axis2=2).max(axis=1)
    return gram + _RIDGE * scale[:, None, None] * np.eye(size)


def _linear(columns: np.ndarray, target: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Least-squares coefficients [A, L] of columns [A, L, N] for a target [N], weights [A, N]."""
    weighted = columns * weights[:, None]
    right = np.einsum("aln,n->al", weighted, target)
    return np.linalg.solve(_gram(columns, weighted), right[:, :, None])[:, :, 0]


def _projected(columns: np.ndarray, others: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """What columns [A, L, N] can tell of others [A, K, N]: their weighted projections."""
    weighted = columns * weights[:, None]
    right = np.einsum("aln,akn->alk", weighted, others)
    shares = np.linalg.solve(_gram(columns, weighted), right)
    return np.einsum("alk,aln->akn", shares, columns)
