"""Match rows, checked and added up: what ratings and residuals are computed from."""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy.sparse.csgraph

from games.errors import InputError

SEPARATED = "separated"  # no finite maximum likelihood: only wins, or only losses, tie it to others
DISCONNECTED = "disconnected"  # no chain of games joins it to the main group
ONE_COLOUR = "one colour"  # its rating leans on the first-player term
UNPLAYED = "no games"


class Results(NamedTuple):
    """Match rows added up over ordered pairs; self-pairs left out."""

    players: list[Hashable]
    black: np.ndarray  # [M] index of the player
    white: np.ndarray  # [M]
    black_score: np.ndarray  # [M] wins plus half the draws
    white_score: np.ndarray  # [M]

    @property
    def games(self) -> np.ndarray:
        """Games of each ordered pair [M]."""
        return self.black_score + self.white_score

    def per_player(self, black: np.ndarray, white: np.ndarray) -> np.ndarray:
        """Sum over pairs of what black and white gain [M] → [P]."""
        P = len(self.players)
        return np.bincount(self.black, black, P) + np.bincount(self.white, white, P)

    def groups(self) -> tuple[int, np.ndarray]:
        """Number of connected groups of players and the group of each [P]."""
        P = len(self.players)
        graph = scipy.sparse.coo_array((self.games, (self.black, self.white)), (P, P))
        return scipy.sparse.csgraph.connected_components(graph, directed=False)

    def flags(self) -> list[tuple[str, ...]]:
        """Ford 1957: the likelihood has a finite maximum exactly if every player is joined to every
        other by a chain of wins, i.e. if the graph "has beaten" is strongly connected."""
        P = len(self.players)
        winner = np.concatenate(
            [self.black[self.black_score > 0], self.white[self.white_score > 0]]
        )
        loser = np.concatenate([self.white[self.black_score > 0], self.black[self.white_score > 0]])
        has_beaten = scipy.sparse.coo_array((np.ones(len(winner)), (winner, loser)), (P, P))
        _, chain = scipy.sparse.csgraph.connected_components(has_beaten, connection="strong")
        _, group = self.groups()
        nothing = np.zeros_like(self.games)
        as_black = self.per_player(self.games, nothing)
        as_white = self.per_player(nothing, self.games)
        played = as_black + as_white > 0
        main_chain = np.array([_largest(chain[group == g]) for g in group])
        conditions = {
            UNPLAYED: ~played,
            DISCONNECTED: played & (group != _largest(group)),
            SEPARATED: played & ((chain != main_chain) | (np.bincount(chain)[chain] == 1)),
            ONE_COLOUR: played & ((as_black == 0) | (as_white == 0)),
        }
        return [tuple(flag for flag, holds in conditions.items() if holds[i]) for i in range(P)]


def add_up(matches: pd.DataFrame) -> Results:
    """Check match rows and add them up over ordered pairs, players in sorted order.

    Raises:
        InputError: as `rate`.
    """
    missing = {"black", "white", "black_wins", "white_wins"} - set(matches.columns)
    if missing:
        raise InputError(f"matches lack the columns {', '.join(sorted(missing))}")
    names = ["black_wins", "white_wins"] + (["draws"] if "draws" in matches.columns else [])
    try:
        counts = matches[names].to_numpy(float)
    except (TypeError, ValueError) as error:
        raise InputError(f"match counts must be numbers: {error}") from error
    bad = ~np.all(np.isfinite(counts) & (counts >= 0), axis=1) | (
        matches[["black", "white"]].isna().any(axis=1).to_numpy()
    )
    if bad.any():
        row = int(np.argmax(bad))
        raise InputError(
            f"match row {row}: {matches.iloc[row].to_dict()}: name both players and give counts "
            "of 0 or more"
        )

    both = pd.concat([matches["black"], matches["white"]], ignore_index=True)
    players = sorted(both.unique().tolist(), key=lambda player: (str(type(player)), player))
    code = {player: i for i, player in enumerate(players)}
    P, M = len(players), len(matches)
    codes = both.map(code).to_numpy(np.int64)
    draws = counts[:, 2] / 2 if counts.shape[1] == 3 else 0.0
    played = (codes[:M] != codes[M:]) & (counts.sum(axis=1) > 0)
    if not played.any():
        raise InputError("no games between two different players; there is nothing to rate")
    pair, where = np.unique(codes[:M][played] * P + codes[M:][played], return_inverse=True)
    return Results(
        players=players,
        black=pair // P,
        white=pair % P,
        black_score=np.bincount(where, (counts[:, 0] + draws)[played]),
        white_score=np.bincount(where, (counts[:, 1] + draws)[played]),
    )


def _largest(labels: np.ndarray) -> int:
    return int(np.bincount(labels).argmax())
