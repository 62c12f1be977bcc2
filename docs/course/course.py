"""What the three notebooks share: the table, a check that explains, and the look of the plots.

Needs numpy, pandas and matplotlib alone, so that it runs in JupyterLite too.
"""

from __future__ import annotations

import os
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

COLOURS = {3: "#56B4E9", 4: "#E69F00", 5: "#009E73", 6: "#CC79A7"}
"""By board; Okabe and Ito's, which colour-blind people can tell apart."""
STRICT = "HEXLAW_COURSE_STRICT"  # set where answers are tested: a failed check is an error

plt.rcParams.update({"figure.figsize": (7.5, 4.5), "axes.spines.right": False,
                     "axes.spines.top": False, "axes.grid": True, "grid.alpha": 0.3})  # fmt: skip


def load_agents() -> pd.DataFrame:
    """The rated agents of agents.csv, a row each; README.md explains the columns."""
    return pd.read_csv(Path(__file__).parent / "agents.csv")


def check(what: str, ok: object, hint: str) -> None:
    """Say whether an answer is right; if not, what to look at."""
    if ok is not ... and bool(ok):
        print(f"✓ {what}")
    elif os.environ.get(STRICT):
        raise AssertionError(f"{what}: {hint}")
    else:
        print(f"✗ {what}: not yet. {hint}")


def near(found: object, right: float, within: float) -> bool:
    """Whether an answer is a number close to the right one; False for a gap not yet filled."""
    try:
        return abs(float(found) - right) <= within  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
