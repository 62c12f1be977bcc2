"""The three-way law's costs in seconds of a processor instead of FLOPs."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

from analysis.laws.threeway.cells import Cells, Costs

_NODES = 64  # of the searches whose seconds a node are taken


def cells_in_seconds(cells: Cells, moves: pd.DataFrame, training: pd.DataFrame) -> Cells:
    """The same agents with what they cost in seconds.

    Costs of sizes that were not timed lie on a line in logarithms between their neighbours', and
    beyond the timed ones, where these end.

    Args:
        cells: of one board.
        moves: columns network, lanes, nodes, seconds (CPU, of a move), of that board; those with
            the most lanes count, at 64 nodes or the nearest number.
        training: columns network, samples, seconds: the run's ends.
    """
    together = moves[moves["lanes"] == moves["lanes"].max()]
    off = (np.log(together["nodes"]) - np.log(_NODES)).abs()
    nearest = together[off == off.min()].set_index("network")
    per_node = _over(cells, nearest["seconds"] / nearest["nodes"])
    means = training.groupby("network")[["seconds", "samples"]].sum()
    per_sample = _over(cells, means["seconds"] / means["samples"])
    return dataclasses.replace(cells, costs=Costs(cells.costs.parameters, per_sample, per_node))


def _over(cells: Cells, known: pd.Series) -> np.ndarray:
    """log₁₀ of costs by network, for all networks of the board."""
    named = [name for name in cells.networks if name in known.index]
    at = [cells.costs.parameters[cells.networks.index(name)] for name in named]
    return np.interp(cells.costs.parameters, at, np.log10(known.loc[named].to_numpy(float)))
