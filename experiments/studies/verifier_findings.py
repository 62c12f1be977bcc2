"""What the study of verifiers and policies has found: figures, tables and the sentences beside
them, from what `experiments.studies.verifier` measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from analysis.figures.wording import interval, listed, number
from analysis.report.exhibits.base import Cell, Exhibit, Table, board, cell
from analysis.report.study_page import Findings
from analysis.studies.verifier import (
    COMMON,
    PUCT,
    SHARED,
    SMALL,
    Judged,
    best_ratios,
    drift,
    resampled,
    value_points,
    way_points,
)
from analysis.studies.verifier_figures import (
    best_by_budget,
    blunders_by_ratio,
    heads_by_ratio,
    kind_name,
    ways_by_flops,
)


def findings(
    judged: Mapping[str, Sequence[Judged]], sources: Sequence[tuple[str, str]]
) -> Findings:
    """The page.

    Args:
        judged: by arm, every kind of network on every board.
        sources: where they come from, what and its value.
    """
    parts = {arm: _Measured.of(own) for arm, own in judged.items()}
    exhibits = [
        exhibit
        for place, (arm, own) in enumerate(parts.items())
        for exhibit in _exhibits(arm, own, 4 * place)
    ]
    tables = {
        name: pd.concat([getattr(own, name).assign(arm=arm) for arm, own in parts.items()])
        for name in _Measured._fields
    }
    seeds = min(len(one.blunder) for own in judged.values() for one in own)
    answer = " ".join(f"{arm.capitalize()}: {_answer(own)}" for arm, own in parts.items())
    return Findings(answer, exhibits, tables, _limits(seeds, COMMON in judged), sources=sources)


class _Measured(NamedTuple):
    """The tables of one arm."""

    ways: pd.DataFrame
    values: pd.DataFrame
    best: pd.DataFrame
    drift: pd.DataFrame

    @classmethod
    def of(cls, judged: Sequence[Judged]) -> _Measured:
        drawn = resampled(judged)
        return cls(way_points(drawn), value_points(drawn), best_ratios(drawn), drift(drawn))


def _exhibits(arm: str, found: _Measured, before: int) -> list[Exhibit]:
    """The exhibits of one arm, with so many `before` them."""
    points, values, best, power = found
    ratios = [float(kind) for kind in points["kind"].unique() if kind not in (SHARED, SMALL)]
    key = arm.split()[0]
    return [
        Exhibit(
            f"heads_{key}", f"Figure {before + 1}", f"What each head does alone ({arm})",
            "At equal FLOPs of a whole evaluation, by how they are shared out. The value alone "
            "plays the move after which it likes its position best, of all.",
            figure=heads_by_ratio(points, values), tables=[_heads_table(points, values)],
        ),
        Exhibit(
            f"map_{key}", f"Figure {before + 2}", f"Tree search by ratio and budget ({arm})",
            "Won positions thrown away, in percent, means over seeds. A row costs the same all "
            "along, within some percent.",
            figure=blunders_by_ratio(points), tables=[_trees_table(points)],
        ),
        Exhibit(
            f"best_{key}", f"Figure {before + 3}", f"The best ratio by budget ({arm})",
            "The vertex of a parabola of the logarithm of the blunder rate in the logarithm of the "
            "ratio, with its 95 % interval over networks and positions; no estimate leaves the "
            "ratios measured.",
            figure=best_by_budget(best, ratios), tables=[_best_table(best, power)],
        ),
        Exhibit(
            f"ways_{key}", f"Figure {before + 4}",
            f"Best of N and two networks beside the tree, at equal FLOPs ({arm})",
            "Best of N: one evaluation of the policy, N of the value, each alone where trunks are "
            "apart. Beyond: wins thrown away more (−: fewer) than by tree search of the shared "
            "network at equal FLOPs, in points.",
            figure=ways_by_flops(points), tables=[_ways_table(points)],
        ),
    ]  # fmt: skip


def _limits(seeds: int, has_common: bool) -> list[str]:
    arms = (
        "Labels are a network's, so that what they say wrongly is learnt by all kinds."
        if has_common
        else "Each kind trained on self-play of its own, so that better targets and better use of "
        "targets are not told apart; the arm on common labels (`--set labels=100000`) was not run."
    )
    return [
        arms,
        f"{seeds} seeds a kind and one size of network a board: intervals over so few networks are "
        "wide, and where the best ratio lies for larger ones is not shown.",
        "Fully connected networks on boards of 16 and 25 cells. Best of N has few moves to draw "
        "from, and all of them are verified at N of that size.",
        "Ratios count weights and biases; the first layer, which sees the board, is a third of a "
        "trunk, and narrower trunks have more of it.",
        "Search constants (c_puct 1.25; α = 1/2 and β = 0 in trees of two networks) were not tuned "
        "for any kind.",
    ]


def _share(row: Mapping[Any, Any], digits: int = 1) -> Cell:
    low, high = 100 * row["low"], 100 * row["high"]
    return Cell(number(100 * row["rate"], digits), interval(low, high, digits))


def _beyond(row: Mapping[Any, Any], digits: int = 1) -> Cell:
    is_base = row["kind"] == SHARED and row.get("family", PUCT) == PUCT
    if is_base or np.isnan(row["beyond"]):
        return Cell("–")
    low, high = 100 * row["beyond_low"], 100 * row["beyond_high"]
    return Cell(number(100 * row["beyond"], digits), interval(low, high, digits))


def _heads_table(points: pd.DataFrame, values: pd.DataFrame) -> Table:
    heads = {
        (row["boardsize"], row["kind"], row["family"]): row for row in points.to_dict("records")
    }
    lines: list[list[Cell | str]] = []
    for row in values.to_dict("records"):
        size, kind = row["boardsize"], row["kind"]
        sign = {**row, "rate": row["wrong"]}
        alone = [heads[size, kind, family] for family in ("policy", "value")]
        lines.append(
            [
                f"{board(size)}, {kind_name(kind)}", str(row["network"]), number(row["ratio"], 2),
                *map(_share, alone), _share(sign), _beyond(row),
            ]
        )  # fmt: skip
    head = [
        "board, wanted", "network", "ratio", "policy alone, %", "value alone, %",
        "wrong sign, %", "beyond the shared, points",
    ]  # fmt: skip
    return Table("Each head alone; 95 % intervals over networks and positions.", head, lines)


def _trees_table(points: pd.DataFrame) -> Table:
    trees = points[(points["family"] == PUCT) & (points["kind"] != SMALL)]
    budgets = [n for n in trees["nodes"].drop_duplicates() if n in (1, 4, 16, 64, 256)]
    lines: list[list[Cell | str]] = []
    for _, own in trees[trees["kind"] != SHARED].groupby(["boardsize", "kind"], sort=False):
        rows = [row for row in own.to_dict("records") if row["nodes"] in budgets]
        name = f"{board(rows[0]['boardsize'])}, {kind_name(rows[0]['kind'])}"
        lines.append([name, *(_beyond(row, 2) for row in rows)])
    head = ["board, ratio", *(f"{number(n)} nodes" for n in budgets)]
    return Table("Beyond the shared trunk at equal FLOPs, points.", head, lines)


def _best_table(best: pd.DataFrame, power: pd.DataFrame) -> Table:
    lines: list[list[Cell | str]] = []
    for grows in power.to_dict("records"):
        own = best[best["boardsize"] == grows["boardsize"]]
        for place, row in enumerate(own.to_dict("records")):
            told = cell(grows["power"], (grows["low"], grows["high"]), 2) if place == 0 else ""
            lines.append(
                [
                    f"{board(row['boardsize'])}, {number(row['nodes'])} nodes",
                    cell(row["ratio"], (row["low"], row["high"]), 2),
                    cell(row["gain"], (row["gain_low"], row["gain_high"]), 2),
                    told,
                ]
            )
    head = ["board, budget", "best ratio", "blunders at ratio 1 over those", "power of the budget"]
    return Table("The best ratio, and by what power of the budget it grows.", head, lines)


def _ways_table(points: pd.DataFrame) -> Table:
    named = {
        "best-of-n": "best of N", "verified": "best of N, verified by shared", "value": "value",
        "mpv": "two networks in one tree",
    }  # fmt: skip
    rows = points[points["family"].isin(list(named))]
    lines: list[list[Cell | str]] = [
        [
            f"{board(row['boardsize'])}, {kind_name(row['kind'])}: {named[row['family']]}, "
            f"{number(row['nodes'])} evaluations",
            number(row["flops"]), number(row["calls"]), _share(row), _beyond(row),
        ]
        for row in rows.to_dict("records")
    ]  # fmt: skip
    head = ["board, network: way", "FLOPs a move", "calls in a row", "thrown away, %", "beyond"]
    return Table("Ways beside the tree.", head, lines)


def _answer(found: _Measured) -> str:
    points = found.ways[~found.ways["kind"].isin([SHARED, SMALL])]
    trees = points[points["family"] == PUCT]
    better, worse = trees[trees["beyond_high"] < 0], trees[trees["beyond_low"] > 0]
    told = []
    for row in found.drift.to_dict("records"):
        best = found.best[found.best["boardsize"] == row["boardsize"]].to_dict("records")
        first, last = best[0], best[-1]
        told.append(
            f"{_ratio(first)} without search and {_ratio(last)} with {number(last['nodes'])} nodes "
            f"on {board(row['boardsize'])} (nodes to the power {number(row['power'], 2)}, "
            f"{interval(row['low'], row['high'], 2)})"
        )
    others = found.ways[found.ways["family"].isin(["best-of-n", "verified", "mpv"])]
    lost = [
        f"{len(own[own['beyond_low'] > 0])} of {len(own)} settings of {name}"
        for name, families in (
            ("best of N", ("best-of-n", "verified")), ("two networks in one tree", ("mpv",)),
        )
        if len(own := others[others["family"].isin(families) & others["beyond"].notna()])
    ]  # fmt: skip
    return (
        "Trunks of their own throw away fewer wins than a shared one of equal FLOPs for certain at "
        f"{len(better)} of {len(trees)} ratios and budgets, more at {len(worse)}. Where trunks are "
        f"apart, the best ratio of value to policy is {listed(told)}. Against tree search of the "
        f"shared network at equal FLOPs, {listed(lost)} throw away more wins for certain."
    )


def _ratio(row: Mapping[Any, Any]) -> str:
    return f"{number(row['ratio'], 2)} ({interval(row['low'], row['high'], 2)})"
