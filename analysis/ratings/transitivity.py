"""Non-transitivity: what is left of the results when the ratings have told all they can."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from analysis.ratings.bradley_terry import ELO, Ratings
from analysis.ratings.cycles import p_value
from analysis.ratings.results import Results, add_up
from analysis.statistics.bootstrap import wilson


class Transitivity(NamedTuple):
    """How much of the results no rating can explain."""

    pairs: pd.DataFrame  # first, second, games, score, expected (scores of first), z
    cyclic_share: float  # of the pairs' spread about even, in [0, 1]
    noise_share: float  # what chance alone would leave there if the ratings told everything
    p_value: float  # that chance alone is as cyclic; see `analysis.ratings.cycles`


def transitivity(matches: pd.DataFrame, ratings: Ratings) -> Transitivity:
    """Residuals of the ratings on each pair of players, both colours together.

    At the maximum of the likelihood the residual wins of every player add up to zero (but for the
    virtual draws), so what remains is a flow without sources: pure cycles, like rock–paper–
    scissors, where each beats the next and `cyclic_share` is 1. It is Σn(s−p)²/Σn(s−½)² over
    pairs with n games, score s and expected score p.
    """
    results = add_up(matches)
    theta = dict(zip(ratings.players, ratings.elo / ELO, strict=True))
    strength = np.array([theta[player] for player in results.players])
    order = ratings.first_player_elo / ELO

    def black_wins(strength: np.ndarray) -> np.ndarray:
        return expit(strength[results.black] - strength[results.white] + order)

    p, deflated = black_wins(strength), black_wins(_deflated(results, strength, ratings))
    swapped = results.black > results.white
    n = results.games
    frame = pd.DataFrame(
        {
            "first": np.where(swapped, results.white, results.black),
            "second": np.where(swapped, results.black, results.white),
            "games": n,
            "score": np.where(swapped, results.white_score, results.black_score),
            "expected": n * np.where(swapped, 1 - p, p),
            "variance": n * p * (1 - p),
            "chance": n * np.where(swapped, 1 - deflated, deflated),
        }
    )
    pairs = frame.groupby(["first", "second"], as_index=False).sum()
    residual = pairs["score"] - pairs["expected"]
    pairs["z"] = residual / np.sqrt(pairs["variance"])
    spread = float(((pairs["score"] - pairs["games"] / 2) ** 2 / pairs["games"]).sum())
    noise = float((pairs["variance"] / pairs["games"]).sum())
    # Each rating but one of a group has taken its share of the noise.
    freedom = max(len(pairs) - len(results.players) + results.groups()[0], 0)
    chance = pairs.pop("chance") / pairs["games"]
    first, second, games, score = (
        pairs[column].to_numpy() for column in ("first", "second", "games", "score")
    )
    p = p_value(first, second, games, score, chance.to_numpy()) if freedom else 1.0
    for side in ("first", "second"):
        pairs[side] = [results.players[i] for i in pairs[side]]
    return Transitivity(
        pairs=pairs.drop(columns="variance"),
        cyclic_share=float((residual**2 / pairs["games"]).sum()) / spread if spread else 0.0,
        noise_share=noise * freedom / len(pairs) / spread if spread else 0.0,
        p_value=p,
    )


def _deflated(results: Results, strength: np.ndarray, ratings: Ratings) -> np.ndarray:
    """Strengths [P] as far apart as the true ones: estimates are spread by their errors too.

    Leagues simulated from the estimates themselves would be estimated to be wider still, so less
    cyclic than the found one, and equal players would look cyclic.
    """
    _, group = results.groups()
    same = (group[:, None] == group) / np.bincount(group)[group]
    centre = np.eye(len(group)) - same  # each group of players about its mean
    place = {player: i for i, player in enumerate(ratings.players)}
    here = [place[player] for player in results.players]
    noise = (centre @ ratings.covariance[np.ix_(here, here)] * centre).sum() / ELO**2
    spread = ((centre @ strength) ** 2).sum()
    return strength * np.sqrt(max(1 - noise / spread, 0)) if spread > 0 else strength


def by_gap(pairs: pd.DataFrame, bins: int = 8) -> pd.DataFrame:
    """Win rates of the stronger of each pair, by how many Elo it leads: do ratings foretell games?

    Args:
        pairs: as in `Transitivity`.
        bins: of equally many pairs.

    Returns:
        Columns gap (mean lead in Elo, weighted by games), games, share (won by the stronger), and
        Wilson's 95 % interval low, high.
    """
    chance = (pairs["expected"] / pairs["games"]).clip(1e-9, 1 - 1e-9)
    gap = ELO * logit(chance.to_numpy())
    sign, games = np.sign(gap), pairs["games"].to_numpy()
    won = np.where(sign >= 0, pairs["score"], games - pairs["score"])
    bins = min(bins, len(pairs))
    place = np.abs(gap).argsort(kind="stable").argsort(kind="stable") * bins // len(pairs)
    total, wins = np.bincount(place, games), np.bincount(place, won)
    limits = [wilson(round(w), round(n)) for w, n in zip(wins, total, strict=True)]
    return pd.DataFrame(
        {
            "gap": np.bincount(place, games * np.abs(gap)) / total,
            "games": total,
            "share": wins / total,
            "low": [low for low, _ in limits],
            "high": [high for _, high in limits],
        }
    )
