"""The roots as the search begins and ends: the rule's record of them, and what they learnt."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float32, Int32

from mcts.rules.rule import TREES, Root, SearchRule
from mcts.tree import ROOT, Nodes


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


def open_root(
    rule: SearchRule,
    priors: Float32[Array, "B A"],
    noise: Float32[Array, "B A"] | None,
    simulations: int,
) -> Any:
    """The rule's record of each root, [B, ...]."""
    axes = (0, None if noise is None else 0)
    return jax.vmap(lambda row, drawn: rule.open_root(row, drawn, simulations), axes)(priors, noise)


def by_action(
    priors: Float32[Array, "B A"],
    noise: Float32[Array, "B A"] | None,
    action: Int32[Array, "B K"],
    visits: Int32[Array, "B K"],
    q: Float32[Array, "B K"],
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


def conclude(
    rule: SearchRule, nodes: Nodes, root: Root, evaluations: Int32[Array, "B"]
) -> SearchResult:
    """What the roots learned; `nodes` [B, N] are the trees they belong to."""
    policy, best = jax.vmap(rule.conclude, axis_name=TREES)(nodes, root)
    network_value = nodes.network_value[:, ROOT]
    visits = root.visits.astype(jnp.float32)
    return SearchResult(
        visits=root.visits,
        policy=policy,
        action=best,
        q=root.q,
        prior=root.prior,
        value=(network_value + jnp.sum(visits * root.q, axis=-1)) / (1 + jnp.sum(visits, axis=-1)),
        network_value=network_value,
        evaluations=evaluations,
    )
