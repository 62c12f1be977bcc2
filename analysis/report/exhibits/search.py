"""Figures 8 and 9: strength against play-time compute, and its exchange for training."""

from __future__ import annotations

import math

import pandas as pd

from analysis.figures.play import exchange_isoquants, test_compute
from analysis.figures.wording import interval, number
from analysis.laws import published
from analysis.laws.extrapolation import exchange_extrapolation
from analysis.laws.search.exchange import Exchange, ExchangeFit
from analysis.laws.search.sweeps import four_networks, slopes_per_tenfold
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
    verdict,
)


def figure_8(material: Material) -> Exhibit:
    """Elo of four networks by how much they search."""
    title = "Strength and search at play time"
    searchers = material.study.searchers
    if searchers is None:
        return missing("figure_8", "Figure 8", title, "nodes")
    recipe = material.fits.main.recipe
    points = searchers.of(recipe=recipe).points
    found = {
        size: four_networks(points[points["boardsize"] == size])
        for size in sorted(points["boardsize"].unique().tolist())
    }
    found = {size: networks for size, networks in found.items() if len(networks)}
    if not found:
        return Exhibit(
            "figure_8",
            "Figure 8",
            title,
            "It needs networks rated at three numbers of nodes or more, the league’s among them.",
        )
    size = max(found)
    networks = found[size]
    slopes = {
        level: slopes_per_tenfold(networks[networks["level"] == level])
        for level in networks["level"].unique().tolist()
    }
    told = [
        f"{number(level)} Elo {number(few)} and {number(many)}"
        for level, (few, many) in slopes.items()
    ]
    bent = sum(many < few for few, many in slopes.values())
    return Exhibit(
        "figure_8",
        "Figure 8",
        title,
        f"{board(size)}, {called(recipe)}: the cheapest networks to pass each level at the "
        "league’s search, played with other tree sizes (1 node is the network alone); shaded, 95 % "
        "intervals to the top. Ten times the search buys so many Elo in the lower and in the upper "
        f"half of each curve: past {', '.join(told)}. {bent} of {len(slopes)} level off by "
        "that; the paper’s, on 9×9 and with root noise, which is off here, do.",
        test_compute(networks),
    )


def figure_9(material: Material) -> Exhibit:
    """Isoquants of training and play, with both fits and both conventions."""
    title = "Training against search at equal strength, the paper’s regression replicated"
    main = material.fits.main
    if not main.exchange:
        return missing("figure_9", "Figure 9", title, "nodes")
    size = max(main.exchange)
    fit, theirs = main.exchange[size], main.exchange_jones[size]
    said = (
        f"{board(size)}, {called(main.recipe)}: each curve joins agents of equal strength. This is "
        "a replication of the paper’s regression through the isoquants, to compare with its "
        "number; what search is worth to one network is told by the exhibit Fixed network. By it "
        "play-time compute falls as training compute to the power "
        f"{estimate(fit.paper.slope, fit.interval('paper', 'slope'), 2)} in all FLOPs and "
        f"{_replicated(theirs, size)}. Ten times the training replaces, on his axes, "
        f"{estimate(theirs.paper.tenfold_training, theirs.interval('paper', 'tenfold_training'))} "
        f"times the search; the paper says 15. {_by_surface(fit)}"
    )
    tables = [_table(material)]
    determined = {size: fit for size, fit in main.exchange.items() if _is_determined(fit)}
    if len(determined) > 1:
        tables.append(_foretold(determined))
    return Exhibit("figure_9", "Figure 9", title, said, exchange_isoquants(fit), tables)


def _replicated(jones: ExchangeFit, size: int) -> str:
    """The slope on Jones's axes beside his."""
    limits, his = jones.interval("paper", "slope"), published.EXCHANGE_BOARD_SIZE
    where = "" if size == his else f" on {board(his)}"
    return (
        f"{estimate(jones.paper.slope, limits, 2)} on his axes: "
        f"{verdict(limits, published.EXCHANGE.slope, 1)}{where}"
    )


def _is_determined(fit: ExchangeFit) -> bool:
    """Whether the surface climbs with search in nearly all resamples, as isoquants need."""
    return fit.interval("surface", "slope")[1] < 0


def _by_surface(fit: ExchangeFit) -> str:
    """What the direct fit adds."""
    bends = "Isoquants take the luckiest agent at each compute and end at the floor of one node"
    if not _is_determined(fit):
        return (
            f"{bends}, which bends the regression. The surface fitted to all agents at once does "
            "not determine the trade here: a larger network makes play dearer and, at equal "
            "training compute, is less trained, which hides what search alone buys (figure 8)."
        )
    slope = estimate(fit.surface.exchange.slope, fit.interval("surface", "slope"), 2)
    return f"{bends}; the surface through all agents, which does neither, has the power {slope}."


def _table(material: Material) -> Table:
    rows = []
    for fits in material.fits.recipes:
        for size, fit in fits.exchange.items():
            name = f"{board(size)} {fits.recipe}".strip()
            rows.append([Cell(name, "all FLOPs"), *_coefficients(fit)])
            jones = fits.exchange_jones[size]
            rows.append([Cell(name, "Jones’s axes, × 64"), *_coefficients(jones)])
    theirs = published.EXCHANGE
    rows.append(
        [Cell(f"{board(published.EXCHANGE_BOARD_SIZE)} Jones 2021", "Jones’s axes, × 64"),
         "–", "–", "–", *(Cell(number(v, d)) for v, d in zip(theirs, (1, 3, 0), strict=True))]
    )  # fmt: skip
    head = ["board, recipe", "slope by surface", "per Elo", "constant", "slope by isoquants",
            "per Elo", "constant"]  # fmt: skip
    caption = (
        "log₁₀ play = slope · log₁₀ training + per Elo · Elo + constant. The paper’s play-time "
        "axis is 64 times the multiply-adds of a move: the size of the training tree was left in. "
        f"That moves the constant by {number(math.log10(64), 2)} and no slope: his "
        f"{number(theirs.constant)} is {number(theirs.constant - math.log10(64), 1)} in "
        "multiply-adds a move"
    )
    return Table(caption, head, rows)


def _coefficients(fit: ExchangeFit) -> list[Cell]:
    def cells(way: str, exchange: Exchange) -> list[Cell]:
        return [
            cell(getattr(exchange, name), fit.interval(way, name), digits)
            for name, digits in zip(Exchange._fields, (2, 4, 1), strict=True)
        ]

    surface = cells("surface", fit.surface.exchange)
    if not _is_determined(fit):
        surface = [Cell("undetermined"), Cell("–"), Cell("–")]
    return [*surface, *cells("paper", fit.paper)]


def _foretold(fits: dict[int, ExchangeFit]) -> Table:
    found: pd.DataFrame = exchange_extrapolation(fits)
    rows = [
        [
            board(row["boardsize"]),
            number(row["foretold"], 2),
            number(row["measured"], 2),
            Cell(number(row["error"], 2), interval(row["low"], row["high"], 2)),
        ]
        for row in found.to_dict("records")
    ]
    caption = (
        "The exchange slope foretold from all smaller boards (their mean) and measured, by "
        "surface: the error’s interval holds zero where small boards foretell the larger one"
    )
    return Table(caption, ["board", "foretold", "measured", "error"], rows)
