"""What the Python search thinks of fixed positions, for the engine in static/engine/ to repeat.

    python -m experiments.web.golden tests/data/engine

writes `positions.json` and two small networks with random weights, of the kinds that the stored run
lacks; the others are snapshots of `reference_run/`. `tests/experiments/web/test_engine.py` has the
engine repeat them, in node and in chromium. It takes a minute, all of it compilation.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

import games
from experiments.players.thinking import compile_decision
from games.protocol import Game
from games.text.notation import play
from games.text.plain_json import to_json
from mcts import SearchConfig
from training.config import TrainConfig
from training.files import load_snapshot, save_snapshot, write_atomically
from training.networks import init_params

REFERENCE = Path("reference_run/lab/snapshots")
RANDOM_NETWORKS = {"conv": "conv4x1", "two-trunks": "8x1+4x1-bf16"}
"""By the name of their file."""

BUDGETS = {"puct": (1, 64, 256), "gumbel": (16, 64), "regularised": (16, 64)}
POSITIONS = 3  # with each budget of each network
DIGITS = 8  # of float32 numbers up to 1


class Case(NamedTuple):
    """A question to an agent."""

    file: Path
    moves: list[int]
    rule: str
    nodes: int


def write_golden(folder: Path) -> None:
    """Write the networks and what all agents think."""
    for seed, (name, network) in enumerate(RANDOM_NETWORKS.items()):
        _save_random(folder / f"{name}.safetensors", network, seed)
    cases = list(_cases(folder))
    text = ",\n".join(to_json(answer(case), separators=(",", ":")) for case in cases)
    write_atomically(folder / "positions.json", f"[\n{text}\n]\n".encode())


def answer(case: Case) -> dict[str, Any]:
    """What an agent thinks, beside the question."""
    params, run = load_snapshot(case.file)
    search = SearchConfig.model_validate({"rule": case.rule, "nodes": case.nodes})
    decide = compile_decision(run.rules, run.network, search)
    states = jax.tree.map(lambda leaf: leaf[None], play(run.rules, case.moves))
    found = jax.device_get(decide(params, states, jax.random.key(0)))
    result = found.search
    return {
        "file": case.file.as_posix(),
        "size": run.rules.size,
        "moves": case.moves,
        "rule": case.rule,
        "nodes": case.nodes,
        "action": int(found.action[0]),
        "visits": result.visits[0].tolist(),
        "variation": [move for move in found.variation[0].tolist() if move >= 0]
        or [int(found.action[0])],
        **{
            name: np.round(getattr(result, name)[0].astype(float), DIGITS).tolist()
            for name in ("value", "network_value", "prior", "policy", "q")
        },
    }


def _cases(folder: Path) -> Iterator[Case]:
    rng = np.random.default_rng(21)
    stored = sorted(REFERENCE.glob("*/*.safetensors"))
    files = [folder / f"{name}.safetensors" for name in RANDOM_NETWORKS]
    for size in (3, 4, 5, 6):
        here = [file for file in stored if file.parent.name.startswith(f"hex{size}-")]
        files += [here[int(rng.integers(len(here)))]]
    for file in files:
        rules = load_snapshot(file)[1].rules
        for rule, budgets in BUDGETS.items():
            for nodes in budgets:
                for _ in range(POSITIONS):
                    yield Case(file, _random_position(rules, rng), rule, nodes)


def _random_position(rules: Game, rng: np.random.Generator) -> list[int]:
    """Moves after which the game still goes on."""
    cells = rng.permutation(rules.num_actions)
    moves = cells[: rng.integers(rules.num_actions - 2)].tolist()
    while bool(rules.terminal(_play_out(rules, moves))):
        moves.pop()
    return moves


def _play_out(rules: Game, moves: list[int]) -> games.State:
    """The state after distinct cells; those after the game's end change nothing."""
    state = rules.init()
    for move in moves:
        state = rules.step(state, jnp.int32(move))
    return state


def _save_random(path: Path, network: str, seed: int) -> None:
    """A network of which no weight is zero, as α is in one that was never trained."""
    run = TrainConfig.model_validate({"boardsize": 4, "network": network})
    rng = np.random.default_rng(seed)
    params = jax.tree.map(
        lambda leaf: rng.normal(0, 0.5, leaf.shape).astype(np.float32),
        init_params(run.rules, run.network, jax.random.key(0)),
    )
    save_snapshot(path, params, run)


if __name__ == "__main__":
    write_golden(Path(sys.argv[1]))
