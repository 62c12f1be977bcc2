"""Base of every configuration."""

from __future__ import annotations

import pydantic


class FrozenModel(pydantic.BaseModel, frozen=True):
    """Hashable, so that it can be a static argument of `jit`; unknown keys, values of the wrong
    kind and values out of range are refused.

    Subclasses repeat `frozen=True`, which type checkers do not inherit.
    """

    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True)
