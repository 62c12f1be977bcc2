"""Forms that the strength of an agent may take over samples S, parameters P and nodes n.

With x = ln S, p = ln P and m = ln n (x and p about the middle of the data), strength is

    Cobb–Douglas          a + b·x + c·p + d·m
    CES                   a + b·ln(Σ δᵢ·eᵗ^ρ)/ρ over S, P and n; shares δ sum to 1
    S-curves              a + b·σ(k(x + q·p − x₀)) + c·σ(l(m − m₀)) + d·p
    plateaus              a + b·u + c·z
    plateaus, interacting a + b·u + c·z + d·u·z
                          u = −ln(e^(−αp) + e^(o − βx)),   z = (1 − n^(−k))/k

Training compute is C ∝ S times the cost of a network, and a move's is T ∝ n times its own, so that
at a fixed network x is ln C and m is ln T up to a constant: the Cobb–Douglas form is the same in
(C, T, P), and the S-curves are Epoch's (Villalobos and Atkinson 2023), with a take-off that size
delays or hastens (q = 0: it comes after so many samples, q = 1: after so much compute) and a level
that size lifts. u is the smooth minimum of what size and samples allow (Hoffmann et al. 2022; with
b free Kaplan et al. 2020, equation 1.5; irreducible loss is zero, for perfect play is known). z
rises to 1/k: search has a plateau, and training lifts it where d > 0.

Each form is linear in a, b, c, d for given other parameters, so `fit` seeks only those others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from analysis.laws.threeway.cells import Places

_LN10 = np.log(10)
_STEEPEST = 60.0  # exponents beyond it are as good as infinite
_ZERO = 1e-4  # orders below it are as good as zero, where formulas divide by them


class Form(NamedTuple):
    """A form, its parameters other than the linear ones, and where the search for them begins."""

    name: str
    shaped: tuple[str, ...]  # names of the K shape parameters
    linear: tuple[str, ...]  # names of the L linear ones
    starts: np.ndarray  # [S, K]
    columns: Callable[[np.ndarray, Places], np.ndarray]
    """Shapes [A, K] and places [N] or [A, N] (samples and parameters about the middle) → what the
    linear parameters multiply [A, L, N]."""
    tilt: Callable[[np.ndarray, Places, np.ndarray], np.ndarray]
    """Likewise, with the linear parameters [A, L] → derivatives of strength by the shapes
    [A, K, N]."""

    @property
    def freedom(self) -> int:
        """Parameters in all."""
        return len(self.shaped) + len(self.linear)


def _logs(places: Places) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """ln S, ln P and ln n, [A or 1, N]."""
    samples, parameters, nodes = (np.atleast_2d(axis) * _LN10 for axis in places)
    return samples, parameters, nodes


def _exp(power: np.ndarray) -> np.ndarray:
    return np.exp(np.clip(power, -_STEEPEST, _STEEPEST))


def _stacked(*columns: np.ndarray | float) -> np.ndarray:
    """[A, N] each → [A, how many, N]."""
    return np.stack(np.broadcast_arrays(*columns), axis=1)


def _by(shape: np.ndarray) -> list[np.ndarray]:
    """Shape parameters [A, K], one by one as [A, 1]."""
    return [shape[:, k : k + 1] for k in range(shape.shape[1])]


def _power_columns(shape: np.ndarray, places: Places) -> np.ndarray:
    samples, parameters, nodes = _logs(places)
    return _stacked(np.ones((len(shape), 1)), samples, parameters, nodes)


def _power_tilt(shape: np.ndarray, places: Places, linear: np.ndarray) -> np.ndarray:
    del places, linear
    return np.empty((len(shape), 0, 1))


class _Mean(NamedTuple):
    """The mean of order ρ of S, P and n, in logarithms."""

    order: np.ndarray  # ρ [A, 1]
    logs: np.ndarray  # [A or 1, 3, N]
    shares: np.ndarray  # δ [A, 3, 1]
    weights: np.ndarray  # of each in the sum, [A, 3, N]
    mean: np.ndarray  # [A, N]


def _mean_of(shape: np.ndarray, places: Places) -> _Mean:
    order, for_size, for_nodes = _by(shape)
    order = _not_zero(order)
    logs = _stacked(*_logs(places))
    shares = _exp(_stacked(np.zeros_like(order), for_size, for_nodes))
    shares = shares / shares.sum(axis=1, keepdims=True)
    power = np.clip(order[:, None] * logs, -_STEEPEST, _STEEPEST)
    total = np.log((shares * np.exp(power)).sum(axis=1))
    weights = shares * np.exp(power - total[:, None])
    return _Mean(order, logs, shares, weights, total / order)


def _not_zero(order: np.ndarray) -> np.ndarray:
    return np.where(np.abs(order) < _ZERO, _ZERO, order)


def _ces_columns(shape: np.ndarray, places: Places) -> np.ndarray:
    mean = _mean_of(shape, places).mean
    return _stacked(np.ones_like(mean), mean)


def _ces_tilt(shape: np.ndarray, places: Places, linear: np.ndarray) -> np.ndarray:
    of = _mean_of(shape, places)
    by_order = ((of.weights * of.logs).sum(axis=1) - of.mean) / of.order
    by_share = (of.weights - of.shares)[:, 1:] / of.order[:, None]
    return linear[:, 1, None, None] * np.concatenate([by_order[:, None], by_share], axis=1)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + _exp(-x))


def _curve_parts(shape: np.ndarray, places: Places) -> tuple[np.ndarray, ...]:
    """The two arguments, and the two curves, [A, N] each."""
    steep, delay, off, steep_nodes, off_nodes = _by(shape)
    samples, parameters, nodes = _logs(places)
    trained = _exp(steep) * (samples + delay * parameters - off)
    searched = _exp(steep_nodes) * (nodes - off_nodes)
    return trained, searched, _sigmoid(trained), _sigmoid(searched)


def _curves_columns(shape: np.ndarray, places: Places) -> np.ndarray:
    *_, trained, searched = _curve_parts(shape, places)
    return _stacked(np.ones_like(trained), trained, searched, _logs(places)[1])


def _curves_tilt(shape: np.ndarray, places: Places, linear: np.ndarray) -> np.ndarray:
    along, across, trained, searched = _curve_parts(shape, places)
    by_train = linear[:, 1:2] * trained * (1 - trained)
    by_search = linear[:, 2:3] * searched * (1 - searched)
    steep, steep_nodes = _exp(shape[:, 0:1]), _exp(shape[:, 3:4])
    return _stacked(
        by_train * along, by_train * steep * _logs(places)[1], -by_train * steep,
        by_search * across, -by_search * steep_nodes,
    )  # fmt: skip


def _plateau_parts(shape: np.ndarray, places: Places) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """u, z, and the share of u's sum that samples hold, [A, N] each."""
    size, data, off, bend = _by(shape)
    samples, parameters, nodes = _logs(places)
    by_size, by_data = -_exp(size) * parameters, off - _exp(data) * samples
    floor = np.logaddexp(by_size, by_data)
    return -floor, _box_cox(nodes, bend), np.exp(by_data - floor)


