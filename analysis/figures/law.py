"""Strength against training compute: curves, frontiers, and the law through them.

Each recipe has a panel of its own; the compute axis is one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.figures import theme
from analysis.figures.theme import AXIS_LABELS, ELO_LABEL, INK, board_colour, themed
from analysis.laws.law import Law, LawFit
from games.text.numbers import side_by_side

_DASHED = (0, (5, 2))


def training_curves(
    points: Mapping[str, pd.DataFrame], frontiers: Mapping[str, pd.DataFrame], axis: str
) -> Figure:
    """Elo of every snapshot against training compute, one line a run, frontiers over them.

    Jones 2021, figure 5.

    Args:
        points: by recipe: columns run_id, boardsize, `axis`, elo.
        frontiers: by recipe: columns boardsize, flops, elo.
        axis: the column of `points` that holds the compute.
    """
    with themed():
        figure, panels = _panels(list(points), AXIS_LABELS[axis])
        for axes, recipe in zip(panels, points, strict=True):
            for _, run in points[recipe].sort_values(axis).groupby(["boardsize", "run_id"]):
                colour = board_colour(int(run["boardsize"].iloc[0]))
                axes.plot(run[axis], run["elo"], color=colour, lw=0.7, alpha=0.55)
                axes.plot(run[axis], run["elo"], "o", color=colour, ms=2.2, mew=0, alpha=0.65)
            for boardsize, board in _boards(frontiers[recipe]):
                axes.plot(board["flops"], board["elo"], color=board_colour(boardsize), lw=2.4)
            _label_boards(axes, frontiers[recipe])
        _legend(
            figure,
            [
                Line2D([], [], color=INK, lw=0.7, marker="o", ms=2.5, alpha=0.7, label="one run"),
                Line2D([], [], color=INK, lw=2.4, label="frontier: best of all runs"),
            ],
        )
    return figure


def frontier_fit(
    fits: Mapping[str, LawFit], published: Law | None = None, axis_label: str | None = None
) -> Figure:
    """The frontiers with the fitted law and, where the axes agree, the published one.

    Jones 2021, figures 6 and 10.

    Args:
        fits: by recipe, all on one axis.
        published: law to overlay.
        axis_label: for compute that is counted in another way than ours.
    """
    with themed():
        label = axis_label or AXIS_LABELS[next(iter(fits.values())).axis]
        figure, panels = _panels(list(fits), label)
        for axes, fit in zip(panels, fits.values(), strict=True):
            low, high = fit.frontiers["flops"].min(), fit.frontiers["flops"].max()
            lowest = fit.frontiers["elo"].min()
            for boardsize, board in _boards(fit.frontiers):
                colour = board_colour(boardsize)
                axes.plot(board["flops"], board["elo"], color=colour, lw=2.8, alpha=0.5)
                flops = np.geomspace(board["flops"].min(), board["flops"].max(), 400)
                axes.plot(flops, fit.law.elo(flops, boardsize), color=colour, lw=1.3, ls=_DASHED)
                if published is not None:
                    wide = np.geomspace(low, high, 400)
                    axes.plot(wide, published.elo(wide, boardsize), color=colour, lw=0.9, ls=":")
            axes.set_ylim(1.25 * lowest - 10, 0.08 * -lowest + 5)
            _label_boards(axes, fit.frontiers)
        handles = [
            Line2D([], [], color=INK, lw=2.8, alpha=0.5, label="frontier"),
            Line2D([], [], color=INK, lw=1.3, ls=_DASHED, label="fitted law"),
        ]
        if published is not None:
            handles.append(Line2D([], [], color=INK, lw=0.9, ls=":", label="Jones 2021, Table III"))
        _legend(figure, handles)
    return figure


def _panels(recipes: Sequence[str], label: str) -> tuple[Figure, list[Axes]]:
    """One panel a recipe, one below the other, on one compute axis."""
    figure = Figure(figsize=(theme.WIDTH, 1.0 + 3.2 * len(recipes)))
    panels = figure.subplots(len(recipes), 1, sharex=True, squeeze=False)[:, 0].tolist()
    for axes, recipe in zip(panels, recipes, strict=True):
        if len(recipes) > 1 or recipe:
            axes.set_title(theme.recipe_name(recipe))
        axes.set_ylabel(ELO_LABEL if len(recipes) == 1 else "Elo (top = 0)")
        axes.set_xscale("log")
        theme.log_axis(axes.xaxis)
    panels[-1].set_xlabel(label)
    return figure, panels


def _legend(figure: Figure, handles: list[Line2D]) -> None:
    figure.legend(handles=handles, loc="outside upper left", ncols=len(handles), fontsize=9)


def _boards(frontier: pd.DataFrame) -> list[tuple[int, pd.DataFrame]]:
    sizes = np.unique(frontier["boardsize"]).tolist()
    return [(size, frontier[frontier["boardsize"] == size]) for size in sizes]


def _label_boards(axes: Axes, frontier: pd.DataFrame) -> None:
    """Name each curve half-way up its climb."""
    least = frontier["flops"].min()
    for boardsize, board in _boards(frontier):
        lowest, highest = board["elo"].min(), board["elo"].max()
        half_way = board[board["elo"] >= lowest + 0.5 * (highest - lowest)].iloc[0]
        at_the_edge = half_way["flops"] < 3 * least  # to its left is the axis
        axes.annotate(
            side_by_side(boardsize),
            (half_way["flops"], half_way["elo"]),
            xytext=(0, 8) if at_the_edge else (-8, 5),
            textcoords="offset points",
            ha="left" if at_the_edge else "right",
            color=board_colour(boardsize),
            fontweight="bold",
        )
