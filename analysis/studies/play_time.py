"""Decisions at play time in tables: strategies at equal cost.

A measurement is one shape of network on one board: M networks (seeds), each of which decides N won
positions in S ways. Intervals are over networks and positions at once: both are drawn anew, with
replacement, in every resample, and the two sides of a difference share their draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from analysis.statistics.bootstrap import percentile_interval

RESAMPLES = 400
PUCT = "puct"
"""The family that all others are set against."""
LEVEL = 0.95


class Decided(NamedTuple):
    """What networks of one shape did in the won positions of one board."""

    boardsize: int
    network: str
    flops: float  # of one evaluation
    ways: pd.DataFrame  # a row a way [S]: family, text, calls (dependent), nodes (the cap), setting
    blunder: np.ndarray  # bool [M, S, N], whether the win was thrown away
    evaluations: np.ndarray  # [M, S, N], network evaluations made
    winning: np.ndarray  # [N], how many moves win
    entropy: np.ndarray  # [M, N], of the network's own policy, nats
    mass: np.ndarray  # [M, N], of that policy on the moves that win

    @property
    def puct(self) -> np.ndarray:
        """Which ways are PUCT with its default constants, by rising budget."""
        plain = self.ways[(self.ways["family"] == PUCT) & (self.ways["setting"] == "")]
        return plain.sort_values("nodes").index.to_numpy()


class Resamples(NamedTuple):
    """How often each network and each position was drawn; the first row is all of them once."""

    networks: np.ndarray  # [R, M]
    positions: np.ndarray  # [R, N]

    @classmethod
    def drawn(cls, networks: int, positions: int, count: int = RESAMPLES) -> Resamples:
        """`count` resamples after the first row; the same for the same sizes."""
        rng = np.random.default_rng([networks, positions])

        def draws(size: int) -> np.ndarray:
            drawn = rng.multinomial(size, np.full(size, 1 / size), size=count)
            return np.concatenate([np.ones((1, size)), drawn])

        return cls(draws(networks), draws(positions))

    def means(self, values: np.ndarray, where: np.ndarray) -> np.ndarray:
        """Means of values [M, S, N] over networks and positions, where `where` [M, N]: [R, S]."""
        weights = np.einsum("rm,mn,rn->rmn", self.networks, where.astype(float), self.positions)
        total = np.einsum("rmn,msn->rs", weights, values.astype(float))
        with np.errstate(invalid="ignore", divide="ignore"):
            return total / weights.sum((1, 2))[:, None]


BINS = {"1": (1, 1), "2 to 4": (2, 4), "5 and more": (5, 10_000)}
"""True difficulty: how many moves keep the win."""
ALL = "all"


def bins_of(decided: Decided) -> dict[str, np.ndarray]:
    """Which decisions [M, N] are in each bin: all, by winning moves, and by thirds of the policy's
    entropy, which is what a network can know of the difficulty."""
    shape = decided.entropy.shape
    bins = {ALL: np.ones(shape, bool)}
    for name, (low, high) in BINS.items():
        inside = (decided.winning >= low) & (decided.winning <= high)
        bins[f"winning moves: {name}"] = np.broadcast_to(inside, shape)
    thirds = np.quantile(decided.entropy, [1 / 3, 2 / 3], axis=1)[..., None]
    for place, name in enumerate(("sure", "between", "unsure")):
        above = decided.entropy >= thirds[place - 1] if place else np.ones(shape, bool)
        below = decided.entropy < thirds[place] if place < 2 else np.ones(shape, bool)
        bins[f"policy: {name}"] = above & below
    return bins


def strategy_points(decided: Decided, resamples: int = RESAMPLES) -> pd.DataFrame:
    """Every way to decide in every bin.

    Returns:
        A row a way and bin: boardsize, network, bin, family, text, setting (constants that are not
        the defaults), nodes (the cap), calls, evaluations (their mean), flops, positions, rate, and
        beyond: by how much the rate is above that of PUCT at equal evaluations, both with their
        intervals (`interval_columns`).
    """
    networks, positions = decided.entropy.shape
    drawn = Resamples.drawn(networks, positions, resamples)
    ways = decided.ways.reset_index(drop=True)
    puct = decided.puct
    lines: list[dict[str, Any]] = []
    for name, where in bins_of(decided).items():
        if not where.any():
            continue
        rates = drawn.means(decided.blunder, where)
        made = drawn.means(decided.evaluations, where)
        for s, row in enumerate(ways.to_dict("records")):
            way: dict[str, Any] = {str(name): value for name, value in row.items()}
            level = np.array(
                [np.interp(np.log(e), np.log(n), r)
                 for e, n, r in zip(made[:, s], made[:, puct], rates[:, puct], strict=True)]
            )  # fmt: skip
            beyond = rates[:, s] - level
            lines.append(
                {
                    "boardsize": decided.boardsize, "network": decided.network, "bin": name, **way,
                    "evaluations": made[0, s], "flops": made[0, s] * decided.flops,
                    "positions": int(where.any(0).sum()),
                    **interval_columns("rate", rates[:, s]), **interval_columns("beyond", beyond),
                }
            )  # fmt: skip
    return pd.DataFrame(lines)


def best_within(points: pd.DataFrame, budgets: Sequence[float]) -> pd.DataFrame:
    """The crossover chart: the way of fewest blunders within each budget of evaluations.

    Returns:
        A row a board, network, bin and budget: those, and the best way's columns. A way of lower
        cost goes first where two are equal.
    """
    found = []
    for _, own in points.groupby(["boardsize", "network", "bin"], sort=False):
        for budget in budgets:
            # The mean is held to the budget, with a little room for one evaluation of the root.
            within = own[own["evaluations"] <= 1.1 * budget]
            if len(within):
                best = within.sort_values(["rate", "evaluations"]).iloc[0]
                found.append(best.to_dict() | {"budget": budget})
    return pd.DataFrame(found)


def kata_elo(threads: float, visits: float) -> float:
    """Elo lost by `threads` searching one tree, as KataGo estimates it "ad hoc" for Go
    (cpp/program/playutils.cpp): 7·t·(1600 / (800 + visits))^0.85."""
    return 7 * threads * (1600 / (800 + visits)) ** 0.85


def nodes_for(nodes: np.ndarray, rates: np.ndarray, level: float) -> float:
    """How many evaluations a uniform budget needs for a blunder rate: where its curve, which may
    only fall, first meets the rate, along a line in the logarithm; infinity if it never does.

    Args:
        nodes: budgets [K], rising.
        rates: their blunder rates [K].
        level: the rate.
    """
    falling = np.minimum.accumulate(rates)
    if falling[-1] > level:
        return np.inf
    first = int(np.argmax(falling <= level))
    if first == 0:
        return float(nodes[0])
    share = (falling[first - 1] - level) / (falling[first - 1] - falling[first])
    low, high = np.log(nodes[first - 1]), np.log(nodes[first])
    return float(np.exp(low + share * (high - low)))


def in_a_row(points: pd.DataFrame, budget: int) -> pd.DataFrame:
    """Strategies of about one budget: columns of `strategy_points`, worth (evaluations in a row
    that are as good) and kata (Elo lost by KataGo's formula)."""
    found = []
    for _, own in points.groupby(["boardsize", "network"], sort=False):
        puct = own[(own["family"] == PUCT) & (own["setting"] == "")].sort_values("nodes")
        here = own[(own["nodes"] >= 0.9 * budget) & (own["nodes"] <= 1.1 * budget)].copy()
        nodes, rates = puct["nodes"].to_numpy(float), puct["rate"].to_numpy()
        here["worth"] = [nodes_for(nodes, rates, rate) for rate in here["rate"]]
        here["kata"] = [
            kata_elo(budget / calls, budget) if calls < budget else 0.0 for calls in here["calls"]
        ]
        found.append(here)
    return pd.concat(found, ignore_index=True)


class Drawn(NamedTuple):
    """A way to spend evaluations in one measurement, in every resample; the first is the
    estimate."""

    told: dict[str, Any]  # what does not vary
    rates: np.ndarray  # [R] wins thrown away
    beyond: np.ndarray  # [R] the same above what it is set against, at equal mean evaluations
    factors: np.ndarray  # [R] times the evaluations that this one needs to be as good


def draws_table(found: Sequence[Drawn]) -> pd.DataFrame:
    """Each of them with 95 % intervals over networks and positions.

    Returns:
        A row each: what is told of it, and rate, beyond and multiplier, each with `_low` and
        `_high`.
    """
    return pd.DataFrame(
        [own.told | interval_columns("rate", own.rates) | _compared(own) for own in found]
    )


def pooled_draws(found: Sequence[Drawn], keys: Sequence[str]) -> pd.DataFrame:
    """Those alike in `keys` over all measurements: the mean of blunders beyond what they are set
    against, and the median of multipliers, which bears those that are infinite.

    Returns:
        A row each: keys, measurements, evaluations (their mean), beyond and multiplier, each with
        `_low` and `_high`.
    """
    groups: dict[tuple[Any, ...], list[Drawn]] = {}
    for own in found:
        groups.setdefault(tuple(own.told[key] for key in keys), []).append(own)
    lines = []
    for values, here in groups.items():
        mean = float(np.mean([own.told["evaluations"] for own in here]))
        pooled = Drawn(
            dict(zip(keys, values, strict=True)) | {"measurements": len(here), "evaluations": mean},
            np.mean([own.rates for own in here], axis=0),
            np.mean([own.beyond for own in here], axis=0),
            np.median([own.factors for own in here], axis=0),
        )
        lines.append(pooled.told | _compared(pooled))
    return pd.DataFrame(lines)


def _compared(own: Drawn) -> dict[str, float]:
    return interval_columns("beyond", own.beyond) | interval_columns("multiplier", own.factors)


def interval_columns(name: str, draws: np.ndarray) -> dict[str, float]:
    """The estimate and its 95 % interval as columns.

    Args:
        name: of the column; those of the interval's ends are this with `_low` and `_high`.
        draws: of every resample [R], the estimate first.
    """
    low, high = percentile_interval(draws[1:], LEVEL)
    return {name: float(draws[0]), f"{name}_low": low, f"{name}_high": high}
