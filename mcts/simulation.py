"""One simulation of a batch of trees: choose a leaf, evaluate it, back its value up.

Values are from the view of the side to move everywhere; `back_up` is the one place that converts
between plies, and the rules negate once to read a child's value from its parent.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int, Key

from games.protocol import Game, State
from mcts.keys import draw_by_part, spawn
from mcts.noise import dirichlet
from mcts.paths import back_up, descend
from mcts.reductions import UNAVAILABLE
from mcts.rules.rule import Entry, SearchRule
from mcts.settings import SearchSettings
from mcts.tree import (
    NO_PARENT,
    ROOT,
    Children,
    Nodes,
    Tree,
    at_node,
    keeps_children,
    next_untried,
    set_at_node,
)

Evaluate = Callable[[Any, State], tuple[jax.Array, jax.Array]]
"""A network: (params, states [B]) → policy logits [B, A] in the board frame, not yet masked, and
values [B] in [-1, 1] from the view of the side to move."""


def plant(
    game: Game,
    evaluate: Evaluate,
    config: SearchSettings,
    params: Any,
    states: State,
    noise_key: Key[Array, "*K"] | None,
) -> Tree:
    """Trees of one node, with room for more; noise is mixed in only with a key."""
    prior, value, terminal = evaluate_states(game, evaluate, params, states)
    batch, num_actions = prior.shape
    if config.noise_fraction > 0 and noise_key is not None:
        alpha = config.noise_concentration / num_actions
        noise = dirichlet(noise_key, alpha, prior >= 0)
        mixed = (1 - config.noise_fraction) * prior + config.noise_fraction * noise
        prior = jnp.where(prior >= 0, mixed, UNAVAILABLE)

    def column(fill: float, dtype: Any, root: Any = None) -> jax.Array:
        array = jnp.full((batch, config.slots), fill, dtype)
        return array if root is None else array.at[:, ROOT].set(root)

    def fill_slots(root: jax.Array) -> jax.Array:
        # A slot is written before it is read, so what the others start with does not matter.
        return jnp.repeat(root[:, None], config.slots, axis=1)

    next_prior, next_action = next_untried(prior)
    nodes = Nodes(
        parent=column(NO_PARENT, jnp.int32),
        visits=column(0, jnp.int32, 1),
        value_sum=column(0, jnp.float32, value),
        prior=column(0, jnp.float32),
        next_prior=column(UNAVAILABLE, jnp.float32, next_prior),
        untried_prior=column(0, jnp.float32, _mass(prior)),
        legal_actions=column(0, jnp.int32, jnp.sum(prior >= 0, axis=-1)),
        network_value=column(0, jnp.float32, value),
        pending=column(0, jnp.int32) if config.leaves > 1 else None,
    )
    return Tree(
        nodes=nodes,
        action=column(0, jnp.int32),
        next_action=column(0, jnp.int32, next_action),
        priors=fill_slots(prior),
        terminal=column(0, bool, terminal),
        states=jax.tree.map(fill_slots, states),
        children=_no_children(batch, config, num_actions),
    )


def _no_children(batch: int, config: SearchSettings, num_actions: int) -> Children | None:
    if not keeps_children(config.slots, num_actions, config.rule.sums):
        return None
    return Children(
        slot=jnp.zeros((batch, config.slots, num_actions), jnp.int16),
        count=jnp.zeros((batch, config.slots), jnp.int32),
    )


def bytes_per_tree(game: Game, config: SearchSettings) -> int:
    """Memory of one game's tree."""
    batch_of_one = jax.tree.map(lambda leaf: leaf[None], game.init())

    def evaluate(params: None, states: State) -> tuple[jax.Array, jax.Array]:
        del params, states
        return jnp.zeros((1, game.num_actions)), jnp.zeros(1)

    tree = jax.eval_shape(
        lambda states: plant(game, evaluate, config, None, states, None),
        batch_of_one,
    )
    return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(tree))


