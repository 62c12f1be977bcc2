"""Strength at play: against perfect play, and by how much is searched."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.figures import theme
from analysis.figures.theme import ELO_LABEL, FAINT, INK, LEGEND_ABOVE, SERIES, board_colour, themed
from analysis.figures.wording import number
from analysis.laws.search.exchange import ExchangeFit
from games.text.numbers import side_by_side

TEST_LABEL = "play-time compute (FLOPs a move, one multiply-add = 2)"


def against_perfect(scores: pd.DataFrame) -> Figure:
    """Win rate of each board's best agents against perfect play, with intervals.

    Jones 2021, figure 4, where MoHex stands for perfect play.

    Args:
        scores: columns boardsize, recipe, colour, rate, low, high, inner_low, inner_high; one
            agent a board and recipe.
    """
    recipes = sorted(scores["recipe"].unique().tolist())
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 3.2))
        axes = figure.subplots()
        axes.axhline(50, color=FAINT, lw=1.2, ls=(0, (4, 2)))
        for place, recipe in enumerate(recipes):
            own = scores[scores["recipe"] == recipe]
            for row in own.to_dict("records"):
                colour = board_colour(row["boardsize"])
                x = row["boardsize"] + 0.24 * (place - (len(recipes) - 1) / 2)
                if row["colour"] != "both":
                    face = INK if row["colour"] == "black" else "none"
                    axes.plot(x + 0.07, 100 * row["rate"], "o", ms=4, mfc=face, mec=INK, mew=0.8)
                    continue
                axes.plot([x, x], [100 * row["low"], 100 * row["high"]], color=colour, lw=1.5)
                axes.plot(
                    [x, x], [100 * row["inner_low"], 100 * row["inner_high"]], color=colour, lw=5
                )
                axes.plot(x, 100 * row["rate"], "sD"[place % 2], color=colour, mec=INK, ms=6)
        sizes = sorted(scores["boardsize"].unique().tolist())
        axes.set_xticks(sizes, [side_by_side(size) for size in sizes])
        axes.set_xlim(sizes[0] - 0.6, sizes[-1] + 0.6)
        axes.set_ylim(-3, 103)
        axes.set_xlabel("board")
        axes.set_ylabel("games won against perfect play (%)")
        handles = [
            Line2D([], [], color=INK, marker="sD"[i % 2], ls="", label=theme.recipe_name(r))
            for i, r in enumerate(recipes)
        ]
        handles += [
            Line2D([], [], color=INK, marker="o", ls="", ms=4, label="as black"),
            Line2D([], [], color=INK, marker="o", ls="", ms=4, mfc="none", label="as white"),
        ]
        axes.legend(handles=handles, **LEGEND_ABOVE | {"ncols": len(handles)})
    return figure


def test_compute(networks: pd.DataFrame) -> Figure:
    """Elo of a few networks against what they spend on a move; points are tree sizes.

    Jones 2021, figure 8.

    Args:
        networks: as from `analysis.laws.search.sweeps.four_networks`.
    """
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 3.8))
        axes = figure.subplots()
        for place, level in enumerate(networks["level"].unique().tolist()):
            curve = networks[networks["level"] == level]
            colour, marker = SERIES[place % len(SERIES)], "osD^"[place % 4]
            axes.fill_between(
                curve["test_flops"], curve["low"], curve["high"], color=colour, alpha=0.15, lw=0
            )
            label = f"first past {number(level)} Elo"
            axes.plot(
                curve["test_flops"], curve["elo"], color=colour, lw=1.8, marker=marker, ms=5,
                label=label,
            )  # fmt: skip
            for end, align in ((curve.iloc[0], "right"), (curve.iloc[-1], "left")):
                axes.annotate(
                    f"{end['nodes']:.0f}", (end["test_flops"], end["elo"]), fontsize=8, ha=align,
                    xytext=(-5 if align == "right" else 5, -3), textcoords="offset points",
                )  # fmt: skip
        axes.set_xscale("log")
        theme.log_axis(axes.xaxis)
        axes.margins(x=0.09)
        axes.set_xlabel(f"{TEST_LABEL}; numbers: nodes")
        axes.set_ylabel(ELO_LABEL)
        axes.legend(**LEGEND_ABOVE | {"ncols": 2})
    return figure


def exchange_isoquants(fit: ExchangeFit) -> Figure:
    """Training against play-time compute at equal Elo, with both fits.

    Jones 2021, figure 9.
    """
    levels = sorted(fit.isoquants["elo"].unique().tolist())
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 4.0))
        axes = figure.subplots()
        x = np.geomspace(fit.isoquants["train_flops"].min(), fit.isoquants["train_flops"].max(), 50)
        y = fit.isoquants["test_flops"]
        for place, level in enumerate(levels):
            colour, marker = SERIES[place % len(SERIES)], "osD^vPX"[place % 7]
            curve = fit.isoquants[fit.isoquants["elo"] == level]
            axes.plot(
                curve["train_flops"], curve["test_flops"], color=colour, marker=marker, ms=4.5,
                lw=0.8, label=f"{number(level)} Elo",
            )  # fmt: skip
            own = x[(x >= curve["train_flops"].min()) & (x <= curve["train_flops"].max())]
            for exchange, style in ((fit.paper, (0, (5, 2))), (fit.surface.exchange, ":")):
                axes.plot(own, exchange.test_flops(own, level), color=colour, ls=style, lw=1.3)
        axes.set_xscale("log")
        theme.log_axis(axes.xaxis)
        axes.set_yscale("log")
        theme.log_axis(axes.yaxis)
        axes.set_ylim(y.min() / 3, y.max() * 3)
        axes.set_xlabel(theme.AXIS_LABELS["train_flops"])
        axes.set_ylabel("play-time compute\n(FLOPs a move, one multiply-add = 2)")
        handles, _ = axes.get_legend_handles_labels()
        handles += [
            Line2D([], [], color=INK, ls=(0, (5, 2)), lw=1.3, label="the paper’s regression"),
            Line2D([], [], color=INK, ls=":", lw=1.3, label="surface through all agents"),
        ]
        axes.legend(handles=handles, loc="center left", bbox_to_anchor=(1.01, 0.5))
    return figure


def fixed_network_rates(found: dict[int, pd.DataFrame]) -> Figure:
    """Decades of search that a decade of training replaces at a fixed network, by band of Elo.

    Args:
        found: by board side: columns low_elo, high_elo, rate, low, high.
    """
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 3.2))
        axes = figure.subplots()
        for size, bands in found.items():
            middle = (bands["low_elo"] + bands["high_elo"]) / 2
            rate = bands["rate"].to_numpy()
            bars = np.array([rate - bands["low"], bands["high"] - rate]).clip(min=0)
            axes.errorbar(
                middle, rate, np.nan_to_num(bars), color=board_colour(size), lw=1.6, elinewidth=1,
                capsize=3, ms=5, marker=theme.board_marker(size), label=side_by_side(size),
            )  # fmt: skip
        axes.set_ylim(bottom=0)
        axes.set_xlabel(ELO_LABEL)
        axes.set_ylabel("decades of nodes\nfor one of samples")
        axes.legend(**LEGEND_ABOVE)
    return figure
