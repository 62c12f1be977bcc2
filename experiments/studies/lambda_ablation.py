"""What the published λ of Jones 2021 did; docs/lambda.md has the answer in full.

Both rules keep all else that was Jones's (untried actions are lost, values stretched to [0, 1])
and our recipe `efficient`, so that λ alone differs. Values are stretched by each tree's own range,
as Jones's range of the whole batch would not let seeds share a program; `jones in full` has that.

1. Every rule trains with each number of nodes, several seeds.
2. Every last snapshot plays the won positions of the board's fixed set under every rule: how often
   is the win thrown away, and how sharp is the policy π̄ of the search?
3. A league on one scale: snapshots of two rules under several rules and numbers of nodes.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd
import pydantic

from analysis.ratings.scales import rate_rows
from analysis.report.exhibits.base import Exhibit, Table
from analysis.report.study_page import Findings, Published
from analysis.studies.lambda_figures import elo_by_nodes, sharpness_by_nodes
from analysis.studies.lambda_tables import (
    PUBLISHED,
    Rows,
    across,
    against_published,
    constant,
    equal_constants,
    grill,
    own_play,
    search_gains,
)
from analysis.tables.blunder_rates import FIXED, blunder_points
from analysis.tables.rows import LabRows
from experiments.arena.judging_tasks import blunder_tasks
from experiments.machine.parallel import Task
from experiments.players.specs import NetworkSpec, PerfectSpec, PlayerSpec
from experiments.reproduction.recipe import configure, load_recipe
from experiments.reproduction.stages.training import training_tasks
from experiments.studies.study import Stage, Study
from experiments.studies.work import league_tasks
from games.config import FrozenModel
from games.hex import Hex
from mcts import JONES, Regularised, SearchConfig
from training.config import TrainConfig
from training.store import Store

IN_FULL = "jones in full"
SAMPLES = {3: 8_192, 4: 16_384, 5: 65_536, 6: 262_144}
LANES = 16  # positions searched at once: what an agent has to move in at a ply of the league


class AblationConfig(FrozenModel, frozen=True):
    """Which rules train, which play, and how much."""

    boards: tuple[int, ...] = (4,)
    c: tuple[float, ...] = pydantic.Field(default=(1 / 16, 0.25, 0.5, 1, 2), min_length=1)
    """Constants of the correct rule that play; rising."""
    train_c: tuple[float, ...] = pydantic.Field(default=(0.5, 1), min_length=1)
    """Constants of the correct rule that train; the first one's networks are in the league."""
    train_nodes: tuple[int, ...] = (16, 64)
    """Nodes of the searches that made the training data; the league is of the last."""
    test_nodes: tuple[int, ...] = (1, 16, 64, 256)
    """Nodes of the searches that play; rising."""
    league_c: tuple[float, ...] = (0.25, 0.5, 1)
    """Constants of the correct rule that play in the league."""
    seeds: int = pydantic.Field(default=3, ge=2)
    """Runs of each rule."""
    snapshots: int = pydantic.Field(default=5, ge=2)
    """Of each run; the league has the first, the middle and the last."""
    samples: int | None = None
    """Self-play positions of each run, if not the board's own."""
    opponents: int = pydantic.Field(default=16, ge=2, multiple_of=2)
    """Others that each agent meets in a round of the league, once with each colour."""
    rounds: int = pydantic.Field(default=1, ge=1)
    """Rounds of the league."""
    resamples: int = pydantic.Field(default=200, ge=1)
    """Bootstrap resamples of the exchange."""
    full: bool = True
    """Also train with all of Jones's rule, one run after the other."""

    @property
    def plays(self) -> list[str]:
        """The rules that play."""
        return [PUBLISHED, *map(grill, self.c)]

    @property
    def league_trained(self) -> list[str]:
        """Those that trained the networks of the league."""
        return [PUBLISHED, grill(self.train_c[0])]

    def runs(self, board: int) -> dict[tuple[str, int], list[TrainConfig]]:
        """Every run of a board, by rule and nodes of training, one a seed."""
        trained = [PUBLISHED, *map(grill, self.train_c)]
        kinds = list(itertools.product(trained, self.train_nodes))
        if self.full:
            kinds.append((IN_FULL, self.train_nodes[-1]))
        fixed = {
            "boardsize": board, "samples": self.samples or SAMPLES[board], "first_snapshot": 1_024,
            "snapshots": self.snapshots,
        }  # fmt: skip

        def run(rule: str, nodes: int, seed: int) -> TrainConfig:
            search = {"search.nodes": nodes, "search.rule": rule_named(rule).model_dump()}
            return configure(load_recipe("efficient"), fixed | search | {"seed": seed})

        return {kind: [run(*kind, seed) for seed in range(self.seeds)] for kind in kinds}


