"""What is a budget by position worth?"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pydantic

from analysis.figures.wording import interval, number, percent
from analysis.report.exhibits.base import Cell, Exhibit, Table, cell
from analysis.report.study_page import Findings, Published
from analysis.studies.play_time import Traced, draw_rules, multipliers, pooled_multipliers
from analysis.studies.play_time_figures import multipliers_by_rule
from experiments.machine.parallel import Task, Worker
from experiments.studies.decisions import (
    blunders,
    compile_trace,
    decision_tasks,
    file_of,
    read_decisions,
    sources,
    stored_networks,
    won_positions,
    write_decisions,
)
from experiments.studies.study import Stage, Study
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
from training.store import Store

NAME = "adaptive"
ORACLE = "oracle"


class AdaptiveConfig(FrozenModel, frozen=True):
    """Whose searches are traced, and how far."""

    lab: str = "reference_run/lab"
    """Of the networks; only read."""
    recipe: str = "efficient"
    networks: dict[int, tuple[str, ...]] = pydantic.Field(
        default={4: ("8x2", "16x2"), 5: ("16x2", "32x2", "64x2")}
    )
    """Shapes by board; the last snapshot of every seed."""
    positions: int = pydantic.Field(default=600, ge=20)
    """Won positions of play, about; half of them to fit on."""
    mean: int = pydantic.Field(default=32, ge=4)
    """Evaluations that a position is to get on the mean."""
    saving: int = 64
    """The cap where evaluations are saved: uniform play has it too."""
    raised: int = 256
    """The cap where what is saved is spent on other positions."""

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


def _trace(store: Store, config: AdaptiveConfig) -> list[Task]:
    return decision_tasks(
        store.folder, NAME, config, config.networks, _trace_task, "traced searches of"
    )


def _trace_task(
    worker: Worker, lab: Path, config: AdaptiveConfig, board: int, network: str
) -> None:
    game = Hex(board)
    there = stored_networks(Path(config.lab), game, network, config.recipe)
    states, keeping = won_positions(game, config.positions)
    fitted = np.random.default_rng(board).random(len(keeping)) < 0.5
    filled = share_filled(game, states)
    found: list[tuple[np.ndarray, np.ndarray]] = []
    told: list[tuple[str, str, int]] = []
    for number_, own in enumerate(there):
        if worker.should_stop():
            return
        trace = jax.device_get(compile_trace(game, own.shape, config.budgets)(own.params, states))
        fell = blunders(keeping, trace.action)
        stops, told = _stops(config, trace, fell, filled, fitted)
        found.append((fell, stops))
        worker.report((number_ + 1) / len(there))
    rule, setting, cap = zip(*told, strict=True)
    write_decisions(
        file_of(lab, NAME, board, network),
        {
            "board": board, "network": network, "budgets": np.array(config.budgets),
            "blunder": np.stack([fell for fell, _ in found]),
            "stop": np.stack([stops for _, stops in found]),
            "rule": np.array(rule), "setting": np.array(setting), "cap": np.array(cap),
            "fitted": fitted, "runs": np.array([own.run for own in there]),
        },
    )  # fmt: skip


def _stops(
    config: AdaptiveConfig, trace: Any, fell: np.ndarray, filled: jax.Array, fitted: np.ndarray
) -> tuple[np.ndarray, list[tuple[str, str, int]]]:
    """Where every rule stops one network's searches, as indices of budgets [S, N], and which rules
    these are: name, setting and cap."""
    stops, told = [], []
    budgets = np.array(config.budgets)
    first = jax.tree.map(lambda leaf: jnp.asarray(leaf[0]), trace)
    signs = np.asarray(difficulty_signs(first, filled))
    for cap in config.caps:
        index = np.searchsorted(budgets, looks(cap))
        own = jax.tree.map(lambda leaf, index=index: leaf[index], trace)
        helps = fell[0] & ~fell[index[-1]]
        thresholds = (0.02, 0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.2)
        swept = [*rules(cap), *fitted_predictors(signs[fitted], helps[fitted], thresholds)]
        for rule in swept:
            stops.append(index[stopped_at(rule, own, looks(cap), filled)])
            told.append((*_named(rule), cap))
        # Who knows the answer stops at the first look that keeps the win, or at once.
        kept = ~fell[index]
        stops.append(index[np.where(kept.any(0), kept.argmax(0), 0)])
        told.append((ORACLE, "", cap))
    return np.stack(stops), told


def _named(rule: StoppingRule) -> tuple[str, str]:
    """A rule's name, and the one setting that is swept."""
    fields = rule.model_dump()
    name = str(fields["name"])
    swept = next((key for key in ("threshold", "growth", "power") if key in fields), None)
    return name, "" if swept is None else f"{swept} {fields[swept]:.3g}"


