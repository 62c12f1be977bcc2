"""Training against search while the network stays what it is.

Across networks, search and training share the parameters: a larger one makes both dearer, which
hides what either buys alone. Within one run they do not. Per run, n nodes and S samples,

    rate = −d log n / d log S at equal Elo = (dElo / d log S) / (dElo / d log n)

is how many decades of search one decade of training replaces. It need not be one number, so it is
read off band by band of Elo (`rates_by_band`), beside one through a three-way law of the board:

    Elo = min(max(c·log₁₀ S + t·log₁₀ n + p·log₁₀ P + a, floor), 0)       rate = c/t

Search may also never catch up: `censored` counts how often.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.laws.search.forms import Form, search_forms
from analysis.statistics.bootstrap import percentile_interval
from analysis.statistics.least_squares import descend_all

_FEWEST_NODES = 3  # node counts from which a snapshot's curve is used
_BANDS = 4  # of Elo between a board's weakest and strongest swept agent
_LEAST_STEPS = 4  # of training in a band, below which nothing is said of it


class Rate(NamedTuple):
    """Decades of search that a decade of training replaces, with a bootstrap over runs."""

    value: float
    low: float
    high: float


class Censored(NamedTuple):
    """Pairs of snapshots of one run of which the earlier one, however it searches here, does not
    reach the later one's network alone."""

    pairs: int
    never: int


class FixedNetwork(NamedTuple):
    """What one board's agents say."""

    rate: Rate  # through the three-way law
    bands: pd.DataFrame  # as from `rates_by_band`
    censored: Censored
    forms: list[Form]  # of what search adds


