"""What the published λ of Jones 2021 did: experiment E3.

Question: boardlaw weighs the prior by λ = c N / (N + A), c = 1/16, where Grill et al. 2020 have
c √N / (N + A) (boardlaw issue 15; mcts/rules/regularised.py). His λ hardly changes with search and
rises; theirs falls as 1/√N. Which correct c is the same search at 64 nodes, and does the published
λ mute what large trees gain, so that the published exchange (ten times the training for fifteen
times the search) understates search? Expected: c of 0.5 to 1 at 64 nodes; yes.
Command: `python -m experiments.studies.lambda_ablation`, about half an hour on one core; it
goes on where it was stopped, prints Markdown tables and writes figures. docs/lambda.md has the
answer.

Both rules keep all else that was Jones's (untried actions are lost, values stretched to [0, 1])
and our recipe `efficient`, so that λ alone differs. Values are stretched by each tree's own range,
as Jones's range of the whole batch would not let seeds share a program; `jones in full` has that.

1. Every rule trains with each number of nodes, several seeds.
2. Every last snapshot plays the won positions of the board's fixed set under every rule: how often
   is the win thrown away, and how sharp is the policy π̄ of the search?
3. A league on one scale: snapshots of two rules under several rules and numbers of nodes. The same
   networks play under each, so rules are compared within a run, and runs are what intervals are
   over (Student's t).
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pydantic
import scipy.stats
import tyro

from analysis.figures.theme import save
from analysis.ratings.bradley_terry import rate
from analysis.studies.lambda_figures import elo_by_nodes, sharpness_by_nodes
from analysis.studies.lambda_tables import (
    PUBLISHED,
    across,
    against_published,
    constant,
    equal_constants,
    grill,
    own_play,
    search_gains,
)
from analysis.tables.rows import load_lab
from experiments.arena.judging import fixed_set
from experiments.arena.matches import match_rows, store_round, stored_rounds
from experiments.arena.meeting import MeetingConfig, Pairs, play_pairs
from experiments.machine.lock import alone_in
from experiments.machine.parallel import Task, Worker, run_tasks
from experiments.players.agents import enter_agents, load_player
from experiments.players.move_keys import move_keys, stable_seed
from experiments.players.player import NetworkPlayer, Player
from experiments.players.specs import NetworkSpec, PerfectSpec, PlayerSpec
from experiments.reproduction.recipe import configure, load_recipe
from experiments.reproduction.stages.training import train_together
from games.config import FrozenModel
from games.hex import Hex
from games.protocol import State
from games.text.plain_json import to_json
from mcts import JONES, Regularised, SearchConfig
from training.config import TrainConfig
from training.store import Store

IN_FULL = "jones in full"
SAMPLES = {3: 8_192, 4: 16_384, 5: 65_536, 6: 262_144}
FIRST_SNAPSHOT = 1_024
LANES = 16  # positions searched at once: what an agent has to move in at a ply of the league
LEAGUE_GAMES = 2 * LANES  # of each agent in a round, half of them with each colour


class AblationConfig(FrozenModel, frozen=True):
    """Measure what λ does, as published and as meant."""

    boards: tuple[int, ...] = (4,)
    """Board sides."""
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
    rounds: int = pydantic.Field(default=1, ge=1)
    """Rounds of the league; in each an agent plays 32 games."""
    resamples: int = pydantic.Field(default=200, ge=1)
    """Bootstrap resamples of the exchange."""
    full: bool = True
    """Also train with all of Jones's rule, one run after the other."""
    lab: Path = Path("runs/lambda-ablation")
    """Folder of the store."""
    figures: Path = Path("runs/lambda-ablation/figures")
    """Folder of the figures."""

    @property
    def plays(self) -> list[str]:
        """The rules that play."""
        return [PUBLISHED, *map(grill, self.c)]

    @property
    def league_rules(self) -> list[str]:
        """Those that play in the league."""
        return [PUBLISHED, *map(grill, self.league_c)]

    @property
    def league_trained(self) -> list[str]:
        """Those that trained the networks of the league."""
        return [PUBLISHED, grill(self.train_c[0])]


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


Runs = dict[tuple[str, int], list[TrainConfig]]  # by rule and nodes of training, one a seed


def runs_on(config: AblationConfig, board: int) -> Runs:
    """Every run of a board."""
    trained = [PUBLISHED, *map(grill, config.train_c)]
    kinds = list(itertools.product(trained, config.train_nodes))
    if config.full:
        kinds.append((IN_FULL, config.train_nodes[-1]))
    fixed = {
        "boardsize": board,
        "samples": config.samples or SAMPLES[board],
        "first_snapshot": FIRST_SNAPSHOT,
        "snapshots": config.snapshots,
    }
    runs: Runs = {}
    for rule, nodes in kinds:
        search = {"search.nodes": nodes, "search.rule": rule_named(rule).model_dump()}
        runs[rule, nodes] = [
            configure(load_recipe("efficient"), fixed | search | {"seed": seed})
            for seed in range(config.seeds)
        ]
    return runs


