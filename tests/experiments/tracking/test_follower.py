"""Metrics handed on: all of them, once, whoever wrote them; a tracker's fault ends no work."""

from __future__ import annotations

import importlib.util
import json
import sys
import time
from collections.abc import Mapping
from typing import Any, ClassVar

import pytest
import sqlalchemy as sa

from experiments.machine.console import open_console
from experiments.tracking import follower as follower_module
from experiments.tracking import tracked
from experiments.tracking.follower import Follower
from experiments.tracking.tracker import Tracker
from games.errors import InputError
from training.store import Metric, Run, Store, put

RUN = {
    "game": "hex", "boardsize": 3, "network": "1x1", "width": 1, "depth": 1, "parameters": 1,
    "seed": 0, "config": {"learning_rate": 0.1}, "status": "running", "device": "cpu",
    "devices": 1, "commit": "none", "command": "test",
}  # fmt: skip


def write(store: Store, run: str, *samples: int, status: str = "running") -> None:
    with store.session() as session:
        put(session, Run, {"id": run}, RUN | {"status": status})
        for number in samples:
            values: dict[str, Any] = dict.fromkeys(
                ("seconds", "policy_loss", "value_loss", "policy_entropy", "policy_kl",
                 "samples_per_second"), number / 8,
            )  # fmt: skip
            put(session, Metric, {"run_id": run, "iteration": number}, {"samples": number} | values)


class Told(Tracker, frozen=True):
    """A tracker that remembers."""

    kind: ClassVar[str] = "told"
    module: ClassVar[str] = "json"
    rows: ClassVar[list[tuple]] = []

    def open(self, folder, run: str, config: Mapping[str, Any], samples: int) -> Any:
        self.rows.append(("open", run, config["learning_rate"], samples))
        rows = self.rows

        class Log:
            def log(self, samples: int, values: Mapping[str, float]) -> None:
                rows.append((run, samples, values["policy_loss"]))
                assert "residual_variance" not in values  # empty in the table

            def flush(self) -> None:
                rows.append(("flush", run))

            def close(self) -> None:
                rows.append(("close", run))

        return Log()


@pytest.fixture
def told():
    Told.rows.clear()
    return Told.rows


def test_what_a_mix_does_on_each_board_is_handed_on_by_its_name(tmp_path):
    store, told = Store(tmp_path), {}
    write(store, "a", 8)
    boards = {"7": {"samples": 6, "policy_loss": 2.5, "game_length": None}, "5": {"samples": 2}}
    with store.session() as session:
        session.scalars(sa.select(Metric)).one().boards = boards

    class Log:
        def log(self, samples: int, values: Mapping[str, float]) -> None:
            told.update(values)

        def flush(self) -> None: ...

        def close(self) -> None: ...

    class Into(Told, frozen=True):
        def open(self, folder, run: str, config: Mapping[str, Any], samples: int) -> Any:
            return Log()

    Follower(store, Into()).look()
    of_boards = {name: value for name, value in told.items() if "/" in name}
    assert of_boards == {"7x7/samples": 6.0, "7x7/policy_loss": 2.5, "5x5/samples": 2.0}
    assert told["policy_loss"] == 1.0


def test_rows_are_handed_on_once_and_a_run_is_closed_when_it_is_over(tmp_path, told):
    store = Store(tmp_path)
    write(store, "a", 8, 16)
    follower = Follower(store, Told())
    follower.look()
    start = [("open", "a", 0.1, 8), ("a", 8, 1.0), ("a", 16, 2.0), ("flush", "a")]
    assert told == start
    follower.look()
    assert told == start
    write(store, "a", 24, status="done")
    follower.look()
    assert told[4:] == [("a", 24, 3.0), ("flush", "a"), ("close", "a")]


def test_another_command_goes_on_where_the_last_one_ended(tmp_path, told):
    store = Store(tmp_path)
    write(store, "a", 8)
    first = Follower(store, Told())
    first.look()
    first.close()
    write(store, "a", 8, 16)  # from a checkpoint before: the first row once more
    write(store, "b", 8)
    told.clear()
    Follower(store, Told()).look()
    assert [row for row in told if row[0] in "ab"] == [("a", 16, 2.0), ("b", 8, 1.0)]


def test_a_tracker_that_fails_ends_no_work_and_says_so(tmp_path, monkeypatch, capsys):
    pytest.importorskip("tensorboardX")
    store = Store(tmp_path)
    write(store, "a", 8)
    monkeypatch.setattr(follower_module, "SECONDS_BETWEEN_LOOKS", 0.01)

    def fail(*arguments: object) -> None:
        raise RuntimeError("no room for events")

    monkeypatch.setattr(Follower, "_hand_on", fail)
    done = []
    with tracked(store, "tensorboard", open_console(stderr=False)):
        done.append("work")
    assert done == ["work"]
    assert "tensorboard: no longer tracked (no room for events)" in capsys.readouterr().out


def test_a_library_that_is_not_there_is_named_before_anything_begins(tmp_path, monkeypatch):
    for kind, module in (("tensorboard", "tensorboardX"), ("wandb", "wandb"), ("trackio",) * 2):
        monkeypatch.setitem(sys.modules, module, None)
        with (
            pytest.raises(InputError, match=rf"pip install 'hexlaw\[{kind}\]'"),
            tracked(Store(tmp_path), kind, open_console(stderr=False)),
        ):
            raise AssertionError("it began")


def track(tmp_path, kind: str) -> Store:
    store = Store(tmp_path)
    write(store, "run", 8, 16, status="done")
    with tracked(store, kind, open_console(stderr=False)):
        pass
    assert json.loads((tmp_path / kind / "sent.json").read_text()) == {"run": 16}
    return store


def test_wandb_writes_files_in_the_lab_and_is_offline_unless_told_otherwise(tmp_path, monkeypatch):
    pytest.importorskip("wandb")
    monkeypatch.delenv("WANDB_MODE", raising=False)
    track(tmp_path, "wandb")
    (file,) = tmp_path.glob("wandb/wandb/offline-run-*-run/run-run.wandb")
    limit = time.monotonic() + 30
    while b"policy_loss" not in file.read_bytes():  # by a process of wandb's own
        assert time.monotonic() < limit
        time.sleep(0.05)
    assert b"learning_rate" in file.read_bytes()


def test_trackio_writes_its_database_in_the_lab(tmp_path, monkeypatch):
    if importlib.util.find_spec("trackio") is None:  # imported, it would have chosen its folder
        pytest.skip("trackio is not installed (pip install 'hexlaw[trackio]')")
    monkeypatch.delenv("TRACKIO_DIR", raising=False)
    track(tmp_path, "trackio")
    (database,) = (tmp_path / "trackio").glob("*.db")
    engine = sa.create_engine(f"sqlite:///{database}")
    with engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT step, metrics FROM metrics ORDER BY step")).all()
    assert [step for step, _ in rows] == [8, 16]
    assert [json.loads(values)["policy_loss"] for _, values in rows] == [1.0, 2.0]
