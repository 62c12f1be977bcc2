"""What a blunder rate is in Elo, and whether the exchange rates are the same in either.

Any rising map from blunders to Elo leaves isoquants, and so exchange rates, as they are. What can
change them is an agent whose Elo its blunder rate does not tell: if at equal blunders those that
search stand higher, a decade of search is worth more in games than on judged positions. So

    Elo = a + b·s + q·s² + d·log₁₀ n

with s the log-odds of keeping a won position, is fitted to agents that were rated and judged; a, b
and q are the map at one node, d is what it misses.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.laws.threeway.cells import cells_of_elo, strength_of
from analysis.laws.threeway.fit import fit_law, interval_of, resampled_runs
from analysis.laws.threeway.rates import rates_over_strength
from analysis.tables.cube import ALL, FIXED
from games.errors import InputError

SHOWN = (0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01)
"""Blunder rates that the map is told at."""
_UNIT = np.log(10) / 400  # natural log-odds of a win, an Elo point
_RESAMPLES = 200


class EloMap(NamedTuple):
    """The map of one board."""

    agents: pd.DataFrame  # of `rated_agents`, with strength and the map's elo, `mapped`
    told: pd.DataFrame  # blunder_rate, elo, low, high: raw policies
    by_search: tuple[float, float, float]  # d, Elo a decade of nodes at equal blunders, 95 %
    misfit: float  # root mean square of what is left, Elo
    error: float  # that of the ratings, Elo
    rates: pd.DataFrame  # elo, training, training_low, … of the law fitted to Elo; and
    # blunder_rate, where the map has that Elo


def rated_agents(cube: pd.DataFrame, ratings: pd.DataFrame) -> pd.DataFrame:
    """Agents of a cube that were rated, of one board.

    Args:
        cube: as from `analysis.tables.cube.cube_frame`.
        ratings: columns run, snapshot, nodes, elo, error.

    Returns:
        The columns of the cube that `cells_of_elo` wants, and blunder_rate, effective, elo, error.
    """
    judged = cube[(cube["stratum"] == ALL) & (cube["tuning"] == FIXED)]
    return judged.merge(ratings, on=["run", "snapshot", "nodes"], how="inner")


def elo_map(agents: pd.DataFrame, form: str, resamples: int = 25) -> EloMap:
    """The map, with intervals that draw runs anew.

    Args:
        agents: as from `rated_agents`, of one board.
        form: of the law that is fitted to Elo.
        resamples: of the runs, for that law.

    Raises:
        InputError: if these are too few.
    """
    cells = cells_of_elo(agents)
    own = agents[agents["samples"] > 0].reset_index(drop=True)
    # Half a blunder more and less, as Haldane: some of the strong have none.
    lost = own["blunder_rate"] * own["effective"]
    rate = (lost + 0.5) / (own["effective"] + 1)
    strength = strength_of(rate.to_numpy(float))
    columns = _columns(strength, np.log10(own["nodes"].to_numpy(float)))
    if len(own) <= 2 * columns.shape[1]:
        raise InputError(f"{len(own)} rated agents are too few for a map")
    elo = own["elo"].to_numpy(float)
    often = np.concatenate([np.ones((1, len(own))), resampled_runs(cells, _RESAMPLES, 0)])
    weight = often / own["error"].to_numpy(float) ** 2
    found = np.array([_least_squares(columns, elo, row) for row in weight])
    shown = [r for r in SHOWN if rate.min() <= r <= rate.max()]
    at = found @ _columns(strength_of(shown), np.zeros(len(shown))).T
    ends = np.array([interval_of(column) for column in at.T]).reshape(-1, 2)
    fitted = columns @ found[0]
    law = fit_law(cells, form, resamples=resamples)
    # Levels of the law in Elo: as blunder rates its strengths would be.
    levels = 1 / (1 + np.exp(_UNIT * at[0]))
    rates = rates_over_strength(law, cells, tuple(levels.tolist()))
    names = dict(zip(levels.tolist(), zip(shown, at[0].tolist(), strict=True), strict=True))
    return EloMap(
        own.assign(strength=strength, mapped=fitted),
        pd.DataFrame({"blunder_rate": shown, "elo": at[0], "low": ends[:, 0], "high": ends[:, 1]}),
        (float(found[0, 3]), *interval_of(found[:, 3])),
        float(np.sqrt(np.mean((elo - fitted) ** 2))),
        float(np.sqrt(np.mean(own["error"] ** 2))),
        rates.assign(
            elo=[names[level][1] for level in rates["blunder_rate"]],
            blunder_rate=[names[level][0] for level in rates["blunder_rate"]],
        ),
    )


def _columns(strength: np.ndarray, nodes: np.ndarray) -> np.ndarray:
    """[N, 4] of strengths [N] and log₁₀ nodes [N]."""
    return np.stack([np.ones_like(strength), strength, strength**2, nodes], axis=1)


def _least_squares(columns: np.ndarray, target: np.ndarray, weight: np.ndarray) -> np.ndarray:
    root = np.sqrt(weight)
    return np.linalg.lstsq(root[:, None] * columns, root * target)[0]