def _mass(priors: jax.Array) -> jax.Array:
    """Prior of all untried actions together: [B, A] → [B]."""
    return jnp.sum(jnp.maximum(priors, 0), axis=-1)


class Evaluation(NamedTuple):
    """What is to be known of B states before they are searched."""

    priors: jax.Array  # [B, A], UNAVAILABLE where illegal
    value: jax.Array  # [B], the network's, the outcome where the game is over
    terminal: jax.Array  # [B] bool


def evaluate_states(game: Game, evaluate: Evaluate, params: Any, states: State) -> Evaluation:
    """The network's word on B states, over legal actions and within bounds."""
    logits, value = evaluate(params, states)
    legal = jax.vmap(game.legal)(states)
    # Finite bounds, not infinity: infinite logits and a finished state's row give no NaN, and
    # whatever the logits, an illegal action takes no share from a legal one.
    bound = jnp.finfo(logits.dtype).max / 2
    masked = jnp.where(legal, jnp.clip(logits, -bound, bound), -2 * bound)
    prior = jnp.where(legal, jax.nn.softmax(masked, axis=-1), UNAVAILABLE)
    terminal = jax.vmap(game.terminal)(states)
    value = jnp.where(terminal, _outcome(game, states), jnp.clip(value, -1, 1))
    return Evaluation(prior, value, terminal)


def _outcome(game: Game, states: State) -> jax.Array:
    """+1, 0 or -1 [B] for a finished game, from the view of the side to move."""
    winner, to_move = jax.vmap(game.winner)(states), jax.vmap(game.to_move)(states)
    return jnp.where(winner < 0, 0.0, jnp.where(winner == to_move, 1.0, -1.0))


class Leaf(NamedTuple):
    """Where the descent of each tree ended, and the state to evaluate next."""

    node: jax.Array  # [B] int32, the last node of the path
    counts: jax.Array  # [B] bool, whether this is a visit at all; a tree may stand still
    expands: jax.Array  # [B] bool, whether a new node is made; not if the game is over
    action: jax.Array  # [B] int32, the action to try from it
    prior: jax.Array  # [B], that action's prior
    states: State  # [B, ...], the state after it; the node's own where nothing is expanded


def choose(
    game: Game,
    rule: SearchRule,
    tree: Tree,
    record: Any,
    index: Int[Array, ""],
    key: Key[Array, "*K"] | None,
) -> tuple[Leaf, Any]:
    """Descend every tree and make the move that comes next, in simulation `index` [] from 0."""
    entry = None
    if record is not None:
        leave = jax.vmap(lambda record, nodes: rule.leave_root(record, nodes, index))
        record, entry = leave(record, tree.nodes)
    descend_key, action_key = (None, None) if key is None else spawn(key, 2)
    node = descend(rule, tree, entry, descend_key, index + 1)
    action, prior = _new_action(rule, tree, node, entry, action_key)
    states = jax.tree.map(lambda array: at_node(array, node), tree.states)
    leaf = Leaf(
        node=node,
        counts=jnp.ones(node.shape, bool),
        expands=~at_node(tree.terminal, node),
        action=action,
        prior=prior,
        states=jax.vmap(game.step)(states, action),  # a finished state is absorbing
    )
    return leaf, record


def _new_action(
    rule: SearchRule, tree: Tree, node: jax.Array, entry: Entry | None, key: jax.Array | None
) -> tuple[jax.Array, jax.Array]:
    """The action to try at each leaf [B], and its prior [B]."""
    likeliest, prior = at_node(tree.next_action, node), at_node(tree.nodes.next_prior, node)
    if rule.samples:
        assert key is not None, "a rule that samples needs a key"
        rows = at_node(tree.priors, node)
        uniform = draw_by_part(jax.random.uniform, key, node.shape)
        likeliest, prior = jax.vmap(rule.new_action)(rows, likeliest, prior, uniform)
    if entry is not None:
        at_root = node == ROOT
        likeliest = jnp.where(at_root, entry.action, likeliest)
        prior = jnp.where(at_root, entry.prior, prior)
    return likeliest, prior


