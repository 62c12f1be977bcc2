"""One network against itself: evaluations in a row or at once, budgets by position or uniform."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from analysis.figures.wording import interval, listed, number, percent
from analysis.report.exhibits.base import Cell, Exhibit, Table
from analysis.studies.play_time_figures import elo_by_calls


def latency_exhibits(contests: pd.DataFrame) -> list[Exhibit]:
    """Elo in own games against dependent calls; nothing if there were no games.

    Args:
        contests: `analysis.studies.own_games.contest_table`.
    """
    if not len(contests):
        return []
    opponent = str(contests["opponent"].iloc[0])
    return [
        Exhibit(
            "latency", "Figure 4", "What evaluations at once cost in games",
            f"Elo against PUCT with {opponent} in games of one network against itself, over the "
            "number of calls that wait for each other; 95 % intervals over openings and networks. "
            "The black line spends fewer evaluations, all in a row. KataGo’s estimate is for Go, "
            "for as many threads as evaluations are made at once.",
            figure=elo_by_calls(contests),
        ),
        Exhibit(
            "games", "Table 5", "The same in numbers",
            "Games won, Elo, and the Elo that KataGo’s formula gives for as many evaluations at "
            "once.",
            tables=[_table(contests)],
        ),
    ]  # fmt: skip


def _table(contests: pd.DataFrame) -> Table:
    lines: list[list[Cell | str]] = [
        [
            f"{row['boardsize']}×{row['boardsize']}, {row['network']}, {_plain(row['text'])}",
            number(row["calls"]), number(row["evaluations"], 1), *_result(row),
            number(-row["kata"]) if row["kata"] else "–",
        ]
        for row in contests.to_dict("records")
    ]  # fmt: skip
    head = [
        "board, network, strategy", "calls in a row", "evaluations a move", "won, %", "Elo",
        "KataGo, Elo",
    ]  # fmt: skip
    games = contests["games"].iloc[0]
    return Table(
        f"Against {contests['opponent'].iloc[0]}; {number(games)} games each.", head, lines
    )


def _plain(text: str) -> str:
    return text.removeprefix("strategy=").replace(",", ", ")


def _result(row: Mapping[Hashable, Any]) -> list[Cell | str]:
    return [
        Cell(percent(row["share"]), interval(100 * row["share_low"], 100 * row["share_high"], 1)),
        Cell(number(row["elo"]), interval(row["elo_low"], row["elo_high"])),
    ]


def latency_answer(contests: pd.DataFrame) -> str:
    """What leaves at once cost in Elo."""
    at_once = contests[contests["family"] == "leaf-parallel"] if len(contests) else contests
    if not len(at_once):
        return ""
    told = [
        f"{number(row['elo'])} ({interval(row['elo_low'], row['elo_high'])}) on "
        f"{row['boardsize']}×{row['boardsize']} with {number(row['calls'])} calls in a row, where "
        f"KataGo’s formula says {number(-row['kata'])}"
        for row in at_once.to_dict("records")
    ]
    return f"In own games leaves at once are worth, in Elo: {'; '.join(told)}."


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
            number(row["evaluations"], 1), number(row["opponent_evaluations"], 1), *_result(row),
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
    costs = ["its evaluations", "the other’s", "won, %", "Elo"]
    return [
        Exhibit(
            "games", label, "The same in own games",
            "One network against itself, a budget by position against a uniform one of the mean "
            "that the rule needed in other games; evaluations a move as they turned out. 95 % "
            "intervals over openings and networks.",
            tables=[
                Table("All boards and networks together.", ["rule", *costs], together),
                Table("Each.", ["board, network, rule", *costs], lines),
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
