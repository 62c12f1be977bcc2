"""Strict JAX, a compilation cache that outlives the run, and oracles loaded by path."""

from __future__ import annotations

import functools
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

from experiments.machine.runtime import prepare_libraries

# Before JAX and NumPy are imported. Almost all of a cold run is XLA compiling: programs are kept.
# Each of pytest-xdist's workers gets a core of its own: XLA splits even small operations over all
# cores it may use, and workers that share them all are slower together than one alone.
prepare_libraries()
os.environ.setdefault("JAX_PLATFORMS", "cpu")
if (worker := os.environ.get("PYTEST_XDIST_WORKER")) and hasattr(os, "sched_setaffinity"):
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[int(worker.removeprefix("gw")) % len(cores)]})

import jax  # noqa: E402
import jaxtyping  # noqa: E402
import pytest  # noqa: E402

import tests.shape_checks  # noqa: E402, F401 - where the hook finds it
from analysis.figures import theme  # noqa: E402
from tests.postgres_server import Server, programs  # noqa: E402
from training.store.postgres import close_connections  # noqa: E402

# Before their modules are imported: shapes and types of every call are checked, while tracing. Not
# where games.exact is compiled: numba pickles its functions, which a wrapped one does not stand.
CHECKED = [
    "games.hex", "games.groups", "games.hexagons", "games.y", "games.squares", "games.connect_four",
    "games.batches",
    "games.exact.protocol", "games.exact.hex_play", "games.exact.perfect",
    "tests.toys.drop", "mcts", "training",
]  # fmt: skip
jaxtyping.install_import_hook(CHECKED, "tests.shape_checks.check")

ORACLES = Path(__file__).parent / "oracles"
MAPPINGS = Path("/proc/self/maps")


def pytest_configure(config: pytest.Config) -> None:
    """Strict JAX; a warm run finds its programs on disk."""
    jax.config.update("jax_numpy_rank_promotion", "raise")
    jax.config.update("jax_numpy_dtype_promotion", "strict")
    assert jax.config.values["jax_compilation_cache_dir"], "JAX was imported before this file"
    # An entry that another run is still writing, or a read-only disk, only costs a compilation.
    config.addinivalue_line(
        "filterwarnings", "ignore:Error (reading|writing) persistent compilation cache:UserWarning"
    )


@pytest.fixture(autouse=True, scope="session")
def coarse_images() -> Iterator[None]:
    """What is drawn does not depend on how many dots an inch draw it, the time it takes does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(theme, "SCALE_UP", 40)
        yield


MOST_MAPPINGS = 30_000
"""Of memory, with which a process still takes on another file of tests; Linux gives it 65,530."""


def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Drop compiled programs between files before they exhaust what a process may map.

    Each takes some mappings for good; beyond the limit XLA crashes while it loads one from disk.
    """
    if nextitem is None or nextitem.path == item.path or not MAPPINGS.exists():
        return
    if MAPPINGS.read_bytes().count(b"\n") > MOST_MAPPINGS:
        jax.clear_caches()


@pytest.fixture(scope="session")
def oracle() -> Callable[[str], ModuleType]:
    """Load `tests/oracles/<name>.py`, which belongs to no package: `oracle("puct").search(...)`."""

    @functools.cache
    def load(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(f"oracle_{name}", ORACLES / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module  # where dataclasses look up their annotations
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server; tests that want one are skipped where it is not installed."""
    if programs() is None:
        pytest.skip("PostgreSQL is not installed (on Debian: apt-get install postgresql)")
    pytest.importorskip("psycopg")
    server = Server()
    server.start()
    yield server
    close_connections()
    server.remove()


@pytest.fixture
def own_settings(tmp_path_factory, monkeypatch) -> Path:
    """A home without settings for what the user has told hexlaw before."""
    folder = tmp_path_factory.mktemp("settings")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    return folder
