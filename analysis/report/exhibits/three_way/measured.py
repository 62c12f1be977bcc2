"""What the cube itself shows, before any law: maps, levels, node curves, coverage, difficulty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.figures.wording import interval, number
from analysis.report.exhibits.base import Cell, Exhibit, Table, board
from analysis.studies.three_way_figures import (
    blunder_maps,
    blunders_by_search,
    blunders_by_training,
    coverage_curves,
)
from analysis.tables.cube import ALL, BEST, FIXED

_SHOWN = (1, 8, 64, 512)


def cube_exhibits(
    table: pd.DataFrame, drawn: pd.DataFrame, law: pd.DataFrame, even: Mapping[int, pd.Series],
    c_puct: float,
) -> list[Exhibit]:  # fmt: skip
    """Figures and tables of a cube.

    Args:
        table: as from `analysis.studies.three_way.cube`.
        drawn: as from `analysis.studies.three_way.coverage`.
        law: as from `analysis.studies.three_way.coverage_law`.
        even: by board, as from `analysis.studies.three_way.even_coverage`.
        c_puct: the fixed constant.
    """
    whole = table[table["stratum"] == ALL]
    fixed = whole[whole["tuning"] == FIXED]
    shown = [n for n in _SHOWN if n <= fixed["nodes"].max()]
    maps = [
        Exhibit(
            f"map{size}", f"Figure {place}", f"The cube on {size}×{size}",
            "Blunder rate by training compute and nodes, a panel a width; means over seeds. "
            "Lines halve the rate.",
            figure=blunder_maps(fixed[fixed["boardsize"] == size]),
        )
        for place, size in enumerate(sorted(fixed["boardsize"].unique()), start=1)
    ]  # fmt: skip
    next_figure = len(maps) + 1
    return [
        *maps,
        Exhibit(
            "training", f"Figure {next_figure}", "Where sizes level off",
            "Blunder rate against training compute. Thin lines are runs, thick ones means.",
            figure=blunders_by_training(fixed, shown), tables=[_level_table(fixed)],
        ),
        Exhibit(
            "search", f"Figure {next_figure + 1}", "What search adds to trained networks",
            "The last snapshots by nodes, with c_puct fixed (solid) and with the best of a grid at "
            "each number of nodes, chosen on the other half of the positions (dashed).",
            figure=blunders_by_search(whole),
            tables=[_end_table(fixed, shown), _tuned_table(whole, c_puct)],
        ),
        Exhibit(
            "coverage", f"Figure {next_figure + 2}", "Coverage and selection",
            "Solid: won positions in which none of k moves drawn from the raw policy wins, exactly "
            "by its mass on winning moves: what an oracle would choose from. Dotted: what search "
            "with k nodes plays, its own value choosing. A vote among ever more draws ends at the "
            "raw policy’s likeliest move, the dotted line’s first point. Dashed: draws evenly from "
            "all legal moves, of which these boards have so few that many draws of anything hold a "
            "winning one.",
            figure=coverage_curves(drawn, fixed, even), tables=[_law_table(law)],
        ),
        Exhibit(
            "difficulty", "Table 1", "By difficulty",
            "Five bins of equal weight by the mass that all last snapshots’ raw policies put on "
            "winning moves, 1 the easiest. Last snapshots of the widest network, means over seeds.",
            tables=[_difficulty_table(table, shown)],
        ),
    ]  # fmt: skip


def last_of(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of each run's last snapshot."""
    return rows[rows["snapshot"] == rows.groupby("run")["snapshot"].transform("max")]


def groups_of(rows: pd.DataFrame, *columns: str) -> Iterator[tuple[Any, pd.DataFrame]]:
    """Values of columns, and the rows that have them."""
    yield from rows.groupby(list(columns))


def _seeds(rows: pd.DataFrame) -> Cell:
    """Mean over seeds, and the lowest and highest of them."""
    shares = 100 * rows["blunder_rate"]
    if not len(shares):
        return Cell("–")
    return Cell(number(shares.mean(), 2), interval(shares.min(), shares.max(), 2))


