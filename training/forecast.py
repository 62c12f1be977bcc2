"""What a training will take, from its shape and a short calibration on this device."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import numpy as np

from training.boards import Boards
from training.config import TrainConfig
from training.devices import agree, measured_peak_flops
from training.ledger import Ledger, costs_of, utilisation
from training.networks import parameter_count
from training.program import TrainState

CALIBRATION_SECONDS = 1.0
CALIBRATION_ITERATIONS = 8


class Forecast(NamedTuple):
    """What a population will take in all, unless a field says otherwise."""

    members: int
    parameters: int
    """Of one network."""
    samples: int
    train_flops: float
    jones_flops: float
    memory_bytes: int
    """Of the device, by the compiler's own account: state and the largest program's work space."""
    compile_seconds: float
    seconds: float
    """Training time, compilation left out."""
    learner_share: float
    """Of that time."""
    samples_per_second: float
    utilisation: float
    """FLOPs a second as a share of what the devices reach in a large matrix product."""


def forecast(configs: Sequence[TrainConfig], devices: int = 1) -> Forecast:
    """Compile the programs of a population and run them for about a second on each board.

    The state they train is thrown away; a run that follows finds the programs compiled.
    """
    config, members = configs[0], len(configs)
    began = time.perf_counter()
    # The same shapes as the run: they are compiled once, for both.
    boards = Boards(configs, devices)
    compile_seconds = time.perf_counter() - began
    state = boards.start(np.arange(members, dtype=np.uint32))
    jax.block_until_ready(state)

    ledgers = []
    for board in range(len(boards.shapes)):
        state, times = _calibrate(boards, board, state)
        iterations = config.turns.count(board)
        ledgers.append(
            Ledger(
                samples=iterations * config.samples_per_iteration,
                learner_samples=iterations * config.learner_steps * config.batch_size,
                selfplay_seconds=iterations * times[0] / members,
                learner_seconds=iterations * times[1] / members,
            )
        )
    costs: Any = costs_of(config, ledgers)
    peak = devices * measured_peak_flops(config.network.products)
    # Where labels are learnt from, nobody plays, and nothing is compiled for it.
    compiled = [program.learn for program in boards.programs]
    compiled += [] if config.labels else [program.play for program in boards.programs]
    waiting = sum(leaf.nbytes for leaf in jax.tree.leaves(state.elsewhere)) // devices
    return Forecast(
        members=members,
        parameters=parameter_count(config.rules, config.network),
        samples=costs["samples"] * members,
        train_flops=costs["train_flops"] * members,
        jones_flops=costs["jones_flops"] * members,
        memory_bytes=max(map(_memory, compiled)) + waiting,
        compile_seconds=compile_seconds,
        seconds=float(costs["seconds"] * members),
        learner_share=float(costs["learner_seconds"] / costs["seconds"]),
        samples_per_second=float(costs["samples"] / costs["seconds"]),
        utilisation=utilisation(costs, peak) or 0.0,
    )


def _calibrate(boards: Boards, board: int, state: TrainState) -> tuple[TrainState, np.ndarray]:
    """The state after about a second on one board, and seconds of self-play and learner an
    iteration."""
    times: list[tuple[float, float]] = []
    # Agreed upon: processes that stopped at different iterations would wait for ever.
    while agree(len(times) < CALIBRATION_ITERATIONS and np.sum(times) < CALIBRATION_SECONDS):
        clock = [time.perf_counter()]
        state, _ = jax.block_until_ready(boards.play(board, state))
        clock.append(time.perf_counter())
        state, _ = jax.block_until_ready(boards.learn(board, state))
        clock.append(time.perf_counter())
        times.append((clock[1] - clock[0], clock[2] - clock[1]))
    return state, np.median(times[1:] or times, axis=0)  # the first warms up


def _memory(compiled: Any) -> int:
    """Bytes a compiled program needs, what it returns in place of its arguments counted once."""
    sizes = compiled.memory_analysis()
    return (
        sizes.argument_size_in_bytes
        + sizes.output_size_in_bytes
        + sizes.temp_size_in_bytes
        - sizes.alias_size_in_bytes
    )
