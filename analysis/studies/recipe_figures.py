"""What each ingredient of the training recipe gains, drawn."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.figures import theme
from analysis.figures.blunder_curves import BLUNDERS_LABEL, blunder_scale
from analysis.figures.theme import AXIS_LABELS, FAINT, SERIES, themed


def blunders_by_variant(curves: pd.DataFrame, first: str, last: str) -> Figure:
    """Blunder rates against training compute, with search and without.

    Args:
        curves: a row a snapshot: variant, index, flops, search and raw (shares of won positions
            thrown away). Medians over the seeds of a variant are drawn.
        first: the variant that stands out as the one to beat the others.
        last: the one that differs in everything, if it is there; all others are faint.
    """
    medians = curves.groupby(["variant", "index"])[["flops", "search", "raw"]].median()
    styles = {first: (SERIES[0], "-", 2.0), last: (SERIES[1], "--", 2.0)}
    styles = {name: style for name, style in styles.items() if name in medians.index.unique(0)}
    others = [variant for variant in medians.index.unique(0) if variant not in styles]
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 3.4))
        row = figure.subplots(1, 2, sharey=True)
        for axes, column, title in zip(
            row, ("search", "raw"), ("64 nodes", "the network alone"), strict=True
        ):
            for variant in [*others, *styles]:
                colour, style, width = styles.get(variant, (FAINT, "-", 0.7))
                curve = medians.loc[variant]
                axes.plot(curve["flops"], 100 * curve[column], color=colour, ls=style, lw=width)
            axes.set_title(title)
            axes.set_xscale("log")
            blunder_scale(axes)
        row[0].set_ylabel(BLUNDERS_LABEL)
        row[0].set_ylim(bottom=0)
        figure.supxlabel(AXIS_LABELS["train_flops"], fontsize=10)
        handles = [
            Line2D([], [], color=colour, ls=style, lw=width, label=variant)
            for variant, (colour, style, width) in styles.items()
        ]
        handles.append(Line2D([], [], color=FAINT, lw=0.7, label="one ingredient changed"))
        figure.legend(handles=handles, loc="outside upper left", ncols=len(handles), fontsize=9)
    return figure
