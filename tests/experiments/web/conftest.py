"""A small lab, a server for it that can be stopped and started again, and a browser."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
import uvicorn

import games
from experiments.players.agents import enter_agents
from experiments.players.specs import parse_player
from experiments.verbs.serve import make_server
from experiments.web.app import make_app
from tests.experiments.web.browsing import Watched
from training.config import TrainConfig
from training.files import save_snapshot
from training.ledger import Ledger, forward_flops
from training.networks import init_params, parameter_count
from training.store import Game, Match, Run, Snapshot, Store

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
]
TINY = TrainConfig.model_validate(
    {"boardsize": 3, "network": {"width": 4, "depth": 1}, "samples": 4096, "snapshots": 3}
)


class Web:
    """A lab on the web, at one address for as long as the tests run."""

    def __init__(self, store: Store) -> None:
        self.store = store
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        self._server: Any = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Listen, and return when pages are answered."""
        app = make_app(self.store, host="127.0.0.1", prepare=False)
        self._server = make_server(uvicorn, app)
        listener = socket.create_server(("127.0.0.1", self.port))
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._server.serve(sockets=[listener])), daemon=True
        )
        self._thread.start()
        deadline = time.monotonic() + 60
        while not self._server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        assert self._server.started

    def stop(self) -> None:
        """End every connection, as a server that is killed would."""
        assert self._thread is not None
        self._server.should_exit = True
        self._thread.join(60)
        assert not self._thread.is_alive()


@pytest.fixture(scope="session")
def store(tmp_path_factory, oracle) -> Store:
    """Three snapshots of a 3×3 network nobody has trained, with agents, matches and games."""
    store = Store(tmp_path_factory.mktemp("lab"))
    rules, run_id = TINY.rules, TINY.run_id
    add_run(store, TINY, snapshots=3)
    names = [f"{run_id}#{index}@nodes={nodes}" for index in range(3) for nodes in (1, 8)]
    agents = enter_agents(store, rules, [parse_player(name) for name in [*names, "random"]])
    rng = np.random.default_rng(0)
    pairs = [(a, b) for a in agents for b in agents if a.id != b.id]
    with store.session() as session:
        for black, white in pairs:
            moves = random_game(oracle("hex_oracle"), rules.size, rng)
            black_won = len(moves) % 2 == 1
            match = Match(
                stage="league",
                tournament="test",
                round=0,
                black_id=black.id,
                white_id=white.id,
                games=1,
                distinct_games=1,
                black_wins=int(black_won),
                white_wins=int(not black_won),
            )
            session.add(match)
            session.flush()
            session.add(
                Game(
                    match_id=match.id,
                    index=0,
                    opening_plies=1,
                    moves=np.array(moves, "<u2").tobytes(),
                    winner=int(not black_won),
                    seed=7,
                )
            )
    return store


def add_run(store: Store, config: TrainConfig, snapshots: int) -> None:
    """A run of a network nobody has trained, with its snapshots."""
    rules, run_id = config.rules, config.run_id
    assert config.network.kind == "mlp"
    with store.session() as session:
        session.add(
            Run(
                id=run_id,
                game=rules.name,
                boardsize=rules.size,
                network=config.network.name,
                width=4,
                depth=1,
                parameters=parameter_count(rules, config.network),
                seed=0,
                config=config.model_dump(mode="json"),
                status="done",
                device="cpu",
                commit="0" * 12,
                command="hexlaw",
            )
        )
        session.flush()
        for index in range(snapshots):
            file = f"snapshots/{run_id}/{index:02}.safetensors"
            params = init_params(rules, config.network, jax.random.key(index))
            samples = 1000 * 4**index
            costs = Ledger(samples=samples).costs(rules, config.network, 64 * samples)
            sha256 = save_snapshot(store.folder / file, params, config)
            session.add(Snapshot(run_id=run_id, index=index, file=file, sha256=sha256, **costs))


def random_game(oracle: Any, size: int, rng: np.random.Generator) -> list[int]:
    """Random moves to the end, by the oracle's rules."""
    moves: list[int] = []
    owner = [-1] * size**2
    for action in rng.permutation(size**2).tolist():
        owner[action] = len(moves) % 2
        moves.append(action)
        if oracle.joined(owner, size):
            return moves
    raise AssertionError("Hex knows no draw")


@pytest.fixture(scope="session")
def web(store) -> Iterator[Web]:
    """The lab, served."""
    web = Web(store)
    web.start()
    yield web
    web.stop()


@pytest.fixture(scope="session")
def snapshot_key() -> Callable[[int], str]:
    """`RUN#INDEX` of the lab's snapshots."""
    return lambda index: f"{TINY.run_id}#{index}"


@pytest.fixture(scope="session")
def rules() -> games.Game:
    """The board that the lab plays on."""
    return TINY.rules


@pytest.fixture(scope="session")
def node_flops(rules) -> int:
    """What one node of the lab's network costs."""
    return forward_flops(rules, TINY.network)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A browser; tests that want one are skipped where there is none."""
    path = os.environ.get("CHROMIUM") or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if path is None or not Path(path).exists():
        pytest.skip("no chromium here; install one (apt-get install chromium) or name it: CHROMIUM")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def watched(chromium) -> Iterator[Watched]:
    context = chromium.new_context(accept_downloads=True)
    watched = Watched(context.new_page())
    yield watched
    context.close()
    assert watched.errors == []
