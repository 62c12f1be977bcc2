"""Players: anything that picks moves for a batch of states. The arena knows only this."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from games.protocol import Game, State
from mcts.search import SearchResult, search
from mcts.settings import SearchConfig
from training.networks import NetworkConfig, Params, make_evaluate
from training.selfplay import choose_action


class Player(Protocol):
    """Picks moves."""

    def act(self, states: State, key: jax.Array) -> np.ndarray:
        """A legal action [L] for each of L live states (host arrays, [L, ...])."""
        ...


class NetworkPlayer:
    """A network with a search; plays the rule's own move, or draws by its policy if `sampled`.

    Players of equal network shape share one compiled program: weights are its argument.
    """

    def __init__(
        self,
        game: Game,
        network: NetworkConfig,
        params: Params,
        search_config: SearchConfig,
        *,
        lanes: int = 128,
        sampled: bool = False,
    ) -> None:
        self._think = compile_thinking(game, network, search_config)
        self._game = game
        self._params = params
        self._lanes = lanes
        self._sampled = jnp.asarray(sampled)

    def act(self, states: State, key: jax.Array) -> np.ndarray:
        """A legal action for each state; see `Player.act`."""
        parts = [
            np.asarray(self._think(self._params, chunk, self._sampled, chunk_key)[0])
            for chunk, chunk_key in _chunks(states, self._lanes, key)
        ]
        return np.concatenate(parts)[: _length(states)]

    def analyse(self, states: State, key: jax.Array) -> SearchResult:
        """What the search found in each state, as host arrays [L, ...]."""
        parts = [
            jax.device_get(self._think(self._params, chunk, self._sampled, chunk_key)[1])
            for chunk, chunk_key in _chunks(states, self._lanes, key)
        ]
        length = _length(states)
        return jax.tree.map(lambda *leaves: np.concatenate(leaves)[:length], *parts)


@functools.lru_cache(maxsize=64)
def compile_thinking(
    game: Game, network: NetworkConfig, config: SearchConfig
) -> Callable[..., tuple[jax.Array, SearchResult]]:
    """(params, states [L], sampled [], key) → actions [L] and the search behind them."""
    evaluate = make_evaluate(game, network)
    config = config.for_evaluation()

    @jax.jit
    def think(params: Params, states: State, sampled: jax.Array, key: jax.Array):
        search_key, action_key = jax.random.split(key)
        result = search(game, evaluate, config, params, states, search_key)
        legal = jax.vmap(game.legal)(states)
        lanes = legal.shape[0]
        greedy = jnp.broadcast_to(~sampled, lanes)
        action = choose_action(result, legal, jnp.zeros(lanes, bool), greedy, action_key)
        return action, result

    return think


def analyse_game(game: Game, player: NetworkPlayer, moves: Sequence[int]) -> list[dict[str, Any]]:
    """What the player thinks of each position of a game, before the move that was played.

    Values are from the view of the side to move; visits and prior are in the board frame.
    """
    positions = [game.init()]
    for action in moves[:-1]:
        positions.append(game.step(positions[-1], jnp.int32(action)))
    states = jax.tree.map(lambda *leaves: np.stack(leaves), *positions)
    result = player.analyse(states, jax.random.key(0))
    return [
        {
            "action": int(action),
            "value": round(float(result.value[ply]), 4),
            "network_value": round(float(result.network_value[ply]), 4),
            "visits": result.visits[ply].tolist(),
            "prior": [round(float(p), 4) for p in result.prior[ply]],
        }
        for ply, action in enumerate(moves)
    ]


def _length(states: State) -> int:
    return jax.tree.leaves(states)[0].shape[0]


def _chunks(states: State, lanes: int, key: jax.Array) -> Any:
    """Pieces of exactly `lanes` states, the last one filled up with copies, each with a key.

    One batch size means one compilation, whatever the number of games in progress.
    """
    length = _length(states)
    for number, start in enumerate(range(0, length, lanes)):
        index = np.minimum(np.arange(start, start + lanes), length - 1)
        yield jax.tree.map(lambda leaf: leaf[index], states), jax.random.fold_in(key, number)  # noqa: B023
