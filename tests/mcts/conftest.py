"""What the search tests share: the compiled search, and Hex both in JAX and in plain Python."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import mcts
from games.hex import Hex, HexState
from mcts import SearchConfig, SearchResult

_search = jax.jit(mcts.search, static_argnums=(0, 1, 2))


@pytest.fixture(scope="session")
def search() -> Callable[..., SearchResult]:
    """`mcts.search`, compiled, with NumPy results; a key is needed only for noise."""

    def run(game, evaluate, config: SearchConfig, params, states, key=None) -> SearchResult:
        key = jax.random.key(0) if key is None else key
        return jax.tree.map(np.asarray, _search(game, evaluate, config, params, states, key))

    return run


class Position(NamedTuple):
    owner: tuple[int, ...]  # [A], -1 where empty
    to_move: int


class HexWorld:
    """Hex of one size twice: ours, and one in plain Python whose rules are `hex_oracle`'s.

    The network is a fixed random linear map of the board as the side to move sees it, values cut
    at ±1. Its weights are multiples of 2^-16 whose sums stay small, so float32 is exact in any
    order of adding: neither the batch size nor the matrix kernel can change a bit.
    """

    def __init__(self, size: int, joined: Callable[[Sequence[int], int], list[int]]) -> None:
        self.size = size
        self.num_actions = size**2
        self.game = Hex(size)
        self._joined = joined
        rng = np.random.default_rng(size)
        inputs = 2 * self.num_actions + 1
        policy = rng.normal(scale=0.7, size=(inputs, self.num_actions))
        value = rng.normal(size=inputs) / np.sqrt(inputs)
        self.weights = {"policy": np.round(policy * 2**16), "value": np.round(value * 2**16)}
        self.weights = {name: array / 2**16 for name, array in self.weights.items()}
        self.params = jax.tree.map(lambda array: jnp.asarray(array, jnp.float32), self.weights)

    def evaluate(self, params: dict, states: HexState) -> tuple[jax.Array, jax.Array]:
        planes = jax.vmap(self.game.observe)(states).reshape(states.winner.shape[0], -1)
        x = jnp.concatenate([planes, jnp.ones_like(planes[:, :1])], axis=1).astype(jnp.float32)
        logits = jax.vmap(self.game.to_board_frame)(states, x @ params["policy"])
        return logits, jnp.clip(x @ params["value"], -1, 1)

    def states(self, move_lists: Sequence[Sequence[int]]) -> HexState:
        """Our states [B] after each list of moves."""
        moves = np.full((len(move_lists), self.num_actions), -1)
        for row, played in zip(moves, move_lists, strict=True):
            row[: len(played)] = played
        return self._replay(jnp.asarray(moves))

    @functools.partial(jax.jit, static_argnums=0)
    def _replay(self, moves: jax.Array) -> HexState:
        def ply(state: HexState, action: jax.Array):
            after = self.game.step(state, action)
            return jax.tree.map(
                lambda new, old: jnp.where(action < 0, old, new), after, state
            ), None

        return jax.vmap(lambda row: jax.lax.scan(ply, self.game.init(), row)[0])(moves)

    # In plain Python.

    def position(self, moves: Sequence[int]) -> Position:
        return functools.reduce(self.step, moves, Position((-1,) * self.num_actions, 0))

    def legal(self, position: Position) -> list[int]:
        return [cell for cell, who in enumerate(position.owner) if who < 0]

    def step(self, position: Position, action: int) -> Position:
        owner = list(position.owner)
        owner[action] = position.to_move
        return Position(tuple(owner), 1 - position.to_move)

    def outcome(self, position: Position) -> float | None:
        """For the side to move; None while nobody has joined both edges."""
        winners = self._joined(position.owner, self.size)
        return (1.0 if winners == [position.to_move] else -1.0) if winners else None

    def plain_evaluate(self, position: Position) -> tuple[list[float], float]:
        board = np.array(position.owner).reshape(self.size, self.size)
        seen = board.T if position.to_move else board
        planes = np.stack([seen == position.to_move, seen == 1 - position.to_move])
        x = np.append(planes.reshape(-1), 1.0)
        logits = (x @ self.weights["policy"]).reshape(self.size, self.size)
        logits = logits.T if position.to_move else logits
        value = float(np.clip(x @ self.weights["value"], -1, 1))
        return logits.reshape(-1).tolist(), value

    def random_games(self, count: int, seed: int) -> list[list[int]]:
        """Moves of unfinished games, of every length up to a full board."""
        rng = np.random.default_rng(seed)
        found: list[list[int]] = []
        while len(found) < count:
            moves = rng.permutation(self.num_actions)[: rng.integers(self.num_actions)].tolist()
            if self.outcome(self.position(moves)) is None:
                found.append(moves)
        return found


@pytest.fixture(scope="session")
def hex_world(oracle) -> Callable[[int], HexWorld]:
    """`HexWorld` of a size, always the same object."""
    return functools.cache(lambda size: HexWorld(size, oracle("hex_oracle").joined))


@pytest.fixture(scope="session")
def planted(oracle):
    """`tests/oracles/planted.py`."""
    return oracle("planted")


class PlantedCases(NamedTuple):
    """One game of many trees: a search of all of them is compiled once for all tests."""

    game: Any
    network: Any
    rows: dict[str, slice]  # which trees are "random", "forced 1", "extremes" and so on

    def only(self, result: SearchResult, name: str) -> SearchResult:
        """What was found in some of the trees."""
        return jax.tree.map(lambda field: field[self.rows[name]], result)


@pytest.fixture(scope="session")
def cases(planted) -> PlantedCases:
    """128 random trees, 5 plies deep, and then the planted ones."""
    logits, legal, _ = (np.array(column) for column in zip(*planted.EXTREMES, strict=True))
    lost_prior = np.array([[0, 0, -np.inf, -np.inf]] * 2)
    return PlantedCases(
        *planted.join(
            {
                "random": planted.random_trees(seed=1, trees=128),
                "forced 1": planted.forced(1),
                "forced 2": planted.forced(2),
                "drawn": planted.drawn(np.zeros((2, 4))),
                "drawn with a prior": planted.drawn(np.log([[0.05, 0.15, 0.3, 0.5]] * 2)),
                "all prior lost": planted.at_once(
                    lost_prior, np.ones((2, 4)), np.array([[-1, -1, 1, -1]] * 2)
                ),
                "extremes": planted.at_once(logits, legal, np.zeros((len(logits), 4))),
            }
        )
    )


@pytest.fixture(scope="session")
def search_cases(search, planted, cases) -> Callable[..., SearchResult]:
    """Search all planted cases, by their network or another."""

    def run(config: SearchConfig, key=None, network=None) -> SearchResult:
        network = cases.network if network is None else network
        return search(cases.game, planted.evaluate, config, network, cases.game.roots(), key)

    return run


@pytest.fixture(scope="session")
def plain_planted(oracle):
    """Planted trees as a world for the oracles; the root of tree k is the state (k, 0)."""

    def world(game, network):
        return oracle("puct").World(
            num_actions=game.num_actions,
            legal=game.actions_at,
            step=game.child,
            outcome=game.outcome,
            evaluate=lambda state: (network.logits[state].tolist(), float(network.value[state])),
        )

    return world


@pytest.fixture(scope="session")
def plain_hex(oracle):
    """A `HexWorld` as a world for the oracles."""

    def world(hex_world: HexWorld):
        return oracle("puct").World(
            hex_world.num_actions,
            hex_world.legal,
            hex_world.step,
            hex_world.outcome,
            hex_world.plain_evaluate,
        )

    return world


# Scores closer than this may swap places in float32; everything else must be the same.
NEAR_TIE = 1e-5


@pytest.fixture(scope="session")
def expect_same():
    """Check a result against the oracle's trees, near-ties left out."""

    def check(result: SearchResult, expected: Sequence, clear_share: float = 0.9) -> None:
        clear = np.array([tree.gap > NEAR_TIE for tree in expected])
        assert clear.mean() >= clear_share

        def theirs(name: str) -> np.ndarray:
            return np.array([getattr(tree, name) for tree in expected])[clear]

        np.testing.assert_array_equal(result.visits[clear], theirs("visits"))
        for name in ("q", "value", "policy"):
            ours = getattr(result, name)[clear]
            np.testing.assert_allclose(ours, theirs(name), atol=2e-5, err_msg=name)

    return check
