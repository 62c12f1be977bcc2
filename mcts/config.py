"""Base of every configuration."""

from __future__ import annotations

import pydantic


class FrozenModel(pydantic.BaseModel, frozen=True):
    """Hashable, so that it can be a static argument of `jit`; unknown keys, values of the wrong
    kind and values out of range are refused.

    Subclasses repeat `frozen=True`, which type checkers do not inherit.
    """

    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True)


def describe(error: pydantic.ValidationError) -> str:
    """What is wrong with a configuration, in one line naming each key."""
    problems = []
    for problem in error.errors():
        key = ".".join(str(part) for part in problem["loc"]) or "plan"
        message = problem["msg"].removeprefix("Value error, ").splitlines()[0]
        problems.append(f"{key}: {message}")
    return "; ".join(problems)