def _box_cox(nodes: np.ndarray, bend: np.ndarray) -> np.ndarray:
    """(1 − n^(−k))/k, which is ln n at k = 0."""
    safe = _not_zero(bend)
    return -np.expm1(np.clip(-safe * nodes, -_STEEPEST, _STEEPEST)) / safe


def _additive_columns(shape: np.ndarray, places: Places) -> np.ndarray:
    trained, searched, _ = _plateau_parts(shape, places)
    return _stacked(np.ones_like(trained), trained, searched)


def _interacting_columns(shape: np.ndarray, places: Places) -> np.ndarray:
    trained, searched, _ = _plateau_parts(shape, places)
    return _stacked(np.ones_like(trained), trained, searched, trained * searched)


def _plateau_tilt(shape: np.ndarray, places: Places, linear: np.ndarray) -> np.ndarray:
    trained, searched, share = _plateau_parts(shape, places)
    size, data, _, bend = _by(shape)
    samples, parameters, nodes = _logs(places)
    meeting = linear[:, 3:4] if linear.shape[1] > 3 else 0.0
    by_training = linear[:, 1:2] + meeting * searched
    by_search = linear[:, 2:3] + meeting * trained
    safe = _not_zero(bend)
    by_bend = (nodes * _exp(-safe * nodes) - searched) / safe
    return _stacked(
        by_training * (1 - share) * _exp(size) * parameters,
        by_training * share * _exp(data) * samples,
        -by_training * share,
        by_search * by_bend,
    )


def _grid(*axes: tuple[float, ...]) -> np.ndarray:
    """Every combination, [S, K]."""
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes))


_PLATEAU_STARTS = _grid((-1.5, -0.3), (-1.0, 0.0), (-1.0, 1.0), (0.05, 0.4))

FORMS = {
    form.name: form
    for form in (
        Form(
            "Cobb–Douglas", (), ("a", "b", "c", "d"), np.empty((1, 0)), _power_columns, _power_tilt
        ),
        Form(
            "CES", ("ρ", "ln δ_P/δ_S", "ln δ_n/δ_S"), ("a", "b"),
            _grid((-0.5, -0.05, 0.3), (-2.0, 0.5), (-2.0, 0.0)), _ces_columns, _ces_tilt,
        ),
        Form(
            "S-curves", ("ln k", "q", "x₀", "ln l", "m₀"), ("a", "b", "c", "d"),
            _grid((-0.7, 0.3), (0.0, -0.7), (-2.0, 1.0), (-1.0, 0.0), (0.0, 3.0)),
            _curves_columns, _curves_tilt,
        ),
        Form(
            "plateaus", ("ln α", "ln β", "o", "k"), ("a", "b", "c"), _PLATEAU_STARTS,
            _additive_columns, _plateau_tilt,
        ),
        Form(
            "plateaus, interacting", ("ln α", "ln β", "o", "k"), ("a", "b", "c", "d"),
            _PLATEAU_STARTS, _interacting_columns, _plateau_tilt,
        ),
    )
}  # fmt: skip
"""By name."""
