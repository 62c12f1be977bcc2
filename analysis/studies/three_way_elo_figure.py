"""Elo against blunder rates, drawn."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, NullLocator

from analysis.figures import theme
from analysis.figures.theme import board_colour, themed
from analysis.laws.threeway.elo_map import EloMap

_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50)


def elo_figure(maps: Mapping[int, EloMap]) -> Figure:
    """A panel a board; dots are agents, shaded by nodes, with two standard errors."""
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 3.6))
        row = figure.subplots(1, len(maps), sharey=True, squeeze=False)[0]
        counts = sorted({int(n) for found in maps.values() for n in found.agents["nodes"]})
        shades = dict(
            zip(counts, mpl.colormaps["viridis"](np.linspace(0.85, 0.1, len(counts))), strict=True)
        )
        for axes, (size, found) in zip(row, maps.items(), strict=True):
            colour, own = board_colour(size), found.agents
            rate = 100 / (1 + np.exp(own["strength"]))
            for nodes in counts:
                here = own["nodes"] == nodes
                axes.errorbar(
                    rate[here], own["elo"][here], 2 * own["error"][here], color=shades[nodes],
                    fmt=".", ms=4, elinewidth=0.5, alpha=0.8,
                )  # fmt: skip
            at = 100 * found.told["blunder_rate"]
            axes.fill_between(at, found.told["low"], found.told["high"], color=colour, alpha=0.25,
                              lw=0, zorder=3)  # fmt: skip
            axes.plot(at, found.told["elo"], color=colour, lw=2, zorder=4)
            axes.set_xscale("log")
            axes.invert_xaxis()
            high, low = axes.get_xlim()
            axes.xaxis.set_major_locator(FixedLocator([t for t in _TICKS if low <= t <= high]))
            axes.xaxis.set_minor_locator(NullLocator())
            axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
            axes.set_xlabel("won positions thrown away, %")
            axes.set_title(f"{size}×{size}", color=colour)
        row[0].set_ylabel("Elo (perfect play = 0)")
        handles = [
            Line2D([], [], color=shades[n], marker="o", ls="", ms=4,
                   label="raw policy" if n == 1 else f"{n} nodes")
            for n in counts
        ]  # fmt: skip
        figure.legend(handles=handles, loc="outside upper left", ncols=4, fontsize=8)
    return figure
