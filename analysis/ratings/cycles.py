"""How often chance alone makes results as cyclic as those found: the p-value of non-transitivity.

Statistic: Pearson's χ² of what no ratings can explain. With residual wins r = score − expected of
every pair [M], their variances V and the pairs' design A [M, P] (+1 first, −1 second player),

    r⊥ = r − V A (AᵀVA)⁺ Aᵀ r,        χ² = Σ r⊥² / V

where r⊥ is what is left after the ratings have taken, to first order, the step to the maximum of
the likelihood (a score test). The found residuals and every simulated league are treated alike, so
nothing has to be assumed about how many degrees of freedom the ratings used up, nor about the tail:
χ²'s own distribution, scaled or not, is wrong where pairs expect less than a few wins of each side.
Small leagues are enumerated, all others simulated from the chances that are given.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg
import scipy.sparse
import scipy.stats

SIMULATIONS = 999, 3_999  # at least and at most
_DRAWS = 500_000  # of single pairs, if these allow for more than the least
ENUMERATED = 4_096  # leagues with no more outcomes are enumerated
_AT_ONCE = 100  # simulated leagues held in memory
_TIE = 1e-9  # relative; equal results must not be told apart by their last bits


def p_value(
    first: np.ndarray,
    second: np.ndarray,
    games: np.ndarray,
    score: np.ndarray,
    chance: np.ndarray,
    *,
    seed: int = 0,
) -> float:
    """Probability that a league without cycles is as cyclic as this one.

    Args:
        first: index of a player, one entry a pair that met [M].
        second: index of its opponent [M].
        games: of each pair, both colours together [M].
        score: points of `first` [M].
        chance: expected points of `first` a game, by ratings [M]; V is theirs too.
        seed: of the simulation.
    """
    games = games.round().astype(int)
    chance = np.clip(chance, 1e-12, 1 - 1e-12)
    variance = games * chance * (1 - chance)
    unexplained = _Projection(first, second, variance)

    def cyclic(scores: np.ndarray) -> np.ndarray:
        return unexplained(scores - games * chance)

    least = cyclic(np.asarray(score, float)[None])[0] * (1 - _TIE) - _TIE
    if np.log(games + 1).sum() <= np.log(ENUMERATED) + _TIE:  # the product may overflow
        scores = np.indices((games + 1).tolist()).reshape(len(games), -1).T
        weight = scipy.stats.binom.pmf(scores, games, chance).prod(axis=1)
        return float(weight[cyclic(scores) >= least].sum())
    rng = np.random.default_rng(seed)
    as_large, simulations = 0, int(np.clip(_DRAWS // len(games), *SIMULATIONS))
    for start in range(0, simulations, _AT_ONCE):
        count = min(_AT_ONCE, simulations - start)
        scores = rng.binomial(games, chance, (count, len(games)))
        as_large += int((cyclic(scores) >= least).sum())
    return (1 + as_large) / (1 + simulations)


class _Projection:
    """χ² of residuals once the ratings have explained what they can."""

    def __init__(self, first: np.ndarray, second: np.ndarray, variance: np.ndarray) -> None:
        players, ends = np.unique(np.concatenate([first, second]), return_inverse=True)
        first, second = ends[: len(first)], ends[len(first) :]
        self._variance = variance
        signs, pairs = np.repeat([1.0, -1.0], len(variance)), np.tile(np.arange(len(variance)), 2)
        self._pairs = scipy.sparse.csr_array((signs, (ends, pairs)))  # Aᵀ [P, M]
        information = np.zeros((len(players), len(players)))
        np.add.at(information, (first, second), -variance)
        information += information.T
        np.fill_diagonal(information, -information.sum(axis=1))
        # Each group of players may shift as a whole: these directions are fixed, not inverted.
        scale = np.trace(information) / len(players)
        self._factor = scipy.linalg.cho_factor(
            information + scale * 1e-9 * np.eye(len(players)), check_finite=False
        )

    def __call__(self, residual: np.ndarray) -> np.ndarray:
        """Residuals [N, M] → χ² [N]."""
        push = self._pairs @ residual.T
        # χ² of the whole less that of the step: Σ r²/V − pushᵀ (AᵀVA)⁻¹ push.
        step = scipy.linalg.cho_solve(self._factor, push, check_finite=False)
        total = (residual**2 / self._variance).sum(axis=1)
        return np.maximum(total - (push * step).sum(axis=0), 0.0)
