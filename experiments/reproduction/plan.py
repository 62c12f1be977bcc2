"""A plan: the grid of runs and what each stage plays; presets are plans in TOML files."""

from __future__ import annotations

import functools
import importlib.resources
import math
import tomllib
from pathlib import Path
from typing import Any

import pydantic

import games
from experiments.arena.meeting import ArenaConfig
from experiments.reproduction.recipe import configure, load_recipe, merge
from experiments.reproduction.stages import (
    DirectConfig,
    JonesLeagueConfig,
    NodeSweepConfig,
    PerfectConfig,
    StageConfig,
)
from games.config import FrozenModel, describe
from games.errors import InputError
from training.config import TrainConfig
from training.networks import AnyNetwork, NetworkConfig, parameter_count

RUN_FIELDS = {"game", "boardsize", "network", "samples", "seed"}  # the plan's own, elsewhere


class BoardPlan(FrozenModel, frozen=True):
    """The runs on one board."""

    boardsize: int
    recipe: str = "efficient"
    """Named training configuration that the runs start from; `hexlaw list` shows them all."""
    networks: tuple[AnyNetwork, ...] = pydantic.Field(min_length=1)
    samples: int = pydantic.Field(ge=1)
    """Self-play positions of each run."""
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
    arena: ArenaConfig = ArenaConfig()
    """The league: every pair of snapshots."""
    league_jones: JonesLeagueConfig | None = None
    """The league in the paper's convention; not played if unset, as the stages below."""
    nodes: NodeSweepConfig | None = None
    """Play with more and less search."""
    direct: DirectConfig | None = None
    """Every snapshot against the best."""
    perfect: PerfectConfig | None = None
    """The best against perfect play, and blunder rates."""

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
        for name, meeting in {"arena": self.arena, **self.stages}.items():
            for size in self.boardsizes:
                try:
                    meeting.check(games.make(self.game, size))
                except ValueError as error:
                    raise ValueError(f"{name}.{error}") from None
        return self

    @property
    def stages(self) -> dict[str, StageConfig]:
        """The stages after the league whose settings stand in the plan."""
        found = (self.league_jones, self.nodes, self.direct, self.perfect)
        return {stage.name: stage for stage in found if stage is not None}

    @property
    def boardsizes(self) -> list[int]:
        """Board sides, rising."""
        return sorted({board.boardsize for board in self.boards})

    @functools.cached_property
    def runs(self) -> list[TrainConfig]:
        """The configuration of every run."""
        return [
            _configure(self, board, network, seed)
            for board in self.boards
            for network in board.networks
            for seed in range(board.seeds or self.seeds)
        ]


def _configure(plan: Plan, board: BoardPlan, network: NetworkConfig, seed: int) -> TrainConfig:
    fields = merge(plan.train, board.train) | {
        "game": plan.game,
        "boardsize": board.boardsize,
        "network": network.model_dump(),
        "samples": board.samples,
        "seed": seed,
    }
    recipe = load_recipe(board.recipe)
    run = configure(recipe, fields)
    if board.flops is None:
        return run
    first, last = (
        math.ceil(flops / (run.search.nodes * parameter_count(run.rules, network)))
        for flops in board.flops
    )
    capped = {
        "samples": min(board.samples, last),
        "first_snapshot": max(first, run.samples_per_iteration),
    }
    return configure(recipe, fields | capped)


def preset_names() -> list[str]:
    """The plans that come with hexlaw, in order of size."""
    folder = importlib.resources.files("experiments.reproduction") / "presets"
    found = {
        path.name.removesuffix(".toml") for path in folder.iterdir() if path.name != "__init__"
    }
    order = ["smoke", "laptop", "reference", "gpu", "paper"]
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
