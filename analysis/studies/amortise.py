"""What of a search goes into the weights: retention, equivalent searches and best label budgets,
from traces that were judged once.

Strength is the log-odds of keeping a won position, ln((1 − p) / p) for a blunder rate p. Rates
themselves saturate: where both raw policy and search blunder in less than a hundredth of the
positions, each has gained nearly all that there is, whatever lies between them. In log-odds a
halving of few blunders counts as much as one of many, as in Elo.

Everything is computed on draws: the first is the measurement itself, the others resample runs
(within each arm) and positions, so that whatever is made of strengths has an interval.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pandas as pd
import scipy.stats
from jaxtyping import Bool, Float, Int

from analysis.statistics.bootstrap import percentile_interval
from analysis.studies.three_way import Sweep, sweeps
from analysis.tables.rows import LabRows

RESAMPLES = 400
LEVEL = 0.95
ARM = ("rule", "held", "nodes")
"""What tells arms apart: the rule in training, whether the learner's share of compute is held, and
the nodes of a self-play search."""
Arm = tuple[str, bool, int]
REFERENCE = 64
"""Nodes of the run whose learner's share the held ones have."""
COMPARISONS = {
    "samples": "equal samples",
    "flops": "equal compute",
    "held": "equal compute, the learner’s share held",
}


@dataclasses.dataclass(frozen=True)
class JudgedBoard:
    """The snapshots of one board, and what each does in W won positions with K searches."""

    size: int
    snapshots: pd.DataFrame  # [S], columns run_id, seed, index, samples, train_flops and ARM
    budgets: tuple[int, ...]  # [K], the raw policy's 1 first
    blunders: Bool[np.ndarray, "S K W"]
    weight: Float[np.ndarray, "W"]
    policy_kl: Float[np.ndarray, "S K"]

    @property
    def samples(self) -> float:
        """Self-play positions that every run has whose learner's share is not held."""
        free = self.snapshots[~self.snapshots["held"]]
        return float(free.groupby("run_id")["samples"].max().min())

    @property
    def flops(self) -> float:
        """Training compute that every run has."""
        return float(self.snapshots.groupby("run_id")["train_flops"].max().min())


def judged_boards(
    rows: LabRows, run_ids: Collection[str], replay_ratio: float
) -> list[JudgedBoard]:
    """The judged snapshots of these runs, by board.

    Args:
        rows: the lab.
        run_ids: which runs.
        replay_ratio: of the runs whose learner's share is not held.
    """
    configs = {run["id"]: run["config"] for run in rows.runs.to_dict("records")}
    found: dict[int, list[tuple[Sweep, list[float]]]] = {}
    for sweep, divergence in zip(sweeps(rows), rows.traces["policy_kl"], strict=True):
        if sweep.snapshot["run_id"] in run_ids:
            found.setdefault(int(sweep.snapshot["boardsize"]), []).append((sweep, divergence))
    return [_board(size, own, configs, replay_ratio) for size, own in sorted(found.items())]


def _board(
    size: int,
    found: Sequence[tuple[Sweep, list[float]]],
    configs: dict[str, dict[str, Any]],
    replay_ratio: float,
) -> JudgedBoard:
    lines = []
    for sweep, _ in found:
        of = sweep.snapshot
        config = configs[of["run_id"]]
        lines.append({
            "run_id": of["run_id"], "seed": int(of["seed"]), "index": int(of["index"]),
            "samples": int(of["samples"]), "train_flops": float(of["train_flops"]),
            "rule": config["search"]["rule"]["name"],
            "held": config["replay_ratio"] != replay_ratio,
            "nodes": int(config["search"]["nodes"]),
        })  # fmt: skip
    snapshots = pd.DataFrame(lines).sort_values([*ARM, "seed", "train_flops"])
    place = snapshots.index.to_numpy()
    first = found[0][0]
    return JudgedBoard(
        size=size,
        snapshots=snapshots.reset_index(drop=True),
        budgets=first.budgets,
        blunders=np.stack([found[k][0].blunders for k in place]),
        weight=first.weight[first.won],
        policy_kl=np.array([found[k][1] for k in place], float),
    )


