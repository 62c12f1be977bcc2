"""Batched Monte Carlo tree search under one `jit`.

A search of n nodes makes n network evaluations a tree: one of the root and one in each of n - 1
simulations. A simulation descends from the root by the search rule to an action never tried,
steps the game, evaluates the new state, and adds its value to every node on the path.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from games.protocol import Game, State
from mcts.gumbel import Considered, Gumbel, round_sizes
from mcts.keys import fold_in, spawn
from mcts.leaves import grow_leaves
from mcts.reuse import find, reroot
from mcts.rule import TREES, Root, SearchRule
from mcts.settings import SearchConfig
from mcts.simulation import Evaluate, Leaf, choose, grow, plant
from mcts.tree import ROOT, UNAVAILABLE, Nodes, Tree, first_argmax, mean_value, select


class SearchResult(NamedTuple):
    """What a search found, in the board frame; values from the root mover's view."""

    visits: jax.Array  # [B, A] int32, how often each action was tried
    policy: jax.Array  # [B, A], the rule's improved policy: the training target
    action: jax.Array  # [B] int32, the move the rule itself plays, without temperature
    q: jax.Array  # [B, A], mean value of each action tried, 0 for the others
    prior: jax.Array  # [B, A], network policy over legal actions, noise mixed in where asked
    value: jax.Array  # [B], mean value of the root after the search
    network_value: jax.Array  # [B], value of the root before it
    evaluations: jax.Array  # [B] int32, made for this search; fewer than `nodes` if a tree was kept


def search(
    game: Game,
    evaluate: Evaluate,
    config: SearchConfig,
    params: Any,
    states: State,
    key: jax.Array,
) -> SearchResult:
    """Search each of B states; a finished state gets no visits and a zero policy.

    `key` is used only by noise and by rules that sample; keys [K] serve K equal parts of the batch.
    Trees do not see each other, Jones's normalisation excepted: `search(batch)[i] == search(batch
    of one)` where nothing is drawn.
    """
    if isinstance(config.rule, Gumbel) and config.rule.parallel and config.nodes > 1:
        return _search_in_rounds(game, evaluate, config, config.rule, params, states, key)
    return search_tree(game, evaluate, config, params, states, key)[0]


