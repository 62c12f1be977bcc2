"""What the study `adaptive` measures: searches traced to the end, and where rules stop them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pydantic

from analysis.report.exhibits.play_time.budgets import ORACLE
from analysis.studies.play_time import Traced
from experiments.machine.parallel import Worker
from experiments.studies.decisions import (
    blunders,
    compile_trace,
    file_of,
    stored_networks,
    won_positions,
    write_decisions,
)
from games.config import FrozenModel
from games.hex import Hex
from mcts.stopping import (
    ByPly,
    Entropy,
    Gap,
    KldGain,
    Predicted,
    Settled,
    Stable,
    StoppingRule,
    difficulty_signs,
    looks,
    share_filled,
    stopped_at,
)

NAME = "adaptive"
THRESHOLDS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.2)


class AdaptiveConfig(FrozenModel, frozen=True):
    """Whose searches are traced, and how far."""

    lab: str = "reference_run/lab"
    """Of the networks; only read."""
    recipe: str = "efficient"
    networks: dict[int, tuple[str, ...]] = pydantic.Field(
        default={4: ("16x2",), 5: ("16x2", "64x2"), 6: ("64x2",)}
    )
    """Shapes by board; the last snapshot of every seed."""
    positions: int = pydantic.Field(default=1500, ge=20)
    """Won positions of play, about; each half is what the other's settings are fitted on."""
    mean: int = pydantic.Field(default=32, ge=4)
    """Evaluations that a position is to get on the mean."""
    saving: int = 64
    """The cap where evaluations are saved: uniform play has it too."""
    raised: int = 256
    """The cap where what is saved is spent on other positions."""
    games: dict[int, tuple[str, ...]] = pydantic.Field(default={4: ("16x2",), 5: ("16x2",)})
    """Shapes by board that play games against themselves; none if empty."""
    played: tuple[str, ...] = ("entropy", "kld", "predicted")
    """Rules that play them."""
    openings: int = pydantic.Field(default=100, ge=2)
    """Of each network and rule, each with both colours."""

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        if not self.mean < self.saving < self.raised:
            raise ValueError("mean, saving and raised must rise")
        return self

    @property
    def caps(self) -> tuple[int, int]:
        """Both arms."""
        return self.saving, self.raised

    @property
    def budgets(self) -> tuple[int, ...]:
        """Where searches are looked at, for either cap."""
        return tuple(sorted({*looks(self.saving), *looks(self.raised)}))


def rules(cap: int) -> list[StoppingRule]:
    """The rules whose one setting is swept, without the predictor."""
    return [
        Settled(),
        *(Entropy(threshold=t) for t in (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9, 1.2, 1.6)),
        *(Gap(threshold=t) for t in (0.02, 0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.1)),
        *(Stable(growth=g) for g in (1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64)),
        *(KldGain(threshold=t / cap) for t in (0.003, 0.01, 0.03, 0.06, 0.1, 0.2, 0.4, 1.0)),
        *(ByPly(power=p) for p in (0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4)),
    ]


def fitted_predictors(
    signs: np.ndarray, helps: np.ndarray, thresholds: Sequence[float]
) -> list[Predicted]:
    """The predictor of difficulty, by logistic regression with a small ridge (Newton's method).

    Args:
        signs: what it weighs, [N, 4], as `mcts.stopping.difficulty_signs` says.
        helps: whether the whole search keeps a win that the policy throws away [N].
        thresholds: its setting that is swept.
    """
    x = np.column_stack([np.ones(len(signs)), signs])
    weights = np.zeros(x.shape[1])
    for _ in range(30):
        chance = 1 / (1 + np.exp(-x @ weights))
        slope = x.T @ (helps - chance) - 0.1 * weights
        bend = (x * (chance * (1 - chance))[:, None]).T @ x + 0.1 * np.eye(len(weights))
        weights = weights + np.linalg.solve(bend, slope)
    names = ("bias", "entropy", "lead", "value", "filled")
    fields = dict(zip(names, weights.round(4).tolist(), strict=True))
    return [Predicted(**fields, threshold=t) for t in thresholds]