class Strengths:
    """Log-odds of every snapshot with every search, measured and resampled."""

    def __init__(self, board: JudgedBoard, resamples: int = RESAMPLES) -> None:
        self.board = board
        rng = np.random.default_rng(0)
        count = len(board.weight)
        often = rng.multinomial(count, np.full(count, 1 / count), resamples)
        weight = board.weight * np.vstack([np.ones(count), often])
        weight /= weight.sum(1, keepdims=True)
        rates = np.einsum("skw,rw->rsk", board.blunders, weight, optimize=True)
        effective = board.weight.sum() ** 2 / (board.weight**2).sum()
        self.of_snapshots = log_odds(rates, effective)  # [R, S, K]
        self._runs: dict[Arm, Int[np.ndarray, "R N"]] = {}  # by arm, which of its N runs
        for arm, own in board.snapshots.groupby(list(ARM)):
            runs = own["run_id"].nunique()
            picked = rng.integers(runs, size=(resamples, runs))
            self._runs[tuple(arm)] = np.vstack([np.arange(runs), picked])  # pyright: ignore
        fresh = board.snapshots.index[board.snapshots["train_flops"] == 0]
        self.untrained = self.of_snapshots[:, fresh, 0].mean(1)  # [R]

    def at(self, column: str, value: float) -> tuple[list[Arm], Float[np.ndarray, "R M K"]]:
        """The arms at one moment: means over their runs.

        Args:
            column: `samples` or `train_flops`.
            value: of it; between two snapshots a line in its logarithm. Left out are arms with a
                run that does not get so far, or whose first snapshot is later.
        """
        arms, values = [], []
        trained = self.board.snapshots[self.board.snapshots["train_flops"] > 0]
        for arm, own in trained.groupby(list(ARM)):
            runs = [self._on_the_way(run, column, value) for _, run in own.groupby("run_id")]
            there = [run for run in runs if run is not None]
            if len(there) < len(runs):
                continue
            of_runs = np.stack(there, axis=1)  # [R, N, K]
            picked = self._runs[tuple(arm)]  # pyright: ignore
            arms.append(tuple(arm))  # pyright: ignore
            values.append(np.take_along_axis(of_runs, picked[:, :, None], axis=1).mean(1))
        draws, _, budgets = self.of_snapshots.shape
        return arms, np.stack(values, axis=1) if arms else np.zeros((draws, 0, budgets))

    def _on_the_way(self, run: pd.DataFrame, column: str, value: float) -> np.ndarray | None:
        """A run [R, K] at a moment."""
        where, wanted = np.log(run[column].to_numpy(float)), math.log(value)
        if not where[0] - 1e-9 <= wanted <= where[-1] + 1e-9:
            return None
        shares = np.array([np.interp(wanted, where, one) for one in np.eye(len(where))])
        return np.einsum("rsk,s->rk", self.of_snapshots[:, run.index], shares)


def log_odds(rates: np.ndarray, effective: float) -> np.ndarray:
    """Log-odds of keeping a won position, half an event added on each side (Haldane 1956,
    "The estimation and significance of the logarithm of a ratio of frequencies"), so that no
    blunder among `effective` positions is not infinitely strong."""
    half = 0.5 / effective
    return np.log((1 - rates + half) / (rates + half))


def retention(
    strength: Float[np.ndarray, "R M K"], untrained: Float[np.ndarray, "R"]
) -> Float[np.ndarray, "R M K"]:
    """Share of what training and a search of K nodes gain together that the raw policy has alone:
    (raw − untrained) / (searched − untrained). 1 means that the search adds nothing; NaN where
    nothing was gained at all."""
    zero = untrained[:, None, None]
    gained = strength - zero
    return (strength[:, :, :1] - zero) / np.where(gained == 0, np.nan, gained)


