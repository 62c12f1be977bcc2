"""One training iteration as one compiled program.

Everything a run may vary without another compilation (seed, learning rate, openings, temperature,
augmentation) is an argument of the program; what fixes array shapes is in `Shape`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp

from games.protocol import Game
from mcts.settings import SearchConfig
from training.config import TrainConfig
from training.learner import LearnerState, Losses, init_learner, learn
from training.networks import NetworkConfig, build, init_params, make_evaluate
from training.replay import Window, add_moves, empty_window, outcomes, sample_batch
from training.selfplay import Lanes, Schedule, play_move, start_lanes


class Shape(NamedTuple):
    """What a program is compiled for."""

    game: Game
    network: NetworkConfig
    search: SearchConfig
    lanes: int
    moves: int
    window: int
    batch_size: int
    learner_steps: int


class Settings(NamedTuple):
    """What a run may vary on the same program."""

    schedule: Schedule
    learning_rate: jax.Array  # [] float32
    symmetries: jax.Array  # [K, A] int32, the ones to draw from; K identities for none


class TrainState(NamedTuple):
    """Everything a run is made of; a checkpoint is this and the ledger."""

    learner: LearnerState
    lanes: Lanes
    window: Window
    key: jax.Array  # typed key, split anew each iteration


class Metrics(NamedTuple):
    """Means over one iteration."""

    policy_loss: jax.Array  # [], nats
    value_loss: jax.Array  # [], squared error
    game_length: jax.Array  # [], plies of the games that ended; NaN if none did


Iterate = Callable[[Settings, TrainState], tuple[TrainState, Metrics]]


def shape_of(config: TrainConfig) -> Shape:
    """The program a run needs; runs of equal shape share it."""
    return Shape(
        game=config.rules,
        network=config.network,
        search=config.search,
        lanes=config.lanes,
        moves=config.moves,
        window=config.window,
        batch_size=config.batch_size,
        learner_steps=config.learner_steps,
    )


def settings_of(config: TrainConfig) -> Settings:
    """The run-time values of a run."""
    symmetries = jnp.asarray(config.rules.symmetries, jnp.int32)
    if not config.augment:
        symmetries = jnp.broadcast_to(symmetries[:1], symmetries.shape)
    return Settings(
        schedule=Schedule(jnp.int32(config.max_opening_plies), jnp.int32(config.greedy_from)),
        learning_rate=jnp.float32(config.learning_rate),
        symmetries=symmetries,
    )


def init_state(shape: Shape, settings: Settings, seed: jax.Array) -> TrainState:
    """The start of a run: fresh network, fresh games, an empty window."""
    key, params_key, lanes_key = jax.random.split(jax.random.key(seed), 3)
    learner = init_learner(init_params(shape.game, shape.network, params_key))
    lanes = start_lanes(shape.game, settings.schedule, shape.lanes, lanes_key)

    def one_move(lanes: Lanes, key: jax.Array):
        evaluate = make_evaluate(shape.game, shape.network)
        params = learner.params
        return play_move(shape.game, evaluate, shape.search, settings.schedule, params, lanes, key)[
            1
        ]

    window = empty_window(jax.eval_shape(one_move, lanes, key), shape.window)
    return TrainState(learner, lanes, window, key)


def iterate(shape: Shape, settings: Settings, state: TrainState) -> tuple[TrainState, Metrics]:
    """Play `moves` moves in every lane, then take `learner_steps` steps on the window."""
    evaluate = make_evaluate(shape.game, shape.network)
    network = build(shape.game, shape.network)
    key, play_key, learn_key = jax.random.split(state.key, 3)
    params = state.learner.params

    def play(lanes: Lanes, key: jax.Array):
        lengths = lanes.ply + 1
        lanes, move = play_move(
            shape.game, evaluate, shape.search, settings.schedule, params, lanes, key
        )
        return lanes, (move, jnp.sum(lengths * move.ended))

    lanes, (moves, plies) = jax.lax.scan(play, state.lanes, jax.random.split(play_key, shape.moves))
    window = add_moves(state.window, moves)
    outcome, known = outcomes(window)

    def step(learner: LearnerState, key: jax.Array) -> tuple[LearnerState, Losses]:
        batch = sample_batch(window, outcome, known, settings.symmetries, shape.batch_size, key)
        return learn(network, learner, batch, settings.learning_rate)

    learner, parts = jax.lax.scan(
        step, state.learner, jax.random.split(learn_key, shape.learner_steps)
    )
    metrics = Metrics(
        policy_loss=parts.policy.mean(),
        value_loss=parts.value.mean(),
        game_length=plies.sum() / moves.ended.sum(),
    )
    return TrainState(learner, lanes, window, key), metrics


@functools.lru_cache(maxsize=32)
def compile_program(shape: Shape) -> tuple[Callable, Iterate]:
    """Compiled `init_state(settings, seed)` and `iterate(settings, state)` for one shape.

    Compiled ahead of time, so that no run's clock counts it; `iterate` uses up its state.
    """
    start = jax.jit(functools.partial(init_state, shape))
    run = jax.jit(functools.partial(iterate, shape), donate_argnums=1)
    settings = Settings(
        schedule=Schedule(jnp.int32(0), jnp.int32(0)),
        learning_rate=jnp.float32(0),
        symmetries=jnp.asarray(shape.game.symmetries, jnp.int32),
    )
    seed = jnp.uint32(0)
    state = jax.eval_shape(start, settings, seed)
    return (
        start.lower(settings, seed).compile(),
        run.lower(settings, state).compile(),
    )
