"""Game trees planted node by node, so that everything a search may meet is known beforehand.

The same tables are a game for JAX (the members of `games.protocol.Game`) and, read by
`tests/oracles/puct.py`, a game for plain Python. Nodes are numbered in heap order: action a takes
node m to node m·A + a + 1.
"""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

NOBODY = -1

INF = np.inf
# What a network may say at its worst, and the prior that must come of it: logits, legal, prior.
EXTREMES = [
    ([-INF, 0, 0, 0], [1, 1, 1, 0], [0, 0.5, 0.5, 0]),
    ([1e30, 0, -1e30, 0], [1, 1, 1, 1], [1, 0, 0, 0]),
    ([INF, 0, 0, INF], [1, 1, 1, 0], [1, 0, 0, 0]),
    ([0, -INF, 0, 0], [0, 1, 0, 0], [0, 1, 0, 0]),
    ([-INF] * 4, [1, 1, 0, 0], [0.5, 0.5, 0, 0]),
    ([-INF] * 4, [1, 1, 1, 1], [0.25] * 4),
    ([0, 1e38, 3e38, INF], [1, 0, 0, 0], [1, 0, 0, 0]),
]


class PlantedState(NamedTuple):
    tree: jax.Array  # [] int32
    node: jax.Array  # [] int32
    to_move: jax.Array  # [] int8


@dataclasses.dataclass(frozen=True, eq=False)
class PlantedTrees:
    """K trees of M nodes with A = size² actions; hashed by identity."""

    size: int
    first_mover: np.ndarray  # [K] int8, who moves at the root
    legal_table: np.ndarray  # [K, M, A] bool, all false where the game is over
    winner_table: np.ndarray  # [K, M] int8, NOBODY for a draw and while the game goes on

    @property
    def name(self) -> str:
        return "planted"

    @property
    def num_actions(self) -> int:
        return self.size**2

    @property
    def max_plies(self) -> int:
        return self.depth(self.legal_table.shape[1] - 1)

    def depth(self, node: int) -> int:
        depth = 0
        while node:
            node, depth = (node - 1) // self.num_actions, depth + 1
        return depth

    def init(self) -> PlantedState:
        return self.root(jnp.int32(0))

    def root(self, tree: jax.Array) -> PlantedState:
        return PlantedState(tree, jnp.zeros_like(tree), jnp.asarray(self.first_mover)[tree])

    def roots(self) -> PlantedState:
        """The roots of all trees, [K]."""
        return self.root(jnp.arange(len(self.first_mover), dtype=jnp.int32))

    def step(self, state: PlantedState, action: jax.Array) -> PlantedState:
        legal = self.legal(state)[action]
        node = state.node * self.num_actions + action + 1
        return state._replace(
            node=jnp.where(legal, node, state.node).astype(jnp.int32),
            to_move=jnp.where(legal, 1 - state.to_move, state.to_move),
        )

    def legal(self, state: PlantedState) -> jax.Array:
        return jnp.asarray(self.legal_table)[state.tree, state.node]

    def observe(self, state: PlantedState) -> jax.Array:
        mask = self.legal(state).reshape(self.size, self.size)
        return jnp.stack([mask, ~mask])

    def terminal(self, state: PlantedState) -> jax.Array:
        return ~jnp.any(self.legal(state))

    def winner(self, state: PlantedState) -> jax.Array:
        return jnp.asarray(self.winner_table)[state.tree, state.node]

    def to_move(self, state: PlantedState) -> jax.Array:
        return state.to_move

    def to_mover_frame(self, state: PlantedState, per_action: jax.Array) -> jax.Array:
        del state
        return per_action

    def to_board_frame(self, state: PlantedState, per_action: jax.Array) -> jax.Array:
        del state
        return per_action

    # The same game in plain Python; a state is (tree, node).

    def actions_at(self, state: tuple[int, int]) -> list[int]:
        return np.flatnonzero(self.legal_table[state]).tolist()

    def child(self, state: tuple[int, int], action: int) -> tuple[int, int]:
        tree, node = state
        return tree, node * self.num_actions + action + 1

    def outcome(self, state: tuple[int, int]) -> float | None:
        """For the side to move, None while the game goes on."""
        if self.legal_table[state].any():
            return None
        tree, node = state
        mover = (self.first_mover[tree] + self.depth(node)) % 2
        winner = self.winner_table[state]
        return 0.0 if winner == NOBODY else 1.0 if winner == mover else -1.0


class PlantedNetwork(NamedTuple):
    """What the network says of each node: the `params` of `evaluate`."""

    logits: np.ndarray | jax.Array  # [K, M, A] float32
    value: np.ndarray | jax.Array  # [K, M] float32, from the view of the side to move


def evaluate(network: PlantedNetwork, states: PlantedState) -> tuple[jax.Array, jax.Array]:
    logits, value = jnp.asarray(network.logits), jnp.asarray(network.value)
    return logits[states.tree, states.node], value[states.tree, states.node]


def num_nodes(num_actions: int, depth: int) -> int:
    """Nodes of a full tree."""
    return sum(num_actions**d for d in range(depth + 1))


