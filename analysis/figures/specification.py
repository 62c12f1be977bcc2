"""The specification curve: one number under every combination of choices."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from analysis.figures import theme
from analysis.figures.theme import FAINT, INK, SERIES, themed


def specification_curve(
    found: pd.DataFrame, choices: tuple[str, ...], quantity: str, label: str, published: float
) -> Figure:
    """Every specification's number in order of size, and below it which choices it made.

    Simonsohn, Simmons & Nelson 2020, figure 2.

    Args:
        found: one row a specification: the columns `choices` and `quantity`.
        choices: columns that hold a specification's choices, in words.
        quantity: the column that is drawn, on a logarithmic axis.
        label: of that axis.
        published: number to draw across.
    """
    ordered = found.sort_values(quantity, ignore_index=True)
    options = [(name, option) for name in choices for option in sorted(ordered[name].unique())]
    options = [(name, option) for name, option in options if ordered[name].nunique() > 1]
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 2.6 + 0.2 * len(options)))
        above, below = figure.subplots(
            2, 1, sharex=True, height_ratios=[2.2, 0.2 * max(1, len(options))]
        )
        above.plot(ordered[quantity], "o", color=SERIES[0], ms=3, mew=0)
        above.axhline(published, color=FAINT, lw=1, ls=":")
        above.annotate(
            "Jones 2021", (0, published), xytext=(0, 3), textcoords="offset points", color=INK,
            fontsize=8,
        )  # fmt: skip
        above.set_yscale("log")
        theme.log_axis(above.yaxis)
        above.yaxis.set_major_formatter("{x:g}")
        above.yaxis.set_minor_formatter("{x:g}")
        above.set_ylabel(label)
        for place, (name, option) in enumerate(options):
            chosen = ordered.index[ordered[name] == option]
            below.plot(chosen, [place] * len(chosen), "|", color=INK, ms=6)
        below.set_yticks(
            range(len(options)), [f"{name}: {option}" for name, option in options], fontsize=8
        )
        below.invert_yaxis()
        below.set_xticks([])
        below.set_xlabel("specifications, in order")
    return figure
