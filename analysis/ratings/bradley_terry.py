"""Bradley–Terry ratings with a first-player term, by penalised maximum likelihood.

    P(black i beats white j) = σ(θ_i − θ_j + δ)                     Bradley & Terry 1952; Davidson
                                                                    & Beaver 1977 for the order δ
θ and δ are in natural-log units inside this file and in Elo (× 400/ln 10) everywhere outside it.
A draw is half a win for each side. Three weak priors keep every answer finite:

* each player also drew `prior_games` virtual games, spread over its opponents as its real games
  are (Coulom's BayesElo). A ridge on θ would do the same for a player who lost every game, but it
  also shrinks the whole scale, and with it every slope, on a ladder whose ends never meet; virtual
  draws between those who did meet do not care how long the ladder is;
* the mean of each connected group of players, on which the likelihood is silent, is
  N(0, `GROUP_SD`);
* δ is N(0, `FIRST_PLAYER_SD`), which only matters when the colours were not balanced.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Hashable

import numpy as np
import pandas as pd
import scipy.linalg
from scipy.special import expit, log_expit, ndtr

from analysis.ratings.results import DISCONNECTED, ONE_COLOUR, UNPLAYED, Results, add_up
from games.errors import InputError

ELO = 400 / np.log(10)  # Elo in one natural-log unit
GROUP_SD = 1000 / ELO
FIRST_PLAYER_SD = 500 / ELO

_TOLERANCE = 1e-8  # largest Newton step, in natural-log units, at which the fit has converged
_MAX_ITERATIONS = 100


@dataclasses.dataclass(frozen=True)
class Ratings:
    """Ratings of P players; every number in Elo."""

    players: list[Hashable]
    elo: np.ndarray  # [P] zero at `zero`
    se: np.ndarray  # [P] standard error of the difference to `zero`
    games: np.ndarray  # [P]
    flags: list[tuple[str, ...]]  # [P] why a rating is not to be trusted; empty when it is
    zero: Hashable
    eligible: np.ndarray  # [P] who might be the zero: one, if it was named
    first_player_elo: float  # black's advantage; 0 when fitted without it
    first_player_se: float
    covariance: np.ndarray  # [P, P] of the ratings before they are shifted to `zero`

    @functools.cached_property
    def _index(self) -> dict[Hashable, int]:
        return {player: i for i, player in enumerate(self.players)}

    def difference(self, first: Hashable, second: Hashable) -> tuple[float, float]:
        """Elo by which `first` leads `second`, and its standard error from the covariance."""
        i, j = self._at(first), self._at(second)
        C = self.covariance
        return float(self.elo[i] - self.elo[j]), float(
            np.sqrt(max(C[i, i] + C[j, j] - 2 * C[i, j], 0.0))
        )

    def superiority(self, first: Hashable, second: Hashable) -> float:
        """Likelihood of superiority: probability that `first` is the stronger (Laplace)."""
        lead, se = self.difference(first, second)
        return float(ndtr(lead / se)) if se > 0 else 0.5

    def table(self) -> pd.DataFrame:
        """Columns player, elo, se, low, high (95 %), games, flags; the strongest first."""
        frame = pd.DataFrame(
            {
                "player": self.players,
                "elo": self.elo,
                "se": self.se,
                "low": self.elo - 1.96 * self.se,
                "high": self.elo + 1.96 * self.se,
                "games": self.games,
                "flags": [", ".join(flags) for flags in self.flags],
            }
        )
        return frame.sort_values("elo", ascending=False, kind="stable", ignore_index=True)

    def _at(self, player: Hashable) -> int:
        if player not in self._index:
            raise InputError(f"no rated player is called {player!r}")
        return self._index[player]


def rate(
    matches: pd.DataFrame,
    *,
    zero: Hashable | None = None,
    first_player: bool = True,
    prior_games: float = 0.5,
) -> Ratings:
    """Rate players from match rows.

    Args:
        matches: columns black, white, black_wins, white_wins and, optionally, draws; any number
            of rows a pair, in any order.
        zero: the player whose rating is 0 Elo; by default the best of those who are joined to the
            main group, in both colours if these count, and have half the games of the median
            player: whoever won everything may be the zero, a newcomer with two wins may not.
        first_player: fit δ. Without it ratings explain the win rate averaged over both colours,
            as Jones 2021 did, and need matches balanced in colour.
        prior_games: virtual draws of each player.

    Raises:
        InputError: if columns are missing, counts are negative or not numbers, nobody has met
            anybody, or `zero` has not played.
    """
    results = add_up(matches)
    estimate, hessian = _maximise(results, first_player, prior_games)
    covariance = ELO**2 * scipy.linalg.inv(hessian, check_finite=False)
    theta, delta = estimate[:-1], estimate[-1]

    flags = results.flags()
    games = results.per_player(results.games, results.games)
    if zero is None:
        eligible = _may_be_zero(flags, games, first_player)
    elif zero in results.players:
        eligible = np.array([player == zero for player in results.players])
    else:
        raise InputError(f"the zero of the scale, {zero!r}, is not among the players")
    at_zero = int(np.argmax(np.where(eligible, theta, -np.inf)))

    C = covariance[:-1, :-1]
    variance = np.diag(C) + C[at_zero, at_zero] - 2 * C[at_zero]
    return Ratings(
        players=results.players,
        # To a millionth: the last bits depend on where arrays lie in memory, and what is tied or
        # hardly determined should not.
        elo=np.round(ELO * (theta - theta[at_zero]), 6),
        se=np.sqrt(np.maximum(variance, 0.0)),
        games=games,
        flags=flags,
        zero=results.players[at_zero],
        eligible=eligible,
        first_player_elo=ELO * float(delta),
        first_player_se=float(np.sqrt(covariance[-1, -1])) if first_player else 0.0,
        covariance=C,
    )


def _may_be_zero(flags: list[tuple[str, ...]], games: np.ndarray, first_player: bool) -> np.ndarray:
    """Players [P] of the main group whose rating rests on enough to carry the scale."""
    doubts = {UNPLAYED, DISCONNECTED} | ({ONE_COLOUR} if first_player else set())
    joined = np.array([not doubts & set(flag) for flag in flags])
    if not joined.any():
        joined = np.array([not {UNPLAYED, DISCONNECTED} & set(flag) for flag in flags])
    return joined & (games >= np.median(games[joined]) / 2)


def _maximise(
    results: Results, first_player: bool, prior_games: float
) -> tuple[np.ndarray, np.ndarray]:
    """Damped Newton ascent: (θ, δ) [P + 1] and the negative Hessian there [P + 1, P + 1].

    The matrices are dense: a tournament's comparison graph fills in under factorisation, and
    LAPACK takes a thirtieth of a second for 1,500 players.
    """
    black, white, scored, lost = results.black, results.white, *results[3:]
    P = len(results.players)
    share = results.games / results.per_player(results.games, results.games)[[black, white]]
    virtual = prior_games / 2 * share.sum(axis=0)  # [M] draws, played without colour
    _, group = results.groups()
    size = np.bincount(group)

    def prior_slope(estimate: np.ndarray) -> np.ndarray:
        mean = np.bincount(group, estimate[:-1]) / size
        return np.append((mean / size)[group] / GROUP_SD**2, estimate[-1] / FIRST_PLAYER_SD**2)

    def loss(estimate: np.ndarray) -> tuple[float, np.ndarray]:
        gap = estimate[black] - estimate[white]
        x = gap + estimate[-1]
        p, even, slope = expit(x), expit(gap), prior_slope(estimate)
        value = (
            scored * log_expit(x)
            + lost * log_expit(-x)
            + virtual / 2 * (log_expit(gap) + log_expit(-gap))
        ).sum() - (estimate * slope).sum() / 2
        surplus = scored - (scored + lost) * p
        push = surplus + virtual * (0.5 - even)
        gradient = np.append(results.per_player(push, -push), surplus.sum()) - slope
        if not first_player:
            gradient[-1] = 0
        return -float(value), -gradient

    def curvature(estimate: np.ndarray) -> np.ndarray:
        gap = estimate[black] - estimate[white]
        p, even = expit(gap + estimate[-1]), expit(gap)
        information = (scored + lost) * p * (1 - p)
        weight = information + virtual * even * (1 - even)
        hessian = np.zeros((P + 1, P + 1))
        hessian[:P, :P] = (group[:, None] == group) / (GROUP_SD * size[group]) ** 2
        hessian[black, white] -= weight  # a pair stands once in either order
        hessian[white, black] -= weight
        hessian[np.arange(P), np.arange(P)] += results.per_player(weight, weight)
        border = results.per_player(information, -information)
        hessian[-1, -1] = information.sum() + 1 / FIRST_PLAYER_SD**2
        if first_player:
            hessian[:P, -1] = hessian[-1, :P] = border
        return hessian

    estimate = np.zeros(P + 1)
    value, gradient = loss(estimate)
    for _ in range(_MAX_ITERATIONS):
        # The transpose of a symmetric matrix lies as LAPACK wants it: factorised in place.
        factor = scipy.linalg.cho_factor(
            curvature(estimate).T, overwrite_a=True, check_finite=False
        )
        step = -scipy.linalg.cho_solve(factor, gradient)
        while (lower := loss(estimate + step))[0] > value and np.abs(step).max() > _TOLERANCE:
            step /= 2
        estimate, (value, gradient) = estimate + step, lower
        if np.abs(step).max() <= _TOLERANCE:
            return estimate, curvature(estimate)
    raise RuntimeError("the rating fit did not converge; please report these matches as a bug")
