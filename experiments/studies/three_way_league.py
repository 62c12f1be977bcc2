"""A league of agents of the cube, from weak to strong, that tells what a blunder rate is in Elo."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pydantic

from analysis.tables.rows import LabRows
from experiments.machine.parallel import Task
from experiments.players.specs import NetworkSpec, PerfectSpec, PlayerSpec
from experiments.studies.work import league_ratings, league_tasks
from games.config import FrozenModel
from games.hex import Hex
from mcts import Puct, SearchConfig
from training.config import TrainConfig
from training.store import Store


class CubeLeague(FrozenModel, frozen=True):
    """Which agents of a cube meet: all widths, at some stages of training with some searches."""

    boards: tuple[int, ...] = (4, 5)
    nodes: tuple[int, ...] = (1, 8, 64)
    stages: int = pydantic.Field(default=3, ge=1)
    """Of each run, evenly from an early snapshot to the last."""
    seeds: int = pydantic.Field(default=2, ge=1)
    opponents: int = 8
    """Others that each meets in a round."""
    openings: int = pydantic.Field(default=2, ge=1)
    """That each pair plays in a round, with both colours."""
    rounds: int = pydantic.Field(default=6, ge=1)

    def players(self, runs: Sequence[TrainConfig], size: int, c_puct: float) -> list[PlayerSpec]:
        """Perfect play, and the agents of a board, whose searches are those of the cube."""
        agents: list[PlayerSpec] = [PerfectSpec()]
        for run in runs:
            if run.boardsize != size or run.seed >= self.seeds:
                continue
            last = len(run.snapshot_iterations) - 1
            stages = {last - round(k * last / self.stages) for k in range(self.stages)}
            for index in sorted(stages):
                for nodes in self.nodes:
                    search = SearchConfig(nodes=nodes, rule=Puct(c_puct=c_puct))
                    agents.append(NetworkSpec(run=run.run_id, index=index, strategy=search))
        return agents

    def tasks(self, store: Store, runs: Sequence[TrainConfig], c_puct: float) -> list[Task]:
        """One for each board whose games are not all played."""
        found = []
        for size in self.boards:
            players = self.players(runs, size, c_puct)
            if len(players) > 1:
                found += league_tasks(
                    store, Hex(size), players, self.opponents, rounds=self.rounds,
                    openings=self.openings, lanes=2 * self.openings * self.opponents,
                )  # fmt: skip
        return found

    def ratings(
        self, rows: LabRows, runs: Sequence[TrainConfig], c_puct: float
    ) -> dict[int, pd.DataFrame]:
        """By board: columns run, snapshot, nodes, elo, error; boards without a game are left
        out."""
        found = {}
        for size in self.boards:
            players = self.players(runs, size, c_puct)
            rated = league_ratings(rows, Hex(size), players, self.openings)
            networks = rated[rated["kind"] == "network"]
            names = {"run_id": "run", "index": "snapshot", "se": "error"}
            if len(networks):
                own = networks.rename(columns=names)[["run", "snapshot", "nodes", "elo", "error"]]
                found[size] = own.astype({"snapshot": int, "nodes": int})
        return found
