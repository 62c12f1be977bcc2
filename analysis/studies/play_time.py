"""Decisions at play time in tables: strategies at equal cost, and budgets by position.

A measurement is one shape of network on one board: M networks (seeds), each of which decides N won
positions in S ways. Intervals are over networks and positions at once: both are drawn anew, with
replacement, in every resample, and the two sides of a difference share their draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

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
        the defaults), nodes (the cap), calls, evaluations (their mean), flops, positions, rate with
        low and high, and beyond: by how much the rate is above that of PUCT at equal evaluations,
        with beyond_low and beyond_high.
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
            low, high = percentile_interval(rates[1:, s], LEVEL)
            beyond_low, beyond_high = percentile_interval(beyond[1:], LEVEL)
            lines.append(
                {
                    "boardsize": decided.boardsize, "network": decided.network, "bin": name, **way,
                    "evaluations": made[0, s], "flops": made[0, s] * decided.flops,
                    "positions": int(where.any(0).sum()), "rate": rates[0, s],
                    "low": low, "high": high, "beyond": beyond[0],
                    "beyond_low": beyond_low, "beyond_high": beyond_high,
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


class Traced(NamedTuple):
    """Searches of networks of one shape on one board, traced to the end, and where rules stop."""

    boardsize: int
    network: str
    budgets: np.ndarray  # [K] evaluations, rising
    blunder: np.ndarray  # bool [M, K, N]
    rules: pd.DataFrame  # a row a rule, setting and cap [S]: rule, setting, cap
    stop: np.ndarray  # [M, S, N] index of a budget
    half: np.ndarray  # bool [N]; settings and predictors of each half were fitted on the other
    chance: np.ndarray  # [M, caps, N] of search helping, as the predictor says


class RuleDraws(NamedTuple):
    """One rule on one measurement, in every resample; the first is the estimate."""

    told: dict[str, Any]  # what does not vary
    factors: np.ndarray  # [R] how many times larger a uniform budget of equal blunders is
    beyond: np.ndarray  # [R] blunder rate above that of a uniform budget of equal mean


def draw_rules(
    traced: Traced, means: dict[int, float], resamples: int = RESAMPLES
) -> list[RuleDraws]:
    """How many times more a uniform budget would have to be to play as well as each rule.

    A rule's setting is the one whose mean comes nearest to the wanted one. Each half of the
    positions is told of with what the other chose.

    Args:
        traced: the searches.
        means: evaluations that a position is to get on the mean, by cap.
        resamples: bootstrap resamples.

    Returns:
        One a cap and rule; `told` holds boardsize, network, cap, rule, setting, mean (evaluations),
        tail (the 95th percentile) and rate.
    """
    networks, _, positions = traced.blunder.shape
    drawn = Resamples.drawn(networks, positions, resamples)
    everywhere = np.ones((networks, positions), bool)
    curve = drawn.means(traced.blunder, everywhere)  # [R, K]
    made = traced.budgets[traced.stop]  # [M, S, N]
    fell = np.take_along_axis(traced.blunder, traced.stop, axis=1)
    found = []
    for _, own in traced.rules.groupby(["cap", "rule"], sort=False):
        cap, rule = int(own["cap"].iloc[0]), str(own["rule"].iloc[0])
        one, other = (
            _nearest(made, own.index.to_numpy(), half, means[cap])
            for half in (traced.half, ~traced.half)
        )
        here = np.where(traced.half, other, one)[None, None]  # [1, 1, N]
        spent = np.take_along_axis(made, here, axis=1)
        rates = drawn.means(np.take_along_axis(fell, here, axis=1), everywhere)[:, 0]
        cost = drawn.means(spent, everywhere)[:, 0]
        factors = np.array(
            [nodes_for(traced.budgets, row, rate) / mean
             for row, rate, mean in zip(curve, rates, cost, strict=True)]
        )  # fmt: skip
        uniform = np.array(
            [np.interp(np.log(mean), np.log(traced.budgets), row)
             for mean, row in zip(cost, curve, strict=True)]
        )  # fmt: skip
        told = {
            "boardsize": traced.boardsize, "network": traced.network, "cap": cap, "rule": rule,
            "setting": " / ".join(dict.fromkeys(traced.rules.loc[[one, other], "setting"])),
            "mean": cost[0], "tail": float(np.quantile(spent, 0.95)), "rate": rates[0],
        }  # fmt: skip
        found.append(RuleDraws(told, factors, rates - uniform))
    return found


def _nearest(made: np.ndarray, rules: np.ndarray, where: np.ndarray, mean: float) -> int:
    """The one of some rules whose mean evaluations on some positions come nearest to `mean`."""
    means = made[:, rules][..., where].mean((0, 2))
    return int(rules[np.argmin(np.abs(np.log(means / mean)))])


def knowledge(traced: Traced) -> pd.DataFrame:
    """How much there is to know, and how much of it the predictor knows.

    Returns:
        A row a cap: boardsize, network, cap, helped (share of the decisions in which the whole
        search keeps a win that the policy throws away), harmed (the other way round), and auc (the
        chance that the predictor ranks a helped one above another; ½ by luck), the mean over
        networks.
    """
    lines = []
    for place, cap in enumerate(traced.rules["cap"].unique().tolist()):
        raw = traced.blunder[:, 0]
        whole = traced.blunder[:, int(np.searchsorted(traced.budgets, cap))]
        helped = raw & ~whole
        lines.append(
            {
                "boardsize": traced.boardsize, "network": traced.network, "cap": cap,
                "helped": helped.mean(), "harmed": (whole & ~raw).mean(),
                "auc": np.nanmean(
                    [_auc(chance, own)
                     for chance, own in zip(traced.chance[:, place], helped, strict=True)]
                ),
            }
        )  # fmt: skip
    return pd.DataFrame(lines)


def _auc(scores: np.ndarray, labels: np.ndarray) -> float:
    """Area under the curve of a score [N] that tells labels [N]; NaN if all are alike."""
    if labels.all() or not labels.any():
        return np.nan
    above = stats.mannwhitneyu(scores[labels], scores[~labels]).statistic
    return float(above / (labels.sum() * (~labels).sum()))


def multipliers(found: Sequence[RuleDraws]) -> pd.DataFrame:
    """Each rule on each measurement, with intervals.

    Returns:
        A row each: what is told of it, multiplier with low and high, and beyond (blunder rate above
        that of a uniform budget of equal mean) with beyond_low and beyond_high.
    """
    return pd.DataFrame([{**own.told, **_summary(own.factors, own.beyond)} for own in found])


def pooled_multipliers(found: Sequence[RuleDraws]) -> pd.DataFrame:
    """Each rule over all measurements of a cap: the median of its multipliers, which bears those
    that are infinite, and the mean of its blunders beyond a uniform budget.

    Returns:
        A row a cap and rule: those, measurements, mean (evaluations), and as in `multipliers`.
    """
    lines = []
    kinds = dict.fromkeys((own.told["cap"], own.told["rule"]) for own in found)
    for cap, rule in kinds:
        here = [own for own in found if (own.told["cap"], own.told["rule"]) == (cap, rule)]
        factors = np.median([own.factors for own in here], axis=0)
        beyond = np.mean([own.beyond for own in here], axis=0)
        mean = float(np.mean([own.told["mean"] for own in here]))
        told = {"cap": cap, "rule": rule, "measurements": len(here), "mean": mean}
        lines.append(told | _summary(factors, beyond))
    return pd.DataFrame(lines)


def _summary(factors: np.ndarray, beyond: np.ndarray) -> dict[str, float]:
    low, high = percentile_interval(factors[1:], LEVEL)
    beyond_low, beyond_high = percentile_interval(beyond[1:], LEVEL)
    return {
        "multiplier": float(factors[0]), "low": low, "high": high,
        "beyond": float(beyond[0]), "beyond_low": beyond_low, "beyond_high": beyond_high,
    }  # fmt: skip