def _findings(lab: Path, config: AdaptiveConfig) -> Findings:
    files = read_decisions(
        [
            file_of(lab, NAME, board, network)
            for board, networks in config.networks.items()
            for network in networks
        ]
    )
    draws = list(
        itertools.chain.from_iterable(
            draw_rules(
                Traced(
                    int(file["board"]), str(file["network"]), file["budgets"], file["blunder"],
                    pd.DataFrame({name: file[name] for name in ("rule", "setting", "cap")}),
                    file["stop"], file["fitted"],
                ),
                dict.fromkeys(config.caps, float(config.mean)),
            )
            for file in files
        )
    )  # fmt: skip
    found, pooled = multipliers(draws), pooled_multipliers(draws)
    exhibits = [
        Exhibit(
            "multipliers", "Figure 1", "What a budget by position is worth",
            f"How many times larger a uniform budget would have to be to throw away as few wins; "
            f"right of 1 a rule gains. Settings are chosen on one half of the positions for a mean "
            f"of {config.mean} evaluations and measured on the other; 95 % intervals over networks "
            "and positions. The oracle knows the answer, and its multiplier is what is there to "
            "be gained at most.",
            figure=multipliers_by_rule(found, ORACLE),
        ),
        Exhibit(
            "pooled", "Table 1", "All networks together",
            "Median multiplier over boards and networks, and wins thrown away beyond a uniform "
            "budget of the same mean: below 0 a rule gains. 95 % intervals over networks and "
            "positions.",
            tables=[_pooled_table(pooled)],
        ),
        *(
            Exhibit(
                f"cap{cap}", f"Table {place}", title,
                "Mean evaluations and their 95th percentile (the latency tail), wins thrown away "
                "by the rule and beyond a uniform budget of the same mean.",
                tables=[_table(found[found["cap"] == cap])],
            )
            for place, (cap, title) in enumerate(
                {
                    config.saving: f"Saving: the cap stays at {config.saving}",
                    config.raised: f"Raising: the cap is {config.raised}",
                }.items(),
                start=2,
            )
        ),
    ]  # fmt: skip
    return Findings(
        _answer(found, pooled), exhibits, {"multipliers": found, "pooled": pooled},
        [
            "Positions are those of random play, self-play and strong play in equal parts, each "
            "distinct one alike. Elo in own games was not measured.",
            "Last snapshots of one recipe; two or three seeds of a shape, so that the intervals "
            "over networks say little.",
            "Lost positions are left out: a budget spent there is lost to no table here, but to "
            "a player.",
            "One c_puct for all budgets.",
        ],
        sources=sources(config.lab, files),
    )  # fmt: skip


def _table(found: pd.DataFrame) -> Table:
    lines: list[list[Cell | str]] = [
        [
            f"{row['boardsize']}×{row['boardsize']}, {row['network']}, {row['rule']}",
            row["setting"] or "–",
            number(row["mean"], 1),
            number(row["tail"]),
            percent(row["rate"]),
            Cell(
                number(100 * row["beyond"], 1),
                interval(100 * row["beyond_low"], 100 * row["beyond_high"], 1),
            ),
            _multiplier(row),
        ]
        for row in found.to_dict("records")
    ]
    head = [
        "board, network, rule", "setting", "mean", "95 %", "thrown away, %",
        "beyond uniform, points",        "multiplier",
    ]  # fmt: skip
    return Table("Budgets by position.", head, lines)