def grow(
    game: Game, evaluate: Evaluate, params: Any, tree: Tree, leaf: Leaf, index: Int[Array, ""]
) -> Tree:
    """Evaluate each leaf, add it as node `index` [] where it is new, and back its value up."""
    # Where nothing is expanded, the value is the finished leaf's own outcome.
    evaluation = evaluate_states(game, evaluate, params, leaf.states)
    # The new row of `priors` depends on the leaf's, so that XLA reads that one first and then
    # writes in place; without the dependence it copies the whole of `priors` twice a simulation.
    priors = jnp.where(leaf.expands[:, None], evaluation.priors, at_node(tree.priors, leaf.node))
    tree = attach(tree, leaf, index)
    tree = fill(tree, evaluation._replace(priors=priors), index)
    end = jnp.where(leaf.expands, index, leaf.node)
    return tree._replace(nodes=back_up(tree.nodes, end, evaluation.value, leaf.counts))


def attach(tree: Tree, leaf: Leaf, index: Int[Array, ""]) -> Tree:
    """Add each leaf that is new as node `index` [], and take the action off its parent."""
    old_priors = at_node(tree.priors, leaf.node)
    tried = jax.lax.broadcasted_iota(jnp.int32, old_priors.shape, 1) == leaf.action[:, None]
    remaining = jnp.where(tried & leaf.expands[:, None], UNAVAILABLE, old_priors)
    next_prior, next_action = next_untried(remaining)
    nodes = tree.nodes
    write = functools.partial(_write, index=index)
    return tree._replace(
        nodes=nodes._replace(
            parent=write(nodes.parent, jnp.where(leaf.expands, leaf.node, NO_PARENT)),
            prior=write(nodes.prior, leaf.prior),
            next_prior=set_at_node(nodes.next_prior, leaf.node, next_prior),
            untried_prior=set_at_node(nodes.untried_prior, leaf.node, _mass(remaining)),
        ),
        action=write(tree.action, leaf.action),
        next_action=set_at_node(tree.next_action, leaf.node, next_action),
        priors=set_at_node(tree.priors, leaf.node, remaining),
        states=jax.tree.map(write, tree.states, leaf.states),
        children=_add_child(tree.children, leaf, index),
    )


def fill(tree: Tree, evaluation: Evaluation, index: Int[Array, ""]) -> Tree:
    """Give node `index` [] of each tree what the network said of it."""
    nodes = tree.nodes
    priors = evaluation.priors
    next_prior, next_action = next_untried(priors)
    write = functools.partial(_write, index=index)
    return tree._replace(
        nodes=nodes._replace(
            next_prior=write(nodes.next_prior, next_prior),
            untried_prior=write(nodes.untried_prior, _mass(priors)),
            legal_actions=write(nodes.legal_actions, jnp.sum(priors >= 0, axis=-1)),
            network_value=write(nodes.network_value, evaluation.value),
        ),
        next_action=write(tree.next_action, next_action),
        priors=write(tree.priors, priors),
        terminal=write(tree.terminal, evaluation.terminal),
    )


def _write(array: jax.Array, at_index: jax.Array, index: jax.Array) -> jax.Array:
    """`array` [B, N, ...] with `at_index` [B, ...] as node `index` []."""
    return array.at[:, index].set(at_index)


def _add_child(children: Children | None, leaf: Leaf, index: jax.Array) -> Children | None:
    if children is None:
        return None
    slot, count = children
    trees = jnp.arange(leaf.node.shape[0])
    rank = at_node(count, leaf.node)
    new = jnp.where(leaf.expands, index, ROOT).astype(slot.dtype)  # what was there, if nothing is
    return Children(
        slot=slot.at[trees, leaf.node, rank].set(new, mode="drop", unique_indices=True),
        count=set_at_node(count, leaf.node, rank + leaf.expands.astype(rank.dtype)),
    )
