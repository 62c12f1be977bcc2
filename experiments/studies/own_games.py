"""Games of one network against itself with another strategy, kept as files in a study's lab.

The openings of a network are the same for all contests, so that they can be set against each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.studies.own_games import Contests
from experiments.arena.meeting import MeetingConfig, Pairs, play_pairs
from experiments.players.player import NetworkPlayer
from experiments.studies.decisions import StoredNetwork, write_decisions
from games.protocol import Game, State
from mcts import Strategy

LANES = 64
CONTEST_COLUMNS = ("family", "text", "calls", "opponent", "opponent_calls")


class CountingPlayer:
    """A network player that counts its moves and what they cost."""

    def __init__(self, player: NetworkPlayer) -> None:
        self._player = player
        self._made: list[np.ndarray] = []

    def act(self, states: State, keys: np.ndarray) -> np.ndarray:
        """As `Player.act`."""
        decision = self._player.choose(states, keys)
        assert decision.evaluations is not None
        self._made.append(np.asarray(decision.evaluations))
        return np.asarray(decision.action)

    @property
    def made(self) -> np.ndarray:
        """Evaluations of every move so far."""
        return np.concatenate([np.zeros(0), *self._made])


class Contest(NamedTuple):
    """What one network did against itself."""

    score: np.ndarray  # [O] of the arm, mean of both colours
    evaluations: tuple[float, float]  # a move, the arm's and its opponent's
    tail: float  # the 95th percentile of the arm's


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
    made, theirs = (player.made for player in players)
    return Contest(score, (made.mean(), theirs.mean()), np.quantile(made, 0.95))


def write_contest(
    path: Path,
    board: int,
    network: str,
    there: Sequence[StoredNetwork],
    contests: Sequence[Contest],
    arm: Mapping[str, object],
) -> None:
    """A file of what networks of one shape did with an arm.

    Args:
        path: where.
        board: of the games.
        network: the shape.
        there: the networks [M].
        contests: of each [M].
        arm: what is told of it, by `CONTEST_COLUMNS`.
    """
    write_decisions(
        path,
        {
            "board": board, "network": network, "runs": np.array([own.run for own in there]),
            "score": np.stack([own.score for own in contests]),
            "evaluations": np.array([own.evaluations for own in contests]),
            "tail": np.array([own.tail for own in contests]), **arm,
        },
    )  # fmt: skip


def contests_of(files: Sequence[dict[str, np.ndarray]]) -> Contests:
    """The files of a board and shape, one an arm, as the tables want them."""
    first = files[0]
    arms = [{name: file[name].item() for name in CONTEST_COLUMNS} for file in files]
    return Contests(
        int(first["board"]), str(first["network"]), pd.DataFrame(arms),
        *(np.stack([file[name] for file in files]) for name in ("score", "evaluations", "tail")),
    )  # fmt: skip
