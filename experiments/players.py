"""Players: anything that picks moves for a batch of states. The arena knows only this."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Protocol

import jax
import jax.numpy as jnp
import numpy as np

from experiments.keys import search_draws, search_mixes_games
from games.protocol import Game, State
from mcts.search import SearchResult, search
from mcts.settings import SearchConfig
from training.networks import NetworkConfig, Params, make_evaluate

RESIGNS = -1
"""What a player answers instead of an action to give a game up."""


class Player(Protocol):
    """Picks moves."""

    def act(self, states: State, keys: np.ndarray) -> np.ndarray:
        """A legal action [L], or `RESIGNS`, for each of L live states (host arrays, [L, ...]).

        All chance comes from `keys` [L, 2], key data for each state (`move_keys`): what is played
        in a game hangs on its own position and key, not on the games beside it, so that it can be
        played again.
        """
        ...


class NetworkPlayer:
    """A network with a search.

    Players of equal network shape share one compiled program: weights are its argument.

    Args:
        game: the rules.
        network: shape of the network.
        params: its weights.
        search_config: the search.
        lanes: positions searched at once; fewer are filled up with copies.
        temperature: 0 plays the search's choice; else moves are drawn from the search policy to
            the power 1/temperature.
    """

    def __init__(
        self,
        game: Game,
        network: NetworkConfig,
        params: Params,
        search_config: SearchConfig,
        *,
        lanes: int = 128,
        temperature: float = 0.0,
    ) -> None:
        self.game = game
        self.search_config = search_config
        self._think = compile_thinking(game, network, search_config)
        self._params = params
        self._lanes = lanes
        self._temperature = jnp.float32(temperature)

    def act(self, states: State, keys: np.ndarray) -> np.ndarray:
        """A legal action for each state; see `Player.act`."""
        return self.analyse(states, keys)[0]

    def analyse(self, states: State, keys: np.ndarray) -> tuple[np.ndarray, SearchResult]:
        """The actions [L] and what the search found, as host arrays [L, ...]."""
        parts = [
            jax.device_get(self._think(self._params, chunk, self._temperature, chunk_keys))
            for chunk, chunk_keys in _chunks(states, keys, self._lanes)
        ]
        length = _length(states)
        return jax.tree.map(lambda *leaves: np.concatenate(leaves)[:length], *parts)


@functools.lru_cache(maxsize=64)
def compile_thinking(
    game: Game, network: NetworkConfig, config: SearchConfig
) -> Callable[..., tuple[jax.Array, SearchResult]]:
    """(params, states [L], temperature [], keys [L, 2]) → actions [L] and the searches."""
    evaluate = make_evaluate(game, network)
    config = config.for_evaluation()

    def search_one(params: Params, state: State, key: jax.Array) -> SearchResult:
        batch_of_one = jax.tree.map(lambda leaf: leaf[None], state)
        result = search(game, evaluate, config, params, batch_of_one, key)
        return jax.tree.map(lambda leaf: leaf[0], result)

    @jax.jit
    def think(params: Params, states: State, temperature: jax.Array, keys: jax.Array):
        keys = jax.random.wrap_key_data(keys, impl="threefry2x32")
        search_keys, action_keys = jax.vmap(jax.random.split, out_axes=1)(keys)
        if search_draws(config) and not search_mixes_games(config):
            # Each game draws from its own key; as fast as one draw for all of them.
            result = jax.vmap(search_one, (None, 0, 0))(params, states, search_keys)
        else:
            result = search(game, evaluate, config, params, states, search_keys[0])
        logits = jnp.log(result.policy) / jnp.maximum(temperature, 1e-3)
        drawn = jax.vmap(jax.random.categorical)(action_keys, logits)
        return jnp.where(temperature > 0, drawn, result.action), result

    return think


def _length(states: State) -> int:
    return jax.tree.leaves(states)[0].shape[0]


def _chunks(states: State, keys: np.ndarray, lanes: int) -> Iterator[tuple[State, np.ndarray]]:
    """Pieces of exactly `lanes` states and keys, the last one filled up with copies.

    One batch size means one compilation, whatever the number of games in progress.
    """
    length = _length(states)
    for start in range(0, length, lanes):
        index = np.minimum(np.arange(start, start + lanes), length - 1)
        yield jax.tree.map(lambda leaf: leaf[index], states), keys[index]  # noqa: B023