def rule_named(name: str) -> Regularised:
    """The rule of that name; all but the one in full differ in λ alone."""
    assert isinstance(JONES.rule, Regularised)
    if name == IN_FULL:
        return JONES.rule
    own_range = JONES.rule.model_copy(update={"value_range": "tree"})
    if name == PUBLISHED:
        return own_range
    return own_range.model_copy(update={"lambda_rule": "grill", "c_puct": constant(name)})


class Contestant(NamedTuple):
    """A snapshot, and how it plays."""

    trained: str  # name of the rule
    train_nodes: int
    run_id: str
    index: int
    play: str  # name of the rule
    nodes: int

    @property
    def spec(self) -> NetworkSpec:
        """The agent as the lab names it."""
        search = SearchConfig(nodes=self.nodes, rule=rule_named(self.play))
        return NetworkSpec(run=self.run_id, index=self.index, strategy=search)


def judged_agents(config: AblationConfig, board: int) -> list[Contestant]:
    """Last snapshots under every rule; with more nodes than any training only the league's."""
    agents: list[Contestant] = []
    for (trained, train_nodes), seeds in config.runs(board).items():
        in_league = trained in config.league_trained and train_nodes == config.train_nodes[-1]
        plays = [trained] if trained == IN_FULL else config.plays
        agents += [
            Contestant(trained, train_nodes, run.run_id, config.snapshots - 1, play, nodes)
            for play, nodes, run in itertools.product(plays, config.test_nodes, seeds)
            if nodes <= max(config.train_nodes) or in_league
        ]
    return agents


