"""Tables of single agents: each board's strongest, and how often the strongest err."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from analysis.figures.wording import compute, number, percent
from analysis.ratings.study import Board
from analysis.report.exhibits.base import Cell, Table, board
from analysis.tables.blunder_rates import FIXED, GAMES

_TOP = 8  # agents of each board


def strongest_agents(league: Board) -> Table:
    """The best agents of a board with rating, size and compute."""
    rows = [
        [
            agent["name"],
            number(agent["elo"]),
            number(1.96 * agent["se"]),
            number(agent["parameters"]),
            number(agent["nodes"]),
            compute(agent["train_flops"]),
            number(agent["games"]),
            agent["flags"],
        ]
        for agent in league.agents.head(_TOP).to_dict("records")
    ]
    caption = (
        f"{board(league.boardsize)}: the best {len(rows)} of {len(league.agents)} agents. Zero is "
        f"{league.zero_name}; ± is the 95\u202f% interval of the difference to it."
    )
    if league.zero_is_perfect and (league.agents["elo"] > 0).any():
        caption += " Nobody is better than that: what stands above zero is the luck of the best."
    head = ["agent", "Elo", "±", "parameters", "nodes", "FLOPs", "games", "remarks"]
    return Table(caption, head, rows)


def errors(judged: Sequence[Mapping[str, Any]]) -> Table:
    """How often agents throw won positions away.

    Args:
        judged: lines from `analysis.tables.blunder_rates.strongest`.
    """
    rows = [
        [
            f"{board(line['boardsize'])}: {line['name']}",
            number(line["nodes"]),
            _rate(line[FIXED], "rate", "blunders"),
            _rate(line[GAMES], "rate", "blunders"),
            _rate(line[GAMES], "games_rate", "games"),
            _rate(line[FIXED], "values_rate", "values"),
        ]
        for line in judged
    ]
    caption = (
        "The strongest fully trained agent of each board: percent, with 95\u202f% intervals. Own "
        "games: positions from its snapshot’s league games where it was to move, intervals by "
        "resampling games."
    )
    head = ["agent", "nodes", "blunders, fixed set", "blunders, own games",
            "own games with a blunder", "value of wrong sign, fixed set"]  # fmt: skip
    return Table(caption, head, rows)


def _rate(point: Mapping[str, Any] | None, share: str, limits: str) -> Cell:
    """A share of a judged agent with its interval; a dash where there was nothing to count."""
    if point is None or math.isnan(point[share]):
        return Cell("–")
    low, high = point[f"{limits}_low"], point[f"{limits}_high"]
    return Cell(percent(point[share]), f"{percent(low)} to {percent(high)}")
