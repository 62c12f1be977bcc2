"""Ratings by one half of the games and by the other, so that no frontier flatters itself.

The best of many ratings is the best partly by luck (the winner's curse): whoever picks a frontier
and reports it on the same games draws it too high. So one half of the games picks, the other half
reports. Nothing is rated anew for that. With ratings θ̂ ~ N(θ, C) and a draw z ~ N(0, C) of our own,

    θ̂ + z   and   θ̂ − z

are independent, each N(θ, 2C), as ratings by two random halves of all games would be (Rasines &
Young 2023, "Splitting strategies for post-selection inference", Biometrika 110; Leiner et al. 2023,
"Data fission", JASA 120). Every z is one split; a mean over many wastes no game. Round θ̂, θ̂ − z is
also a parametric bootstrap over games: its spread is the sampling error of the ratings.

C is the Laplace approximation of the rating fit. It is close for whoever both won and lost some
games, and too tight below a player who lost them all.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy.linalg

from analysis.ratings.bradley_terry import Ratings

Seed = int | tuple[int, ...]


class Halves(NamedTuple):
    """Ratings of N players by both halves of the games, split R times; in Elo."""

    pick: np.ndarray  # [R, N]
    report: np.ndarray  # [R, N] zero at the player that `pick` puts on top

    def of(self, players: np.ndarray) -> Halves:
        """Those of some players, by place or mask."""
        return Halves(self.pick[:, players], self.report[:, players])

    @classmethod
    def of_boards(cls, boards: list[Halves]) -> Halves:
        """The players of several boards, one after the other."""
        return cls(*(np.concatenate(parts, axis=1) for parts in zip(*boards, strict=True)))


def split_ratings(ratings: Ratings, splits: int, seed: Seed) -> Halves:
    """Split the games of a league `splits` times.

    Args:
        ratings: of the league. A zero that is the best is picked anew by each half, among
            `ratings.eligible`; one that was named stays.
        splits: R.
        seed: of the splits.
    """
    factor = scipy.linalg.cholesky(ratings.covariance, lower=True)
    draws = np.random.default_rng(seed).standard_normal((splits, len(factor))) @ factor.T
    return _halves(ratings.elo, draws, ratings.eligible)


def split_scores(elo: np.ndarray, se: np.ndarray, splits: int, seed: Seed) -> Halves:
    """The same for ratings [N] whose errors `se` [N] are independent; they keep their zero."""
    draws = np.random.default_rng(seed).standard_normal((splits, len(elo))) * se
    return _rounded(elo + draws, elo - draws)


def _halves(elo: np.ndarray, draws: np.ndarray, eligible: np.ndarray) -> Halves:
    pick, report = elo + draws, elo - draws
    top = np.where(eligible, pick, -np.inf).argmax(axis=1)[:, None]
    return _rounded(
        pick - np.take_along_axis(pick, top, axis=1),
        report - np.take_along_axis(report, top, axis=1),
    )


def _rounded(pick: np.ndarray, report: np.ndarray) -> Halves:
    """To a millionth of an Elo, as `analysis.laws.frontier.ratings_of` and for its reason."""
    return Halves(pick.round(6), report.round(6))
