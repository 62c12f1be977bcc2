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
    """Raw blunders of one recipe: a column a board, learner steps above and samples below, a colour
    a batch; thin lines are runs, thick ones their means.

    Args:
        points: of one recipe, columns boardsize, batch, run_id, index, steps, samples, raw.
    """
    boards = sorted(points["boardsize"].unique().tolist())
    batches = sorted(points["batch"].unique().tolist())
    shades = mpl.colormaps["viridis"](np.linspace(0.9, 0.05, len(batches)))
    colours = {batch: tuple(shade) for batch, shade in zip(batches, shades, strict=True)}
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 5.2))
        grid = figure.subplots(2, len(boards), sharey="col", squeeze=False)
        for column, size in enumerate(boards):
            here = points[points["boardsize"] == size]
            for axes, name in zip(grid[:, column], COLUMNS, strict=True):
                _draw(axes, here, name, colours)
            grid[0, column].set_title(f"{size}×{size}", color=board_colour(size))
        for axes, label in zip(grid[:, 0], COLUMNS.values(), strict=True):
            axes.set_ylabel(f"raw blunders, %\nagainst {label}", fontsize=9)
        handles = [Line2D([], [], color=colours[b], lw=1.8, label=f"{b:,}") for b in batches]
        handles.append(Line2D([], [], color=FAINT, ls=":", lw=1.2, label="untrained"))
        figure.legend(
            handles=handles, loc="outside upper left", ncols=len(handles), fontsize=9,
            title="positions of a learner step", title_fontsize=9, alignment="left",
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
