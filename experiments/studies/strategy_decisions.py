"""What the study `strategies` measures: its configuration, tasks and files of decisions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Self

import jax
import numpy as np
import pandas as pd
import pydantic

from analysis.studies.play_time import PUCT, Decided
from experiments.machine.parallel import Worker
from experiments.players.specs import NetworkSpec, parse_player
from experiments.studies.decisions import (
    PlayTimeConfig,
    StoredNetwork,
    WonPositions,
    blunders,
    compile_deciding,
    compile_trace,
    file_of,
    won_positions,
    write_decisions,
)
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
    "nodes=1",
    "nodes=64,leaves=4",
    "nodes=64,leaves=16",
    "strategy=root-parallel,nodes=64,trees=4",
    "strategy=root-parallel,nodes=64,trees=16",
    "nodes=64,rule=gumbel",
    "nodes=64,rule=regularised",
    "strategy=best-of-n,nodes=17",
    "strategy=alpha-beta,depth=3,branching=4",
    "strategy=beam,nodes=65",
    "strategy=diverse-beam,nodes=65",
    "strategy=revision,nodes=64",
    "strategy=rollouts,nodes=65",
)
"""What meets PUCT with 64 evaluations in games: fewer of them in a row, as many at once, and other
ways to spend about as many or fewer."""


class StrategiesConfig(PlayTimeConfig, frozen=True):
    """Whose decisions, and by which strategies."""

    networks: dict[int, tuple[str, ...]] = pydantic.Field(
        default={4: ("16x2",), 5: ("16x2", "64x2"), 6: ("64x2",)}
    )
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
    openings: dict[int, int] = pydantic.Field(default={4: 100, 5: 100})
    arms: tuple[str, ...] = ARMS
    """What they play with, against PUCT with `parallel` evaluations."""

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


def ways_of(config: StrategiesConfig, board: int) -> dict[str, list[Way]]:
    """The ways to decide on a board by family, PUCT's first: the parts of its decisions."""
    plain = board in config.plain
    weights = config.c_puct[:1] if plain else config.c_puct
    found = {PUCT: puct_ways(config.puct, weights)}
    for way in map(way_of, config.ways):
        if not (plain and way.setting):
            found.setdefault(way.family, []).append(way)
    return found


def decide_task(
    worker: Worker, lab: Path, config: StrategiesConfig, board: int, network: str, family: str
) -> None:
    """What all networks of a shape do on a board, by every way of a family, into a file."""
    game = Hex(board)
    there = config.stored(board, network)
    won = won_positions(game, config.positions)
    ways = ways_of(config, board)[family]
    if family == PUCT:
        decisions = _traced(config, game, there, won)
    else:
        decisions = _decisions(worker, game, there, won, ways)
    if decisions is None:
        return
    write_decisions(
        file_of(lab, NAME, board, network, family),
        {
            "board": board, "network": network, "flops": there[0].flops,
            "runs": np.array([own.run for own in there]), **decisions,
            **{name: np.array([getattr(way, name) for way in ways]) for name in WAY_COLUMNS},
        },
    )  # fmt: skip


def _decisions(
    worker: Worker,
    game: Game,
    there: Sequence[StoredNetwork],
    won: WonPositions,
    ways: Sequence[Way],
) -> dict[str, np.ndarray] | None:
    """Blunders and evaluations [M, S, N] of S ways; none if asked to stop."""
    keys = jax.random.split(jax.random.key(game.size), len(won.keeping))
    fell, made = [], []
    for number, way in enumerate(ways):
        if worker.should_stop():
            return None
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
    return {"blunder": np.stack(fell, axis=1), "evaluations": np.stack(made, axis=1)}


def _traced(
    config: StrategiesConfig, game: Game, there: Sequence[StoredNetwork], won: WonPositions
) -> dict[str, np.ndarray]:
    """The same of PUCT with each weight of the prior and budget, in the order of `puct_ways`; and
    of the positions: winning (moves [N]), entropy of the network's policy and its mass on those
    moves [M, N]."""
    fell, made, prior = [], [], np.empty(0)
    for weight in config.c_puct[:1] if game.size in config.plain else config.c_puct:
        trace = compile_trace(game, there[0].shape, config.puct, weight)
        found = [jax.device_get(trace(own.params, won.states)) for own in there]
        for place in range(len(config.puct)):
            actions = np.stack([own.action[place] for own in found])
            fell.append(blunders(won.keeping, actions))
            made.append(np.stack([own.evaluations[place] for own in found]))
        prior = np.stack([own.prior[0] for own in found])
    return {
        "blunder": np.stack(fell, axis=1), "evaluations": np.stack(made, axis=1),
        "winning": won.keeping.sum(1),
        "entropy": -np.sum(prior * np.log(np.where(prior > 0, prior, 1)), axis=-1),
        "mass": np.sum(prior * won.keeping, axis=-1),
    }  # fmt: skip


def decided(files: Sequence[dict[str, np.ndarray]]) -> Decided:
    """The files of a board and shape as the tables want them; PUCT's is the first."""
    first = files[0]

    def all_ways(name: str, axis: int = 0) -> np.ndarray:
        return np.concatenate([file[name] for file in files], axis=axis)

    return Decided(
        int(first["board"]), str(first["network"]), float(first["flops"]),
        pd.DataFrame({name: all_ways(name) for name in WAY_COLUMNS}),
        all_ways("blunder", 1), all_ways("evaluations", 1),
        first["winning"], first["entropy"], first["mass"],
    )  # fmt: skip
