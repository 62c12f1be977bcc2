"""Programs compiled before they are needed, in a process of their own.

Compiling takes seconds of every core and, in the server's own process, Python's lock, for which a
visitor's move would have to wait. Another process compiles at lowest priority instead, and the
server finds the programs in the cache on disk when it is asked for them.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from multiprocessing.pool import AsyncResult, Pool

from experiments.machine.runtime import step_back
from experiments.players.thinking import compile_decision
from games.protocol import Game
from mcts import Strategy
from training.networks import NetworkConfig


class Compiler:
    """Works through what it is given, in order; its process starts with the first of it."""

    def __init__(self) -> None:
        self._pool: Pool | None = None

    def prepare(
        self,
        game: Game,
        networks: tuple[NetworkConfig, NetworkConfig | None],
        strategy: Strategy,
        budgets: Sequence[int],
    ) -> AsyncResult[None]:
        """Compile the strategy of a network shape, or two, at each budget; nobody need await the
        end."""
        if self._pool is None:
            # JAX's threads do not survive a fork; a process a task gives its memory back.
            context = multiprocessing.get_context("spawn")
            self._pool = context.Pool(1, step_back, maxtasksperchild=1)
        return self._pool.apply_async(_compile_all, (game, networks, strategy, tuple(budgets)))

    def close(self) -> None:
        """End its process, whatever it is doing."""
        if self._pool is not None:
            self._pool.terminate()


def _compile_all(
    game: Game,
    networks: tuple[NetworkConfig, NetworkConfig | None],
    strategy: Strategy,
    budgets: Sequence[int],
) -> None:
    network, second = networks
    for nodes in budgets:
        compile_decision(game, network, strategy.with_nodes(nodes), second)