def equivalent_nodes(
    older: Float[np.ndarray, "R M K"], raw: Float[np.ndarray, "R M"], budgets: Sequence[int]
) -> Float[np.ndarray, "R M"]:
    """Nodes that an older network needs to be as strong as a later raw policy: where its strength
    first rises so far, between two budgets a line in the logarithm; infinite if it never does."""
    enough = older >= raw[:, :, None]
    first = enough.argmax(-1)
    before = np.maximum(first - 1, 0)
    low, high = (
        np.take_along_axis(older, place[:, :, None], -1)[..., 0] for place in (before, first)
    )
    rise = np.where(high > low, high - low, 1.0)
    share = np.where(first > 0, (raw - low) / rise, 1.0)
    at = np.log(np.array(budgets, float))
    found = np.exp(at[before] + share * (at[first] - at[before]))
    return np.where(enough.any(-1), found, np.inf)


def rank_correlation(strength: Float[np.ndarray, "R M K"]) -> Float[np.ndarray, "R K"]:
    """Spearman's, over M arms, between the raw policies and searches of K nodes."""
    ranks = scipy.stats.rankdata(strength, axis=1)
    centred = ranks - ranks.mean(1, keepdims=True)
    raw = centred[:, :, :1]
    length = np.sqrt((centred**2).sum(1) * (raw**2).sum(1))
    return (centred * raw).sum(1) / np.where(length > 0, length, np.nan)


def with_interval(draws: Float[np.ndarray, "R"]) -> tuple[float, float, float]:
    """The measurement, and the 95 % interval of its resamples."""
    return (float(draws[0]), *percentile_interval(draws[1:], LEVEL))


def arms_at(
    strengths: Strengths, comparison: str, share: float = 1.0
) -> tuple[list[Arm], Float[np.ndarray, "R M K"]]:
    """The arms of a comparison at its end, or at a share of its samples or compute.

    Args:
        strengths: of a board.
        comparison: of `COMPARISONS`.
        share: of the way.
    """
    board = strengths.board
    if comparison == "samples":
        arms, values = strengths.at("samples", share * board.samples)
    else:
        arms, values = strengths.at("train_flops", share * board.flops)
    # With as many nodes as the shares are held at, the run is the same one.
    kept = [
        place
        for place, (rule, held, nodes) in enumerate(arms)
        if held == (comparison == "held")
        or (comparison == "held" and (rule, nodes) == ("puct", REFERENCE))
    ]
    return [arms[place] for place in kept], values[:, kept]


def retention_rows(strengths: Strengths, comparison: str) -> pd.DataFrame:
    """What every arm keeps in its weights.

    Returns:
        A row an arm and budget of play: boardsize, comparison, rule, nodes (in training), played
        (nodes at play time), rate (of blunders), policy_kl (from the search to the raw policy, of
        the last snapshots), retention, low and high; these NaN where the gain itself cannot be
        told from 0.
    """
    arms, values = arms_at(strengths, comparison)
    kept = retention(values, strengths.untrained)
    gained = values - strengths.untrained[:, None, None]
    board = strengths.board
    last = board.snapshots.groupby("run_id").tail(1)
    lines = []
    for m, (rule, held, nodes) in enumerate(arms):
        ends = last[(last["rule"] == rule) & (last["held"] == held) & (last["nodes"] == nodes)]
        divergence = board.policy_kl[ends.index].mean(0)
        for k, played in enumerate(board.budgets):
            middle, low, high = with_interval(kept[:, m, k])
            if with_interval(gained[:, m, k])[1] <= 0:
                middle = low = high = math.nan
            lines.append((
                board.size, comparison, rule, nodes, played, 1 / (1 + math.exp(values[0, m, k])),
                divergence[k], middle, low, high,
            ))  # fmt: skip
    names = ["boardsize", "comparison", "rule", "nodes", "played", "rate", "policy_kl",
             "retention", "low", "high"]  # fmt: skip
    return pd.DataFrame(lines, columns=pd.Index(names))


