"""What the networks of the study of verifiers and policies do, by perfect play's judgement."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from analysis.studies.verifier import OWN, PUCT, SHARED, SMALL
from experiments.arena.judging import fixed_set
from experiments.machine.parallel import Worker
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
from experiments.studies.verifier_runs import (
    RECIPE,
    Board,
    VerifierConfig,
    ratio_of,
    split_network,
)
from games.exact.populations import population
from games.hex import Hex
from games.protocol import Game, State
from mcts import RawPolicy, Strategy, TwoNetworkStrategy
from mcts.strategies.best_of_n import BestOfN
from mcts.strategies.mpv import Mpv
from mcts.strategies.raw_value import RawValue
from training.ledger import calls_flops, forward_flops
from training.networks import Mlp, NetworkConfig, make_evaluate, pad_params

NAME = "verifier"
COLUMNS = ("family", "nodes", "calls", "flops")


def study_of(arm: str) -> str:
    """What an arm's files are called."""
    return NAME if arm == OWN else f"{NAME}-{arm.replace(' ', '-')}"


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


def judge_shape(
    arm: str, worker: Worker, lab: Path, config: VerifierConfig, board: int, network: str
) -> None:
    """What networks of one shape do in the judged positions, written to the lab's `file_of`."""
    game, (own,) = Hex(board), [own for own in config.boards if own.boardsize == board]
    shapes = config.shapes(own)
    kind = next(kind for kind, name in shapes.items() if name == network)
    runs = {run.run_id for run in config.runs(arm)}
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
        file_of(lab, study_of(arm), board, network),
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
    won: WonPositions,
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
