"""Policy and value of different sizes, in tables: who errs how often at equal FLOPs.

A kind of network is a way to share parameters between policy and value; its networks are seeds of
it. Intervals are over networks and positions at once, both drawn anew in every resample. All kinds
of a board share the draws of positions, and networks are drawn for each kind by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from analysis.statistics.bootstrap import percentile_interval

RESAMPLES = 400
LEVEL = 0.95
SHARED, SMALL = "shared", "small"
"""The kind whose policy and value have one trunk, and that of the small network of two."""
PUCT = "puct"
OWN, COMMON = "own play", "common labels"
"""The arms: what networks have learnt from."""


class Judged(NamedTuple):
    """What M networks of one kind do in a board's positions."""

    boardsize: int
    kind: str  # SHARED, SMALL, or the ratio wanted
    network: str
    ratio: float  # parameters of the value's trunk over those of the policy's
    ways: pd.DataFrame  # a row a way to decide [S]: family, nodes, calls, flops (of a move)
    blunder: np.ndarray  # bool [M, S, N], in won positions that count alike
    wrong: np.ndarray  # bool [M, K], whether the network's own value has the wrong sign
    weight: np.ndarray  # [K], of those positions


class Draws(NamedTuple):
    """Rates of one kind in every resample; the first is the estimate."""

    judged: Judged
    blunder: np.ndarray  # [R, S]
    wrong: np.ndarray  # [R]


def resampled(found: Sequence[Judged], resamples: int = RESAMPLES) -> list[Draws]:
    """Every kind's rates in the same `resamples` draws of positions."""
    drawn = []
    for place, judged in enumerate(found):
        networks, _, positions = judged.blunder.shape
        own = _draws(np.random.default_rng([judged.boardsize, place]), networks, resamples)
        seen = _draws(np.random.default_rng([judged.boardsize, 1_000]), positions, resamples)
        signs = _draws(
            np.random.default_rng([judged.boardsize, 2_000]), len(judged.weight), resamples
        )
        signs = signs * judged.weight
        total = np.einsum("rm,msn,rn->rs", own, judged.blunder.astype(float), seen, optimize=True)
        wrong = np.einsum("rm,mk,rk->r", own, judged.wrong.astype(float), signs, optimize=True)
        drawn.append(Draws(judged, total / networks / positions, wrong / networks / signs.sum(1)))
    return drawn


def _draws(rng: np.random.Generator, size: int, count: int) -> np.ndarray:
    """How often each of `size` was drawn: [1 + count, size], in the first row once."""
    drawn = rng.multinomial(size, np.full(size, 1 / size), size=count)
    return np.concatenate([np.ones((1, size)), drawn])


def way_points(drawn: Sequence[Draws]) -> pd.DataFrame:
    """Every way to decide with every kind.

    Returns:
        A row each: boardsize, kind, network, ratio, family, nodes, calls, flops, rate with low and
        high; beyond with beyond_low and beyond_high: by how much the rate is above that of the tree
        search of the shared network at equal FLOPs, NaN where it was not searched with so few or so
        many.
    """
    lines: list[dict[str, Any]] = []
    for own in drawn:
        judged = own.judged
        base = _of_kind(drawn, judged.boardsize, SHARED)
        flops, level = _searches(base)
        for s, way in enumerate(judged.ways.to_dict("records")):
            beyond = own.blunder[:, s] - _at(float(way["flops"]), flops, level)
            lines.append(
                {
                    **_named(judged), **{str(name): value for name, value in way.items()},
                    **_summary("rate", own.blunder[:, s], "low", "high"),
                    **_summary("beyond", beyond, "beyond_low", "beyond_high"),
                }
            )  # fmt: skip
    return pd.DataFrame(lines)


def value_points(drawn: Sequence[Draws]) -> pd.DataFrame:
    """How often each kind's value, without search, has the wrong sign.

    Returns:
        A row each: boardsize, kind, network, ratio, wrong with low and high, and beyond with
        beyond_low and beyond_high: above the shared network's.
    """
    lines = []
    for own in drawn:
        base = _of_kind(drawn, own.judged.boardsize, SHARED)
        lines.append(
            {
                **_named(own.judged), **_summary("wrong", own.wrong, "low", "high"),
                **_summary("beyond", own.wrong - base.wrong, "beyond_low", "beyond_high"),
            }
        )  # fmt: skip
    return pd.DataFrame(lines)


