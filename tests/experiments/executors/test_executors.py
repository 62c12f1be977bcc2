"""Workers elsewhere: what would run where, what is refused, and a whole plan on each executor."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from experiments.executors import EXECUTORS, Local, choose_executor
from experiments.executors.command import Command
from experiments.executors.watching import show_workers
from experiments.machine.console import open_console
from experiments.reproduction.plan import Plan, load_plan
from games.errors import InputError
from tests.tiny_plan import PLAN
from training.store import Lease, Leases, Store


@pytest.fixture
def plan(tmp_path) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(PLAN)
    return path


def test_a_plan_says_where_it_is_worked_on_and_the_command_line_goes_before_it(plan):
    plan.write_text(PLAN + '[executor]\nkind = "submitit"\njobs = 3\npartition = "gpu"\n')
    written = load_plan(file=plan)
    assert Plan.model_validate(written.model_dump(mode="json")) == written
    chosen = choose_executor(None, {}, written.executor)
    assert [line.split(":")[0] for line in chosen.describe_places(1)] == [
        f"Slurm, partition gpu, job {k}" for k in (1, 2, 3)
    ]
    assert len(choose_executor(None, {"jobs": 5}, chosen).describe_places(1)) == 5
    assert choose_executor("local", {}, chosen) == Local()
    with pytest.raises(InputError, match="--executor-set jobs"):
        choose_executor("ray", {"jobs": 0}, chosen)
    with pytest.raises(InputError, match=r"--executor: unknown executor 'cloud'.*local, ray, subm"):
        choose_executor("cloud", {}, chosen)
    assert EXECUTORS.names == ("local", "ray", "submitit")


def test_gpus_are_shared_out_by_the_environment():
    local = Local(gpus=(0, 3), per_gpu=2)
    assert [own["CUDA_VISIBLE_DEVICES"] for own in local.environments()] == ["0", "3", "0", "3"]
    assert {own["XLA_PYTHON_CLIENT_MEM_FRACTION"] for own in local.environments()} == {"0.450"}
    assert local.describe_places(1)[1] == "this machine, GPU 3, 45% of its memory"
    assert Local().environments() == []


def test_a_dry_run_says_what_is_left_and_what_would_run_where_and_does_nothing(
    plan, tmp_path, hexlaw, capsys
):
    command = ("reproduce", "--plan", plan, "--lab", tmp_path / "lab", "--dry-run")
    assert hexlaw(*command, "--executor", "submitit", "--executor-set", "jobs=2", "gpus=1") == 0
    told = capsys.readouterr().out
    assert "0 of 1 runs" in told
    assert "Slurm, partition by default, job 2: 2 CPUs, 1 GPUs, 1 processes, 240 min" in told
    assert not (tmp_path / "lab").exists()


def test_a_job_that_is_preempted_saves_and_is_queued_again(tmp_path):
    submitit = pytest.importorskip("submitit")
    command = Command(("work", "--lab", str(tmp_path)))
    command._process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM]);"
            "print(flush=True); signal.sigwait([signal.SIGTERM]); open('saved', 'w')",
        ],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
    )
    assert command._process.stdout is not None
    with command._process.stdout as told:
        told.readline()  # from now on it waits for the signal
    again = command.checkpoint()
    assert (tmp_path / "saved").exists()
    assert isinstance(again, submitit.helpers.DelayedSubmission)
    assert again.function.arguments == command.arguments


def test_a_worker_that_fails_says_where_it_says_why(tmp_path):
    with pytest.raises(RuntimeError, match=r"ended with 2; see .*\.log") as failed:
        Command(("work", "--lab", str(tmp_path / "nowhere")), tmp_path / "logs")()
    log = Path(str(failed.value).rpartition("see ")[2])
    assert "there is no lab" in log.read_text()


def test_status_shows_who_is_at_work_on_what_and_when_each_was_heard(tmp_path, capsys):
    store = Store(tmp_path)
    with Leases(store, 2, beat=0.05) as leases:
        leases.list_anew()
        leases.claim("Training: 3×3", ["a"])
        leases.tell(["a"], 0.5)
        leases.claim("before", ["b"])
        leases.give_back(["b"], finished=True, work=600.0, seconds=3.0)
        limit = time.monotonic() + 20
        while store.frame_query(sa.select(Lease.share).where(Lease.key == "a"))[1] != [(0.5,)]:
            assert time.monotonic() < limit
            time.sleep(0.02)
        (row,) = show_workers(store, open_console(stderr=False))
    assert row["worker"] == leases.worker
    assert row["done"] == 1
    assert row["evaluations_per_second"] == pytest.approx(400.0)
    assert row["at_work_on"] == {"Training: 3×3": 0.5}
    assert 0 <= row["seconds_since_seen"] < 20
    assert "Training: 3×3 50%" in capsys.readouterr().out
    assert show_workers(store, open_console(stderr=False)) == []
    json.dumps(row)


def test_ray_needs_a_cluster_that_is_there_and_starts_none():
    with pytest.raises(InputError, match="--executor-set address"):
        choose_executor("ray", {"address": "local"}, Local())
