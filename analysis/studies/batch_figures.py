"""The batch ladder, drawn: the same runs against learner steps and against samples."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.figures import theme
from analysis.figures.blunder_curves import blunder_scale
from analysis.figures.theme import FAINT, board_colour, themed

COLUMNS = {"steps": "learner steps", "samples": "self-play positions"}


def blunders_by_batch(points: pd.DataFrame) -> Figure:
    """Raw blunders of one recipe: a row a board, against learner steps on the left and samples on
    the right, a colour a batch; thin lines are runs, thick ones their means.

    Args:
        points: of one recipe, columns boardsize, batch, run_id, index, steps, samples, raw.
    """
    boards = sorted(points["boardsize"].unique().tolist())
    batches = sorted(points["batch"].unique().tolist())
    shades = mpl.colormaps["viridis"](np.linspace(0.9, 0.05, len(batches)))
    colours = {batch: tuple(shade) for batch, shade in zip(batches, shades, strict=True)}
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 0.9 + 2.3 * len(boards)))
        grid = figure.subplots(len(boards), 2, sharex="col", sharey="row", squeeze=False)
        for row, size in zip(grid, boards, strict=True):
            here = points[points["boardsize"] == size]
            for axes, name in zip(row, COLUMNS, strict=True):
                _draw(axes, here, name, colours)
            row[0].set_title(f"{size}×{size}", color=board_colour(size))
            row[0].set_ylabel("raw blunders, %")
            # Where no run gets near zero, that part of the scale would be empty.
            row[0].set_ylim(bottom=max(0.0, 75 * here["raw"].min() - 6))
        for axes, label in zip(grid[-1], COLUMNS.values(), strict=True):
            axes.set_xlabel(label)
        handles = [Line2D([], [], color=colours[b], lw=1.8, label=f"{b:,}") for b in batches]
        handles.append(Line2D([], [], color=FAINT, ls=":", lw=1.2, label="untrained"))
        figure.legend(
            handles=handles, loc="outside upper left", ncols=len(handles),
            title="positions of a learner step", alignment="left",
        )  # fmt: skip
    return figure


def _draw(axes: Axes, points: pd.DataFrame, column: str, colours: dict[int, tuple]) -> None:
    """One panel."""
    for batch, colour in colours.items():
        runs = points[(points["batch"] == batch) & (points["steps"] > 0)]
        for _, run in runs.groupby("run_id"):
            axes.plot(run[column], 100 * run["raw"], color=colour, lw=0.6, alpha=0.6)
        mean = runs.groupby("index")[[column, "raw"]].mean()
        axes.plot(mean[column], 100 * mean["raw"], color=colour, lw=1.8, marker="o", ms=2.5)
    untrained = points.loc[points["steps"] == 0, "raw"].mean()
    if not np.isnan(untrained):
        axes.axhline(100 * untrained, color=FAINT, ls=":", lw=1.2)
    axes.set_xscale("log")
    blunder_scale(axes)
