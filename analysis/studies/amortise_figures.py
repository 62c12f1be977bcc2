"""Amortisation, drawn: training search against play-time search, and what is retained."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, LogLocator, NullFormatter, NullLocator

from analysis.figures import theme
from analysis.figures.blunder_curves import BLUNDERS_LABEL
from analysis.figures.theme import AXIS_LABELS, INK, SERIES, themed
from analysis.figures.wording import number
from analysis.studies.amortise import COMPARISONS

_LEAST = 5e-4
"""Of a blunder rate that is drawn: below, a board's positions tell nothing."""


def heat_maps(kept: pd.DataFrame) -> Figure:
    """Blunder rates by nodes in training and at play time: a row a board, a column a comparison.

    Args:
        kept: from `analysis.studies.amortise.retention_rows`, of one rule.
    """
    boards = sorted(kept["boardsize"].unique().tolist())
    shown = [name for name in COMPARISONS if name in set(kept["comparison"])]
    trained = np.log2(kept["nodes"].unique().astype(float)).tolist()
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 0.5 + 2.6 * len(boards)))
        grid = figure.subplots(len(boards), len(shown), sharex=True, sharey="row", squeeze=False)
        for row, size in zip(grid, boards, strict=True):
            here = kept[kept["boardsize"] == size]
            low, high = here["rate"].min(), here["rate"].max()
            norm = LogNorm(max(_LEAST, low), max(high, 2 * _LEAST))
            image = None
            for axes, comparison in zip(row, shown, strict=True):
                own = here[here["comparison"] == comparison]
                if own["nodes"].nunique() < 2:  # nothing to compare
                    axes.set_visible(False)
                    continue
                table = own.pivot_table(values="rate", index="played", columns="nodes")
                x, y = (np.log2(axis.to_numpy(float)) for axis in (table.columns, table.index))
                rates = table.clip(lower=_LEAST).to_numpy()
                image = axes.pcolormesh(
                    x, y, rates, norm=norm, cmap="viridis_r", shading="nearest", rasterized=True
                )
                best = np.argmin(table.to_numpy(), axis=1)
                axes.plot(x[best], y, "o", color="white", mec=INK, mew=0.8, ms=4)
                for axis, values in ((axes.xaxis, trained), (axes.yaxis, y.tolist())):
                    axis.set_major_locator(FixedLocator(values))
                    axis.set_major_formatter(lambda power, _: number(2**power))
                axes.tick_params(labelsize=7, labelbottom=True)
                axes.grid(visible=False)
                axes.set_title(f"{size}×{size}, {_SHORT[comparison]}", fontsize=9)
            row[0].set_ylabel("nodes at play time")
            if image is None:
                continue
            figure.colorbar(
                image, ax=row.tolist(), label=BLUNDERS_LABEL, shrink=0.9, aspect=30,
                format=lambda share, _: f"{100 * share:g}", ticks=LogLocator(subs=(1, 2, 5)),
            ).minorticks_off()  # fmt: skip
        figure.supxlabel("nodes in training", fontsize=10, color=INK)
    return figure


_SHORT = {"samples": "equal samples", "flops": "equal compute", "held": "share held"}


