"""Exchange rates between training, search and size, read off a three-way law.

At equal strength, with logarithms to any one base,

    rate of training = −∂log T/∂log C at a fixed network = (∂s/∂log S) / (∂s/∂log n)
    rate of size     = −∂log T/∂log P at equal samples   = (∂s/∂log P) / (∂s/∂log n)

so many decades of search a decade of the other replaces: training and search of a fixed network
cost in proportion to samples S and nodes n. ∂log C/∂log T is minus one over the first, and ∂log
P/∂log T minus one over the second.

A law's rates change from place to place. The rate at a strength is that of slopes averaged over the
isoquant: over every network and number of nodes of the grid which meets that strength within the
samples that were measured. Most of these places waste compute: a large network trained briefly
gains from training what search cannot replace. Who may choose the size as well pays the rate *along
the frontier* (`analysis.laws.threeway.frontier`), which is what Jones 2021 told, and is another
number.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.laws.threeway.cells import Cells, Places, blunder_rate, strength_of
from analysis.laws.threeway.design import told
from analysis.laws.threeway.fit import ThreeWayLaw, interval_of

LEVELS = (0.5, 0.4, 0.3, 0.2, 0.15, 0.1, 0.07, 0.05, 0.03, 0.02, 0.01, 0.005, 0.002, 0.001)
"""Blunder rates at which rates are told."""
_FEWEST_PLACES = 6  # of an isoquant
_STEP = 1e-4  # decades, of the slopes
_HALVINGS = 24  # to a millionth of a decade


class Grid(NamedTuple):
    """Every network with every number of nodes, and the samples that were measured with it."""

    places: Places  # [G]; samples NaN
    network: np.ndarray  # [G] int
    least: np.ndarray  # [G] log₁₀ samples
    most: np.ndarray  # [G]


def grid_of(cells: Cells) -> Grid:
    """The grid of the networks and nodes that were measured."""
    nodes = np.unique(cells.places.nodes)
    present = np.unique(cells.network)
    network = np.repeat(present, len(nodes))
    samples = pd.Series(cells.places.samples).groupby(cells.network)
    least, most = (ends.reindex(network).to_numpy(float) for ends in (samples.min(), samples.max()))
    return Grid(
        Places(np.full(len(network), np.nan), cells.costs.parameters[network],
               np.tile(nodes, len(present))),
        network, least, most,
    )  # fmt: skip


def needed_samples(law: ThreeWayLaw, grid: Grid, strength: np.ndarray | float) -> np.ndarray:
    """log₁₀ samples at which each place of the grid meets a strength, by all laws [A, G]; ∞ where
    that is more than was measured with its network, −∞ where it is less.

    Args:
        law: with draws.
        grid: of G places.
        strength: one, or one a law and place [A, G].
    """
    shape = law.draws, len(grid.network)
    low, high = (np.broadcast_to(end, shape).copy() for end in (grid.least, grid.most))
    goal = np.broadcast_to(strength, shape)
    too_many, too_few = _at(law, grid, high) < goal, _at(law, grid, low) > goal
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        below = _at(law, grid, middle) < goal
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    found = np.where(too_many, np.inf, (low + high) / 2)
    return np.where(too_few & ~too_many, -np.inf, found)


def _at(law: ThreeWayLaw, grid: Grid, samples: np.ndarray) -> np.ndarray:
    return law.strength(_filled(grid, samples))


def _filled(grid: Grid, samples: np.ndarray) -> Places:
    """Places [A, G] of a grid with samples [A, G]."""
    others = (np.broadcast_to(axis, samples.shape) for axis in grid.places[1:])
    return Places(samples, *others)


def slopes(law: ThreeWayLaw, places: Places) -> Places:
    """∂strength/∂log₁₀ of each axis at places [A, N] or [N], by all laws [A, N]."""
    found = []
    for axis in Places._fields:
        ends = [
            law.strength(places._replace(**{axis: getattr(places, axis) + side * _STEP}))
            for side in (1, -1)
        ]
        found.append((ends[0] - ends[1]) / (2 * _STEP))
    return Places(*found)


def rates_over_strength(
    law: ThreeWayLaw, cells: Cells, levels: tuple[float, ...] = LEVELS
) -> pd.DataFrame:
    """The two rates at each level that the grid meets.

    Returns:
        Columns blunder_rate, places (of the isoquant), and for each of training and size: rate,
        low, high (95 %), told (whether these runs can tell it, by `design.told`), named training,
        training_low, …
    """
    grid, lines = grid_of(cells), []
    for level in levels:
        samples = needed_samples(law, grid, float(strength_of(level)))
        there = np.isfinite(samples)
        if (count := int(there[0].sum())) < _FEWEST_PLACES:
            continue
        at = slopes(law, _filled(grid, np.where(there, samples, grid.least)))
        training, size, search = (_mean(axis, there) for axis in at)
        line: dict[str, float] = {"blunder_rate": level, "places": count}
        for name, rate in (("training", training / search), ("size", size / search)):
            low, high = interval_of(rate)
            line |= {name: float(rate[0]), f"{name}_low": low, f"{name}_high": high}
            line[f"{name}_told"] = told(float(rate[0]), low, high)
        lines.append(line)
    columns = ["blunder_rate", "places"]
    for name in ("training", "size"):
        columns += [name, f"{name}_low", f"{name}_high", f"{name}_told"]
    return pd.DataFrame(lines, columns=pd.Index(columns))


def _mean(values: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Over the isoquant [A, G] → [A]; NaN for a law that does not meet it."""
    count = np.where(there.any(axis=1), there.sum(axis=1), np.nan)
    return np.where(there, values, 0).sum(axis=1) / count


