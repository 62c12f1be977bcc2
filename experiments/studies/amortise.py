"""How much of what a search finds goes into the weights that learn from it?"""

from __future__ import annotations

import pandas as pd
import pydantic

from analysis.figures.wording import listed
from analysis.report.exhibits.base import Exhibit, board
from analysis.report.study_page import Findings, Published
from analysis.studies.amortise import (
    COMPARISONS,
    REFERENCE,
    Strengths,
    best_budgets,
    equivalent_rows,
    judged_boards,
    ranking_rows,
    rates_by_search,
    retention_rows,
)
from analysis.studies.amortise_figures import (
    blunders_by_training_nodes,
    heat_maps,
    retention_curves,
)
from analysis.tables.rows import LabRows
from experiments.arena.traces import TracePlan, trace_tasks
from experiments.machine.parallel import Task
from experiments.reproduction.recipe import configure, load_recipe
from experiments.reproduction.stages.training import training_tasks
from experiments.studies.amortise_tables import (
    AGO,
    REPLAY_RATIO,
    amortise_answer,
    amortise_best_table,
    amortise_claims_table,
    amortise_older_table,
    amortise_ranking_table,
    amortise_retention_table,
)
from experiments.studies.study import Stage, Study
from games.config import FrozenModel
from games.hex import Hex
from mcts.rules.rule import RULES
from training.config import TrainConfig
from training.ledger import forward_flops, gradient_flops
from training.networks import NetworkConfig
from training.store import Store


class Arms(FrozenModel, frozen=True):
    """Runs of one board that differ in the nodes of their self-play search, and in seed."""

    boardsize: int
    network: str
    samples: int
    """Self-play positions of the run that searches 64 nodes. Its compute is what all others get,
    or so many samples if that is more: each can be looked at where samples are equal and where
    compute is."""
    rule: str = "puct"
    nodes: tuple[int, ...] = (2, 4, 8, 16, 32, 64, 128, 256)
    held: bool = False
    """Hold the learner's share of the compute as it is with 64 nodes, by a replay ratio in
    proportion to the nodes; else each position is learnt from eight times. Such runs have equal
    compute alone."""
    seeds: int = pydantic.Field(default=3, ge=1)


class AmortiseConfig(FrozenModel, frozen=True):
    """Which runs, and how their snapshots are judged."""

    arms: tuple[Arms, ...]
    snapshots: int = pydantic.Field(default=6, ge=2)
    """Of each run, besides the untrained network."""
    first_snapshot: int = 1_024
    most_nodes: int = pydantic.Field(default=256, ge=2)
    """Snapshots are judged with 1, 2, 4 … so many nodes, PUCT whatever rule they learnt from."""
    positions: int = 1_000
    """A weighted subsample of those that a board has, or all."""

    @property
    def budgets(self) -> tuple[int, ...]:
        """Powers of two."""
        return tuple(2**k for k in range(self.most_nodes.bit_length()))

    @property
    def runs(self) -> list[TrainConfig]:
        """Every run."""
        return [
            amortise_run(self, arms, nodes, seed)
            for arms in self.arms
            for nodes in arms.nodes
            for seed in range(arms.seeds)
        ]


