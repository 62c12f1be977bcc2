"""A plan: the grid of runs and the stages that it goes through; presets are plans in TOML files."""

from __future__ import annotations

import functools
import importlib.resources
import math
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import pydantic

import games
from experiments.executors import AnyExecutor, Executor
from experiments.reproduction.recipe import configure, load_recipe, merge
from experiments.reproduction.stages import STAGES, AnyStage, Stage
from games.config import FrozenModel, describe
from games.errors import InputError
from games.protocol import Game
from training.config import TrainConfig
from training.networks import AnyNetwork, NetworkConfig, parameter_count

# The plan's own, which stand elsewhere.
RUN_FIELDS = {"game", "boardsize", "network", "samples", "seed", "begin"}
LEAGUE = "league"  # of every plan: by it, the agents are rated and a lab knows its plan
FORMER_TABLES = {  # of plans up to 0.1, and the stages that they stood for
    "arena": "league",
    "league_jones": "league_jones",
    "nodes": "nodes",
    "direct": "direct",
    "perfect": "perfect",
}

OneStage = TypeVar("OneStage", bound=Stage)


class BoardPlan(FrozenModel, frozen=True):
    """The runs on one board."""

    boardsize: int
    recipe: str = "efficient"
    """Named training configuration that the runs start from; `hexlaw list` shows them all."""
    networks: tuple[AnyNetwork, ...] = pydantic.Field(min_length=1)
    samples: int = pydantic.Field(ge=1)
    """Self-play positions of each run."""
    begin: int | None = None
    """Board with whose runs these begin, those of the same recipe, network and seed, which stand
    before them; fresh weights if unset."""
    flops: tuple[float, float] | None = None
    """Jones's FLOPs (samples × nodes × parameters) of each run's first snapshot and of its end,
    which `samples` may bring sooner; snapshots are spaced by `samples` alone if unset."""
    seeds: int | None = pydantic.Field(default=None, ge=1)
    """Runs of each network, if not as many as the plan says."""
    train: dict[str, Any] = pydantic.Field(default_factory=dict)
    """Fields of `TrainConfig` that differ from the recipe and the plan's `train`."""


class Plan(FrozenModel, frozen=True):
    """A ladder of runs on one or more boards, and how its agents meet."""

    title: str
    """One sentence: what it is and how long it takes."""
    game: str = "hex"
    seeds: int = pydantic.Field(default=1, ge=1)
    """Runs of each network, with seeds 0, 1, …"""
    boards: tuple[BoardPlan, ...] = pydantic.Field(min_length=1)
    train: dict[str, Any] = pydantic.Field(default_factory=dict)
    """Fields of `TrainConfig` that differ from the recipes, for all runs."""
    executor: AnyExecutor = pydantic.Field(default="local", validate_default=True)
    """Where the work is done, written `[executor]` with a `kind` and its settings; the command line
    goes before it."""
    stages: tuple[AnyStage, ...] = pydantic.Field(default=("example",), validate_default=True)
    """What is done with the grid, written `[[stages]]` with a `kind` and its settings. The league,
    and what others build on, are taken with their defaults where they are not written."""

    @pydantic.model_validator(mode="before")
    @classmethod
    def _point_the_way(cls, fields: dict[str, Any]) -> dict[str, Any]:
        if former := [name for name in FORMER_TABLES if name in fields]:
            raise ValueError(
                f"[{former[0]}] is written [[stages]] now, with the line kind = "
                f'"{FORMER_TABLES[former[0]]}" above its settings (docs/reproduction.md)'
            )
        return fields

    @pydantic.field_validator("stages")
    @classmethod
    def _complete(cls, written: tuple[Stage, ...]) -> tuple[Stage, ...]:
        if LEAGUE not in (stage.kind for stage in written):
            written = (STAGES[LEAGUE](), *written)
        return with_needs(written)

    @pydantic.field_serializer("executor")
    def _with_kind(self, executor: Executor) -> dict[str, Any]:
        return {"kind": executor.kind, **executor.model_dump(mode="json")}

    @pydantic.field_serializer("stages")
    def _with_kinds(self, stages: Sequence[Stage]) -> list[dict[str, Any]]:
        return [{"kind": stage.kind, **stage.model_dump(mode="json")} for stage in stages]

    @pydantic.model_validator(mode="after")
    def _check(self) -> Plan:
        for place, fields in [("train", self.train)] + [
            (f"boards.{number}.train", board.train) for number, board in enumerate(self.boards)
        ]:
            if misplaced := sorted(RUN_FIELDS & set(fields)):
                raise ValueError(f"{place}: {', '.join(misplaced)} cannot stand here")
        names = [run.run_id for run in self.runs]  # checks every run's configuration, too
        if len(set(names)) < len(names):
            raise ValueError("a network stands twice on the same board with the same recipe")
        for stage in self.stages:
            for size in self.boardsizes:
                try:
                    stage.check(self.rules(size))
                except ValueError as error:
                    raise ValueError(f"{stage.kind}.{error}") from None
        return self

    def stage(self, kind: type[OneStage]) -> OneStage:
        """The plan's stage of a kind that is there, such as one that the caller needs."""
        return next(stage for stage in self.stages if isinstance(stage, kind))

    @property
    def boardsizes(self) -> list[int]:
        """Board sides, rising."""
        return sorted({board.boardsize for board in self.boards})

    def rules(self, boardsize: int) -> Game:
        """The game on a board."""
        return games.make(self.game, boardsize)

    def runs_on(self, rules: Game) -> list[TrainConfig]:
        """The runs on a board."""
        return [run for run in self.runs if run.boardsize == rules.size]

    @functools.cached_property
    def runs(self) -> list[TrainConfig]:
        """The configuration of every run."""
        found: list[TrainConfig] = []
        for board in self.boards:
            for network in board.networks:
                for seed in range(board.seeds or self.seeds):
                    begin = _last_snapshot(found, board, network, seed)
                    found.append(_configure(self, board, network, seed, begin))
        return found


