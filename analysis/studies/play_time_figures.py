"""Strategies and budgets at play time, drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from analysis.figures import theme
from analysis.figures.theme import FAINT, INK, SERIES, themed
from analysis.studies.play_time import PUCT

MOST = 8.0  # multipliers are drawn up to here; an arrow stands for what lies beyond


def multipliers_by_rule(found: pd.DataFrame, oracle: str) -> Figure:
    """Multipliers of every rule: a panel a cap, a row a rule, a mark a board and network.

    Args:
        found: columns boardsize, network, cap, rule, multiplier with its interval.
        oracle: the rule that is drawn hollow.
    """
    caps = found["cap"].unique().tolist()
    rules = found["rule"].unique().tolist()[::-1]
    kinds = _kinds(found)
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 0.9 + 0.42 * len(rules)))
        panels = figure.subplots(1, len(caps), sharey=True, squeeze=False)[0]
        for axes, cap in zip(panels, caps, strict=True):
            for place, (size, network) in enumerate(kinds):
                own = found[
                    (found["cap"] == cap)
                    & (found["boardsize"] == size)
                    & (found["network"] == network)
                ]
                shift = 0.6 * (place + 0.5) / len(kinds) - 0.3
                for row in own.to_dict("records"):
                    hollow = row["rule"] == oracle
                    _mark(axes, row, rules.index(row["rule"]) - shift, SERIES[place], hollow)
            axes.axvline(1, color=FAINT, lw=1)
            axes.set_xscale("log")
            axes.set_xlim(0.2, 1.1 * MOST)
            axes.set_xticks([0.25, 0.5, 1, 2, 4, 8], labels=["¼", "½", "1", "2", "4", "8"])
            axes.minorticks_off()
            axes.set_title(f"cap {cap}")
            axes.set_xlabel("multiplier")
        panels[0].set_yticks(range(len(rules)), labels=rules)
        handles = [
            Line2D([], [], color=SERIES[place], marker="o", ms=4, lw=1.2, label=f"{s}×{s}, {n}")
            for place, (s, n) in enumerate(kinds)
        ]
        figure.legend(handles=handles, loc="outside upper left", ncols=5, fontsize=9)
    return figure


def multipliers_by_mean(pooled: pd.DataFrame, oracle: str) -> Figure:
    """Median multipliers over the mean that was aimed at: a panel a kind of cap, a colour a rule.

    Args:
        pooled: columns target, cap, rule, multiplier with its interval; as many caps a target.
        oracle: the rule that is left out, for it is beyond all others.
    """
    own = pooled[pooled["rule"] != oracle].sort_values("target", kind="stable")
    times = (own["cap"] / own["target"]).round(3)
    arms, rules = sorted(times.unique().tolist()), own["rule"].unique().tolist()
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 3.2))
        panels = figure.subplots(1, len(arms), sharey=True, squeeze=False)[0]
        for axes, arm in zip(panels, arms, strict=True):
            axes.axhline(1, color=FAINT, lw=1)
            for place, rule in enumerate(rules):
                line = own[(times == arm) & (own["rule"] == rule)]
                # Marks beside each other, so that intervals can be told apart.
                x = line["target"] * 2 ** (0.1 * (place - (len(rules) - 1) / 2))
                axes.errorbar(
                    x, line["multiplier"].clip(upper=MOST),
                    yerr=_ends(line, "multiplier").clip(max=MOST),
                    color=SERIES[place % len(SERIES)], marker="o", ms=4, lw=1, elinewidth=0.8,
                )  # fmt: skip
            axes.set_xscale("log", base=2)
            axes.set_yscale("log")
            axes.set_xticks(sorted(own["target"].unique()), labels=sorted(own["target"].unique()))
            axes.set_yticks([0.25, 0.5, 1, 2, 4], labels=["¼", "½", "1", "2", "4"])
            axes.minorticks_off()
            axes.set_title(f"cap {arm:g} times the mean")
            axes.set_xlabel("evaluations on the mean")
        panels[0].set_ylabel("multiplier")
        handles = [
            Line2D([], [], color=SERIES[place % len(SERIES)], marker="o", ms=4, lw=1, label=rule)
            for place, rule in enumerate(rules)
        ]
        figure.legend(handles=handles, loc="outside upper left", ncols=7, fontsize=9)
    return figure


def _kinds(rows: pd.DataFrame) -> list[tuple[int, str]]:
    """Boards and networks, in the order in which they come."""
    pairs = zip(rows["boardsize"].tolist(), rows["network"].tolist(), strict=True)
    return list(dict.fromkeys(pairs))


def _mark(axes: Axes, row: Mapping, y: float, colour: str, hollow: bool) -> None:
    at, low, high = (
        float(np.clip(row[name], 0.2, MOST))
        for name in ("multiplier", "multiplier_low", "multiplier_high")
    )
    axes.plot([low, high], [y, y], color=colour, lw=1.2)
    marker = ">" if row["multiplier"] > MOST else "o"
    axes.plot([at], [y], color=colour, marker=marker, ms=4, mfc="white" if hollow else colour)


def _ends(rows: pd.DataFrame, name: str) -> np.ndarray:
    """How far an interval reaches to both sides [2, rows]."""
    return np.array([rows[name] - rows[f"{name}_low"], rows[f"{name}_high"] - rows[name]])


def rates_by_cost(points: pd.DataFrame, column: str, label: str) -> Figure:
    """Wins thrown away by each strategy: a panel a board and network, a colour a family.

    Args:
        points: of one bin; columns boardsize, network, family, rate, low, high and `column`.
        column: the cost, on a logarithmic axis.
        label: of that axis.
    """
    kinds = _kinds(points)
    families = points["family"].unique().tolist()
    looks = {
        family: (SERIES[place % len(SERIES)], "os^DvPX"[place // len(SERIES) * 2 % 7])
        for place, family in enumerate(families)
    }
    with themed():
        figure, panels = _panels(kinds)
        for axes, (size, network) in panels:
            own = points[(points["boardsize"] == size) & (points["network"] == network)]
            for family, (colour, marker) in looks.items():
                line = own[own["family"] == family].sort_values(column)
                alone = family == PUCT
                axes.errorbar(
                    line[column], 100 * line["rate"],
                    yerr=100 * _ends(line, "rate"),
                    color=INK if alone else colour, marker=marker, ms=4 if alone else 3.5,
                    lw=1.6 if alone else 1.0, ls="-" if len(line) > 1 else "", elinewidth=0.6,
                )  # fmt: skip
        figure.supylabel("wins thrown away, %", fontsize=10)
        figure.supxlabel(label, fontsize=10)
        handles = [
            Line2D([], [], color=INK if f == PUCT else c, marker=m, ms=4, lw=1.2, label=f)
            for f, (c, m) in looks.items()
        ]
        figure.legend(handles=handles, loc="outside upper left", ncols=4, fontsize=9)
    return figure


def policies_by_cost(policies: pd.DataFrame) -> Figure:
    """Wins thrown away by compute-optimal policies and by the best single strategy: a panel a board
    and network.

    Args:
        policies: `play_time.draws_table` of them.
    """
    kinds = _kinds(policies)
    named = {"predicted": "by predicted difficulty", "true": "by true difficulty"}
    with themed():
        figure, panels = _panels(kinds)
        for axes, (size, network) in panels:
            own = policies[(policies["boardsize"] == size) & (policies["network"] == network)]
            for place, difficulty in enumerate(named):
                line = own[own["difficulty"] == difficulty].sort_values("evaluations")
                if not place:
                    axes.plot(line["evaluations"], 100 * line["single"], color=INK, lw=1.6)
                axes.plot(
                    line["evaluations"], 100 * line["rate"], color=SERIES[place], marker="o", ms=4
                )
                # The interval of the difference, about the single strategy's own line.
                axes.fill_between(
                    line["evaluations"], 100 * (line["single"] + line["beyond_low"]),
                    100 * (line["single"] + line["beyond_high"]),
                    color=SERIES[place], alpha=0.15, lw=0,
                )  # fmt: skip
            axes.set_ylim(bottom=0)
        figure.supylabel("wins thrown away, %", fontsize=10)
        figure.supxlabel("network evaluations a move (mean)", fontsize=10)
        handles = [Line2D([], [], color=INK, lw=1.6, label="best single strategy")]
        handles += [
            Line2D([], [], color=SERIES[place], marker="o", ms=4, label=label)
            for place, label in enumerate(named.values())
        ]
        figure.legend(handles=handles, loc="outside upper left", ncols=3, fontsize=9)
    return figure


def elo_by_calls(contests: pd.DataFrame) -> Figure:
    """Elo against one opponent over dependent calls: a panel a board and network.

    Args:
        contests: `own_games.contest_table`.
    """
    families = [name for name in contests["family"].unique().tolist() if name != PUCT]
    looks = {PUCT: (INK, "o")} | {
        name: (SERIES[place % len(SERIES)], "os^DvP"[place % 6])
        for place, name in enumerate(families)
    }
    with themed():
        figure, panels = _panels(_kinds(contests))
        for axes, (size, network) in panels:
            own = contests[(contests["boardsize"] == size) & (contests["network"] == network)]
            axes.axhline(0, color=FAINT, lw=1)
            for family, (colour, marker) in looks.items():
                line = own[own["family"] == family].sort_values("calls")
                axes.errorbar(
                    line["calls"], line["elo"], yerr=_ends(line, "elo"), color=colour,
                    marker=marker, ms=4, lw=1.6 if family == PUCT else 1.0,
                    ls="-" if len(line) > 1 else "", elinewidth=0.7,
                )  # fmt: skip
            kata = own[own["kata"] > 0].sort_values("calls")
            axes.plot(kata["calls"], -kata["kata"], color=FAINT, ls="--", lw=1.4)
        figure.supylabel("Elo", fontsize=10)
        figure.supxlabel("dependent network calls a move", fontsize=10)
        handles = [
            Line2D([], [], color=colour, marker=marker, ms=4, lw=1.2,
                   label="fewer, in a row" if family == PUCT else family)
            for family, (colour, marker) in looks.items()
        ]  # fmt: skip
        handles.append(Line2D([], [], color=FAINT, ls="--", lw=1.4, label="KataGo’s formula"))
        figure.legend(handles=handles, loc="outside upper left", ncols=4, fontsize=9)
    return figure


def elo_at_equal_cost(contests: pd.DataFrame) -> Figure:
    """Elo above PUCT of as many evaluations: a row an arm, a mark a board and network.

    Args:
        contests: `own_games.contest_table` of all arms but PUCT's.
    """
    kinds, arms = _kinds(contests), contests["text"].unique().tolist()[::-1]
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 0.9 + 0.42 * len(arms)))
        axes = figure.subplots()
        for place, (size, network) in enumerate(kinds):
            own = contests[(contests["boardsize"] == size) & (contests["network"] == network)]
            shift = 0.6 * (place + 0.5) / len(kinds) - 0.3
            axes.errorbar(
                own["beyond"], [arms.index(text) - shift for text in own["text"]],
                xerr=_ends(own, "beyond"), color=SERIES[place % len(SERIES)], marker="o", ms=4,
                ls="", elinewidth=1.2, label=f"{size}×{size}, {network}",
            )  # fmt: skip
        axes.axvline(0, color=FAINT, lw=1)
        axes.set_xlabel("Elo above PUCT with as many evaluations")
        names = [text.removeprefix("strategy=").replace(",", ", ") for text in arms]
        axes.set_yticks(range(len(arms)), labels=names)
        figure.legend(loc="outside upper left", ncols=5, fontsize=9)
    return figure


def _panels(kinds: Sequence[tuple[int, str]]) -> tuple[Figure, list[tuple[Axes, tuple[int, str]]]]:
    """A figure with a panel a board and network, two in a row, over a logarithmic cost."""
    columns = min(len(kinds), 2)
    rows = -(-len(kinds) // columns)
    figure = Figure(figsize=(theme.WIDTH, 1.0 + 2.5 * rows))
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True).ravel()
    for axes, (size, network) in zip(grid, kinds, strict=False):
        axes.set_xscale("log", base=2)
        axes.set_title(f"{size}×{size}, {network}")
    for axes in grid[len(kinds) :]:
        axes.set_visible(False)
    return figure, list(zip(grid, kinds, strict=False))


def best_map(chart: pd.DataFrame) -> Figure:
    """The crossover chart: which family is best by budget and kind of position, a panel a board
    and network; a cell tells wins thrown away.

    Args:
        chart: `play_time.best_within`.
    """
    kinds, budgets = _kinds(chart), sorted(chart["budget"].unique().tolist())
    bins = chart["bin"].unique().tolist()
    families = [PUCT, *(name for name in chart["family"].unique() if name != PUCT)]
    colours = ["#d9d9d9", *(SERIES[place % len(SERIES)] for place in range(len(families) - 1))]
    columns = min(len(kinds), 2)
    rows = -(-len(kinds) // columns)
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 0.8 + 0.33 * len(bins) * rows + 0.4 * rows))
        grid = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
        for axes, (size, network) in zip(grid, kinds, strict=False):
            own = chart[(chart["boardsize"] == size) & (chart["network"] == network)]
            for row in own.to_dict("records"):
                place = families.index(row["family"])
                x, y = budgets.index(row["budget"]), bins.index(row["bin"])
                # Full colour where the interval of the difference from PUCT excludes 0.
                certain = place == 0 or row["beyond_high"] < 0
                axes.fill_between(
                    [x - 0.5, x + 0.5], y - 0.5, y + 0.5, color=colours[place],
                    alpha=0.85 if certain else 0.35, lw=0,
                )  # fmt: skip
                axes.text(x, y, f"{100 * row['rate']:.1f}", ha="center", va="center", fontsize=8)
            axes.set_xticks(range(len(budgets)), labels=[f"{budget:g}" for budget in budgets])
            axes.set_yticks(range(len(bins)), labels=bins)
            axes.set_xlim(-0.5, len(budgets) - 0.5)
            axes.set_ylim(len(bins) - 0.5, -0.5)
            axes.tick_params(length=0)
            axes.grid(False)
            axes.set_title(f"{size}×{size}, {network}")
        for axes in grid[len(kinds) :]:
            axes.set_visible(False)
        figure.supxlabel("up to so many network evaluations a move", fontsize=10)
        handles = [
            Patch(color=colour, label=family)
            for family, colour in zip(families, colours, strict=True)
        ]
        figure.legend(handles=handles, loc="outside upper left", ncols=5, fontsize=9)
    return figure