def amortise_run(config: AmortiseConfig, arms: Arms, nodes: int, seed: int) -> TrainConfig:
    """A run of some nodes: as long as its comparisons need it."""
    ratio = REPLAY_RATIO * nodes / REFERENCE if arms.held else REPLAY_RATIO
    rules, network = Hex(arms.boardsize), NetworkConfig.parse(arms.network)
    forward, gradient = forward_flops(rules, network), gradient_flops(rules, network)
    spent = arms.samples * (REFERENCE * forward + REPLAY_RATIO * gradient)
    affordable = -int(-spent // (nodes * forward + ratio * gradient))
    samples = affordable if arms.held else max(arms.samples, affordable)
    search = {"nodes": nodes, "rule": arms.rule}
    if RULES[arms.rule].explores:  # it brings its own noise
        search["noise_fraction"] = 0.0
    # A seed's network is the same before its first step, whatever it then searches.
    first = not arms.held and arms.rule == "puct" and nodes == min(arms.nodes)
    return configure(load_recipe("efficient"), {
        "boardsize": arms.boardsize, "network": arms.network, "seed": seed, "samples": samples,
        "search": search, "replay_ratio": ratio, "snapshots": config.snapshots,
        "first_snapshot": config.first_snapshot, "untrained_snapshot": first,
    })  # fmt: skip


def _train(store: Store, config: AmortiseConfig) -> list[Task]:
    def name(run: TrainConfig) -> str:
        search = f"{run.search.nodes} nodes of {RULES.name_of(run.search.rule)}"
        return f"{board(run.boardsize)} board, {search}, replay ratio {run.replay_ratio:g}"

    return training_tasks(store, config.runs, name)


def _judge(store: Store, config: AmortiseConfig) -> list[Task]:
    plan = TracePlan(budgets=config.budgets, positions=config.positions)
    boards = sorted({arms.boardsize for arms in config.arms})
    return [task for size in boards for task in trace_tasks(store, Hex(size), [plan])]


BUDGETS = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)
"""Shares of a board's compute for which the best label budget is asked."""


def _findings(rows: LabRows, config: AmortiseConfig) -> Findings:
    mine = {run.run_id for run in config.runs}
    found = [Strengths(own) for own in judged_boards(rows, mine, REPLAY_RATIO)]
    most = config.most_nodes
    searched = min(REFERENCE, most)
    played = sorted({searched, most})
    kept = pd.concat([retention_rows(own, name) for own in found for name in COMPARISONS])
    older = pd.concat([equivalent_rows(own, AGO) for own in found])
    ranking = pd.concat([ranking_rows(own) for own in found])
    best = pd.concat([best_budgets(own, BUDGETS, (1, searched)) for own in found])
    every = pd.concat([rates_by_search(own) for own in found])
    puct = every[(every["rule"] == "puct") & ~every["held"]]
    exhibits = [
        Exhibit(
            "claims", "Table", "What was claimed, and what is found here",
            "At equal compute, searches at play time of "
            f"{searched} nodes; 95 % intervals over runs and positions.",
            tables=[amortise_claims_table(kept, older, every, searched)],
        ),
        Exhibit(
            "maps", "Figure 1", "Search in training against search at play time",
            "Won positions thrown away, means over seeds. A dot marks the training search that is "
            "best for each play-time search: a straight column of dots says that the ranking at "
            "one budget holds at the others.",
            figure=heat_maps(kept[kept["rule"] == "puct"]),
            tables=[amortise_ranking_table(ranking)],
        ),
        Exhibit(
            "retention", "Figure 2", "What the raw policy retains",
            "Retention = (raw − untrained) / (searched − untrained), in log-odds of keeping a won "
            "position: 1 where search at play time adds nothing to the network’s own move. Bars "
            "are 95 % intervals over runs and positions; arms whose gain cannot be told from 0 are "
            "left out.",
            figure=retention_curves(kept, played),
            tables=[amortise_retention_table(kept, name, played) for name in COMPARISONS],
        ),
        Exhibit(
            "compute", "Figure 3", "Which search makes the best labels for its compute",
            "Won positions thrown away against all of training’s compute, self-play and learner.",
            figure=blunders_by_training_nodes(puct, (1, searched)),
            tables=[amortise_best_table(best)],
        ),
        Exhibit(
            "equivalent", "Table", "The search that an older network needs",
            "Nodes at play time with which a network from some way before the end is as strong as "
            "the raw policy at the end.",
            tables=[amortise_older_table(older, most)],
        ),
    ]  # fmt: skip
    return Findings(
        amortise_answer(kept, best, searched), exhibits,
        {"retention": kept, "equivalent": older, "ranking": ranking, "best": best, "points": every},
        _limits(config),
    )  # fmt: skip


