"""What the published λ of Jones 2021 does, drawn: how sharp its policies are, what search gains.

One line a rule: `jones` the published one, `grill C` the correct one with that constant.
"""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from analysis.figures import theme
from analysis.figures.theme import INK, themed
from analysis.studies.lambda_tables import PUBLISHED, constant, correct


def sharpness_by_nodes(judged: pd.DataFrame) -> Figure:
    """Entropy of π̄, and won positions thrown away, against nodes.

    Args:
        judged: columns play, nodes, entropy (nats), rate; means over what else differs are drawn.
    """
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 3.4))
        left, right = figure.subplots(1, 2)
        several = judged[judged["nodes"] > 1]
        _lines(left, several, "entropy")
        left.set_ylabel("entropy of the search policy π̄, nats")
        _lines(right, several.assign(percent=100 * several["rate"]), "percent")
        right.set_ylabel("won positions thrown away, %")
        right.set_ylim(bottom=0)
        _finish(figure, left)
    return figure


def elo_by_nodes(points: pd.DataFrame) -> Figure:
    """Elo gained over the raw policy against nodes, and the same less the published rule's.

    Args:
        points: columns run_id, index, play, nodes (1 among them), elo; drawn are means over the
            snapshots of each run, and then over runs with one standard error.
    """
    keys = ["run_id", "index", "play"]
    raw = points[points["nodes"] == 1].set_index(keys)["elo"]
    elo = points.set_index([*keys, "nodes"])["elo"]
    gained = (elo - raw).groupby(["run_id", "play", "nodes"]).mean().reset_index(name="gain")
    published = gained[gained["play"] == PUBLISHED].set_index(["run_id", "nodes"])["gain"]
    lead = gained.set_index(["run_id", "nodes", "play"])["gain"] - published
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 3.4))
        left, right = figure.subplots(1, 2)
        _lines(left, gained, "gain", error=True)
        left.set_ylabel("Elo gained over the raw policy")
        _lines(right, lead.reset_index(name="lead"), "lead", error=True)
        right.set_ylabel("Elo above the published rule")
        _finish(figure, left)
    return figure


def _lines(axes: Axes, rows: pd.DataFrame, column: str, *, error: bool = False) -> None:
    """The mean of `column` against nodes, a line a rule."""
    for play, style in _styles(rows["play"]).items():
        by_nodes = rows[rows["play"] == play].groupby("nodes")[column]
        mean = by_nodes.mean()
        bars = by_nodes.sem().to_numpy() if error else None
        axes.errorbar(mean.index, mean, bars, label=play, capsize=2, elinewidth=0.8, **style)
    counts = sorted(rows["nodes"].unique().tolist())
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_locator(FixedLocator(counts))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(lambda nodes, _: f"{nodes:.0f}")
    axes.set_xlabel("nodes a move")


def _styles(plays: pd.Series) -> dict[str, dict]:
    """The published rule in ink and broken; the correct one from light to dark as c rises."""
    rules = correct(plays)
    shades = mpl.colormaps["viridis"](np.linspace(0.85, 0.15, len(rules)))
    styles = {
        play: {"color": tuple(shade), "marker": marker, "ms": 4, "lw": 1.4}
        for play, shade, marker in zip(rules, shades, "osD^vPX", strict=False)
    }
    return {PUBLISHED: {"color": INK, "ls": "--", "marker": "x", "ms": 5, "lw": 1.8}} | styles


def _finish(figure: Figure, axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    names = [
        "published λ" if label == PUBLISHED else f"c = {constant(label):g}" for label in labels
    ]
    figure.legend(handles, names, loc="outside upper left", ncols=len(names), fontsize=9)
