"""A PostgreSQL server for tests, started from what the machine has installed, on loopback alone."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path


def programs() -> Path | None:
    """Folder of PostgreSQL's own programs, the newest; none where it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


def _account() -> list[str]:
    """How to become somebody who may run it: it refuses to be root."""
    if os.geteuid() != 0:
        return []
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        return []
    # Not every root has the system's own programs on the path.
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    return [shutil.which("runuser", path=path) or "runuser", "-u", "postgres", "--"]


class Server:
    """A server with its own data, that can be stopped and started again in the same place."""

    def __init__(self) -> None:
        found = programs()
        assert found is not None
        self._bin = found
        self.folder = Path(tempfile.mkdtemp(prefix="hexlaw-postgres-"))
        self.folder.chmod(0o777)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._run("initdb", "-D", self._data, "-U", "tester", "-A", "trust", "-E", "UTF8", "-N")

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [*_account(), str(self._bin / program), *arguments],
            cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr + done.stdout

    def start(self) -> None:
        """Come up; returns once it answers."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c fsync=off -k {self.folder}"
        log = str(self.folder / "log")
        self._run("pg_ctl", "-D", self._data, "-w", "-l", log, "-o", options, "start")

    def stop(self) -> None:
        """Go down at once, with whatever is connected."""
        self._run("pg_ctl", "-D", self._data, "-w", "-m", "immediate", "stop")

    def address(self, database: str, port: int | None = None) -> str:
        """Address of a database, made if it is not there."""
        psql = ("-h", "127.0.0.1", "-p", str(self.port), "-U", "tester")
        self._run("createdb", *psql, database)
        return f"postgresql://tester@127.0.0.1:{port or self.port}/{database}"

    def remove(self) -> None:
        """Stop it and delete its data."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