def retention_curves(kept: pd.DataFrame, played: Sequence[int]) -> Figure:
    """Retention by nodes in training: a row a number of nodes at play time, a column a board, a
    colour a rule and comparison; bars are 95 % intervals.

    Args:
        kept: from `analysis.studies.amortise.retention_rows`.
        played: which rows.
    """
    boards = sorted(kept["boardsize"].unique().tolist())
    # Of other rules one comparison only, or lines lie on one another.
    shown = kept[(kept["rule"] == "puct") | (kept["comparison"] == "flops")]
    kinds = list(shown[["rule", "comparison"]].drop_duplicates().itertuples(index=False, name=None))
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 0.8 + 2.1 * len(played)))
        grid = figure.subplots(len(played), len(boards), sharex=True, sharey="row", squeeze=False)
        for row, n in zip(grid, played, strict=True):
            for axes, size in zip(row, boards, strict=True):
                for place, (rule, comparison) in enumerate(kinds):
                    own = kept[
                        (kept["boardsize"] == size) & (kept["played"] == n)
                        & (kept["rule"] == rule) & (kept["comparison"] == comparison)
                    ]  # fmt: skip
                    own = own[own["retention"].notna()]
                    if own["nodes"].nunique() < 2:
                        continue
                    x = own["nodes"] * 2 ** (0.12 * (place - (len(kinds) - 1) / 2))
                    bars = np.abs(own[["low", "high"]].to_numpy().T - own["retention"].to_numpy())
                    axes.errorbar(
                        x, own["retention"], bars, color=SERIES[place], marker="o", ms=3, lw=1.2,
                        elinewidth=0.8,
                    )  # fmt: skip
                _node_axis(axes, sorted(kept["nodes"].unique()))
                axes.set_title(f"{size}×{size}, played with {n} nodes", fontsize=9)
        for axes in grid[:, 0]:
            axes.set_ylabel("retention")
            axes.set_ylim(0, 1.1)  # what learnt next to nothing has intervals far below
        figure.supxlabel("nodes in training", fontsize=10, color=INK)
        handles = [
            Line2D([], [], color=SERIES[k], marker="o", ms=3, lw=1.2,
                   label=f"{rule}, {_SHORT[comparison]}")
            for k, (rule, comparison) in enumerate(kinds)
        ]  # fmt: skip
        figure.legend(handles=handles, loc="outside upper left", ncols=3, fontsize=9)
    return figure


def blunders_by_training_nodes(points: pd.DataFrame, played: Sequence[int]) -> Figure:
    """Blunders against training compute: a row a board, a column a number of nodes at play time, a
    colour a number of nodes in training; means over seeds.

    Args:
        points: from `analysis.studies.amortise.rates_by_search`, of one rule and one kind of share.
        played: which columns.
    """
    boards = sorted(points["boardsize"].unique().tolist())
    nodes = sorted(points["nodes"].unique().tolist())
    shades = mpl.colormaps["viridis"](np.linspace(0.92, 0.02, len(nodes)))
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 0.8 + 2.2 * len(boards)))
        grid = figure.subplots(len(boards), len(played), sharex="row", sharey="row", squeeze=False)
        for row, size in zip(grid, boards, strict=True):
            for axes, n in zip(row, played, strict=True):
                here = points[
                    (points["boardsize"] == size) & (points["played"] == n)
                    & (points["train_flops"] > 0)
                ]  # fmt: skip
                for shade, trained in zip(shades, nodes, strict=True):
                    own = here[here["nodes"] == trained]
                    mean = own.groupby("samples")[["train_flops", "rate"]].mean()
                    axes.plot(
                        mean["train_flops"], 100 * mean["rate"].clip(lower=_LEAST), color=shade,
                        lw=1.4,
                    )  # fmt: skip
                axes.set_xscale("log")
                axes.xaxis.set_minor_formatter(NullFormatter())  # labels would run into each other
                axes.set_yscale("log")
                axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
                axes.yaxis.set_major_formatter(lambda percent, _: f"{percent:g}")
                axes.yaxis.set_minor_locator(NullLocator())
                told = "raw policy" if n == 1 else f"{n} nodes"
                axes.set_title(f"{size}×{size}, {told}", fontsize=9)
            row[0].set_ylabel("won positions\nthrown away, %", fontsize=9)
        figure.supxlabel(AXIS_LABELS["train_flops"], fontsize=10, color=INK)
        handles = [
            Line2D([], [], color=shade, lw=1.4, label=number(n))
            for shade, n in zip(shades, nodes, strict=True)
        ]
        figure.legend(
            handles=handles, loc="outside upper left", ncols=len(nodes), fontsize=9,
            title="nodes in training", title_fontsize=9, alignment="left", columnspacing=1.0,
        )  # fmt: skip
    return figure


def _node_axis(axes: Axes, nodes: Sequence[int]) -> None:
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_locator(FixedLocator(nodes))
    axes.xaxis.set_major_formatter(lambda n, _: number(n))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.tick_params(labelsize=8)
