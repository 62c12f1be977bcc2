"""What the study `strategies` measures: its configuration, tasks and files of decisions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Self

import jax
import numpy as np
import pandas as pd
import pydantic

from analysis.studies.play_time import Decided
from experiments.machine.parallel import Worker
from experiments.players.specs import NetworkSpec, parse_player
from experiments.studies.decisions import (
    StoredNetwork,
    WonPositions,
    blunders,
    compile_deciding,
    compile_trace,
    file_of,
    stored_networks,
    won_positions,
    write_decisions,
)
from games.config import FrozenModel
from games.errors import InputError
from games.hex import Hex
from games.protocol import Game
from mcts import STRATEGIES, Puct, SearchConfig, Strategy

NAME = "strategies"
WAY_COLUMNS = ("family", "text", "nodes", "calls", "setting")
SIZES = ("strategy", "nodes", "rule", "leaves", "trees")
"""Options that say which strategy, how much and how much at once; all others are constants."""


class Way(NamedTuple):
    """One strategy and budget, as files and tables tell it."""

    family: str
    text: str
    nodes: int  # evaluations at most
    calls: int  # those that wait for each other
    setting: str  # constants that are not the defaults


def strategy_of(way: str) -> Strategy:
    """The strategy of a player's options.

    Raises:
        InputError: if there is none such.
    """
    spec = parse_player(f"any#0@{way}")
    assert isinstance(spec, NetworkSpec)
    return spec.strategy


def way_of(way: str) -> Way:
    """A player's options in the terms of a table."""
    own = strategy_of(way)
    return Way(family_of(own), way, own.evaluations, own.dependent_calls, setting_of(own))


def family_of(strategy: Strategy) -> str:
    """How figures call it: its rule or its parallelism, if it searches a tree."""
    if not isinstance(strategy, SearchConfig):
        return STRATEGIES.name_of(strategy)
    return "leaf-parallel" if strategy.leaves > 1 else strategy.rule.model_dump()["name"]


def setting_of(strategy: Strategy) -> str:
    """Its constants that are not the defaults; what is no budget by itself (alpha-beta's depth and
    branching are) and can be tuned at a budget."""
    options = strategy.options() if strategy.has_budget else {}
    return ",".join(f"{key}={value}" for key, value in options.items() if key not in SIZES)


WAYS = (
    "strategy=majority",
    "strategy=best-of-n,nodes=5",
    "strategy=best-of-n,nodes=5,propose=likeliest",
    "strategy=best-of-n,nodes=17",
    "strategy=best-of-n,nodes=17,propose=likeliest",
    "strategy=rollouts,nodes=17",
    "strategy=rollouts,nodes=17,depth=2",
    "strategy=rollouts,nodes=65",
    "strategy=rollouts,nodes=65,depth=2",
    "strategy=rollouts,nodes=65,depth=8",
    "strategy=beam,nodes=17",
    "strategy=beam,nodes=65",
    "strategy=beam,nodes=65,beams=2,branching=8",
    "strategy=beam,nodes=65,beams=8,branching=2",
    "strategy=beam,nodes=257",
    "strategy=diverse-beam,nodes=65",
    "strategy=diverse-beam,nodes=65,beams=2,branching=8",
    "strategy=diverse-beam,nodes=65,beams=8,branching=2",
    "strategy=revision,nodes=16",
    "strategy=revision,nodes=64",
    "strategy=revision,nodes=64,depth=2",
    "strategy=revision,nodes=64,depth=8",
    "strategy=alpha-beta,depth=2,branching=4",
    "strategy=alpha-beta,depth=3,branching=4",
    "strategy=alpha-beta,depth=3,branching=6",
    "nodes=16,rule=gumbel",
    "nodes=16,rule=gumbel,rule.c_scale=0.3",
    "nodes=64,rule=gumbel",
    "nodes=64,rule=gumbel,rule.c_scale=0.3",
    "nodes=64,rule=regularised",
    "strategy=root-parallel,nodes=64,trees=4",
    "strategy=root-parallel,nodes=64,trees=4,noise_fraction=0.1",
    "strategy=root-parallel,nodes=64,trees=16",
    "nodes=64,leaves=4",
    "nodes=64,leaves=4,rule.c_puct=2.5",
    "nodes=64,leaves=16",
    "nodes=64,leaves=63",
)


ARMS = (
    "nodes=32",
    "nodes=16",
    "nodes=4",
    "nodes=64,leaves=4",
    "nodes=64,leaves=16",
    "strategy=root-parallel,nodes=64,trees=4",
    "strategy=root-parallel,nodes=64,trees=16",
    "strategy=diverse-beam,nodes=65",
)
"""What meets PUCT with 64 evaluations in games: its own evaluations in a row, fewer of them, and
as many at once."""