def random_trees(
    seed: int, *, trees: int, size: int = 2, depth: int = 5
) -> tuple[PlantedTrees, PlantedNetwork]:
    """Random trees with early ends, draws, illegal actions and either side at the root.

    The network is at its most misleading: it strongly prefers illegal actions and is sure of the
    wrong result wherever the game is over.
    """
    rng = np.random.default_rng(seed)
    num_actions, nodes = size**2, num_nodes(size**2, depth)
    legal = rng.random((trees, nodes, num_actions)) < 0.7
    always = rng.integers(num_actions, size=(trees, nodes))  # one action at least is legal
    np.put_along_axis(legal, always[..., None], True, axis=-1)
    over = rng.random((trees, nodes)) < 0.15
    over[:, 0] = False
    over[:, num_nodes(num_actions, depth - 1) :] = True
    legal &= ~over[..., None]
    winner = np.where(over, rng.choice([0, 1, NOBODY], p=[0.4, 0.4, 0.2], size=over.shape), NOBODY)
    game = PlantedTrees(
        size=size,
        first_mover=rng.integers(2, size=trees).astype(np.int8),
        legal_table=legal,
        winner_table=winner.astype(np.int8),
    )

    logits = rng.normal(scale=1.5, size=legal.shape) + np.where(legal, 0, 20)
    value = rng.uniform(-1, 1, size=over.shape)
    for tree, node in np.argwhere(over):
        value[tree, node] = -2 * (game.outcome((int(tree), int(node))) or 0.5)
    network = PlantedNetwork(logits.astype(np.float32), value.astype(np.float32))
    return game, network


def forced(plies: int) -> tuple[PlantedTrees, PlantedNetwork]:
    """Four trees whose every line ends after `plies` with one winner: trees 0 and 2 are won by the
    side to move at the root, which is black in 0 and 1."""
    nodes, last = num_nodes(4, plies), num_nodes(4, plies - 1)
    legal = np.ones((4, nodes, 4), bool)
    legal[:, last:] = False
    first, won = np.array([0, 0, 1, 1], np.int8), np.array([True, False, True, False])
    winner = np.where(won, first, 1 - first).astype(np.int8)
    winner = np.repeat(winner[:, None], nodes, axis=1)
    return _ignorant(first, legal, winner, np.zeros((4, 4)))


def drawn(logits: np.ndarray) -> tuple[PlantedTrees, PlantedNetwork]:
    """A tree for each row of `logits` [K, 4] in which every game is drawn after five plies."""
    trees, nodes = len(logits), num_nodes(4, 5)
    legal = np.ones((trees, nodes, 4), bool)
    legal[:, num_nodes(4, 4) :] = False
    first = (np.arange(trees) % 2).astype(np.int8)
    return _ignorant(first, legal, np.full((trees, nodes), NOBODY, np.int8), logits)


def at_once(
    logits: np.ndarray, legal: np.ndarray, worth: np.ndarray
) -> tuple[PlantedTrees, PlantedNetwork]:
    """Trees that any move ends; the moves' `worth` is -1, 0 or 1. All arguments are [K, 4]."""
    table = np.zeros((len(logits), 5, 4), bool)
    table[:, 0] = legal
    first = np.arange(len(logits), dtype=np.int8) % 2
    winner = np.full((len(logits), 5), NOBODY, np.int8)
    mover = first[:, None]
    winner[:, 1:] = np.select([worth > 0, worth < 0], [mover, 1 - mover], NOBODY)
    return _ignorant(first, table, winner, logits)


def _ignorant(
    first: np.ndarray, legal: np.ndarray, winner: np.ndarray, logits: np.ndarray
) -> tuple[PlantedTrees, PlantedNetwork]:
    """With a network of the same logits [K, A] at every node and values of 0."""
    network = PlantedNetwork(
        np.broadcast_to(logits[:, None], legal.shape).astype(np.float32),
        np.zeros(legal.shape[:2], np.float32),
    )
    return PlantedTrees(2, first, legal, winner), network


def join(
    parts: dict[str, tuple[PlantedTrees, PlantedNetwork]],
) -> tuple[PlantedTrees, PlantedNetwork, dict[str, slice]]:
    """All trees as one game, so that one compiled search serves them all, and where each part is.

    A shallow tree is the beginning of a deep one, as nodes are in heap order.
    """
    deepest = max(game.legal_table.shape[1] for game, _ in parts.values())

    def stack(tables: list[np.ndarray]) -> np.ndarray:
        def pad(table: np.ndarray) -> np.ndarray:
            return np.pad(
                table, [(0, 0), (0, deepest - table.shape[1])] + [(0, 0)] * (table.ndim - 2)
            )

        return np.concatenate([pad(table) for table in tables])

    games, networks = zip(*parts.values(), strict=True)
    game = PlantedTrees(
        games[0].size,
        np.concatenate([game.first_mover for game in games]),
        stack([game.legal_table for game in games]),
        stack([game.winner_table for game in games]),
    )
    network = PlantedNetwork(
        stack([np.asarray(network.logits) for network in networks]),
        stack([np.asarray(network.value) for network in networks]),
    )
    ends = np.cumsum([len(game.first_mover) for game in games])
    rows = {
        name: slice(end - len(game.first_mover), end)
        for name, game, end in zip(parts, games, ends.tolist(), strict=True)
    }
    return game, network, rows
