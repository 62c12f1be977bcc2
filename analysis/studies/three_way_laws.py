"""The three-way law of each board of a cube, and all that its exhibits tell."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.figures.wording import compute
from analysis.laws.threeway.break_even import Plan, cheapest_plans, plan_grid, reach
from analysis.laws.threeway.cells import Cells, cells_of_blunders
from analysis.laws.threeway.design import check_design
from analysis.laws.threeway.fit import ThreeWayLaw, fit_law
from analysis.laws.threeway.forecasts import forecast
from analysis.laws.threeway.forms import FORMS
from analysis.laws.threeway.frontier import frontier_rates
from analysis.laws.threeway.held_out import best_form, compare_forms
from analysis.laws.threeway.iso_flop import BestSize, best_size
from analysis.laws.threeway.rates import rates_over_strength, worth_of_search
from analysis.laws.threeway.tuned import tuned_rates
from analysis.tables.cube import ALL, FIXED
from games.errors import InputError

_PLANNED = 3  # strengths of plans, even steps between what the weakest and the strongest reach
_FORECAST_MOVES = (1.0, 1e4, 1e8)
_FEWEST_SEEDS = 3  # of a board whose resamples, few as they are, tell rates by kinds of agents
_NICE = (0.5, 0.4, 0.3, 0.2, 0.15, 0.1, 0.07, 0.05, 0.03, 0.02, 0.01, 0.005, 0.002, 0.001)


@dataclasses.dataclass(frozen=True)
class BoardLaw:
    """What the cube of one board says."""

    cells: Cells
    law: ThreeWayLaw  # of the form that foretells held-out agents best
    rates: pd.DataFrame  # of `rates_over_strength`
    frontier: pd.DataFrame  # of `frontier_rates`
    by_form: pd.DataFrame  # the same by each form, columns `form` and `frontier` (no interval)
    worth: pd.DataFrame  # of `worth_of_search`
    sizes: dict[str, BestSize]  # by the search that is held fixed, in words
    plans: list[Plan]
    forecasts: pd.DataFrame
    tuned: pd.DataFrame  # of `tuned_rates`; empty with few seeds, as the next
    by_difficulty: pd.DataFrame  # of `rates_over_strength`, column `stratum`

    @property
    def boardsize(self) -> int:
        """Side of the board."""
        return self.cells.boardsize

    @property
    def seeds(self) -> int:
        """The fewest runs that a network has."""
        return _fewest_runs(self.cells)


@dataclasses.dataclass(frozen=True)
class CubeLaws:
    """What a cube says."""

    boards: list[BoardLaw]
    refused: dict[int, str]  # boards whose runs cannot tell, and why
    compared: pd.DataFrame  # of `compare_forms`


def laws_of(cube: pd.DataFrame, *, resamples: int = 100) -> CubeLaws:
    """Fit every board of a cube.

    Args:
        cube: as from `analysis.tables.cube.cube_frame`; rows with a fixed c_puct are fitted.
        resamples: of the runs.
    """
    told: list[Cells] = []
    refused: dict[int, str] = {}
    for size in sorted(set(cube["boardsize"].tolist())):
        try:
            cells = cells_of_blunders(cube, size)
            check_design(cells)
        except InputError as error:
            refused[size] = str(error)
            continue
        if len(cells) <= max(form.freedom for form in FORMS.values()):
            refused[size] = f"these runs cannot tell: {len(cells)} agents are too few"
            continue
        told.append(cells)
    compared = compare_forms(told)
    boards = [
        _board(cube, cells, best_form(compared, cells.boardsize), resamples) for cells in told
    ]
    return CubeLaws(boards, refused, compared)


def _seeds(cube: pd.DataFrame, cells: Cells) -> np.ndarray:
    """[N] the seed of each cell's run."""
    own = cube[
        (cube["boardsize"] == cells.boardsize)
        & (cube["tuning"] == FIXED)
        & (cube["stratum"] == ALL)
        & cube["samples"].gt(0)
    ]
    of_run = own.groupby("run")["seed"].first().sort_index().to_numpy(int)
    return of_run[cells.run]


