"""Base of every configuration, the command line's included."""

from __future__ import annotations

import hashlib
import json
from typing import Any, ClassVar

import pydantic

IDENTITY_VERSION = 1  # of names made from configurations; raised when fields change their meaning


class FrozenModel(pydantic.BaseModel, frozen=True):
    """Hashable, so that it can be a static argument of `jit`; unknown keys, values of the wrong
    kind and values out of range are refused.

    Subclasses repeat `frozen=True`, which type checkers do not inherit.
    """

    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True)

    ADDED: ClassVar[dict[str, Any]] = {}
    """Fields that came later, with the value which says what was done before there were any. At
    that value they are not hashed, so that a new field renames nothing."""

    def digest(self, *leave_out: str) -> str:
        """Eight hexadecimal digits that tell configurations of this kind apart.

        They hash every field, those at their defaults too, with `IDENTITY_VERSION`: what a default
        was is a part of what was done. `ADDED` says what is left out.

        Args:
            leave_out: fields that do not count.
        """
        counted = [IDENTITY_VERSION, self._counted(set(leave_out))]
        return hashlib.sha256(json.dumps(counted, sort_keys=True).encode()).hexdigest()[:8]

    def _counted(self, leave_out: set[str]) -> dict[str, Any]:
        """What a name hashes, as JSON."""
        as_before = {name for name, value in self.ADDED.items() if getattr(self, name) == value}
        counted = self.model_dump(mode="json", exclude=leave_out | as_before)
        inner = {name: getattr(self, name) for name in counted}
        return counted | {
            name: model._counted(set())
            for name, model in inner.items()
            if isinstance(model, FrozenModel)
        }


def describe(error: pydantic.ValidationError) -> str:
    """What is wrong with a configuration, in one line naming each key."""
    problems = []
    for problem in error.errors():
        key = ".".join(str(part) for part in problem["loc"]) or "plan"
        message = problem["msg"].removeprefix("Value error, ").splitlines()[0]
        problems.append(f"{key}: {message}")
    return "; ".join(problems)
