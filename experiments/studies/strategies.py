"""Which strategy at equal play-time compute, and what do calls in a row buy over calls at once?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import jax
import numpy as np
import pandas as pd
import pydantic

from analysis.figures.wording import interval, listed, number, percent
from analysis.report.exhibits.base import Cell, Exhibit, Table
from analysis.report.study_page import Findings, Published
from analysis.studies.play_time import (
    ALL,
    Decided,
    best_within,
    kata_elo,
    nodes_for,
    strategy_points,
)
from analysis.studies.play_time_figures import rates_by_cost
from experiments.machine.parallel import Task, Worker
from experiments.players.specs import NetworkSpec, parse_player
from experiments.studies.decisions import (
    StoredNetwork,
    WonPositions,
    blunders,
    compile_deciding,
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
from games.errors import InputError
from games.hex import Hex
from games.protocol import Game
from mcts import STRATEGIES, SearchConfig, Strategy
from training.store import Store

NAME = "strategies"
PUCT = "puct"
WAY_COLUMNS = ("family", "text", "nodes", "calls")
WAYS = (
    "strategy=majority",
    "strategy=best-of-n,nodes=5",
    "strategy=best-of-n,nodes=17",
    "strategy=best-of-n,nodes=17,propose=likeliest",
    "strategy=rollouts,nodes=17",
    "strategy=rollouts,nodes=65",
    "strategy=rollouts,nodes=257",
    "strategy=beam,nodes=17",
    "strategy=beam,nodes=65",
    "strategy=beam,nodes=257",
    "strategy=diverse-beam,nodes=65",
    "strategy=diverse-beam,nodes=257",
    "strategy=revision,nodes=16",
    "strategy=revision,nodes=64",
    "strategy=alpha-beta,depth=2,branching=4",
    "strategy=alpha-beta,depth=3,branching=6",
    "nodes=16,rule=gumbel",
    "nodes=64,rule=gumbel",
    "nodes=64,rule=regularised",
    "strategy=root-parallel,nodes=64,trees=4",
    "strategy=root-parallel,nodes=64,trees=16",
    "nodes=64,leaves=4",
    "nodes=64,leaves=16",
    "nodes=64,leaves=63",
)


DEAR = (
    "strategy=best-of-n,nodes=17",
    "strategy=rollouts,nodes=257",
    "strategy=beam,nodes=257",
    "strategy=diverse-beam,nodes=257",
    "strategy=alpha-beta,depth=3,branching=6",
    "nodes=64,rule=regularised",
    "strategy=root-parallel,nodes=64,trees=16",
)
"""Those that the stored page does without."""


class StrategiesConfig(FrozenModel, frozen=True):
    """Whose decisions, and by which strategies."""

    lab: str = "reference_run/lab"
    """Of the networks; only read."""
    recipe: str = "efficient"
    networks: dict[int, tuple[str, ...]] = pydantic.Field(
        default={4: ("16x2",), 5: ("16x2", "64x2")}
    )
    """Shapes by board; the last snapshot of every seed."""
    positions: int = pydantic.Field(default=400, ge=10)
    """Won positions of play, about."""
    puct: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64, 128, 256)
    """Budgets of the search that all others are set against; the first is the raw policy."""
    ways: tuple[str, ...] = WAYS
    """Options of a player's name, one a strategy and budget."""
    parallel: int = 64
    """Budget at which calls in a row are set against calls at once."""

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        for way in self.ways:
            try:
                strategy_of(way)
            except InputError as error:
                raise ValueError(f"ways: {error}") from None
        return self


def strategy_of(way: str) -> Strategy:
    """The strategy of a player's options.

    Raises:
        InputError: if there is none such.
    """
    spec = parse_player(f"any#0@{way}")
    assert isinstance(spec, NetworkSpec)
    return spec.strategy


