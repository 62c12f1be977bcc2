"""The batch ladder in tables: strength against learner steps and samples, and what each batch needs
to be equally strong."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.laws.step_floor import StepFloor, fit_step_floor
from analysis.ratings.scales import rate_rows
from analysis.studies.curves import first_met, judged_snapshots
from analysis.tables.rows import LabRows
from games.errors import InputError


def ladder_points(rows: LabRows) -> pd.DataFrame:
    """A row a snapshot: boardsize, recipe, batch, seed, run_id, index, steps, samples, train_flops,
    raw and searched (shares of won positions thrown away without and with search), elo (of the
    board's league, its best snapshot 0; empty where it was not played).

    Perfect play is not zero here: as one player of the league among a hundred it has met too few
    of them to say where it stands."""
    snapshots = judged_snapshots(rows)
    batch = {run["id"]: run["config"]["batch_size"] for run in rows.runs.to_dict("records")}
    snapshots["batch"] = snapshots["run_id"].map(batch)
    snapshots["steps"] = snapshots["learner_samples"] // snapshots["batch"]
    rated = rate_rows(rows).merge(rows.agents, left_on="player", right_on="id")
    rated = rated[rated["snapshot_id"].notna()]
    elo = snapshots["id"].map(rated.set_index("snapshot_id")["elo"])
    snapshots["elo"] = elo - elo.groupby(snapshots["boardsize"]).transform("max")
    keys = ["boardsize", "recipe", "batch", "seed", "run_id", "index"]
    columns = ["steps", "samples", "train_flops", "raw", "searched", "elo"]
    return snapshots[[*keys, *columns]].sort_values(keys, ignore_index=True)


def step_floors(points: pd.DataFrame, resamples: int = 100) -> pd.DataFrame:
    """The critical batch of each board and recipe, by raw blunders and by Elo.

    Returns:
        A row a board, recipe and measure: boardsize, recipe, measure and the fields of `StepFloor`;
        none where there are too few runs.
    """
    lines: list[dict[str, Any]] = []
    for measure in ("raw", "elo"):
        known = points[points[measure].notna()]
        for _, own in known.groupby(["recipe", "boardsize"]):
            try:
                fit = fit_step_floor(own.assign(strength=own[measure]), resamples=resamples)
            except InputError:
                continue
            kind = own.iloc[0]
            lines.append(
                {
                    "boardsize": int(kind["boardsize"]),
                    "recipe": kind["recipe"],
                    "measure": measure,
                    **fit._asdict(),
                }
            )
    columns = ["boardsize", "recipe", "measure", *StepFloor._fields]
    return pd.DataFrame(lines, columns=pd.Index(columns))


def needed(points: pd.DataFrame) -> pd.DataFrame:
    """What each batch needs to be as good as the batch that got least far, by raw blunders.

    Returns:
        A row a board, recipe and batch: boardsize, recipe, level (the blunder rate), batch, runs,
        steps and samples until the mean of the runs first meets it.
    """
    lines = []
    for _, own in points[points["steps"] > 0].groupby(["recipe", "boardsize"]):
        curves = {batch: _mean_curve(of_batch) for batch, of_batch in own.groupby("batch")}
        level = max(float(curve["raw"].min()) for curve in curves.values())
        for batch, curve in curves.items():
            runs = own.loc[own["batch"] == batch, "run_id"].nunique()
            steps, samples = (first_met(curve, column, level) for column in ("steps", "samples"))
            kind = own.iloc[0]
            lines.append((kind["boardsize"], kind["recipe"], level, batch, runs, steps, samples))
    columns = ["boardsize", "recipe", "level", "batch", "runs", "steps", "samples"]
    return pd.DataFrame(lines, columns=pd.Index(columns))


def _mean_curve(runs: pd.DataFrame) -> pd.DataFrame:
    """Means over seeds, snapshot by snapshot."""
    return runs.groupby("index")[["steps", "samples", "raw"]].mean().sort_index()