def trace_task(worker: Worker, lab: Path, config: AdaptiveConfig, board: int, network: str) -> None:
    """Traces of all networks of a shape on a board, and all stops, into a file of the lab."""
    game = Hex(board)
    there = stored_networks(Path(config.lab), game, network, config.recipe)
    states, keeping = won_positions(game, config.positions)
    half = np.random.default_rng(board).random(len(keeping)) < 0.5
    filled = share_filled(game, states)
    found: list[tuple[np.ndarray, Stops]] = []
    for number, own in enumerate(there):
        if worker.should_stop():
            return
        trace = jax.device_get(compile_trace(game, own.shape, config.budgets)(own.params, states))
        fell = blunders(keeping, trace.action)
        found.append((fell, _stops(config, trace, fell, filled, half)))
        worker.report((number + 1) / len(there))
    rule, setting, cap = zip(*found[0][1].told, strict=True)
    write_decisions(
        file_of(lab, NAME, board, network),
        {
            "board": board, "network": network, "budgets": np.array(config.budgets),
            "blunder": np.stack([fell for fell, _ in found]),
            "stop": np.stack([stops.at for _, stops in found]),
            "options": np.array([stops.options for _, stops in found]),
            "chance": np.stack([stops.chance for _, stops in found]),
            "rule": np.array(rule), "setting": np.array(setting), "cap": np.array(cap),
            "half": half, "runs": np.array([own.run for own in there]),
        },
    )  # fmt: skip


class Stops(NamedTuple):
    """Where S rules stop the searches of one network."""

    at: np.ndarray  # [S, N] indices of budgets
    told: list[tuple[str, str, int]]  # [S] name, setting and cap
    options: list[str]  # [S] the rules themselves, as JSON; empty for the oracle
    chance: np.ndarray  # [caps, N] what the predictor says of positions that it was not fitted on


def _stops(
    config: AdaptiveConfig, trace: Any, fell: np.ndarray, filled: jax.Array, half: np.ndarray
) -> Stops:
    budgets = np.array(config.budgets)
    first = jax.tree.map(lambda leaf: jnp.asarray(leaf[0]), trace)
    signs = np.asarray(difficulty_signs(first, filled))
    stops, told, options, chances = [], [], [], []
    for cap in config.caps:
        index = np.searchsorted(budgets, looks(cap))
        own = jax.tree.map(lambda leaf, index=index: leaf[index], trace)

        def stop(rule: StoppingRule, own: Any = own, cap: int = cap) -> np.ndarray:
            return stopped_at(rule, own, looks(cap), filled)

        for rule in rules(cap):
            stops.append(index[stop(rule)])
            told.append((*named(rule), cap))
            options.append(rule.model_dump_json())
        helps = fell[0] & ~fell[index[-1]]
        # Each half is told of by a predictor that was fitted on the other.
        parts = [fitted_predictors(signs[part], helps[part], THRESHOLDS) for part in (half, ~half)]
        whole = fitted_predictors(signs, helps, THRESHOLDS)
        for one, other, both in zip(*parts, whole, strict=True):
            stops.append(index[np.where(half, stop(other), stop(one))])
            told.append((*named(both), cap))
            options.append(both.model_dump_json())
        one, other = (own[0].chance(jnp.asarray(signs)) for own in parts)
        chances.append(np.where(half, other, one))
        # Who knows the answer stops at the first look that keeps the win, or at once.
        kept = ~fell[index]
        stops.append(index[np.where(kept.any(0), kept.argmax(0), 0)])
        told.append((ORACLE, "", cap))
        options.append("")
    return Stops(np.stack(stops), told, options, np.stack(chances))


def named(rule: StoppingRule) -> tuple[str, str]:
    """A rule's name, and the one setting that is swept."""
    fields = rule.model_dump()
    name = str(fields["name"])
    swept = next((key for key in ("threshold", "growth", "power") if key in fields), None)
    return name, "" if swept is None else f"{swept} {fields[swept]:.3g}"


def traced(file: dict[str, np.ndarray]) -> Traced:
    """A file as the tables want it."""
    return Traced(
        int(file["board"]), str(file["network"]), file["budgets"], file["blunder"],
        pd.DataFrame({name: file[name] for name in ("rule", "setting", "cap")}),
        file["stop"], file["half"], file["chance"],
    )  # fmt: skip


def chosen_rules(file: dict[str, np.ndarray], rule: str, cap: int, mean: float) -> list[str]:
    """A rule with the setting whose mean comes nearest to `mean` on all positions, for each
    network: its options as JSON."""
    here = np.flatnonzero((file["rule"] == rule) & (file["cap"] == cap))
    means = file["budgets"][file["stop"][:, here]].mean((0, 2))
    chosen = here[int(np.argmin(np.abs(np.log(means / mean))))]
    return file["options"][:, chosen].tolist()
