"""One network against itself: evaluations in a row or at once, budgets by position or uniform."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.figures.wording import interval, listed, number, percent
from analysis.report.exhibits.base import Cell, Exhibit, Table
from analysis.studies.play_time import PUCT
from analysis.studies.play_time_figures import elo_at_equal_cost, elo_by_calls

IN_TREES = (PUCT, "leaf-parallel", "root-parallel")
"""What makes the evaluations of PUCT, in a row or at once."""


def latency_exhibits(contests: pd.DataFrame) -> list[Exhibit]:
    """Elo in own games against evaluations and dependent calls; nothing if there were no games.

    Args:
        contests: `analysis.studies.own_games.contest_table`.
    """
    if not len(contests):
        return []
    opponent = str(contests["opponent"].iloc[0])
    return [
        Exhibit(
            "elo", "Figure 5", "Strategies by Elo",
            "Games of one network against itself: Elo above PUCT with as many evaluations, by what "
            f"each loses against PUCT with {opponent} and what PUCT with fewer of them does; 95 % "
            "intervals over openings and networks.",
            figure=elo_at_equal_cost(contests[contests["family"] != PUCT]),
        ),
        Exhibit(
            "latency", "Figure 6", "What evaluations at once cost in games",
            f"Elo of trees against PUCT with {opponent}, over the number of calls that wait for "
            "each other: the black line spends fewer evaluations, all in a row; the others spend "
            "all, more and more of them at once. KataGo’s estimate is for Go, for as many threads "
            "as evaluations are made at once.",
            figure=elo_by_calls(contests[contests["family"].isin(IN_TREES)]),
        ),
        Exhibit(
            "games", "Table 5", "The same in numbers",
            "Games won, Elo, the Elo above that of PUCT with as many evaluations (along the black "
            "line), and the Elo that KataGo’s formula gives for as many evaluations at once.",
            tables=[_table(contests)],
        ),
    ]  # fmt: skip


def _table(contests: pd.DataFrame) -> Table:
    lines: list[list[Cell | str]] = [
        [
            f"{row['boardsize']}×{row['boardsize']}, {row['network']}, {_plain(row['text'])}",
            number(row["calls"]), number(row["evaluations"], 1), *_result(row),
            _beyond(row), number(-row["kata"]) if row["kata"] else "–",
        ]
        for row in contests.to_dict("records")
    ]  # fmt: skip
    head = [
        "board, network, strategy", "calls in a row", "evaluations a move", "won, %", "Elo",
        "beyond PUCT of equal cost, Elo", "KataGo, Elo",
    ]  # fmt: skip
    fewest, most = contests["games"].min(), contests["games"].max()
    games = number(fewest) if fewest == most else f"{number(fewest)} to {number(most)}"
    return Table(f"Against {contests['opponent'].iloc[0]}; {games} games each.", head, lines)


def _plain(text: str) -> str:
    return text.removeprefix("strategy=").replace(",", ", ")


def _result(row: Mapping[Hashable, Any]) -> list[Cell | str]:
    return [
        Cell(percent(row["share"]), interval(100 * row["share_low"], 100 * row["share_high"], 1)),
        Cell(number(row["elo"]), interval(row["elo_low"], row["elo_high"])),
    ]


def _beyond(row: Mapping[Hashable, Any]) -> Cell | str:
    if row["family"] == PUCT or not np.isfinite(row["beyond"]):
        return "–"
    return Cell(number(row["beyond"]), interval(row["beyond_low"], row["beyond_high"]))


def latency_answer(contests: pd.DataFrame) -> str:
    """Which strategies are told apart from PUCT by Elo, and what leaves at once cost."""
    if not len(contests):
        return ""
    others = contests[(contests["family"] != PUCT) & contests["beyond"].notna()]
    better, worse = others[others["beyond_low"] > 0], others[others["beyond_high"] < 0]
    said = (
        f"In own games {len(better) or 'none'} of {len(others)} strategies, boards and networks "
        f"{'is' if len(better) <= 1 else 'are'} better by Elo than PUCT of equal evaluations for "
        f"certain, {len(worse)} are worse."
    )
    at_once = contests[contests["family"] == "leaf-parallel"]
    if not len(at_once):
        return said
    told = [
        f"{number(row['elo'])} ({interval(row['elo_low'], row['elo_high'])}) on "
        f"{row['boardsize']}×{row['boardsize']}, {row['network']}, with {number(row['calls'])} "
        f"calls in a row, where KataGo’s formula says {number(-row['kata'])}"
        for row in at_once.to_dict("records")
    ]
    return f"{said} Leaves at once are worth, in Elo: {'; '.join(told)}."


def budget_game_exhibits(contests: pd.DataFrame, pooled: pd.DataFrame, label: str) -> list[Exhibit]:
    """Budgets by position against uniform ones of the same mean; nothing if there were no games.

    Args:
        contests: `contest_table`.
        pooled: `pooled_contests`.
        label: of the exhibit.
    """
    if not len(contests):
        return []
    lines: list[list[Cell | str]] = [
        [
            f"{row['boardsize']}×{row['boardsize']}, {row['network']}, {_plain(row['text'])}",
            number(row["evaluations"], 1), number(row["tail"]),
            number(row["opponent_evaluations"], 1), *_result(row),
        ]
        for row in contests.to_dict("records")
    ]  # fmt: skip
    together: list[list[Cell | str]] = [
        [
            _plain(str(row["text"])), number(row["evaluations"], 1),
            number(row["opponent_evaluations"], 1), *_result(row),
        ]
        for row in pooled.to_dict("records")
    ]  # fmt: skip
    own, other, result = "its evaluations", "the other’s", ["won, %", "Elo"]
    return [
        Exhibit(
            "games", label, "The same in own games",
            "One network against itself, a budget by position against a uniform one of the mean "
            "that the rule needed in other games; evaluations a move as they turned out, with the "
            "rule’s 95th percentile. 95 % intervals over openings and networks.",
            tables=[
                Table("All boards and networks together.", ["rule", own, other, *result], together),
                Table("Each.", ["board, network, rule", own, "95 %", other, *result], lines),
            ],
        )
    ]  # fmt: skip


def budget_game_answer(pooled: pd.DataFrame) -> str:
    """How many own games are won at equal means."""
    if not len(pooled):
        return ""
    told = listed(
        [
            f"{percent(row['share'])} % "
            f"({interval(100 * row['share_low'], 100 * row['share_high'], 1)}) by {row['text']}"
            for row in pooled.to_dict("records")
        ]
    )
    return f"Of own games at equal mean evaluations are won {told}."