def best_ratios(drawn: Sequence[Draws]) -> pd.DataFrame:
    """The ratio of fewest blunders for each budget of the tree search: the vertex of a parabola of
    the logarithm of the blunder rate in the logarithm of the ratio, within the ratios measured.

    Returns:
        A row a board and budget: boardsize, nodes, ratio with low and high, and gain: by what
        factor blunders at ratio 1 are more than there, with gain_low and gain_high.
    """
    lines = []
    for size, (logs, rates, nodes, _) in _boards(drawn).items():
        for place, budget in enumerate(nodes):
            fits = [parabola(logs, row) for row in rates[:, :, place]]
            at = np.array([best_of(fit, logs) for fit in fits])
            gain = np.array([np.polyval(fit, 0) - np.polyval(fit, x) for fit, x in
                             zip(fits, at, strict=True)])  # fmt: skip
            lines.append(
                {
                    "boardsize": size, "nodes": budget,
                    **_summary("ratio", np.exp(at), "low", "high"),
                    **_summary("gain", np.exp(gain), "gain_low", "gain_high"),
                }
            )  # fmt: skip
    return pd.DataFrame(lines)


def drift(drawn: Sequence[Draws]) -> pd.DataFrame:
    """By what power of the budget the best ratio grows: least squares of its logarithm on that of
    the nodes.

    Returns:
        A row a board: boardsize, power with low and high.
    """
    lines = []
    for size, (logs, rates, nodes, _) in _boards(drawn).items():
        at = np.array(
            [[best_of(parabola(logs, row[:, k]), logs) for k in range(len(nodes))] for row in rates]
        )
        power = np.polyfit(np.log(nodes), at.T, 1)[0] if len(nodes) > 1 else at[:, 0] * np.nan
        lines.append({"boardsize": size, **_summary("power", power, "low", "high")})
    return pd.DataFrame(lines)


def parabola(logs: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """Coefficients, the highest first, of the logarithm of blunder rates [X] in `logs` [X]; a line
    where there are fewer than three."""
    least = max(rates[rates > 0].min(initial=1) / 2, 1e-5)  # a rate of none is half the least seen
    return np.polyfit(logs, np.log(np.maximum(rates, least)), min(2, len(logs) - 1))


def best_of(fit: np.ndarray, logs: np.ndarray) -> float:
    """Where a parabola is least between the ends of `logs`."""
    inside = [-fit[1] / (2 * fit[0])] if len(fit) == 3 and fit[0] > 0 else []
    candidates = np.array([logs.min(), logs.max(), *np.clip(inside, logs.min(), logs.max())])
    return float(candidates[np.argmin(np.polyval(fit, candidates))])


class Measured(NamedTuple):
    """The split networks of a board."""

    logs: np.ndarray  # [X] of their ratios, rising
    rates: np.ndarray  # [R, X, K] of the tree search
    nodes: np.ndarray  # [K]
    flops: np.ndarray  # [K] of the shared network's search


def _boards(drawn: Sequence[Draws]) -> Mapping[int, Measured]:
    boards = {}
    for size in sorted({own.judged.boardsize for own in drawn}):
        here = [own for own in drawn if own.judged.boardsize == size]
        split = [own for own in here if own.judged.kind not in (SHARED, SMALL)]
        split.sort(key=lambda own: own.judged.ratio)
        logs = np.log([own.judged.ratio for own in split])
        trees = split[0].judged.ways["family"].to_numpy() == PUCT
        nodes = split[0].judged.ways.loc[trees, "nodes"].to_numpy(float)
        rates = np.stack([own.blunder[:, trees] for own in split], axis=1)
        boards[size] = Measured(logs, rates, nodes, _searches(_of_kind(here, size, SHARED))[0])
    return boards


def _of_kind(drawn: Sequence[Draws], size: int, kind: str) -> Draws:
    return next(d for d in drawn if (d.judged.boardsize, d.judged.kind) == (size, kind))


def _searches(own: Draws) -> tuple[np.ndarray, np.ndarray]:
    """FLOPs of the tree searches of a kind [K], rising, and their blunder rates [R, K]."""
    trees = own.judged.ways["family"].to_numpy() == PUCT
    return own.judged.ways.loc[trees, "flops"].to_numpy(float), own.blunder[:, trees]


def _at(cost: float, flops: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """Rates [R, K] between two FLOPs [K], along a line in the logarithm; NaN beyond them. A few
    percent below the first are the first: kinds cost alike only as far as whole widths allow."""
    if cost < 0.9 * flops[0] or cost > 1.1 * flops[-1]:
        return np.full(len(rates), np.nan)
    return np.array([np.interp(np.log(cost), np.log(flops), row) for row in rates])


def _named(judged: Judged) -> dict[str, Any]:
    return {
        "boardsize": judged.boardsize, "kind": judged.kind, "network": judged.network,
        "ratio": judged.ratio,
    }  # fmt: skip


def _summary(name: str, draws: np.ndarray, low: str, high: str) -> dict[str, float]:
    return {name: float(draws[0])} | dict(
        zip((low, high), percentile_interval(draws[1:], LEVEL), strict=True)
    )
