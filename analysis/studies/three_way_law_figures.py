"""The three-way law, drawn: rates over strength, isoquants, best sizes, plans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullFormatter, NullLocator

from analysis.figures import theme
from analysis.figures.theme import FAINT, INK, board_colour, board_marker, log_axis, themed
from analysis.laws.published import RATES
from analysis.laws.threeway.cells import strength_of
from analysis.laws.threeway.rates import grid_of, needed_samples
from analysis.studies.three_way_laws import BoardLaw

_RATE_TICKS = (0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10)
_TO_STRONGER = "won positions thrown away, %: stronger to the right"
# Where no curve can run into it.
_BELOW: dict[str, Any] = {
    "loc": "upper left", "bbox_to_anchor": (-0.1, -0.2), "ncols": 3, "fontsize": 8,
    "handlelength": 1, "columnspacing": 0.8,
}  # fmt: skip
_STYLES = ("-", "--", ":", "-.")


def rates_figure(boards: Sequence[BoardLaw]) -> Figure:
    """Decades of search that a decade of training replaces, over strength, a colour a board: bands
    at a fixed network, open marks along the frontier; published rates across, or from where their
    agents were weak to where they were strong."""
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 4.4))
        axes = figure.subplots()
        for board in boards:
            _rate_curve(axes, board)
        axes.set_xscale("log")
        axes.invert_xaxis()
        axes.set_yscale("log")
        low, high = axes.get_xlim()
        for rate, style in zip(RATES, _STYLES, strict=True):
            axes.plot(
                [low, high], [rate.weak, rate.strong], color=FAINT, ls=style, lw=1.4, zorder=1
            )
        axes.set_xlim(low, high)
        axes.axhline(1, color=INK, lw=0.6)
        axes.set_xlabel(_TO_STRONGER)
        axes.set_ylabel("decades of search\nthat a decade of training replaces")
        _percent_axis(axes)
        axes.yaxis.set_major_locator(FixedLocator(_RATE_TICKS))
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.yaxis.set_minor_locator(NullLocator())
        handles = [
            Line2D([], [], color=board_colour(b.boardsize), marker=board_marker(b.boardsize), ms=4,
                   label=f"{b.boardsize}×{b.boardsize}, this cube")
            for b in boards
        ]  # fmt: skip
        handles += [
            Line2D([], [], color=FAINT, ls=style, lw=1.4, label=rate.source)
            for rate, style in zip(RATES, _STYLES, strict=True)
        ]
        figure.legend(handles=handles, loc="outside upper left", ncols=2, fontsize=8)
    return figure


def _rate_curve(axes: Axes, board: BoardLaw) -> None:
    told = board.rates[board.rates["training_told"].astype(bool)]
    colour, at = board_colour(board.boardsize), 100 * told["blunder_rate"].to_numpy(float)
    axes.fill_between(
        at, told["training_low"], told["training_high"], color=colour, alpha=0.18, lw=0
    )
    axes.plot(
        at, told["training"], color=colour, lw=1.6, marker=board_marker(board.boardsize), ms=4
    )
    chosen = board.frontier[board.frontier["frontier_told"].astype(bool)]
    rate = chosen["frontier"].to_numpy(float)
    ends = chosen[["frontier_low", "frontier_high"]].to_numpy(float).T
    # A percentile interval need not hold its estimate.
    axes.errorbar(
        100 * chosen["blunder_rate"], rate, np.maximum([rate - ends[0], ends[1] - rate], 0),
        color=colour, lw=1, ls=(0, (1, 1.5)), marker=board_marker(board.boardsize), ms=5,
        mfc="white", elinewidth=0.8,
    )  # fmt: skip


def _percent_axis(axes: Axes) -> None:
    low, high = sorted(axes.get_xlim())
    ticks = [t for t in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 50) if low <= t <= high]
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.xaxis.set_minor_locator(NullLocator())


def isoquants_figure(boards: Sequence[BoardLaw]) -> Figure:
    """Training compute against compute of a move at equal strength: a panel a board, a colour a
    strength, a line a network; thick where no other network is cheaper in both."""
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 3.6))
        row = figure.subplots(1, len(boards), squeeze=False)[0]
        for axes, board in zip(row, boards, strict=True):
            levels = sorted({plan.blunder_rate for plan in board.plans}, reverse=True)
            for colour, level in zip(theme.SERIES, levels, strict=False):
                _isoquant(axes, board, level, colour)
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.xaxis.set_minor_formatter(NullFormatter())
            axes.set_title(
                f"{board.boardsize}×{board.boardsize}", color=board_colour(board.boardsize)
            )
            axes.set_xlabel("training compute (FLOPs)")
            handles = [
                Line2D([], [], color=colour, lw=2, label=f"{100 * level:g} %")
                for colour, level in zip(theme.SERIES, levels, strict=False)
            ]
            axes.legend(handles=handles, **_BELOW)
        row[0].set_ylabel("compute of a move (FLOPs)")
    return figure


def _isoquant(axes: Axes, board: BoardLaw, level: float, colour: str) -> None:
    grid, costs = grid_of(board.cells), board.cells.costs
    samples = needed_samples(board.law.whole(), grid, float(strength_of(level)))[0]
    there = np.isfinite(samples)
    places = grid.places._replace(samples=np.where(there, samples, 0.0))
    train, test = 10 ** costs.train_flops(places), 10 ** costs.test_flops(places)
    for network in np.unique(grid.network[there]):
        own = there & (grid.network == network)
        axes.plot(train[own], test[own], color=colour, lw=0.7, alpha=0.5, marker=".", ms=3)
    order = np.flatnonzero(there)[np.argsort(train[there])]
    best = order[test[order] < np.minimum.accumulate(np.r_[np.inf, test[order]])[:-1]]
    axes.plot(train[best], test[best], color=colour, lw=2)


def best_size_figure(boards: Sequence[BoardLaw]) -> Figure:
    """IsoFLOP curves at the middle number of nodes: strength over size, a colour an amount of
    training compute; the tops of parabolas (crosses) and of the law (circles)."""
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 3.6))
        row = figure.subplots(1, len(boards), squeeze=False)[0]
        for axes, board in zip(row, boards, strict=True):
            name = list(board.sizes)[-2 if len(board.sizes) < 4 else 1]
            size = board.sizes[name]
            budgets = size.tops["budget"].to_numpy(float)
            shades = mpl.colormaps["viridis"](np.linspace(0.9, 0.05, len(budgets)))
            for budget, shade in zip(budgets, shades, strict=True):
                own = size.strength[size.strength["budget"] == budget]
                axes.plot(
                    10 ** own["parameters"], own["strength"], color=shade, lw=1, marker=".", ms=4
                )  # fmt: skip
                tops = size.tops[size.tops["budget"] == budget].iloc[0]
                for way, marker in (("parabola", "x"), ("surface", "o")):
                    if np.isfinite(tops[way]) and len(own):
                        height = np.interp(tops[way], own["parameters"], own["strength"])
                        axes.plot(10 ** tops[way], height, marker, color=shade, ms=6, mfc="none")
            axes.set_xscale("log")
            log_axis(axes.xaxis)
            axes.xaxis.set_minor_formatter(NullFormatter())
            axes.set_xlabel("parameters")
            axes.set_title(
                f"{board.boardsize}×{board.boardsize}, {name}",
                color=board_colour(board.boardsize),
            )
        row[0].set_ylabel("strength (natural log-odds)")
        figure.supxlabel("training compute: light the least, dark the most", fontsize=9)
    return figure


def shares_figure(boards: Sequence[BoardLaw]) -> Figure:
    """Share of all compute that training takes in the cheapest plan, over moves played: a panel a
    board, a colour a strength; dashed what the closed form says at the plan's place."""
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 3.4))
        row = figure.subplots(1, len(boards), sharey=True, squeeze=False)[0]
        for axes, board in zip(row, boards, strict=True):
            levels = sorted({plan.blunder_rate for plan in board.plans}, reverse=True)
            for colour, level in zip(theme.SERIES, levels, strict=False):
                own = [plan for plan in board.plans if plan.blunder_rate == level]
                moves = [plan.moves for plan in own]
                axes.plot(
                    moves, [100 * plan.share for plan in own], color=colour, lw=1.8,
                    label=f"{100 * level:g} %",
                )  # fmt: skip
                axes.plot(moves, [100 * plan.closed_form for plan in own], color=colour, ls="--",
                          lw=0.9)  # fmt: skip
                inside = [plan for plan in own if not plan.ends]
                axes.plot(
                    [plan.moves for plan in inside], [100 * plan.share for plan in inside], "o",
                    color=colour, ms=4,
                )  # fmt: skip
            axes.set_xscale("log")
            axes.xaxis.set_minor_locator(NullLocator())
            axes.set_ylim(-2, 102)
            axes.set_xlabel("moves played")
            axes.set_title(
                f"{board.boardsize}×{board.boardsize}", color=board_colour(board.boardsize)
            )
            axes.legend(**_BELOW)
        row[0].set_ylabel("share of compute\nthat training takes, %")
    return figure
