"""What the law's rates hang on: how search was tuned, and which positions were asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analysis.report.exhibits.base import Cell, Exhibit, Table, board
from analysis.report.exhibits.three_way.exchange import rate_cell
from analysis.studies.three_way_laws import BoardLaw, CubeLaws
from analysis.tables.cube import BEST, FIXED

_LEVELS = (0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01)


def check_exhibits(laws: CubeLaws) -> list[Exhibit]:
    """The rates again, with other constants and by bins of difficulty."""
    found = []
    if tuned := [own for own in laws.boards if len(own.tuned)]:
        found.append(_tuned_exhibit(tuned))
    if binned := [own for own in laws.boards if len(own.by_difficulty)]:
        found.append(
            Exhibit(
                "law_difficulty", "Law 9", "The rate of training by difficulty",
                "Decades of search that a decade of training replaces at a fixed network, by the "
                "same form fitted to each fifth of the positions, the easiest first. Blunders are "
                "those of that fifth. Strong agents hardly err on easy positions, weak ones "
                "nearly always on hard ones, so that not every bin has every strength.",
                tables=[_difficulty_table(binned)],
            )
        )  # fmt: skip
    return found


def _tuned_exhibit(boards: Sequence[BoardLaw]) -> Exhibit:
    most = max(int(own.tuned["most_nodes"].iloc[0]) for own in boards)
    return Exhibit(
        "law_tuned", "Law 8", "The rates with c_puct tuned to each number of nodes",
        f"The same form fitted twice to the same agents, of 1 to {most} nodes: all with the fixed "
        "c_puct, and each number of nodes with the best of a grid, chosen on other positions; at "
        "a fixed network, for so few nodes hardly leave a decade of the frontier.",
        tables=[_tuned_table(boards)],
    )  # fmt: skip


def _tuned_table(boards: Sequence[BoardLaw]) -> Table:
    lines: list[list[Cell | str]] = []
    for own in boards:
        for level, here in own.tuned.groupby("blunder_rate", sort=False):
            by = here.set_index("tuning").to_dict("index")
            cells = [
                rate_cell(by[tuning], "training") if tuning in by else Cell("–")
                for tuning in (FIXED, BEST)
            ]
            lines.append([f"{board(own.boardsize)}, {100 * float(str(level)):g} %", *cells])
    head = ["board, blunders", "c_puct fixed", "c_puct tuned"]
    return Table("Decades of search that a decade of training replaces.", head, lines)


def _difficulty_table(boards: Sequence[BoardLaw]) -> Table:
    lines: list[list[Cell | str]] = []
    strata = sorted({name for own in boards for name in own.by_difficulty["stratum"]})
    for own in boards:
        for level in _LEVELS:
            here = own.by_difficulty[own.by_difficulty["blunder_rate"] == level]
            by: dict[Any, Any] = here.set_index("stratum").to_dict("index")
            cells = [rate_cell(by[s], "training") if s in by else Cell("–") for s in strata]
            if by:
                lines.append([f"{board(own.boardsize)}, {100 * level:g} %", *cells])
    names = [name.removeprefix("difficulty ") for name in strata]
    return Table("By fifth of the positions, 1 the easiest.", ["board, blunders", *names], lines)
