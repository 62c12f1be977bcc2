"""Which games tell most: the next matches are those that shrink the wanted intervals most.

Ratings θ have the covariance C. n games between i and j add the Fisher information
w = n·p(1−p) along d = e_i − e_j, so that (Sherman & Morrison 1950)

    C' = C − w (C d)(C d)ᵀ / (1 + w dᵀC d),

and the variance of θ_k − θ_zero falls by w (C_k·d − C_zero·d)² / (1 + w dᵀC d). Pairs are taken
greedily by Σ_k of that fall over the variance itself, the fall of Σ log variance, so that the
worst known of a long ladder does not take all games. p is not known either: p(1−p) is averaged
over what the ratings leave open, so that a player who lost everything is not given up.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from analysis.ratings.bradley_terry import ELO, Ratings

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(7)


def choose_pairs(
    ratings: Ratings, games: int, pairs: int, *, target_se: float = 0.0
) -> list[tuple[int, int]]:
    """The pairs to play next, as places in `ratings.players`; the most telling first.

    Args:
        ratings: what is known; intervals on differences to `ratings.zero` are wanted.
        games: that each pair will play, half of them with each colour.
        pairs: how many pairs at most, all different.
        target_se: in Elo; players known as well as that want no more.

    Returns:
        No pairs if every player is known well enough.
    """
    P = len(ratings.players)
    zero = ratings.players.index(ratings.zero)
    C = ratings.covariance / ELO**2
    variance = (ratings.se / ELO) ** 2
    wanted = (ratings.se > target_se) & (np.arange(P) != zero)
    if not wanted.any():
        return []
    weight = np.where(wanted, 1 / np.maximum(variance, 1e-12), 0.0)
    information = games * _expected_information(ratings)

    to_zero = C - C[zero]  # [P, P], row k is C_k − C_zero
    fall = to_zero.T @ (weight[:, None] * to_zero)  # Σ_k weight_k (C_k − C_zero)(C_k − C_zero)ᵀ
    open_pairs = np.triu(np.ones((P, P), bool), k=1)
    chosen = []
    for _ in range(min(pairs, P * (P - 1) // 2)):
        gain = information * _spread(fall) / (1 + information * _spread(C))
        i, j = divmod(int(np.argmax(np.where(open_pairs, gain, -1))), P)
        chosen.append((i, j))
        open_pairs[i, j] = False
        u = C[:, i] - C[:, j]
        share = information[i, j] / (1 + information[i, j] * (u[i] - u[j]))
        g = u - u[zero]
        pull = np.outer(to_zero.T @ (weight * g), u)
        fall += share**2 * (weight @ g**2) * np.outer(u, u) - share * (pull + pull.T)
        C = C - share * np.outer(u, u)
        to_zero = to_zero - share * np.outer(g, u)
    return chosen


def _spread(matrix: np.ndarray) -> np.ndarray:
    """dᵀ M d for d = e_i − e_j, every i and j, [P, P]."""
    diagonal = np.diag(matrix)
    return np.maximum(diagonal[:, None] + diagonal - 2 * matrix, 0.0)


def _expected_information(ratings: Ratings) -> np.ndarray:
    """p(1−p) of one game of each pair [P, P], both colours alike, averaged over θ_i − θ_j."""
    theta = ratings.elo / ELO
    gap = theta[:, None] - theta
    deviation = np.sqrt(_spread(ratings.covariance)) / ELO
    delta = ratings.first_player_elo / ELO
    information = np.zeros_like(gap)
    for node, node_weight in zip(_NODES, _WEIGHTS / _WEIGHTS.sum(), strict=True):
        for black in (delta, -delta):
            p = expit(gap + node * deviation + black)
            information += node_weight / 2 * p * (1 - p)
    return information
