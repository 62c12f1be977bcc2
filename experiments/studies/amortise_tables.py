"""The tables and the answer of the study of amortisation, from rows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from analysis.figures.wording import compute, interval, listed, number
from analysis.report.exhibits.base import Cell, Table, board
from analysis.studies.amortise import COMPARISONS, REFERENCE

REPLAY_RATIO = 8.0
"""Of the recipe; runs whose learner's share is held have another."""
AGO = (1 / 8, 1 / 4, 1 / 2)
"""Shares of the way at which older networks are looked at."""


def _groups(rows: pd.DataFrame, *columns: str) -> Iterator[tuple[Any, pd.DataFrame]]:
    yield from rows.groupby(list(columns), sort=False)


def amortise_retention_table(kept: pd.DataFrame, comparison: str, played: Sequence[int]) -> Table:
    """What every arm keeps, at the end of a comparison."""
    own = kept[kept["comparison"] == comparison].sort_values(["boardsize", "rule", "nodes"])
    lines: list[list[Cell | str]] = []
    for (size, rule, nodes), arm in _groups(own, "boardsize", "rule", "nodes"):
        by = arm.set_index("played")
        cells: list[Cell | str] = [f"{board(size)}, {rule}", number(nodes)]
        cells += [number(100 * by["rate"][n], 2) for n in (1, *played)]
        cells += [
            Cell("–")
            if math.isnan(by["retention"][n])
            else Cell(number(by["retention"][n], 2), interval(by["low"][n], by["high"][n], 2))
            for n in played
        ]
        lines.append([*cells, number(by["policy_kl"][played[0]], 2)])
    head = [
        "board, rule", "nodes in training", "raw, %", *(f"{n} nodes, %" for n in played),
        *(f"retained of {n}" for n in played), f"KL of {played[0]}, nats",
    ]  # fmt: skip
    return Table(
        f"At {COMPARISONS[comparison]}: won positions thrown away, retention, and the divergence "
        "from the search’s policy to the raw one at the end of the run.", head, lines,
    )  # fmt: skip


def amortise_claims_table(
    kept: pd.DataFrame, older: pd.DataFrame, every: pd.DataFrame, searched: int
) -> Table:
    """A row a claim, a column a board."""
    sizes = sorted(kept["boardsize"].unique().tolist())
    end = kept[kept["comparison"] == "flops"]

    def rate(size: int, rule: str, nodes: int, played: int) -> str:
        own = end[(end["boardsize"] == size) & (end["rule"] == rule)]
        found = own[(own["nodes"] == nodes) & (own["played"] == played)]["rate"]
        return f"{number(100 * found.iloc[0], 1)} %" if len(found) else "–"

    def retained(size: int) -> str:
        own = end[(end["boardsize"] == size) & (end["played"] == searched)]
        own = own[own["retention"].notna()].sort_values("retention")
        if not len(own):
            return "–"
        most = own.iloc[-1]
        less = int((own["high"] < 1).sum())
        return (
            f"retained {number(own['retention'].min(), 2)} to {_kept(most)}; less than all in "
            f"{less} of {len(own)} arms"
        )

    def passed(size: int) -> str:
        own = older[(older["boardsize"] == size) & (older["rule"] == "puct")]
        own = own[(own["nodes"] == min(REFERENCE, own["nodes"].max())) & (own["share"] == 1 / 2)]
        if not len(own):
            return "–"
        row = own.iloc[0]
        return (
            f"after half of the way a search needs {number(row['equivalent'])} nodes "
            f"({interval(row['low'], row['high'])}) to be as strong as the raw policy at the end"
        )

    def planned(size: int) -> str:
        own = end[(end["boardsize"] == size) & (end["rule"] == "puct") & (end["played"] == 1)]
        best = own.sort_values("rate").iloc[0]
        fewest = int(own["nodes"].min())
        return (
            f"raw policies: {number(100 * best['rate'], 1)} % by {best['nodes']} nodes in training "
            f"({rate(size, 'puct', int(best['nodes']), searched)} with search), "
            f"{rate(size, 'puct', fewest, 1)} by {fewest} "
            f"({rate(size, 'puct', fewest, searched)} with search)"
        )

    def two(size: int) -> str:
        fresh = every[(every["boardsize"] == size) & (every["samples"] == 0)]
        untrained = fresh[fresh["played"] == 1]["rate"].mean()
        rules = list(dict.fromkeys(end[end["boardsize"] == size]["rule"]))
        told = listed([f"{rate(size, rule, 2, 1)} by {rule}" for rule in rules])
        return f"{told}; fresh weights {number(100 * untrained, 1)} %"

    claims = {
        "A third of the strength stays in the search (Silver et al. 2017)": retained,
        "The apprentice passes its former expert (Anthony et al. 2017)": passed,
        "Planning helps by the targets it makes (Hamrick et al. 2021)": planned,
        "Two nodes are enough with Gumbel’s rule (Danihelka et al. 2022)": two,
    }
    lines: list[list[Cell | str]] = [
        [claim, *(told(size) for size in sizes)] for claim, told in claims.items()
    ]
    return Table(
        "Percentages are won positions thrown away.", ["", *map(board, sizes)], lines,
    )  # fmt: skip


