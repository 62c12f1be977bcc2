"""How far runs that differ in nothing but their seed lie apart: in Elo, and in fitted laws."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.laws.law import DERIVED, Law, fit_law
from analysis.ratings.rated import Rated
from analysis.ratings.splits import Halves
from games.errors import InputError


def elo_spread(rated: Rated) -> pd.DataFrame:
    """Standard deviation over seeds at equal compute, for each network.

    Args:
        rated: snapshots with their network, recipe, seed and index, as in a `Study`. Runs of one
            network and recipe take their snapshots at the same compute.

    Returns:
        Columns recipe, boardsize, network, parameters, seeds, last (sd of the last snapshots'
        Elo), typical (root mean square of the sd over all snapshots), rating (the same of the
        ratings' errors alone: what the games would show if all seeds were equally strong).
    """
    keys = ["recipe", "boardsize", "network"]
    points, error = rated.points, rated.halves.report - rated.halves.report.mean(axis=0)
    kinds, rows = points[[*keys, "parameters"]].drop_duplicates(keys), []
    for kind in kinds.to_dict("records"):
        own = np.logical_and.reduce([points[key] == kind[key] for key in keys])
        runs = points[own]
        seeds = runs["seed"].nunique()
        # Of each snapshot that all seeds have: variance over seeds, and that of the errors.
        places = [
            np.flatnonzero(own & (points["index"] == index))
            for index in sorted(runs["index"].unique())
        ]
        places = [place for place in places if len(place) == seeds]
        if seeds < 2 or not places:
            continue
        elo = points["elo"].to_numpy(float)
        found = [np.var(elo[place], ddof=1) for place in places]
        noise = [np.var(error[:, place], axis=1, ddof=1).mean() for place in places]
        rows.append(
            {
                **kind,
                "seeds": seeds,
                "last": float(np.sqrt(found[-1])),
                "typical": float(np.sqrt(np.mean(found))),
                "rating": float(np.sqrt(np.mean(noise))),
            }
        )
    columns = [*keys, "parameters", "seeds", "last", "typical", "rating"]
    frame = pd.DataFrame(rows, columns=pd.Index(columns))
    return frame.sort_values(["recipe", "boardsize", "parameters"], ignore_index=True)


def laws_by_seed(points: pd.DataFrame, axis: str, halves: Halves | None = None) -> pd.DataFrame:
    """The law refitted to the runs of each seed alone: one row a seed, a column a coefficient.

    Seeds whose runs lie on fewer than two boards are left out; fewer than two rows say nothing.
    """
    rows = []
    for seed in sorted(points["seed"].unique().tolist()):
        own = (points["seed"] == seed).to_numpy()
        try:
            fit = fit_law(
                points[own], axis, None if halves is None else halves.of(own), resamples=0
            )
        except InputError:
            continue
        rows.append({"seed": seed} | {n: getattr(fit.law, n) for n in (*Law._fields, *DERIVED)})
    return pd.DataFrame(rows, columns=["seed", *Law._fields, *DERIVED])
