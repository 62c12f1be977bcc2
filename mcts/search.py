"""Batched Monte Carlo tree search under one `jit`.

A search of n nodes makes n network evaluations a tree: one of the root and one in each of n - 1
simulations. A simulation descends from the root by the search rule to an action never tried,
steps the game, evaluates the new state, and adds its value to every node on the path.
Values are from the view of the side to move everywhere; `_backup` is the one place that converts
between plies, and the rules negate once to read a child's value from its parent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from games.protocol import Game, State
from mcts.noise import dirichlet
from mcts.rule import TREES, Entry, Root, SearchRule
from mcts.settings import SearchConfig
from mcts.tree import NO_PARENT, ROOT, UNAVAILABLE, Nodes, Tree, at_node, mean_value, next_untried

Evaluate = Callable[[Any, State], tuple[jax.Array, jax.Array]]
"""A network: (params, states [B]) → policy logits [B, A] in the board frame, not yet masked, and
values [B] in [-1, 1] from the view of the side to move."""


class SearchResult(NamedTuple):
    """What a search found, in the board frame; values from the root mover's view."""

    visits: jax.Array  # [B, A] int32, how often each action was tried
    policy: jax.Array  # [B, A], the rule's improved policy: the training target
    action: jax.Array  # [B] int32, the move the rule itself plays, without temperature
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

    `key` is used only by noise and by rules that sample. Trees do not see each other, Jones's
    normalisation excepted: `search(batch)[i] == search(batch of one)` where nothing is drawn.
    """
    return search_tree(game, evaluate, config, params, states, key)[0]


def search_tree(
    game: Game,
    evaluate: Evaluate,
    config: SearchConfig,
    params: Any,
    states: State,
    key: jax.Array,
) -> tuple[SearchResult, Tree]:
    """`search`, and the trees behind it."""
    rule = config.rule
    noise_key, rule_key, draw_key = jax.random.split(key, 3)
    tree = _plant(game, evaluate, config, params, states, noise_key)
    root_priors = tree.priors[:, ROOT]
    noise = rule.root_noise(rule_key, root_priors.shape)
    if config.nodes > 1:
        record = _open_root(rule, root_priors, noise, config.nodes - 1)

        def choose(tree: Tree, record: Any, index: jax.Array) -> tuple[Leaf, Any]:
            key = jax.random.fold_in(draw_key, index) if rule.samples else None
            return _choose(game, rule, tree, record, index, key)

        # Each turn evaluates the leaf chosen in the turn before. A state that is carried over is
        # computed once; one used in the turn that makes it, XLA computes anew for every use.
        def simulation(index: jax.Array, carry: tuple[Tree, Leaf, Any]) -> tuple[Tree, Leaf, Any]:
            tree, leaf, record = carry
            tree = _grow(game, evaluate, params, tree, leaf, index)
            return tree, *choose(tree, record, index)

        start = (tree, *choose(tree, record, jnp.int32(0)))
        tree, *_ = jax.lax.fori_loop(1, config.nodes, simulation, start)
    return _summarise(rule, tree, root_priors, noise), tree


def _open_root(
    rule: SearchRule, priors: jax.Array, noise: jax.Array | None, simulations: int
) -> Any:
    """The rule's record of each root, [B, ...]."""
    axes = (0, None if noise is None else 0)
    return jax.vmap(lambda row, drawn: rule.open_root(row, drawn, simulations), axes)(priors, noise)


def _plant(
    game: Game,
    evaluate: Evaluate,
    config: SearchConfig,
    params: Any,
    states: State,
    key: jax.Array,
) -> Tree:
    """Trees of one node."""
    prior, value, terminal = _evaluate(game, evaluate, params, states)
    batch, num_actions = prior.shape
    if config.noise_fraction > 0:
        alpha = config.noise_concentration / num_actions
        noise = dirichlet(key, alpha, prior >= 0)
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


def _choose(
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
    descend_key, action_key = (None, None) if key is None else jax.random.split(key)
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
        uniform = jax.random.uniform(_some(key), node.shape)
        likeliest, prior = jax.vmap(rule.new_action)(rows, likeliest, prior, uniform)
    if entry is not None:
        at_root = node == ROOT
        likeliest = jnp.where(at_root, entry.action, likeliest)
        prior = jnp.where(at_root, entry.prior, prior)
    return likeliest, prior


def _some(key: jax.Array | None) -> jax.Array:
    assert key is not None, "a rule that samples needs a key"
    return key


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
            uniform = jax.random.uniform(jax.random.fold_in(_some(key), level), (batch,))
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


def _summarise(
    rule: SearchRule, tree: Tree, root_priors: jax.Array, noise: jax.Array | None
) -> SearchResult:
    """What the roots learned, by action."""
    nodes = tree.nodes
    batch, num_actions = root_priors.shape
    trees = jnp.arange(batch)[:, None]
    # Nodes that are no child of the root point past the last action and are dropped.
    action = jnp.where(nodes.parent == ROOT, tree.action, num_actions)

    def by_action(values: jax.Array) -> jax.Array:
        empty = jnp.zeros((batch, num_actions), values.dtype)
        return empty.at[trees, action].set(values, mode="drop")

    root = Root(
        visits=by_action(nodes.visits),
        q=by_action(-mean_value(nodes)),
        prior=jnp.maximum(root_priors, 0),
        legal=root_priors >= 0,
        noise=jnp.zeros_like(root_priors) if noise is None else noise,
    )
    policy, best = jax.vmap(rule.conclude, axis_name=TREES)(nodes, root)
    return SearchResult(
        visits=root.visits,
        policy=policy,
        action=best,
        q=root.q,
        prior=root.prior,
        value=mean_value(nodes)[:, ROOT],
        network_value=nodes.network_value[:, ROOT],
    )
