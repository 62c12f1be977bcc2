"""Base of every configuration, the command line's included."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pydantic


class FrozenModel(pydantic.BaseModel, frozen=True):
    """Hashable, so that it can be a static argument of `jit`; unknown keys, values of the wrong
    kind and values out of range are refused.

    Subclasses repeat `frozen=True`, which type checkers do not inherit.
    """

    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True)

    def digest(self, *leave_out: str) -> str:
        """Eight hexadecimal digits that tell configurations of this kind apart.

        They hash what is not at its default, so a field that a later version adds changes nothing.

        Args:
            leave_out: fields that do not count.
        """
        changed = _changed(self.model_dump(mode="json"), type(self)().model_dump(mode="json"))
        counted = {key: value for key, value in changed.items() if key not in leave_out}
        return hashlib.sha256(json.dumps(counted, sort_keys=True).encode()).hexdigest()[:8]


def _changed(fields: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    changed = {}
    for key, value in fields.items():
        default = defaults.get(key)
        if isinstance(value, Mapping) and isinstance(default, Mapping):
            value = _changed(value, default)
            if not value:
                continue
        elif key in defaults and value == default:
            continue
        changed[key] = value
    return changed


def describe(error: pydantic.ValidationError) -> str:
    """What is wrong with a configuration, in one line naming each key."""
    problems = []
    for problem in error.errors():
        key = ".".join(str(part) for part in problem["loc"]) or "plan"
        message = problem["msg"].removeprefix("Value error, ").splitlines()[0]
        problems.append(f"{key}: {message}")
    return "; ".join(problems)
