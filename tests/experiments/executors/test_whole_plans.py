"""A whole plan, worked off elsewhere: submitit's jobs on this machine, a Ray cluster of two nodes,
a database on a server. All leave the rows that one process leaves in a file.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from experiments.executors import slurm
from tests.lab_rows import rows
from tests.tiny_plan import PLAN
from training.store import Store, WorkerRow

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def plan(tmp_path_factory) -> Path:
    """A plan of seconds; labs lie beside it."""
    path = tmp_path_factory.mktemp("plans") / "tiny.toml"
    path.write_text(PLAN)
    return path


def command(plan: Path, lab: str, *flags: object) -> list[str]:
    """Arguments of hexlaw that work a plan off in a lab beside it."""
    where = ("reproduce", "--plan", plan, "--lab", plan.with_name(lab))
    return [*map(str, (*where, *flags)), "--stages", "training", "league"]


@pytest.fixture(scope="module")
def alone(plan, hexlaw) -> dict[str, list[tuple]]:
    """What one process leaves."""
    assert hexlaw(*command(plan, "alone", "--workers", 1)) == 0
    return rows(plan.with_name("alone"))


def work_elsewhere(plan: Path, lab: str, kind: str, *settings: str) -> str:
    """What the command that hands a plan over has printed, a process of its own as a user's is."""
    arguments = command(plan, lab, "--executor", kind, "--executor-set", *settings)
    done = subprocess.run(
        [sys.executable, "-m", "experiments.cli", *arguments],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def ray_cluster() -> Iterator[str]:
    """Address of a cluster."""
    if importlib.util.find_spec("ray") is None:
        pytest.skip("Ray is not installed (pip install 'hexlaw[ray]')")
    folder = tempfile.mkdtemp(prefix="ray-")
    server = subprocess.Popen(
        [sys.executable, str(ROOT / "tests" / "ray_nodes.py"), folder],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    with server:
        assert server.stdout is not None
        address = next((line for line in server.stdout if line.startswith("127.0.0.1:")), "")
        assert address, "the cluster did not start"
        yield address.strip()
        assert server.stdin is not None
        server.stdin.close()
    shutil.rmtree(folder, ignore_errors=True)


def test_on_two_nodes_of_ray(plan, alone, ray_cluster):
    told = work_elsewhere(plan, "ray", "ray", f"address={ray_cluster}", "jobs=2")
    lab = plan.with_name("ray")
    assert rows(lab) == alone
    assert "(2 workers alive)" in told
    workers = Store(lab).frame_query(sa.select(WorkerRow.id))[1]
    assert len(workers) == len(list((lab / "logs").glob("*.log"))) == 2  # a node has one core


def test_as_jobs_of_submitit(plan, alone):
    pytest.importorskip("submitit")
    told = work_elsewhere(plan, "jobs", "submitit", "cluster=local", "jobs=1")
    lab = plan.with_name("jobs")
    assert rows(lab) == alone
    assert f"logs: {lab / 'logs'}" in told
    assert list((lab / "logs").rglob("*.out"))


# submitit never closes the log files of its debug jobs.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_submitits_debug_jobs_run_one_after_the_other_before_anybody_asks(tmp_path, monkeypatch):
    pytest.importorskip("submitit")
    monkeypatch.setattr(slurm, "work_command", lambda lab, workers: ("--version",))
    Store(tmp_path / "lab")
    running = slurm.Submitit(cluster="debug", jobs=2).start(tmp_path / "lab", 1, tmp_path / "logs")
    assert running.alive() == 0


def test_with_the_database_on_a_server(plan, alone, postgres, own_settings, hexlaw):
    address = postgres.address("whole_plan")
    lab = plan.with_name("server")
    where = ("--store", address, "--workers", 1)
    tracker = ("--tracker", "tensorboard") if importlib.util.find_spec("tensorboardX") else ()
    assert hexlaw(*command(plan, "server", *where, *tracker)) == 0
    assert not (lab / "lab.sqlite").exists()
    assert rows(lab) == alone
    tracked = {path.name for path in (lab / "tensorboard").glob("*/")}
    assert not tracker or tracked >= {run for run, _ in alone["runs"]}
    assert hexlaw(*command(plan, "server", "--workers", 1)) == 0  # the folder knows the address
    assert rows(lab) == alone


def test_a_study_with_its_database_on_a_server(plan, postgres, own_settings, hexlaw):
    study = ("study", ROOT / "tests" / "toys" / "ladder_study.py", "--preset", "smoke")
    labs = {"file": (), "server": ("--store", postgres.address("study"))}
    for name, where in labs.items():
        place = ("--lab", plan.with_name(f"study-{name}"), "--out", plan.with_name(f"out-{name}"))
        assert hexlaw(*study, *place, "--workers", 1, *where) == 0
    file, server = (rows(plan.with_name(f"study-{name}")) for name in labs)
    assert server == file
    assert file["games"]
