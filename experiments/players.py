"""Players: anything that picks moves for a batch of states. The arena knows only this."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from experiments.keys import search_draws, search_mixes_games
from games.protocol import Game, State
from mcts.search import SearchResult, search, search_tree
from mcts.settings import SearchConfig
from mcts.tree import Tree
from training.networks import NetworkConfig, Params, make_evaluate
from training.selfplay import choose_action


class Player(Protocol):
    """Picks moves."""

    def act(self, states: State, keys: np.ndarray) -> np.ndarray:
        """A legal action [L], or `RESIGNS`, for each of L live states (host arrays, [L, ...]).

        All chance comes from `keys` [L, 2], key data for each state (`move_keys`): what is played
        in a game hangs on its own position and key, not on the games beside it, so that it can be
        played again.
        """
        ...


class Thoughts(NamedTuple):
    """What a network player makes of L states."""

    action: np.ndarray | jax.Array  # [L] what it plays
    search: SearchResult  # [L, ...]
    variation: np.ndarray | jax.Array  # [L, N] the line it expects, -1 after its end


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
        self._network = network
        self._think = compile_thinking(game, network, search_config)
        self._params = params
        self._lanes = lanes
        self._sampled = jnp.asarray(sampled)
        self._kept: dict[int, Tree] = {}  # by piece of the batch, for a search that reuses trees

    def act(self, states: State, keys: np.ndarray) -> np.ndarray:
        """A legal action for each state; see `Player.act`."""
        parts = [np.asarray(action) for action, _ in self._searches(states, key)]
        return np.concatenate(parts)[: _length(states)]

    def analyse(self, states: State, key: jax.Array) -> SearchResult:
        """What the search found in each state, as host arrays [L, ...]."""
        parts = [jax.device_get(result) for _, result in self._searches(states, key)]
        length = _length(states)
        return jax.tree.map(lambda *leaves: np.concatenate(leaves)[:length], *parts)

    def _searches(self, states: State, key: jax.Array) -> Iterator[tuple[jax.Array, SearchResult]]:
        for number, (chunk, chunk_key) in enumerate(_chunks(states, self._lanes, key)):
            action, result, tree = self._think(
                self._params, chunk, self._sampled, chunk_key, self._kept.get(number)
            )
            if tree is not None:
                self._kept[number] = tree
            yield action, result


@functools.lru_cache(maxsize=64)
def compile_thinking(
    game: Game, network: NetworkConfig, config: SearchConfig
) -> Callable[..., tuple[jax.Array, SearchResult, Tree | None]]:
    """(params, states [L], sampled [], key, kept trees or None) → actions [L], the search behind
    them, and its trees if `config.reuse`."""
    evaluate = make_evaluate(game, network)
    config = config.for_evaluation()

    @jax.jit
    def think(params: Params, states: State, sampled: jax.Array, key: jax.Array, kept: Tree | None):
        search_key, action_key = jax.random.split(key)
        if config.reuse:
            result, tree = search_tree(game, evaluate, config, params, states, search_key, kept)
        else:
            result, tree = search(game, evaluate, config, params, states, search_key), None
        legal = jax.vmap(game.legal)(states)
        lanes = legal.shape[0]
        greedy = jnp.broadcast_to(~sampled, lanes)
        action = choose_action(result, legal, jnp.zeros(lanes, bool), greedy, action_key)
        return action, result, tree

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
