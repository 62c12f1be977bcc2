"""How soon `hexlaw serve` is usable, and how soon it answers a move.

    .venv/bin/python benchmarks/serve_latency.py

makes a lab of 100 agents and 5,000 games on four boards in a temporary folder (networks nobody has
trained, games nobody has played), starts the server on it as a user would, and prints one JSON
object: seconds from the command to the shell, to the leaderboard with its ratings and until agents
can be asked, and the time of a first and of further moves with 64 nodes of a 128×4 network on 9×9,
while the other budgets are being compiled.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import jax
import numpy as np
from websockets.sync.client import connect

from experiments.players.agents import enter_agents
from experiments.players.specs import parse_player
from training.config import TrainConfig
from training.files import save_snapshot
from training.ledger import Ledger
from training.networks import init_params, parameter_count
from training.store import Game, Match, Run, Snapshot, Store

BOARDS = ((9, 128, 4), (9, 16, 2), (7, 32, 2), (5, 16, 2))  # side, width, depth
AGENTS, MATCHES = 25, 625  # of each; a match is two games
MOVES = 60
PAUSE = 0.5  # seconds between two moves: the others have time to compile meanwhile


def make_lab(folder: Path) -> str:
    """Fill a lab; returns the name of its last 128×4 snapshot."""
    store, rng, best = Store(folder), np.random.default_rng(0), ""
    for size, width, depth in BOARDS:
        config = TrainConfig.model_validate(
            {"boardsize": size, "network": {"width": width, "depth": depth}}
        )
        rules, run_id = config.rules, config.run_id
        best = best or f"{run_id}#{AGENTS - 1}"
        params = init_params(rules, config.network, jax.random.key(0))
        with store.session() as session:
            session.add(
                Run(
                    id=run_id, game="hex", boardsize=size, width=width, depth=depth,
                    network=config.network.name,
                    parameters=parameter_count(rules, config.network), seed=0, status="done",
                    config=config.model_dump(mode="json"), device="none", commit="none",
                    command="benchmarks/serve_latency.py",
                )
            )  # fmt: skip
            session.flush()
            for index in range(AGENTS):
                file = f"snapshots/{run_id}/{index:02}.safetensors"
                sha256 = save_snapshot(folder / file, params, config)
                samples = round(1000 * 1.3**index)
                costs = Ledger(samples=samples).costs(rules, config.network, 64 * samples)
                session.add(Snapshot(run_id=run_id, index=index, file=file, sha256=sha256, **costs))
        names = [f"{run_id}#{index}@nodes=64" for index in range(AGENTS)]
        agents = enter_agents(store, rules, [parse_player(name) for name in names])
        with store.session() as session:
            for number in range(MATCHES):
                black, white = rng.choice(AGENTS, 2, replace=False)
                black_wins = rng.random(2) < 1 / (1 + 10 ** ((white - black) / 6))
                match = Match(
                    tournament="benchmark", round=number, games=2, distinct_games=2,
                    black_id=agents[black].id, white_id=agents[white].id,
                    black_wins=int(black_wins.sum()), white_wins=int((~black_wins).sum()),
                )  # fmt: skip
                session.add(match)
                session.flush()
                for index, won in enumerate(black_wins):
                    moves = rng.permutation(size**2)[: size**2 // 2].astype("<u2").tobytes()
                    session.add(
                        Game(
                            match_id=match.id, index=index, opening_plies=2, moves=moves,
                            winner=int(not won), seed=0,
                        )
                    )  # fmt: skip
    return best


def measure(lab: Path, player: str) -> dict[str, float | int]:
    """Start the server and ask it."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    began = time.perf_counter()
    hexlaw = Path(sys.executable).with_name("hexlaw")
    server = subprocess.Popen([hexlaw, "serve", "--lab", lab, "--port", str(port)])

    def fetch(path: str) -> bytes:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=300) as answer:
            return answer.read()

    try:
        while True:
            try:
                fetch("/")
                break
            except OSError:
                assert server.poll() is None, "the server has ended"
                time.sleep(0.01)
        shell = time.perf_counter() - began
        overview = json.loads(fetch("/api/lab"))
        leaderboard = time.perf_counter() - began
        fetch("/api/choices")
        ready = time.perf_counter() - began
        waits = []
        with connect(f"ws://127.0.0.1:{port}/play", max_size=None) as line:
            for number in range(MOVES + 1):
                time.sleep(PAUSE)
                question = {
                    "id": number, "ask": "move", "size": 9, "moves": list(range(number)),
                    "player": player, "nodes": 64,
                }  # fmt: skip
                asked = time.perf_counter()
                line.send(json.dumps(question))
                answer = json.loads(line.recv(timeout=300))
                waits.append(time.perf_counter() - asked)
                assert "action" in answer, answer
    finally:
        server.terminate()
        server.wait()
    return {
        "agents": len(overview["agents"]),
        "games": overview["games"],
        "cores": os.cpu_count() or 0,
        "load": round(os.getloadavg()[0], 1),
        "shell_seconds": round(shell, 2),
        "leaderboard_seconds": round(leaderboard, 2),
        "ready_to_search_seconds": round(ready, 2),
        "first_move_seconds": round(waits[0], 3),
        "median_move_seconds": round(statistics.median(waits[1:]), 4),
        "slowest_move_seconds": round(max(waits[1:]), 4),
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        best_player = make_lab(Path(temporary))
        print(json.dumps(measure(Path(temporary), best_player), indent=1))
