"""UCT: tree search without a network's opinion of the moves; a whole search rule in one file.

An action never tried goes first; then the child of largest Q + c · √(ln N / n) is followed (Kocsis
and Szepesvári 2006, "Bandit based Monte-Carlo planning"). docs/extend/rule.md shows it.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import jax
import jax.numpy as jnp
import pydantic

from mcts.reductions import UNAVAILABLE, first_argmax
from mcts.rules import RULES, Root, SearchRule
from mcts.tree import Nodes, mean_value, take


@RULES.add
class Uct(SearchRule, frozen=True):
    """UCT and its settings."""

    sums: ClassVar[bool] = False  # `follow` takes a maximum

    name: Literal["uct"] = "uct"

    c: float = pydantic.Field(default=1.4, ge=0)
    """Weight of exploration."""

    def score_nodes(self, nodes: Nodes, measure: None) -> jax.Array:
        """1 + Q of the edge to each node, from the parent's view [N]: never negative."""
        del measure
        return 1 - mean_value(nodes)

    def follow(
        self, nodes: Nodes, scores: jax.Array, node: jax.Array, num_actions: int, uniform: None
    ) -> tuple[jax.Array, jax.Array]:
        """A new action as long as there is one."""
        del num_actions, uniform
        own_visits = jnp.log(take(nodes.visits, node).astype(jnp.float32))
        bonus = self.c * jnp.sqrt(own_visits / jnp.maximum(nodes.visits, 1).astype(jnp.float32))
        child, best = first_argmax(jnp.where(nodes.parent == node, scores + bonus, UNAVAILABLE))
        return child, (take(nodes.next_prior, node) < 0) & (best >= 0)

    def conclude(self, nodes: Nodes, root: Root) -> tuple[jax.Array, jax.Array]:
        """Shares of visits, and the action of most; the prior if there are none."""
        del nodes
        visits = jnp.sum(root.visits)
        policy = jnp.where(visits > 0, root.visits / jnp.maximum(visits, 1), root.prior)
        return policy, jnp.argmax(policy).astype(jnp.int32)
