"""From traces of search to the cube: exact strength by training, search and size, by resampling and
splitting bits that were judged once."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int

import games
from analysis.tables.cube import ALL, BEST, FIXED, CubeRow, cube_frame
from analysis.tables.rows import LabRows
from games.errors import InputError
from games.exact.populations import Population, population, subsample
from games.hex import Hex
from training.ledger import forward_flops
from training.networks import NetworkConfig

BINS = 5
SAMPLED = tuple(2**k for k in range(13))
"""Numbers of moves drawn from the raw policy, 1 to 4,096."""


@dataclasses.dataclass(frozen=True)
class Sweep:
    """One snapshot with one constant at K budgets, in N positions of which W are won."""

    snapshot: Mapping[Any, Any]  # columns of `LabRows.snapshots`
    c_puct: float
    budgets: tuple[int, ...]
    chosen: Int[np.ndarray, "N"]  # positions, as places in the board's set
    weight: Float[np.ndarray, "N"]
    won: Bool[np.ndarray, "N"]
    blunders: Bool[np.ndarray, "K W"]
    wrong: Bool[np.ndarray, "K N"]
    mass: Float[np.ndarray, "W"]  # of the raw policy on winning moves


def sweeps(rows: LabRows) -> list[Sweep]:
    """Every trace of a lab.

    Raises:
        InputError: if one was judged on other positions than those shipped now.
    """
    snapshots = {row["id"]: row for row in rows.snapshots.to_dict("records")}
    return [_sweep(snapshots[row["snapshot_id"]], row) for row in rows.traces.to_dict("records")]


def _sweep(snapshot: Mapping[Any, Any], row: Mapping[Any, Any]) -> Sweep:
    found = _sample(int(snapshot["boardsize"]), int(row["positions"]))
    if found is None or row["positions_id"].partition("/")[0] != found[0].digest:
        raise InputError(
            f"snapshot {snapshot['run_id']}#{snapshot['index']} was judged on positions that are "
            "not shipped any more; judge again in a new lab"
        )
    positions, chosen, weight = found
    won = np.any(positions.winning[chosen], axis=1)
    budgets = tuple(row["budgets"])
    return Sweep(
        snapshot=snapshot,
        c_puct=float(row["search"]["rule"]["c_puct"]),
        budgets=budgets,
        chosen=chosen,
        weight=weight,
        won=won,
        blunders=_bits(row["blunders"], len(budgets), int(won.sum())),
        wrong=_bits(row["wrong_values"], len(budgets), len(won)),
        mass=np.frombuffer(row["winning_mass"], "<f2").astype(float),
    )


def _bits(packed: bytes, rows: int, columns: int) -> np.ndarray:
    bits = np.unpackbits(np.frombuffer(packed, np.uint8).reshape(rows, -1), axis=1)
    return bits[:, :columns].astype(bool)


@functools.cache
def _sample(size: int, count: int) -> tuple[Population, np.ndarray, np.ndarray] | None:
    positions = population(Hex(size))
    return None if positions is None else (positions, *subsample(positions.weight, count))


def cube(found: Sequence[Sweep], fixed: float, bins: int = BINS) -> pd.DataFrame:
    """The rows of `analysis.tables.cube`.

    FIXED rows have c_puct `fixed`, for all positions and in bins of difficulty; those of a snapshot
    come from its longest sweep, so that numbers of nodes are compared on the same positions. BEST
    rows take, of several constants judged on the same positions with as many nodes, the one that
    blunders least in one half of these, by network, stage and nodes over all seeds, and count it in
    the other half; their c_puct is the geometric mean over the halves.
    """
    hardness = difficulty(found)
    lines = []
    for sweep in _longest(s for s in found if s.c_puct == fixed):
        won_at = sweep.chosen[sweep.won]
        bin_of = _bins(hardness[sweep.snapshot["boardsize"]], won_at, sweep, bins)
        strata = [(f"difficulty {k + 1}", bin_of == k) for k in range(bins)]
        for place in range(len(sweep.budgets)):
            errs, wrong = sweep.blunders[place], sweep.wrong[place]
            everything = np.ones(len(won_at), bool)
            lines.append(_row(sweep, place, FIXED, fixed, ALL, errs, everything, wrong))
            lines += [
                _row(sweep, place, FIXED, fixed, stratum, errs, mask, None)
                for stratum, mask in strata
            ]
    lines += _best_rows(found)
    return cube_frame(lines).sort_values(
        ["boardsize", "width", "seed", "snapshot", "tuning", "stratum", "nodes"], ignore_index=True
    )


def _longest(found: Iterable[Sweep]) -> list[Sweep]:
    """Each snapshot's sweep with the most budgets, of these the one with the most positions."""
    best: dict[int, Sweep] = {}
    for sweep in found:
        known = best.setdefault(sweep.snapshot["id"], sweep)
        if (len(sweep.budgets), len(sweep.won)) > (len(known.budgets), len(known.won)):
            best[sweep.snapshot["id"]] = sweep
    return list(best.values())


