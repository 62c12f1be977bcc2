"""How this process uses JAX."""

from __future__ import annotations

import hashlib
import logging
import os
import platform
from pathlib import Path

import jax
import jaxlib.version
import platformdirs


def use_compilation_cache() -> None:
    """Keep compiled programs on disk, so that the same program is compiled once a machine.

    The folder is named after the jaxlib version and the processor: mixing them has crashed, and
    a program compiled for one processor may not run on another. JAX_COMPILATION_CACHE_DIR wins.
    """
    if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        cache = Path(platformdirs.user_cache_dir("hexlaw")) / "xla" / _machine()
        jax.config.update("jax_compilation_cache_dir", str(cache))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    # XLA's AOT loader warns about tuning flags that differ although the processor is the same.
    logging.getLogger("jax._src.compilation_cache").setLevel(logging.ERROR)


def _machine() -> str:
    try:
        cpu = Path("/proc/cpuinfo").read_text().split("\n\n")[0]
        flags = [line for line in cpu.splitlines() if line.startswith(("model name", "flags"))]
    except OSError:
        flags = [platform.processor()]
    digest = hashlib.sha256("\n".join([platform.machine(), *flags]).encode()).hexdigest()[:12]
    return f"jaxlib-{jaxlib.version.__version__}-{digest}"
