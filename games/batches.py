"""Batches of positions on the host: lines of play as arrays, and the states along them."""

import functools
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Int, Int32, Key

from games.protocol import Game, State


def legal_moves(game: Game, states: State) -> Bool[np.ndarray, "N A"]:
    """Legal actions of N states; none where the game is over."""
    return ask(game, states, "legal")[0]


def ask(game: Game, states: State, *rules: str) -> list[np.ndarray]:
    """What rules of a game say of N states, host arrays [N, ...].

    Args:
        game: the rules.
        states: arrays with one leading axis N.
        rules: names of functions of `games.protocol.Game` that take one state, such as `winner`.
    """
    count = len(jax.tree.leaves(states)[0])
    # The next power of two, filled up with copies: few batch sizes, few compilations.
    rows = np.minimum(np.arange(1 << max(count - 1, 0).bit_length()), count - 1)
    answers = _ask(game, rules, jax.tree.map(lambda leaf: leaf[rows], states))
    return [np.asarray(answer)[:count] for answer in answers]


@functools.partial(jax.jit, static_argnums=(0, 1))
def _ask(game: Game, rules: tuple[str, ...], states: State) -> list[jax.Array]:
    return [jax.vmap(getattr(game, rule))(states) for rule in rules]


def padded(game: Game, moves: Sequence[Sequence[int]]) -> Int32[np.ndarray, "G T"]:
    """Games of different lengths as one array, -1 after the last move."""
    array = np.full((len(moves), game.max_plies), -1, np.int32)
    for row, line in zip(array, moves, strict=True):
        row[: len(line)] = line
    return array


def states_after(game: Game, moves: Int[np.ndarray, "G T"]) -> State:
    """The states [G, ...] at the end of lines of play [G, T], which -1 fills up; host arrays."""
    return jax.tree.map(lambda leaf: leaf[-1], states_before(game, moves))


def states_before(game: Game, moves: Int[np.ndarray, "G T"]) -> State:
    """The states [T + 1, G, ...] before each move of lines of play [G, T]; host arrays.

    After the last move of a line, which -1 fills up, its state stays as it is.
    """
    rows = np.minimum(np.arange(-(-len(moves) // 256) * 256), len(moves) - 1)  # few batch sizes
    states = jax.device_get(_replay(game, jnp.asarray(moves[rows].T, jnp.int32)))
    return jax.tree.map(lambda leaf: leaf[:, : len(moves)], states)


@functools.partial(jax.jit, static_argnums=0)
def _replay(game: Game, moves: Int32[Array, "T G"]) -> State:
    def play(states: State, move: jax.Array) -> tuple[State, State]:
        played = jax.vmap(game.step)(states, move)
        after = jax.tree.map(
            lambda new, old: jnp.where((move >= 0).reshape(-1, *[1] * (new.ndim - 1)), new, old),
            played,
            states,
        )
        return after, states

    start = jax.tree.map(
        lambda leaf: jnp.broadcast_to(leaf, (moves.shape[1], *leaf.shape)), game.init()
    )
    last, before = jax.lax.scan(play, start, moves)
    return jax.tree.map(lambda all_, end: jnp.concatenate([all_, end[None]]), before, last)


@functools.partial(jax.jit, static_argnums=(0, 1))
def random_play(game: Game, count: int, key: Key[Array, ""]) -> State:
    """States [T + 1, count, ...] of games in which every legal move is as likely as any other.

    Args:
        game: the rules.
        count: how many games.
        key: source of all chance.
    """

    def play(states: State, ply_key: jax.Array) -> tuple[State, State]:
        legal = jax.vmap(game.legal)(states)
        chance = jax.random.uniform(ply_key, legal.shape)
        move = jnp.argmax(jnp.where(legal, chance, -1.0), axis=-1)
        return jax.vmap(game.step)(states, move), states

    start = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (count, *leaf.shape)), game.init())
    last, before = jax.lax.scan(play, start, jax.random.split(key, game.max_plies))
    return jax.tree.map(lambda all_, end: jnp.concatenate([all_, end[None]]), before, last)
