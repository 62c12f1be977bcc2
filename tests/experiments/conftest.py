"""The command line as the tests call it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from experiments.cli import main


@pytest.fixture(scope="session")
def hexlaw() -> Callable[..., int]:
    """`hexlaw VERB …` in this process: gives the exit code."""
    return lambda *arguments: main([str(argument) for argument in arguments])
