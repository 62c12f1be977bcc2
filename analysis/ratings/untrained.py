"""Where untrained networks stand on an axis of compute, so that a frontier can begin with them.

An untrained network has cost nothing, and a logarithmic axis has no place for nothing. Yet nothing
better is to be had until the learner has taken its first step: what a run has spent up to there
plays as its untrained network does. So it stands at the compute of one learner step: the run's cost
of its first trained snapshot, divided by the steps that it took to get there.

From there to the first snapshot a run is interpolated like everywhere else. Where it climbs far in
between, that line was never seen and says little about a slope: `unseen_climbs` tells how far.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.ratings.rated import Rated

_COSTS = ["samples", "seconds", "train_flops", "jones_flops"]


def with_untrained(rated: Rated, runs: pd.DataFrame, snapshots: pd.DataFrame) -> Rated:
    """The same agents, the untrained ones at the costs of their runs' first learner step.

    They stay where they are, at nothing, if their run does not say how large its batches are, has
    no trained snapshot, or has one after its first step already, which stands at that compute.

    Args:
        rated: agents, columns run_id, samples, seconds, train_flops, jones_flops.
        runs: columns id and config, of which batch_size counts.
        snapshots: columns run_id, learner_samples and the costs.
    """
    batches = {
        run: config["batch_size"]
        for run, config in zip(runs["id"], runs["config"], strict=True)
        if config and "batch_size" in config
    }
    trained = snapshots[snapshots["learner_samples"] > 0].sort_values("learner_samples")
    first = trained.groupby("run_id").first()
    steps = first["learner_samples"] / first.index.to_series().map(batches).astype(float)
    costs = first[_COSTS].div(steps, axis=0)[steps > 1]
    points = rated.points.astype(dict.fromkeys(_COSTS, float))
    moved = np.flatnonzero((points["samples"] == 0) & points["run_id"].isin(costs.index))
    points.loc[moved, _COSTS] = costs.loc[points["run_id"].iloc[moved]].to_numpy()
    return Rated(points, rated.halves)


def unseen_climbs(begun: pd.DataFrame) -> pd.DataFrame:
    """How far runs climb before their first trained snapshot.

    Args:
        begun: rated snapshots of runs that begin with their untrained network: columns run_id,
            boardsize, index and elo.

    Returns:
        By board: boardsize, runs, and means over runs of the Elo of both, `untrained` and `first`.
    """
    early = begun[begun["index"] < 2].pivot(
        index=["boardsize", "run_id"], columns="index", values="elo"
    )
    both = early.dropna().rename(columns={0: "untrained", 1: "first"})
    by_board = both.groupby("boardsize")
    return by_board.mean().assign(runs=by_board.size()).reset_index()
