"""What the study `adaptive` measures: searches traced to the end, and where rules stop them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Self

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pydantic

from analysis.report.exhibits.play_time.budgets import ORACLE
from analysis.studies.budgets import Aim, Traced
from experiments.machine.parallel import Worker
from experiments.studies.decisions import (
    PlayTimeConfig,
    blunders,
    compile_trace,
    file_of,
    won_positions,
    write_decisions,
)
from games.hex import Hex
from mcts import SearchResult
from mcts.stopping import (
    STOPPING,
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


class AdaptiveConfig(PlayTimeConfig, frozen=True):
    """Whose searches are traced, and how far."""

    networks: dict[int, tuple[str, ...]] = pydantic.Field(
        default={4: ("16x2",), 5: ("16x2", "64x2"), 6: ("64x2",)}
    )
    positions: int = pydantic.Field(default=1500, ge=20)
    """Won positions of play, about; each half is what the other's settings are fitted on."""
    means: tuple[int, ...] = pydantic.Field(default=(32, 16, 64), min_length=1)
    """Evaluations that a position is to get on the mean; games are played with the first."""
    saving: float = pydantic.Field(default=2, gt=1)
    """The cap in means where evaluations are saved: uniform play has it too."""
    raised: float = pydantic.Field(default=8, gt=1)
    """The cap where what is saved is spent on other positions."""
    c_puct: tuple[float, ...] = pydantic.Field(default=(1.25, 0.6, 2.5), min_length=1)
    """Weights of the prior; the first one is that of all means and of games."""
    games: dict[int, tuple[str, ...]] = pydantic.Field(default={4: ("16x2",), 5: ("16x2",)})
    openings: dict[int, int] = pydantic.Field(default={4: 100, 5: 100})
    played: tuple[str, ...] = ("settled", "entropy", "kld", "predicted")
    """Rules that play them."""

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        if self.saving >= self.raised:
            raise ValueError("saving: it has to be below raised")
        if unknown := set(self.played) - set(STOPPING.names):
            raise ValueError(f"played: there is no rule {min(unknown)!r}")
        return self

    def aims(self, c_puct: float) -> list[Aim]:
        """Both arms of every mean that is asked for with a weight of the prior."""
        means = self.means if c_puct == self.c_puct[0] else self.means[:1]
        return [
            Aim(mean, round(mean * times)) for mean in means for times in (self.saving, self.raised)
        ]

    def caps(self, c_puct: float) -> list[int]:
        """Of these, each once."""
        return sorted({aim.cap for aim in self.aims(c_puct)})

    def budgets(self, c_puct: float) -> tuple[int, ...]:
        """Where searches are looked at, for any cap."""
        return tuple(sorted({nodes for cap in self.caps(c_puct) for nodes in looks(cap)}))


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


def trace_task(
    worker: Worker, lab: Path, config: AdaptiveConfig, board: int, network: str, weight: str
) -> None:
    """Traces of all networks of a shape on a board with a weight of the prior, and all stops, into
    a file of the lab."""
    game, c_puct = Hex(board), float(weight)
    there = config.stored(board, network)
    states, keeping = won_positions(game, config.positions)
    half = np.random.default_rng(board).random(len(keeping)) < 0.5
    filled = np.asarray(share_filled(game, states))
    budgets = config.budgets(c_puct)
    places = [np.searchsorted(budgets, looks(cap)) for cap in config.caps(c_puct)]
    fell: list[np.ndarray] = []
    stops: list[list[Stops]] = []
    for number, own in enumerate(there):
        if worker.should_stop():
            return
        trace = jax.device_get(compile_trace(game, own.shape, budgets, c_puct)(own.params, states))
        fell.append(blunders(keeping, trace.action))
        row = []
        for cap, place in zip(config.caps(c_puct), places, strict=True):
            seen = jax.tree.map(lambda leaf, place=place: leaf[place], trace)
            row.append(_stops(cap, seen, fell[-1][place], filled, half))
        stops.append(row)
        worker.report((number + 1) / len(there))
    told = zip(*itertools.chain(*(own.told for own in stops[0])), strict=True)
    write_decisions(
        file_of(lab, NAME, board, network, weight),
        {
            "board": board, "network": network, "c_puct": c_puct,
            "runs": np.array([own.run for own in there]),
            "budgets": np.array(budgets), "blunder": np.stack(fell), "half": half,
            **dict(zip(("rule", "setting", "cap"), map(np.array, told), strict=True)),
            "stop": np.stack(
                [np.concatenate([place[own.at] for place, own in zip(places, row, strict=True)])
                 for row in stops]
            ),
            "options": np.array([[*itertools.chain(*(own.options for own in row))]
                                 for row in stops]),
            "chance": np.stack([[own.chance for own in row] for row in stops]),
        },
    )  # fmt: skip


class Stops(NamedTuple):
    """Where S rules stop the searches of one network."""

    at: np.ndarray  # [S, N] indices of budgets
    told: list[tuple[str, str, int]]  # [S] name, setting and cap
    options: list[str]  # [S] the rules themselves, as JSON; empty for the oracle
    chance: np.ndarray  # [N] what the predictor says of positions that it was not fitted on


def _stops(
    cap: int, trace: SearchResult, fell: np.ndarray, filled: np.ndarray, half: np.ndarray
) -> Stops:
    """Those with one cap, by a trace [K, ...] and its blunders [K, N] at `looks(cap)`; indices are
    of these."""
    first = jax.tree.map(lambda leaf: jnp.asarray(leaf[0]), trace)
    signs = np.asarray(difficulty_signs(first, jnp.asarray(filled)))
    helps = fell[0] & ~fell[-1]
    # Each half is told of by a predictor that was fitted on the other.
    one, other = (fitted_predictors(signs[part], helps[part], THRESHOLDS) for part in (half, ~half))
    swept = [*rules(cap), *fitted_predictors(signs, helps, THRESHOLDS)]

    def stop(rules: Sequence[StoppingRule]) -> np.ndarray:
        return stopped_at(rules, trace, looks(cap), filled)

    # Who knows the answer stops at the first look that keeps the win, or at once.
    known = np.where((~fell).any(0), (~fell).argmax(0), 0)
    return Stops(
        np.concatenate([stop(rules(cap)), np.where(half, stop(other), stop(one)), known[None]]),
        [*((*named(rule), cap) for rule in swept), (ORACLE, "", cap)],
        [*(rule.model_dump_json() for rule in swept), ""],
        np.where(half, *(own[0].chance(jnp.asarray(signs)) for own in (other, one))),
    )


def named(rule: StoppingRule) -> tuple[str, str]:
    """A rule's name, and the one setting that is swept."""
    fields = rule.model_dump()
    name = str(fields["name"])
    swept = next((key for key in ("threshold", "growth", "power") if key in fields), None)
    return name, "" if swept is None else f"{swept} {fields[swept]:.3g}"


def traced(file: dict[str, np.ndarray]) -> Traced:
    """A file as the tables want it."""
    return Traced(
        int(file["board"]), str(file["network"]), float(file["c_puct"]),
        file["budgets"], file["blunder"],
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