def amortise_ranking_table(ranking: pd.DataFrame) -> Table:
    """Whether what is best without search is best with it."""
    lines: list[list[Cell | str]] = []
    for (size, comparison), own in _groups(ranking, "boardsize", "comparison"):
        by = own.set_index("played")
        told = [n for n in (8, 64, 256) if n in by.index]
        cells = [
            Cell(number(by["correlation"][n], 2), interval(by["low"][n], by["high"][n], 2))
            for n in told
        ]
        best = ", ".join(f"{by['best'][n]}" for n in (1, *told))
        lines.append([f"{board(size)}, {COMPARISONS[comparison]}", *cells, best])
    budgets = [n for n in (8, 64, 256) if n in set(ranking["played"])]
    head = ["", *(f"raw and {n} nodes" for n in budgets), "best in training for each"]
    return Table(
        "Rank correlation, over nodes in training, of strength without search and with it (PUCT); "
        "the last column has the best for the raw policy first.", head, lines,
    )  # fmt: skip


def amortise_best_table(best: pd.DataFrame) -> Table:
    """The nodes in training that are best for a compute."""
    lines: list[list[Cell | str]] = []
    for (size, rule, held, flops), own in _groups(best, "boardsize", "rule", "held", "train_flops"):
        share = "held" if held else f"replay ratio {REPLAY_RATIO:g}"
        cells: list[Cell | str] = [f"{board(size)}, {rule}", share, compute(flops)]
        for row in own.to_dict("records"):
            cells.append(Cell(number(row["best"]), interval(row["low"], row["high"])))
            cells.append(number(100 * row["rate"], 2))
        lines.append(cells)
    played = sorted(best["played"].unique())
    told = ["raw policy" if n == 1 else f"{n} nodes" for n in played]
    head = ["board, rule", "learner’s share", "FLOPs"]
    head += [text for name in told for text in (f"best for the {name}", "blunders, %")]
    return Table("Nodes in training that are best for a given compute.", head, lines)


def amortise_older_table(older: pd.DataFrame, most: int) -> Table:
    """The search that an older network needs."""

    def told(value: float) -> str:
        return f"> {number(most)}" if value > most else number(value)

    lines: list[list[Cell | str]] = []
    for (size, rule, nodes), own in _groups(older, "boardsize", "rule", "nodes"):
        by = own.set_index("share")
        cells = [
            Cell(told(by["equivalent"][share]), f"{told(by['low'][share])} to "
                 f"{told(by['high'][share])}") if share in by.index else Cell("–")
            for share in AGO
        ]  # fmt: skip
        lines.append([f"{board(size)}, {rule}", number(nodes), *cells])
    head = ["board, rule", "nodes in training", *(f"1/{1 / share:.0f} of the way" for share in AGO)]
    return Table("Equal samples; 95 % intervals.", head, lines)


def amortise_answer(kept: pd.DataFrame, best: pd.DataFrame, searched: int) -> str:
    """The answer in two sentences."""
    told = []
    own = kept[(kept["comparison"] == "flops") & (kept["rule"] == "puct")]
    own = own[own["played"] == searched]
    whole = best[(best["rule"] == "puct") & ~best["held"]]
    whole = whole[
        whole["train_flops"] == whole.groupby("boardsize")["train_flops"].transform("max")
    ]
    for (size,), of in _groups(whole, "boardsize"):
        row = of[of["played"] == 1].iloc[0]
        arm = own[(own["boardsize"] == size) & (own["nodes"] == row["best"])].iloc[0]
        counts = listed([str(n) for n in sorted(own[own["boardsize"] == size]["nodes"].unique())])
        told.append(
            f"{number(row['best'])} ({interval(row['low'], row['high'])}) of {counts} on "
            f"{board(size)}, whose raw policy retains {_kept(arm)}"
        )
    if not told:
        return "Too few runs to compare."
    return (
        f"Nodes in training that are best for the raw policy at equal compute: {listed(told)} of "
        f"all that training and a search of {searched} nodes gain together, in log-odds (95 % "
        "intervals)."
    )


def _kept(arm: pd.Series) -> str:
    return f"{number(arm['retention'], 2)} ({interval(arm['low'], arm['high'], 2)})"
