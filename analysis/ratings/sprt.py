"""Is A stronger than B? A sequential test on paired games, with fixed chances of error.

Wald 1945: games are added until the log likelihood ratio of H1 (A leads by `elo1`) against H0 (by
`elo0`) leaves [log β/(1−α), log (1−β)/α]. Bounds and hypotheses are fixed beforehand, so looking
after every game costs nothing, as it does with an interval.

The two games of an opening are not independent: an opening that favours black gives each side one
win. So the unit is the pair, with A's score 0, ½, 1, 1½ or 2 (the *pentanomial*; without draws
only 0, 1 and 2 occur), and the likelihoods are those of the nearest distributions to the observed
one whose mean is H0's or H1's score: the generalised SPRT of Van den Bergh's "A practical
introduction to the GSPRT", as in Fishtest.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
import scipy.optimize
from scipy.special import expit

from analysis.ratings.bradley_terry import ELO
from games.errors import InputError

SCORES = np.array([0, 0.25, 0.5, 0.75, 1.0])  # of a pair, as a share
_NEVER_SEEN = 1e-3  # of a pair's result, so that one never seen is not thought impossible

Accepted = Literal["H1", "H0", "undecided"]


class Sprt(NamedTuple):
    """State of the test."""

    verdict: Accepted  # H1: A leads by elo1 rather than by elo0
    llr: float  # log likelihood ratio of H1 against H0
    lower: float  # H0 is accepted below
    upper: float  # H1 is accepted above
    pairs: int
    elo: float  # the lead that the score so far says
    elo_se: float


def sprt(
    pair_scores: np.ndarray,
    *,
    elo0: float = 0.0,
    elo1: float = 20.0,
    alpha: float = 0.05,
    beta: float = 0.05,
) -> Sprt:
    """The test after these results.

    Args:
        pair_scores: how many pairs A scored 0, ½, 1, 1½ and 2 points in, [5].
        elo0: lead of A under H0.
        elo1: lead of A under H1.
        alpha: chance to accept H1 where H0 holds.
        beta: chance to accept H0 where H1 holds.

    Raises:
        InputError: if counts are no counts, elo0 ≥ elo1, or a chance is not within (0, ½).
    """
    counts = np.asarray(pair_scores, float)
    if counts.shape != (5,) or not np.all(np.isfinite(counts) & (counts >= 0)):
        raise InputError(f"pair scores must be 5 counts, of 0 to 2 points in steps of ½: {counts}")
    if not elo0 < elo1:
        raise InputError(f"sprt: elo0 must be below elo1, got {elo0} and {elo1}")
    if not (0 < alpha < 0.5 and 0 < beta < 0.5):
        raise InputError(f"sprt: alpha and beta must lie between 0 and 0.5, got {alpha}, {beta}")
    lower, upper = math.log(beta / (1 - alpha)), math.log((1 - beta) / alpha)
    pairs = counts.sum()
    if pairs == 0:
        return Sprt("undecided", 0.0, lower, upper, 0, 0.0, math.inf)
    p = np.maximum(counts, _NEVER_SEEN)
    p /= p.sum()
    closest = [_closest(p, float(expit(elo / ELO))) for elo in (elo0, elo1)]
    llr = float(pairs * (p * np.log(closest[1] / closest[0])).sum())
    verdict: Accepted = "H1" if llr >= upper else "H0" if llr <= lower else "undecided"
    mean = float(p @ SCORES)
    se = math.sqrt(float(p @ (SCORES - mean) ** 2) / pairs)
    slope = ELO / (mean * (1 - mean))
    return Sprt(verdict, llr, lower, upper, int(pairs), score_elo(mean), slope * se)


def score_elo(score: float) -> float:
    """The lead in Elo that a score says."""
    return ELO * math.log(score / (1 - score))


def _closest(p: np.ndarray, mean: float) -> np.ndarray:
    """The maximum-likelihood distribution on `SCORES` with this mean, given shares p [5].

    Lagrange: q_i = p_i / (1 + t (s_i − mean)), with t such that Σ q_i (s_i − mean) = 0.
    """
    gap = SCORES - mean
    # Every q must be positive; at the two ends one of them is infinite.
    low, high = -1 / gap.max(), -1 / gap.min()
    margin = 1e-9 * (high - low)
    t = scipy.optimize.brentq(
        lambda t: float((p * gap / (1 + t * gap)).sum()), low + margin, high - margin
    )
    return p / (1 + float(t) * gap)  # pyright: ignore[reportArgumentType]
