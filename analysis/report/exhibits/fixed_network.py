"""Training against search at a fixed network: rates by band of Elo, and where search never catches
up."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis.figures.play import fixed_network_rates
from analysis.figures.wording import interval, listed, number
from analysis.laws.search.fixed_network import FixedNetwork
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

_EXACT = 1.2  # χ² over degrees of freedom up to which a form misses by no more than errors do


def fixed_network(material: Material) -> Exhibit:
    """How many decades of search a decade of training replaces, the network being what it is."""
    title = "Training against search at a fixed network"
    if material.study.searchers is None:
        return missing("fixed_network", "Fixed network", title, "nodes")
    recipe, found = material.fits.main.recipe, material.fits.fixed_network
    if not found:
        return Exhibit(
            "fixed_network", "Fixed network", title,
            "It needs runs with several snapshots rated at three numbers of nodes or more.",
        )  # fmt: skip
    never = [
        f"{own.censored.never} of {own.censored.pairs} on {board(size)}"
        for size, own in found.items()
    ]
    bands = {size: own.bands for size, own in found.items()}
    return Exhibit(
        "fixed_network",
        "Fixed network",
        title,
        f"With {called(recipe)}, decades of search (nodes) that one decade of training (samples) "
        f"replaces while the network stays the same, by a three-way law: {told_rates(found)}. No "
        "one number holds: the figure and the table have it by band of Elo. In many pairs of "
        "snapshots of a run the earlier one does not come up to the later one’s network alone, "
        f"however many of the nodes tried it searches: {listed(never)}. Such pairs have no rate, "
        "so the rates are lower bounds on what search would have to do. Intervals draw the runs "
        f"anew. {_best_form(found)}",
        fixed_network_rates(bands),
        [_table(bands), _forms(found)],
    )


def _best_form(found: Mapping[int, FixedNetwork]) -> str:
    """Whether search adds Elo or closes a share of the gap."""
    misfits = {size: {form.name: form.misfit for form in own.forms} for size, own in found.items()}
    ahead = [size for size, own in misfits.items() if own["share of the gap"] < own["additive"]]
    where = listed([board(size) for size in ahead]) if ahead else "no board"
    exact = [size for size, own in misfits.items() if min(own.values()) <= _EXACT]
    doubt = "" if len(exact) == len(found) else (
        " No form is exact on "
        f"{listed([board(size) for size in found if size not in exact])}: even the best misses by "
        "more than the ratings’ errors."
    )  # fmt: skip
    return (
        "What search adds to one network is described better as a share of its gap to perfect play "
        f"than as Elo of its own on {where} (last table).{doubt}"
    )


def _forms(found: Mapping[int, FixedNetwork]) -> Table:
    rows: list[list[Cell | str]] = []
    for size, own in found.items():
        for form in own.forms:
            share, *share_limits = (100 * value for value in form.share)
            gain, *gain_limits = form.elo
            rows.append(
                [
                    Cell(board(size), form.name),
                    cell(share, (share_limits[0], share_limits[1])) if share else "–",
                    cell(gain, (gain_limits[0], gain_limits[1])) if gain else "–",
                    number(form.misfit, 2),
                ]
            )
    head = ["board, form", "gap closed by ten times the nodes, %", "Elo added by it",
            "χ² over degrees of freedom"]  # fmt: skip
    return Table("What search adds to one network, 95 % intervals over runs", head, rows)


def told_rates(found: Mapping[int, FixedNetwork]) -> str:
    """Each board's rate with its interval, for a sentence."""
    return listed(
        [
            f"{board(size)} {estimate(own.rate.value, (own.rate.low, own.rate.high), 1)}"
            for size, own in found.items()
        ]
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
