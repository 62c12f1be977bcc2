"""What an agent thought of a game."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from analysis.figures import theme
from analysis.figures.theme import FAINT, LEGEND_ABOVE, board_colour, themed


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
        axes.legend(**LEGEND_ABOVE)
    return figure
