"""JSON as every reader takes it, without the NaN and Infinity that Python would write; and as
anybody may have written it."""

from __future__ import annotations

import json
import math
from typing import Any

from games.errors import InputError


def to_json(value: Any, **layout: Any) -> str:
    """A value as JSON, in which a number that is not finite is null.

    Args:
        value: what `json.dumps` takes.
        layout: how it is laid out, as for `json.dumps`.
    """
    return json.dumps(_finite(value), allow_nan=False, **layout)


def from_json(text: str | bytes) -> Any:
    """What somebody has written as JSON.

    Raises:
        InputError: if it is none, or made to break its readers: nested thousands deep, or with a
            number of thousands of digits.
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise InputError("this JSON is nested too deep to be honest") from error
    except ValueError as error:
        raise InputError(f"this is no JSON to be read: {error}") from error


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