def equivalent_rows(strengths: Strengths, shares: Sequence[float]) -> pd.DataFrame:
    """The search that an arm's older networks need to be as strong as its raw policy at the end.

    Returns:
        A row an arm of equal samples and share of the way: boardsize, rule, nodes, share,
        equivalent (infinite where the largest search is too small), low and high.
    """
    board = strengths.board
    newest, values = arms_at(strengths, "samples")
    raw = dict(zip(newest, np.moveaxis(values[:, :, 0], 1, 0), strict=True))
    lines = []
    for share in shares:
        arms, older = arms_at(strengths, "samples", share)
        there = [m for m, arm in enumerate(arms) if arm in raw]
        if not there:
            continue
        wanted = np.stack([raw[arms[m]] for m in there], axis=1)
        found = equivalent_nodes(older[:, there], wanted, board.budgets)
        for place, m in enumerate(there):
            rule, _, nodes = arms[m]
            lines.append((board.size, rule, nodes, share, *with_interval(found[:, place])))
    names = ["boardsize", "rule", "nodes", "share", "equivalent", "low", "high"]
    return pd.DataFrame(lines, columns=pd.Index(names))


def ranking_rows(strengths: Strengths) -> pd.DataFrame:
    """Whether what is best without search is best with it.

    Returns:
        A row a comparison and budget of play: boardsize, comparison, played, correlation (of ranks
        of PUCT's arms with those of their raw policies), low, high, best (nodes in training of the
        strongest arm).
    """
    lines = []
    for comparison in COMPARISONS:
        arms, values = arms_at(strengths, comparison)
        own = [m for m, (rule, _, _) in enumerate(arms) if rule == "puct"]
        if len(own) < 3:
            continue
        correlation = rank_correlation(values[:, own])
        for k, played in enumerate(strengths.board.budgets):
            best = arms[own[int(values[0, own, k].argmax())]][2]
            lines.append((
                strengths.board.size, comparison, played, *with_interval(correlation[:, k]), best,
            ))  # fmt: skip
    names = ["boardsize", "comparison", "played", "correlation", "low", "high", "best"]
    return pd.DataFrame(lines, columns=pd.Index(names))


def best_budgets(
    strengths: Strengths, shares: Sequence[float], played: Sequence[int]
) -> pd.DataFrame:
    """The nodes of a self-play search that are best for a given compute.

    Returns:
        A row a rule, whether the learner's share is held, share of the compute and budget of play:
        boardsize, rule, held, train_flops, played, best, low and high (of resamples), rate.
    """
    board, lines = strengths.board, []
    for share in shares:
        arms, values = strengths.at("train_flops", share * board.flops)
        for rule, held in sorted({arm[:2] for arm in arms}):
            own = [
                m
                for m, arm in enumerate(arms)
                if arm[:2] == (rule, held) or (held and arm == (rule, False, REFERENCE))
            ]
            if len(own) < 3:
                continue
            nodes = np.array([arms[m][2] for m in own], float)
            for k in map(board.budgets.index, played):
                best = nodes[values[:, own, k].argmax(1)]
                rate = 1 / (1 + math.exp(values[0, own, k].max()))
                lines.append((
                    board.size, rule, held, share * board.flops, board.budgets[k],
                    *with_interval(best), rate,
                ))  # fmt: skip
    names = ["boardsize", "rule", "held", "train_flops", "played", "best", "low", "high", "rate"]
    return pd.DataFrame(lines, columns=pd.Index(names))


def rates_by_search(strengths: Strengths) -> pd.DataFrame:
    """A row a snapshot and budget of play: boardsize, the columns of its run, played, rate and
    policy_kl."""
    board = strengths.board
    rates = 1 / (1 + np.exp(strengths.of_snapshots[0]))
    frames = [
        board.snapshots.assign(
            boardsize=board.size, played=n, rate=rates[:, k], policy_kl=board.policy_kl[:, k]
        )
        for k, n in enumerate(board.budgets)
    ]
    return pd.concat(frames, ignore_index=True)
