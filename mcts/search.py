"""Batched Monte Carlo tree search under one `jit`.

A search of n nodes makes n network evaluations a tree: one of the root and one in each of n - 1
simulations. A simulation descends from the root by the search rule to an action never tried,
steps the game, evaluates the new state, and adds its value to every node on the path.
Values are from the view of the side to move everywhere; `_backup` is the one place that converts
between plies, and `mcts.puct` negates once to read a child's value from its parent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import pydantic

from games.protocol import Game, State
from mcts.config import FrozenModel
from mcts.noise import dirichlet
from mcts.puct import Puct, score_edges, score_nodes
from mcts.tree import (
    NO_PARENT,
    ROOT,
    UNAVAILABLE,
    Nodes,
    Tree,
    at_node,
    first_argmax,
    mean_value,
    next_unvisited,
)

Evaluate = Callable[[Any, State], tuple[jax.Array, jax.Array]]
"""A network: (params, states [B]) → policy logits [B, A] in the board frame, not yet masked, and
values [B] in [-1, 1] from the view of the side to move."""


class SearchConfig(FrozenModel, frozen=True):
    """How an agent thinks; hashable, so that it can be a static argument of `jit`."""

    nodes: int = pydantic.Field(default=64, ge=1, le=4096)
    """Network evaluations a move, the root's included; 1 is the raw policy. Jones: 64."""

    rule: Puct = Puct()
    """How edges are chosen."""

    noise_fraction: float = pydantic.Field(default=0.0, ge=0, le=1)
    """Share of Dirichlet noise in the root's prior; 0.25 in self-play, 0 in evaluation."""

    noise_concentration: float = pydantic.Field(default=10.0, gt=0)
    """The noise's Dirichlet parameter is this over the number of cells. Jones: 10."""


class SearchResult(NamedTuple):
    """What a search found, in the board frame; values from the root mover's view."""

    visits: jax.Array  # [B, A] int32, how often each action was tried
    policy: jax.Array  # [B, A], share of visits; the prior if there was no simulation
    q: jax.Array  # [B, A], mean value of each action tried, 0 for the others
    prior: jax.Array  # [B, A], network policy over legal actions, noise mixed in where asked
    value: jax.Array  # [B], mean value of the root after the search
    network_value: jax.Array  # [B], value of the root before it


def search(
    game: Game,
    evaluate: Evaluate,
    config: SearchConfig,
    params: Any,
    states: State,
    key: jax.Array,
) -> SearchResult:
    """Search each of B states; a finished state gets no visits and a zero policy.

    `key` is used only by the root's noise. Trees do not see each other:
    `search(batch)[i] == search(batch of one)` where there is no noise.
    """
    tree, network_value = _plant(game, evaluate, config, params, states, key)
    prior = jnp.maximum(tree.priors[:, ROOT], 0)
    if config.nodes > 1:
        # Each turn evaluates the leaf chosen in the turn before. A state that is carried over is
        # computed once; one used in the turn that makes it, XLA computes anew for every use.
        def simulation(index: jax.Array, carry: tuple[Tree, Leaf]) -> tuple[Tree, Leaf]:
            tree = _grow(game, evaluate, params, *carry, index)
            return tree, _choose(game, config.rule, tree)

        start = (tree, _choose(game, config.rule, tree))
        tree, _ = jax.lax.fori_loop(1, config.nodes, simulation, start)
    return _summarise(tree, prior, network_value)


