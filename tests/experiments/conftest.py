"""The command line as the tests call it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import jax
import pytest

from experiments.cli import main


@pytest.fixture(scope="session")
def hexlaw() -> Iterator[Callable[..., int]]:
    """`hexlaw VERB …` in this process, on the tests' own compilation cache: gives the exit code."""
    with pytest.MonkeyPatch.context() as patch:
        cache = jax.config.values["jax_compilation_cache_dir"]
        patch.setenv("JAX_COMPILATION_CACHE_DIR", cache)
        yield lambda *arguments: main([str(argument) for argument in arguments])
