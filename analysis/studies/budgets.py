"""Budgets by position in tables: what searches that a rule stops throw away, against uniform ones.

Intervals are over networks and positions at once (`analysis.studies.play_time`).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from analysis.studies.play_time import RESAMPLES, Drawn, Resamples, nodes_for


class Aim(NamedTuple):
    """Evaluations that a position is to get on the mean, and at most."""

    mean: int
    cap: int


class Traced(NamedTuple):
    """Searches of networks of one shape on one board, traced to the end, and where rules stop."""

    boardsize: int
    network: str
    c_puct: float  # weight of the prior
    budgets: np.ndarray  # [K] evaluations, rising
    blunder: np.ndarray  # bool [M, K, N]
    rules: pd.DataFrame  # a row a rule, setting and cap [S]: rule, setting, cap
    stop: np.ndarray  # [M, S, N] index of a budget
    half: np.ndarray  # bool [N]; settings and predictors of each half were fitted on the other
    chance: np.ndarray  # [M, caps, N] of search helping, as the predictor says


RULE_KEYS = ("c_puct", "target", "cap", "rule")
"""What tells rules apart beside the measurement, in `Drawn.told`."""


def draw_rules(traced: Traced, aims: Sequence[Aim], resamples: int = RESAMPLES) -> list[Drawn]:
    """How many times more a uniform budget would have to be to play as well as each rule.

    A rule's setting is the one whose mean comes nearest to the wanted one. Each half of the
    positions is told of with what the other chose.

    Args:
        traced: the searches.
        aims: what a position is to get.
        resamples: bootstrap resamples.

    Returns:
        One an aim and rule, against a uniform budget of its mean; `told` holds boardsize, network,
        c_puct, target (the mean that was aimed at), cap, rule, setting, evaluations (the mean) and
        tail (their 95th percentile).
    """
    networks, _, positions = traced.blunder.shape
    drawn = Resamples.drawn(networks, positions, resamples)
    everywhere = np.ones((networks, positions), bool)
    curve = drawn.means(traced.blunder, everywhere)  # [R, K]
    made = traced.budgets[traced.stop]  # [M, S, N]
    fell = np.take_along_axis(traced.blunder, traced.stop, axis=1)
    found = []
    for aim, (rule, own) in itertools.product(aims, traced.rules.groupby("rule", sort=False)):
        index = own.index[own["cap"] == aim.cap].to_numpy()
        one, other = (_nearest(made, index, half, aim.mean) for half in (traced.half, ~traced.half))
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
            "boardsize": traced.boardsize, "network": traced.network, "c_puct": traced.c_puct,
            "target": aim.mean, "cap": aim.cap, "rule": rule,
            "setting": " / ".join(dict.fromkeys(traced.rules.loc[[one, other], "setting"])),
            "evaluations": cost[0], "tail": float(np.quantile(spent, 0.95)),
        }  # fmt: skip
        found.append(Drawn(told, rates, rates - uniform, factors))
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
