"""What an agent thinks of one position, at any budget: for the pages that show it.

A budget of n nodes is a decision of its own, the same that the agent would make in a match with n
nodes, so what is shown as "at 8 nodes" is what the agent with 8 nodes plays. Budgets are powers of
two, so that a slider costs a handful of compiled programs and no visitor can ask for more.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import numpy as np

from games.protocol import Game, State
from games.text.notation import play
from mcts import SearchResult, Strategy
from training.networks import NetworkConfig, Params, init_params, make_evaluate

MAX_BUDGET = 1024
BUDGETS = tuple(2**k for k in range(MAX_BUDGET.bit_length()))  # 1, 2, 4, … 1,024
STEP = 2  # while thoughts grow, each budget is four times the last: two of the powers on


class Thoughts(NamedTuple):
    """What a search of one position found; values from the view of the side to move."""

    nodes: int
    action: int
    """The move that the agent plays."""
    value: float
    network_value: float
    prior: np.ndarray  # [A]
    visits: np.ndarray  # [A]
    q: np.ndarray  # [A], 0 where there is no visit
    variation: tuple[int, ...]
    """The principal variation: the line of most visits, from this position on."""
    seconds: float
    """What the search took, compilation left out."""


class Thinker(NamedTuple):
    """A network that can be asked about positions."""

    game: Game
    network: NetworkConfig
    params: Params
    strategy: Strategy

    def think(self, moves: Sequence[int], nodes: int) -> Thoughts:
        """What it thinks after `moves`, with `nodes` network evaluations.

        Raises:
            InputError: if a move is illegal.
        """
        states = jax.tree.map(lambda leaf: leaf[None], play(self.game, moves))
        strategy = self.strategy.with_nodes(nodes)
        decide = compile_decision(self.game, self.network, strategy)
        began = time.perf_counter()
        result, line = jax.device_get(decide(self.params, states, jax.random.key(0)))
        seconds = time.perf_counter() - began
        return Thoughts(
            nodes=nodes,
            action=int(result.action[0]),
            value=float(result.value[0]),
            network_value=float(result.network_value[0]),
            prior=result.prior[0],
            visits=result.visits[0],
            q=result.q[0],
            # Without a simulation no line was searched, and the move stands alone.
            variation=tuple(line[0][line[0] >= 0].tolist()) or (int(result.action[0]),),
            seconds=seconds,
        )

    @staticmethod
    def budgets(nodes: int) -> list[int]:
        """Growing budgets, the last one `nodes`: for thoughts that are shown while they grow."""
        return [*(budget for budget in BUDGETS[::STEP] if budget < nodes), nodes]


@functools.lru_cache(maxsize=256)
def compile_decision(
    game: Game, network: NetworkConfig, strategy: Strategy
) -> Callable[..., tuple[SearchResult, jax.Array]]:
    """(params, states [1], key) → what the strategy found, and the line it expects [1, N].

    Compiled when it is made, so that no clock counts it.
    """
    evaluate = make_evaluate(game, network)
    strategy = strategy.for_evaluation()

    @jax.jit
    def think(params: Params, states: State, key: jax.Array):
        result, memory = strategy.decide(game, evaluate, params, states, key)
        return result, strategy.variation(memory, result.action)

    # After a move, so that the step is compiled as well, and no second question has to wait for it.
    states = jax.tree.map(lambda leaf: leaf[None], play(game, [0]))
    params = jax.eval_shape(lambda: init_params(game, network, jax.random.key(0)))
    return think.lower(params, states, jax.random.key(0)).compile()