def _best_rows(found: Sequence[Sweep]) -> list[CubeRow]:
    """For each number of nodes among the constants that were looked at with it."""
    groups: dict[tuple, _ByConstant] = {}
    for sweep in found:
        of = sweep.snapshot
        for place, nodes in enumerate(sweep.budgets):
            key = (of["boardsize"], of["network"], of["index"], len(sweep.chosen), nodes)
            at = groups.setdefault(key, {}).setdefault(sweep.c_puct, {})
            at[of["id"]] = sweep, place
    lines = []
    for by_constant in groups.values():
        shared = sorted(set.intersection(*map(set, by_constant.values())))
        if len(by_constant) < 2 or not shared:
            continue
        one, _ = next(iter(by_constant.values()))[shared[0]]
        half = np.arange(len(one.chosen)) % 2 == 0
        own = half[one.won]
        picked = [_least(by_constant, shared, mask) for mask in (~own, own)]
        # for the first half by the second, and the other way round
        constant = math.sqrt(picked[0] * picked[1])
        for number in shared:
            (first, place), (second, other) = (by_constant[c][number] for c in picked)
            errs = np.where(own, first.blunders[place], second.blunders[other])
            wrong = np.where(half, first.wrong[place], second.wrong[other])
            everything = np.ones(len(own), bool)
            lines.append(_row(first, place, BEST, constant, ALL, errs, everything, wrong))
    return lines


_ByConstant = dict[float, dict[int, tuple[Sweep, int]]]
"""By c_puct and snapshot: a sweep, and the place of a number of nodes in it."""


def _least(by_constant: _ByConstant, shared: Sequence[int], mask: np.ndarray) -> float:
    """The constant with the fewest blunders in some positions, over all seeds."""

    def rate(c: float) -> float:
        shares = []
        for sweep, place in (by_constant[c][number] for number in shared):
            weight = sweep.weight[sweep.won][mask]
            shares.append(np.average(sweep.blunders[place][mask], weights=weight))
        return float(np.mean(shares))

    return min(sorted(by_constant), key=rate)


def _row(
    sweep: Sweep,
    place: int,
    tuning: str,
    c_puct: float,
    stratum: str,
    blunders: np.ndarray,
    mask: np.ndarray,
    wrong: np.ndarray | None,
) -> CubeRow:
    of, nodes = sweep.snapshot, sweep.budgets[place]
    rate, error, effective = weighted_share(blunders[mask], sweep.weight[sweep.won][mask])
    forward = forward_flops(
        games.make(of["game"], of["boardsize"]), NetworkConfig.parse(of["network"])
    )
    return CubeRow(
        game=of["game"], boardsize=int(of["boardsize"]), recipe=of["recipe"],
        network=of["network"], width=int(of["width"]), depth=int(of["depth"]),
        parameters=int(of["parameters"]), seed=int(of["seed"]), run=of["run_id"],
        snapshot=int(of["index"]), samples=int(of["samples"]),
        train_flops=float(of["train_flops"]), nodes=nodes, test_flops=float(nodes * forward),
        tuning=tuning, c_puct=c_puct, stratum=stratum, positions=int(mask.sum()),
        effective=effective, blunder_rate=rate, blunder_error=error,
        value_sign_error=None if wrong is None else float(np.average(wrong, weights=sweep.weight)),
    )  # fmt: skip


def weighted_share(
    events: Bool[np.ndarray, "W"], weight: Float[np.ndarray, "W"]
) -> tuple[float, float, float]:
    """A share by weighted positions, its standard error, and what the positions are worth.

    The error is that of a ratio, as if positions were drawn independently by their weights, which
    their strata make a little too large. Where all say the same it is that of one half more.
    """
    total = weight.sum()
    effective = float(total**2 / (weight**2).sum())
    share = float((weight * events).sum() / total)
    error = float(np.sqrt((weight**2 * (events - share) ** 2).sum()) / total)
    if share in (0.0, 1.0):
        likely = 0.5 / (effective + 1)
        error = math.sqrt(likely * (1 - likely) / effective)
    return share, error, effective


def difficulty(found: Sequence[Sweep]) -> dict[int, np.ndarray]:
    """By board, how hard each position of its set is: 1 less the mean mass that the raw policies of
    all runs' last snapshots put on winning moves; NaN where it is lost or none was asked."""
    last: dict[str, int] = {}
    for sweep in found:
        run, index = sweep.snapshot["run_id"], sweep.snapshot["index"]
        last[run] = max(last.get(run, 0), index)
    sums: dict[int, np.ndarray] = {}
    for sweep in found:
        size = int(sweep.snapshot["boardsize"])
        if size not in sums:
            positions = population(Hex(size))
            assert positions is not None
            sums[size] = np.zeros((2, len(positions.weight)))
        if sweep.snapshot["index"] == last[sweep.snapshot["run_id"]]:
            at = sweep.chosen[sweep.won]
            sums[size][:, at] += np.stack([np.ones(len(at)), 1 - sweep.mass])
    return {
        size: np.divide(hard, count, out=np.full(len(count), np.nan), where=count > 0)
        for size, (count, hard) in sums.items()
    }


