"""One source for two speeds: compiled by numba where it is installed, plain Python elsewhere.

`pip install 'hexlaw[solver]'` brings numba; with `NUMBA_DISABLE_JIT=1` the plain path runs even so.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

try:
    numba: Any = importlib.import_module("numba")
except ImportError:
    numba = None

COMPILED = numba is not None and not numba.config.DISABLE_JIT

Function = TypeVar("Function", bound=Callable[..., Any])


def entry(function: Function) -> Function:
    """Compile a function that Python calls; the machine code is kept on disk between runs.

    numba names the file after the function, and makes it anew only if the function's own source
    changed. So the name holds the sources of all that may be called.
    """
    if not COMPILED:
        return function
    function.__qualname__ += f"-{_sources()}"
    return numba.njit(cache=True)(function)


@functools.cache
def _sources() -> str:
    """Hash of the source files of this package."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:8]


def helper(function: Function) -> Function:
    """Compile a function that only compiled functions call, in half an entry's compile time."""
    return numba.njit(no_cpython_wrapper=True)(function) if COMPILED else function


def vector(array: np.ndarray) -> Any:
    """`array` in the form that either path indexes fastest.

    A memoryview shares the array's memory and yields Python integers; NumPy's own scalars would
    slow the plain path down several times.
    """
    return array if COMPILED else array.data
