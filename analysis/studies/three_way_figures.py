"""The cube, drawn: blunder rates by training, search and size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, LogLocator, NullFormatter, NullLocator

from analysis.figures import theme
from analysis.figures.blunder_curves import BLUNDERS_LABEL
from analysis.figures.theme import AXIS_LABELS, FAINT, INK, themed
from analysis.figures.wording import number

_TICKS = (1, 8, 64, 512)
_LEAST = 2e-4
"""Of a blunder rate that is drawn: below, a board's positions tell nothing."""


def blunder_maps(cube: pd.DataFrame) -> Figure:
    """Blunder rates of one board by stage of training and nodes: a panel a width, means over seeds.

    Args:
        cube: rows of one board, one tuning and one stratum; columns of `CubeRow`.
    """
    widths = sorted(cube["width"].unique().tolist())
    columns = min(4, len(widths))
    lines = -(-len(widths) // columns)
    norm = LogNorm(max(_LEAST, cube["blunder_rate"].min()), cube["blunder_rate"].max())
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 0.7 + 1.9 * lines))
        grid = figure.subplots(lines, columns, sharey=True, squeeze=False)
        image = None
        for axes, width in zip(grid.flat, widths, strict=False):
            here = cube[cube["width"] == width]
            flops = here.groupby("snapshot")["train_flops"].mean().to_numpy()
            rates = here.pivot_table(values="blunder_rate", index="nodes", columns="snapshot")
            nodes = rates.index.to_numpy()
            shown = rates.clip(lower=_LEAST).to_numpy()
            image = axes.pcolormesh(
                flops, nodes, shown, norm=norm, cmap="viridis_r", shading="nearest", rasterized=True
            )
            if shown.min() < shown.max():
                axes.contour(flops, nodes, shown, levels=_levels(norm), colors=INK, linewidths=0.5)
            _decades(axes)
            axes.set_yscale("log", base=2)
            _node_ticks(axes.yaxis, nodes)
            axes.grid(visible=False)
            axes.set_title(f"width {number(width)}", fontsize=9)
        for axes in grid.flat[len(widths) :]:
            axes.set_visible(False)
        for axes in grid[:, 0]:
            axes.set_ylabel("nodes a move")
        figure.supxlabel(AXIS_LABELS["train_flops"], fontsize=10, color=INK)
        if image is not None:
            figure.colorbar(
                image, ax=grid.ravel().tolist(), label=BLUNDERS_LABEL, shrink=0.8,
                format=_percent_of_share, ticks=LogLocator(subs=(1, 2, 5)),
            ).minorticks_off()  # fmt: skip
    return figure


def _levels(norm: LogNorm) -> list[float]:
    """Halvings of the largest rate, within the scale."""
    assert norm.vmax is not None
    assert norm.vmin is not None
    steps = int(np.log2(norm.vmax / norm.vmin))
    return sorted(norm.vmax / 2.0**k for k in range(1, steps + 1))


def blunders_by_training(cube: pd.DataFrame, nodes: Sequence[int]) -> Figure:
    """Blunder rates against training compute: a row a board, a column a number of nodes, a colour a
    width; thin lines are runs, thick ones their means.

    Args:
        cube: rows of one tuning and one stratum.
        nodes: which to draw.
    """
    boards = sorted(cube["boardsize"].unique().tolist())
    colours = _width_colours(cube)
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 0.8 + 2.1 * len(boards)))
        grid = figure.subplots(len(boards), len(nodes), sharex="row", sharey="row", squeeze=False)
        for row, size in zip(grid, boards, strict=True):
            for axes, n in zip(row, nodes, strict=True):
                here = cube[(cube["boardsize"] == size) & (cube["nodes"] == n)]
                _curves(axes, here, "train_flops", "run", "snapshot", colours)
                axes.set_title(f"{size}×{size}, {_told(n)}", fontsize=9)
                _decades(axes)
            row[0].set_ylabel("won positions\nthrown away, %", fontsize=9)
        figure.supxlabel(AXIS_LABELS["train_flops"], fontsize=10, color=INK)
        _legend(figure, colours)
    return figure


def blunders_by_search(cube: pd.DataFrame) -> Figure:
    """Blunder rates of the last snapshots against nodes: a panel a board, a colour a width; dashes
    are the best constant at each budget.

    Args:
        cube: rows of one stratum, both tunings.
    """
    last = cube[cube["snapshot"] == cube.groupby("run")["snapshot"].transform("max")]
    boards = sorted(last["boardsize"].unique().tolist())
    colours = _width_colours(cube)
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 3.2))
        panels = figure.subplots(1, len(boards), squeeze=False)[0]
        for axes, size in zip(panels, boards, strict=True):
            for tuning, style in (("fixed", "-"), ("best", "--")):
                here = last[(last["boardsize"] == size) & (last["tuning"] == tuning)]
                for (width,), own in _groups(here, "width"):
                    mean = _drawn(own.groupby("nodes")["blunder_rate"].mean())
                    axes.plot(
                        mean.index, 100 * mean, style,
                        color=colours[width], lw=1.6 if tuning == "fixed" else 1.0,
                    )  # fmt: skip
            axes.set_xscale("log", base=2)
            _node_ticks(axes.xaxis, last["nodes"].unique())
            _percent_ticks(axes)
            axes.set_title(f"{size}×{size}")
            axes.set_xlabel("nodes a move")
        panels[0].set_ylabel(BLUNDERS_LABEL)
        _legend(figure, colours, Line2D([], [], color=FAINT, ls="--", label="best c_puct"))
    return figure


