"""No NaN in JSON, wherever the project writes it."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np

from games.text.plain_json import to_json

ROOT = Path(__file__).parents[3]
ROOMS = ("games", "mcts", "training", "analysis", "experiments")
HASHED = {
    "games/config.py",
    "games/exact/populations.py",
    "games/exact/positions.py",
}  # their JSON is hashed, not written


def test_what_is_no_number_is_null_however_deep():
    value = {"a": [1.5, math.nan], "b": {"c": (np.float64("inf"), None, "NaN")}, "d": -math.inf}
    read = json.loads(to_json(value), parse_constant=lambda name: 1 / 0)
    assert read == {"a": [1.5, None], "b": {"c": [None, None, "NaN"]}, "d": None}
    assert to_json({"é": 1}, separators=(",", ":"), ensure_ascii=False) == '{"é":1}'


def test_nothing_else_writes_json():
    """`json.dumps` is called in one place, and where its text is hashed."""
    callers = {
        str(path.relative_to(ROOT))
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if "json.dump(" in path.read_text() or "json.dumps(" in path.read_text()
    }
    assert callers <= HASHED | {"games/text/plain_json.py"}
