"""What a three-way law is fitted to: agents by samples, parameters and nodes, with their strength.

Strength is the log-odds of keeping a won position, in natural logarithms. An agent that threw away
e of n won positions shows

    ln((n − e + ½) / (e + ½)),   variance 1/(e + ½) + 1/(n − e + ½)

(Haldane 1956; Anscombe 1956; the variance is Gart and Zweifel's, Biometrika 54, 1967). That is only
where a fit begins: halves pull the strongest agents, who throw none away, towards each other. Fits
go on with the binomial likelihood, for which `linearised` gives the counts as they are seen from a
law (Nelder and Wedderburn 1972): none of n is then no more than what it is, a small rate of unknown
size. Where positions are weighted, n is what they are worth in positions of a plain draw.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.tables.cube import ALL, FIXED
from games.errors import InputError

TRANSIENT = 0.9
"""A run counts from the first snapshot whose raw policy throws away less than this times what the
untrained network does: before that it has not begun to learn. Runs whose untrained network was not
judged count from their first snapshot on."""
_WELL_KNOWN = 0.1  # variance of strength: some ten positions thrown away
_ELO_UNIT = np.log(10) / 400  # natural log-odds of a win, an Elo point


class Places(NamedTuple):
    """Points of the three-way space, log₁₀ of each; arrays of one shape, [N] or [A, N]."""

    samples: np.ndarray
    parameters: np.ndarray
    nodes: np.ndarray


class Costs(NamedTuple):
    """What networks of one board cost: log₁₀ FLOPs over log₁₀ parameters, a line between two
    neighbours; one multiply-add is 2 FLOPs."""

    parameters: np.ndarray  # [M] rising
    per_sample: np.ndarray  # [M] training, self-play and learner, for each position of self-play
    per_node: np.ndarray  # [M] play, for each network evaluation

    def train_flops(self, places: Places) -> np.ndarray:
        """log₁₀ of the training compute; NaN outside the measured sizes."""
        return places.samples + self._between(places.parameters, self.per_sample)

    def test_flops(self, places: Places) -> np.ndarray:
        """log₁₀ of the compute of one move; NaN outside the measured sizes."""
        return places.nodes + self._between(places.parameters, self.per_node)

    def _between(self, parameters: np.ndarray, costs: np.ndarray) -> np.ndarray:
        return np.interp(parameters, self.parameters, costs, left=np.nan, right=np.nan)


@dataclasses.dataclass(frozen=True)
class Cells:
    """The agents of one board."""

    boardsize: int
    places: Places  # [N]
    strength: np.ndarray  # [N] natural log-odds
    variance: np.ndarray  # [N] of strength, by counting alone
    run: np.ndarray  # [N] int, the cluster to resample by
    network: np.ndarray  # [N] int, by rising size: the stratum to resample in
    snapshot: np.ndarray  # [N] int, index in the run
    networks: tuple[str, ...]  # their shapes, by rising size
    costs: Costs
    scatter: float  # variance of strength between runs that differ in seed alone, beyond counting
    lost: np.ndarray | None = None  # [N] e; none for a strength that is no count
    worth: np.ndarray | None = None  # [N] n

    def __len__(self) -> int:
        return len(self.strength)

    def of(self, chosen: np.ndarray) -> Cells:
        """The cells [N] bool that are chosen; networks and costs stay."""
        kept = {
            name: values[chosen]
            for name in ("strength", "variance", "run", "network", "snapshot", "lost", "worth")
            if (values := getattr(self, name)) is not None
        }
        places = Places(*(axis[chosen] for axis in self.places))
        return dataclasses.replace(self, places=places, **kept)

    def linearised(self, strength: np.ndarray) -> Cells:
        """These cells as they are seen from strengths [N] near the truth: what a binomial
        regression calls its working response, and its variance. Least squares on it, repeated
        until it changes no more, is the most likely law."""
        if self.lost is None or self.worth is None:
            return self
        rate = blunder_rate(strength)
        spread = rate * (1 - rate)
        seen = strength + (rate - self.lost / self.worth) / spread
        return dataclasses.replace(self, strength=seen, variance=1 / (self.worth * spread))

    @property
    def weight(self) -> np.ndarray:
        """[N] one over the variance of strength, by counting and between seeds: without the latter
        the agents that are known best by counting would drown all others."""
        return 1 / (self.variance + self.scatter)


def cells_of_blunders(
    cube: pd.DataFrame, boardsize: int, *, tuning: str = FIXED, stratum: str = ALL
) -> Cells:
    """The cells of one board by blunders against perfect play.

    Args:
        cube: as from `analysis.tables.cube.cube_frame`.
        boardsize: the board.
        tuning: how c_puct was chosen.
        stratum: positions, by difficulty.

    Raises:
        InputError: if there are none.
    """
    own = cube[
        (cube["boardsize"] == boardsize) & (cube["tuning"] == tuning) & (cube["stratum"] == stratum)
    ]
    own = _past_transient(own)
    worth = own["effective"].to_numpy(float)
    lost = own["blunder_rate"].to_numpy(float) * worth
    strength = np.log((worth - lost + 0.5) / (lost + 0.5))
    variance = 1 / (lost + 0.5) + 1 / (worth - lost + 0.5)
    return dataclasses.replace(_cells(own, strength, variance), lost=lost, worth=worth)


def cells_of_elo(agents: pd.DataFrame) -> Cells:
    """The cells of one board by Elo, in natural log-odds of a win (400 Elo are ln 10).

    Args:
        agents: columns boardsize, network, parameters, run, snapshot, samples, train_flops, nodes,
            test_flops, elo, error (standard error of elo).

    Raises:
        InputError: if there are none.
    """
    own = agents[agents["samples"] > 0]
    elo, error = (own[name].to_numpy(float) * _ELO_UNIT for name in ("elo", "error"))
    return _cells(own, elo, error**2)


def _past_transient(own: pd.DataFrame) -> pd.DataFrame:
    raw = own[own["nodes"] == own["nodes"].min()]
    untrained = raw[raw["samples"] == 0].groupby("run")["blunder_rate"].mean()
    limit = TRANSIENT * raw["run"].map(untrained).astype(float).fillna(np.inf)
    begun = raw[(raw["samples"] > 0) & (raw["blunder_rate"] < limit)]
    first = begun.groupby("run")["samples"].min()
    return own[(own["samples"] > 0) & (own["samples"] >= own["run"].map(first))]


def _cells(own: pd.DataFrame, strength: np.ndarray, variance: np.ndarray) -> Cells:
    if own.empty:
        raise InputError("there are no trained agents here; train and judge some first")
    sizes = own.drop_duplicates("network").sort_values("parameters")
    networks = sizes["network"].tolist()
    logs = {
        name: np.log10(own[name].to_numpy(float)) for name in ("samples", "parameters", "nodes")
    }
    per_sample = np.log10(own["train_flops"].to_numpy(float)) - logs["samples"]
    per_node = np.log10(own["test_flops"].to_numpy(float)) - logs["nodes"]
    network = own["network"].map({name: k for k, name in enumerate(networks)}).to_numpy(int)
    return Cells(
        boardsize=int(own["boardsize"].iloc[0]),
        places=Places(**logs),
        strength=strength,
        variance=variance,
        run=own.groupby("run").ngroup().to_numpy(),
        network=network,
        snapshot=own["snapshot"].to_numpy(int),
        networks=tuple(networks),
        costs=Costs(
            np.log10(sizes["parameters"].to_numpy(float)),
            *(_by_network(costs, network, len(networks)) for costs in (per_sample, per_node)),
        ),
        scatter=_scatter(own, strength, variance),
    )


def _scatter(own: pd.DataFrame, strength: np.ndarray, variance: np.ndarray) -> float:
    """Mean variance over seeds of the same network, snapshot and nodes, less what counting
    explains; of agents whose strength counting tells well. 0 with one seed."""
    known = variance < _WELL_KNOWN
    frame = own[["network", "snapshot", "nodes"]].assign(strength=strength, counting=variance)
    seeds = frame[known].groupby(["network", "snapshot", "nodes"])
    beyond = (seeds["strength"].var() - seeds["counting"].mean()).dropna()
    return max(float(beyond.mean()), 0.0) if len(beyond) else 0.0


def _by_network(values: np.ndarray, network: np.ndarray, count: int) -> np.ndarray:
    return np.bincount(network, values, count) / np.bincount(network, minlength=count)


def blunder_rate(strength: np.ndarray | float) -> np.ndarray:
    """The share of won positions that an agent of that strength throws away."""
    return 1 / (1 + np.exp(np.asarray(strength, float)))


def strength_of(rate: float | Sequence[float] | np.ndarray) -> np.ndarray:
    """The strength of an agent that throws away that share."""
    share = np.asarray(rate, float)
    return np.log((1 - share) / share)
