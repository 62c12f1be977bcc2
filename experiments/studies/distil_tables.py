"""The tables and the answer of the study of distillation, from rows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from analysis.figures.wording import interval, listed, number
from analysis.report.exhibits.base import Cell, Table, board
from analysis.studies.distil import COSTS, SELF_PLAY, ends


def _groups(rows: pd.DataFrame, *columns: str) -> Iterator[tuple[Any, pd.DataFrame]]:
    yield from rows.groupby(list(columns), sort=False)


def _seeds(rates: pd.Series) -> Cell:
    """Mean over seeds, the least and the most."""
    return Cell(number(100 * rates.mean(), 1), interval(100 * rates.min(), 100 * rates.max(), 1))


def distil_end_table(points: pd.DataFrame) -> Table:
    """Blunders of every student and of self-play at their ends."""
    last = ends(points)
    kinds = last[last["group"].isin([SELF_PLAY, "distilled"])]
    networks = list(dict.fromkeys(kinds.sort_values("parameters")["network"]))
    lines: list[list[Cell | str]] = []
    for (size, group, teacher, count), own in _groups(
        kinds.sort_values(["boardsize", "count", "total"]), "boardsize", "group", "teacher", "count"
    ):
        told = SELF_PLAY if group == SELF_PLAY else f"{teacher}; {number(count)} labels"
        by = dict(tuple(own.groupby("network")))
        cells = [_seeds(by[name]["raw"]) if name in by else Cell("–") for name in networks]
        lines.append([f"{board(size)}, {told}", *cells])
    return Table(
        "Won positions thrown away by the raw policy at the end, %: mean, least and most of seeds.",
        ["", *networks], lines,
    )  # fmt: skip


def distil_against_table(against: pd.DataFrame) -> Table:
    """Students beside self-play of their size, by what is paid."""
    lines: list[list[Cell | str]] = []
    for row in against.sort_values(["boardsize", "parameters", "count"]).to_dict("records"):
        cells = [
            Cell("–")
            if math.isnan(row[cost])
            else Cell(
                ("≥ " if row[f"{cost}_bound"] else "") + number(row[cost], 2),
                interval(row[f"{cost}_low"], row[f"{cost}_high"], 2),
            )
            for cost in COSTS
        ]
        reuses = row["reuses"]
        shared = "never" if math.isinf(reuses) else number(math.ceil(reuses))
        told = f"{board(row['boardsize'])}, {row['network']}; {row['teacher']}"
        lines.append([told, number(row["count"]), *cells, shared])
    return Table(
        "Blunders as a multiple of those of self-play of the same size for the same FLOPs (below 1 "
        "the labels are better; ≥ where self-play was shorter and its end stands for it), by what "
        "is paid; and how many students have to share teacher and labels until each costs less "
        "than self-play to its strength.",
        ["", "labels", *COSTS.values(), "students"], lines,
    )  # fmt: skip


def distil_claims_table(against: pd.DataFrame) -> Table:
    """A row a claim, a column a board."""

    def told(own: pd.DataFrame, cost: str) -> str:
        known = own[own[cost].notna()]
        better = (known[f"{cost}_high"] < 1) & ~known[f"{cost}_bound"]
        return (
            f"of {len(known)} better for certain {int(better.sum())}, worse "
            f"{int((known[f'{cost}_low'] > 1).sum())}"
        )

    def shared(own: pd.DataFrame) -> str:
        paying = own[own["reuses"].map(math.isfinite)]["reuses"]
        if not len(paying):
            return "never"
        return f"{math.ceil(paying.min())} to {math.ceil(paying.max())} students"

    def smallest(own: pd.DataFrame) -> str:
        ends = own[own["count"] == own["count"].max()].sort_values("parameters")
        first, last = ends.iloc[0]["network"], ends.iloc[-1]["network"]
        return "; ".join(
            f"{name} {number(min(ends[ends['network'] == name]['own']), 2)}"
            for name in dict.fromkeys([first, last])
        )

    claims = {
        "Teaching pays where the teacher is there (Busbridge et al. 2025): labels and learning "
        "paid": lambda own: told(own, "taught"),
        "and not for one student where it has to be trained (same): all paid":
            lambda own: told(own, "total"),
        "or where it is shared (same)": shared,
        "A small network gains more by a teacher than by its own play (DeepSeek-AI 2025): times "
        "self-play’s blunders for the FLOPs of learning, smallest and largest student": smallest,
    }  # fmt: skip
    boards = list(_groups(against, "boardsize"))
    lines: list[list[Cell | str]] = [
        [claim, *(say(own) for _, own in boards)] for claim, say in claims.items()
    ]
    return Table(
        "Blunders against those of self-play for the same FLOPs.",
        ["", *(board(size) for (size,), _ in boards)], lines,
    )  # fmt: skip


def distil_states_table(states: pd.DataFrame) -> Table:
    """Positions of three kinds by labels of three."""
    teachers = list(dict.fromkeys(states["teacher"]))
    lines: list[list[Cell | str]] = []
    for (size, network, visited), own in _groups(states, "boardsize", "network", "states"):
        by = own.set_index("teacher")
        cells = [
            Cell(number(100 * by["raw"][name], 1),
                 interval(100 * by["low"][name], 100 * by["high"][name], 1))
            for name in teachers
        ]  # fmt: skip
        lines.append([f"{board(size)}, {network}; visited by {visited}", *cells])
    return Table("Won positions thrown away by the raw policy, %.", ["", *teachers], lines)


def distil_answer(against: pd.DataFrame) -> str:
    """The answer in three sentences."""
    told = []
    most = against.groupby("boardsize")["count"].transform("max")
    known = against[
        against["taught"].notna() & ~against["taught_bound"] & (against["count"] == most)
    ]
    for (size, network), own in _groups(known, "boardsize", "network"):
        row = own.sort_values("rate").iloc[0]
        told.append(
            f"{network} on {board(size)} {number(row['taught'], 2)} "
            f"({interval(row['taught_low'], row['taught_high'], 2)})"
        )
    if not told:
        return "No student can be set beside self-play for the same compute."
    return (
        "Where the teacher is there anyway, students of its best labels throw away so many times "
        "the won positions of self-play of their size for the same compute: "
        f"{listed(told)}. {distil_sharing(against['reuses'])}"
    )


def distil_sharing(reuses: pd.Series) -> str:
    """How many students it takes where the teacher's training counts."""
    paying = [value for value in reuses if math.isfinite(value)]
    if not paying:
        return "If its training counts, no number of students pays for it."
    return (
        f"If its training counts, {math.ceil(min(paying))} to {math.ceil(max(paying))} students "
        "have to share it and its labels."
    )