def league_contestants(config: AblationConfig, board: int) -> list[Contestant]:
    """Three snapshots of every run of the league's networks, under each of its rules."""
    last, nodes_trained = config.snapshots - 1, config.train_nodes[-1]
    runs = config.runs(board)
    return [
        Contestant(trained, nodes_trained, run.run_id, index, play, nodes)
        for trained in config.league_trained
        for run in runs[trained, nodes_trained]
        for index in sorted({0, last // 2, last})
        for play in (PUBLISHED, *map(grill, config.league_c))
        for nodes in config.test_nodes
        if nodes > 1 or play == PUBLISHED  # one node is the raw policy under every rule
    ]


def _train(store: Store, config: AblationConfig) -> list[Task]:
    kinds = [kind for board in config.boards for kind in config.runs(board).items()]
    rule = {run.run_id: name for (name, _), seeds in kinds for run in seeds}

    def name(run: TrainConfig) -> str:
        size = run.boardsize
        return f"{size}×{size} board, {rule[run.run_id]}, {run.search.nodes} nodes"

    return training_tasks(store, [run for _, seeds in kinds for run in seeds], name)


def _judge(store: Store, config: AblationConfig) -> list[Task]:
    tasks = []
    for board in config.boards:
        specs = [agent.spec for agent in judged_agents(config, board)]
        tasks += blunder_tasks(store, Hex(board), dict.fromkeys(specs, 0), LANES)
    return tasks


def _play(store: Store, config: AblationConfig) -> list[Task]:
    """A league of each board, perfect play among them."""
    tasks = []
    for board in config.boards:
        specs: list[PlayerSpec] = [PerfectSpec()]
        specs += [agent.spec for agent in league_contestants(config, board)]
        tasks += league_tasks(
            store, Hex(board), specs, config.opponents, rounds=config.rounds, lanes=LANES
        )
    return tasks


def _described(agents: Sequence[Contestant], found: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """The fields of `Contestant` with what was found of the agents of these names."""
    own = pd.DataFrame(agents).assign(spec=[agent.spec.text for agent in agents])
    return own.merge(found[["spec", *columns]], on="spec", how="left")


def judged_frame(rows: LabRows, config: AblationConfig, board: int) -> pd.DataFrame:
    """What was judged on a board: the fields of `Contestant`, rate and entropy."""
    points = blunder_points(rows)
    points = points[(points["source"] == FIXED) & (points["boardsize"] == board)]
    return _described(judged_agents(config, board), points, "rate", "entropy")


def rated_contestants(rows: LabRows, config: AblationConfig, board: int) -> pd.DataFrame:
    """The agents with their Elo (perfect play 0) and compute: the fields of `Contestant`, elo,
    train_flops, test_flops. The raw policy stands there once for every rule."""
    rated = rate_rows(rows).merge(rows.agents, left_on="player", right_on="id")
    rated = rated[rated["boardsize"] == board]
    agents = league_contestants(config, board)
    points = _described(agents, rated, "elo", "train_flops", "test_flops")
    raw = points[points["nodes"] == 1]
    others = sorted(set(points["play"]) - {PUBLISHED})
    return pd.concat([points, *(raw.assign(play=play) for play in others)], ignore_index=True)


def _findings(rows: LabRows, config: AblationConfig) -> Findings:
    exhibits, tables, told = [], {}, []
    for board in config.boards:
        judged, points = judged_frame(rows, config, board), rated_contestants(rows, config, board)
        in_league = judged["trained"].isin(config.league_trained)
        of_league = judged[in_league & (judged["train_nodes"] == config.train_nodes[-1])]
        equal, gains = equal_constants(of_league), search_gains(points, config.resamples)
        exhibits += _exhibits(config, board, judged, of_league, points, equal, gains)
        tables |= {f"judged_{board}": judged, f"league_{board}": points}
        told.append(_told(board, equal, gains))
    return Findings(
        " ".join(told), exhibits, tables,
        [
            "Intervals are over runs (Student’s t), the exchange’s from a bootstrap over runs.",
            f"{2 * config.opponents * config.rounds} games an agent leave tens of Elo of noise.",
            "Play is greedy and without root noise; Jones’s league drew moves and left noise on.",
            "Small boards: 256 nodes are 16 a cell on 4×4, as 1,300 would be on 9×9.",
        ],
    )  # fmt: skip


def _exhibits(
    config: AblationConfig, board: int, judged: pd.DataFrame, of_league: pd.DataFrame,
    points: pd.DataFrame, equal: Rows, gains: Rows,
) -> list[Exhibit]:  # fmt: skip
    under = "trained / played under"
    searched = [nodes for nodes in config.test_nodes if nodes > 1]
    crossed = [
        _table(f"Trained with {trained} nodes, played with {played}.", under, cells)
        for trained, played in itertools.product(config.train_nodes, searched)
        if (cells := across(judged, trained, played))
    ]
    size = f"{board}×{board}"
    return [
        Exhibit(
            f"lambda_sharpness_{board}", "Sharpness", f"How sharp each rule’s policy is, {size}",
            "The correct c whose policy has the entropy of the published rule’s, on the same "
            "networks and positions; a dash where it lies beyond the constants tried.",
            figure=sharpness_by_nodes(of_league),
            tables=[_table("The c that equals the published λ.", "search", equal)],
        ),
        Exhibit(
            f"lambda_blunders_{board}", "Blunders", f"Won positions thrown away, {size}",
            "In percent, last snapshots: mean over seeds, lowest and highest. Last, the difference "
            "to the same networks under the published rule.",
            tables=[
                _table("Under the rule that trained.", "trained, played under", own_play(judged)),
                *crossed,
                _table("Less those under the published rule, percentage points.", "played under",
                       against_published(of_league)),
            ],
        ),
        Exhibit(
            f"lambda_elo_{board}", "Elo", f"What search gains under each rule, {size}",
            "One league of all; perfect play is at 0. The exchange is decades of search that a "
            "decade of training is worth.",
            figure=elo_by_nodes(points),
            tables=[_table("Elo that search gains, and its exchange.", "played under", gains)],
        ),
    ]  # fmt: skip


def _table(caption: str, title: str, rows: Mapping[str, Mapping[str, str]]) -> Table:
    columns = list(dict.fromkeys(itertools.chain.from_iterable(rows.values())))
    lines = [[name, *(row.get(column, "") for column in columns)] for name, row in rows.items()]
    return Table(caption, [title, *columns], lines)


def _told(board: int, equal: Rows, gains: Rows) -> str:
    sharp = ", ".join(f"{row['c']} at {search}" for search, row in equal.items())
    exchange = "; ".join(
        f"{row['decades of search a decade of training']} under {play}"
        for play, row in gains.items()
    )
    return (
        f"On {board}×{board} the published rule is as sharp as the correct one with c = {sharp}. A "
        f"decade of training is worth so many decades of search: {exchange}."
    )


STUDY = Study(
    title="What the published λ did",
    question="Jones’s search weighs the prior by λ = c N / (N + A), c = 1/16, where Grill et al. "
    "2020 have c √N / (N + A) (boardlaw issue 15). His λ hardly changes with search and rises; "
    "theirs falls as 1/√N. Which correct c is the same search at 64 nodes, and does the published "
    "λ mute what large trees gain, so that the published exchange understates search?",
    expectation="A correct c of 0.5 to 1 at 64 nodes; and yes, large trees gain less under the "
    "published λ.",
    presets={
        "smoke": AblationConfig(
            boards=(3,), c=(0.5,), train_c=(0.5,), league_c=(0.5,), train_nodes=(1,),
            test_nodes=(1, 2), seeds=2, snapshots=2, samples=2_048, opponents=4, resamples=2,
            full=False,
        ),
        "laptop": AblationConfig(full=False),
        "reference": AblationConfig(rounds=4),
    },
    stages=(Stage("Training", _train), Stage("Judging", _judge), Stage("League", _play)),
    findings=_findings,
    published=(
        Published("search that ten times the training is worth", "15 times", "Jones 2021"),
        Published("c, and its λ", "1/16, c N / (N + A)", "boardlaw, issue 15"),
    ),
)  # fmt: skip