def _board(cube: pd.DataFrame, cells: Cells, chosen: str, resamples: int) -> BoardLaw:
    few = resamples // 4  # will do for what is there to compare with
    laws = {
        name: fit_law(cells, name, resamples=resamples if name == chosen else few) for name in FORMS
    }
    rates = {name: rates_over_strength(law, cells) for name, law in laws.items()}
    along = {name: frontier_rates(law.whole(), cells) for name, law in laws.items()}
    law = laws[chosen]
    levels = _levels(law, cells)
    told = _fewest_runs(cells) >= _FEWEST_SEEDS
    return BoardLaw(
        cells=cells,
        law=law,
        rates=rates[chosen],
        frontier=frontier_rates(law, cells),
        by_form=pd.concat(
            [
                frame.merge(along[name][["blunder_rate", "frontier"]], how="left").assign(form=name)
                for name, frame in rates.items()
            ]
        ),
        worth=worth_of_search(law, cells, tuple(_NICE)),
        sizes=_sizes(cells, law, resamples),
        plans=[plan for level in levels for plan in cheapest_plans(law, cells, level)],
        forecasts=forecast(cells, chosen, _seeds(cube, cells), levels, _FORECAST_MOVES),
        tuned=tuned_rates(cube, cells.boardsize, chosen, few) if told else pd.DataFrame(),
        by_difficulty=(
            _by_difficulty(cube, cells.boardsize, chosen, few) if told else pd.DataFrame()
        ),
    )


def _fewest_runs(cells: Cells) -> int:
    """Of a network."""
    return int(pd.Series(cells.run).groupby(cells.network).nunique().min())


def _by_difficulty(cube: pd.DataFrame, size: int, chosen: str, resamples: int) -> pd.DataFrame:
    """The rates of each bin of positions; bins on which nobody errs have none."""
    strata = cube.loc[cube["boardsize"] == size, "stratum"].unique().tolist()
    found = []
    for stratum in sorted(stratum for stratum in strata if stratum != ALL):
        try:
            cells = cells_of_blunders(cube, size, stratum=stratum)
            law = fit_law(cells, chosen, resamples=resamples)
        except InputError:
            continue
        found.append(rates_over_strength(law, cells).assign(stratum=stratum))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()


def _levels(law: ThreeWayLaw, cells: Cells) -> tuple[float, ...]:
    """Round blunder rates within what was measured, from weak to strong."""
    weakest, strongest = reach(law, plan_grid(cells))
    inside = [level for level in _NICE if 1.2 * strongest < level < 0.8 * weakest]
    if len(inside) <= _PLANNED:
        return tuple(inside)
    return tuple(inside[round(k)] for k in np.linspace(1, len(inside) - 2, _PLANNED))


def _sizes(cells: Cells, law: ThreeWayLaw, resamples: int) -> dict[str, BestSize]:
    """At one node, a middle number and the most, and at the compute of the middle one."""
    nodes = np.round(10 ** np.unique(cells.places.nodes))
    middle = float(nodes[len(nodes) // 2])
    per_node = 10 ** float(np.median(cells.costs.per_node))
    found = {
        f"{count:.0f} node{'s' if count > 1 else ''}": best_size(
            cells, law, nodes=float(count), resamples=resamples
        )
        for count in sorted({1.0, middle, float(nodes[-1])})
    }
    move = middle * per_node
    found[f"{compute(move)} FLOPs a move"] = best_size(cells, law, move=move, resamples=resamples)
    return found


def joined(boards: Sequence[BoardLaw], name: str) -> pd.DataFrame:
    """A table of all boards, with the column boardsize first."""
    frames = [
        frame.assign(boardsize=board.boardsize)
        for board in boards
        if len(frame := getattr(board, name))
    ]
    if not frames:
        return pd.DataFrame()
    table = pd.concat(frames, ignore_index=True)
    return table[["boardsize", *table.columns.drop("boardsize")]]
