"""Stages that are played in rounds on each board: what is stored already, and how one is played."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import jax
import sqlalchemy as sa

import games
from experiments.arena.matches import store_round, stored_rounds
from experiments.arena.meeting import ArenaConfig, MeetingConfig, Pairs, play_pairs
from experiments.machine.parallel import Task, Worker
from experiments.players.agents import AgentEntry, load_player
from experiments.players.player import Player
from experiments.reproduction.plan import Plan
from experiments.reproduction.stages import StageConfig
from games.protocol import Game
from training.store import Run, Snapshot, Store

MAX_LANES = {"cpu": 64}  # more would mostly be padding once some games are over
SHARE_OF_THE_LONGEST = 0.7  # of the plies that a game can last, between trained agents
MANY_LANES = 1024  # of any accelerator


class Part(NamedTuple):
    """A piece of a stage, as `hexlaw reproduce --status` counts them."""

    name: str
    work: float
    """Network evaluations in all, about."""
    done: float
    """Share that is done."""


class Games(NamedTuple):
    """So many games between agents of so many nodes."""

    count: float
    nodes: int

    def evaluations(self, rules: Game) -> float:
        """Network evaluations of all their moves."""
        return self.count * self.nodes * SHARE_OF_THE_LONGEST * rules.max_plies


class Stage(Protocol):
    """One stage of the reproduction."""

    def parts(self, store: Store, plan: Plan) -> list[Part]:
        """All pieces of the stage; reads only."""
        ...

    def tasks(self, store: Store, plan: Plan) -> list[Task]:
        """What is left to do."""
        ...


class Field(NamedTuple):
    """Who takes part in a round."""

    agents: Sequence[AgentEntry]
    pairs: Pairs
    lanes: Sequence[int]
    """Batch size of each agent's searches."""


@dataclasses.dataclass(frozen=True)
class Rounds:
    """A stage that is played in rounds.

    Args:
        name: value of `match.stage`.
        config: the stage's settings in a plan, a picklable function; none if it is not played.
        draw: who meets whom in a round, from what the stages before have stored.
        games: about how many are played in a round on a board, and with how many nodes a move.
        meeting: how they meet on a board; the stage's settings if unset.
        load: makes the players; those of the lab's agents if unset.
    """

    name: str
    config: Callable[[Plan], ArenaConfig | StageConfig | None]
    draw: Callable[[Store, Plan, Game, int], Field]
    games: Callable[[Plan, Game], Sequence[Games]]
    meeting: Callable[[Plan, Game], MeetingConfig] | None = None
    load: Callable[[Store, Game, Field], Sequence[Player]] | None = None

    def parts(self, store: Store, plan: Plan) -> list[Part]:
        """A part for each round on each board, done or not."""
        return [
            Part(_title(board.rules, index), board.work, float(index not in board.waiting))
            for board in self._boards(store, plan)
            for index in range(board.rounds)
        ]

    def tasks(self, store: Store, plan: Plan) -> list[Task]:
        """A task for each board with rounds that are not stored: each may build on the last."""
        tasks = [
            Task(
                _title(board.rules, *board.waiting),
                _play_rounds,
                (self, store.folder, plan, board.rules, board.waiting),
                work=board.work * len(board.waiting),
                place=board.rules,
            )
            for board in self._boards(store, plan)
            if board.waiting
        ]
        return sorted(tasks, key=lambda task: -task.work)

    def _boards(self, store: Store, plan: Plan) -> list[_Board]:
        config = self.config(plan)
        if config is None:
            return []
        wanted = getattr(config, "boards", None)
        found = []
        for size in plan.boardsizes:
            if (wanted is None or size in wanted) and can_be_played(store, plan, size):
                rules = games.make(plan.game, size)
                stored = stored_rounds(store, config.tournament(rules))
                waiting = tuple(index for index in range(config.rounds) if index not in stored)
                work = sum(of_a_kind.evaluations(rules) for of_a_kind in self.games(plan, rules))
                found.append(_Board(rules, config.rounds, waiting, work))
        return found


class _Board(NamedTuple):
    """A board on which a stage is played."""

    rules: Game
    rounds: int
    waiting: tuple[int, ...]  # rounds that are not stored
    work: float  # network evaluations of a round, about


def _title(rules: Game, first: int, *others: int) -> str:
    rounds = f"rounds {first + 1} to {others[-1] + 1}" if others else f"round {first + 1}"
    return f"{rules.size}×{rules.size} board, {rounds}"


def _play_rounds(
    worker: Worker, stage: Rounds, lab: Path, plan: Plan, rules: Game, rounds: Sequence[int]
) -> None:
    """Play and store rounds one after the other; each is stored whole or not at all."""
    store = Store(lab)
    config = stage.config(plan)
    assert config is not None
    meeting = stage.meeting(plan, rules) if stage.meeting else config
    for number, index in enumerate(rounds):
        field = stage.draw(store, plan, rules, index)
        load = stage.load or load_all
        result = play_pairs(
            rules,
            load(store, rules, field),
            field.pairs,
            meeting,
            names=[agent.spec.text for agent in field.agents],
            report=lambda share, number=number: worker.report((number + share) / len(rounds)),
            should_stop=worker.should_stop,
        )
        if result is None:
            return
        store_round(
            store,
            config.tournament(rules),
            index,
            [agent.id for agent in field.agents],
            result,
            meeting.opening_plies,
            draws=[agent.spec.draws for agent in field.agents],
            stage=stage.name,
        )


def load_all(store: Store, rules: Game, field: Field) -> list[Player]:
    """The players of a round's agents, from the lab's snapshots."""
    return [
        load_player(rules, agent, lanes=lanes)
        for agent, lanes in zip(field.agents, field.lanes, strict=True)
    ]


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


def runs_that_are_over(store: Store) -> set[str]:
    """Names of the lab's runs that are done or have failed."""
    with store.session() as session:
        return set(session.scalars(sa.select(Run.id).where(Run.status != "running")))
