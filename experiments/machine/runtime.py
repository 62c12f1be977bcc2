"""How this process uses NumPy and JAX, and how it stands beside others."""

from __future__ import annotations

import hashlib
import importlib.metadata
import logging
import os
import platform
import signal
import sys
from pathlib import Path

import platformdirs
import psutil

try:
    import resource
except ImportError:  # only Unix has it
    resource = None


def prepare_libraries() -> None:
    """Tell NumPy and JAX, before they are imported, what they read from the environment only then.

    Our largest matrices, 1,500 players' ratings, take one core a second; OpenBLAS's threads wait
    for each other by spinning and cost many times that on a busy machine.

    Compiled programs are kept on disk, so that the same program is compiled once a machine. Their
    folder is named after the jaxlib version and the processor: mixing them has crashed, and a
    program compiled for one processor may not run on another. JAX_COMPILATION_CACHE_DIR wins.
    """
    cache = Path(platformdirs.user_cache_dir("hexlaw")) / "xla" / _machine()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(cache))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")
    # XLA's AOT loader warns about tuning flags that differ although the processor is the same.
    logging.getLogger("jax._src.compilation_cache").setLevel(logging.ERROR)


def step_back() -> None:
    """Leave the processor, and the answer to Ctrl-C, to the process that started this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(19)


def peak_memory() -> int:
    """The most bytes of memory that this process has held so far."""
    if resource is None:
        held = psutil.Process().memory_info()
        return getattr(held, "peak_wset", held.rss)
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def processor_name() -> str:
    """What the system calls its processor, e.g. `Intel(R) Xeon(R) Processor`."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


def _machine() -> str:
    try:
        cpu = Path("/proc/cpuinfo").read_text().split("\n\n")[0]
        flags = [line for line in cpu.splitlines() if line.startswith(("model name", "flags"))]
    except OSError:
        flags = [platform.processor()]
    digest = hashlib.sha256("\n".join([platform.machine(), *flags]).encode()).hexdigest()[:12]
    try:
        version = importlib.metadata.version("jaxlib")
    except importlib.metadata.PackageNotFoundError:  # installed without the extra `train`
        version = "none"
    return f"jaxlib-{version}-{digest}"
