"""The size of network that makes the most of each amount of training compute.

Two ways, at a fixed number of nodes and at fixed compute of a move:

- *parabolas* (Hoffmann et al. 2022, approach 2): at each of a few amounts of training compute every
  network's strength is read off its runs between two snapshots, along a line in log C, and a
  parabola in log P through the networks has its top at the best size;
- *surface*: the size at which the three-way law is highest.

Either way log of the best size is regressed on log C, with four sizes or more. A top outside the
measured sizes, or at their edge, is refused: there the grid decides, not the runs.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

from analysis.laws.threeway.cells import Cells, Places
from analysis.laws.threeway.fit import ThreeWayLaw, interval_of, resampled_runs

BUDGETS = 8  # amounts of training compute
_FEWEST_SIZES = 4  # through which a parabola is laid
_FEWEST_TOPS = 3  # through which the exponent is
_SIZES = 200  # at which the surface is evaluated


@dataclasses.dataclass(frozen=True)
class BestSize:
    """How the best size grows with training compute."""

    strength: pd.DataFrame  # budget (log₁₀ FLOPs), parameters, strength: points of the parabolas
    tops: pd.DataFrame  # budget, parabola, surface (log₁₀ parameters; NaN where refused)
    parabolas: tuple[float, float, float]  # exponent with its 95 % interval, NaN if refused
    surface: tuple[float, float, float]


def best_size(
    cells: Cells, law: ThreeWayLaw, *, nodes: float | None = None, move: float | None = None,
    resamples: int = 100, seed: int = 0,
) -> BestSize:  # fmt: skip
    """The best size at a fixed number of nodes, or at fixed compute of a move.

    Args:
        cells: of one board.
        law: of that board, with draws.
        nodes: of a move, one that was measured.
        move: FLOPs of a move, instead.
        resamples: of the runs, for the parabolas.
        seed: of the resamples.
    """
    columns = _columns(cells, nodes, move)
    compute = cells.costs.train_flops(cells.places)
    budgets = _budgets(cells, compute)
    often = np.concatenate([np.ones((1, len(cells))), resampled_runs(cells, resamples, seed)])
    read = _read_off(cells, columns, often, budgets)
    tops = _tops(cells.costs.parameters, read)
    on_surface = _surface_tops(cells, law, budgets, nodes, move)
    budget, network = np.meshgrid(budgets, cells.costs.parameters, indexing="ij")
    return BestSize(
        pd.DataFrame(
            {"budget": budget.ravel(), "parameters": network.ravel(), "strength": read[0].ravel()}
        ).dropna(),
        pd.DataFrame({"budget": budgets, "parabola": tops[0], "surface": on_surface[0]}),
        _exponent(budgets, tops),
        _exponent(budgets, on_surface),
    )


def _budgets(cells: Cells, compute: np.ndarray) -> np.ndarray:
    """Amounts of training compute [log₁₀] that at least four sizes have spent: evenly from the
    fourth smallest beginning to the fourth largest end."""
    ends = pd.Series(compute).groupby(cells.network).agg(["min", "max"])
    few = min(_FEWEST_SIZES, len(ends)) - 1
    low = np.sort(ends["min"].to_numpy())[few]
    high = np.sort(ends["max"].to_numpy())[::-1][few]
    return np.linspace(low, max(high, low), BUDGETS)


def _columns(cells: Cells, nodes: float | None, move: float | None) -> np.ndarray:
    """Strength [N] of each snapshot's cells at the wanted search, on its first cell; NaN elsewhere.

    At fixed compute of a move it is read off between two numbers of nodes, along a line in their
    logarithm."""
    strength = np.full(len(cells), np.nan)
    wanted = np.full(len(cells.networks), np.nan)
    if nodes is not None:
        wanted[:] = np.log10(nodes)
    elif move is not None:
        wanted = np.log10(move) - cells.costs.per_node
    frame = pd.DataFrame({"run": cells.run, "snapshot": cells.snapshot})
    for places in frame.groupby(["run", "snapshot"]).indices.values():
        order = places[np.argsort(cells.places.nodes[places])]
        at = wanted[cells.network[places[0]]]
        curve = cells.places.nodes[order], cells.strength[order]
        strength[places[0]] = np.interp(at, *curve, left=np.nan, right=np.nan)
    return strength


def _read_off(
    cells: Cells, strength: np.ndarray, often: np.ndarray, budgets: np.ndarray
) -> np.ndarray:
    """Mean strength over runs of each network at each budget, by all resamples [1 + R, U, M]."""
    compute = cells.costs.train_flops(cells.places)
    total = np.zeros((len(often), len(budgets), len(cells.networks)))
    count = np.zeros_like(total)
    for run in np.unique(cells.run):
        own = np.flatnonzero((cells.run == run) & ~np.isnan(strength))
        if not len(own):
            continue
        own = own[np.argsort(compute[own])]
        curve = np.interp(budgets, compute[own], strength[own], left=np.nan, right=np.nan)
        there, network = ~np.isnan(curve), cells.network[own[0]]
        weight = often[:, own[:1]]
        total[:, there, network] += weight * curve[there]
        count[:, there, network] += weight
    return total / np.where(count > 0, count, np.nan)


def _tops(sizes: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """Tops of parabolas over log₁₀ sizes [M] through strengths [A, U, M]: [A, U], NaN if
    refused."""
    tops = np.full(strength.shape[:2], np.nan)
    for place in np.ndindex(*tops.shape):
        there = ~np.isnan(strength[place])
        if there.sum() < _FEWEST_SIZES:
            continue
        x = sizes[there]
        bend, slope, _ = np.polyfit(x - x.mean(), strength[place][there], 2)
        top = x.mean() - slope / (2 * bend) if bend < 0 else np.nan
        tops[place] = top if x[0] < top < x[-1] else np.nan
    return tops


def _surface_tops(
    cells: Cells, law: ThreeWayLaw, budgets: np.ndarray, nodes: float | None, move: float | None
) -> np.ndarray:
    """Best sizes by all laws [A, U], log₁₀; NaN where the best is the smallest or the largest."""
    sizes = np.linspace(cells.costs.parameters[0], cells.costs.parameters[-1], _SIZES)
    start = Places(np.zeros(_SIZES), sizes, np.zeros(_SIZES))
    per_sample, per_node = cells.costs.train_flops(start), cells.costs.test_flops(start)
    searched = np.full(_SIZES, np.log10(nodes)) if nodes else np.log10(move or 1.0) - per_node
    there = (searched >= 0) & (searched <= cells.places.nodes.max() + 1e-9)
    tops = np.full((law.draws, len(budgets)), np.nan)
    for k, budget in enumerate(budgets):
        strength = law.strength(Places(budget - per_sample, sizes, searched))
        strength = np.where(there, strength, -np.inf)
        best = strength.argmax(axis=1)
        inside = (best > there.argmax()) & (best < _SIZES - 1 - there[::-1].argmax())
        tops[:, k] = np.where(inside, sizes[best], np.nan)
    return tops if len(cells.networks) >= _FEWEST_SIZES else np.full_like(tops, np.nan)


def _exponent(budgets: np.ndarray, tops: np.ndarray) -> tuple[float, float, float]:
    """Slope of tops [A, U] over budgets [U] with its interval; NaN with too few tops."""
    slopes = np.full(len(tops), np.nan)
    for k, row in enumerate(tops):
        there = ~np.isnan(row)
        if there.sum() >= _FEWEST_TOPS:
            slopes[k] = np.polyfit(budgets[there], row[there], 1)[0]
    if np.isnan(slopes[0]):
        return float("nan"), float("nan"), float("nan")
    return float(slopes[0]), *interval_of(slopes)
