"""Where a number comes from: code, device, command."""

from __future__ import annotations

import functools
import importlib.metadata
import shlex
import subprocess
import sys
from pathlib import Path

import jax


@functools.cache
def code_version() -> str:
    """The git commit of the code, `-dirty` appended if files differ; else the package version."""
    root = Path(__file__).resolve().parent.parent
    if not (root / "pyproject.toml").exists():  # installed: a repository around it is not ours
        return f"hexlaw {importlib.metadata.version('hexlaw')}"
    try:
        described = subprocess.run(
            ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12"],
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
        return described.stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return f"hexlaw {importlib.metadata.version('hexlaw')}"


def device_name() -> str:
    """The device JAX computes on, e.g. `cpu` or `NVIDIA H200`."""
    return jax.devices()[0].device_kind


def command_line() -> str:
    """The command that is running, as typed."""
    # The name alone of the program: its path is the machine's affair.
    return shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
