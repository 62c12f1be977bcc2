"""Batched Monte Carlo tree search under one `jit`.

A search of n nodes makes n network evaluations a tree: one of the root and one in each of n - 1
simulations. A simulation descends from the root by the search rule to an action never tried,
steps the game, evaluates the new state, and adds its value to every node on the path.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float32, Int, Int32, Key

from games.protocol import Game, State
from mcts.keys import fold_in, spawn
from mcts.leaves import grow_leaves
from mcts.reductions import UNAVAILABLE, first_argmax
from mcts.reuse import find, reroot
from mcts.roots import SearchResult, by_action, conclude, open_root
from mcts.rounds import search_in_rounds
from mcts.settings import SearchSettings
from mcts.simulation import Evaluate, Leaf, choose, grow, plant
from mcts.tree import ROOT, Nodes, Tree, mean_value, select


def search(
    game: Game,
    evaluate: Evaluate,
    config: SearchSettings,
    params: Any,
    states: State,
    key: Key[Array, "*K"],
) -> SearchResult:
    """Search each of B states; a finished state gets no visits and a zero policy.

    `key` is used only by noise and by rules that sample; keys [K] serve K equal parts of the batch.
    Trees do not see each other, Jones's normalisation excepted: `search(batch)[i] == search(batch
    of one)` where nothing is drawn.
    """
    if config.rule.in_rounds and config.nodes > 1:
        return search_in_rounds(game, evaluate, config, params, states, key)
    return search_tree(game, evaluate, config, params, states, key)[0]


def search_tree(
    game: Game,
    evaluate: Evaluate,
    config: SearchSettings,
    params: Any,
    states: State,
    key: Key[Array, "*K"],
    kept: Tree | None = None,
) -> tuple[SearchResult, Tree]:
    """`search`, and the trees behind it.

    Args:
        kept: the trees of the search before, for `config.reuse`: where a state is found in its
            tree, the search goes on from there. Of the same number of nodes.
    """
    rule = config.rule
    noise_key, rule_key, draw_key = spawn(key, 3)
    tree = plant(game, evaluate, config, params, states, noise_key)
    evaluations = jnp.full(tree.terminal.shape[0], config.nodes)
    begins = None
    if config.reuse and kept is not None:
        node, found = find(kept, states)
        tree = select(found, reroot(kept, node), tree)
        begins = tree.nodes.visits[:, ROOT]  # slots up to here are taken, or empty
        evaluations = jnp.where(found, config.nodes - begins, config.nodes)
    priors = root_priors(tree) if begins is not None else tree.priors[:, ROOT]
    noise = rule.root_noise(rule_key, priors.shape)
    if config.leaves > 1:
        tree = grow_leaves(game, evaluate, config, params, tree)
    elif config.nodes > 1:
        record = open_root(rule, priors, noise, config.nodes - 1)
        begin, simulate = simulations(game, evaluate, config, params, draw_key, begins)
        first = jnp.int32(1) if begins is None else jnp.min(begins)
        growing = begin(tree, record, first - 1)
        tree = jax.lax.fori_loop(first, config.nodes, simulate, growing).tree
    return found_at_roots(config, tree, priors, noise, evaluations), tree


class Growing(NamedTuple):
    """Trees between two simulations, and what the next one will evaluate."""

    tree: Tree
    leaf: Leaf
    record: Any  # the rule's, of the roots


def simulations(
    game: Game,
    evaluate: Evaluate,
    config: SearchSettings,
    params: Any,
    draw_key: Key[Array, "*K"],
    begins: Int32[Array, "B"] | None = None,
) -> tuple[
    Callable[[Tree, Any, Int[Array, ""]], Growing], Callable[[Int[Array, ""], Growing], Growing]
]:
    """How trees grow: what chooses their first leaf, (tree, record, index [] of the simulation,
    from 0) → `Growing`, and one turn of the loop, (index [] of the new node, `Growing`) →
    `Growing`.

    Args:
        begins: the first node that each tree lacks [B], where some were kept.
    """

    def begin(tree: Tree, record: Any, index: Int[Array, ""]) -> Growing:
        key = fold_in(draw_key, index) if config.rule.samples else None
        return Growing(tree, *choose(game, config.rule, tree, record, index, key))

    # Each turn evaluates the leaf chosen in the turn before. A state that is carried over is
    # computed once; one used in the turn that makes it, XLA computes anew for every use.
    def simulate(index: Int[Array, ""], growing: Growing) -> Growing:
        tree, leaf, record = growing
        grown = grow(game, evaluate, params, tree, leaf, index)
        tree = grown if begins is None else select(begins <= index, grown, tree)
        return begin(tree, record, index)

    return begin, simulate


def found_at_roots(
    config: SearchSettings,
    tree: Tree,
    priors: Float32[Array, "B A"],
    noise: Float32[Array, "B A"] | None,
    evaluations: Int32[Array, "B"],
) -> SearchResult:
    """What the roots of trees have learnt so far, of `priors` and the rule's noise [B, A]."""
    nodes = tree.nodes
    # Nodes that are no child of the root point past the last action and are dropped.
    action = jnp.where(nodes.parent == ROOT, tree.action, priors.shape[-1])
    root = by_action(priors, noise, action, nodes.visits, -mean_value(nodes))
    return conclude(config.rule, nodes, root, evaluations)


def root_priors(tree: Tree) -> jax.Array:
    """The priors of all actions at the roots [B, A], those tried included."""
    untried = tree.priors[:, ROOT]
    batch, num_actions = untried.shape
    tried = jnp.where(tree.nodes.parent == ROOT, tree.action, num_actions)
    return untried.at[jnp.arange(batch)[:, None], tried].set(tree.nodes.prior, mode="drop")


def principal_variation(tree: Tree, action: Int32[Array, "B"]) -> Int32[Array, "B N"]:
    """The line of play that the search expects: [B, N] int32, NO_PARENT after its end.

    It begins with `action` [B], which must have been tried, and goes on with the most visited
    child, the one expanded first on ties.
    """
    nodes = tree.nodes
    slots = jnp.arange(nodes.parent.shape[1])

    def follow(nodes: Nodes, actions: jax.Array, first: jax.Array) -> jax.Array:
        def step(node: jax.Array, ply: jax.Array) -> tuple[jax.Array, jax.Array]:
            is_next = (nodes.parent == node) & ((ply > 0) | (actions == first))
            score = jnp.where(is_next, nodes.visits.astype(jnp.float32), UNAVAILABLE)
            child, best = first_argmax(score)
            found = best >= 0
            # From a node that is no node nothing follows.
            return jnp.where(found, child, -2), jnp.where(found, actions[child], -1)

        return jax.lax.scan(step, jnp.int32(ROOT), slots)[1]

    return jax.vmap(follow)(nodes, tree.action, action)
