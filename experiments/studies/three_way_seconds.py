"""CPU seconds of a move by network and nodes: what the cube's FLOPs are on a machine.

Files of the lab, one a network: `move_seconds/BOARD-NETWORK-SETTINGS.csv`.
"""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jax
import pandas as pd
import pydantic
import sqlalchemy as sa

import games
from experiments.machine.parallel import Task, Worker
from experiments.machine.runtime import processor_name
from games.config import FrozenModel
from games.exact.populations import population, subsample
from games.hex import Hex
from mcts import Puct, SearchConfig, search
from training.config import TrainConfig
from training.devices import compiler_options
from training.files import load_snapshot
from training.networks import make_evaluate
from training.store import Snapshot, Store

_FOLDER = "move_seconds"
_LEAST = 0.05  # seconds of one reading: the clock's own steps must not show


class MoveTiming(FrozenModel, frozen=True):
    """What is timed: the last snapshot of each network's first seed."""

    boards: tuple[int, ...] = (4, 5)
    every: int = pydantic.Field(default=2, ge=1)
    """Every second width, say, from the widest down."""
    lanes: dict[int, tuple[int, ...]] = pydantic.Field(default={64: (1, 8, 64, 512), 1: (1, 64)})
    """Numbers of nodes, by how many games are played side by side."""
    repeats: int = pydantic.Field(default=5, ge=1)
    """Readings of each, taken in turn; the least counts, for others may use the machine, too."""

    def runs(self, runs: Sequence[TrainConfig]) -> list[TrainConfig]:
        """Whose last snapshots are timed."""
        chosen = []
        for size in self.boards:
            own = [run for run in runs if run.boardsize == size and run.seed == 0]
            own.sort(key=lambda run: run.network.width)
            chosen += own[:: -self.every][::-1]
        return chosen

    def file_of(self, lab: Path, run: TrainConfig) -> Path:
        """Where the seconds of a network are."""
        name = f"{run.boardsize}-{run.network.name}-{self.digest('boards', 'every')}.csv"
        return lab / _FOLDER / name

    def tasks(self, store: Store, runs: Sequence[TrainConfig], c_puct: float) -> list[Task]:
        """One for each network that was not timed yet."""
        return [
            Task(
                f"{run.boardsize}×{run.boardsize} board, seconds of network {run.network.name}",
                _time_task, (store.folder, self, run, c_puct), work=1.0,
            )
            for run in self.runs(runs)
            if not self.file_of(store.folder, run).exists()
        ]  # fmt: skip

    def found(self, lab: Path, runs: Sequence[TrainConfig]) -> pd.DataFrame:
        """All that was timed: columns boardsize, network, lanes, nodes, seconds (CPU, a move),
        processor."""
        files = [path for run in self.runs(runs) if (path := self.file_of(lab, run)).exists()]
        return pd.concat(map(pd.read_csv, files), ignore_index=True) if files else pd.DataFrame()


def _time_task(
    worker: Worker, lab: Path, timing: MoveTiming, run: TrainConfig, c_puct: float
) -> None:
    query = (
        sa.select(Snapshot.file, Snapshot.sha256)
        .where(Snapshot.run_id == run.run_id)
        .order_by(Snapshot.index.desc())
    )
    file, sha256 = Store(lab, read_only=True).frame_query(query)[1][0]
    params, _ = load_snapshot(lab / file, sha256)
    positions = population(Hex(run.boardsize))
    assert positions is not None
    calls: dict[tuple[int, int], Callable[[], Any]] = {}
    for lanes, budgets in timing.lanes.items():
        chosen, _ = subsample(positions.weight, lanes)
        states = jax.tree.map(lambda leaf, chosen=chosen: leaf[chosen], positions.states)
        for nodes in budgets:
            calls[lanes, nodes] = functools.partial(_program(run, nodes, c_puct), params, states)
    often = {key: _calls_of_a_reading(call) for key, call in calls.items()}
    least = dict.fromkeys(calls, math.inf)
    for turn in range(timing.repeats):
        if worker.should_stop():
            return
        for key, call in calls.items():
            least[key] = min(least[key], _seconds(call, often[key]))
        worker.report((turn + 1) / timing.repeats)
    rows = [
        {
            "boardsize": run.boardsize, "network": run.network.name, "lanes": lanes,
            "nodes": nodes, "seconds": seconds / lanes, "processor": processor_name(),
        }
        for (lanes, nodes), seconds in least.items()
    ]  # fmt: skip
    path = timing.file_of(lab, run)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    pd.DataFrame(rows).to_csv(unfinished, index=False)
    unfinished.replace(path)


def _program(run: TrainConfig, nodes: int, c_puct: float) -> Callable[..., jax.Array]:
    """(params, states [L]) → actions [L]."""
    rules = games.make(run.game, run.boardsize)
    evaluate = make_evaluate(rules, run.network)
    config = SearchConfig(nodes=nodes, rule=Puct(c_puct=c_puct))
    key = jax.random.key(0)  # nothing is drawn

    @functools.partial(jax.jit, compiler_options=compiler_options())
    def move(params: Any, states: Any) -> jax.Array:
        return search(rules, evaluate, config, params, states, key).action

    return move


def _calls_of_a_reading(call: Callable[[], Any]) -> int:
    jax.block_until_ready(call())  # compiled
    return max(1, math.ceil(_LEAST / max(_seconds(call, 1), 1e-6)))


def _seconds(call: Callable[[], Any], times: int) -> float:
    """CPU seconds of one call, of all the process's threads."""
    began = time.process_time()
    for _ in range(times):
        jax.block_until_ready(call())
    return (time.process_time() - began) / times