def tasks_of_runs(config: AblationConfig, runs: Runs) -> Iterator[Task]:
    """The seeds of a rule side by side, except with Jones's value range."""
    for (rule, nodes), seeds in runs.items():
        for group in [[run] for run in seeds] if rule == IN_FULL else [seeds]:
            yield Task(f"{rule} {nodes} {group[0].seed}", train_together, (config.lab, group), 1.0)


def judged_agents(config: AblationConfig, runs: Runs) -> list[Contestant]:
    """Last snapshots under every rule; with more nodes than any training only the league's."""
    agents: list[Contestant] = []
    for (trained, train_nodes), seeds in runs.items():
        in_league = trained in config.league_trained and train_nodes == config.train_nodes[-1]
        plays = [trained] if trained == IN_FULL else config.plays
        agents += [
            Contestant(trained, train_nodes, run.run_id, config.snapshots - 1, play, nodes)
            for play, nodes, run in itertools.product(plays, config.test_nodes, seeds)
            if nodes <= max(config.train_nodes) or in_league
        ]
    return agents


def judge_agents(worker: Worker, lab: Path, board: int, agents: Sequence[Contestant]) -> None:
    """Add a line to the lab's `judged.jsonl` for every agent that has none."""
    rules, store = Hex(board), Store(lab)
    positions = fixed_set(rules)
    won = positions.verdicts.value > 0
    states = jax.tree.map(lambda leaf: leaf[won], positions.states)
    winning, keys = positions.verdicts.keeping[won], move_keys(range(won.sum()), ply=0)
    done = {Contestant(*row["agent"]) for row in read_judged(lab)}
    for agent in agents:
        if agent in done:
            continue
        if worker.should_stop():
            return
        (entry,) = enter_agents(store, rules, [agent.spec])
        player = load_player(rules, entry, lanes=LANES)
        assert isinstance(player, NetworkPlayer)
        thoughts = player.analyse(states, keys)
        policy = np.asarray(thoughts.search.policy)
        visits = np.asarray(thoughts.search.visits)
        row = {
            "agent": agent,
            "boardsize": board,
            "rate": float(np.mean(~winning[np.arange(len(winning)), thoughts.action])),
            "entropy": float(np.mean(scipy.stats.entropy(policy, axis=1))),
            "tried": float(np.mean((visits > 0).sum(1))),
            "legal": float(np.mean((np.asarray(thoughts.search.prior) > 0).sum(1))),
        }
        with (lab / "judged.jsonl").open("a") as file:
            file.write(to_json(row) + "\n")


def read_judged(lab: Path) -> list[dict[str, Any]]:
    """The lines of `judged.jsonl`."""
    file = lab / "judged.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def judged_frame(lab: Path, board: int) -> pd.DataFrame:
    """What was judged on a board: the fields of `Contestant`, rate, entropy, tried, legal."""
    rows = [row for row in read_judged(lab) if row["boardsize"] == board]
    agents = pd.DataFrame([Contestant(*row.pop("agent")) for row in rows])
    return pd.concat([agents, pd.DataFrame(rows)], axis=1)


