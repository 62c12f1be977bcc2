"""Curves of falling blunder rates: what was judged, and where a curve meets a level."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.tables.blunder_rates import FIXED, blunder_points
from analysis.tables.rows import LabRows


def judged_snapshots(rows: LabRows) -> pd.DataFrame:
    """The snapshots that were judged on their board's fixed set, with the columns raw and searched:
    shares of won positions thrown away with the fewest nodes and with the most."""
    points = blunder_points(rows)
    points = points[points["source"] == FIXED]
    rates = points.pivot_table(values="rate", index="snapshot_id", columns="nodes")
    snapshots = rows.snapshots[rows.snapshots["id"].isin(rates.index)].copy()
    snapshots["raw"] = snapshots["id"].map(rates[points["nodes"].min()])
    snapshots["searched"] = snapshots["id"].map(rates[points["nodes"].max()])
    return snapshots


def first_met(curve: pd.DataFrame, column: str, level: float, measure: str = "raw") -> float:
    """Where a curve first falls to a level, between its points along a line in the logarithm.

    Args:
        curve: a row a point, in order; `column` positive and rising.
        column: what is read off.
        level: of `measure`; a curve that never falls so far has no answer, NaN.
        measure: what falls.
    """
    at, rates = np.log(curve[column].to_numpy(float)), curve[measure].to_numpy(float)
    if not (rates <= level).any():
        return float("nan")
    first = int(np.argmax(rates <= level))
    if first == 0 or rates[first] == rates[first - 1]:
        return float(np.exp(at[first]))
    share = (rates[first - 1] - level) / (rates[first - 1] - rates[first])
    return float(np.exp(at[first - 1] + share * (at[first] - at[first - 1])))
