"""What strength costs: time, size, recipe; and how far small boards foretell larger ones."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.figures import theme
from analysis.figures.theme import (
    AXIS_LABELS,
    FAINT,
    INK,
    LEGEND_ABOVE,
    SERIES,
    board_colour,
    themed,
)
from analysis.laws.model_size import SizeFit
from analysis.laws.multiplier import Multiplier
from games.text.numbers import side_by_side


def seconds_to_perfect(times: Mapping[str, pd.DataFrame], published: Mapping[int, float]) -> Figure:
    """Training time until the frontier comes near perfect play, by board.

    Jones 2021, figure 3.

    Args:
        times: by recipe: columns boardsize, at, low, high, in seconds.
        published: seconds by board side, of another device.
    """
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 3.4))
        axes = figure.subplots()
        for place, (recipe, found) in enumerate(times.items()):
            known = found[found["at"].notna()]
            at = known["at"].to_numpy()
            bars = np.array([at - known["low"], known["high"] - at]).clip(min=0)
            axes.errorbar(
                known["boardsize"] + 0.06 * place, at, bars, color=SERIES[place], lw=1.6, capsize=3,
                elinewidth=1, marker="osD"[place % 3], ms=5, label=theme.recipe_name(recipe),
            )  # fmt: skip
        axes.plot(
            list(published), list(published.values()), color=FAINT, lw=0.9, ls=":", marker=".",
            label="Jones, one RTX 2080 Ti (early plot)",
        )  # fmt: skip
        axes.set_yscale("log")
        theme.log_axis(axes.yaxis)
        sizes = sorted({*published, *(s for t in times.values() for s in t["boardsize"])})
        axes.set_xticks(sizes, [side_by_side(size) for size in sizes])
        axes.set_xlabel("board")
        axes.set_ylabel("training time to −50 Elo (seconds)")
        axes.legend(**LEGEND_ABOVE)
    return figure


def residual_variance(found: pd.DataFrame, published: Mapping[tuple[int, int], float]) -> Figure:
    """Error of the law on boards larger than it has seen, by the largest that it has seen.

    Jones 2021, figure 7.

    Args:
        found: as from `analysis.laws.extrapolation.extrapolation`.
        published: by (board judged, largest board fitted).
    """
    unseen = found[found["boardsize"] > found["largest_fitted"]]
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 3.4))
        axes = figure.subplots()
        judged = sorted({size for size, _ in published})
        for size in judged:
            theirs = sorted((seen, value) for (s, seen), value in published.items() if s == size)
            colour = board_colour(size)
            axes.plot(*zip(*theirs, strict=True), color=colour, lw=0.9, ls=":", marker=".", ms=4)
        for size, rows in unseen.groupby("boardsize"):
            value = rows["residual_variance"].to_numpy()
            bars = np.array([value - rows["low"], rows["high"] - value]).clip(min=0)
            axes.errorbar(
                rows["largest_fitted"] + 0.03, value, np.nan_to_num(bars),
                color=board_colour(int(size)), lw=1.8, elinewidth=1, capsize=3, ms=6,  # pyright: ignore[reportArgumentType]
                marker=theme.board_marker(int(size)),  # pyright: ignore[reportArgumentType]
            )  # fmt: skip
        sizes = sorted({*judged, *unseen["boardsize"].tolist()})
        handles = [
            Line2D([], [], color=board_colour(s), lw=1.8, label=side_by_side(s)) for s in sizes
        ]
        handles += [
            Line2D([], [], color=INK, lw=1.8, marker="o", label="this run"),
            Line2D([], [], color=INK, lw=0.9, ls=":", marker=".", label="Jones 2021"),
        ]
        axes.set_yscale("log")
        theme.log_axis(axes.yaxis)
        axes.set_xticks(
            seen := sorted({s for _, s in published} | set(unseen["largest_fitted"])),
            [side_by_side(s) for s in seen],
        )
        axes.set_xlabel("largest board of those that the law is fitted to")
        axes.set_ylabel("residual variance\n(share of mean Elo²)")
        axes.legend(handles=handles, title="board foretold", loc="center left",
                    bbox_to_anchor=(1.01, 0.5))  # fmt: skip
    return figure


def model_size(fits: Mapping[str, SizeFit], axis: str) -> Figure:
    """Parameters of the best network at each amount of compute, with the regression.

    Jones 2021, code of 14 April 2021; not in the paper's ten figures.

    Args:
        fits: by recipe.
        axis: their compute.
    """
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 3.4))
        row = figure.subplots(1, len(fits), sharex=True, sharey=True, squeeze=False)[0]
        for axes, (recipe, fit) in zip(row, fits.items(), strict=True):
            for size, board in fit.best.groupby("boardsize"):
                colour = board_colour(int(size))  # pyright: ignore[reportArgumentType]
                axes.plot(
                    board["flops"], board["size"], color=colour, lw=1, ls="", ms=3.5, alpha=0.8,
                    marker=theme.board_marker(int(size)), label=side_by_side(size),  # pyright: ignore[reportArgumentType]
                )  # fmt: skip
            flops = np.geomspace(fit.best["flops"].min(), fit.best["flops"].max(), 2)
            axes.plot(flops, 10**fit.constant * flops**fit.exponent, color=INK, lw=1.4)
            axes.set_title(f"{theme.recipe_name(recipe)}: exponent {fit.exponent:.2f}")
            axes.set_xscale("log")
            theme.log_axis(axes.xaxis)
            axes.set_yscale("log")
            theme.log_axis(axes.yaxis)
        row[0].set_ylabel("parameters of the best network")
        figure.supxlabel(AXIS_LABELS[axis], fontsize=10, color=INK)
        handles, labels = row[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper left", ncols=len(handles), fontsize=9)
    return figure


def split_factor(needs: Mapping[str, pd.DataFrame]) -> Figure:
    """Parameters and samples at equal Elo by board: a panel each, a curve a source.

    Args:
        needs: by source: columns boardsize, and of parameters and samples the value, _low, _high.
    """
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 3.4))
        row = figure.subplots(1, 2)
        for axes, part in zip(row, ("parameters", "samples"), strict=True):
            for place, (source, found) in enumerate(needs.items()):
                value = found[part].to_numpy(float)
                bars = np.array([value - found[f"{part}_low"], found[f"{part}_high"] - value])
                axes.errorbar(
                    found["boardsize"] + 0.08 * place, value, bars.clip(min=0), capsize=3, ms=5,
                    color=SERIES[0] if place == 0 else FAINT, lw=1.6 if place == 0 else 1.0,
                    ls="-" if place == 0 else ":", marker="os"[place % 2], elinewidth=1,
                    label=source,
                )  # fmt: skip
            sizes = sorted({int(size) for found in needs.values() for size in found["boardsize"]})
            axes.set_xticks(sizes, [side_by_side(size) for size in sizes])
            axes.set_yscale("log")
            theme.log_axis(axes.yaxis)
            axes.set_title(f"{part} at equal Elo")
        handles, labels = row[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper left", ncols=len(handles), fontsize=9)
    return figure


def compute_multipliers(multipliers: Mapping[str, Multiplier], main: str) -> Figure:
    """How many times the compute of the main recipe others need, by Elo and board: a panel each."""
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 3.2))
        panels = figure.subplots(1, len(multipliers), squeeze=False)[0]
        for axes, (other, multiplier) in zip(panels, multipliers.items(), strict=True):
            for size, rows in multiplier.levels.groupby("boardsize"):
                colour = board_colour(int(size))  # pyright: ignore[reportArgumentType]
                low, high, middle = (10 ** rows[name] for name in ("low", "high", "decades"))
                axes.fill_between(rows["elo"], low, high, color=colour, alpha=0.15, lw=0)
                axes.plot(
                    rows["elo"], middle, color=colour, lw=1.8, ms=4.5, label=side_by_side(size),
                    marker=theme.board_marker(int(size)),  # pyright: ignore[reportArgumentType]
                )  # fmt: skip
            axes.axhline(1, color=FAINT, lw=1)
            axes.set_yscale("log")
            theme.log_axis(axes.yaxis)
            axes.set_xlabel(theme.ELO_LABEL)
            axes.set_ylabel(f"compute of {other}\n÷ compute of {main}")
            axes.legend(**LEGEND_ABOVE)
    return figure
