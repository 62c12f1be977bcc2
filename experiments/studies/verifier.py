"""Should the network that judges be larger than the one that proposes, at equal FLOPs a node?

Networks of one board cost the same, but share it out otherwise between a trunk of the policy's and
one of the value's. Each trains by self-play of its own, and perfect play judges what it does: its
policy alone, its value alone, tree search with both, best of N, where one proposes and the other
verifies. Beside them stand trees that ask two networks (MPV-MCTS).
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import jax
import numpy as np
import pandas as pd
import pydantic

from analysis.report.study_page import Findings, Published
from analysis.studies.verifier import PUCT, SHARED, SMALL, Judged
from experiments.arena.judging import fixed_set
from experiments.machine.parallel import Task, Worker
from experiments.reproduction.recipe import configure, load_recipe
from experiments.reproduction.stages.training import training_tasks
from experiments.studies.decisions import (
    StoredNetwork,
    blunders,
    compile_deciding,
    compile_trace,
    decision_tasks,
    file_of,
    read_decisions,
    sources,
    stored_networks,
    won_positions,
    write_decisions,
)
from experiments.studies.study import Stage, Study
from experiments.studies.verifier_findings import findings
from games.config import FrozenModel
from games.exact.populations import population
from games.hex import Hex
from games.protocol import Game, State
from mcts import RawPolicy, Strategy, TwoNetworkStrategy
from mcts.strategies.best_of_n import BestOfN
from mcts.strategies.mpv import Mpv
from mcts.strategies.raw_value import RawValue
from training.config import TrainConfig
from training.ledger import calls_flops, forward_flops, trunk_parameters
from training.networks import HEADS, Mlp, NetworkConfig, make_evaluate, pad_params
from training.store import Store

NAME = "verifier"
RECIPE = "efficient"
COLUMNS = ("family", "nodes", "calls", "flops")


class Board(FrozenModel, frozen=True):
    """The networks of one board and how long they train."""

    boardsize: int
    width: int
    """Of the shared trunk that sets the FLOPs a node of all others."""
    small: int
    """Width of the small network of trees that ask two."""
    samples: int
    """Self-play positions of each run."""


class VerifierConfig(FrozenModel, frozen=True):
    """Which networks are trained, and how they are judged."""

    boards: tuple[Board, ...]
    ratios: tuple[float, ...] = (1 / 16, 1 / 4, 1, 4, 16)
    """Parameters of the value's trunk over those of the policy's, heads included."""
    depth: int = 2
    seeds: int = pydantic.Field(default=3, ge=1)
    snapshots: int = pydantic.Field(default=6, ge=2)
    positions: int = pydantic.Field(default=800, ge=10)
    """Won positions of play, about, in which decisions are judged; values are in all there are."""
    puct: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64, 128, 256)
    """Budgets of the tree search; the first is the raw policy."""
    verified: tuple[int, ...] = (2, 4, 8)
    """Moves that best of N draws and verifies."""
    mpv: tuple[tuple[int, int], ...] = ((16, 2), (64, 2), (64, 8))
    """Evaluations of trees that ask two networks, and those of the small one to one of the
    large."""

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        if self.puct[:1] != (1,):
            raise ValueError("puct: the first budget must be 1, the raw policy")
        return self

    def shapes(self, board: Board) -> dict[str, str]:
        """The board's networks by their kind."""
        game = Hex(board.boardsize)
        shared = Mlp(width=board.width, depth=self.depth)
        small = Mlp(width=board.small, depth=self.depth)
        split = {f"{ratio:g}": split_network(game, shared, ratio).name for ratio in self.ratios}
        return {SHARED: shared.name, SMALL: small.name, **split}

    @property
    def runs(self) -> list[TrainConfig]:
        """Every run of self-play."""
        return [
            configure(load_recipe(RECIPE), {
                "boardsize": board.boardsize, "network": network, "seed": seed,
                "samples": board.samples, "snapshots": self.snapshots, "first_snapshot": 4_096,
            })
            for board in self.boards
            for network in self.shapes(board).values()
            for seed in range(self.seeds)
        ]  # fmt: skip


class _Trunk(NamedTuple):
    """A trunk of some width with its head."""

    width: int
    flops: int
    parameters: int


@functools.cache
def split_network(game: Game, shared: Mlp, ratio: float) -> Mlp:
    """Trunks of policy and value that cost together what `shared` costs, their parameters as
    nearly in the ratio as whole widths allow: FLOPs within 3 %, if any pair of widths is."""
    cost = forward_flops(game, shared)

    def miss(pair: tuple[_Trunk, _Trunk]) -> tuple[bool, float]:
        policy, value = pair
        dearer = abs(math.log((policy.flops + value.flops) / cost))
        off = abs(math.log(value.parameters / policy.parameters / ratio))
        return dearer > math.log(1.03), off + 4 * dearer

    policies, values = (_trunks(game, shared, head) for head in HEADS)
    policy, value = min(itertools.product(policies, values), key=miss)
    return Mlp(width=policy.width, depth=shared.depth, value_width=value.width)


