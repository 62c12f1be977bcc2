"""Strategies and budgets at play time, drawn."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from analysis.figures import theme
from analysis.figures.theme import FAINT, INK, SERIES, themed

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
    columns = min(len(kinds), 2)
    rows = -(-len(kinds) // columns)
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 1.0 + 2.6 * rows))
        grid = figure.subplots(rows, columns, squeeze=False, sharex=True).ravel()
        for axes, (size, network) in zip(grid, kinds, strict=False):
            own = points[(points["boardsize"] == size) & (points["network"] == network)]
            for family, (colour, marker) in looks.items():
                line = own[own["family"] == family].sort_values(column)
                alone = family == "puct"
                axes.errorbar(
                    line[column], 100 * line["rate"],
                    yerr=100 * _ends(line, "rate"),
                    color=INK if alone else colour, marker=marker, ms=4 if alone else 3.5,
                    lw=1.6 if alone else 1.0, ls="-" if len(line) > 1 else "", elinewidth=0.6,
                )  # fmt: skip
            axes.set_xscale("log", base=2)
            axes.set_title(f"{size}×{size}, {network}")
        for axes in grid[len(kinds) :]:
            axes.set_visible(False)
        figure.supylabel("wins thrown away, %", fontsize=10)
        figure.supxlabel(label, fontsize=10)
        handles = [
            Line2D([], [], color=INK if f == "puct" else c, marker=m, ms=4, lw=1.2, label=f)
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
    columns = min(len(kinds), 2)
    rows = -(-len(kinds) // columns)
    named = {"predicted": "by predicted difficulty", "true": "by true difficulty"}
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 0.8 + 2.4 * rows))
        grid = figure.subplots(rows, columns, squeeze=False, sharex=True).ravel()
        for axes, (size, network) in zip(grid, kinds, strict=False):
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
            axes.set_xscale("log", base=2)
            axes.set_ylim(bottom=0)
            axes.set_title(f"{size}×{size}, {network}")
        for axes in grid[len(kinds) :]:
            axes.set_visible(False)
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
    kinds = _kinds(contests)
    families = [name for name in contests["family"].unique().tolist() if name != "puct"]
    looks = {
        name: (SERIES[place % len(SERIES)], "os^DvP"[place % 6])
        for place, name in enumerate(families)
    }
    with themed():
        figure = Figure(figsize=(theme.WIDTH, 3.6))
        panels = figure.subplots(1, len(kinds), squeeze=False, sharex=True)[0]
        for axes, (size, network) in zip(panels, kinds, strict=True):
            own = contests[(contests["boardsize"] == size) & (contests["network"] == network)]
            axes.axhline(0, color=FAINT, lw=1)
            for family in ("puct", *families):
                line = own[own["family"] == family].sort_values("calls")
                colour, marker = looks.get(family, (INK, "o"))
                axes.errorbar(
                    line["calls"], line["elo"],
                    yerr=_ends(line, "elo"),
                    color=colour, marker=marker, ms=4, lw=1.6 if family == "puct" else 1.0,
                    ls="-" if len(line) > 1 else "", elinewidth=0.7,
                )  # fmt: skip
            kata = own[own["kata"] > 0].drop_duplicates("calls").sort_values("calls")
            axes.plot(kata["calls"], -kata["kata"], color=FAINT, ls="--", lw=1.4)
            axes.set_xscale("log", base=2)
            axes.set_title(f"{size}×{size}, {network}")
        figure.supylabel("Elo", fontsize=10)
        figure.supxlabel("dependent network calls a move", fontsize=10)
        handles = [Line2D([], [], color=INK, marker="o", ms=4, lw=1.6, label="fewer, in a row")]
        handles += [
            Line2D([], [], color=colour, marker=marker, ms=4, lw=1.0, label=family)
            for family, (colour, marker) in looks.items()
        ]
        handles.append(Line2D([], [], color=FAINT, ls="--", lw=1.4, label="KataGo’s formula"))
        figure.legend(handles=handles, loc="outside upper left", ncols=4, fontsize=9)
    return figure
