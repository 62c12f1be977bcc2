"""What FLOPs are in seconds, and what that changes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.figures.wording import compute, listed, number
from analysis.laws.threeway.break_even import cheapest_plans
from analysis.laws.threeway.in_seconds import cells_in_seconds
from analysis.report.exhibits.base import Cell, Exhibit, Table, board
from analysis.studies.three_way_laws import BoardLaw, CubeLaws

_MOVES = (1e3, 1e6, 1e9)


def seconds_exhibit(
    laws: CubeLaws, cube: pd.DataFrame, moves: pd.DataFrame, training: pd.DataFrame
) -> Exhibit | None:
    """Seconds beside FLOPs; none if nothing was timed.

    Args:
        laws: of the boards.
        cube: as from `analysis.tables.cube.cube_frame`, for FLOPs.
        moves: columns boardsize, network, lanes, nodes, seconds, processor.
        training: columns boardsize, network, samples, seconds: the run's ends.
    """
    timed = [own for own in laws.boards if len(moves) and own.boardsize in set(moves["boardsize"])]
    if not timed:
        return None
    flops = cube.drop_duplicates(["boardsize", "network", "nodes"])
    known = moves.merge(flops[["boardsize", "network", "nodes", "test_flops", "parameters"]])
    return Exhibit(
        "seconds", "Law 11", "Seconds instead of FLOPs",
        f"CPU seconds of a move on one core of {listed(sorted(set(moves['processor'])))} (least of "
        "several readings taken in turn, for others used the machine, too; CPU seconds of all the "
        "process’s threads; this machine tells no joules). Many games side by side cost least a "
        "move; a game by itself is what a person waits for. Training’s seconds are those that the "
        f"runs took. {_order(known)} {_efficiency(known)} At a fixed network rates of exchange "
        f"stay as they are but for long searches: {_longest(known)}. The choice of size changes.",
        tables=[_moves_table(known), _plans_table(timed, moves, training)],
    )  # fmt: skip


def _together(known: pd.DataFrame) -> pd.DataFrame:
    return known[known["lanes"] == known["lanes"].max()]


def _order(known: pd.DataFrame) -> str:
    told = []
    for size, own in _together(known).groupby("boardsize"):
        flops, seconds = (own[name].to_numpy(float) for name in ("test_flops", "seconds"))
        apart = np.subtract.outer(flops, flops) * np.subtract.outer(seconds, seconds)
        share = (apart < 0).sum() / (len(own) * (len(own) - 1))
        told.append(f"{number(100 * share)} % on {board(float(str(size)))}")
    return (
        "Of two agents picked at random, the one with fewer FLOPs a move takes more seconds in "
        f"{listed(told)} of all pairs."
    )


def _efficiency(known: pd.DataFrame) -> str:
    """FLOPs a second at the ends of the sizes."""
    own = _together(known)
    own = own[own["nodes"] == own["nodes"].max()].sort_values("parameters")
    speed = own["test_flops"] / own["seconds"]
    return (
        f"With {number(own['nodes'].max())} nodes a core does {compute(speed.iloc[0])} FLOPs of "
        f"network evaluation a second with the smallest network, {compute(speed.iloc[-1])} with "
        "the largest: small networks’ time goes into the tree, so that seconds favour larger "
        "networks than FLOPs do."
    )


def _longest(known: pd.DataFrame) -> str:
    """How much more than its share the longest search takes."""
    own = _together(known)
    most = own["nodes"].max()
    before = own.loc[own["nodes"] < most, "nodes"].max()
    seconds = own.pivot(index=["boardsize", "network"], columns="nodes", values="seconds")
    if np.isnan(before):
        return "one number of nodes was timed"
    factor = seconds[most] / seconds[before]
    return (
        f"{number(most)} nodes take {number(factor.min())} to {number(factor.max())} times the "
        f"seconds of {number(before)}, where FLOPs say {number(most / before)}"
    )


def _moves_table(known: pd.DataFrame) -> Table:
    alone = known[known["lanes"] == 1].set_index(["boardsize", "network", "nodes"])["seconds"]
    lines: list[list[Cell | str]] = []
    shown = _together(known).sort_values(["boardsize", "parameters", "nodes"])
    for line in shown.to_dict("records"):
        key = line["boardsize"], line["network"], line["nodes"]
        lines.append([
            f"{board(line['boardsize'])} {line['network']}", number(line["nodes"]),
            compute(line["test_flops"]), number(1e3 * line["seconds"], 3),
            number(1e3 * alone[key], 2) if key in alone.index else "–",
            compute(line["test_flops"] / line["seconds"]),
        ])  # fmt: skip
    lanes = number(known["lanes"].max())
    head = ["network", "nodes", "FLOPs a move", f"CPU ms a move, {lanes} games at once",
            "one game", "FLOPs a second"]  # fmt: skip
    return Table("Moves.", head, lines)


def _plans_table(boards: list[BoardLaw], moves: pd.DataFrame, training: pd.DataFrame) -> Table:
    lines: list[list[Cell | str]] = []
    for own in boards:
        size = own.boardsize
        cells = cells_in_seconds(
            own.cells, moves[moves["boardsize"] == size], training[training["boardsize"] == size]
        )
        for level in sorted({plan.blunder_rate for plan in own.plans}, reverse=True):
            for count in _MOVES:
                plans = [
                    cheapest_plans(own.law, at, level, (count,))[0] for at in (own.cells, cells)
                ]
                told = [
                    cell for plan in plans for cell in (number(plan.parameters), number(plan.nodes))
                ]
                lines.append([f"{board(size)}, {100 * level:g} %", compute(count), *told])
    head = ["board, blunders", "moves", "parameters by FLOPs", "nodes", "parameters by seconds",
            "nodes"]  # fmt: skip
    return Table("The cheapest agent of a strength, training and play together.", head, lines)
