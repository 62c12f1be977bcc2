"""Training against search at a fixed network: rates by band of Elo, and where search never catches
up."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.figures.play import fixed_network_rates
from analysis.figures.wording import interval, listed, number
from analysis.laws.fixed_network import Censored, Rate, censored, rates_by_band, swept, three_way
from analysis.report.exhibits.base import (
    Cell,
    Exhibit,
    Material,
    Table,
    board,
    called,
    cell,
    estimate,
    missing,
)

_RESAMPLES = 100


def fixed_network(material: Material) -> Exhibit:
    """How many decades of search a decade of training replaces, the network being what it is."""
    title = "Training against search at a fixed network"
    searchers = material.study.searchers
    if searchers is None:
        return missing("fixed_network", "Fixed network", title, "nodes")
    recipe = material.fits.main.recipe
    points = searchers.of(recipe=recipe).points
    found: dict[int, tuple[Rate, pd.DataFrame, Censored]] = {}
    for size in np.unique(points["boardsize"]).tolist():
        agents = swept(points[points["boardsize"] == size])
        if agents["snapshot_id"].nunique() > 1:
            rate = three_way(agents, resamples=_RESAMPLES)
            found[size] = rate, rates_by_band(agents), censored(agents)
    found = {size: parts for size, parts in found.items() if len(parts[1])}
    if not found:
        return Exhibit(
            "fixed_network", "Fixed network", title,
            "It needs runs with several snapshots rated at three numbers of nodes or more.",
        )  # fmt: skip
    rates = [
        f"{board(size)} {estimate(rate.value, (rate.low, rate.high), 1)}"
        for size, (rate, _, _) in found.items()
    ]
    never = [
        f"{count.never} of {count.pairs} on {board(size)}" for size, (*_, count) in found.items()
    ]
    return Exhibit(
        "fixed_network",
        "Fixed network",
        title,
        f"With {called(recipe)}, decades of search (nodes) that one decade of training (samples) "
        f"replaces while the network stays the same, by a three-way law: {listed(rates)}. No one "
        "number holds: the figure and the table have it by band of Elo. In many pairs of snapshots "
        "of a run the earlier one does not come up to the later one’s network alone, however many "
        f"of the nodes tried it searches: {listed(never)}. Such pairs have no rate, so the rates "
        "are lower bounds on what search would have to do. Intervals draw the runs anew.",
        fixed_network_rates({size: bands for size, (_, bands, _) in found.items()}),
        [_table({size: bands for size, (_, bands, _) in found.items()})],
    )


def _table(found: dict[int, pd.DataFrame]) -> Table:
    rows: list[list[Cell | str]] = [
        [
            Cell(board(size), interval(row["low_elo"], row["high_elo"])),
            number(row["training"]),
            number(row["search"]),
            cell(row["rate"], (row["low"], row["high"]), 1),
            number(row["steps"]),
        ]
        for size, bands in found.items()
        for row in bands.to_dict("records")
    ]
    head = ["board, band of Elo", "Elo a decade of samples", "Elo a decade of nodes",
            "decades of nodes for one of samples", "steps of training"]  # fmt: skip
    return Table("Rates at fixed network by band of Elo, 95 % intervals", head, rows)