def _plant(
    game: Game,
    evaluate: Evaluate,
    config: SearchConfig,
    params: Any,
    states: State,
    key: jax.Array,
) -> tuple[Tree, jax.Array]:
    """Trees of one node, and the network's values of the roots [B]."""
    prior, value, terminal = _evaluate(game, evaluate, params, states)
    batch, num_actions = prior.shape
    if config.noise_fraction > 0:
        alpha = config.noise_concentration / num_actions
        noise = dirichlet(key, alpha, prior >= 0)
        mixed = (1 - config.noise_fraction) * prior + config.noise_fraction * noise
        prior = jnp.where(prior >= 0, mixed, UNAVAILABLE)

    def empty(fill: float, dtype: Any) -> jax.Array:
        return jnp.full((batch, config.nodes), fill, dtype)

    def fill_slots(root: jax.Array) -> jax.Array:
        # A slot is written before it is read, so what the others start with does not matter.
        return jnp.repeat(root[:, None], config.nodes, axis=1)

    next_prior, next_action = next_unvisited(prior)
    nodes = Nodes(
        parent=empty(NO_PARENT, jnp.int32),
        depth=empty(0, jnp.int32),
        visits=empty(0, jnp.int32).at[:, ROOT].set(1),
        value_sum=empty(0, jnp.float32).at[:, ROOT].set(value),
        prior=empty(0, jnp.float32),
        next_prior=empty(UNAVAILABLE, jnp.float32).at[:, ROOT].set(next_prior),
    )
    tree = Tree(
        nodes=nodes,
        action=empty(0, jnp.int32),
        next_action=empty(0, jnp.int32).at[:, ROOT].set(next_action),
        priors=fill_slots(prior),
        terminal=empty(0, bool).at[:, ROOT].set(terminal),
        states=jax.tree.map(fill_slots, states),
    )
    return tree, value


