"""Asking an agent what it thinks: of a game move by move, or of one position at any budget.

A budget of n nodes is a decision of its own, the same that the agent would make in a match with n
nodes, so what is shown as "at 8 nodes" is what the agent with 8 nodes plays. Budgets are powers of
two, so that a slider costs a handful of compiled programs and no visitor can ask for more.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np

from experiments.players.host_states import stack
from experiments.players.move_keys import move_keys
from experiments.players.player import NetworkPlayer, deciding
from experiments.players.thoughts import Explanation, Thoughts
from games.protocol import Game, State
from games.text.notation import play, play_through
from mcts import Strategy
from training.networks import NetworkConfig, Params, init_params

MAX_BUDGET = 1024
BUDGETS = tuple(2**k for k in range(MAX_BUDGET.bit_length()))  # 1, 2, 4, … 1,024
STEP = 2  # while thoughts grow, each budget is four times the last: two of the powers on


class Thinker(NamedTuple):
    """A network that can be asked about positions."""

    game: Game
    network: NetworkConfig
    params: Params
    strategy: Strategy
    second: tuple[NetworkConfig, Params] | None = None
    """Shape and weights of another network, for a strategy that asks two."""

    @property
    def shapes(self) -> tuple[NetworkConfig, NetworkConfig | None]:
        """Of both networks."""
        return self.network, self.second and self.second[0]

    def think(self, moves: Sequence[int], nodes: int) -> tuple[Thoughts, float]:
        """What it thinks after `moves`, with `nodes` network evaluations, and the seconds that the
        search took, compilation left out.

        Raises:
            InputError: if a move is illegal.
        """
        states = jax.tree.map(lambda leaf: leaf[None], play(self.game, moves))
        network, other = self.shapes
        decide = compile_decision(self.game, network, self.strategy.with_nodes(nodes), other)
        params = (self.params, self.second[1]) if self.second else self.params
        began = time.perf_counter()
        explanation = jax.device_get(decide(params, states, jax.random.key(0)))
        seconds = time.perf_counter() - began
        (thoughts,) = explanation.thoughts()
        return thoughts, seconds

    @staticmethod
    def budgets(nodes: int) -> list[int]:
        """Growing budgets, the last one `nodes`: for thoughts that are shown while they grow."""
        return [*(budget for budget in BUDGETS[::STEP] if budget < nodes), nodes]


@functools.lru_cache(maxsize=256)
def compile_decision(
    game: Game, network: NetworkConfig, strategy: Strategy, second: NetworkConfig | None = None
) -> Callable[..., Explanation]:
    """(params, states [1], key) → what the strategy makes of the one state. With a `second`
    network, params are a pair.

    Compiled when it is made, so that no clock counts it.
    """
    decide = deciding(game, network, strategy, second)

    @jax.jit
    def think(params: Any, states: State, key: jax.Array) -> Explanation:
        result, memory = decide(params, states, key, None)
        return Explanation(result.action, result, strategy.variation(memory, result.action))

    # After a move, so that the step is compiled as well, and no second question has to wait for it.
    first = int(np.flatnonzero(game.legal(game.init()))[0])
    states = jax.tree.map(lambda leaf: leaf[None], play(game, [first]))
    own, *others = [
        jax.eval_shape(lambda shape=shape: init_params(game, shape, jax.random.key(0)))
        for shape in (network, second)
        if shape is not None
    ]
    params = (own, *others) if others else own
    return think.lower(params, states, jax.random.key(0)).compile()


def analyse_moves(
    game: Game, player: NetworkPlayer, moves: Sequence[int], seed: int = 0
) -> list[Thoughts]:
    """What the player thinks of each position of a game, before the move that was played.

    With the game's own seed, its actions are the moves it would have made in that game.
    """
    if not moves:
        return []
    states = stack(play_through(game, moves)[:-1])
    keys = np.concatenate([move_keys([seed], ply) for ply in range(len(moves))])
    return player.analyse(states, keys).thoughts()
