"""Ways to decide in games against each other: one network with two of them.

A contest is played by M networks, O openings each, every opening with both colours. Games of an
opening and of a network are alike, so intervals draw openings and networks anew, not games.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.ratings.bradley_terry import ELO
from analysis.statistics.bootstrap import percentile_interval
from analysis.studies.play_time import LEVEL, RESAMPLES, Resamples, kata_elo


class Contests(NamedTuple):
    """A contests of networks of one shape on one board: an arm against its opponent, which are the
    same network with two strategies."""

    boardsize: int
    network: str
    arms: pd.DataFrame  # a row a contest: family, text, calls, opponent, opponent_calls
    score: np.ndarray  # [A, M, O] of the arm, mean of both colours: 0, ½ or 1
    evaluations: np.ndarray  # [A, M, 2] a move on the mean, the arm's and its opponent's


def contest_table(contests: Contests, resamples: int = RESAMPLES) -> pd.DataFrame:
    """What each arm is worth against its opponent.

    Returns:
        A row a contest: boardsize, network, what `arms` says, games, evaluations and
        opponent_evaluations (a move, mean), share of games won with low and high, elo with elo_low
        and elo_high, and kata: the Elo that KataGo's formula has an arm lose that makes as many
        evaluations as its opponent, with fewer of them in a row; 0 where that is not so.
    """
    _, networks, openings = contests.score.shape
    drawn = Resamples.drawn(networks, openings, resamples)
    shares = drawn.means(contests.score.swapaxes(0, 1), np.ones((networks, openings), bool))
    games = 2 * networks * openings
    elo = elo_of(shares, games)
    lines = []
    for place, arm in enumerate(contests.arms.to_dict("records")):
        low, high = percentile_interval(shares[1:, place], LEVEL)
        elo_low, elo_high = percentile_interval(elo[1:, place], LEVEL)
        made, theirs = contests.evaluations[place].mean(0)
        at_once = made / arm["calls"]
        equal = at_once > 1.05 and made > 0.8 * theirs
        lines.append(
            {
                "boardsize": contests.boardsize, "network": contests.network,
                **{str(name): value for name, value in arm.items()}, "games": games,
                "evaluations": made, "opponent_evaluations": theirs, "share": shares[0, place],
                "low": low, "high": high, "elo": elo[0, place], "elo_low": elo_low,
                "elo_high": elo_high, "kata": kata_elo(at_once, made) if equal else 0.0,
            }
        )  # fmt: skip
    return pd.DataFrame(lines)


def pooled_contests(found: list[Contests], resamples: int = RESAMPLES) -> pd.DataFrame:
    """The same arm on all boards and networks together: the mean of their shares.

    Returns:
        A row an arm that all have: text, evaluations, opponent_evaluations, share with low and
        high, elo with elo_low and elo_high.
    """
    lines = []
    if not found:
        return pd.DataFrame()
    texts = [
        text
        for text in found[0].arms["text"]
        if all((own.arms["text"] == text).any() for own in found)
    ]
    for text in texts:
        shares, made = [], []
        for own in found:
            place = int(np.flatnonzero(own.arms["text"] == text)[0])
            score = own.score[place][:, None]
            drawn = Resamples.drawn(score.shape[0], score.shape[2], resamples)
            everywhere = np.ones((score.shape[0], score.shape[2]), bool)
            shares.append(drawn.means(score, everywhere)[:, 0])
            made.append(own.evaluations[place].mean(0))
        share = np.mean(shares, axis=0)
        elo = elo_of(share, 2 * sum(own.score[0].size for own in found))
        low, high = percentile_interval(share[1:], LEVEL)
        elo_low, elo_high = percentile_interval(elo[1:], LEVEL)
        mean = np.mean(made, axis=0)
        lines.append(
            {
                "text": text, "evaluations": mean[0], "opponent_evaluations": mean[1],
                "share": share[0], "low": low, "high": high, "elo": elo[0],
                "elo_low": elo_low, "elo_high": elo_high,
            }
        )  # fmt: skip
    return pd.DataFrame(lines)


def elo_of(share: np.ndarray, games: int) -> np.ndarray:
    """Elo above an opponent of whom this share of games is won. All or none of them is told as half
    a game less or more."""
    inside = np.clip(share, 0.5 / games, 1 - 0.5 / games)
    return ELO * np.log(inside / (1 - inside))
