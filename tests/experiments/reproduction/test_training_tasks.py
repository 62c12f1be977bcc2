"""Tasks of training: who shares a program, who waits for whom."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from experiments.machine.parallel import run_tasks
from experiments.reproduction.stages.training import training_tasks
from training.config import TrainConfig
from training.store import Run, Snapshot, Store

TINY = {
    "boardsize": 3, "network": "conv2x1", "search": {"nodes": 2}, "lanes": 8, "moves": 2,
    "window": 8, "batch_size": 16, "replay_ratio": 1, "samples": 32, "first_snapshot": 16,
    "snapshots": 2,
}  # fmt: skip


def tiny(**changes) -> TrainConfig:
    return TrainConfig.model_validate(TINY | changes)


def name(run: TrainConfig) -> str:
    return f"{run.boardsize} {run.network.name}"


@pytest.fixture
def runs() -> list[TrainConfig]:
    """Two seeds each: 4×4 with the weights of 3×3, 4×4 afresh, 3×3."""
    small = [tiny(seed=seed) for seed in range(2)]
    warm = [tiny(boardsize=4, seed=run.seed, begin=f"{run.run_id}#1") for run in small]
    cold = [tiny(boardsize=4, seed=seed) for seed in range(2)]
    return [*warm, *cold, *small]


def test_a_task_trains_teachers_first_whatever_the_order_of_the_list(tmp_path, runs):
    store = Store(tmp_path)
    tasks = training_tasks(store, runs, name)
    assert {task.name for task in tasks} == {"3 conv2x1, then 4×4", "4 conv2x1"}
    assert run_tasks(tasks, workers=1)
    assert training_tasks(store, runs, name) == []
    query = sa.select(Snapshot.run_id, sa.func.max(Snapshot.samples)).group_by(Snapshot.run_id)
    spent = dict(store.frame_query(query)[1])
    assert [spent[run.run_id] for run in runs] == [64, 64, 32, 32, 32, 32]


def test_who_waits_for_a_run_that_is_over_trains_with_others_of_its_shape(tmp_path, runs):
    store = Store(tmp_path)
    small = runs[4:]
    assert run_tasks(training_tasks(store, small, name), workers=1)
    (task,) = training_tasks(store, runs, name)
    assert task.name == "4 conv2x1"
    assert run_tasks([task], workers=1)
    with store.session() as session:
        assert set(session.scalars(sa.select(Run.status))) == {"done"}
