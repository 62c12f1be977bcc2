"""JSON as every reader takes it: without the NaN and Infinity that Python would write."""

from __future__ import annotations

import json
import math
from typing import Any


def to_json(value: Any, **layout: Any) -> str:
    """A value as JSON, in which a number that is not finite is null.

    Args:
        value: what `json.dumps` takes.
        layout: how it is laid out, as for `json.dumps`.
    """
    return json.dumps(_finite(value), allow_nan=False, **layout)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
