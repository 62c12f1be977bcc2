"""Warm starts, drawn: blunders against all the compute that went in."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.figures import theme
from analysis.figures.blunder_curves import BLUNDERS_LABEL, blunder_scale
from analysis.figures.theme import AXIS_LABELS, FAINT, INK, board_colour, log_axis, themed
from analysis.studies.transfer import AFRESH, MIXED, begun_with


def blunders_by_beginning(points: pd.DataFrame, measure: str) -> Figure:
    """A panel a board, a colour a board to begin with; thin lines are runs, thick ones their means.

    Args:
        points: from `analysis.studies.transfer.transfer_points`.
        measure: `raw` or `searched`.
    """
    boards = sorted(points["boardsize"].unique().tolist())
    teachers = sorted(points["teacher"].unique().tolist())
    colours = {teacher: _colour(teacher) for teacher in teachers}
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 3.3))
        row = figure.subplots(1, len(boards), sharey=True, squeeze=False)[0]
        for axes, size in zip(row, boards, strict=True):
            here = points[(points["boardsize"] == size) & (points["train_flops"] > 0)]
            for teacher, own in here.groupby("teacher"):
                colour = colours[int(teacher)]  # pyright: ignore[reportArgumentType]
                for _, run in own.groupby("run_id"):
                    axes.plot(run["train_flops"], 100 * run[measure], color=colour, lw=0.6)
                mean = own.groupby("index")[["train_flops", measure]].mean()
                at, rates = mean["train_flops"], 100 * mean[measure]
                axes.plot(at, rates, color=colour, lw=1.8, marker="o", ms=2.5)
            axes.set_title(f"{size}×{size}", color=board_colour(size))
            axes.set_xscale("log")
            log_axis(axes.xaxis)
            blunder_scale(axes)
        row[0].set_ylabel(BLUNDERS_LABEL)
        figure.supxlabel(AXIS_LABELS["train_flops"], fontsize=10, color=INK)
        handles = [
            Line2D([], [], color=colours[teacher], lw=1.8, label=begun_with(teacher))
            for teacher in teachers
        ]
        figure.legend(
            handles=handles, loc="outside upper left", ncols=len(handles), fontsize=9,
            title="weights", title_fontsize=9, alignment="left",
        )  # fmt: skip
    return figure


def _colour(teacher: int) -> str:
    return {AFRESH: INK, MIXED: FAINT}.get(teacher) or board_colour(teacher)
