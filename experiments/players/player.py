"""Players: anything that picks moves for a batch of states. The arena knows only this."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np

from experiments.players.thoughts import Explanation
from games.protocol import Game, State
from mcts import Network, SearchResult, Strategy, TwoNetworkStrategy
from training.devices import compiler_options
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


@runtime_checkable
class HearsMoves(Protocol):
    """A player that is told how its games went, not only where they stand: an outside engine may
    keep a history, take back, or refuse a game in another order."""

    def act_after(self, moves: Sequence[Sequence[int]], keys: np.ndarray) -> np.ndarray:
        """As `Player.act`, after all the moves of each of L games, in the order played."""
        ...


def act_in_games(
    player: Player, states: State, moves: Sequence[Sequence[int]], keys: np.ndarray
) -> np.ndarray:
    """What a player does in L live states, each reached by `moves`."""
    if isinstance(player, HearsMoves):
        return player.act_after(moves, keys)
    return player.act(states, keys)


class Decision(NamedTuple):
    """What a network player does in L states."""

    action: np.ndarray | jax.Array  # [L] what it plays
    value: np.ndarray | jax.Array  # [L] what it expects, the mover's view
    entropy: np.ndarray | jax.Array  # [L] of its policy, in nats
    evaluations: np.ndarray | jax.Array | None = None  # [L] of the network, where they are counted


class NetworkPlayer:
    """A network with a strategy.

    Players of equal network shape share one compiled program: weights are its argument.

    Args:
        game: the rules.
        network: shape of the network.
        params: its weights.
        strategy: what it does with the network.
        lanes: positions thought about at once; fewer are filled up with copies.
        temperature: 0 plays the strategy's choice; else moves are drawn from its policy to the
            power 1/temperature.
        second: shape and weights of another network, for a strategy that asks two.
    """

    def __init__(
        self,
        game: Game,
        network: NetworkConfig,
        params: Params,
        strategy: Strategy,
        *,
        lanes: int = 128,
        temperature: float = 0.0,
        second: tuple[NetworkConfig, Params] | None = None,
    ) -> None:
        self.game = game
        self.strategy = strategy
        self._network = network
        self._second = second[0] if second else None
        self._think = compile_thinking(game, network, strategy, self._second)
        self._params = (params, second[1]) if second else params
        self._lanes = lanes
        self._temperature = jnp.float32(temperature)
        self._memory: dict[int, Any] = {}  # by piece of the batch, of a strategy that remembers

    def act(self, states: State, keys: np.ndarray) -> np.ndarray:
        """A legal action for each state; see `Player.act`."""
        return np.asarray(self.choose(states, keys).action)

    def choose(self, states: State, keys: np.ndarray) -> Decision:
        """What it plays in each state and what it expects, with the program that plays games:
        nothing more has to be compiled; host arrays [L]."""
        return self._run(self._think, states, keys)

    def analyse(self, states: State, keys: np.ndarray) -> Explanation:
        """What it would play in each state, and why; host arrays [L, ...]."""
        explain = compile_analysis(self.game, self._network, self.strategy, self._second)
        return self._run(explain, states, keys)

    def _run(self, program: Callable[..., Any], states: State, keys: np.ndarray) -> Any:
        parts = []
        for number, (chunk, chunk_keys) in enumerate(_chunks(states, keys, self._lanes)):
            answer, memory = program(
                self._params, chunk, self._temperature, chunk_keys, self._memory.get(number)
            )
            if memory is not None:
                self._memory[number] = memory
            parts.append(jax.device_get(answer))
        length = _length(states)
        return jax.tree.map(lambda *leaves: np.concatenate(leaves)[:length], *parts)


@functools.lru_cache(maxsize=64)
def compile_thinking(
    game: Game, network: NetworkConfig, strategy: Strategy, second: NetworkConfig | None = None
) -> Callable[..., tuple[Decision, Any]]:
    """(params, states [L], temperature [], keys [L, 2], memory or none) → a choice for each state,
    and the memory to keep if the strategy remembers. With a `second` network, params are a pair."""
    think = _thinking(game, network, strategy, second)

    @functools.partial(jax.jit, compiler_options=compiler_options())
    def choose(*arguments: Any) -> tuple[Decision, Any]:
        action, result, memory = think(*arguments)
        entropy = jax.scipy.special.entr(result.policy).sum(-1)
        decision = Decision(action, result.value, entropy, result.evaluations)
        return decision, memory if strategy.remembers else None

    return choose


@functools.lru_cache(maxsize=64)
def compile_analysis(
    game: Game, network: NetworkConfig, strategy: Strategy, second: NetworkConfig | None = None
) -> Callable[..., tuple[Explanation, Any]]:
    """As `compile_thinking`, with what was found behind the actions.

    A program of its own: following the lines of play is work that a match does not need.
    """
    think = _thinking(game, network, strategy, second)

    @functools.partial(jax.jit, compiler_options=compiler_options())
    def explain(*arguments: Any) -> tuple[Explanation, Any]:
        action, result, memory = think(*arguments)
        explanation = Explanation(action, result, strategy.variation(memory, action))
        return explanation, memory if strategy.remembers else None

    return explain


def deciding(
    game: Game, network: NetworkConfig, strategy: Strategy, second: NetworkConfig | None = None
) -> Callable[..., tuple[SearchResult, Any]]:
    """(params, states [L, ...], key, memory or none) → what a strategy finds at play time, not yet
    compiled. With a `second` network, params are a pair."""
    evaluate = make_evaluate(game, network)
    strategy = strategy.for_evaluation()
    if second is None:
        return functools.partial(strategy.decide, game, evaluate)
    assert isinstance(strategy, TwoNetworkStrategy)
    evaluate_second = make_evaluate(game, second)

    def decide(params: tuple[Params, Params], states: State, key: jax.Array, memory: Any):
        other = Network(evaluate_second, params[1])
        return strategy.decide(game, evaluate, params[0], states, key, memory, second=other)

    return decide


def _thinking(
    game: Game, network: NetworkConfig, strategy: Strategy, second: NetworkConfig | None
) -> Callable[..., Any]:
    """(params, states [L], temperature [], keys [L, 2], memory or none) → actions, results,
    memory, [L, ...]."""
    decide = deciding(game, network, strategy, second)
    strategy = strategy.for_evaluation()

    def think(params: Params, states: State, temperature: jax.Array, keys: jax.Array, memory: Any):
        keys = jax.random.wrap_key_data(keys, impl="threefry2x32")
        search_keys, action_keys = jax.vmap(jax.random.split, out_axes=1)(keys)
        # Each game draws from its own key, unless games hang on each other anyway.
        own_keys = strategy.draws and not strategy.hangs_on_others
        key = search_keys if own_keys else search_keys[0]
        result, memory = decide(params, states, key, memory)
        logits = jnp.log(result.policy) / jnp.maximum(temperature, 1e-3)
        drawn = jax.vmap(jax.random.categorical)(action_keys, logits)
        return jnp.where(temperature > 0, drawn, result.action), result, memory

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