def family_of(strategy: Strategy) -> str:
    """How figures call it: its rule or its parallelism, if it searches a tree."""
    if not isinstance(strategy, SearchConfig):
        return STRATEGIES.name_of(strategy)
    return "leaf-parallel" if strategy.leaves > 1 else strategy.rule.model_dump()["name"]


def _decide(store: Store, config: StrategiesConfig) -> list[Task]:
    return decision_tasks(store.folder, NAME, config, config.networks, _decide_task, "decisions of")


def _decide_task(
    worker: Worker, lab: Path, config: StrategiesConfig, board: int, network: str
) -> None:
    game = Hex(board)
    there = stored_networks(Path(config.lab), game, network, config.recipe)
    won = won_positions(game, config.positions)
    keys = jax.random.split(jax.random.key(board), len(won.keeping))
    fell, made, entropy = _traced(config, game, there, won)
    for number_, way in enumerate(config.ways):
        if worker.should_stop():
            return
        strategy = strategy_of(way)
        found = [
            jax.device_get(
                compile_deciding(game, own.shape, strategy)(own.params, won.states, keys)
            )
            for own in there
        ]
        actions, evaluations = zip(*found, strict=True)
        fell.append(blunders(won.keeping, np.stack(actions)))
        made.append(np.stack(evaluations))
        worker.report((number_ + 1) / len(config.ways))
    told = [(PUCT, f"nodes={n}", n, n) for n in config.puct]
    told += [
        (family_of(own), way, own.evaluations, own.dependent_calls)
        for way, own in ((way, strategy_of(way)) for way in config.ways)
    ]
    columns = zip(*told, strict=True)
    write_decisions(
        file_of(lab, NAME, board, network),
        {
            "board": board, "network": network, "flops": there[0].flops,
            "blunder": np.stack(fell, axis=1), "evaluations": np.stack(made, axis=1),
            "winning": won.keeping.sum(1), "entropy": entropy,
            "runs": np.array([own.run for own in there]),
            **{name: np.array(own) for name, own in zip(WAY_COLUMNS, columns, strict=True)},
        },
    )  # fmt: skip


def _traced(
    config: StrategiesConfig, game: Game, there: Sequence[StoredNetwork], won: WonPositions
) -> tuple[list[np.ndarray], list[np.ndarray], np.ndarray]:
    """What PUCT does with each budget: blunders and evaluations [M, N] each, and the entropy of the
    networks' policies [M, N]."""
    traces = [
        jax.device_get(compile_trace(game, own.shape, config.puct)(own.params, won.states))
        for own in there
    ]
    actions = np.stack([trace.action for trace in traces])  # [M, K, N]
    made = np.stack([trace.evaluations for trace in traces])
    prior = np.stack([trace.prior[0] for trace in traces])
    entropy = -np.sum(prior * np.log(np.where(prior > 0, prior, 1)), axis=-1)
    fell = blunders(won.keeping, actions)
    budgets = range(len(config.puct))
    return [fell[:, k] for k in budgets], [made[:, k] for k in budgets], entropy