def _limits(config: AmortiseConfig) -> list[str]:
    seeds = sorted({arms.seeds for arms in config.arms})
    networks = sorted({f"{arms.network} on {board(arms.boardsize)}" for arms in config.arms})
    return [
        f"{listed([str(n) for n in seeds])} seeds an arm: intervals resample runs and positions, "
        "and so few runs make them too narrow.",
        f"One network a board ({listed(networks)}) and one recipe, tuned with 64 nodes; a learning "
        "rate or c_puct of its own might serve other budgets better.",
        "Play-time searches are PUCT with c_puct 1.25 whatever rule a network learnt from.",
        "Strength is exact on positions of play, not Elo: AlphaGo Zero’s 2,130 Elo are against "
        "other programs and cannot be set beside it in one number.",
        "Arms are compared at one moment each by a line between two snapshots.",
    ]


def _arms(
    size: int, network: str, samples: int, seeds: int, rules: dict[str, tuple[int, ...]],
    held: tuple[int, ...] = (),
) -> tuple[Arms, ...]:  # fmt: skip
    free = [
        Arms(boardsize=size, network=network, samples=samples, seeds=seeds, rule=rule, nodes=nodes)
        for rule, nodes in rules.items()
    ]
    share = Arms(boardsize=size, network=network, samples=samples, seeds=seeds, nodes=held,
                 held=True)  # fmt: skip
    return (*free, *([share] if held else []))


ALL = (2, 4, 8, 16, 32, 64, 128, 256)
SOME = (2, 16, 64)
PRESETS = {
    "smoke": AmortiseConfig(
        arms=_arms(4, "4x1", 2_048, 2, {"puct": (2, 16)}, (16,)),
        snapshots=3, most_nodes=8, positions=96,
    ),
    "laptop": AmortiseConfig(
        arms=(
            *_arms(4, "16x2", 30_000, 3, {"puct": ALL, "gumbel": SOME, "regularised": SOME},
                   (8, 256)),
            *_arms(5, "32x2", 50_000, 3, {"puct": ALL, "gumbel": SOME, "regularised": SOME},
                   (8, 256)),
        ),
        snapshots=5, positions=600,
    ),
    "reference": AmortiseConfig(
        arms=(
            *_arms(4, "16x2", 300_000, 5, {"puct": ALL, "gumbel": ALL, "regularised": ALL},
                   (4, 8, 16, 32, 128, 256)),
            *_arms(5, "64x2", 1_000_000, 5, {"puct": ALL, "gumbel": ALL, "regularised": ALL},
                   (4, 8, 16, 32, 128, 256)),
        ),
        snapshots=10, most_nodes=512, positions=10_000,
    ),
}  # fmt: skip

STUDY = Study(
    title="How much of a search goes into the weights",
    question="A search at play time is paid for at every move; one in training is paid for once, "
    "and the network learns its results. How much of what a search finds does the raw policy then "
    "play by itself, how does that depend on the nodes of the search it learns from, at equal "
    "samples and at equal compute, and which label budget is best?",
    expectation="More nodes make better labels, so at equal samples the raw policy gets better "
    "with the nodes of training, by less and less. At equal compute there is an optimum between: "
    "few nodes make labels hardly better than the policy (two nodes of PUCT only repeat its move), "
    "many make too few. Retention rises with training and never reaches 1: AlphaGo Zero’s raw "
    "network stayed 2,130 Elo below its search. Gumbel’s rule improves on the policy whatever the "
    "nodes, so it should keep more at few.",
    presets=PRESETS,
    stages=(Stage("Training", _train), Stage("Judging", _judge)),
    findings=_findings,
    published=(
        Published(
            "AlphaGo Zero, raw network and with search", "3,055 and 5,185 Elo",
            "Silver et al. 2017, Figure 6b",
        ),
        Published(
            "expert iteration: an apprentice learns from tree searches and guides the next",
            "the apprentice alone ends above the first expert", "Anthony, Tian and Barber 2017",
        ),
        Published(
            "where planning helps a learner of MuZero’s kind",
            "mostly in learning, by its targets; at play time shallow trees do",
            "Hamrick et al. 2021, “On the role of planning in model-based deep reinforcement "
            "learning”",
        ),
        Published(
            "Gumbel AlphaZero learns with two simulations a move", "n = 2 on 9×9 Go",
            "Danihelka et al. 2022",
        ),
    ),
)  # fmt: skip
