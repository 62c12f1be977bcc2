"""Distillation in tables: students from labels beside students from their own games, by what has to
be paid."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.statistics.means import geometric_mean
from analysis.studies.curves import first_met
from analysis.studies.three_way import sweeps, weighted_share
from analysis.tables.rows import LabRows

SELF_PLAY = "self-play"
LEAST = 1e-3
"""Of a blunder rate in ratios: below, a board's positions tell nothing."""
COSTS = {
    "total": "teacher, labels and learning",
    "taught": "labels and learning, the teacher is there",
    "own": "learning alone, the labels are there",
}
"""Columns of what has to be paid."""


def distil_points(
    rows: LabRows, groups: Mapping[str, Sequence[tuple[str, str, int]]]
) -> pd.DataFrame:
    """A row a snapshot and group: boardsize, network, parameters, seed, run_id, index, group,
    teacher, count (of labels; 0 in self-play), total, taught and own (FLOPs, `COSTS`), raw and
    searched (shares of won positions thrown away with the fewest nodes and the most).

    Args:
        rows: the lab.
        groups: by run, the groups it belongs to, each with its teacher and number of labels.
    """
    lines = []
    for sweep in sweeps(rows):
        of = sweep.snapshot
        if of["run_id"] not in groups:
            continue
        rates = [weighted_share(events, sweep.weight[sweep.won])[0] for events in sweep.blunders]
        total = float(of["train_flops"])
        taught = total - float(of["teacher_flops"])
        line = {
            "boardsize": int(of["boardsize"]), "network": of["network"],
            "parameters": int(of["parameters"]), "seed": int(of["seed"]), "run_id": of["run_id"],
            "index": int(of["index"]), "total": total, "taught": taught,
            "own": taught - float(of["label_flops"]), "raw": rates[0], "searched": rates[-1],
        }  # fmt: skip
        lines += [
            line | {"group": group, "teacher": teacher, "count": count}
            for group, teacher, count in groups[of["run_id"]]
        ]
    keys = ["boardsize", "parameters", "group", "teacher", "count", "seed", "total", "index"]
    return pd.DataFrame(lines).sort_values(keys, ignore_index=True)


def ends(points: pd.DataFrame) -> pd.DataFrame:
    """The last snapshot of each run."""
    return points[points["index"] == points.groupby("run_id")["index"].transform("max")]


def against_self_play(points: pd.DataFrame) -> pd.DataFrame:
    """Each student at its end against self-play of its size and seed.

    Returns:
        A row a board, size, teacher and number of labels: boardsize, network, parameters, teacher,
        count, seeds, rate (raw, mean); for each of `COSTS` name, `NAME_low`, `NAME_high`: how many
        times the blunders of self-play for the same FLOPs (geometric mean over seeds, 95 % by
        Student's t; NaN where self-play was not looked at there), NAME_bound: whether self-play was
        shorter, so that its end stands for it and the ratio is at least that; and reuses: how many
        such students have to share teacher and labels until each is cheaper than self-play to its
        strength (geometric mean; infinite where its learning alone is dearer).
    """
    alone = points[(points["group"] == SELF_PLAY) & (points["total"] > 0)]
    curves = {
        key: run.sort_values("total") for key, run in _groups(alone, "boardsize", "network", "seed")
    }
    taught = ends(points[points["group"] == "distilled"])
    keys = ("boardsize", "network", "parameters", "teacher", "count")
    lines = []
    for key, own in _groups(taught, *keys):
        line: dict[str, Any] = dict(zip(keys, key, strict=True))
        line |= {"seeds": len(own), "rate": own["raw"].mean()}
        students = [
            (student, curves[student["boardsize"], student["network"], student["seed"]])
            for student in own.to_dict("records")
            if (student["boardsize"], student["network"], student["seed"]) in curves
        ]
        for cost in COSTS:
            ratios = [_ratio(student, curve, cost) for student, curve in students]
            known = np.array([ratio for ratio in ratios if not math.isnan(ratio)])
            middle = geometric_mean(known) if len(known) else (math.nan,) * 3
            line |= dict(zip((cost, f"{cost}_low", f"{cost}_high"), middle, strict=True))
            line[f"{cost}_bound"] = any(
                student[cost] > curve["total"].max() for student, curve in students
            )
        reuses = [_reuses(student, curve) for student, curve in students]
        line["reuses"] = float(np.exp(np.mean(np.log(reuses)))) if reuses else math.nan
        lines.append(line)
    return pd.DataFrame(lines)


def _ratio(student: Mapping[Any, Any], curve: pd.DataFrame, cost: str) -> float:
    """Logarithm of the student's blunders over those of self-play for the same FLOPs, or at its end
    where it was shorter."""
    where, wanted = np.log(curve["total"].to_numpy(float)), math.log(student[cost])
    if wanted < where[0]:
        return math.nan
    rates = np.log(np.maximum(curve["raw"].to_numpy(float), LEAST))
    return math.log(max(student["raw"], LEAST)) - float(np.interp(wanted, where, rates))


def _reuses(student: Mapping[Any, Any], curve: pd.DataFrame) -> float:
    """Students that have to share teacher and labels until each is cheaper than self-play.

    k with (teacher + labels) / k + own = self-play's FLOPs to the same strength; where self-play
    never gets there, its whole run stands for them, so that k is too large rather than too small.
    """
    needed = first_met(curve, "total", student["raw"])
    if math.isnan(needed):
        needed = float(curve["total"].iloc[-1])
    saved = needed - student["own"]
    return max(1.0, (student["total"] - student["own"]) / saved) if saved > 0 else math.inf


def states_and_labels(points: pd.DataFrame) -> pd.DataFrame:
    """Students of the same positions with other labels, and of other positions.

    Returns:
        A row a board, size, kind of positions and teacher: boardsize, network, states, teacher,
        raw (mean over seeds of won positions thrown away), low and high (of seeds).
    """
    own = ends(points[points["group"].str.startswith("states ")])
    lines = [
        (size, network, group.removeprefix("states "), teacher,
         of["raw"].mean(), of["raw"].min(), of["raw"].max())
        for (size, network, group, teacher), of in _groups(
            own, "boardsize", "network", "group", "teacher"
        )
    ]  # fmt: skip
    names = ["boardsize", "network", "states", "teacher", "raw", "low", "high"]
    return pd.DataFrame(lines, columns=pd.Index(names))


def _groups(rows: pd.DataFrame, *columns: str) -> Iterator[tuple[Any, pd.DataFrame]]:
    yield from rows.groupby(list(columns), sort=False)
