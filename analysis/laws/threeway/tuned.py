"""What becomes of the rates where c_puct is tuned to each number of nodes.

Node curves depend on a constant that was tuned at one budget (Leela Chess Zero's issues 308 and
321), so a law of searches with one constant might tell of the constant. The same form is fitted to
the same agents twice: with the fixed constant, and with the best of a grid, chosen on other
positions.
"""

from __future__ import annotations

import pandas as pd

from analysis.laws.threeway.cells import cells_of_blunders
from analysis.laws.threeway.fit import fit_law
from analysis.laws.threeway.frontier import frontier_rates
from analysis.laws.threeway.rates import rates_over_strength
from analysis.tables.cube import ALL, BEST, FIXED

_KEY = ["run", "snapshot", "nodes"]


def tuned_rates(cube: pd.DataFrame, boardsize: int, form: str, resamples: int = 25) -> pd.DataFrame:
    """Rates with either constant, from the agents that were judged with both.

    Args:
        cube: as from `analysis.tables.cube.cube_frame`.
        boardsize: the board.
        form: the law's.
        resamples: of the runs.

    Returns:
        Columns tuning, most_nodes, agents, and those of `rates_over_strength` and `frontier_rates`;
        no rows where no search was tuned.
    """
    own = cube[(cube["boardsize"] == boardsize) & (cube["stratum"] == ALL) & (cube["samples"] > 0)]
    tuned = pd.MultiIndex.from_frame(own.loc[own["tuning"] == BEST, _KEY])
    both = own[pd.MultiIndex.from_frame(own[_KEY]).isin(tuned)]
    if both["nodes"].nunique() < 3 or both["run"].nunique() < 3:
        return pd.DataFrame()
    found = []
    for tuning in (FIXED, BEST):
        cells = cells_of_blunders(both, boardsize, tuning=tuning)
        law = fit_law(cells, form, resamples=resamples)
        rates = rates_over_strength(law, cells).merge(
            frontier_rates(law, cells), on="blunder_rate", how="left"
        )
        found.append(rates.assign(tuning=tuning, agents=len(cells)))
    return pd.concat(found, ignore_index=True).assign(most_nodes=int(both["nodes"].max()))