def _multiplier(row: Mapping[Hashable, Any]) -> Cell:
    if np.isfinite(row["high"]):
        return cell(row["multiplier"], (row["low"], row["high"]), 2)
    return Cell(_factor(row["multiplier"]), f"from {number(row['low'], 2)}")


def _factor(value: float) -> str:
    return number(value, 2) if np.isfinite(value) else "beyond the cap"


def _pooled_table(pooled: pd.DataFrame) -> Table:
    lines: list[list[Cell | str]] = [
        [
            f"{row['rule']}, cap {row['cap']}",
            number(row["mean"], 1),
            _multiplier(row),
            Cell(
                number(100 * row["beyond"], 2),
                interval(100 * row["beyond_low"], 100 * row["beyond_high"], 2),
            ),
        ]
        for row in pooled.to_dict("records")
    ]
    head = ["rule", "mean evaluations", "multiplier", "beyond uniform, points"]
    return Table(f"{pooled['measurements'].iloc[0]} boards and networks.", head, lines)


def _answer(found: pd.DataFrame, pooled: pd.DataFrame) -> str:
    real, oracle = (pooled[(pooled["rule"] == ORACLE) == is_it] for is_it in (False, True))
    own = found[found["rule"] != ORACLE]
    alone = own[own["low"] > 1]
    gains = real[real["low"] > 1]
    named = gains if len(gains) else real.sort_values("multiplier").tail(1)
    told = "; ".join(
        f"{row['rule']} with cap {row['cap']} {_factor(row['multiplier'])} "
        f"({interval(row['low'], row['high'], 2)})"
        for row in named.to_dict("records")
    )
    said = (
        f"Over all networks these gain for certain, by the median multiplier: {told}."
        if len(gains)
        else "No rule has a multiplier, over all networks, whose 95 % interval excludes 1; the "
        f"largest is that of {told}."
    )
    fewer = real[real["beyond_high"] < 0]
    rules_ = ", ".join(f"{row['rule']} (cap {row['cap']})" for row in fewer.to_dict("records"))
    at_mean = (
        f" At equal mean evaluations fewer wins are thrown away for certain with {rules_}."
        if rules_
        else " At equal mean evaluations none throws away fewer wins for certain."
    )
    least = oracle["low"].min()
    return (
        f"{said}{at_mean} Of single boards and networks {len(alone)} of {len(own)} gain. The "
        f"oracle’s multiplier is above {number(least, 1)}: there is much to be known, and the "
        "root’s statistics do not tell it."
    )


STUDY = Study(
    title="A budget by position",
    question="A search may stop early where more would change nothing, and go on where it would. "
    "How much larger would a budget that is the same everywhere have to be to play as well?",
    expectation="Stopping when the answer can no longer change saves some evaluations and never "
    "costs a move. Other rules save more at the same cap, but gain little at equal means unless "
    "the cap is raised as well; none comes near an oracle, because what says that a position is "
    "hard is mostly seen by searching it.",
    presets={
        "smoke": AdaptiveConfig(networks={3: ("4x2",)}, positions=40, mean=6, saving=8, raised=16),
        "laptop": AdaptiveConfig(),
        "reference": AdaptiveConfig(networks={4: ("16x2",), 5: ("16x2", "32x2")}),
    },
    stages=(Stage("Traces", _trace),),
    findings_of_files=_findings,
    published=(
        Published(
            "compute saved by a budget and strategy by difficulty, language models",
            "4 times",
            "Snell et al. 2024, arXiv 2408.03314",
        ),
        Published(
            "wins of a learned stop: early stopping alone; cap raised, equal mean simulations",
            "49 %; 61 %",
            "Lan et al. 2021 (DS-MCTS), arXiv 2012.07910",
        ),
    ),
)