def coverage_curves(
    coverage: pd.DataFrame, cube: pd.DataFrame, even: Mapping[int, pd.Series]
) -> Figure:
    """What is missed by k draws of the last snapshots' raw policies, and by a search of k nodes.

    Args:
        coverage: from `analysis.studies.three_way.coverage`.
        cube: rows of one tuning and one stratum.
        even: by board, coverage by k of draws evenly from all legal moves.
    """
    coverage, cube = (
        frame[frame["snapshot"] == frame.groupby("run")["snapshot"].transform("max")]
        for frame in (coverage, cube)
    )
    boards = sorted(coverage["boardsize"].unique().tolist())
    colours = _width_colours(coverage)
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 3.2))
        panels = figure.subplots(1, len(boards), sharey=True, squeeze=False)[0]
        for axes, size in zip(panels, boards, strict=True):
            here = coverage[coverage["boardsize"] == size]
            at_random = _drawn(1 - even[size])
            axes.plot(at_random.index, 100 * at_random, color=FAINT, lw=1.2, ls="--")
            for (width,), own in _groups(here, "width"):
                missed = _drawn(1 - own.groupby("k")["coverage"].mean())
                colour = colours[width]
                axes.plot(missed.index, 100 * missed, color=colour, lw=1.6)
                searched = cube[(cube["boardsize"] == size) & (cube["width"] == width)]
                rates = _drawn(searched.groupby("nodes")["blunder_rate"].mean())
                axes.plot(rates.index, 100 * rates, color=colour, lw=1.0, ls=":")
            axes.set_xscale("log", base=2)
            _node_ticks(axes.xaxis, here["k"].unique())
            _percent_ticks(axes)
            axes.set_title(f"{size}×{size}")
            axes.set_xlabel("moves drawn, or nodes")
        panels[0].set_ylabel("positions without a\nwinning move, %")
        _legend(
            figure,
            colours,
            Line2D([], [], color=FAINT, ls=":", label="search plays"),
            Line2D([], [], color=FAINT, ls="--", label="even draws"),
        )
    return figure


def _curves(
    axes: Axes, rows: pd.DataFrame, x: str, run: str, stage: str, colours: dict[int, tuple]
) -> None:
    for (width,), own in _groups(rows, "width"):
        colour = colours[width]
        for _, one in own.groupby(run):
            axes.plot(
                one[x], 100 * _drawn(one["blunder_rate"]), color=colour, lw=0.5,
                alpha=0.5,
            )  # fmt: skip
        mean = own.groupby(stage)[[x, "blunder_rate"]].mean()
        axes.plot(mean[x], 100 * _drawn(mean["blunder_rate"]), color=colour, lw=1.6)
    _percent_ticks(axes)


def _drawn(rates: pd.Series) -> pd.Series:
    """Without what lies below the scale."""
    return rates.where(rates >= _LEAST)


def _decades(axes: Axes) -> None:
    """A logarithmic axis of compute, few enough labels for a narrow panel."""
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(numticks=3))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _node_ticks(axis: Axis, nodes: Sequence[int] | np.ndarray) -> None:
    """Every third power of two."""
    axis.set_major_locator(FixedLocator([n for n in nodes if n in _TICKS]))
    axis.set_major_formatter(lambda n, _: number(n))
    axis.set_minor_locator(NullLocator())


def _percent_ticks(axes: Axes) -> None:
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(lambda percent, _: f"{percent:g}")
    axes.yaxis.set_minor_locator(NullLocator())


def _percent_of_share(share: float, _: int) -> str:
    return f"{100 * share:g}"


def _groups(rows: pd.DataFrame, *columns: str) -> Iterator[tuple[Any, pd.DataFrame]]:
    yield from rows.groupby(list(columns))


def _width_colours(rows: pd.DataFrame) -> dict[int, tuple]:
    widths = sorted(rows["width"].unique().tolist())
    shades = mpl.colormaps["viridis"](np.linspace(0.92, 0.02, len(widths)))
    return {width: tuple(shade) for width, shade in zip(widths, shades, strict=True)}


def _legend(figure: Figure, colours: dict[int, tuple], *others: Line2D) -> None:
    handles = [
        Line2D([], [], color=colour, lw=1.6, label=number(width))
        for width, colour in colours.items()
    ]
    figure.legend(
        handles=[*handles, *others], loc="outside upper left", fontsize=9, title="width",
        ncols=len(handles) + len(others), title_fontsize=9, alignment="left", columnspacing=0.8,
        handlelength=1.4,
    )  # fmt: skip


def _told(nodes: int) -> str:
    return "raw policy" if nodes == 1 else f"{number(nodes)} nodes"
