"""Leaf-parallel search: several leaves of each tree are evaluated in one batch.

Each step makes k descents, one after another. A descent that has not got its value yet counts as a
loss all along its path (virtual loss, `mcts.rules.puct`), so that the next one looks elsewhere; a
node already chosen in this step cannot be gone on from, because nothing is known of it. A descent
that ends there, like one that ends in a finished game, expands nothing: it is evaluated once more
and its value counts once more. So n nodes stay n evaluations, fewer of which are of new positions.
Then the k leaves are evaluated together, in ⌈(n - 1) / k⌉ batches in all, and backed up in order.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from games.protocol import Game
from mcts.paths import announce, back_up
from mcts.settings import SearchSettings
from mcts.simulation import Evaluate, Leaf, attach, choose, evaluate_states, fill
from mcts.tree import Tree, at_node, select


def grow_leaves(
    game: Game, evaluate: Evaluate, config: SearchSettings, params: Any, tree: Tree
) -> Tree:
    """The trees after `config.nodes` evaluations, their roots' included."""
    batch = tree.terminal.shape[0]

    def next_leaf(tree: Tree, index: jax.Array) -> tuple[Tree, Leaf]:
        leaf, _ = choose(game, config.rule, tree, None, index, None)
        counts = jnp.broadcast_to(index < config.nodes, (batch,))  # the last step may be too long
        expands = leaf.expands & counts
        own = jax.tree.map(lambda array: at_node(array, leaf.node), tree.states)
        states = select(expands, leaf.states, own)
        leaf = leaf._replace(counts=counts, expands=expands, states=states)
        tree = attach(tree, leaf, index)
        # To the descents that follow, a node without a value is like a finished game.
        tree = tree._replace(terminal=tree.terminal.at[:, index].set(True))
        return tree._replace(nodes=announce(tree.nodes, _end(leaf, index), counts)), leaf

    def step(number: jax.Array, tree: Tree) -> Tree:
        indices = 1 + number * config.leaves + jnp.arange(config.leaves)
        tree, leaves = jax.lax.scan(next_leaf, tree, indices)
        together = jax.tree.map(lambda array: array.reshape(-1, *array.shape[2:]), leaves.states)
        evaluation = evaluate_states(game, evaluate, params, together)
        evaluation = jax.tree.map(
            lambda array: array.reshape(config.leaves, batch, *array.shape[1:]), evaluation
        )

        def take_in(tree: Tree, each: Any) -> tuple[Tree, None]:
            index, leaf, evaluation = each
            tree = fill(tree, evaluation, index)
            end, value = _end(leaf, index), evaluation.value
            return tree._replace(nodes=back_up(tree.nodes, end, value, leaf.counts)), None

        tree, _ = jax.lax.scan(take_in, tree, (indices, leaves, evaluation))
        return tree._replace(nodes=tree.nodes._replace(pending=jnp.zeros_like(tree.nodes.visits)))

    return jax.lax.fori_loop(0, config.slots // config.leaves, step, tree)


def _end(leaf: Leaf, index: jax.Array) -> jax.Array:
    """The node that each descent ends in [B]: the new one, or where it could not go on."""
    return jnp.where(leaf.expands, index, leaf.node)
