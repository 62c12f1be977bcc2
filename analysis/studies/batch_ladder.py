"""Tables of the batch ladder: strength against learner steps, samples and FLOPs."""

from __future__ import annotations

import pandas as pd

from analysis.tables.blunder_rates import FIXED, blunder_points
from analysis.tables.rows import LabRows


def ladder_points(rows: LabRows) -> pd.DataFrame:
    """A row a judged snapshot: boardsize, recipe, batch, seed, run_id, index, steps, samples,
    train_flops, nodes, rate (share of won positions thrown away) with blunders_low and _high."""
    points = blunder_points(rows)
    points = points[points["source"] == FIXED]
    batch = {run["id"]: run["config"]["batch_size"] for run in rows.runs.to_dict("records")}
    spent = rows.snapshots.set_index("id")["learner_samples"]
    points["batch"] = points["run_id"].map(batch)
    points["steps"] = points["snapshot_id"].map(spent) // points["batch"]
    keys = ["boardsize", "recipe", "batch", "seed", "run_id", "index"]
    columns = ["steps", "samples", "train_flops", "nodes", "rate", "blunders_low", "blunders_high"]
    return points[[*keys, *columns]].sort_values([*keys, "nodes"], ignore_index=True)


def at_the_end(points: pd.DataFrame, nodes: int) -> pd.DataFrame:
    """A row a board, recipe and batch: what its runs have spent, and their last blunder rates
    with so many nodes, mean over seeds."""
    last = points[points["index"] == points.groupby("run_id")["index"].transform("max")]
    kinds = last[last["nodes"] == nodes].groupby(["boardsize", "recipe", "batch"])
    return kinds.agg(
        runs=("run_id", "nunique"), steps=("steps", "mean"), samples=("samples", "mean"),
        rate=("rate", "mean"), lowest=("rate", "min"), highest=("rate", "max"),
    ).reset_index()  # fmt: skip
