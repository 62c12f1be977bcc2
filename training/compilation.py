"""The programs of a training iteration, compiled ahead of time, and where their arrays lie."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import PartitionSpec

from training.config import TrainConfig
from training.devices import LANES, compiler_options, sharding
from training.program import (
    Learnt,
    Played,
    Settings,
    Shape,
    TrainState,
    init_state,
    learn_from,
    play,
    settings_of,
)


class Program(NamedTuple):
    """Compiled functions for one shape; `play` and `learn` use up the state they are given."""

    start: Callable[[Settings, np.ndarray], TrainState]
    play: Callable[[Settings, TrainState], tuple[TrainState, Played]]  # nothing, with labels
    learn: Callable[[Settings, TrainState], tuple[TrainState, Learnt]]


@functools.lru_cache(maxsize=32)
def compile_program(shape: Shape) -> Program:
    """The program of one shape, compiled ahead of time, so that no run's clock counts it."""
    settings, seeds, _, where = _arguments(shape)
    placed: dict[str, Any] = (
        {} if where is None else {"in_shardings": where[0], "out_shardings": where[1]}
    )
    start = jax.jit(
        functools.partial(init_state, shape), compiler_options=compiler_options(), **placed
    )
    # What was filled up to the same shape is played and learnt by the same programs.
    play_, learn_ = _compile_steps(shape._replace(network=shape.computed, roomy=False))
    return Program(start.lower(settings, seeds).compile(), play_, learn_)


@functools.lru_cache(maxsize=32)
def _compile_steps(shape: Shape) -> tuple[Any, Any]:
    settings, _, state, where = _arguments(shape)
    placed: dict[str, Any] = {}
    if where is not None:
        everywhere, spread = where
        placed = {"in_shardings": (everywhere, spread), "out_shardings": (spread, everywhere)}
    compiled = [_play_nothing] if shape.labels else []
    for step in (learn_from,) if shape.labels else (play, learn_from):
        program = jax.jit(
            functools.partial(step, shape),
            donate_argnums=1,
            compiler_options=compiler_options(),
            **placed,
        )
        compiled.append(program.lower(settings, state).compile())
    return compiled[0], compiled[1]


def _play_nothing(settings: Settings, state: TrainState) -> tuple[TrainState, Played]:
    """In place of `play` where labels are learnt from."""
    none = jnp.zeros(settings.averaging.shape, jnp.int32)
    return state, Played(none, none, none)


def _arguments(shape: Shape) -> tuple[Any, Any, Any, tuple[Any, Any] | None]:
    """What the programs are called with, as shapes: settings, seeds and state; and, of several
    devices, where settings and state lie."""
    settings = settings_of([TrainConfig(game=shape.game.name, boardsize=shape.game.size)])
    settings = jax.tree.map(
        lambda leaf: jax.ShapeDtypeStruct((shape.members, *leaf.shape[1:]), leaf.dtype), settings
    )
    seeds = jax.ShapeDtypeStruct((shape.members,), jnp.uint32)
    state = jax.eval_shape(functools.partial(init_state, shape), settings, seeds)
    if shape.devices == 1:
        return settings, seeds, state, None
    everywhere = sharding(shape.devices, PartitionSpec())
    return settings, seeds, state, (everywhere, state_sharding(shape, state))


def state_sharding(shape: Shape, state: TrainState) -> TrainState:
    """Where each array lies: lanes and window are spread over the devices, the rest is on all."""

    def everywhere(tree: Any, *axes: str | None) -> Any:
        spread = sharding(shape.devices, PartitionSpec(*axes))
        return jax.tree.map(lambda _: spread, tree)

    return TrainState(
        learner=everywhere(state.learner),
        lanes=everywhere(state.lanes, None, LANES),
        window=everywhere(state.window)._replace(
            moves=everywhere(state.window.moves, None, None, LANES)
        ),
        key=everywhere(state.key),
    )
