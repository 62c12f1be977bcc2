"""How soon a page is usable: what has to be imported first, and who compiles."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import jax
import jax.monitoring
import pytest
from jax.experimental.compilation_cache.compilation_cache import reset_cache

from experiments.players.thinking import Thinker, compile_decision
from experiments.web.compiler import Compiler
from games.hex import Hex
from mcts import SearchConfig
from training.networks import Mlp, init_params

ROOT = Path(__file__).parents[3]
LEADERBOARD = """
import sys
from pathlib import Path
import uvicorn
from experiments import cli
from experiments.verbs import serve
from experiments.web import app
from training.store import Store
serve.make_server(uvicorn, app.make_app(Store(Path(sys.argv[1])), host="127.0.0.1"))
assert "pandas" not in sys.modules, "the shell needs no ratings"
from experiments.web.lab_view import LabView
view = LabView(Store(Path(sys.argv[1])))
assert [agent["elo"] for agent in view.overview()["agents"]]
view.agent(1), view.pair(1, 2)
assert not {"jax", "flax", "orbax", "numba", "matplotlib"} & set(sys.modules)
"""


def test_the_leaderboard_needs_no_jax(store):
    command = [sys.executable, "-c", LEADERBOARD, str(store.folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """An empty folder for compiled programs, of this process and of those it starts."""
    before = jax.config.values["jax_compilation_cache_dir"]
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path))
    jax.config.update("jax_compilation_cache_dir", str(tmp_path))
    reset_cache()
    yield tmp_path
    jax.config.update("jax_compilation_cache_dir", before)
    reset_cache()


def test_what_another_process_compiled_is_found(own_cache):
    shape = Hex(2), Mlp(width=2, depth=0), SearchConfig()

    def programs() -> set[str]:
        return {path.name for path in own_cache.glob("jit_think-*-cache")}

    compiler = Compiler()
    try:
        compiler.prepare(shape[0], (shape[1], None), shape[2], [1, 2]).get(timeout=300)
    finally:
        compiler.close()
    compiled = programs()
    assert len(compiled) == 2
    compile_decision(*shape[:2], shape[2].with_nodes(2))
    assert programs() == compiled


def test_a_second_question_compiles_nothing():
    game, network = Hex(16), Mlp(width=2, depth=0)  # no other test plays on that board
    params = init_params(game, network, jax.random.key(0))
    thinker = Thinker(game, network, params, SearchConfig())
    compiled: list[str] = []

    def listen(event: str, *_: object, **__: object) -> None:
        compiled.extend([event] if event.endswith("backend_compile_duration") else [])

    jax.monitoring.register_event_duration_secs_listener(listen)
    thinker.think([], 1)
    before = len(compiled)
    assert before > 0
    thinker.think([0], 1)
    assert len(compiled) == before