def _trunks(game: Game, shared: Mlp, head: str) -> list[_Trunk]:
    """Trunks of one head, up to one that costs more than the shared network."""
    alike = (
        Mlp(width=width, depth=shared.depth, value_width=width)
        for width in range(1, 2 * shared.width)
    )
    return [
        _Trunk(own.width, forward_flops(game, own, [head]), trunk_parameters(game, own)[head])
        for own in alike
    ]


def ratio_of(game: Game, network: NetworkConfig) -> float:
    """Parameters that the value hangs on over those that the policy hangs on."""
    parameters = trunk_parameters(game, network)
    policy, value = (parameters[head] for head in HEADS)
    return value / policy


def _train(store: Store, config: VerifierConfig) -> list[Task]:
    def name(run: TrainConfig) -> str:
        return f"{run.boardsize}×{run.boardsize} board, network {run.network.name}"

    return training_tasks(store, config.runs, name)


def _decide(store: Store, config: VerifierConfig) -> list[Task]:
    shapes = {board.boardsize: tuple(config.shapes(board).values()) for board in config.boards}
    return decision_tasks(store.folder, NAME, config, shapes, _decide_task, "decisions of")


class Play(NamedTuple):
    """A way to decide, other than the tree search, and its calls."""

    family: str
    strategy: Strategy
    second: bool = False  # whether the board's shared network is asked as well


def plays_of(config: VerifierConfig, kind: str) -> Iterator[Play]:
    """What networks of a kind decide by."""
    yield Play("value", RawValue())
    for tries in config.verified:
        yield Play("best-of-n", BestOfN(nodes=1 + tries))
    if kind == SMALL:
        for tries in config.verified:
            yield Play("verified", BestOfN(nodes=1 + tries), second=True)
        for nodes, every in config.mpv:
            yield Play("mpv", Mpv(nodes=nodes, every=every), second=True)


def _decide_task(
    worker: Worker, lab: Path, config: VerifierConfig, board: int, network: str
) -> None:
    game, (own,) = Hex(board), [own for own in config.boards if own.boardsize == board]
    shapes = config.shapes(own)
    kind = next(kind for kind, name in shapes.items() if name == network)
    runs = {run.run_id for run in config.runs}
    mine, large = (
        [_padded(game, one, config, own) for one in stored_networks(lab, game, name, RECIPE, runs)]
        for name in (network, shapes[SHARED])
    )
    shape = NetworkConfig.parse(network)
    won = won_positions(game, config.positions)
    trace = compile_trace(game, mine[0].shape, config.puct)
    actions = [np.asarray(trace(one.params, won.states).action) for one in mine]  # [M][K, N]
    fell = list(np.swapaxes(blunders(won.keeping, np.stack(actions)), 0, 1))  # [K][M, N]
    told: list[tuple[Any, ...]] = [
        (PUCT, nodes, nodes, nodes * forward_flops(game, shape)) for nodes in config.puct
    ]
    # A tree of one node plays the policy's move.
    fell.append(fell[0])
    told.append(_cost(game, Play("policy", RawPolicy()), shape, shape))
    keys = jax.random.split(jax.random.key(board), len(won.keeping))
    for play in plays_of(config, kind):
        if worker.should_stop():
            return
        fell.append(_fallen(game, play, mine, large, won, keys))
        told.append(_cost(game, play, shape, NetworkConfig.parse(shapes[SHARED])))
    states, winning, weight = every_position(game)
    values = [_values(game, one.shape)(one.params, states) for one in mine]
    wrong = (np.stack(values) > 0) != winning
    write_decisions(
        file_of(lab, NAME, board, network),
        {
            "board": board, "kind": kind, "network": network, "ratio": ratio_of(game, shape),
            "blunder": np.stack(fell, axis=1), "wrong": wrong, "weight": weight,
            "runs": np.array([one.run for one in mine]),
            **dict(zip(COLUMNS, map(np.array, zip(*told, strict=True)), strict=True)),
        },
    )  # fmt: skip


def _padded(
    game: Game, network: StoredNetwork, config: VerifierConfig, board: Board
) -> StoredNetwork:
    """The same in the shape that all networks of two trunks of a board fit into, so that they
    share their programs."""
    if not isinstance(network.shape, Mlp) or network.shape.value_width is None:
        return network
    shared = Mlp(width=board.width, depth=config.depth)
    split = [split_network(game, shared, ratio) for ratio in config.ratios]
    roomy = Mlp(
        width=max(own.width for own in split), depth=config.depth,
        value_width=max(own.trunks[1][0] for own in split),
    )  # fmt: skip
    params = pad_params(game, network.params, roomy)
    return network._replace(shape=roomy, params=params)


