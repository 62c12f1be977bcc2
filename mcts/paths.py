"""Ways through B trees: down from the root by a search rule, and back up with a value."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float32, Int, Int32, Key

from mcts.keys import draw_by_part, fold_in
from mcts.rules.rule import TREES, Entry, SearchRule
from mcts.tree import ROOT, Nodes, Tree, add_at_node, at_node, family

SCANNED = (64, 128, 192, 256)
"""Numbers of nodes scanned, but for all that a tree may have: the smallest that its nodes so far do
not exceed. Rules that sum over children spend too little on the scan to gain by it."""

FAMILIES = (7, 15, 31, 55)
"""Numbers of children looked at, but for all that a node may have: at each level the smallest that
no node of the batch exceeds, unless a rule sums over them."""


def descend(
    rule: SearchRule,
    tree: Tree,
    entry: Entry | None,
    key: Key[Array, "*K"] | None,
    count: Int[Array, ""],
) -> Int32[Array, "B"]:
    """Follow the rule from each root until it wants an action never tried, or the game is over.

    Args:
        count: how many nodes a tree has by now []; slots from there on are not looked at.

    Returns:
        The node reached [B] int32.
    """
    slots = tree.terminal.shape[1]
    scanned = [] if rule.sums else [width for width in SCANNED if width < slots]
    fits = jnp.sum(count > jnp.array(scanned, jnp.int32))
    branches = [functools.partial(_descend_among, rule, width) for width in scanned]
    return jax.lax.switch(fits, [*branches, functools.partial(_descend, rule)], tree, entry, key)


def _descend_among(
    rule: SearchRule, width: int, tree: Tree, entry: Entry | None, key: jax.Array | None
) -> jax.Array:
    """`descend`, where the trees have no more than `width` nodes."""
    nodes = jax.tree.map(lambda array: array[:, :width], tree.nodes)
    return _descend(rule, tree._replace(nodes=nodes, children=None), entry, key)


def _descend(rule: SearchRule, tree: Tree, entry: Entry | None, key: jax.Array | None) -> jax.Array:
    batch = tree.terminal.shape[0]
    follow = (_follow_by_scan if tree.children is None else _follow_by_list)(rule, tree)

    def step(carry):
        node, moves, level = carry
        uniform = None
        if rule.samples:
            assert key is not None, "a rule that samples needs a key"
            uniform = draw_by_part(jax.random.uniform, fold_in(key, level), (batch,))
        child, follows = follow(node, moves, uniform)
        moves &= follows
        return jnp.where(moves, child, node), moves, level + 1

    node = jnp.full(batch, ROOT, jnp.int32) if entry is None else entry.node
    moves = jnp.ones(batch, bool) if entry is None else node != ROOT
    node, *_ = jax.lax.while_loop(
        lambda carry: jnp.any(carry[1]), step, (node, moves, jnp.int32(0))
    )
    return node


Follow = Callable[[jax.Array, jax.Array, jax.Array | None], tuple[jax.Array, jax.Array]]
"""(node [B], moves [B], uniform [B] or none) → the child to follow [B], whether to [B]. Where
`moves` does not hold, the answer does not matter."""


def _follow_by_scan(rule: SearchRule, tree: Tree) -> Follow:
    """A node's children are found among all nodes."""
    measure = jax.vmap(rule.measure, axis_name=TREES)(tree.nodes)
    scores = jax.vmap(rule.score_nodes)(tree.nodes, measure)

    def follow(node: jax.Array, moves: jax.Array, uniform: jax.Array | None):
        del moves
        one = functools.partial(rule.follow, num_actions=tree.priors.shape[-1])
        return jax.vmap(one)(tree.nodes, scores, node, uniform=uniform)

    return follow


def _follow_by_list(rule: SearchRule, tree: Tree) -> Follow:
    """A node's children are looked up, and nothing is done about the other nodes."""
    children, num_actions = tree.children, tree.priors.shape[-1]
    assert children is not None
    measure = jax.vmap(rule.measure, axis_name=TREES)(tree.nodes)
    families = () if rule.sums else FAMILIES
    widths = [*(width for width in families if width < num_actions), num_actions]

    def follow_within(width: int, node: jax.Array, uniform: jax.Array | None):
        members = family(tree, node, width)
        scores = jax.vmap(rule.score_nodes)(members, measure)
        one = functools.partial(rule.follow, node=jnp.int32(ROOT), num_actions=num_actions)
        member, follows = jax.vmap(one)(members, scores, uniform=uniform)
        rank = jnp.clip(member - 1, 0, width - 1)
        child = jax.vmap(lambda slot, node, rank: slot[node, rank])(children.slot, node, rank)
        return child.astype(jnp.int32), follows

    def follow(node: jax.Array, moves: jax.Array, uniform: jax.Array | None):
        most = jnp.max(jnp.where(moves, at_node(children.count, node), 0))
        fits = jnp.sum(most > jnp.array(widths[:-1], jnp.int32))
        branches = [functools.partial(follow_within, width) for width in widths]
        return jax.lax.switch(fits, branches, node, uniform)

    return follow


def back_up(
    nodes: Nodes, node: Int32[Array, "B"], value: Float32[Array, "B"], counts: Bool[Array, "B"]
) -> Nodes:
    """Count a visit of each `node` [B] and of all above it, and add `value` [B], seen by the mover
    at `node`; only in the trees where `counts` [B].

    Players alternate, so the view changes with every ply.
    """

    def visit(statistics: Any, node: jax.Array, climbs: jax.Array) -> Any:
        visits, value_sum, value = statistics
        return (
            add_at_node(visits, node, climbs.astype(visits.dtype)),
            add_at_node(value_sum, node, jnp.where(climbs, value, 0)),
            -value,
        )

    statistics = nodes.visits, nodes.value_sum, value
    visits, value_sum, _ = _climb(nodes.parent, node, counts, visit, statistics)
    return nodes._replace(visits=visits, value_sum=value_sum)


def announce(nodes: Nodes, node: Int32[Array, "B"], counts: Bool[Array, "B"]) -> Nodes:
    """Count a visit still without a value of each `node` [B] and of all above it, as `back_up`."""

    def visit(pending: jax.Array, node: jax.Array, climbs: jax.Array) -> jax.Array:
        return add_at_node(pending, node, climbs.astype(pending.dtype))

    return nodes._replace(pending=_climb(nodes.parent, node, counts, visit, nodes.pending))


def _climb(
    parent: jax.Array, node: jax.Array, climbs: jax.Array, visit: Callable, statistics: Any
) -> Any:
    """`statistics = visit(statistics, node, climbs)` at each `node` [B] and all above it."""

    def step(carry):
        statistics, node, climbs = carry
        statistics = visit(statistics, node, climbs)
        climbs &= node != ROOT
        return statistics, jnp.where(climbs, at_node(parent, node), node), climbs

    start = statistics, node, climbs
    return jax.lax.while_loop(lambda carry: jnp.any(carry[2]), step, start)[0]
