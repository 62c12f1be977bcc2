"""Distillation, drawn: students from labels beside self-play, by what has to be paid."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter, NullLocator

from analysis.figures import theme
from analysis.figures.theme import INK, SERIES, themed
from analysis.studies.distil import COSTS, LEAST, SELF_PLAY, ends

_MARKERS = dict(zip(COSTS, ("o", "s", "^"), strict=True))


def students_by_cost(points: pd.DataFrame) -> Figure:
    """Raw blunders against FLOPs: a row a board, a column a size of student. Lines are self-play,
    means over seeds; marks the ends of students, a colour a teacher, a shape what is paid.

    Args:
        points: from `analysis.studies.distil.distil_points`.
    """
    boards = sorted(points["boardsize"].unique().tolist())
    taught = ends(points[points["group"] == "distilled"])
    teachers = list(dict.fromkeys(taught.sort_values("total")["teacher"]))
    sizes = {
        size: list(dict.fromkeys(taught[taught["boardsize"] == size]["network"])) for size in boards
    }
    columns = max(map(len, sizes.values()))
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 1.1 + 2.3 * len(boards)))
        grid = figure.subplots(len(boards), columns, sharey="row", squeeze=False)
        for row, size in zip(grid, boards, strict=True):
            for axes in row[len(sizes[size]) :]:
                axes.set_visible(False)
            for axes, network in zip(row, sizes[size], strict=False):
                here = (points["boardsize"] == size) & (points["network"] == network)
                alone = points[here & (points["group"] == SELF_PLAY) & (points["total"] > 0)]
                mean = alone.groupby("index")[["total", "raw"]].mean()
                axes.plot(mean["total"], 100 * mean["raw"].clip(lower=LEAST), color=INK, lw=1.4)
                own = taught[(taught["boardsize"] == size) & (taught["network"] == network)]
                for (teacher, _), students in own.groupby(["teacher", "count"]):  # pyright: ignore[reportGeneralTypeIssues]
                    colour = SERIES[teachers.index(teacher)]
                    rate = 100 * max(students["raw"].mean(), LEAST)
                    for cost, marker in _MARKERS.items():
                        axes.plot(students[cost].mean(), rate, marker, color=colour, ms=4)
                axes.set_xscale("log")
                axes.set_yscale("log")
                axes.xaxis.set_minor_formatter(NullFormatter())
                axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
                axes.yaxis.set_major_formatter(lambda percent, _: f"{percent:g}")
                axes.yaxis.set_minor_locator(NullLocator())
                axes.set_title(f"{size}×{size}, {network}", fontsize=9)
            row[0].set_ylabel("won positions\nthrown away, %", fontsize=9)
        figure.supxlabel("FLOPs", fontsize=10, color=INK)
        handles = [
            Line2D([], [], color=INK, lw=1.4, label="self-play"),
            *(Line2D([], [], color=SERIES[k], marker="o", ls="", ms=4, label=teacher)
              for k, teacher in enumerate(teachers)),
            *(Line2D([], [], color=INK, marker=marker, ls="", ms=4, label=COSTS[cost])
              for cost, marker in _MARKERS.items()),
        ]  # fmt: skip
        figure.legend(handles=handles, loc="outside upper left", ncols=3, fontsize=8)
    return figure