def _evaluate(
    game: Game, evaluate: Evaluate, params: Any, states: State
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Priors [B, A], values [B] (the outcome where over) and whether the game is over [B]."""
    logits, value = evaluate(params, states)
    legal = jax.vmap(game.legal)(states)
    # Finite bounds, not infinity: infinite logits and a finished state's row give no NaN, and
    # whatever the logits, an illegal action takes no share from a legal one.
    bound = jnp.finfo(logits.dtype).max / 2
    masked = jnp.where(legal, jnp.clip(logits, -bound, bound), -2 * bound)
    prior = jnp.where(legal, jax.nn.softmax(masked, axis=-1), UNAVAILABLE)
    terminal = jax.vmap(game.terminal)(states)
    return prior, jnp.where(terminal, _outcome(game, states), value), terminal


def _outcome(game: Game, states: State) -> jax.Array:
    """+1, 0 or -1 [B] for a finished game, from the view of the side to move."""
    winner, to_move = jax.vmap(game.winner)(states), jax.vmap(game.to_move)(states)
    return jnp.where(winner < 0, 0.0, jnp.where(winner == to_move, 1.0, -1.0))


class Leaf(NamedTuple):
    """Where the descent of each tree ended, and the state to evaluate next."""

    node: jax.Array  # [B] int32, the last node of the path
    path: jax.Array  # [B, N] bool, the nodes passed, itself included
    expands: jax.Array  # [B] bool, whether a new node is made; not if the game is over
    action: jax.Array  # [B] int32, the action to try from it
    prior: jax.Array  # [B], that action's prior
    states: State  # [B, ...], the state after it; the node's own where nothing is expanded


def _choose(game: Game, rule: Puct, tree: Tree) -> Leaf:
    """Descend every tree and make the move that comes next."""
    node, path = _descend(rule, tree)
    action = at_node(tree.next_action, node)
    states = jax.tree.map(lambda array: at_node(array, node), tree.states)
    return Leaf(
        node=node,
        path=path,
        expands=~at_node(tree.terminal, node),
        action=action,
        prior=at_node(tree.nodes.next_prior, node),
        states=jax.vmap(game.step)(states, action),  # a finished state is absorbing
    )


def _grow(
    game: Game, evaluate: Evaluate, params: Any, tree: Tree, leaf: Leaf, index: jax.Array
) -> Tree:
    """Evaluate each leaf, add it as node `index` [] where it is new, and back its value up."""
    # Where nothing is expanded, the value is the finished leaf's own outcome.
    priors, value, terminal = _evaluate(game, evaluate, params, leaf.states)
    expands = leaf.expands[:, None]

    old_priors = at_node(tree.priors, leaf.node)
    # Both rows written below depend on old_priors, so that XLA reads it first and then writes in
    # place; without the dependence it copies the whole of `priors` twice a simulation.
    priors = jnp.where(expands, priors, old_priors)
    trees, slots = jnp.arange(leaf.path.shape[0]), jnp.arange(leaf.path.shape[1])[None]
    is_old = (slots == leaf.node[:, None]) & expands

    def write(array: jax.Array, at_index: jax.Array) -> jax.Array:
        return array.at[:, index].set(at_index)

    def advance(array: jax.Array, at_old: jax.Array, at_index: jax.Array) -> jax.Array:
        return write(jnp.where(is_old, at_old[:, None], array), at_index)

    tried = jax.lax.broadcasted_iota(jnp.int32, priors.shape, 1) == leaf.action[:, None]
    remaining = jnp.where(tried, UNAVAILABLE, old_priors)
    old_next = next_unvisited(remaining)
    new_next = next_unvisited(priors)
    depth = at_node(tree.nodes.depth, leaf.node) + leaf.expands
    nodes = tree.nodes._replace(
        parent=write(tree.nodes.parent, jnp.where(leaf.expands, leaf.node, NO_PARENT)),
        depth=write(tree.nodes.depth, depth),
        prior=write(tree.nodes.prior, leaf.prior),
        next_prior=advance(tree.nodes.next_prior, old_next[0], new_next[0]),
    )
    path = leaf.path | ((slots == index) & expands)
    return Tree(
        nodes=_backup(nodes, path, depth, value),
        action=write(tree.action, leaf.action),
        next_action=advance(tree.next_action, old_next[1], new_next[1]),
        priors=write(tree.priors.at[trees, leaf.node].set(remaining), priors),
        terminal=write(tree.terminal, terminal),
        states=jax.tree.map(write, tree.states, leaf.states),
    )


def _descend(rule: Puct, tree: Tree) -> tuple[jax.Array, jax.Array]:
    """Follow the rule from each root until it wants an action never tried, or the game is over.

    On equal scores a child is followed rather than a new action tried, and among children the
    one expanded first.

    Returns:
        The node reached [B] and the nodes passed, itself included, bool [B, N].
    """
    nodes = tree.nodes
    batch, num_nodes = nodes.parent.shape
    scores = jax.vmap(lambda row: score_nodes(rule, row))(nodes)
    slots = jnp.arange(num_nodes)[None]

    def step(carry):
        node, path, _ = carry
        children, expand = jax.vmap(score_edges)(nodes, scores, node)
        child, best = first_argmax(children)
        follows = (best >= expand) & (best > -jnp.inf)
        node = jnp.where(follows, child, node)
        return node, path | (slots == node[:, None]), follows

    root = jnp.full(batch, ROOT, jnp.int32)
    start = (root, jnp.broadcast_to(slots == ROOT, (batch, num_nodes)), jnp.ones(batch, bool))
    leaf, path, _ = jax.lax.while_loop(lambda carry: jnp.any(carry[2]), step, start)
    return leaf, path


def _backup(nodes: Nodes, path: jax.Array, depth: jax.Array, value: jax.Array) -> Nodes:
    """Add `value` [B], seen by the mover `depth` [B] plies below the root, along `path` [B, N].

    Players alternate, so the view changes with every ply in between.
    """
    same_view = (nodes.depth - depth[:, None]) % 2 == 0
    seen = jnp.where(same_view, value[:, None], -value[:, None])
    return nodes._replace(
        visits=nodes.visits + path,
        value_sum=nodes.value_sum + jnp.where(path, seen, 0),
    )


def _summarise(tree: Tree, prior: jax.Array, network_value: jax.Array) -> SearchResult:
    """What the roots learned, by action."""
    nodes = tree.nodes
    batch, num_actions = prior.shape
    trees = jnp.arange(batch)[:, None]
    # Nodes that are no child of the root point past the last action and are dropped.
    action = jnp.where(nodes.parent == ROOT, tree.action, num_actions)

    def by_action(values: jax.Array) -> jax.Array:
        empty = jnp.zeros((batch, num_actions), values.dtype)
        return empty.at[trees, action].set(values, mode="drop")

    visits = by_action(nodes.visits)
    total = jnp.sum(visits, axis=-1, keepdims=True)
    return SearchResult(
        visits=visits,
        policy=jnp.where(total > 0, visits / jnp.maximum(total, 1), jnp.maximum(prior, 0)),
        q=by_action(-mean_value(nodes)),
        prior=prior,
        value=mean_value(nodes)[:, ROOT],
        network_value=network_value,
    )
