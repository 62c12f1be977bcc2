"""Base of every configuration, the command line's included."""

from __future__ import annotations

import hashlib
import json

import pydantic

IDENTITY_VERSION = 1  # of names made from configurations; raised when fields change their meaning


class FrozenModel(pydantic.BaseModel, frozen=True):
    """Hashable, so that it can be a static argument of `jit`; unknown keys, values of the wrong
    kind and values out of range are refused.

    Subclasses repeat `frozen=True`, which type checkers do not inherit.
    """

    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True)

    def digest(self, *leave_out: str) -> str:
        """Eight hexadecimal digits that tell configurations of this kind apart.

        They hash every field, those at their defaults too, with `IDENTITY_VERSION`: what a default
        was is a part of what was done.

        Args:
            leave_out: fields that do not count.
        """
        counted = [IDENTITY_VERSION, self.model_dump(mode="json", exclude=set(leave_out))]
        return hashlib.sha256(json.dumps(counted, sort_keys=True).encode()).hexdigest()[:8]


def describe(error: pydantic.ValidationError) -> str:
    """What is wrong with a configuration, in one line naming each key."""
    problems = []
    for problem in error.errors():
        key = ".".join(str(part) for part in problem["loc"]) or "plan"
        message = problem["msg"].removeprefix("Value error, ").splitlines()[0]
        problems.append(f"{key}: {message}")
    return "; ".join(problems)