def _findings(lab: Path, config: StrategiesConfig) -> Findings:
    files = read_decisions(
        [
            file_of(lab, NAME, board, network)
            for board, networks in config.networks.items()
            for network in networks
        ]
    )
    points = pd.concat([strategy_points(_decided(file)) for file in files], ignore_index=True)
    everywhere = points[points["bin"] == ALL]
    chart = best_within(points, [n for n in config.puct if n in (1, 4, 16, 64, 256)])
    rows = in_a_row(everywhere, config.parallel)
    exhibits = [
        Exhibit(
            "budgets", "Figure 1", "Wins thrown away by each strategy",
            "Against the mean of network evaluations a move, which at one network are FLOPs; 95 % "
            "intervals over networks and positions. PUCT’s line is the one to beat.",
            figure=rates_by_cost(everywhere, "evaluations", "network evaluations a move (mean)"),
        ),
        Exhibit(
            "crossover", "Table 1", "The best strategy by budget and difficulty",
            "Of all strategies whose mean cost is within the budget, the one of fewest blunders. "
            "Below it, by how much it throws away fewer (−) or more wins than PUCT of equal cost, "
            "in points with a 95 % interval: only one that excludes 0 says something. As the best "
            f"of {len(config.ways)} it looks better than it is.",
            tables=[_crossover_table(own) for _, own in chart.groupby(["boardsize", "network"])],
        ),
        Exhibit(
            "calls", "Figure 2", "The same against calls in a row",
            "Dependent calls are what no wider device makes faster.",
            figure=rates_by_cost(everywhere, "calls", "dependent network calls a move"),
        ),
        Exhibit(
            "parallel", "Table 2", f"{config.parallel} evaluations in a row or at once",
            "How many of them wait for each other; wins thrown away beyond PUCT with as many in a "
            "row; and how many in a row would be as good. KataGo’s estimate is for Go, for as many "
            "threads as evaluations are made at once.",
            tables=[_parallel_table(rows)],
        ),
    ]  # fmt: skip
    return Findings(
        _answer(everywhere, rows), exhibits,
        {"points": points, "crossover": chart, "in_a_row": rows},
        [
            "Positions are those of random play, self-play and strong play in equal parts, each "
            "distinct one alike. Elo in own games was not measured.",
            "Settings of strategies (beams, branching, depth, noise, c_puct) are their defaults "
            "and were not tuned, neither by budget nor by network.",
            "Networks trained on targets of PUCT: their values are those of its leaves.",
            "Two or three seeds of a shape, so that the intervals over networks say little.",
        ],
        sources(config.lab, files),
    )  # fmt: skip


def _decided(file: dict[str, np.ndarray]) -> Decided:
    return Decided(
        int(file["board"]), str(file["network"]), float(file["flops"]),
        pd.DataFrame({name: file[name] for name in WAY_COLUMNS}),
        file["blunder"], file["evaluations"], file["winning"], file["entropy"],
    )  # fmt: skip


def in_a_row(points: pd.DataFrame, budget: int) -> pd.DataFrame:
    """Strategies of about one budget: columns of `strategy_points`, worth (evaluations in a row
    that are as good) and kata (Elo lost by KataGo's formula)."""
    found = []
    for _, own in points.groupby(["boardsize", "network"], sort=False):
        puct = own[own["family"] == PUCT].sort_values("nodes")
        here = own[(own["nodes"] >= 0.9 * budget) & (own["nodes"] <= 1.1 * budget)].copy()
        nodes, rates = puct["nodes"].to_numpy(float), puct["rate"].to_numpy()
        here["worth"] = [nodes_for(nodes, rates, rate) for rate in here["rate"]]
        here["kata"] = [
            kata_elo(budget / calls, budget) if calls < budget else 0.0 for calls in here["calls"]
        ]
        found.append(here)
    return pd.concat(found, ignore_index=True)


def _crossover_table(chart: pd.DataFrame) -> Table:
    budgets = sorted(chart["budget"].unique().tolist())
    lines: list[list[Cell | str]] = []
    for name, own in chart.groupby("bin", sort=False):
        by_budget = own.set_index("budget")
        lines.append(
            [
                str(name),
                *(
                    _best(by_budget.loc[budget]) if budget in by_budget.index else "–"
                    for budget in budgets
                ),
            ]
        )
    kind = chart.iloc[0]
    head = ["positions", *(f"up to {number(budget)}" for budget in budgets)]
    return Table(f"{kind['boardsize']}×{kind['boardsize']}, {kind['network']}.", head, lines)


def _best(row: pd.Series) -> Cell:
    name = "raw policy" if row["text"] == "nodes=1" else str(row["family"])
    told = f"{name} {percent(row['rate'])} %"
    if row["family"] == PUCT:
        return Cell(told)
    return Cell(told, _points(row))


