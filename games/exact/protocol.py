"""What an exact player answers, whatever the game: who wins a position, and with which moves."""

import abc
import dataclasses
import time
from typing import NamedTuple, Protocol

import jax
import numpy as np
from jaxtyping import Bool, Int, Int8

from games.batches import legal_moves
from games.errors import InputError
from games.protocol import Game, State
from games.text.notation import NOBODY


@dataclasses.dataclass(frozen=True, kw_only=True)
class Solution:
    """What was found of one position."""

    winner: int | None
    """Player 0 or 1 under perfect play, or `NOBODY` of a draw; none if a limit was met first."""
    winning_moves: tuple[int, ...] | None = None
    """All winning moves of the side to move, in order, or in a drawn position those that hold the
    draw; none if not asked for or not known."""
    nodes: int
    """Positions visited; 0 if the answer was looked up."""
    seconds: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class PositionSolution(Solution):
    """What was found of a position with a side to move."""

    to_move: int
    """Whose turn it is; the loser's once somebody has won."""


class Verdicts(NamedTuple):
    """What perfect play says of N live positions."""

    value: Int8[np.ndarray, "N"]  # for the side to move: 1 it wins, 0 a draw, -1 it loses
    keeping: Bool[np.ndarray, "N A"]  # moves that keep a win or a draw; none where it loses
    known: Bool[np.ndarray, "N"]  # whether the rest means anything, or a limit was met first


class JudgedSet(NamedTuple):
    """Live positions of a board with their verdicts: the same test for every agent."""

    id: str
    """Hash of positions and verdicts."""
    states: State  # host arrays, [N, ...]
    verdicts: Verdicts


class Chance(Protocol):
    """A source of uniform variates: `numpy.random.Generator`, or one with a key for each state."""

    def random(self, shape: int | tuple[int, ...], /) -> np.ndarray:
        """Variates in [0, 1)."""
        ...


class ExactPlay(abc.ABC):
    """Perfect play on one board of a game. A game has to say `judge`; the rest can be left."""

    def __init__(self, game: Game) -> None:
        self.game = game

    @property
    def quick(self) -> bool:
        """Whether thousands of positions can be judged, such as all moves of many games."""
        return True

    @abc.abstractmethod
    def judge(self, states: State, *, max_nodes: int | None = None) -> Verdicts:
        """Value and moves of live positions.

        Args:
            states: host arrays with one leading axis N.
            max_nodes: positions to visit at most for each, where they are searched.
        """

    def judged_set(self) -> JudgedSet | None:
        """The positions on which agents are judged; none if there are no such for this board."""
        return None

    def perfect_moves(self, states: State) -> Bool[np.ndarray, "N A"]:
        """The moves that a perfect player picks from in live positions: those that keep the value.

        A game may say what is best in a lost position; here it is any move.
        """
        verdicts = self.judge(states)
        lost = (verdicts.value < 0)[:, None]
        return np.where(lost, self.legal(states), verdicts.keeping)

    def legal(self, states: State) -> Bool[np.ndarray, "N A"]:
        """Legal moves; none where the game is over."""
        return legal_moves(self.game, states)

    def solve(
        self, state: State, *, max_nodes: int | None = None, max_seconds: float | None = None
    ) -> PositionSolution:
        """Who wins one position, the finished included, and with which moves.

        Args:
            state: unbatched.
            max_nodes: positions to visit at most.
            max_seconds: about how long to try.
        """
        del max_seconds  # of a search; this looks up or ends by `max_nodes`
        began, to_move = time.perf_counter(), int(self.game.to_move(state))
        winner: int | None
        if bool(self.game.terminal(state)):
            winner, moves = int(self.game.winner(state)), ()
        else:
            one = jax.tree.map(lambda leaf: np.asarray(leaf)[None], state)
            verdicts = self.judge(one, max_nodes=max_nodes)
            known = bool(verdicts.known[0])
            value = int(verdicts.value[0])
            winner = (NOBODY, to_move, 1 - to_move)[value] if known else None
            moves = tuple(np.flatnonzero(verdicts.keeping[0]).tolist()) if known else None
        return PositionSolution(
            winner=winner,
            winning_moves=moves,
            nodes=0,
            seconds=time.perf_counter() - began,
            to_move=to_move,
        )

    def choose(self, states: State, rng: Chance, skill: float = 1.0) -> Int[np.ndarray, "B"]:
        """A move for each of B positions; 0 where the game is over.

        With probability `skill` it is perfect, else any legal move. Equals are drawn from.

        Args:
            states: arrays with one leading axis B.
            rng: source of all chance; B · (A + 1) numbers are drawn, whatever the positions.
            skill: 0 plays at random, 1 perfectly.

        Raises:
            InputError: if skill is not in [0, 1].
        """
        if not 0 <= skill <= 1:
            raise InputError(f"skill must be between 0 (random) and 1 (perfect), got {skill}")
        states = jax.device_get(states)
        legal = self.legal(states)
        preference = rng.random(legal.shape)
        perfect = legal.any(1) & (rng.random(len(legal)) < skill)
        candidates = legal.copy()
        if perfect.any():
            chosen = jax.tree.map(lambda leaf: leaf[perfect], states)
            candidates[perfect] = self.perfect_moves(chosen)
        return np.where(candidates, preference, -1).argmax(1)

    def close(self) -> None:
        """Let go of it; what was to be remembered is written."""
        return
