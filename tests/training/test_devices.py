"""Many devices: what is played and learnt does not depend on how many there are.

JAX fixes the number of devices when it starts, so two of them need a process of their own.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

from games.errors import InputError
from training.compilation import compile_program
from training.devices import agree, is_first_process, lane_mesh
from training.program import settings_of, shape_of

ROOT = Path(__file__).parents[2]

TRAIN = """
import pickle, sys
import jax, numpy as np
from training.config import TrainConfig
from training.compilation import compile_program
from training.program import settings_of, shape_of

config = TrainConfig.model_validate_json(sys.argv[1])
settings, devices = settings_of([config]), int(sys.argv[2])
program = compile_program(shape_of(config, devices=devices))
state = program.start(settings, np.zeros(1, np.uint32))
for _ in range(4):
    state, played = program.play(settings, state)
    state, learnt = program.learn(settings, state)
planes = state.window.moves.planes
assert len(planes.sharding.device_set) == devices
assert planes.addressable_shards[0].data.shape[2] == config.lanes // devices
leaves = jax.tree.leaves(jax.device_get((state.lanes, planes, state.learner, played)))
pickle.dump(leaves, sys.stdout.buffer)
"""


def train_on(config, devices: int) -> list[np.ndarray]:
    """Games, replay planes, weights, Adam's moments and statistics after four iterations."""
    command = [sys.executable, "-c", TRAIN, config.model_dump_json(), str(devices)]
    flags = f"--xla_force_host_platform_device_count={devices}"
    environment = os.environ | {"XLA_FLAGS": flags}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return pickle.loads(done.stdout)


def test_two_devices_play_and_learn_what_one_does(tiny):
    """Adam's moments are the gradients' means."""
    program, settings = compile_program(shape_of(tiny())), settings_of([tiny()])
    state = program.start(settings, np.zeros(1, np.uint32))
    for _ in range(4):
        state, played = program.play(settings, state)
        state, _ = program.learn(settings, state)
    alone = jax.device_get((state.lanes, state.window.moves.planes, state.learner, played))
    for one, two in zip(jax.tree.leaves(alone), train_on(tiny(), 2), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-6)


def test_more_devices_than_there_are_are_refused():
    with pytest.raises(InputError, match="99 devices were asked for"):
        lane_mesh(99)


def test_a_single_process_agrees_with_itself():
    assert is_first_process()
    assert [agree(value) for value in (True, False, 2)] == [1, 0, 2]
