"""The boards and networks of the study of several games, their training, judging and leagues."""

from __future__ import annotations

import pydantic

import games
from analysis.studies.second_game import equal_flops_nodes
from experiments.arena.judging_tasks import blunder_tasks
from experiments.machine.parallel import Task
from experiments.players.specs import NetworkSpec, PlayerSpec
from experiments.reproduction.recipe import configure, load_recipe
from experiments.reproduction.stages.training import training_tasks
from experiments.studies.work import league_tasks
from games.config import FrozenModel
from games.protocol import Game
from games.text.notation import board_name
from mcts import SearchConfig
from training.config import TrainConfig
from training.ledger import forward_flops
from training.networks import NetworkConfig
from training.store import Store


class Ladder(FrozenModel, frozen=True):
    """The boards of a game, and how long runs are there."""

    game: str
    samples: dict[int, int]
    """Self-play positions of each run by board."""


class SecondGameConfig(FrozenModel, frozen=True):
    """Which games are played by which networks."""

    ladders: tuple[Ladder, ...]
    networks: tuple[str, ...] = ("1x2", "2x2", "4x2", "8x2", "16x2", "32x2")
    """One run each on every board and seed."""
    seeds: int = pydantic.Field(default=1, ge=1)
    snapshots: int = pydantic.Field(default=8, ge=2)
    """Of each run, besides the untrained network."""
    judged_nodes: tuple[int, ...] = (1, 64)
    """Searches with which the ends of runs are judged; 1 is the raw policy."""
    league_nodes: int = pydantic.Field(default=16, ge=1)
    """Of every snapshot's moves in the leagues: fixed, as Neumann and Gros had it."""
    fewest_nodes: int = pydantic.Field(default=4, ge=1)
    """Of the dearest network's moves where all spend equal FLOPs a move, as every trained snapshot
    does besides; the others have as many nodes more as theirs cost less."""
    exchange_nodes: tuple[int, ...] = (4, 64)
    """Of every second snapshot's moves besides, so that play can be traded for training."""
    opponents: int = pydantic.Field(default=6, ge=2, multiple_of=2)
    """Others that each player meets in a round of its board's league, with both colours."""
    rounds: int = pydantic.Field(default=2, ge=1)

    @property
    def boards(self) -> list[Game]:
        """Every board."""
        return [games.make(each.game, size) for each in self.ladders for size in each.samples]

    @property
    def runs(self) -> list[TrainConfig]:
        """Every run, all of a board together."""
        return [
            self._run(ladder.game, size, samples, network, seed)
            for ladder in self.ladders
            for size, samples in ladder.samples.items()
            for network in self.networks
            for seed in range(self.seeds)
        ]

    def _run(self, game: str, size: int, samples: int, network: str, seed: int) -> TrainConfig:
        changes = {
            "game": game,
            "boardsize": size,
            "network": network,
            "seed": seed,
            "samples": samples,
            "snapshots": self.snapshots,
            "first_snapshot": 1_024,
            "untrained_snapshot": True,
        }
        return configure(load_recipe("efficient"), changes)

    def players(self, rules: Game) -> list[NetworkSpec]:
        """Everybody in the league of a board: snapshots with one number of nodes or several."""
        equal = self._equal_nodes(rules)
        found: list[NetworkSpec] = []
        for run in self._runs_on(rules):
            last = len(run.snapshot_iterations) - 1
            for index in range(last + 1):
                nodes = {self.league_nodes}
                if index > 0:  # trained
                    nodes.add(equal[run.network.name])
                    nodes.update(() if (last - index) % 2 else self.exchange_nodes)
                found += [_player(run, index, n) for n in sorted(nodes)]
        return found

    def judged(self, rules: Game) -> list[PlayerSpec]:
        """The ends of a board's runs with every search that is judged."""
        return [
            _player(run, len(run.snapshot_iterations) - 1, nodes)
            for run in self._runs_on(rules)
            for nodes in self.judged_nodes
        ]

    def _runs_on(self, rules: Game) -> list[TrainConfig]:
        return [run for run in self.runs if (run.game, run.boardsize) == (rules.name, rules.size)]

    def _equal_nodes(self, rules: Game) -> dict[str, int]:
        """By network: the nodes that equal FLOPs a move buy it."""
        each = [forward_flops(rules, NetworkConfig.parse(name)) for name in self.networks]
        nodes = equal_flops_nodes(each, self.fewest_nodes).tolist()
        return dict(zip(self.networks, nodes, strict=True))


def _player(run: TrainConfig, index: int, nodes: int) -> NetworkSpec:
    return NetworkSpec(
        run=run.run_id, index=index, strategy=SearchConfig(nodes=nodes), temperature=0.0
    )


def train_runs(store: Store, config: SecondGameConfig) -> list[Task]:
    """Every run."""
    return training_tasks(
        store, config.runs, lambda run: f"{board_name(run.rules)}, network {run.network.name}"
    )


def judge_ends(store: Store, config: SecondGameConfig) -> list[Task]:
    """The ends of runs, on the judged set of each board."""
    return [
        task
        for rules in config.boards
        for task in blunder_tasks(store, rules, dict.fromkeys(config.judged(rules), 0))
    ]


def play_leagues(store: Store, config: SecondGameConfig) -> list[Task]:
    """A league for each board."""
    return [
        task
        for rules in config.boards
        for task in league_tasks(
            store, rules, config.players(rules), config.opponents, rounds=config.rounds
        )
    ]
