"""Blunders by learning rate and width: table, figure, and how rules for the rate compare."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from analysis.figures import theme
from analysis.figures.blunder_curves import BLUNDERS_LABEL, blunder_scale
from analysis.figures.theme import board_colour, themed
from analysis.statistics.means import geometric_mean
from analysis.tables.blunder_rates import FIXED, blunder_points
from analysis.tables.rows import LabRows

RateRule = Callable[[int], float]
"""Learning rate by width."""


def sweep_runs(rows: LabRows, last: int = 3) -> pd.DataFrame:
    """A row a run and number of nodes: boardsize, network, width, learning_rate, seed, nodes, rate.

    `rate` is the share of won positions thrown away, mean of the run's last snapshots.
    """
    points = blunder_points(rows)
    points = points[points["source"] == FIXED]
    learning_rate = {
        run["id"]: run["config"]["learning_rate"] for run in rows.runs.to_dict("records")
    }
    points["learning_rate"] = points["run_id"].map(learning_rate)
    newest = points.groupby("run_id")["index"].transform("max") - points["index"]
    keys = ["boardsize", "network", "width", "learning_rate", "seed", "nodes"]
    means = points[newest < last].groupby(keys)["rate"].mean().reset_index()
    return means.sort_values(["boardsize", "width", "learning_rate", "seed"], ignore_index=True)


def by_rule(runs: pd.DataFrame, rules: Mapping[str, RateRule]) -> pd.DataFrame:
    """How many times the blunders of the first rule each rule has, in the geometric mean.

    Every board, width and seed gives one ratio; between rates that were trained, the logarithm of
    the blunder rate is taken as linear in that of the learning rate. Half a percent is added to
    each blunder rate, so that a perfect run counts.

    Args:
        runs: from `sweep_runs`, one number of nodes.
        rules: rates by width; the first one is the measure.

    Returns:
        A row a rule: rule, ratio, low, high (95 %, Student's t over the ratios).
    """
    log_blunders = {name: _read_off(runs, rule) for name, rule in rules.items()}
    measure = next(iter(log_blunders.values()))
    lines = []
    for name, values in log_blunders.items():
        ratios = values - measure
        lines.append((name, *geometric_mean(ratios)))
    return pd.DataFrame(lines, columns=pd.Index(["rule", "ratio", "low", "high"]))


def _read_off(runs: pd.DataFrame, rule: RateRule) -> np.ndarray:
    """Log blunder rate of each board, width and seed at the rule's rate."""
    found = []
    for _, cell in runs.groupby(["boardsize", "width", "seed"]):
        ordered = cell.sort_values("learning_rate")
        width = int(ordered["width"].iloc[0])
        at = np.log(ordered["learning_rate"].to_numpy())
        found.append(np.interp(np.log(rule(width)), at, np.log(ordered["rate"] + 0.005)))
    return np.array(found)


def blunders_by_rate(runs: pd.DataFrame) -> Figure:
    """Blunders against the learning rate: a panel a board, a line a width (means over seeds), a dot
    a run.

    Args:
        runs: from `sweep_runs`, one number of nodes.
    """
    widths = sorted(runs["width"].unique().tolist())
    shades = mpl.colormaps["viridis"](np.linspace(0.8, 0.1, len(widths)))
    rates = sorted(runs["learning_rate"].unique().tolist())
    boards = sorted(runs["boardsize"].unique().tolist())
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 3.3))
        row = figure.subplots(1, len(boards), sharey=True, squeeze=False)[0]
        for axes, size in zip(row, boards, strict=True):
            for width, shade, marker in zip(widths, shades, "osD^vPX", strict=False):
                here = runs[(runs["boardsize"] == size) & (runs["width"] == width)]
                mean = here.groupby("learning_rate")["rate"].mean()
                axes.plot(
                    mean.index, 100 * mean, color=shade, marker=marker, ms=4, label=f"{width} wide"
                )
                axes.plot(
                    here["learning_rate"], 100 * here["rate"], ls="", marker=".", ms=4, alpha=0.5,
                    color=shade,
                )  # fmt: skip
            axes.set_title(f"{size}×{size}", color=board_colour(size))
            axes.set_xscale("log")
            axes.xaxis.set_major_locator(FixedLocator(rates))
            axes.xaxis.set_minor_locator(NullLocator())
            axes.xaxis.set_major_formatter(lambda rate, _: f"{rate:g}")
            axes.tick_params(axis="x", labelsize=8)
            blunder_scale(axes)
        row[0].set_ylabel(BLUNDERS_LABEL)
        row[0].set_ylim(bottom=0)
        figure.supxlabel("Adam’s learning rate", fontsize=10)
        handles, labels = row[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper left", ncols=len(labels), fontsize=9)
    return figure
