"""One simulation of a batch of trees: choose a leaf, evaluate it, back its value up.

Values are from the view of the side to move everywhere; `_backup` is the one place that converts
between plies, and the rules negate once to read a child's value from its parent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from games.protocol import Game, State
from mcts.keys import draw_by_part, fold_in, spawn
from mcts.noise import dirichlet
from mcts.rule import TREES, Entry, SearchRule
from mcts.settings import SearchConfig
from mcts.tree import NO_PARENT, ROOT, UNAVAILABLE, Nodes, Tree, at_node, next_untried

Evaluate = Callable[[Any, State], tuple[jax.Array, jax.Array]]
"""A network: (params, states [B]) → policy logits [B, A] in the board frame, not yet masked, and
values [B] in [-1, 1] from the view of the side to move."""


def plant(
    game: Game,
    evaluate: Evaluate,
    config: SearchConfig,
    params: Any,
    states: State,
    noise_key: jax.Array | None,
) -> Tree:
    """Trees of one node, with room for more; noise is mixed in only with a key."""
    prior, value, terminal = _evaluate(game, evaluate, params, states)
    batch, num_actions = prior.shape
    if config.noise_fraction > 0 and noise_key is not None:
        alpha = config.noise_concentration / num_actions
        noise = dirichlet(noise_key, alpha, prior >= 0)
        mixed = (1 - config.noise_fraction) * prior + config.noise_fraction * noise
        prior = jnp.where(prior >= 0, mixed, UNAVAILABLE)

    def column(fill: float, dtype: Any, root: Any = None) -> jax.Array:
        array = jnp.full((batch, config.nodes), fill, dtype)
        return array if root is None else array.at[:, ROOT].set(root)

    def fill_slots(root: jax.Array) -> jax.Array:
        # A slot is written before it is read, so what the others start with does not matter.
        return jnp.repeat(root[:, None], config.nodes, axis=1)

    next_prior, next_action = next_untried(prior)
    nodes = Nodes(
        parent=column(NO_PARENT, jnp.int32),
        depth=column(0, jnp.int32),
        visits=column(0, jnp.int32, 1),
        value_sum=column(0, jnp.float32, value),
        prior=column(0, jnp.float32),
        next_prior=column(UNAVAILABLE, jnp.float32, next_prior),
        untried_prior=column(0, jnp.float32, _mass(prior)),
        legal_actions=column(0, jnp.int32, jnp.sum(prior >= 0, axis=-1)),
        network_value=column(0, jnp.float32, value),
    )
    return Tree(
        nodes=nodes,
        action=column(0, jnp.int32),
        next_action=column(0, jnp.int32, next_action),
        priors=fill_slots(prior),
        terminal=column(0, bool, terminal),
        states=jax.tree.map(fill_slots, states),
    )


def bytes_per_tree(game: Game, nodes: int) -> int:
    """Memory of one game's tree."""
    batch_of_one = jax.tree.map(lambda leaf: leaf[None], game.init())

    def evaluate(params: None, states: State) -> tuple[jax.Array, jax.Array]:
        del params, states
        return jnp.zeros((1, game.num_actions)), jnp.zeros(1)

    tree = jax.eval_shape(
        lambda states: plant(game, evaluate, SearchConfig(nodes=nodes), None, states, None),
        batch_of_one,
    )
    return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(tree))


def _mass(priors: jax.Array) -> jax.Array:
    """Prior of all untried actions together: [B, A] → [B]."""
    return jnp.sum(jnp.maximum(priors, 0), axis=-1)


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
    value = jnp.where(terminal, _outcome(game, states), jnp.clip(value, -1, 1))
    return prior, value, terminal


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


def choose(
    game: Game,
    rule: SearchRule,
    tree: Tree,
    record: Any,
    index: jax.Array,
    key: jax.Array | None,
) -> tuple[Leaf, Any]:
    """Descend every tree and make the move that comes next, in simulation `index` [] from 0."""
    entry = None
    if record is not None:
        leave = jax.vmap(lambda record, nodes: rule.leave_root(record, nodes, index))
        record, entry = leave(record, tree.nodes)
    descend_key, action_key = (None, None) if key is None else spawn(key, 2)
    node, path = _descend(rule, tree, entry, descend_key)
    action, prior = _new_action(rule, tree, node, entry, action_key)
    states = jax.tree.map(lambda array: at_node(array, node), tree.states)
    leaf = Leaf(
        node=node,
        path=path,
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
        rows = at_node(tree.priors, node)
        uniform = draw_by_part(jax.random.uniform, _some(key), node.shape)
        likeliest, prior = jax.vmap(rule.new_action)(rows, likeliest, prior, uniform)
    if entry is not None:
        at_root = node == ROOT
        likeliest = jnp.where(at_root, entry.action, likeliest)
        prior = jnp.where(at_root, entry.prior, prior)
    return likeliest, prior


def _some(key: jax.Array | None) -> jax.Array:
    assert key is not None, "a rule that samples needs a key"
    return key


def grow(
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
    old_next = next_untried(remaining)
    new_next = next_untried(priors)
    depth = at_node(tree.nodes.depth, leaf.node) + leaf.expands
    nodes = tree.nodes._replace(
        parent=write(tree.nodes.parent, jnp.where(leaf.expands, leaf.node, NO_PARENT)),
        depth=write(tree.nodes.depth, depth),
        prior=write(tree.nodes.prior, leaf.prior),
        next_prior=advance(tree.nodes.next_prior, old_next[0], new_next[0]),
        untried_prior=advance(tree.nodes.untried_prior, _mass(remaining), _mass(priors)),
        legal_actions=write(tree.nodes.legal_actions, jnp.sum(priors >= 0, axis=-1)),
        network_value=write(tree.nodes.network_value, value),
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


def _descend(
    rule: SearchRule, tree: Tree, entry: Entry | None, key: jax.Array | None
) -> tuple[jax.Array, jax.Array]:
    """Follow the rule from each root until it wants an action never tried, or the game is over.

    Returns:
        The node reached [B] and the nodes passed, itself included, bool [B, N].
    """
    nodes = tree.nodes
    batch, num_nodes = nodes.parent.shape
    num_actions = tree.priors.shape[-1]
    scores = jax.vmap(rule.score_nodes, axis_name=TREES)(nodes)
    slots = jnp.arange(num_nodes)[None]

    def follow(*args: Any) -> tuple[jax.Array, jax.Array]:
        nodes, scores, node, uniform = args
        return rule.follow(nodes, scores, node, num_actions, uniform)

    def step(carry):
        node, path, _, level = carry
        if rule.samples:
            uniform = draw_by_part(jax.random.uniform, fold_in(_some(key), level), (batch,))
            child, follows = jax.vmap(follow)(nodes, scores, node, uniform)
        else:
            child, follows = jax.vmap(follow, (0, 0, 0, None))(nodes, scores, node, None)
        follows &= carry[2]
        node = jnp.where(follows, child, node)
        return node, path | (slots == node[:, None]), follows, level + 1

    root = jnp.full(batch, ROOT, jnp.int32)
    node = root if entry is None else entry.node
    path = jnp.broadcast_to(slots == ROOT, (batch, num_nodes)) | (slots == node[:, None])
    moves = jnp.ones(batch, bool) if entry is None else node != ROOT
    leaf, path, *_ = jax.lax.while_loop(
        lambda carry: jnp.any(carry[2]), step, (node, path, moves, jnp.int32(0))
    )
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
