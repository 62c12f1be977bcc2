"""Games of one network against itself with another strategy, kept as files in a study's lab.

The openings of a network are the same for all contests, so that they can be set against each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.studies.own_games import Contests
from experiments.arena.meeting import MeetingConfig, Pairs, play_pairs
from experiments.players.player import NetworkPlayer
from experiments.studies.decisions import StoredNetwork
from games.protocol import Game, State
from mcts import Strategy

LANES = 64
CONTEST_COLUMNS = ("family", "text", "calls", "opponent", "opponent_calls")


class CountingPlayer:
    """A network player that counts its moves and what they cost."""

    def __init__(self, player: NetworkPlayer) -> None:
        self._player = player
        self.moves = 0
        self.evaluations = 0

    def act(self, states: State, keys: np.ndarray) -> np.ndarray:
        """As `Player.act`."""
        decision = self._player.choose(states, keys)
        self.moves += len(decision.action)
        assert decision.evaluations is not None
        self.evaluations += int(np.sum(decision.evaluations))
        return np.asarray(decision.action)

    @property
    def mean(self) -> float:
        """Evaluations a move."""
        return self.evaluations / max(self.moves, 1)


class Contest(NamedTuple):
    """What one network did against itself."""

    score: np.ndarray  # [O] of the arm, mean of both colours
    evaluations: tuple[float, float]  # a move, the arm's and its opponent's


def play_contest(
    game: Game,
    network: StoredNetwork,
    arm: Strategy,
    opponent: Strategy,
    openings: int,
    should_stop: Callable[[], bool],
    turn: int = 0,
) -> Contest | None:
    """One network with two strategies, every opening with both colours; none if asked to stop.

    Args:
        game: the rules.
        network: it.
        arm: the strategy whose score is told.
        opponent: the other.
        openings: how many.
        should_stop: whether to stop.
        turn: openings that are passed over.
    """
    players = [
        CountingPlayer(NetworkPlayer(game, network.shape, network.params, strategy, lanes=LANES))
        for strategy in (arm, opponent)
    ]
    plies = min(2, game.min_plies - 1)
    result = play_pairs(
        game, players, Pairs.all_of(2, turn),
        MeetingConfig(opening_plies=plies, openings=openings), names=["arm", network.run],
        should_stop=should_stop,
    )  # fmt: skip
    if result is None:
        return None
    # A draw's winner is -1.
    won = np.where(result.winner < 0, 0.5, (result.winner == 0).astype(float))
    score = np.stack([won[0], 1 - won[1]]).mean(0)
    return Contest(score, (players[0].mean, players[1].mean))


def contest_arrays(
    contests: Sequence[Sequence[Contest]], arms: Sequence[Sequence[object]]
) -> dict[str, np.ndarray]:
    """Contests [A][M] and what is told of their arms, as `CONTEST_COLUMNS`, for a file."""
    columns = zip(CONTEST_COLUMNS, zip(*arms, strict=True), strict=True)
    return {
        "score": np.array([[own.score for own in row] for row in contests]),
        "evaluations": np.array([[own.evaluations for own in row] for row in contests]),
        **{name: np.array(column) for name, column in columns},
    }


def contests_of(file: dict[str, np.ndarray]) -> Contests:
    """A file as the tables want it."""
    return Contests(
        int(file["board"]), str(file["network"]),
        pd.DataFrame({name: file[name] for name in CONTEST_COLUMNS}),
        file["score"], file["evaluations"],
    )  # fmt: skip
