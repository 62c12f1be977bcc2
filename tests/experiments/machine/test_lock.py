"""Two commands do not work on the same runs, and a killed one frees its lock."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from experiments.machine.lock import alone_in
from games.errors import InputError

ROOT = Path(__file__).parents[3]
HOLD = """
import sys, time
from pathlib import Path
from experiments.machine.lock import alone_in
with alone_in(Path(sys.argv[1]), *sys.argv[2:]):
    print("held", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def hold(tmp_path):
    processes = []

    def start(*runs: str) -> subprocess.Popen:
        command = [sys.executable, "-c", HOLD, str(tmp_path), *runs]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        processes.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("runs", [(), ("a",)])
def test_the_message_names_the_holder_and_a_killed_one_frees_the_lock(hold, tmp_path, runs):
    holder = hold(*runs)
    for _ in range(2):  # a refused command leaves the holder's name
        with (
            pytest.raises(InputError, match=rf"another hexlaw \(process {holder.pid}\) is at work"),
            alone_in(tmp_path, *runs),
        ):
            pass
    holder.kill()
    holder.wait()
    with alone_in(tmp_path, *runs):
        pass


def test_different_runs_share_a_lab_which_nobody_has_alone_meanwhile(hold, tmp_path):
    hold("a")
    with alone_in(tmp_path, "b"):
        pass
    with pytest.raises(InputError, match="another hexlaw is at work"), alone_in(tmp_path):
        pass