def with_needs(written: Sequence[Stage]) -> tuple[Stage, ...]:
    """Stages in the order in which they can run, together with those that they build on.

    Raises:
        ValueError: if a kind stands twice.
    """
    kinds = {stage.kind: stage for stage in written}
    if len(kinds) < len(written):
        raise ValueError("each kind of stage can stand only once")
    found: dict[str, Stage] = {}

    def add(stage: Stage) -> None:
        for need in stage.needs:
            add(kinds.get(need) or STAGES[need]())
        found.setdefault(stage.kind, stage)

    for stage in written:
        add(stage)
    return tuple(found.values())


def waves_of(stages: Sequence[Stage]) -> list[list[Stage]]:
    """Stages, in the order of `with_needs`, by when they can run: none waits for another of its
    wave, and each wave for the ones before."""
    waves: list[list[Stage]] = []
    place: dict[str, int] = {}
    for stage in stages:
        place[stage.kind] = 1 + max((place[need] for need in stage.needs), default=-1)
        if place[stage.kind] == len(waves):
            waves.append([])
        waves[place[stage.kind]].append(stage)
    return waves


def _last_snapshot(
    runs: Sequence[TrainConfig], board: BoardPlan, network: NetworkConfig, seed: int
) -> str:
    """What a run begins with, by name; nothing if it begins afresh."""
    if board.begin is None:
        return ""
    wanted = (board.begin, board.recipe, network, seed)
    for run in runs:
        if (run.boardsize, run.recipe, run.network, run.seed) == wanted:
            return f"{run.run_id}#{len(run.snapshot_iterations) - 1}"
    raise ValueError(
        f"boards: {board.boardsize} begins with {board.begin}, but no board of that size before it "
        f"has {network.name} with {board.recipe} and seed {seed}"
    )


def _configure(
    plan: Plan, board: BoardPlan, network: NetworkConfig, seed: int, begin: str
) -> TrainConfig:
    fields = merge(plan.train, board.train) | {
        "game": plan.game,
        "boardsize": board.boardsize,
        "network": network,
        "samples": board.samples,
        "seed": seed,
        "begin": begin,
    }
    recipe = load_recipe(board.recipe)
    if board.flops is None:
        return configure(recipe, fields)
    run = configure(recipe, fields | {"first_snapshot": 1})  # the caps say when it is taken
    first, last = (
        math.ceil(flops / (run.search.nodes * parameter_count(run.rules, network)))
        for flops in board.flops
    )
    capped = {
        "samples": min(board.samples, last),
        "first_snapshot": max(first, run.samples_per_iteration),
    }
    try:
        return TrainConfig.model_validate(dict(run) | capped)
    except pydantic.ValidationError as error:
        raise InputError(describe(error)) from error


def preset_names() -> list[str]:
    """The plans that come with hexlaw, in order of size."""
    folder = importlib.resources.files("experiments.reproduction") / "presets"
    found = {
        path.name.removesuffix(".toml") for path in folder.iterdir() if path.name != "__init__"
    }
    order = ["smoke", "laptop", "reference", "large", "gpu", "paper"]
    return sorted(found, key=lambda name: (order.index(name) if name in order else 99, name))


def load_plan(preset: str | None = None, file: Path | None = None) -> Plan:
    """A preset, or a plan from a TOML file.

    Raises:
        InputError: if there is no such preset or file, or it is not a valid plan; the message
            names the key.
    """
    if file is not None:
        name = str(file)
        try:
            text = file.read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"cannot read the plan {name}: {error}") from error
    else:
        if preset not in preset_names():
            raise InputError(f"unknown preset {preset!r}; there is: {', '.join(preset_names())}")
        name = f"preset {preset}"
        text = (
            importlib.resources.files("experiments.reproduction") / "presets" / f"{preset}.toml"
        ).read_text()
    try:
        return Plan.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{name} is not valid TOML: {error}") from error
    except pydantic.ValidationError as error:
        raise InputError(f"{name}: {describe(error)}") from error