class StrategiesConfig(FrozenModel, frozen=True):
    """Whose decisions, and by which strategies."""

    lab: str = "reference_run/lab"
    """Of the networks; only read."""
    recipe: str = "efficient"
    networks: dict[int, tuple[str, ...]] = pydantic.Field(
        default={4: ("16x2",), 5: ("16x2", "64x2"), 6: ("64x2",)}
    )
    """Shapes by board; the last snapshot of every seed."""
    positions: int = pydantic.Field(default=1000, ge=10)
    """Won positions of play, about."""
    puct: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64, 128, 256)
    """Budgets of the search that all others are set against; the first is the raw policy."""
    c_puct: tuple[float, ...] = (1.25, 0.6, 2.5)
    """Weights of its prior; the first one is the default."""
    ways: tuple[str, ...] = WAYS
    """Options of a player's name, one a strategy and budget."""
    plain: tuple[int, ...] = ()
    """Boards on which constants are the defaults."""
    parallel: int = 64
    """Budget at which calls in a row are set against calls at once."""
    means: tuple[float, ...] = (2, 4, 8, 16, 32, 64)
    """Mean evaluations of policies that choose by difficulty."""
    tuned: tuple[int, ...] = (16, 64)
    """Budgets at which constants are tuned."""
    games: dict[int, tuple[str, ...]] = pydantic.Field(default={4: ("16x2",), 5: ("16x2",)})
    """Shapes by board that play games against themselves; none if empty."""
    arms: tuple[str, ...] = ARMS
    """What they play with, against PUCT with `parallel` evaluations."""
    openings: int = pydantic.Field(default=100, ge=2)
    """Of each network and arm, each with both colours."""

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        for field in ("ways", "arms"):
            for way in getattr(self, field):
                try:
                    strategy_of(way)
                except InputError as error:
                    raise ValueError(f"{field}: {error}") from None
        return self


def puct_ways(budgets: Sequence[int], c_puct: Sequence[float]) -> list[Way]:
    """PUCT with each weight of the prior and budget."""
    default = Puct().c_puct
    return [
        way_of(f"nodes={nodes}" + ("" if weight == default else f",rule.c_puct={weight:g}"))
        for weight in c_puct
        for nodes in budgets
    ]


def decide_task(
    worker: Worker, lab: Path, config: StrategiesConfig, board: int, network: str
) -> None:
    """What all networks of a shape do on a board, by every way, into a file of the lab."""
    game = Hex(board)
    there = stored_networks(Path(config.lab), game, network, config.recipe)
    won = won_positions(game, config.positions)
    keys = jax.random.split(jax.random.key(board), len(won.keeping))
    weights = config.c_puct[:1] if board in config.plain else config.c_puct
    fell, made, prior = _traced(config.puct, weights, game, there, won)
    ways = [way_of(way) for way in config.ways]
    if board in config.plain:
        ways = [way for way in ways if not way.setting]
    for number, way in enumerate(ways):
        if worker.should_stop():
            return
        strategy = strategy_of(way.text)
        found = [
            jax.device_get(
                compile_deciding(game, own.shape, strategy)(own.params, won.states, keys)
            )
            for own in there
        ]
        actions, evaluations = zip(*found, strict=True)
        fell.append(blunders(won.keeping, np.stack(actions)))
        made.append(np.stack(evaluations))
        worker.report((number + 1) / len(ways))
    ways = [*puct_ways(config.puct, weights), *ways]
    write_decisions(
        file_of(lab, NAME, board, network),
        {
            "board": board, "network": network, "flops": there[0].flops,
            "blunder": np.stack(fell, axis=1), "evaluations": np.stack(made, axis=1),
            "winning": won.keeping.sum(1),
            "entropy": -np.sum(prior * np.log(np.where(prior > 0, prior, 1)), axis=-1),
            "mass": np.sum(prior * won.keeping, axis=-1),
            "runs": np.array([own.run for own in there]),
            **{name: np.array([getattr(way, name) for way in ways]) for name in WAY_COLUMNS},
        },
    )  # fmt: skip


def _traced(
    budgets: tuple[int, ...],
    weights: Sequence[float],
    game: Game,
    there: Sequence[StoredNetwork],
    won: WonPositions,
) -> tuple[list[np.ndarray], list[np.ndarray], np.ndarray]:
    """What PUCT does with each weight of the prior and budget: blunders and evaluations [M, N]
    each, in the order of `puct_ways`, and the networks' policies [M, N, A]."""
    fell, made, prior = [], [], np.empty(0)
    for weight in weights:
        trace = compile_trace(game, there[0].shape, budgets, weight)
        found = [jax.device_get(trace(own.params, won.states)) for own in there]
        for place in range(len(budgets)):
            actions = np.stack([own.action[place] for own in found])
            fell.append(blunders(won.keeping, actions))
            made.append(np.stack([own.evaluations[place] for own in found]))
        prior = np.stack([own.prior[0] for own in found])
    return fell, made, prior


def decided(file: dict[str, np.ndarray]) -> Decided:
    """A file as the tables want it."""
    return Decided(
        int(file["board"]), str(file["network"]), float(file["flops"]),
        pd.DataFrame({name: file[name] for name in WAY_COLUMNS}),
        file["blunder"], file["evaluations"], file["winning"], file["entropy"], file["mass"],
    )  # fmt: skip