def fit_fixed_networks(
    searchers: pd.DataFrame, *, resamples: int = 200, seed: int = 0
) -> dict[int, FixedNetwork]:
    """By board side; boards whose runs lack snapshots rated at several numbers of nodes are left
    out.

    Args:
        searchers: columns boardsize, run_id, snapshot_id, samples, parameters, nodes, elo, error
            (as `search_forms` wants it).
        resamples: of the runs; fits that are done anew with each take half of them.
        seed: of the resamples.
    """
    found = {}
    for size in np.unique(searchers["boardsize"]).tolist():
        agents = swept(searchers[searchers["boardsize"] == size])
        if agents["snapshot_id"].nunique() < 2:
            continue
        bands = rates_by_band(agents, resamples=resamples, seed=seed)
        if len(bands):
            rate = three_way(agents, resamples=resamples // 2, seed=seed)
            forms = search_forms(agents, resamples=resamples // 2, seed=seed)
            found[size] = FixedNetwork(rate, bands, censored(agents), forms)
    return found


def swept(searchers: pd.DataFrame) -> pd.DataFrame:
    """The agents of snapshots that were rated at three numbers of nodes or more.

    Args:
        searchers: columns run_id, snapshot_id, samples, parameters, nodes, elo, of one board.
    """
    counts = searchers.groupby("snapshot_id")["nodes"].transform("nunique")
    chosen = searchers[(counts >= _FEWEST_NODES) & (searchers["samples"] > 0)]
    return chosen.sort_values(["run_id", "samples", "nodes"], ignore_index=True)


def three_way(agents: pd.DataFrame, *, resamples: int = 200, seed: int = 0) -> Rate:
    """The rate of the three-way law through the agents of one board, as from `swept`."""
    logs = np.log10(agents[["samples", "nodes", "parameters"]].to_numpy(float))
    elo = agents["elo"].to_numpy(float)
    value, place = _three_way(logs, elo, None)
    rng, runs = np.random.default_rng(seed), list(agents.groupby("run_id").indices.values())
    draws = []
    for _ in range(resamples):
        drawn = np.concatenate([runs[run] for run in rng.integers(len(runs), size=len(runs))])
        draws.append(_three_way(logs[drawn], elo[drawn], place)[0])
    return Rate(value, *percentile_interval(np.array(draws), 0.95))


def rates_by_band(agents: pd.DataFrame, *, resamples: int = 200, seed: int = 0) -> pd.DataFrame:
    """The rate in bands of Elo of one board.

    A band's training slope pools the steps from one snapshot of a run to its next at equal nodes
    whose middle lies in the band, Σ ΔElo / Σ Δlog₁₀ S, and its search slope the steps from one
    number of nodes to the next of one snapshot.

    Returns:
        Columns low_elo, high_elo, training and search (Elo a decade), rate, low, high (95 %,
        bootstrap over runs), steps; bands with few steps of training are left out.
    """
    edges = np.linspace(agents["elo"].min(), min(agents["elo"].max(), 0.0), _BANDS + 1)
    training, search = _steps(agents, "nodes", "samples"), _steps(agents, "snapshot_id", "nodes")
    runs = agents["run_id"].unique()
    rng = np.random.default_rng(seed)
    chosen = rng.integers(len(runs), size=(resamples, len(runs)))
    weights = np.stack([np.bincount(row, minlength=len(runs)) for row in chosen])
    rows = []
    for low, high in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        sums = [_by_run(steps, runs, low, high) for steps in (training, search)]
        if sums[0][2].sum() < _LEAST_STEPS or sums[1][2].sum() < _LEAST_STEPS:
            continue
        per_training, per_search = (_ratio(rise.sum(), run.sum()) for rise, run, _ in sums)
        drawn = [_ratio(weights @ rise, weights @ run) for rise, run, _ in sums]
        limits = percentile_interval(_ratio(drawn[0], drawn[1]), 0.95)
        rate = float(_ratio(per_training, per_search))
        steps = int(sums[0][2].sum())
        rows.append((low, high, float(per_training), float(per_search), rate, *limits, steps))
    columns = ["low_elo", "high_elo", "training", "search", "rate", "low", "high", "steps"]
    return pd.DataFrame(rows, columns=pd.Index(columns))


def censored(agents: pd.DataFrame) -> Censored:
    """How often search does not catch up with training, over all pairs of swept snapshots of a run
    of which the later one's network alone is stronger."""
    pairs = never = 0
    for _, run in agents.groupby("run_id"):
        best = run.groupby("samples")["elo"].max()
        raw = run[run["nodes"] == run["nodes"].min()].set_index("samples")["elo"]
        for at, reach in best.items():
            later = raw[(raw.index > at) & (raw > raw.get(at, np.inf))]
            pairs, never = pairs + len(later), never + int((later > reach).sum())
    return Censored(pairs, never)


def _steps(agents: pd.DataFrame, same: str, along: str) -> pd.DataFrame:
    """Neighbours along one column within a run and one value of another: run_id, middle (Elo),
    rise (Elo), run (decades)."""
    ordered = agents.sort_values(["run_id", same, along])
    group = ordered.groupby(["run_id", same])
    rise, run = group["elo"].diff(), np.log10(ordered[along]) - np.log10(group[along].shift())
    found = pd.DataFrame(
        {"run_id": ordered["run_id"], "middle": ordered["elo"] - rise / 2, "rise": rise, "run": run}
    )
    return found[found["run"] > 0]


def _by_run(
    steps: pd.DataFrame, runs: np.ndarray, low: float, high: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sums of rise and run and the number of steps of each run inside a band of Elo."""
    inside = steps[(steps["middle"] >= low) & (steps["middle"] < high)].groupby("run_id")
    sums = inside[["rise", "run"]].sum().reindex(runs, fill_value=0.0)
    counts = inside.size().reindex(runs, fill_value=0)
    return sums["rise"].to_numpy(float), sums["run"].to_numpy(float), counts.to_numpy()


def _ratio(rise: np.ndarray, run: np.ndarray) -> np.ndarray:
    """NaN where there is nothing to climb along, or no climb."""
    return np.divide(rise, run, out=np.full(np.shape(run), np.nan), where=np.asarray(run) > 0)


def _three_way(
    logs: np.ndarray, elo: np.ndarray, near: np.ndarray | None
) -> tuple[float, np.ndarray]:
    """The rate c/t and the law's parameters; NaN where search does not help.

    Args:
        logs: log₁₀ of samples, nodes and parameters [N, 3].
        elo: [N].
        near: parameters close to which they are sought.
    """
    design = np.vstack([(logs - [5.0, 1.0, 3.0]).T, np.ones(len(logs))])

    def climb(law: np.ndarray) -> np.ndarray:
        return (design * law[:, :4, None]).sum(axis=1)

    def residual(law: np.ndarray, _: np.ndarray) -> np.ndarray:
        return np.minimum(np.maximum(climb(law), law[:, 4:]), 0.0) - elo

    def jacobian(law: np.ndarray, _: np.ndarray) -> np.ndarray:
        height, floor = climb(law), law[:, 4:]
        climbs, flat = (height > floor) & (height < 0), (height <= floor) & (floor < 0)
        return np.concatenate([design * climbs[:, None], flat[:, None]], axis=1)

    starts = [
        [slope, share * slope, size, offset, float(elo.min())]
        for slope in (200.0, 600.0)
        for share in (0.1, 0.5)
        for size in (0.0, 300.0)
        for offset in (float(elo.mean()), 0.5 * float(elo.mean()))
    ]
    if near is not None:  # from two more places, so that a resample may find another minimum
        starts = [near.tolist(), starts[0], starts[-1]]
    places, costs = descend_all(residual, jacobian, np.array(starts))
    place = places[costs.argmin()]
    return (float(place[0] / place[1]) if place[1] > 0 else np.nan), place
