"""The figures of a study, one function each; fitting is done elsewhere, here it is only drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from analysis import theme
from analysis.law import Law, LawFit
from analysis.theme import FAINT, INK, board_colour, themed

AXIS_LABELS = {
    "train_flops": "training compute (FLOPs, one multiply-add = 2)",
    "jones_flops": "training compute (Jones’s FLOPs: one multiply-add = 1, learner left out)",
}
ELO_LABEL = "Elo (best agent of each board = 0)"

# Outside the axes, where no curve can run into it.
_LEGEND_ABOVE: dict[str, Any] = {
    "loc": "lower left",
    "bbox_to_anchor": (0, 1),
    "ncols": 3,
    "borderaxespad": 0.2,
}
_PERCENT_UP_TO = 12  # players a matrix may have for every cell to carry its number


def training_curves(points: pd.DataFrame, frontier: pd.DataFrame, axis: str) -> Figure:
    """Elo of every snapshot against training compute, one line a run, frontiers over them.

    Jones 2021, figure 5.

    Args:
        points: columns run_id, boardsize, `axis`, elo.
        frontier: columns boardsize, flops, elo.
        axis: the column of `points` that holds the compute.
    """
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 4.4))
        axes = figure.subplots()
        for _, run in points.sort_values(axis).groupby(["boardsize", "run_id"]):
            colour = board_colour(int(run["boardsize"].iloc[0]))
            axes.plot(run[axis], run["elo"], color=colour, lw=0.7, alpha=0.55)
            axes.plot(run[axis], run["elo"], "o", color=colour, ms=2.2, mew=0, alpha=0.65)
        for boardsize, board in _boards(frontier):
            axes.plot(board["flops"], board["elo"], color=board_colour(boardsize), lw=2.4)
        _label_boards(axes, frontier)
        axes.set_ylabel(ELO_LABEL)
        axes.set_xscale("log")
        axes.set_xlabel(AXIS_LABELS[axis])
        axes.legend(
            handles=[
                Line2D([], [], color=INK, lw=0.7, marker="o", ms=2.5, alpha=0.7, label="one run"),
                Line2D([], [], color=INK, lw=2.4, label="frontier: best of all runs"),
            ],
            **_LEGEND_ABOVE,
        )
    return figure


def frontier_fit(
    fit: LawFit, published: Law | None = None, axis_label: str | None = None
) -> Figure:
    """The frontiers with the fitted law and, where the axes agree, the published one.

    Jones 2021, figure 6. The label is for compute that is counted in another way than ours.
    """
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 4.4))
        axes = figure.subplots()
        low, high = fit.frontiers["flops"].min(), fit.frontiers["flops"].max()
        handles = [Line2D([], [], color=INK, lw=2.4, alpha=0.6, label="frontier")]
        for boardsize, board in _boards(fit.frontiers):
            colour = board_colour(boardsize)
            axes.plot(board["flops"], board["elo"], color=colour, lw=2.8, alpha=0.5)
            flops = np.geomspace(board["flops"].min(), board["flops"].max(), 400)
            axes.plot(flops, fit.law.elo(flops, boardsize), color=colour, lw=1.3, ls=(0, (5, 2)))
            if published is not None:
                wide = np.geomspace(low, high, 400)
                axes.plot(wide, published.elo(wide, boardsize), color=colour, lw=0.9, ls=":")
        handles.append(Line2D([], [], color=INK, lw=1.3, ls=(0, (5, 2)), label="fitted law"))
        if published is not None:
            handles.append(Line2D([], [], color=INK, lw=0.9, ls=":", label="Jones 2021, Table III"))
        _label_boards(axes, fit.frontiers)
        axes.set_ylabel(ELO_LABEL)
        axes.set_xscale("log")
        axes.set_xlabel(axis_label or AXIS_LABELS[fit.axis])
        axes.legend(handles=handles, **_LEGEND_ABOVE)
    return figure


def win_rates(names: list[str], rates: np.ndarray, z: np.ndarray, boardsize: int) -> Figure:
    """Who beats whom on one board, and where the ratings do not say so.

    Args:
        names: the players, the weakest first.
        rates: [P, P] share of games that the row's player won against the column's, both colours
            alike; NaN where they did not meet.
        z: [P, P] by how many standard deviations it won more than its rating says; NaN likewise.
        boardsize: side of the board.
    """
    few = len(names) <= _PERCENT_UP_TO
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 3.9))
        left, right = figure.subplots(1, 2, sharex=True, sharey=True)
        won = _matrix(left, rates, "games won", (0, 1))
        surplus = _matrix(right, z, "more than the ratings say", (-4, 4))
        bar = figure.colorbar(won, ax=left, location="bottom", aspect=30)
        bar.ax.xaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f}")
        bar.set_label("% of games that the row won")
        bar = figure.colorbar(surplus, ax=right, location="bottom", aspect=30, extend="both")
        bar.set_label("standard deviations above expectation")
        step = 1 if few else int(np.ceil(len(names) / _PERCENT_UP_TO))
        shown = list(range(0, len(names), step))
        left.set_yticks(shown, [names[i] for i in shown], fontsize=7)
        left.set_xticks([])
        for axes in (left, right):
            axes.set_xlabel("opponents in the same order", fontsize=8)
        figure.suptitle(
            f"{boardsize}×{boardsize}: {len(names)} agents, from the weakest to the strongest",
            x=0.01, ha="left", fontsize=11, fontweight="bold",
        )  # fmt: skip
        if few:
            for i, j in np.argwhere(~np.isnan(rates)):
                extreme = abs(rates[i, j] - 0.5) > 0.3
                left.text(
                    j, i, f"{100 * rates[i, j]:.0f}", ha="center", va="center", fontsize=7,
                    color="#ffffff" if extreme else "#000000",
                )  # fmt: skip
    return figure


def value_curve(values: np.ndarray, network_values: np.ndarray, opening_plies: int) -> Figure:
    """What one agent thought of its game, ply by ply, from black's view.

    Args:
        values: [T] after search, in −1 … 1, black's view.
        network_values: [T] of the network alone, likewise.
        opening_plies: how many plies were played for the agents.
    """
    plies = np.arange(1, len(values) + 1)
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 2.6))
        axes = figure.subplots()
        axes.axhline(0, color=FAINT, lw=0.8)
        if opening_plies:
            axes.axvspan(0.5, opening_plies + 0.5, color=FAINT, alpha=0.2, lw=0)
            axes.text(0.6, -1.08, "opening", fontsize=8, va="bottom")
        axes.plot(plies, network_values, color=FAINT, lw=1.2, ls=(0, (4, 2)), label="network alone")
        axes.plot(
            plies, values, color=board_colour(3), lw=2, marker="o", ms=4, label="after search"
        )
        axes.set_ylim(-1.12, 1.12)
        axes.set_yticks([-1, 0, 1], ["white wins  −1", "even  0", "black wins  +1"])
        axes.set_xlim(0.5, len(values) + 0.5)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel("move (value of the position before it)")
        axes.legend(**_LEGEND_ABOVE)
    return figure


def _matrix(axes: Axes, values: np.ndarray, title: str, limits: tuple[float, float]):
    axes.set_title(title, fontsize=10, fontweight="normal")
    axes.grid(False)
    axes.set_facecolor("#8a8f9833")
    return axes.imshow(values, cmap=theme.WIN_RATES, vmin=limits[0], vmax=limits[1], aspect="equal")


def _boards(frontier: pd.DataFrame) -> list[tuple[int, pd.DataFrame]]:
    sizes = np.unique(frontier["boardsize"]).tolist()
    return [(size, frontier[frontier["boardsize"] == size]) for size in sizes]


def _label_boards(axes: Axes, frontier: pd.DataFrame) -> None:
    """Name each curve half-way up its climb."""
    for boardsize, board in _boards(frontier):
        lowest, highest = board["elo"].min(), board["elo"].max()
        half_way = board[board["elo"] >= lowest + 0.5 * (highest - lowest)].iloc[0]
        axes.annotate(
            f"{boardsize}×{boardsize}",
            (half_way["flops"], half_way["elo"]),
            xytext=(-8, 5),
            textcoords="offset points",
            ha="right",
            color=board_colour(boardsize),
            fontweight="bold",
        )