def _points(row: pd.Series) -> str:
    beyond = number(100 * row["beyond"], 1)
    return f"{beyond} ({interval(100 * row['beyond_low'], 100 * row['beyond_high'], 1)})"


def _parallel_table(rows: pd.DataFrame) -> Table:
    lines: list[list[Cell | str]] = []
    for _, row in rows.sort_values(["boardsize", "network", "calls"]).iterrows():
        low, high = 100 * row["beyond_low"], 100 * row["beyond_high"]
        worth = number(row["worth"]) if np.isfinite(row["worth"]) else "more than measured"
        lines.append(
            [
                f"{row['boardsize']}×{row['boardsize']}, {row['network']}, {row['text']}",
                number(row["calls"]),
                number(row["evaluations"], 1),
                percent(row["rate"]),
                Cell(number(100 * row["beyond"], 1), interval(low, high, 1)),
                worth,
                number(row["kata"]),
            ]
        )  # fmt: skip
    head = [
        "board, network, strategy", "calls in a row", "evaluations", "thrown away, %",
        "beyond PUCT, points", "as good as", "KataGo, Elo",
    ]  # fmt: skip
    return Table("Equal budgets.", head, lines)


def _answer(points: pd.DataFrame, rows: pd.DataFrame) -> str:
    others = points[(points["family"] != PUCT) & (points["evaluations"] > 1.5)]
    better, worse = others[others["beyond_high"] < 0], others[others["beyond_low"] > 0]
    names = sorted({str(name) for name in better["family"]})
    said = (
        f"{len(better)} of {len(others)} strategies, budgets and networks throw away fewer wins "
        f"than PUCT of equal cost with a 95 % interval that excludes 0 ({listed(names)})"
        if names
        else "No strategy throws away fewer wins than PUCT of equal cost for certain"
    )
    at_once = rows[rows["family"] == "leaf-parallel"].sort_values("calls")
    told = ""
    if len(at_once):
        least = at_once.iloc[0]
        told = (
            f" With {number(least['calls'])} calls in a row instead of {number(least['nodes'])}, "
            f"leaves at once cost {number(100 * least['beyond'], 1)} points on "
            f"{least['boardsize']}×{least['boardsize']} with {least['network']} "
            f"({interval(100 * least['beyond_low'], 100 * least['beyond_high'], 1)})."
        )
    return f"{said}; {len(worse)} throw away more.{told}"


STUDY = Study(
    title="Strategies at play time",
    question="Language models have many ways to spend compute on an answer. With the same network "
    "and as many evaluations, which of them throws away fewest wins, at which budget and on which "
    "positions, and what is lost if the evaluations do not wait for each other?",
    expectation="With a handful of evaluations the value one move ahead (best of N) is as good as "
    "a tree, on easy positions at least. From 16 on PUCT is best, for it alone goes deeper where "
    "it matters. Rollouts by the policy are worst for their cost. Leaves at once cost little while "
    "they are a tenth of the budget.",
    presets={
        "smoke": StrategiesConfig(
            networks={3: ("4x2",)}, positions=30, puct=(1, 4, 8), parallel=8,
            ways=("strategy=majority", "strategy=best-of-n,nodes=4", "nodes=8,leaves=7"),
        ),
        "laptop": StrategiesConfig(),
        "reference": StrategiesConfig(
            networks={4: ("16x2",), 5: ("16x2",)},
            ways=tuple(way for way in WAYS if way not in DEAR),
        ),
    },
    stages=(Stage("Decisions", _decide),),
    findings_of_files=_findings,
    published=(
        Published(
            "best strategy, language models", "by difficulty: revision on easy, search on hard",
            "Snell et al. 2024, arXiv 2408.03314",
        ),
        Published("Elo lost by t threads", "7·t·(1600/(800 + v))^0.85", "KataGo, playutils.cpp"),
    ),
)  # fmt: skip
