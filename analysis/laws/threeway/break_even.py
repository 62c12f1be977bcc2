"""The cheapest way to a strength, by how much it will be used.

An agent that plays M moves costs

    total = C + π·M·T

with C the compute of its training, T that of a move, and π the price of a FLOP of play in FLOPs of
training. Of all sizes, trainings and numbers of nodes within what was measured, which meets a
wanted strength at the least total? Where isoquants are log T = k − r·log C, the optimum has π·M·T/C
= 1/r, so training takes r/(1 + r) of the total whatever M is, until one node a move or the largest
search measured is the end of it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.laws.threeway.cells import Cells, Places, blunder_rate, strength_of
from analysis.laws.threeway.fit import ThreeWayLaw, interval_of
from analysis.laws.threeway.rates import Grid, grid_of, needed_samples, slopes
from games.errors import InputError

MOVES = tuple(10.0**k for k in range(13))
_SIZES, _SEARCHES = 25, 28  # of the grid that plans are sought on


class Plan(NamedTuple):
    """The cheapest agent of a strength for so many moves, by the law, with 95 % intervals."""

    blunder_rate: float  # wanted
    moves: float
    price: float  # π
    parameters: float
    samples: float
    nodes: float
    train_flops: float
    test_flops: float  # of a move
    share: float  # of the total that training takes
    closed_form: float  # r/(1 + r) by the law's rate r at this place
    ends: tuple[str, ...]  # of what was measured, at which the plan lies
    samples_interval: tuple[float, float]  # that this network and search need; ∞ if not measured
    rate_interval: tuple[float, float]  # blunder rates that the plan may lead to


def cheapest_plans(
    law: ThreeWayLaw, cells: Cells, rate: float, moves: tuple[float, ...] = MOVES,
    price: float = 1.0,
) -> list[Plan]:  # fmt: skip
    """The cheapest plan for each number of moves.

    Args:
        law: with draws.
        cells: that it was fitted to, for what was measured and what it costs.
        rate: the wanted blunder rate.
        moves: M.
        price: π.

    Raises:
        InputError: if no agent within what was measured is that strong, or all are stronger.
    """
    return plans_on(law, plan_grid(cells), cells, rate, moves, price)


def plan_grid(cells: Cells) -> Grid:
    """Sizes and numbers of nodes between those measured, with the samples measured around them."""
    measured = grid_of(cells)
    sizes = np.linspace(cells.costs.parameters[0], cells.costs.parameters[-1], _SIZES)
    nodes = np.unique(np.round(np.geomspace(1, 10 ** cells.places.nodes.max(), _SEARCHES)))
    size, searched = np.meshgrid(sizes, np.log10(nodes), indexing="ij")
    known, first = np.unique(measured.places.parameters, return_index=True)
    least, most = (
        np.interp(size.ravel(), known, ends[first]) for ends in (measured.least, measured.most)
    )
    return Grid(
        Places(np.full(size.size, np.nan), size.ravel(), searched.ravel()),
        np.searchsorted(known, size.ravel()), least, most,
    )  # fmt: skip


def plans_on(
    law: ThreeWayLaw, grid: Grid, cells: Cells, rate: float, moves: tuple[float, ...], price: float
) -> list[Plan]:
    """`cheapest_plans` among the places of a grid."""
    weakest, strongest = reach(law, grid)
    if not strongest <= rate <= weakest:
        raise InputError(
            f"{100 * rate:.3g} % of won positions thrown away is outside what was measured on "
            f"{cells.boardsize}×{cells.boardsize}: from {100 * weakest:.3g} down to "
            f"{100 * strongest:.3g} %; ask for a strength in between"
        )
    samples = needed_samples(law.whole(), grid, float(strength_of(rate)))[0]
    # Fewer than the least measured are not known to be enough, so the least are trained.
    samples = np.where(np.isneginf(samples), grid.least, samples)
    places = grid.places._replace(samples=samples)
    train, test = (
        10 ** costs(places) for costs in (cells.costs.train_flops, cells.costs.test_flops)
    )
    plans = []
    for count in moves:
        k = int(np.argmin(train + price * count * test))
        plan = _plan(law, _place_of(grid, k), cells, samples[k], rate, count, price)
        same = np.isfinite(samples) & (grid.places.parameters == grid.places.parameters[k])
        if 0 < grid.places.nodes[same].min() == grid.places.nodes[k]:
            plan = plan._replace(ends=(*plan.ends, "the longest training"))
        plans.append(plan)
    return plans


def reach(law: ThreeWayLaw, grid: Grid) -> tuple[float, float]:
    """The highest and the lowest blunder rate of the grid, by the law."""
    ends = [law.whole().strength(grid.places._replace(samples=end)) for end in grid[2:]]
    return float(blunder_rate(ends[0].min())), float(blunder_rate(ends[1].max()))


def _place_of(grid: Grid, place: int) -> Grid:
    """One place of a grid."""
    axes = (axis[place : place + 1] for axis in grid.places)
    return Grid(Places(*axes), *(values[place : place + 1] for values in grid[1:]))


def _plan(
    law: ThreeWayLaw, place: Grid, cells: Cells, samples: float, rate: float, moves: float,
    price: float,
) -> Plan:  # fmt: skip
    at = place.places._replace(samples=np.array([samples]))
    train, test = (
        float(10 ** costs(at)[0]) for costs in (cells.costs.train_flops, cells.costs.test_flops)
    )
    slope = slopes(law.whole(), at)
    per_decade = float(slope.samples[0, 0] / slope.nodes[0, 0])
    needed = 10 ** needed_samples(law, place, float(strength_of(rate)))[:, 0]
    led_to = blunder_rate(law.strength(at)[:, 0])
    return Plan(
        blunder_rate=rate,
        moves=moves,
        price=price,
        parameters=float(10 ** at.parameters[0]),
        samples=float(10**samples),
        nodes=float(10 ** at.nodes[0]),
        train_flops=train,
        test_flops=test,
        share=train / (train + price * moves * test),
        closed_form=per_decade / (1 + per_decade),
        ends=tuple(_ends(place, at, cells)),
        samples_interval=interval_of(needed),
        rate_interval=interval_of(led_to),
    )


def _ends(place: Grid, at: Places, cells: Cells) -> list[str]:
    """Which ends of what was measured a plan lies at."""
    ends = {
        "one node": at.nodes[0] == 0,
        "the largest search": at.nodes[0] >= cells.places.nodes.max() - 1e-9,
        "the smallest network": at.parameters[0] <= cells.costs.parameters[0],
        "the largest network": at.parameters[0] >= cells.costs.parameters[-1],
        "the shortest training": at.samples[0] <= place.least[0],
    }
    return [name for name, there in ends.items() if there]


def plan_table(plans: list[Plan]) -> pd.DataFrame:
    """Plans as rows, intervals and ends in columns of their own."""
    lines = []
    for plan in plans:
        line = plan._asdict()
        for name in ("samples", "rate"):
            low, high = line.pop(f"{name}_interval")
            line |= {f"{name}_low": low, f"{name}_high": high}
        lines.append(line | {"ends": ", ".join(plan.ends)})
    return pd.DataFrame(lines)