def _level_table(fixed: pd.DataFrame) -> Table:
    """What the last doubling or so of compute still changed."""
    lines: list[list[Cell | str]] = []
    for (size, width), own in groups_of(fixed, "boardsize", "width"):
        cells: list[Cell | str] = [board(size), number(width)]
        end = own["snapshot"].max()
        compute = own.groupby("snapshot")["train_flops"].mean()
        if end < 1:
            continue
        cells.append(number(compute[end] / compute[end - 1], 2))
        for nodes in (1, 64):
            rates = own[own["nodes"] == nodes].groupby("snapshot")["blunder_rate"].mean()
            told = end in rates.index and rates[end - 1] > 0
            cells.append(number(rates[end] / rates[end - 1], 2) if told else "–")
        lines.append(cells)
    head = ["board", "width", "compute of the last stage, times", "raw blunders, times",
            "with 64 nodes, times"]  # fmt: skip
    return Table("What the last stage of training changed; 1 has levelled off.", head, lines)


def _end_table(fixed: pd.DataFrame, shown: Sequence[int]) -> Table:
    last = last_of(fixed)
    lines: list[list[Cell | str]] = [
        [board(size), number(width), *(_seeds(own[own["nodes"] == n]) for n in shown)]
        for (size, width), own in groups_of(last, "boardsize", "width")
    ]
    head = ["board", "width", *(_nodes(n) for n in shown)]
    return Table("Won positions thrown away at the end, %: mean, least and most.", head, lines)


def _tuned_table(whole: pd.DataFrame, c_puct: float) -> Table:
    """What the best constant of each budget gains."""
    key = ["boardsize", "run", "snapshot", "nodes"]
    fixed, best = (
        whole[whole["tuning"] == tuning].set_index(key)[["blunder_rate", "c_puct"]]
        for tuning in (FIXED, BEST)
    )
    both = best.join(fixed["blunder_rate"].rename("fixed_rate"), how="inner").reset_index()
    both = both[both["nodes"] > 2]  # which play the raw policy's move whatever the constant
    lines: list[list[Cell | str]] = [
        [board(size), number(nodes), number(own["c_puct"].median(), 2),
         number(100 * own["fixed_rate"].mean(), 2), number(100 * own["blunder_rate"].mean(), 2)]
        for (size, nodes), own in groups_of(both, "boardsize", "nodes")
    ]  # fmt: skip
    head = ["board", "nodes", "median best c_puct", f"c_puct {c_puct}, %", "best, %"]
    return Table("Means over all snapshots; constants chosen on other positions.", head, lines)


def _law_table(law: pd.DataFrame) -> Table:
    lines: list[list[Cell | str]] = []
    for (size, width), own in groups_of(law, "boardsize", "width"):
        mean = own[["a", "b", "foretold"]].mean()
        lines.append([
            board(size), number(width), number(mean["a"], 3),
            Cell(number(mean["b"], 2), interval(own["b"].min(), own["b"].max(), 2)),
            number(mean["foretold"], 2),
        ])  # fmt: skip
    head = ["board", "width", "a", "b", "b foretold"]
    return Table(
        "Coverage = exp(a·k^b) of the last snapshots, and b foretold by how the mass on winning "
        "moves spreads over positions: means over seeds.", head, lines,
    )  # fmt: skip


def _difficulty_table(table: pd.DataFrame, shown: Sequence[int]) -> Table:
    binned = last_of(table[(table["tuning"] == FIXED) & (table["stratum"] != ALL)])
    widest = binned[binned["width"] == binned.groupby("boardsize")["width"].transform("max")]
    lines: list[list[Cell | str]] = [
        [board(size), stratum.removeprefix("difficulty "),
         *(_seeds(own[own["nodes"] == n]) for n in shown)]
        for (size, stratum), own in groups_of(widest, "boardsize", "stratum")
    ]  # fmt: skip
    head = ["board", "difficulty", *(_nodes(n) for n in shown)]
    return Table("Won positions thrown away, %: mean, least and most.", head, lines)


def _nodes(nodes: int) -> str:
    return "raw policy" if nodes == 1 else f"{number(nodes)} nodes"
