"""Writes agents.csv: the rated agents of the stored run as one flat table for the class.

`make course-data` runs it, a minute. Ratings are those of the report: boards from 4×4 on as
in its search_ratings.csv (every number of nodes on one scale), 3×3 as in its ratings.csv.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

from analysis.ratings.study import analyse
from analysis.tables.rows import read_parquet

HERE = Path(__file__).parent
TABLES = HERE.parents[1] / "reference_run" / "tables"
RECIPE = "efficient"
COLUMNS = {
    "boardsize": "boardsize",
    "run": "run",
    "width": "width",
    "depth": "depth",
    "parameters": "parameters",
    "seed": "seed",
    "index": "snapshot",
    "samples": "samples",
    "train_flops": "train_flops",
    "nodes": "nodes",
    "test_flops": "move_flops",
    "elo": "elo",
    "se": "elo_se",
    "games": "games",
}
"""Columns of the rated agents, and what agents.csv calls them; README.md explains each."""


def flat(points: pd.DataFrame) -> pd.DataFrame:
    """Rated agents, a row each, in the columns and digits of agents.csv."""
    points = points[points["recipe"] == RECIPE]
    size = points["boardsize"].astype(int).astype(str)
    points = points.assign(
        run=size + "-" + points["network"] + "-s" + points["seed"].map("{:.0f}".format)
    )
    table = points[list(COLUMNS)].rename(columns=COLUMNS)
    whole = ["boardsize", "width", "depth", "parameters", "seed", "snapshot", "samples", "nodes",
             "move_flops", "elo", "elo_se", "games"]  # fmt: skip
    table[whole] = table[whole].round().astype(int)
    table["train_flops"] = table["train_flops"].map("{:.3g}".format)
    return table.sort_values(["boardsize", "parameters", "seed", "snapshot", "nodes"])


def main() -> None:
    """Rate the stored run and write the file."""
    study = analyse(read_parquet(TABLES), splits=1)
    assert study.searchers is not None
    searched = study.searchers.points
    others = study.points[~study.points["boardsize"].isin(searched["boardsize"])]
    flat(pd.concat([others, searched])).to_csv(HERE / "agents.csv", index=False)


if __name__ == "__main__":
    sys.exit(main())