def worth_of_search(
    law: ThreeWayLaw, cells: Cells, raw: tuple[float, ...] = (0.3, 0.2, 0.1)
) -> pd.DataFrame:
    """What a search of n nodes is worth in training and in size.

    Begin with a network of the middle size trained until its raw policy throws away a given share;
    a search of n nodes makes it stronger. The raw policy of the same network is as strong after so
    many times the training; that of a larger network after the same samples, so many times the
    parameters. ∞ where that is more than was measured.

    Args:
        law: with draws.
        cells: that it was fitted to.
        raw: blunder rates to begin with.

    Returns:
        A row a raw rate and number of nodes: raw, network, nodes, blunder_rate (with the search),
        training, training_low, training_high, size, size_low, size_high (factors).
    """
    grid = grid_of(cells)
    middle = int(np.median(np.unique(grid.network)))
    alone = _row(grid, (grid.network == middle) & (grid.places.nodes == 0))
    lines = []
    for level in raw:
        begin = needed_samples(law, alone, float(strength_of(level)))
        if not np.isfinite(begin[0, 0]):
            continue
        # A resample that does not begin within what was measured says nothing.
        begin, start = np.where(np.isfinite(begin), begin, np.nan), float(begin[0, 0])
        for nodes in np.unique(grid.places.nodes[grid.places.nodes > 0]).tolist():
            searched = alone._replace(places=alone.places._replace(nodes=np.array([nodes])))
            strength = np.where(
                np.isnan(begin), np.nan, _at(law, searched, np.nan_to_num(begin, nan=start))
            )
            trained = needed_samples(law, alone, strength) - begin
            larger = _needed_size(law, cells, begin, strength) - alone.places.parameters
            line = {
                "raw": level, "network": cells.networks[middle], "nodes": round(10**nodes),
                "blunder_rate": float(blunder_rate(strength[0, 0])),
            }  # fmt: skip
            for name, factor in (("training", 10 ** trained[:, 0]), ("size", 10 ** larger[:, 0])):
                low, high = interval_of(factor)
                line |= {name: float(factor[0]), f"{name}_low": low, f"{name}_high": high}
            lines.append(line)
    columns = ["raw", "network", "nodes", "blunder_rate"]
    for name in ("training", "size"):
        columns += [name, f"{name}_low", f"{name}_high"]
    return pd.DataFrame(lines, columns=pd.Index(columns))


def _row(grid: Grid, chosen: np.ndarray) -> Grid:
    return Grid(
        Places(*(axis[chosen] for axis in grid.places)), grid.network[chosen], grid.least[chosen],
        grid.most[chosen],
    )  # fmt: skip


def _needed_size(
    law: ThreeWayLaw, cells: Cells, samples: np.ndarray, strength: np.ndarray
) -> np.ndarray:
    """log₁₀ parameters of the smallest network whose raw policy meets a strength after those
    samples, by all laws [A, 1]; ∞ where no network of the grid does."""
    sizes = np.linspace(cells.costs.parameters[0], cells.costs.parameters[-1], 200)
    shape = law.draws, len(sizes)
    at = np.broadcast_to(np.nan_to_num(samples), shape)
    enough = law.strength(Places(at, np.broadcast_to(sizes, shape), np.zeros(shape))) >= strength
    first = np.where(enough.any(axis=1), sizes[enough.argmax(axis=1)], np.inf)
    return np.where(np.isnan(strength[:, 0]), np.nan, first)[:, None]
