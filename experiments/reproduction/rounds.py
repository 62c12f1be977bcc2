"""Stages that are played in rounds on each board: what is stored already, and how one is played."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import jax
import pydantic
import sqlalchemy as sa

from experiments.arena.matches import store_round, stored_rounds
from experiments.arena.meeting import MeetingConfig, Pairs, play_pairs
from experiments.machine.clock import CLOCK
from experiments.machine.parallel import Task, Worker
from experiments.players.agents import AgentEntry, load_player
from experiments.players.player import Player
from experiments.reproduction.stage import Part, Stage, runs_that_are_over
from games.protocol import Game
from games.text.numbers import side_by_side
from training.store import Run, Snapshot, Store

if TYPE_CHECKING:
    from experiments.reproduction.plan import Plan

MAX_LANES = {"cpu": 64}  # more would mostly be padding once some games are over
SHARE_OF_THE_LONGEST = 0.7  # of the plies that a game can last, between trained agents
MANY_LANES = 1024  # of any accelerator


class Games(NamedTuple):
    """So many games between agents of so many nodes."""

    count: float
    nodes: int

    def evaluations(self, rules: Game) -> float:
        """Network evaluations of all their moves."""
        return self.count * self.nodes * SHARE_OF_THE_LONGEST * rules.max_plies


class Field(NamedTuple):
    """Who takes part in a round."""

    agents: Sequence[AgentEntry]
    pairs: Pairs
    lanes: Sequence[int]
    """Batch size of each agent's searches."""


class RoundsStage(MeetingConfig, Stage, frozen=True):
    """A stage that is played in rounds on each board: how agents meet, and which.

    Subclasses give `draw` and `games`, and may override the rest.
    """

    unit: ClassVar[str] = "rounds"

    rounds: int = pydantic.Field(default=1, ge=1)
    """Rounds; each is stored when it is complete."""
    boards: tuple[int, ...] | None = None
    """Sides of the boards on which it is played; all of the plan if unset."""

    def tournament(self, game: Game) -> str:
        """Name of the stage's tournament on a board; more rounds or boards are more of the same."""
        return f"{game.name}{game.size}-{self.digest('rounds', 'boards')}-{self.kind}"

    def draw(self, store: Store, plan: Plan, rules: Game, index: int) -> Field:
        """Who meets whom in a round, from what the stages before have stored."""
        raise NotImplementedError

    def games(self, plan: Plan, rules: Game) -> Sequence[Games]:
        """About how many are played in a round on a board, and with how many nodes a move."""
        raise NotImplementedError

    def meeting(self, rules: Game) -> MeetingConfig:
        """How they meet on a board."""
        del rules
        return self

    def load(self, store: Store, rules: Game, field: Field) -> Sequence[Player]:
        """The players of a round's agents, from the lab's snapshots."""
        del store
        return [
            load_player(rules, agent, lanes=lanes)
            for agent, lanes in zip(field.agents, field.lanes, strict=True)
        ]

    def sizes(self, plan: Plan) -> Sequence[int]:
        """Sides of the boards on which it is played, if they have agents."""
        return [size for size in plan.boardsizes if self.boards is None or size in self.boards]

    def parts(self, store: Store, plan: Plan) -> list[Part]:
        """A part for each round on each board, done or not."""
        return [
            Part(_title(board.rules, index), board.work, float(index not in board.waiting))
            for board in self._boards(store, plan)
            for index in range(self.rounds)
        ]

    def tasks(self, store: Store, plan: Plan) -> list[Task]:
        """A task for each board with rounds that are not stored: each may build on the last."""
        return [
            Task(
                _title(board.rules, *board.waiting),
                self.play,
                (store.folder, plan, board.rules, board.waiting),
                work=board.work * len(board.waiting),
                place=board.rules,
                holds=(self.tournament(board.rules),),
            )
            for board in self._boards(store, plan)
            if board.waiting
        ]

    def play(
        self, worker: Worker, lab: Path, plan: Plan, rules: Game, rounds: Sequence[int]
    ) -> None:
        """Play and store rounds one after the other; each is stored whole or not at all."""
        store = Store(lab)
        meeting = self.meeting(rules)
        for number, index in enumerate(rounds):
            field = self.draw(store, plan, rules, index)
            players = self.load(store, rules, field)
            with CLOCK.doing("playing"):
                result = play_pairs(
                    rules,
                    players,
                    field.pairs,
                    meeting,
                    names=[agent.spec.text for agent in field.agents],
                    report=lambda share, number=number: worker.report(
                        (number + share) / len(rounds)
                    ),
                    should_stop=worker.should_stop,
                )
            if result is None:
                return
            store_round(
                store,
                self.tournament(rules),
                index,
                [agent.id for agent in field.agents],
                result,
                meeting.opening_plies,
                draws=[agent.spec.draws for agent in field.agents],
                stage=self.kind,
            )

    def _boards(self, store: Store, plan: Plan) -> list[_Board]:
        found = []
        for size in self.sizes(plan):
            if can_be_played(store, plan, size):
                rules = plan.rules(size)
                stored = stored_rounds(store, self.tournament(rules))
                waiting = tuple(index for index in range(self.rounds) if index not in stored)
                work = sum(of_a_kind.evaluations(rules) for of_a_kind in self.games(plan, rules))
                found.append(_Board(rules, waiting, work))
        return found


class _Board(NamedTuple):
    """A board on which a stage is played."""

    rules: Game
    waiting: tuple[int, ...]  # rounds that are not stored
    work: float  # network evaluations of a round, about


def _title(rules: Game, first: int, *others: int) -> str:
    rounds = f"rounds {first + 1} to {others[-1] + 1}" if others else f"round {first + 1}"
    return f"{side_by_side(rules.size)} board, {rounds}"


def even_lanes(games_a_ply: float) -> int:
    """Batch size that cuts about so many searches into equal pieces."""
    limit = MAX_LANES.get(jax.default_backend(), MANY_LANES)
    games_a_ply = max(1, math.ceil(games_a_ply))
    return math.ceil(games_a_ply / math.ceil(games_a_ply / limit))


def can_be_played(store: Store, plan: Plan, boardsize: int) -> bool:
    """Whether a board has two agents that can meet, or may have once its training is over."""
    with store.session() as session:
        snapshots = session.scalar(
            sa.select(sa.func.count(Snapshot.id))
            .join(Run, Snapshot.run_id == Run.id)
            .where(Run.boardsize == boardsize, Run.game == plan.game)
        )
    runs = {run.run_id for run in plan.runs if run.boardsize == boardsize}
    return not runs <= runs_that_are_over(store) or (snapshots or 0) > 1
