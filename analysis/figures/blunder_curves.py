"""Blunder rates drawn against training compute and against search."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullFormatter, NullLocator

from analysis.figures import theme
from analysis.figures.theme import AXIS_LABELS, FAINT, INK, board_colour, themed
from analysis.figures.wording import number
from games.text.numbers import side_by_side

BLUNDERS_LABEL = "won positions thrown away, %"
_TICKS = (0, 1, 5, 10, 20, 40, 60, 80, 100)
_ALONE = (0, (2, 1.5))  # the network without search


def blunders_by_compute(points: pd.DataFrame, axis: str = "train_flops") -> Figure:
    """Blunder rates on the fixed set against training compute: a panel a board, a line a run.

    Args:
        points: columns boardsize, run_id, nodes, rate, blunders_low, blunders_high and `axis`;
            drawn are the fewest nodes and the most.
        axis: the column that holds the compute.
    """
    fewest, most = points["nodes"].min(), points["nodes"].max()
    styles = {fewest: (_ALONE, 0.9), most: ("-", 1.4)}  # the later wins where they are equal
    with themed():
        figure, panels = _panels(points)
        for axes, boardsize, board in panels:
            colour = board_colour(boardsize)
            trained = board[board[axis] > 0]  # a log axis has no place for untrained networks
            for nodes, (style, width) in styles.items():
                here = trained[trained["nodes"] == nodes]
                for _, run in here.sort_values(axis).groupby("run_id"):
                    axes.plot(
                        run[axis], 100 * run["rate"], color=colour, ls=style, lw=0.6, alpha=0.5
                    )
                best = _best_so_far(here, axis)
                axes.plot(best[axis], 100 * best["rate"], color=colour, ls=style, lw=1.6 * width)
                axes.fill_between(
                    best[axis], 100 * best["blunders_low"], 100 * best["blunders_high"],
                    color=colour, alpha=0.12, lw=0,
                )  # fmt: skip
            axes.set_xscale("log")
            axes.xaxis.set_minor_formatter(NullFormatter())  # labels would run into each other
        figure.supxlabel(AXIS_LABELS[axis], fontsize=10, color=INK)
        handles = [
            Line2D([], [], color=INK, lw=1.6 * width, ls=style, label=_nodes(nodes))
            for nodes, (style, width) in styles.items()
        ]
        handles.append(Line2D([], [], color=INK, lw=0.6, alpha=0.7, label="one run"))
        _legend(figure, handles)
    return figure


def blunders_by_nodes(points: pd.DataFrame) -> Figure:
    """Blunder rates on the fixed set against search: a panel a board, a line a network.

    Args:
        points: columns boardsize, snapshot_id, parameters, nodes, rate, blunders_low,
            blunders_high; one snapshot a run, each at two node counts or more.
    """
    with themed():
        figure, panels = _panels(points)
        for axes, boardsize, board in panels:
            colour = board_colour(boardsize)
            largest = board["parameters"].max()
            for _, agent in board.sort_values("nodes").groupby("snapshot_id"):
                rate = 100 * agent["rate"].to_numpy()
                if agent["parameters"].iloc[0] < largest:
                    axes.plot(
                        agent["nodes"], rate, color=colour, lw=0.7, alpha=0.6, marker="o", ms=2
                    )
                    continue
                bars = np.abs(100 * agent[["blunders_low", "blunders_high"]].to_numpy().T - rate)
                axes.errorbar(
                    agent["nodes"], rate, bars, color=colour, lw=1.8, elinewidth=1, capsize=2,
                    marker="o", ms=4,
                )  # fmt: skip
            counts = sorted(board["nodes"].unique().tolist())
            axes.set_xscale("log", base=2)
            axes.xaxis.set_major_locator(FixedLocator(counts))
            axes.xaxis.set_minor_locator(NullLocator())
            axes.xaxis.set_major_formatter(lambda nodes, _: f"{nodes:.0f}")
        figure.supxlabel("nodes a move (network evaluations; 1 is the network alone)", fontsize=10)
        _legend(
            figure,
            [
                Line2D([], [], color=INK, lw=1.8, marker="o", ms=4, label="largest networks"),
                Line2D([], [], color=INK, lw=0.7, marker="o", ms=2, label="smaller ones"),
            ],
        )
    return figure


def _panels(points: pd.DataFrame) -> tuple[Figure, Iterator[tuple[Axes, int, pd.DataFrame]]]:
    """A figure with one panel for each board, side by side, and what belongs into each."""
    boards = [(int(size), board) for size, board in points.groupby("boardsize")]  # pyright: ignore[reportArgumentType]
    figure = Figure(figsize=(theme.WIDTH, 3.3))
    row = figure.subplots(1, len(boards), sharey=True, squeeze=False)[0]
    for axes, (boardsize, _) in zip(row, boards, strict=True):
        axes.set_title(side_by_side(boardsize), color=board_colour(boardsize))
        blunder_scale(axes)
    row[0].set_ylabel(BLUNDERS_LABEL)
    row[0].set_ylim(0, 105 * points["blunders_high"].max())
    return figure, ((axes, *board) for axes, board in zip(row, boards, strict=True))


def blunder_scale(axes: Axes) -> None:
    """The roots of percentages: they spread what lies near zero, and zero itself has a place."""
    axes.set_yscale("function", functions=(_root, np.square))
    axes.yaxis.set_major_locator(FixedLocator(_TICKS))
    axes.axhline(0, color=FAINT, lw=0.8)


def _root(share: np.ndarray) -> np.ndarray:
    return np.sqrt(np.maximum(share, 0))


def _best_so_far(points: pd.DataFrame, axis: str) -> pd.DataFrame:
    """The points that are better than all with as little compute; the best once more at the end."""
    ordered = points.sort_values([axis, "rate"])
    before = ordered["rate"].cummin().shift(fill_value=np.inf)
    better = ordered[ordered["rate"] < before]
    return pd.concat([better, better.tail(1).assign(**{axis: ordered[axis].max()})])


def _legend(figure: Figure, handles: list[Any]) -> None:
    figure.legend(handles=handles, loc="outside upper left", ncols=len(handles), fontsize=9)


def _nodes(nodes: float) -> str:
    return "network alone" if nodes == 1 else f"{number(nodes)} nodes a move"
