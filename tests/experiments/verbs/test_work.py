"""`hexlaw work`: many commands in one lab leave the rows that one alone leaves."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from experiments.reproduction.jones2021 import JOB
from experiments.reproduction.plan import load_plan
from tests.lab_rows import rows
from training.store import Store, WorkerRow, announce_job

PLAN = """
title = "tiny"
[train]
lanes = 8
moves = 2
batch_size = 16
replay_ratio = 1
first_snapshot = 16
snapshots = 2
search = {nodes = 2}
[[boards]]
boardsize = 3
networks = ["2x1", "conv2x1"]
samples = 32
[[boards]]
boardsize = 4
networks = ["2x1"]
samples = 32
[[stages]]
kind = "league"
search = {nodes = 2}
"""


@pytest.fixture
def plan(tmp_path) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(PLAN)
    return path


def test_three_commands_side_by_side_leave_what_one_alone_leaves(plan, tmp_path, hexlaw):
    alone, shared = tmp_path / "alone", tmp_path / "shared"
    stages = ["training", "league"]
    assert (
        hexlaw("reproduce", "--plan", plan, "--lab", alone, "--workers", 1, "--stages", *stages)
        == 0
    )
    settings = {"plan": load_plan(file=plan).model_dump(mode="json"), "stages": stages}
    announce_job(Store(shared), JOB, settings)
    codes: list[int] = []

    def work() -> None:
        codes.append(hexlaw("work", "--lab", shared, "--workers", 1))

    helpers = [threading.Thread(target=work) for _ in range(2)]
    for helper in helpers:
        helper.start()
    work()
    for helper in helpers:
        helper.join()
    assert codes == [0, 0, 0]
    assert rows(shared) == rows(alone)
    assert len(rows(shared)["snapshots"]) == 6
    tasks = [count for (count,) in Store(shared).frame_query(sa.select(WorkerRow.tasks))[1]]
    assert sum(tasks) == 3 + 2  # a training a network and board, a league a board
    assert sum(count > 0 for count in tasks) > 1
    assert hexlaw("work", "--lab", shared, "--workers", 1) == 0  # nothing is left
    assert rows(shared) == rows(alone)


def test_where_nothing_was_begun_there_is_nothing_to_help_with(tmp_path, hexlaw, capsys):
    assert hexlaw("work", "--lab", tmp_path) == 2
    assert f"no lab in {tmp_path}" in capsys.readouterr().err
    Store(tmp_path)
    assert hexlaw("work", "--lab", tmp_path) == 2
    assert "nothing was begun" in capsys.readouterr().err
    announce_job(Store(tmp_path), JOB, {"plan": {"title": "of the future", "speed": 11}})
    assert hexlaw("work", "--lab", tmp_path) == 2
    assert "another version of hexlaw" in capsys.readouterr().err
