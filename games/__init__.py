"""Board games as pure JAX functions of one state: `games.make("hex", size=5)`.

What it offers stands in `games.registry`, which is imported when it is first asked for (PEP 562):
everything that reports an error or reads a lab passes through here, and most of it needs no JAX,
which takes longer to import than a command line to answer.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from hexlaw import refuse_strangers

refuse_strangers()

if TYPE_CHECKING:
    from games.registry import *  # noqa: F403 - for type checkers


def __getattr__(name: str) -> Any:
    registry = importlib.import_module("games.registry")
    if name in registry.__all__:
        return getattr(registry, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
