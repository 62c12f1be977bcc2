"""Random games of every board, played once and looked at by several tests."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import games

SEED = 20210407
GAMES = 12  # B, games a board


class Record(NamedTuple):
    """Games of random legal moves, seen before each move and twice beyond the longest possible.

    T = max_plies + 2. All as NumPy arrays.
    """

    states: Any  # pytree of [T, B, ...]
    legal: np.ndarray  # [T, B, A]
    terminal: np.ndarray  # [T, B]
    winner: np.ndarray  # [T, B]
    to_move: np.ndarray  # [T, B]
    owners: np.ndarray  # [T, B, R·C]
    planes: np.ndarray  # [T, B, num_planes, R, C]
    actions: np.ndarray  # [T, B]; without meaning once a game is over
    refused: np.ndarray  # [T, B] a random illegal action left the state as it was
    legal_mover: np.ndarray  # [T, B, A] `legal` in the mover's frame
    legal_back: np.ndarray  # [T, B, A] and back again
    mapped_legal: np.ndarray  # [T, K, B, A] of the same games played under each symmetry
    mapped_winner: np.ndarray  # [T, K, B]
    mapped_planes: np.ndarray  # [T, K, B, num_planes, R, C]

    def moves(self, game: int) -> list[int]:
        """The legal moves of one game."""
        plies = int((~self.terminal[:, game]).sum())
        return self.actions[:plies, game].tolist()


@functools.partial(jax.jit, static_argnums=0)
def _play_at_random(game: games.Game, noise: jax.Array) -> dict[str, Any]:
    """The fields of a `Record` of games that always play the legal action of highest noise.

    Compiled once for each board; `noise` is [T, B, A].
    """
    symmetries = jnp.asarray(game.symmetries.actions)  # [K, A]; row 0 is the games themselves
    step = _over_symmetries_and_games(game.step)
    start = jax.tree.map(
        lambda leaf: jnp.broadcast_to(leaf, (len(symmetries), GAMES, *leaf.shape)), game.init()
    )

    def ply(mapped_states: Any, noise_t: jax.Array) -> tuple[Any, dict[str, Any]]:
        states = jax.tree.map(lambda leaf: leaf[0], mapped_states)
        mapped_legal = _over_symmetries_and_games(game.legal)(mapped_states)
        mapped_winner = _over_symmetries_and_games(game.winner)(mapped_states)
        mapped_planes = _over_symmetries_and_games(game.observe)(mapped_states)
        mask = mapped_legal[0]
        actions = jnp.argmax(jnp.where(mask, noise_t, -1), axis=-1)  # [B]; any once none is legal
        illegal = jnp.argmax(jnp.where(mask, -1, noise_t), axis=-1)  # [B]; any while all are legal
        attempts = jax.tree.map(lambda leaf: jnp.concatenate([leaf, leaf[:1]]), mapped_states)
        tried = step(attempts, jnp.concatenate([symmetries[:, actions], illegal[None]]))
        same = jax.tree.map(
            lambda old, new: jnp.all((old == new[-1]).reshape(GAMES, -1), axis=-1), states, tried
        )
        legal_mover = jax.vmap(game.to_mover_frame)(states, mask)
        seen = {
            "states": states,
            "legal": mask,
            "terminal": jax.vmap(game.terminal)(states),
            "winner": mapped_winner[0],
            "to_move": jax.vmap(game.to_move)(states),
            "owners": jax.vmap(game.owners)(states),
            "planes": mapped_planes[0],
            "actions": actions,
            "refused": functools.reduce(jnp.logical_and, jax.tree.leaves(same)) | mask.all(axis=-1),
            "legal_mover": legal_mover,
            "legal_back": jax.vmap(game.to_board_frame)(states, legal_mover),
            "mapped_legal": mapped_legal,
            "mapped_winner": mapped_winner,
            "mapped_planes": mapped_planes,
        }
        return jax.tree.map(lambda leaf: leaf[:-1], tried), seen

    return jax.lax.scan(ply, start, noise)[1]


def _over_symmetries_and_games(rule: Callable[..., Any]) -> Callable[..., Any]:
    return jax.vmap(jax.vmap(rule))


@pytest.fixture(scope="session")
def random_games() -> Callable[[str, int], Record]:
    """The `Record` of a game, by registry name and size; each board is played only once."""

    @functools.cache
    def play(name: str, size: int) -> Record:
        game = games.make(name, size)
        shape = (game.max_plies + 2, GAMES, game.num_actions)
        noise = np.random.default_rng(SEED + size).random(shape, np.float32)
        return Record(**jax.tree.map(np.asarray, _play_at_random(game, noise)))

    return play


@pytest.fixture(scope="session")
def hex_oracle(oracle: Callable[[str], ModuleType]) -> ModuleType:
    return oracle("hex_oracle")
