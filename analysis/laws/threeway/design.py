"""Whether a set of runs can tell training, size and search apart at all.

Two rules, stated before anything is fitted.

- *Design*: how much of the spread of log samples, log parameters and log nodes the other two of
  them explain. Where that is more than nine tenths (a variance inflation factor above 10; Marquardt
  1970, Technometrics 12), the two vary together, as along a frontier, and a rate between them would
  be the form's opinion. Three runs of two networks, and two searches, are the least.
- *Width*: a rate whose 95 % interval spans more than a factor of ten, or holds zero, is not told.
"""

from __future__ import annotations

import numpy as np

from analysis.laws.threeway.cells import Cells, Places
from games.errors import InputError

MOST_EXPLAINED = 0.9
WIDEST = 10.0
_FEWEST_RUNS = 3


def explained(cells: Cells) -> Places:
    """The share of each axis's variance that a plane through the other two explains; 1 for an axis
    that does not vary."""
    logs = np.stack(cells.places)
    about = logs - logs.mean(axis=1, keepdims=True)
    shares = []
    for axis in range(len(about)):
        others = np.delete(about, axis, axis=0).T
        left = about[axis] - others @ np.linalg.lstsq(others, about[axis])[0]
        total = float((about[axis] ** 2).sum())
        shares.append(1 - float((left**2).sum()) / total if total > 0 else 1.0)
    return Places(*map(np.asarray, shares))


def check_design(cells: Cells) -> None:
    """Nothing, if these runs can tell.

    Raises:
        InputError: saying which axis the others explain, or what there is too little of.
    """
    runs, networks = len(np.unique(cells.run)), len(np.unique(cells.network))
    searches = len(np.unique(cells.places.nodes))
    if runs < _FEWEST_RUNS or networks < 2 or searches < 2:
        raise InputError(
            f"these runs cannot tell: {runs} runs of {networks} networks with {searches} numbers "
            f"of nodes; {_FEWEST_RUNS} runs of 2 networks with 2 searches are the least"
        )
    for name, share in explained(cells)._asdict().items():
        if share > MOST_EXPLAINED:
            others = " and ".join(other for other in Places._fields if other != name)
            raise InputError(
                f"these runs cannot tell: {others} explain {100 * share:.0f} % of how {name} vary "
                f"(at most {100 * MOST_EXPLAINED:.0f} %); measure networks off the frontier too"
            )


def told(value: float, low: float, high: float) -> bool:
    """Whether an estimate with that interval says anything."""
    return bool(np.isfinite([value, low, high]).all() and low > 0 and high <= WIDEST * low)
