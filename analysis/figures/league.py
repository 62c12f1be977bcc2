"""Who beats whom, and whether ratings foretell it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures import theme
from analysis.figures.theme import FAINT, INK, LEGEND_ABOVE, board_colour, themed
from games.text.numbers import side_by_side

_PERCENT_UP_TO = 12  # players a matrix may have for every cell to carry its number


def elo_to_win_rate(found: dict[int, pd.DataFrame]) -> Figure:
    """The Elo formula and what the league's games say of it.

    Jones 2021, figure 2, which draws the formula alone.

    Args:
        found: by board side: columns gap (Elo), share, low, high, as from
            `analysis.ratings.transitivity.by_gap`.
    """
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 3.4))
        axes = figure.subplots()
        reach = max([400.0, *(1.05 * bins["gap"].max() for bins in found.values())])
        gap = np.linspace(0, reach, 200)
        axes.plot(gap, 100 / (1 + 10 ** (-gap / 400)), color=INK, lw=1.6, label="Elo formula")
        for boardsize, bins in found.items():
            share = bins["share"].to_numpy()
            bars = np.abs(bins[["low", "high"]].to_numpy().T - share)
            axes.errorbar(
                bins["gap"], 100 * share, 100 * bars, color=board_colour(boardsize), ls="",
                marker=theme.board_marker(boardsize), ms=4.5, elinewidth=1, capsize=2,
                label=side_by_side(boardsize),
            )  # fmt: skip
        axes.axhline(50, color=FAINT, lw=0.8)
        axes.set_xlim(-0.01 * reach, reach)
        axes.set_xlabel("lead of the stronger agent (Elo)")
        axes.set_ylabel("games won by it (%)")
        axes.legend(**LEGEND_ABOVE | {"ncols": len(found) + 1})
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
            f"{side_by_side(boardsize)}: {len(names)} agents, from the weakest to the strongest",
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


def _matrix(axes: Axes, values: np.ndarray, title: str, limits: tuple[float, float]):
    axes.set_title(title, fontsize=10, fontweight="normal")
    axes.grid(False)
    axes.set_facecolor("#8a8f9833")
    return axes.imshow(values, cmap=theme.WIN_RATES, vmin=limits[0], vmax=limits[1], aspect="equal")
