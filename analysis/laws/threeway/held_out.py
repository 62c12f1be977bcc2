"""Which form foretells agents that it was not fitted to.

Three ways to hold agents out, each an extrapolation:

- *compute*: the last decade of training compute;
- *size*: the largest network;
- *board*: all of one board, by the law of another one moved by one constant (its mean distance).

Errors are root mean squares in natural log-odds, weighted as in a fit: strengths that counting
hardly tells hardly count. The form that is used elsewhere is the one with the
least mean square over the first two: closeness to the agents it was fitted to decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.laws.threeway.cells import Cells
from analysis.laws.threeway.fit import ThreeWayLaw, fit_law
from analysis.laws.threeway.forms import FORMS
from games.errors import InputError


def compare_forms(boards: Sequence[Cells]) -> pd.DataFrame:
    """All forms on all boards.

    Returns:
        Columns boardsize, form, freedom (parameters), fitted (error on all agents, all of them
        fitted), compute, size, board (errors on those held out; NaN where too few are left to fit
        or nothing can be held out).
    """
    whole = {(cells.boardsize, name): fit_law(cells, name) for cells in boards for name in FORMS}
    lines = []
    for cells in boards:
        late, large = _last_decade(cells), cells.network == cells.network.max()
        for name, form in FORMS.items():
            others = [other for other in boards if other.boardsize != cells.boardsize]
            lines.append(
                {
                    "boardsize": cells.boardsize, "form": name, "freedom": form.freedom,
                    "fitted": whole[cells.boardsize, name].misfit,
                    "compute": _error(cells, late, name), "size": _error(cells, large, name),
                    "board": _root_mean_square(
                        [_moved(whole[other.boardsize, name], cells) for other in others]
                    ),
                }
            )  # fmt: skip
    return pd.DataFrame(lines)


def best_form(compared: pd.DataFrame, boardsize: int) -> str:
    """The form with the least mean square error on held-out compute and size.

    Args:
        compared: as from `compare_forms`.
        boardsize: the board.
    """
    own = compared[compared["boardsize"] == boardsize]
    squares = (own[["compute", "size"]] ** 2).mean(axis=1)
    chosen = own["fitted"] if squares.isna().all() else squares
    return str(own["form"].to_numpy()[np.argmin(chosen.to_numpy(float))])


def _last_decade(cells: Cells) -> np.ndarray:
    compute = cells.costs.train_flops(cells.places)
    return compute > compute.max() - 1


def _error(cells: Cells, held_out: np.ndarray, form: str) -> float:
    kept, rest = cells.of(~held_out), cells.of(held_out)
    if not len(rest) or len(np.unique(kept.network)) < 2:
        return float("nan")
    try:
        law = fit_law(kept, form)
    except InputError:
        return float("nan")
    return _weighted_error(law.strength(rest.places)[0] - rest.strength, rest.weight)


def _moved(law: ThreeWayLaw, cells: Cells) -> float:
    """The error of another board's law, moved by one constant."""
    errors = law.strength(cells.places)[0] - cells.strength
    return _weighted_error(errors - np.average(errors, weights=cells.weight), cells.weight)


def _weighted_error(errors: np.ndarray, weight: np.ndarray) -> float:
    return float(np.sqrt(np.average(errors**2, weights=weight)))


def _root_mean_square(errors: list[float]) -> float:
    return float(np.sqrt(np.mean(np.square(errors)))) if errors else float("nan")
