"""The recipe makes agents that never blunder, as an exhaustive table of all positions judges."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from experiments.arena.meeting import ArenaConfig, RoundResult, play_round
from experiments.players.player import NetworkPlayer
from games import Hex
from games.exact.tables import load_table
from mcts import SearchConfig
from training.config import TrainConfig
from training.files import load_snapshot
from training.loop import train
from training.networks import Mlp
from training.store import Store

ARENA = ArenaConfig(search=SearchConfig(nodes=128), openings=64, rounds=1)
SNAPSHOTS = 3  # far apart in training: luck chooses between agents that hardly blunder


@pytest.mark.parametrize(
    ("boardsize", "network", "learning_rate", "samples"),
    [
        (3, Mlp(width=8, depth=2), 1e-2, 40_000),
        (4, Mlp(width=32, depth=2), 3e-3, 300_000),
    ],
)
def test_strongest_agent_never_throws_a_won_position_away(
    tmp_path, boardsize, network, learning_rate, samples
):
    config = TrainConfig(
        boardsize=boardsize,
        network=network,
        learning_rate=learning_rate,
        samples=samples,
        first_snapshot=1_024,
        snapshots=SNAPSHOTS,
        seed=0,
    )
    assert train(config, Store(tmp_path)) == "done"
    players = [
        NetworkPlayer(
            config.rules,
            network,
            load_snapshot(tmp_path / "snapshots" / config.run_id / f"{k:02d}.safetensors")[0],
            ARENA.search,
        )
        for k in range(SNAPSHOTS)
    ]
    result = play_round(config.rules, players, 0, ARENA)
    assert result is not None

    wins = _wins(result, SNAPSHOTS)
    blunders, chances = _blunders(boardsize, result, strongest := int(np.argmax(wins)))
    assert chances > 200, "too few won positions to say anything"
    assert blunders == 0, f"agent {strongest}: {blunders} of {chances} thrown away"
    # The judge can tell: the first snapshot has hardly trained and does blunder.
    assert _blunders(boardsize, result, 0)[0] > 0
    assert wins[strongest] > wins[0]


def _wins(result: RoundResult, players: int) -> np.ndarray:
    black, white = (result.winner == 0).sum(axis=1), (result.winner == 1).sum(axis=1)
    return np.bincount(result.black, black, players) + np.bincount(result.white, white, players)


def _blunders(boardsize: int, result: RoundResult, player: int) -> tuple[int, int]:
    """Losing moves that `player` chose in won positions, and how many of these it met."""
    game = Hex(boardsize)
    table = load_table(game)
    openings = result.moves.shape[1]
    moves = result.moves.reshape(-1, game.max_plies)
    seats = [np.repeat(result.black, openings), np.repeat(result.white, openings)]
    states = jax.tree.map(
        lambda leaf: np.broadcast_to(np.asarray(leaf), (len(moves), *leaf.shape)), game.init()
    )
    step = jax.jit(jax.vmap(game.step))
    blunders = chances = 0
    for ply in range(game.max_plies):
        move = np.maximum(moves[:, ply], 0)
        chose = (moves[:, ply] >= 0) & (seats[ply % 2] == player) & (ply >= ARENA.opening_plies)
        won = chose & (np.asarray(table.value(states)) == 1)
        wins = np.asarray(table.winning_moves(states))[np.arange(len(moves)), move]
        blunders += int((won & ~wins).sum())
        chances += int(won.sum())
        states = jax.device_get(step(states, move))
    return blunders, chances
