"""Policy and value of different sizes, drawn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, LogLocator, NullLocator

from analysis.figures import theme
from analysis.figures.blunder_curves import BLUNDERS_LABEL
from analysis.figures.theme import FAINT, INK, SERIES, log_axis, themed
from analysis.figures.wording import number
from analysis.studies.verifier import PUCT, SHARED, SMALL

_LEAST = 1e-4
"""Of a rate that is drawn on a logarithmic scale."""
RATIO_LABEL = "parameters of the value / of the policy"


def ratio_name(ratio: float) -> str:
    """`1/16`, `1`, `4`."""
    return f"{ratio:g}" if ratio >= 1 else f"1/{1 / ratio:g}"


def kind_name(kind: str) -> str:
    """How figures and tables call a kind of network."""
    return kind if kind in (SHARED, SMALL) else ratio_name(float(kind))


def blunders_by_ratio(points: pd.DataFrame) -> Figure:
    """Blunder rates of the tree search by ratio and nodes, in percent: a panel a board; the shared
    trunk stands first.

    Args:
        points: from `analysis.studies.verifier.way_points`.
    """
    trees = points[(points["family"] == PUCT) & (points["kind"] != SMALL)]
    boards = sorted(trees["boardsize"].unique().tolist())
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 3.9))
        panels = figure.subplots(1, len(boards), sharey=True, squeeze=False)[0]
        for axes, size in zip(panels, boards, strict=True):
            own = trees[trees["boardsize"] == size]
            kinds = [SHARED, *_split(own)]
            table = 100 * own.pivot_table(values="rate", index="nodes", columns="kind")[kinds]
            shares = table.to_numpy()
            norm = LogNorm(max(shares.min(), 100 * _LEAST), shares.max())
            axes.imshow(
                np.maximum(shares, 100 * _LEAST), norm=norm, cmap="viridis_r", aspect="auto",
                origin="lower",
            )  # fmt: skip
            for (row, column), share in np.ndenumerate(shares):
                light = norm(max(share, 100 * _LEAST)) > 0.55
                axes.text(
                    column, row, number(share, 1 if share >= 1 else 2), ha="center", va="center",
                    fontsize=8, color="white" if light else INK,
                )  # fmt: skip
            axes.axvline(0.5, color="white", lw=4)
            axes.grid(visible=False)
            axes.set_xticks(range(len(kinds)), labels=[kind_name(kind) for kind in kinds])
            axes.set_yticks(range(len(table)), labels=[number(n) for n in table.index])
            axes.set_title(f"{size}×{size}")
        panels[0].set_ylabel("nodes a move")
        figure.supxlabel(RATIO_LABEL, fontsize=10, color=INK)
    return figure


def best_by_budget(best: pd.DataFrame, ratios: Sequence[float]) -> Figure:
    """The best ratio against nodes, with its interval: a panel a board.

    Args:
        best: from `analysis.studies.verifier.best_ratios`.
        ratios: those measured, whose ends no estimate leaves.
    """
    boards = sorted(best["boardsize"].unique().tolist())
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 2.9))
        panels = figure.subplots(1, len(boards), sharey=True, squeeze=False)[0]
        for axes, size in zip(panels, boards, strict=True):
            own = best[best["boardsize"] == size]
            axes.axhline(1, color=FAINT, lw=1)
            axes.vlines(own["nodes"], own["low"], own["high"], color=SERIES[0], lw=1.4)
            axes.plot(own["nodes"], own["ratio"], "o", color=SERIES[0], ms=4)
            axes.set_xscale("log", base=2)
            _powers(axes, own["nodes"].tolist())
            axes.set_yscale("log", base=2)
            axes.set_ylim(min(ratios) / 1.4, max(ratios) * 1.4)
            axes.yaxis.set_major_locator(FixedLocator(sorted(ratios)))
            axes.yaxis.set_major_formatter(lambda ratio, _: ratio_name(ratio))
            axes.yaxis.set_minor_locator(NullLocator())
            axes.set_title(f"{size}×{size}")
            axes.set_xlabel("nodes a move")
        panels[0].set_ylabel("best ratio, value / policy")
    return figure


def heads_by_ratio(points: pd.DataFrame, values: pd.DataFrame) -> Figure:
    """What each head does alone, by ratio: the policy's blunders, those of playing by the value,
    and how often the value's sign is wrong; dashes are the shared trunk's.

    Args:
        points: from `analysis.studies.verifier.way_points`.
        values: from `analysis.studies.verifier.value_points`.
    """
    signs = values.rename(columns={"wrong": "rate"}).assign(family="sign")
    rows = pd.concat([points[points["family"].isin(["policy", "value"])], signs])
    told = {
        "policy": "policy alone: wins thrown away", "value": "value alone: wins thrown away",
        "sign": "value: wrong about who wins",
    }  # fmt: skip
    boards = sorted(rows["boardsize"].unique().tolist())
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 3.2))
        panels = figure.subplots(1, len(boards), sharey=True, squeeze=False)[0]
        for axes, size in zip(panels, boards, strict=True):
            here = rows[rows["boardsize"] == size]
            for place, family in enumerate(told):
                own = here[here["family"] == family]
                split = own[~own["kind"].isin([SHARED, SMALL])].sort_values("ratio")
                shared = own[own["kind"] == SHARED]
                colour, shift = SERIES[place], 1.06 ** (place - 1)
                at = split["ratio"] * shift
                axes.vlines(at, 100 * split["low"], 100 * split["high"], color=colour, lw=1.2)
                axes.plot(at, 100 * split["rate"], "o-", color=colour, ms=3.5, lw=1.4)
                axes.axhline(100 * float(shared["rate"].iloc[0]), color=colour, lw=1, ls="--")
            axes.set_xscale("log", base=2)
            split = here[~here["kind"].isin([SHARED, SMALL])].sort_values("ratio")
            ticks = dict(zip(split["ratio"], split["kind"], strict=True))
            axes.set_xticks(list(ticks), labels=[kind_name(kind) for kind in ticks.values()])
            axes.xaxis.set_minor_locator(NullLocator())
            _percents(axes)
            axes.set_title(f"{size}×{size}")
        panels[0].set_ylabel("positions, %")
        figure.supxlabel(RATIO_LABEL, fontsize=10, color=INK)
        handles = [
            Line2D([], [], color=SERIES[place], marker="o", ms=3.5, lw=1.4, label=label)
            for place, label in enumerate(told.values())
        ]
        handles.append(Line2D([], [], color=FAINT, lw=1, ls="--", label="shared trunk"))
        figure.legend(handles=handles, loc="outside upper left", ncols=2, fontsize=9)
    return figure


def ways_by_flops(points: pd.DataFrame) -> Figure:
    """Blunder rates against FLOPs a move: the shared network's tree search in ink, a colour for
    each other way to spend them.

    Args:
        points: from `analysis.studies.verifier.way_points`.
    """
    split = _split(points)
    shown = [
        (PUCT, SHARED, "tree search, shared", INK, "-"),
        (PUCT, split[-1], f"tree search, {kind_name(split[-1])}", SERIES[0], "-"),
        ("best-of-n", SHARED, "best of N, shared", INK, ":"),
        ("best-of-n", split[0], f"best of N, {kind_name(split[0])}", SERIES[1], ":"),
        ("best-of-n", split[-1], f"best of N, {kind_name(split[-1])}", SERIES[0], ":"),
        (PUCT, SMALL, "tree search, small", SERIES[2], "-"),
        ("verified", SMALL, "best of N, small verified by shared", SERIES[2], ":"),
        ("mpv", SMALL, "small and shared in one tree", SERIES[3], ""),
    ]
    boards = sorted(points["boardsize"].unique().tolist())
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 3.9))
        panels = figure.subplots(1, len(boards), squeeze=False)[0]
        for axes, size in zip(panels, boards, strict=True):
            here = points[points["boardsize"] == size]
            for family, kind, _, colour, style in shown:
                own = here[(here["family"] == family) & (here["kind"] == kind)].sort_values("flops")
                rates = 100 * own["rate"].where(own["rate"] >= _LEAST)
                marker = {"-": "o", ":": "s", "": "D"}[style]
                axes.plot(
                    own["flops"], rates, ls=style or "none", marker=marker, ms=3.2, color=colour,
                    lw=1.3,
                )  # fmt: skip
            axes.set_xscale("log")
            log_axis(axes.xaxis)
            _percents(axes)
            axes.set_title(f"{size}×{size}")
        panels[0].set_ylabel(BLUNDERS_LABEL)
        figure.supxlabel("FLOPs a move", fontsize=10, color=INK)
        handles = [
            Line2D([], [], color=colour, ls=style or "none", lw=1.3, ms=3.2, label=label,
                   marker={"-": "o", ":": "s", "": "D"}[style])
            for _, _, label, colour, style in shown
        ]  # fmt: skip
        figure.legend(handles=handles, loc="outside upper left", ncols=3, fontsize=8)
    return figure


def _split(points: pd.DataFrame) -> list[str]:
    """Kinds of two trunks, their ratios rising."""
    own = points[~points["kind"].isin([SHARED, SMALL])]
    return own.sort_values("ratio")["kind"].drop_duplicates().tolist()


def _powers(axes: Axes, nodes: Sequence[float]) -> None:
    """Every second power of two."""
    axes.xaxis.set_major_locator(FixedLocator([n for n in nodes if n in (1, 4, 16, 64, 256)]))
    axes.xaxis.set_major_formatter(lambda n, _: number(n))
    axes.xaxis.set_minor_locator(NullLocator())


def _percents(axes: Axes) -> None:
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(lambda percent, _: f"{percent:g}")
    axes.yaxis.set_minor_locator(NullLocator())
