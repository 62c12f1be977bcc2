"""Strategies at equal cost, by difficulty, and with calls in a row or at once."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.figures.wording import interval, listed, number, percent
from analysis.report.exhibits.base import Cell, Exhibit, Table
from analysis.studies.play_time import PUCT
from analysis.studies.play_time_figures import best_map, rates_by_cost


def strategy_exhibits(
    everywhere: pd.DataFrame, chart: pd.DataFrame, rows: pd.DataFrame, budget: int
) -> list[Exhibit]:
    """Rates by evaluations and by calls, the crossover chart, and calls in a row or at once.

    Args:
        everywhere: `strategy_points` of all positions.
        chart: `best_within`.
        rows: `in_a_row`.
        budget: of those rows.
    """
    plain = everywhere[everywhere["setting"] == ""]
    ways = everywhere.groupby(["boardsize", "network"]).size().max()
    return [
        Exhibit(
            "budgets", "Figure 1", "Wins thrown away by each strategy",
            "Against the mean of network evaluations a move, which at one network are FLOPs; "
            "default constants; 95 % intervals over networks and positions. PUCT’s line is the one "
            "to beat.",
            figure=rates_by_cost(plain, "evaluations", "network evaluations a move (mean)"),
        ),
        Exhibit(
            "best", "Figure 2", "Who is best by budget and difficulty",
            "The family of fewest blunders within each budget, its blunders in per cent: by how "
            "many moves win (true difficulty) and by how sure the network’s policy is (what it can "
            "know). Pale where the difference from PUCT of equal cost is not certain; Table 1 has "
            "the intervals.",
            figure=best_map(chart),
        ),
        Exhibit(
            "crossover", "Table 1", "The best strategy by budget and difficulty",
            "Of all strategies whose mean cost is within the budget, the one of fewest blunders. "
            "Below it, by how much it throws away fewer (−) or more wins than PUCT of equal cost, "
            "in points with a 95 % interval: only one that excludes 0 says something. As the best "
            f"of {ways} it looks better than it is; what is left of that on other positions is in "
            "Table 3.",
            tables=[_crossover_table(own) for _, own in chart.groupby(["boardsize", "network"])],
        ),
        Exhibit(
            "calls", "Figure 3", "The same against calls in a row",
            "Dependent calls are what no wider device makes faster.",
            figure=rates_by_cost(plain, "calls", "dependent network calls a move"),
        ),
        Exhibit(
            "parallel", "Table 2", f"{budget} evaluations in a row or at once",
            "How many of them wait for each other; wins thrown away beyond PUCT with as many in a "
            "row; and how many in a row would be as good. KataGo’s estimate is for Go, for as many "
            "threads as evaluations are made at once.",
            tables=[_parallel_table(rows[rows["setting"] == ""])],
        ),
    ]  # fmt: skip


def _crossover_table(chart: pd.DataFrame) -> Table:
    budgets = sorted(chart["budget"].unique().tolist())
    lines: list[list[Cell | str]] = []
    for name, own in chart.groupby("bin", sort=False):
        by_budget = own.set_index("budget")
        lines.append(
            [
                str(name),
                *(
                    _best(by_budget.loc[budget]) if budget in by_budget.index else "–"
                    for budget in budgets
                ),
            ]
        )
    kind = chart.iloc[0]
    head = ["positions", *(f"up to {number(budget)}" for budget in budgets)]
    return Table(f"{kind['boardsize']}×{kind['boardsize']}, {kind['network']}.", head, lines)


def _best(row: pd.Series) -> Cell:
    name = "raw policy" if row["text"] == "nodes=1" else str(row["family"])
    told = f"{name} {percent(row['rate'])} %"
    if row["family"] == PUCT:
        return Cell(told)
    return Cell(told, _points(row))


def _points(row: pd.Series) -> str:
    beyond = number(100 * row["beyond"], 1)
    return f"{beyond} ({interval(100 * row['beyond_low'], 100 * row['beyond_high'], 1)})"


def _parallel_table(rows: pd.DataFrame) -> Table:
    lines: list[list[Cell | str]] = []
    for _, row in rows.sort_values(["boardsize", "network", "calls"]).iterrows():
        low, high = 100 * row["beyond_low"], 100 * row["beyond_high"]
        worth = number(row["worth"]) if np.isfinite(row["worth"]) else "more than measured"
        lines.append(
            [
                f"{row['boardsize']}×{row['boardsize']}, {row['network']}, {row['text']}",
                number(row["calls"]),
                number(row["evaluations"], 1),
                percent(row["rate"]),
                Cell(number(100 * row["beyond"], 1), interval(low, high, 1)),
                worth,
                number(row["kata"]),
            ]
        )  # fmt: skip
    head = [
        "board, network, strategy", "calls in a row", "evaluations", "thrown away, %",
        "beyond PUCT, points", "as good as", "KataGo, Elo",
    ]  # fmt: skip
    return Table("Equal budgets.", head, lines)


def strategy_answer(points: pd.DataFrame, rows: pd.DataFrame) -> str:
    """Which strategies are told apart from PUCT, and what leaves at once cost."""
    plain = points["setting"] == ""
    others = points[plain & (points["family"] != PUCT) & (points["evaluations"] > 1.5)]
    better, worse = others[others["beyond_high"] < 0], others[others["beyond_low"] > 0]
    names = sorted({str(name) for name in better["family"]})
    said = (
        f"{len(better)} of {len(others)} strategies, budgets and networks throw away fewer wins "
        f"than PUCT of equal cost with a 95 % interval that excludes 0 ({listed(names)})"
        if names
        else "No strategy throws away fewer wins than PUCT of equal cost for certain"
    )
    at_once = rows[(rows["family"] == "leaf-parallel") & (rows["setting"] == "")]
    at_once = at_once.sort_values("calls", kind="stable")
    told = ""
    if len(at_once):
        most = at_once.iloc[-1]
        told = (
            f" With {number(most['calls'])} calls in a row instead of {number(most['nodes'])}, "
            f"leaves at once cost {number(100 * most['beyond'], 1)} points on "
            f"{most['boardsize']}×{most['boardsize']} with {most['network']} "
            f"({interval(100 * most['beyond_low'], 100 * most['beyond_high'], 1)})."
        )
    return f"{said}; {len(worse)} throw away more.{told}"