def search_tree(
    game: Game,
    evaluate: Evaluate,
    config: SearchConfig,
    params: Any,
    states: State,
    key: jax.Array,
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
    priors = _root_priors(tree) if begins is not None else tree.priors[:, ROOT]
    noise = rule.root_noise(rule_key, priors.shape)
    if config.leaves > 1:
        tree = grow_leaves(game, evaluate, config, params, tree)
    elif config.nodes > 1:
        record = _open_root(rule, priors, noise, config.nodes - 1)

        def next_leaf(tree: Tree, record: Any, index: jax.Array) -> tuple[Leaf, Any]:
            key = fold_in(draw_key, index) if rule.samples else None
            return choose(game, rule, tree, record, index, key)

        # Each turn evaluates the leaf chosen in the turn before. A state that is carried over is
        # computed once; one used in the turn that makes it, XLA computes anew for every use.
        def simulation(index: jax.Array, carry: tuple[Tree, Leaf, Any]) -> tuple[Tree, Leaf, Any]:
            tree, leaf, record = carry
            grown = grow(game, evaluate, params, tree, leaf, index)
            tree = grown if begins is None else select(begins <= index, grown, tree)
            return tree, *next_leaf(tree, record, index)

        first = jnp.int32(1) if begins is None else jnp.min(begins)
        start = (tree, *next_leaf(tree, record, first - 1))
        tree, *_ = jax.lax.fori_loop(first, config.nodes, simulation, start)
    nodes = tree.nodes
    # Nodes that are no child of the root point past the last action and are dropped.
    action = jnp.where(nodes.parent == ROOT, tree.action, priors.shape[-1])
    root = _by_action(priors, noise, action, nodes.visits, -mean_value(nodes))
    return _conclude(rule, nodes, root, evaluations), tree


def _root_priors(tree: Tree) -> jax.Array:
    """The priors of all actions at the roots [B, A], those tried included."""
    untried = tree.priors[:, ROOT]
    batch, num_actions = untried.shape
    tried = jnp.where(tree.nodes.parent == ROOT, tree.action, num_actions)
    return untried.at[jnp.arange(batch)[:, None], tried].set(tree.nodes.prior, mode="drop")


def _search_in_rounds(
    game: Game,
    evaluate: Evaluate,
    config: SearchConfig,
    rule: Gumbel,
    params: Any,
    states: State,
    key: jax.Array,
) -> SearchResult:
    """The same search, each round of sequential halving at once.

    The simulations of a round leave the root by different actions and so never meet: what each
    does is decided when the round begins. Every action considered gets a tree of its own, B · m
    side by side; those that a round leaves out stand still.
    """
    noise_key, rule_key, _ = spawn(key, 3)
    simulations = config.nodes - 1
    root = plant(game, evaluate, config.with_nodes(1), params, states, noise_key)
    priors = root.priors[:, ROOT]
    noise = rule.root_noise(rule_key, priors.shape)
    considered: Considered = _open_root(rule, priors, noise, simulations)
    batch, m = considered.action.shape
    sizes = jnp.asarray(round_sizes(m, simulations))[considered.count]  # [B, rounds]
    exists = jnp.arange(m)[None] < considered.count[:, None]  # [B, m]

    def split(flat: jax.Array) -> jax.Array:
        return flat.reshape(batch, m, *flat.shape[1:])

    def join(array: jax.Array) -> jax.Array:
        return array.reshape(batch * m, *array.shape[2:])

    def statistics(trees: Tree) -> tuple[jax.Array, jax.Array]:
        """Visits and q [B, m] of the actions considered."""
        visits = split(trees.nodes.visits)[..., ROOT]
        visits = jnp.where(exists, visits, 0)
        return visits, -split(mean_value(trees.nodes))[..., ROOT]

    def next_leaf(trees: Tree, round_index: jax.Array) -> Leaf:
        visits, q = statistics(trees)
        rank = jax.vmap(rule.rank)(considered, root.nodes, visits, q)
        waits = exists & (visits == round_index)
        size = jax.lax.dynamic_index_in_dim(sizes, round_index, axis=1)
        goes_on = join(waits & (_place(jnp.where(waits, rank, -jnp.inf)) < size))
        leaf, _ = choose(game, rule, trees, None, round_index, None)
        return leaf._replace(counts=goes_on, expands=leaf.expands & goes_on)

    def one_round(round_index: jax.Array, carry: tuple[Tree, Leaf]) -> tuple[Tree, Leaf]:
        trees = grow(game, evaluate, params, *carry, round_index)
        return trees, next_leaf(trees, round_index + 1)

    # The first round: every action considered, once.
    step = jax.vmap(jax.vmap(game.step, (None, 0)))
    children = jax.tree.map(join, step(states, considered.action))
    trees = plant(game, evaluate, config.with_nodes(simulations), params, children, None)
    rounds = jnp.max(jnp.sum(sizes > 0, axis=1))
    start = (trees, next_leaf(trees, jnp.int32(1)))
    trees, _ = jax.lax.fori_loop(1, rounds, one_round, start)
    visits, q = statistics(trees)
    action = jnp.where(visits > 0, considered.action, priors.shape[-1])
    made = jnp.full(batch, config.nodes)
    return _conclude(rule, root.nodes, _by_action(priors, noise, action, visits, q), made)


def _place(scores: jax.Array) -> jax.Array:
    """How many scores [..., m] go before each, the first of equal ones first."""
    mine, other = scores[..., :, None], scores[..., None, :]
    index = jnp.arange(scores.shape[-1])
    earlier = jnp.broadcast_to(index[None, :] < index[:, None], mine.shape[:-1] + index.shape)
    return jnp.sum((other > mine) | ((other == mine) & earlier), axis=-1)


def _open_root(
    rule: SearchRule, priors: jax.Array, noise: jax.Array | None, simulations: int
) -> Any:
    """The rule's record of each root, [B, ...]."""
    axes = (0, None if noise is None else 0)
    return jax.vmap(lambda row, drawn: rule.open_root(row, drawn, simulations), axes)(priors, noise)


def _by_action(
    priors: jax.Array,
    noise: jax.Array | None,
    action: jax.Array,
    visits: jax.Array,
    q: jax.Array,
) -> Root:
    """The roots, from visits and q [B, K] of each `action` [B, K]; A stands for none."""
    trees = jnp.arange(priors.shape[0])[:, None]

    def scatter(values: jax.Array) -> jax.Array:
        empty = jnp.zeros(priors.shape, values.dtype)
        return empty.at[trees, action].set(values, mode="drop")

    return Root(
        visits=scatter(visits),
        q=scatter(q),
        prior=jnp.maximum(priors, 0),
        legal=priors >= 0,
        noise=jnp.zeros_like(priors) if noise is None else noise,
    )


def _conclude(rule: SearchRule, nodes: Nodes, root: Root, evaluations: jax.Array) -> SearchResult:
    """What the roots learned; `nodes` [B, N] are the trees they belong to."""
    policy, best = jax.vmap(rule.conclude, axis_name=TREES)(nodes, root)
    network_value = nodes.network_value[:, ROOT]
    total = jnp.sum(root.visits, axis=-1)
    return SearchResult(
        visits=root.visits,
        policy=policy,
        action=best,
        q=root.q,
        prior=root.prior,
        value=(network_value + jnp.sum(root.visits * root.q, axis=-1)) / (1 + total),
        network_value=network_value,
        evaluations=evaluations,
    )


def principal_variation(tree: Tree, action: jax.Array) -> jax.Array:
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
