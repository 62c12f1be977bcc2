"""Ways to decide in games against each other: one network with two of them.

A contest is played by M networks, O openings each, every opening with both colours. Games of an
opening and of a network are alike, so intervals draw openings and networks anew, not games.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.ratings.bradley_terry import ELO
from analysis.studies.play_time import PUCT, RESAMPLES, Resamples, interval_columns, kata_elo


class Contests(NamedTuple):
    """A contests of networks of one shape on one board: an arm against its opponent, which are the
    same network with two strategies."""

    boardsize: int
    network: str
    arms: pd.DataFrame  # a row a contest: family, text, calls, opponent, opponent_calls
    score: np.ndarray  # [A, M, O] of the arm, mean of both colours: 0, ½ or 1
    evaluations: np.ndarray  # [A, M, 2] a move on the mean, the arm's and its opponent's
    tail: np.ndarray  # [A, M] the 95th percentile of the arm's


def contest_table(contests: Contests, resamples: int = RESAMPLES) -> pd.DataFrame:
    """What each arm is worth against its opponent.

    Returns:
        A row a contest: boardsize, network, what `arms` says, games, evaluations and
        opponent_evaluations (a move, mean), tail (95th percentile of the arm's), share of games
        won, elo, beyond (the Elo above that of PUCT with as many evaluations, where PUCT was
        played with several budgets; else NaN), all three with their intervals (`interval_columns`),
        and kata: the Elo that KataGo's formula has one tree lose that makes as many evaluations as
        its opponent, some of them at once; 0 for other arms.
    """
    _, networks, openings = contests.score.shape
    drawn = Resamples.drawn(networks, openings, resamples)
    shares = drawn.means(contests.score.swapaxes(0, 1), np.ones((networks, openings), bool))
    games = 2 * networks * openings
    elo = elo_of(shares, games)
    lines = []
    for place, arm in enumerate(contests.arms.to_dict("records")):
        made, theirs = contests.evaluations[place].mean(0)
        at_once = made / arm["calls"]
        threads = arm["family"] == "leaf-parallel" and made > 0.8 * theirs
        lines.append(
            {
                "boardsize": contests.boardsize, "network": contests.network,
                **{str(name): value for name, value in arm.items()}, "games": games,
                "evaluations": made, "opponent_evaluations": theirs,
                "tail": contests.tail[place].mean(),
                **interval_columns("share", shares[:, place]),
                **interval_columns("elo", elo[:, place]),
                **interval_columns("beyond", elo[:, place] - _level(contests, elo, made)),
                "kata": kata_elo(at_once, made) if threads else 0.0,
            }
        )  # fmt: skip
    return pd.DataFrame(lines)


def _level(contests: Contests, elo: np.ndarray, evaluations: float) -> np.ndarray:
    """Elo of PUCT with so many evaluations in every resample [R], along lines in the logarithm
    between its arms and its opponent, which is PUCT itself; NaN if there is but one of them."""
    own = (contests.arms["family"] == PUCT).to_numpy()
    made = contests.evaluations.mean(1)  # [A, 2]
    if not own.any():
        return np.full(len(elo), np.nan)
    nodes = np.append(made[own, 0], made[own, 1].mean())
    order = np.argsort(nodes)
    rows = np.column_stack([elo[:, own], np.zeros(len(elo))])[:, order]
    return np.array([np.interp(np.log(evaluations), np.log(nodes[order]), row) for row in rows])


def pooled_contests(found: list[Contests], resamples: int = RESAMPLES) -> pd.DataFrame:
    """The same arm on all boards and networks together: the mean of their shares.

    Returns:
        A row an arm that all have: text, evaluations, opponent_evaluations, games, share and elo
        with their intervals (`interval_columns`).
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
        games = 2 * sum(own.score[0].size for own in found)
        mean = np.mean(made, axis=0)
        lines.append(
            {
                "text": text, "evaluations": mean[0], "opponent_evaluations": mean[1],
                "games": games, **interval_columns("share", share),
                **interval_columns("elo", elo_of(share, games)),
            }
        )  # fmt: skip
    return pd.DataFrame(lines)


def elo_of(share: np.ndarray, games: int) -> np.ndarray:
    """Elo above an opponent of whom this share of games is won. All or none of them is told as half
    a game less or more."""
    inside = np.clip(share, 0.5 / games, 1 - 0.5 / games)
    return ELO * np.log(inside / (1 - inside))
