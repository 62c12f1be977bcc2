"""What a smaller board teaches of a larger one, in tables: runs that begin with its weights against
runs that begin afresh."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.statistics.means import geometric_mean
from analysis.studies.curves import first_met, judged_snapshots
from analysis.tables.rows import LabRows
from games.text.numbers import side_by_side

AFRESH = 0
"""In the column `teacher`: of runs that begin with no other."""
MIXED = -1
"""And of runs that play smaller boards beside their own, from fresh weights."""


def begun_with(teacher: int) -> str:
    """What runs begin with, in words."""
    if teacher == MIXED:
        return "fresh, smaller boards too"
    return "fresh" if teacher == AFRESH else f"those of {side_by_side(teacher)}"


def transfer_points(rows: LabRows) -> pd.DataFrame:
    """A row a snapshot: boardsize, teacher (the board it began with, `MIXED` or `AFRESH`), seed,
    run_id, index, samples and train_flops (of the whole chain), own_flops (of its run alone), raw
    and searched (shares of won positions thrown away without and with search)."""
    snapshots = judged_snapshots(rows)
    runs = rows.runs.to_dict("records")
    boards = {run["id"]: int(run["boardsize"]) for run in runs}
    spent = {
        f"{snapshot['run_id']}#{snapshot['index']}": snapshot["train_flops"]
        for snapshot in rows.snapshots.to_dict("records")
    }
    begin = snapshots["run_id"].map({run["id"]: run["config"].get("begin", "") for run in runs})
    mixed = snapshots["run_id"].isin([run["id"] for run in runs if run["config"].get("mix")])
    snapshots["teacher"] = begin.map(
        {name: boards.get(name.partition("#")[0], AFRESH) for name in set(begin)}
    ).where(~mixed, MIXED)
    snapshots["own_flops"] = snapshots["train_flops"] - begin.map(spent).fillna(0.0)
    keys = ["boardsize", "teacher", "seed", "run_id", "index"]
    columns = ["samples", "train_flops", "own_flops", "raw", "searched"]
    return snapshots[[*keys, *columns]].sort_values(keys, ignore_index=True)


def at_once(points: pd.DataFrame) -> pd.DataFrame:
    """What is known of a board before the first step there.

    Returns:
        A row a board and teacher: boardsize, teacher, raw and searched (means over seeds), and the
        lowest and highest of each (raw_low, raw_high, searched_low, searched_high).
    """
    first = points[points["index"] == points.groupby("run_id")["index"].transform("min")]
    return _over_seeds(first)


def at_equal_compute(points: pd.DataFrame) -> pd.DataFrame:
    """How strong runs are when they have spent what all of their board have, the whole chain
    counted; between snapshots along lines in the logarithm of compute.

    Returns:
        As `at_once`, with the column train_flops.
    """
    lines = []
    trained = points[points["train_flops"] > 0].sort_values(["run_id", "index"])
    for _, board in trained.groupby("boardsize"):
        flops = board.groupby("run_id")["train_flops"].max().min()
        for _, run in board.groupby("run_id"):
            at = np.log(run["train_flops"])
            rates = {
                measure: np.interp(np.log(flops), at, run[measure])
                for measure in ("raw", "searched")
            }
            lines.append({**run.iloc[-1].to_dict(), **rates, "train_flops": flops})
    found = pd.DataFrame(lines)
    spent = found.groupby("boardsize")["train_flops"].first()
    seen = _over_seeds(found)
    return seen.assign(train_flops=seen["boardsize"].map(spent))


def _over_seeds(points: pd.DataFrame) -> pd.DataFrame:
    """Means, lowest and highest of a row a run."""
    lines = []
    for (size, teacher), own in points.groupby(["boardsize", "teacher"]):  # pyright: ignore[reportGeneralTypeIssues]
        line: dict[str, Any] = {"boardsize": size, "teacher": teacher}
        for measure in ("raw", "searched"):
            line |= {
                measure: own[measure].mean(),
                f"{measure}_low": own[measure].min(),
                f"{measure}_high": own[measure].max(),
            }
        lines.append(line)
    return pd.DataFrame(lines)


def saved(points: pd.DataFrame, measure: str) -> pd.DataFrame:
    """How many times less compute a run needs that begins with a smaller board's weights.

    Equally strong: blunders as few as every run of the board has at some time. A seed's warm run is
    compared with its own cold run; the mean of the ratios is geometric.

    Args:
        points: from `transfer_points`.
        measure: `raw` or `searched`.

    Returns:
        A row a board and teacher: boardsize, teacher, level (the blunder rate), seeds, factor, low,
        high (compute of the whole chain; 95 % by Student's t over seeds) and own_factor, own_low,
        own_high (what the teacher had cost left out, as where it is there anyway).
    """
    lines = []
    for size, board in points.groupby("boardsize"):
        curves = {
            (teacher, seed): run[run["train_flops"] > 0].sort_values("index")
            for (teacher, seed), run in board.groupby(["teacher", "seed"])  # pyright: ignore[reportGeneralTypeIssues]
        }
        level = max(curve[measure].min() for curve in curves.values())
        needed = {
            key: (
                first_met(curve, "train_flops", level, measure),
                first_met(curve[curve["own_flops"] > 0], "own_flops", level, measure),
            )
            for key, curve in curves.items()
        }
        seeds = sorted(board["seed"].unique())
        for teacher in sorted(set(board["teacher"]) - {AFRESH}):
            both = [
                [np.log(needed[AFRESH, seed][0] / cost) for cost in needed[teacher, seed]]
                for seed in seeds
                if {(AFRESH, seed), (teacher, seed)} <= set(needed)
            ]
            whole, own = (geometric_mean(np.array(logs)) for logs in zip(*both, strict=True))
            lines.append((size, teacher, level, len(both), *whole, *own))
    columns = ["boardsize", "teacher", "level", "seeds"]
    factors = ["factor", "low", "high", "own_factor", "own_low", "own_high"]
    return pd.DataFrame(lines, columns=pd.Index([*columns, *factors]))
