"""Tasks for test_parallel.py, which worker processes must be able to import.

As a program, it runs chatty tasks in two processes until it is interrupted.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from experiments.machine.parallel import Task, Worker, run_tasks
from games.errors import InputError


def write(worker: Worker, folder: Path, name: str) -> None:
    """Leave a file that says which process did it."""
    worker.report(0.5)
    (folder / name).write_text(str(os.getpid()))


def write_once(_worker: Worker, folder: Path, name: str) -> None:
    """Leave a file that nobody has left before, after a while."""
    time.sleep(0.05)
    (folder / name).touch(exist_ok=False)


def see(worker: Worker, folder: Path, name: str) -> None:
    """As `write`, of which GPU the process may see, once as many tasks have begun as there are."""
    (folder / name).write_text(os.environ["CUDA_VISIBLE_DEVICES"])
    while len(list(folder.iterdir())) < 2:
        time.sleep(0.01)
    worker.report(1.0)


def wait_for_others(worker: Worker, folder: Path, count: int) -> None:
    """As `write`, once as many tasks have begun: proof that they run side by side."""
    (folder / f"began-{os.getpid()}").touch()
    while len(list(folder.glob("began-*"))) < count:
        time.sleep(0.01)
    worker.report(1.0)


def complain(_worker: Worker) -> None:
    raise InputError("this cannot be used; take another")


def die(_worker: Worker) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def save_when_asked(worker: Worker, folder: Path) -> None:
    """Report without a pause until asked to stop, then save."""
    path = folder / f"{os.getpid()}"
    path.write_text("at work")
    while not worker.should_stop():
        worker.report(0.1)
    path.write_text("saved")


if __name__ == "__main__":
    chatty = [Task(f"task {k}", save_when_asked, (Path(sys.argv[1]),), work=1) for k in range(3)]
    print("starting", flush=True)
    print("all done" if run_tasks(chatty, workers=2) else "stopped", flush=True)