def league_contestants(config: AblationConfig, runs: Runs) -> list[Contestant]:
    """Three snapshots of every run of the league's networks, under each of its rules."""
    last = config.snapshots - 1
    return [
        Contestant(trained, config.train_nodes[-1], run.run_id, index, play, nodes)
        for trained in config.league_trained
        for run in runs[trained, config.train_nodes[-1]]
        for index in sorted({0, last // 2, last})
        for play, nodes in itertools.product(config.league_rules, config.test_nodes)
        if nodes > 1 or play == PUBLISHED  # one node is the raw policy under every rule
    ]


class Explained:
    """A network player with the program that judges positions, which need not compile twice."""

    def __init__(self, player: NetworkPlayer) -> None:
        self._player = player

    def act(self, states: State, keys: np.ndarray) -> np.ndarray:
        """See `Player.act`."""
        return np.asarray(self._player.analyse(states, keys).action)


def league_name(board: int, agents: Sequence[Contestant]) -> str:
    """Name of the league of these agents."""
    members = stable_seed(*(agent.spec.text for agent in agents))
    return f"lambda-{MeetingConfig().tournament(Hex(board))}-{members:x}"


def league(
    worker: Worker, lab: Path, board: int, rounds: int, agents: Sequence[Contestant]
) -> None:
    """Play the rounds that are not stored yet; perfect play takes part."""
    rules, store = Hex(board), Store(lab)
    specs: list[PlayerSpec] = [PerfectSpec(), *(agent.spec for agent in agents)]
    entries = enter_agents(store, rules, specs)
    loaded = [load_player(rules, entry, lanes=LANES) for entry in entries]
    players: list[Player] = [Explained(p) if isinstance(p, NetworkPlayer) else p for p in loaded]
    meeting, name = MeetingConfig(), league_name(board, agents)
    for number in range(rounds):
        if number in stored_rounds(store, name):
            continue
        result = play_pairs(
            rules, players, draw_pairs(len(players), number), meeting,
            names=[spec.text for spec in specs], report=worker.report,
            should_stop=worker.should_stop,
        )  # fmt: skip
        if result is None:
            return
        ids, draws = [entry.id for entry in entries], [spec.draws for spec in specs]
        store_round(store, name, number, ids, result, meeting.opening_plies, draws=draws)


def draw_pairs(players: int, number: int) -> Pairs:
    """Everybody has `LEAGUE_GAMES` games, or meets everybody once if there are few."""
    return Pairs.drawn(players, LEAGUE_GAMES // 2, seed=number, turn=number)


def rated_contestants(store: Store, board: int, agents: Sequence[Contestant]) -> pd.DataFrame:
    """The agents with their Elo (perfect play 0) and compute: the fields of `Contestant`, elo,
    train_flops, test_flops. The raw policy stands there once for every rule."""
    matches = match_rows(store, league_name(board, agents))
    ratings = rate(matches, zero="perfect", first_player=False).table().set_index("player")
    compute = load_lab(store).agents.set_index("spec")
    specs = [agent.spec.text for agent in agents]
    points = pd.DataFrame(agents).assign(
        elo=ratings["elo"].reindex(specs).to_numpy(),
        train_flops=compute["train_flops"].reindex(specs).to_numpy(),
        test_flops=compute["test_flops"].reindex(specs).to_numpy(),
    )
    raw = points[points["nodes"] == 1]
    others = sorted(set(points["play"]) - {PUBLISHED})
    return pd.concat([points, *(raw.assign(play=play) for play in others)], ignore_index=True)


def equal_c_at_root(judged: pd.DataFrame, board: int, nodes: int) -> float:
    """The c at which both λ are the same at the root of a search, in the mean of the positions."""
    here = judged[(judged["nodes"] == nodes) & (judged["play"] == PUBLISHED)]
    legal, tried = (jnp.float32(here[column].mean()) for column in ("legal", "tried"))
    published, one = (
        rule_named(name).multiplier(jnp.float32(nodes - 1), legal, tried, board**2)
        for name in (PUBLISHED, grill(1))
    )
    return float(published / one)


def run_ablation(config: AblationConfig) -> None:
    """Train, judge and play what is not there yet; print the tables and draw the figures."""
    store = Store(config.lab)
    for board in config.boards:
        runs = runs_on(config, board)
        judge, meet = judged_agents(config, runs), league_contestants(config, runs)
        tasks = [
            *tasks_of_runs(config, runs),
            Task("judge", judge_agents, (config.lab, board, judge), 1.0),
            Task("league", league, (config.lab, board, config.rounds, meet), 1.0),
        ]
        with alone_in(config.lab):
            if not run_tasks(tasks, workers=1):
                raise SystemExit("stopped; run the same command again to go on")
        judged, points = judged_frame(config.lab, board), rated_contestants(store, board, meet)
        in_league = judged["trained"].isin(config.league_trained)
        of_league = judged[in_league & (judged["train_nodes"] == config.train_nodes[-1])]
        print(f"\n## {board}×{board}\n")
        print("Won positions thrown away, %: own rule, then across rules; last snapshots.\n")
        print(own_play(judged))
        for train_nodes, nodes in itertools.product(config.train_nodes, config.test_nodes[1:]):
            print(f"Trained with {train_nodes} nodes, played with {nodes}:\n")
            print(across(judged, train_nodes, nodes))
        print("The same less those under the published rule, 95 % over runs:\n")
        print(against_published(of_league))
        print("Elo that search gains (perfect play 0), and its exchange with training:\n")
        print(search_gains(points, config.resamples))
        print("The correct c that equals the published λ:\n")
        at_root = {n: equal_c_at_root(of_league, board, n) for n in config.test_nodes if n > 1}
        print(equal_constants(of_league, at_root))
        save(sharpness_by_nodes(of_league), config.figures / f"lambda_sharpness_{board}")
        save(elo_by_nodes(points), config.figures / f"lambda_elo_{board}")


if __name__ == "__main__":
    run_ablation(tyro.cli(AblationConfig, description=__doc__))
