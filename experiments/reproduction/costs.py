"""What work will roughly take, before anything is known of the machine.

Seconds of one core of the two-core x86-64 machine that the laptop preset was measured on. Another
machine, an accelerator above all, is off by a factor, which shows in what is done already.
"""

from __future__ import annotations

from games.protocol import Game
from mcts import RULES
from training.config import TrainConfig
from training.ledger import forward_flops
from training.networks import NetworkConfig

SECONDS_PER_NODE = 1e-6  # of the tree and the game
FLOPS_PER_SECOND = 3e10  # of small matrix products
REGULARISED_FACTOR = 8  # of a search by regularised policy optimisation: it solves for a policy
SECONDS_PER_PROGRAM = 4.0  # XLA compiles one for each shape of network, search and batch
SHARE_OF_THE_BOARD = 0.7  # that is full when a game between trained agents ends


def search_seconds(game: Game, network: NetworkConfig, nodes: int) -> float:
    """One move of one game."""
    return nodes * (SECONDS_PER_NODE + forward_flops(game, network) / FLOPS_PER_SECOND)


def game_seconds(game: Game, network: NetworkConfig, nodes: int) -> float:
    """One side's moves of one game."""
    return SHARE_OF_THE_BOARD * game.max_plies / 2 * search_seconds(game, network, nodes)


def training_seconds(run: TrainConfig) -> float:
    """One run from beginning to end; the backward pass of learning costs twice its forward."""
    flops = forward_flops(run.rules, run.network)
    learning = 3 * run.replay_ratio * flops / FLOPS_PER_SECOND
    factor = REGULARISED_FACTOR if RULES.name_of(run.search.rule) == "regularised" else 1
    searching = factor * search_seconds(run.rules, run.network, run.search.nodes)
    return run.samples * (searching + learning)