def _bins(hardness: np.ndarray, at: np.ndarray, sweep: Sweep, bins: int) -> np.ndarray:
    """Bin of each won position, 0 the easiest; each has the same share of the population."""
    order = np.argsort(hardness[at], kind="stable")
    weight = sweep.weight[sweep.won]
    below = (np.cumsum(weight[order]) - weight[order] / 2) / weight.sum()
    found = np.empty(len(at), int)
    found[order] = np.minimum((below * bins).astype(int), bins - 1)
    return found


def coverage(found: Sequence[Sweep], samples: Sequence[int] = SAMPLED) -> pd.DataFrame:
    """What k moves drawn from the raw policy hold, exactly: 1 − (1 − p)^k for mass p on winning
    moves, over the population.

    Returns:
        A row a snapshot and k, judged on its most positions: boardsize, network, width, seed, run,
        snapshot, train_flops, k, coverage.
    """
    largest: dict[int, Sweep] = {}
    for sweep in found:
        known = largest.get(sweep.snapshot["id"])
        if known is None or len(known.chosen) < len(sweep.chosen):
            largest[sweep.snapshot["id"]] = sweep
    return pd.DataFrame([
        {
            "boardsize": of["boardsize"], "network": of["network"], "width": of["width"],
            "seed": of["seed"], "run": of["run_id"], "snapshot": of["index"],
            "train_flops": of["train_flops"], "k": k, "coverage": _covered(sweep, k),
        }
        for sweep in largest.values()
        for of in [sweep.snapshot]
        for k in samples
    ])  # fmt: skip


def _covered(sweep: Sweep, k: int) -> float:
    """Share of the won positions in which one of k moves drawn from the raw policy wins."""
    return float(np.average(1 - (1 - sweep.mass) ** k, weights=sweep.weight[sweep.won]))


def even_coverage(size: int, samples: Sequence[int] = SAMPLED) -> pd.Series:
    """Coverage of a policy that draws evenly from a board's legal moves, by k: boards have so few
    moves that many draws of anything hold a winning one."""
    rules, positions = Hex(size), population(Hex(size))
    assert positions is not None
    black, white = map(np.asarray, rules.stones(positions.states))
    empty = rules.num_actions - black.sum(1) - white.sum(1)
    won = positions.winning.any(1)
    mass, weight = (positions.winning.sum(1) / empty)[won], positions.weight[won]
    shares = [float(np.average(1 - (1 - mass) ** k, weights=weight)) for k in samples]
    return pd.Series(shares, index=pd.Index(samples, name="k"))


def coverage_law(found: Sequence[Sweep], samples: Sequence[int] = SAMPLED) -> pd.DataFrame:
    """Coverage = exp(a·k^b) of each run's last snapshot (Brown et al. 2024), and b foretold.

    Where the share of positions with mass below p falls as p^β, the share that k draws miss falls
    as k^−β (Schaeffer et al. 2025), so b should be −β. β is the slope of the weighted distribution
    of p between 1/k of the largest k and 1/8, where there are positions.

    Returns:
        A row a run: boardsize, width, seed, run, a, b, foretold; NaN where too few positions are
        missed to tell.
    """
    last: dict[str, Sweep] = {}
    for sweep in found:
        run = sweep.snapshot["run_id"]
        known = last.get(run)
        key = (sweep.snapshot["index"], len(sweep.chosen))
        if known is None or key > (known.snapshot["index"], len(known.chosen)):
            last[run] = sweep
    k = np.array(samples, float)
    lines = []
    for run, sweep in last.items():
        weight = sweep.weight[sweep.won]
        share = np.array([np.average(1 - (1 - sweep.mass) ** n, weights=weight) for n in samples])
        line = {"boardsize": sweep.snapshot["boardsize"], "width": sweep.snapshot["width"],
                "seed": sweep.snapshot["seed"], "run": run}  # fmt: skip
        missed = -np.log(share)
        b, log_a = _slope(np.log(k), missed)
        below = np.geomspace(1 / k[-1], 1 / 8, 12)
        spread = np.array([np.average(sweep.mass < p, weights=weight) for p in below])
        beta, _ = _slope(np.log(below), spread)
        lines.append(line | {"a": -math.exp(log_a), "b": b, "foretold": -beta})
    return pd.DataFrame(lines)


def _slope(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Slope and intercept of log y over x where y is above 1e-5; NaN with fewer than 4 points."""
    there = y > 1e-5
    if there.sum() < 4:
        return math.nan, math.nan
    slope, intercept = np.polyfit(x[there], np.log(y[there]), 1)
    return float(slope), float(intercept)
