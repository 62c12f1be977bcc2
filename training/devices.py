"""The devices a run computes on: how they share it, how fast they are, what energy they used."""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import re
import time
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

from games.errors import InputError


def compiler_options() -> dict[str, str]:
    """XLA's options for self-play and for play.

    On a CPU, LLVM's level 1 takes half the time of its default for a training program (5.6 instead
    of 10 CPU seconds, 4×4 and 6×6) and a fifth less for a search, and what comes out is as fast:
    the hot loops are XLA's own vector code.
    """
    return {"xla_backend_optimization_level": "1"} if jax.default_backend() == "cpu" else {}


LANES = "lanes"
"""Name of the mesh axis over which lanes are spread."""


def lane_mesh(devices: int) -> Mesh:
    """The first `devices` devices in a row.

    Raises:
        InputError: if there are not so many.
    """
    if devices > (found := jax.device_count()):
        raise InputError(f"{devices} devices were asked for, there are {found}")
    in_a_row = np.array(jax.devices()[:devices])
    # `Auto` leaves the learner a plain `jit`, which the compiler spreads by its arguments.
    return Mesh(in_a_row, (LANES,), axis_types=(AxisType.Auto,))


def sharding(devices: int, spec: PartitionSpec) -> NamedSharding:
    """`spec` on the mesh of so many devices."""
    return NamedSharding(lane_mesh(devices), spec)


def join_processes(where: str) -> None:
    """Be one of the processes that compute a run together; before JAX looks for devices.

    Args:
        where: `auto` where JAX finds the others by itself, as in jobs of Slurm and MPI and on TPU
            pods; else `HOST:PORT,N,K` in process K of N, the first of which listens there.

    Raises:
        InputError: if that is neither, or the others did not come.
    """
    match = re.fullmatch(r"([^,\s]+:\d+),(\d+),(\d+)", where)
    if where != "auto" and (match is None or int(match[3]) >= int(match[2])):
        raise InputError(
            f"{where!r} names no processes: give auto, or HOST:PORT,N,K in process K of N, "
            "counted from 0"
        )
    try:
        if match is None:
            jax.distributed.initialize()
        else:
            jax.distributed.initialize(match[1], int(match[2]), int(match[3]))
    except (ValueError, RuntimeError) as error:
        raise InputError(
            f"the processes of {where} did not find each other: {str(error).splitlines()[0]}"
        ) from error
    # On CPUs the first exchange fails after 30 s: now, before one of them compiles for longer.
    agree(0)


def is_first_process() -> bool:
    """Whether this process writes what all processes of a run have in common."""
    return jax.process_index() == 0


def agree(value: int) -> int:
    """What the first process says, so that all processes of a run do the same."""
    if jax.process_count() == 1:
        return value
    # Processes that stopped at different iterations would wait for each other for ever.
    return int(multihost_utils.broadcast_one_to_all(np.int32(value)))


MIN_SECONDS = 0.02  # a product shorter than this is timed with too little precision


@functools.cache
def measured_peak_flops(dtype: str) -> float:
    """FLOPs a second of one device in a large square matrix product, inputs of `dtype`.

    What utilisation is measured against: not a data sheet's number, but what this process gets
    from the device by the same compiler. Sizes are doubled until a product takes long enough.
    """
    size, best = 512, 0.0
    while True:
        x = jnp.ones((size, size), dtype)
        product = jax.jit(lambda x: jax.lax.dot(x, x, preferred_element_type=jnp.float32))
        jax.block_until_ready(product(x))
        seconds = []
        # The best of three: whatever else the machine does only ever makes a product slower.
        for _ in range(3):
            began = time.perf_counter()
            jax.block_until_ready(product(x))
            seconds.append(time.perf_counter() - began)
        best = max(best, 2 * size**3 / min(seconds))
        if min(seconds) > MIN_SECONDS or size >= 16_384:
            return best
        size *= 2


class EnergyMeter:
    """Joules used by the GPUs of this process, by NVML's counters; nothing where there are none.

    The counter is the whole GPU's, idle power and other processes included.
    """

    def __init__(self) -> None:
        self._handles: list[Any] = []
        with contextlib.suppress(Exception):  # no driver, no package, no such counter: no reading
            if jax.default_backend() == "gpu":
                self._nvml: Any = importlib.import_module("pynvml")
                self._nvml.nvmlInit()
                self._handles = [
                    self._handle(device.local_hardware_id or 0) for device in jax.local_devices()
                ]
                self.joules()

    def _handle(self, index: int) -> Any:
        # JAX numbers the devices that it may see, NVML all that there are.
        visible = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")
        name = visible[index].strip() if index < len(visible) else ""
        if name and not name.isdigit():
            return self._nvml.nvmlDeviceGetHandleByUUID(name)
        return self._nvml.nvmlDeviceGetHandleByIndex(int(name) if name else index)

    def joules(self) -> float | None:
        """The counters' sum now; differences mean something. None where nothing can be read."""
        if not self._handles:
            return None
        try:
            read = self._nvml.nvmlDeviceGetTotalEnergyConsumption
            return sum(read(handle) for handle in self._handles) / 1000
        except self._nvml.NVMLError:
            # What cannot be read once is not read again: a difference would leave something out.
            self._handles = []
            return None
