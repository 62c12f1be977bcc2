"""What search adds to one network: Elo, a share of what it lacks to perfect play, or both.

A snapshot of raw strength a (below 0, perfect play) that searches n nodes may gain alike at any
strength, or close a share of its gap with every tenfold search, or do both:

    additive            Elo = a + t·log₁₀ n
    share of the gap    Elo = a·n^(−k)                  a decade closes 1 − 10^(−k) of the gap
    interacting         Elo = a·n^(−k) + t·log₁₀ n

The two first are the third with k = 0 and with t = 0. Every snapshot has an a of its own, so no law
of training is assumed. Each form is fitted by least squares weighted with the ratings' errors; χ²
over degrees of freedom is 1 where a form misses by as much as those errors say.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy.optimize

from analysis.statistics.bootstrap import percentile_interval

FORMS = {"additive": (False, True), "share of the gap": (True, False), "interacting": (True, True)}
"""By name: whether k is free, and whether t is."""
_MOST = 1.0  # k: nine tenths of the gap a decade


class Form(NamedTuple):
    """One form fitted to one board, with 95 % intervals that draw the runs anew."""

    name: str
    misfit: float  # χ² over degrees of freedom
    share: tuple[float, float, float]  # of the gap that a decade of nodes closes; 0 if not free
    elo: tuple[float, float, float]  # that a decade adds besides; 0 if not free


def search_forms(agents: pd.DataFrame, *, resamples: int = 100, seed: int = 0) -> list[Form]:
    """All forms, fitted to the agents of one board.

    Args:
        agents: columns run_id, snapshot_id, nodes, elo, error (standard error of elo up to what all
            agents share); as from `analysis.laws.search.fixed_network.swept`.
        resamples: of the runs.
        seed: of the resamples.
    """
    run, _ = pd.factorize(agents["run_id"])
    runs = int(run.max()) + 1
    rng = np.random.default_rng(seed)
    counts = [np.bincount(rng.integers(runs, size=runs), minlength=runs) for _ in range(resamples)]
    snapshot, names = pd.factorize(agents["snapshot_id"])
    log_nodes = np.log10(agents["nodes"].to_numpy(float))
    elo, weight = agents["elo"].to_numpy(float), agents["error"].to_numpy(float) ** -2.0
    found = []
    for name, (with_share, with_elo) in FORMS.items():
        fits = [
            _fit(log_nodes, elo, weight * often[run], snapshot, with_share, with_elo)
            for often in (np.ones(runs), *counts)
        ]
        freedom = len(agents) - len(names) - with_share - with_elo
        share, gain = (np.array([fit[place] for fit in fits]) for place in (1, 2))
        found.append(
            Form(
                name,
                fits[0][0] / max(freedom, 1),
                (float(share[0]), *percentile_interval(share[1:], 0.95)),
                (float(gain[0]), *percentile_interval(gain[1:], 0.95)),
            )
        )
    return found


def _fit(
    log_nodes: np.ndarray,
    elo: np.ndarray,
    weight: np.ndarray,
    snapshot: np.ndarray,
    with_share: bool,
    with_elo: bool,
) -> tuple[float, float, float]:
    """χ², share that a decade closes, and Elo that it adds; all arrays [N]."""

    def at(k: float) -> tuple[float, float]:
        # For a given k the form is linear in every a and in t: the a are projected out.
        left = 10 ** (-k * log_nodes)
        norm = np.bincount(snapshot, weight * left**2)
        norm = np.where(norm > 0, norm, 1.0)  # of a run that was not drawn

        def rest(values: np.ndarray) -> np.ndarray:
            raw = np.bincount(snapshot, weight * left * values) / norm
            return values - left * raw[snapshot]

        off, along = rest(elo), rest(log_nodes)
        run = float((weight * along**2).sum())
        gain = float((weight * off * along).sum()) / run if with_elo and run > 0 else 0.0
        return float((weight * (off - gain * along) ** 2).sum()), gain

    k = 0.0
    if with_share:
        found = scipy.optimize.minimize_scalar(lambda k: at(k)[0], bounds=(-_MOST, _MOST))
        k = float(found["x"])  # pyright: ignore[reportIndexIssue] SciPy's result is a mapping
    misfit, gain = at(k)
    return misfit, 1 - 10**-k, gain