def _fallen(
    game: Game,
    play: Play,
    mine: Sequence[StoredNetwork],
    large: Sequence[StoredNetwork],
    won: Any,
    keys: jax.Array,
) -> np.ndarray:
    """Which wins are thrown away [M, N]; each network with the large one of its own seed."""
    second = large[0].shape if play.second else None
    decide = compile_deciding(game, mine[0].shape, play.strategy, second)
    pairs = zip(mine, large, strict=True)
    actions = [
        np.asarray(decide((one.params, other.params) if play.second else one.params,
                          won.states, keys)[0])
        for one, other in pairs
    ]  # fmt: skip
    return blunders(won.keeping, np.stack(actions))


def _cost(
    game: Game, play: Play, network: NetworkConfig, large: NetworkConfig
) -> tuple[str, int, int, int]:
    """A row of `COLUMNS`."""
    strategy = play.strategy
    if not play.second:
        calls = strategy.calls(game)
        flops = calls_flops(game, network, calls)
        return play.family, sum(calls), strategy.dependent_calls, flops
    assert isinstance(strategy, TwoNetworkStrategy)
    own, others = strategy.calls_of_both(game)
    flops = calls_flops(game, network, own) + calls_flops(game, large, others)
    return play.family, sum(own) + sum(others), strategy.dependent_calls, flops


def every_position(game: Game) -> tuple[State, np.ndarray, np.ndarray]:
    """All judged positions of a board, whether the side to move wins [K], and their weights [K]."""
    played = population(game) if isinstance(game, Hex) else None
    if played is not None:
        return played.states, played.winning.sum(1) > 0, played.weight
    _, states, verdicts, *_ = fixed_set(game)
    won = np.asarray(verdicts.value) > 0
    return states, won, np.full(len(won), 1 / len(won))


@functools.lru_cache(maxsize=4)
def _values(game: Game, network: NetworkConfig) -> Any:
    """(params, states [K]) → what the network thinks of them [K]."""
    evaluate = make_evaluate(game, network)
    return jax.jit(lambda params, states: evaluate(params, states)[1])


def _findings(lab: Path, config: VerifierConfig) -> Findings:
    names = [
        (board.boardsize, network)
        for board in config.boards
        for network in config.shapes(board).values()
    ]
    files = read_decisions([file_of(lab, NAME, *name) for name in names])
    judged = [
        Judged(
            int(file["board"]), str(file["kind"]), str(file["network"]), float(file["ratio"]),
            pd.DataFrame({name: file[name] for name in COLUMNS}),
            file["blunder"], file["wrong"], file["weight"],
        )
        for file in files
    ]  # fmt: skip
    return findings(judged, sources("the study's own lab", files))


STUDY = Study(
    title="A verifier larger than the policy",
    question="Language models are searched with a verifier that is many times larger than the "
    "model that proposes (the open replications of o1), though a smaller one is said to do (Cobbe "
    "2021). If FLOPs a node are given, how are parameters best shared out between value and "
    "policy, and does that change with the budget of search?",
    expectation="Without search the policy decides, and its trunk should be the larger one. The "
    "more nodes, the more the value decides and the less the prior, so the best ratio rises with "
    "the budget, to some 4 at hundreds of nodes. The shared trunk is better than any split, as "
    "both heads need the same features of the board. Best of N with a large verifier beats the "
    "policy alone and loses against a tree of equal FLOPs.",
    presets={
        "smoke": VerifierConfig(
            boards=(Board(boardsize=3, width=12, small=3, samples=4_096),),
            ratios=(4,), seeds=1, snapshots=2, positions=40, puct=(1, 4, 16),
            verified=(2,), mpv=((8, 2),),
        ),
        "laptop": VerifierConfig(
            boards=(
                Board(boardsize=4, width=32, small=8, samples=30_000),
                Board(boardsize=5, width=32, small=8, samples=120_000),
            ),
        ),
        "reference": VerifierConfig(
            boards=(
                Board(boardsize=4, width=32, small=8, samples=300_000),
                Board(boardsize=5, width=64, small=16, samples=1_000_000),
            ),
            ratios=tuple(4.0**k for k in range(-3, 4)), seeds=5, positions=3_000,
        ),
    },
    stages=(Stage("Training", _train), Stage("Decisions", _decide)),
    findings_of_files=_findings,
    published=(
        Published(
            "large generator with small verifier, and the reverse",
            "the former is better: a verifier needs less size",
            "Cobbe et al. 2021, arXiv 2110.14168, ablations",
        ),
        Published(
            "verifier of 8B over policies of 1B and 3B",
            "3B with search beats 70B without on MATH-500",
            "Beeching et al. 2024, Scaling test-time compute with open models",
        ),
        Published(
            "two networks in one tree, at equal budget",
            "beat either alone (9×9 NoGo)",
            "Lan et al. 2019, arXiv 1905.13521",
        ),
    ),
)  # fmt: skip
