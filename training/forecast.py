"""What a training will take, from its shape and a short calibration on this device."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import numpy as np

from training.config import TrainConfig
from training.devices import agree, measured_peak_flops
from training.ledger import Ledger
from training.networks import parameter_count
from training.program import compile_program, settings_of, shape_of

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
    """Of the device, by the compiler's own account: state and the larger program's work space."""
    compile_seconds: float
    seconds: float
    """Training time, compilation left out."""
    learner_share: float
    """Of that time."""
    samples_per_second: float
    utilisation: float
    """FLOPs a second as a share of what the devices reach in a large matrix product."""


def forecast(configs: Sequence[TrainConfig], devices: int = 1) -> Forecast:
    """Compile the program of a population and run it for about a second.

    The state it trains is thrown away; a run that follows finds the program compiled.
    """
    config, members = configs[0], len(configs)
    began = time.perf_counter()
    # The same shape as the run: it is compiled once, for both.
    program = compile_program(shape_of(config, members, devices))
    compile_seconds = time.perf_counter() - began
    settings = settings_of(configs)
    state = program.start(settings, np.arange(members, dtype=np.uint32))
    jax.block_until_ready(state)

    times: list[tuple[float, float]] = []
    # Agreed upon: processes that stopped at different iterations would wait for ever.
    while agree(len(times) < CALIBRATION_ITERATIONS and np.sum(times) < CALIBRATION_SECONDS):
        clock = [time.perf_counter()]
        state, _ = jax.block_until_ready(program.play(settings, state))
        clock.append(time.perf_counter())
        state, _ = jax.block_until_ready(program.learn(settings, state))
        clock.append(time.perf_counter())
        times.append((clock[1] - clock[0], clock[2] - clock[1]))
    selfplay, learner = np.median(times[1:] or times, axis=0)  # the first warms up

    iterations = config.snapshot_iterations[-1]
    samples = iterations * config.samples_per_iteration
    spent = Ledger(
        samples=samples,
        learner_samples=iterations * config.learner_steps * config.batch_size,
        selfplay_seconds=iterations * selfplay / members,
        learner_seconds=iterations * learner / members,
    )
    peak = devices * measured_peak_flops(config.network.products)
    costs: Any = spent.costs(config.rules, config.network, config.evaluations(samples), peak)
    # Where labels are learnt from, nobody plays, and nothing is compiled for it.
    compiled = (program.learn,) if config.labels else (program.play, program.learn)
    memory = [_memory(step) for step in compiled]
    return Forecast(
        members=members,
        parameters=parameter_count(config.rules, config.network),
        samples=samples * members,
        train_flops=costs["train_flops"] * members,
        jones_flops=costs["jones_flops"] * members,
        memory_bytes=max(memory),
        compile_seconds=compile_seconds,
        seconds=float(iterations * (selfplay + learner)),
        learner_share=float(learner / (selfplay + learner)),
        samples_per_second=float(members * config.samples_per_iteration / (selfplay + learner)),
        utilisation=costs["utilisation"],
    )


def _memory(compiled: Any) -> int:
    """Bytes a compiled program needs, what it returns in place of its arguments counted once."""
    sizes = compiled.memory_analysis()
    return (
        sizes.argument_size_in_bytes
        + sizes.output_size_in_bytes
        + sizes.temp_size_in_bytes
        - sizes.alias_size_in_bytes
    )
