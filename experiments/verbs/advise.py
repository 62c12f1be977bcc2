"""`hexlaw advise`: train more or search more? The cheapest agent of a strength for so many moves.

Answers from a stored three-way law (docs/laws.md), within what was measured and nowhere else.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pydantic
from rich.console import Console

from analysis.figures.wording import compute, number, percent
from analysis.laws.threeway.break_even import Plan, cheapest_plans
from analysis.laws.threeway.stored import read_laws
from experiments.verb import Outcome, VerbConfig
from games.errors import InputError

_PAGE = Path("studies") / "three_way" / "law.json"
_STORED = Path(__file__).parents[2] / "docs" / _PAGE


class AdviseConfig(VerbConfig, frozen=True):
    """Say how large to train, how long, and how much to search, by a measured law."""

    strength: float = pydantic.Field(gt=0, lt=1)
    """Share of won positions that the agent may throw away: 0.05 for one in twenty."""
    moves: float = pydantic.Field(ge=1)
    """How many moves it will play in all, e.g. 1e6."""
    size: int = 5
    """Side of the board."""
    price: float = pydantic.Field(default=1.0, gt=0)
    """What a FLOP of play costs, in FLOPs of training."""
    law: Path | None = None
    """A law.json of `hexlaw study three_way`; unset, studies/three_way/law.json if it is there,
    else the one that docs/studies/ holds."""


def run(config: AdviseConfig, console: Console) -> Outcome:
    """Advise.

    Raises:
        InputError: if there is no law of this board, or the strength was not measured.
    """
    path = config.law or (_PAGE if _PAGE.exists() else _STORED)
    laws = read_laws(path)
    if config.size not in laws:
        known = ", ".join(f"{size}×{size}" for size in laws) or "none"
        raise InputError(
            f"--size: {path} holds no law of {config.size}×{config.size} (it holds {known}): those "
            "runs cannot tell"
        )
    stored = laws[config.size]
    (plan,) = cheapest_plans(
        stored.law, stored.cells, config.strength, (config.moves,), config.price
    )
    for line in _told(plan, config.size, stored.runs, stored.form):
        console.out(line, highlight=False)
    return Outcome(_result(plan, config.size, stored.form, str(path)))


def _told(plan: Plan, size: int, runs: int, form: str) -> list[str]:
    low, high = (f"{100 * rate:.2g}" for rate in plan.rate_interval)
    lines = [
        f"{size}×{size}: train a network of {number(plan.parameters)} parameters for "
        f"{compute(plan.samples)} positions of self-play ({compute(plan.train_flops)} FLOPs)",
        f"play with {number(plan.nodes)} node{'s' if plan.nodes > 1 else ''} a move "
        f"({compute(plan.test_flops)} FLOPs); training takes {percent(plan.share)} % of all",
        f"how sure: {low} to {high} % of won positions thrown away (95 %); for "
        f"{100 * plan.blunder_rate:g} % it may take {_positions(plan.samples_interval)}; form "
        f"“{form}”, {runs} runs",
    ]
    if plan.ends:
        lines.append(
            f"this lies at an end of what was measured ({', '.join(plan.ends)}): beyond it "
            "something cheaper may be"
        )
    return lines


def _positions(interval: tuple[float, float]) -> str:
    """Ends of samples; 0 and infinity lie beyond what was measured."""
    fewest, most = interval
    low = compute(fewest) if fewest > 0 else "fewer than were measured"
    if math.isfinite(most):
        return f"{low} to {compute(most)} positions"
    return f"{low} positions, or more than were measured"


def _result(plan: Plan, size: int, form: str, law: str) -> dict[str, Any]:
    return {"boardsize": size, "form": form, "law": law, **plan._asdict()}
