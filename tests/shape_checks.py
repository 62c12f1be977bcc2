"""The checker that the import hook of `conftest.py` gives every function of the packages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import beartype


def check(function: Callable[..., Any]) -> Callable[..., Any]:
    """Check the arrays among a function's arguments and results, by what its signature says.

    Other types are pyright's business: some cannot be checked while running (`Self` outside its
    class, a protocol of properties), and it would only cost time.
    """
    hints = {
        name: hint if "jaxtyping." in str(hint) else Any
        for name, hint in getattr(function, "__annotations__", {}).items()
    }
    if all(hint is Any for hint in hints.values()):
        return function
    function.__annotations__ = hints
    return beartype.beartype(function)
