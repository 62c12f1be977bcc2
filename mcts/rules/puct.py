"""PUCT, the search rule of AlphaGo Zero and AlphaZero.

At a node s the action maximising

    Q(s, a) + c(s) · P(s, a) · √N(s) / (1 + N(s, a))

is followed (Silver et al. 2017, "Mastering the game of Go without human knowledge", Methods,
"Select"; Silver et al. 2018, supplementary pseudocode `ucb_score`). N(s) counts every visit of s,
its own evaluation included, so that the prior already decides the first choice at a fresh node.
c(s) is a constant c_puct, or grows with the visits as in AlphaZero:

    c(s) = c_puct + log((1 + N(s) + c_base) / c_base).

Where several leaves are evaluated together (`SearchConfig.leaves`), the L visits of an edge that
still wait for their value count as visits that were lost (virtual loss; Chaslot et al. 2008,
"Parallel Monte-Carlo tree search"; Silver et al. 2017, Methods): Q = (W - L) / (N + L) for a sum of
values W, and N + L in place of N elsewhere.
"""

from __future__ import annotations

from typing import ClassVar, Literal, NamedTuple

import jax
import jax.numpy as jnp
import pydantic
from jaxtyping import Array, Bool, Float32, Int32

from mcts.reductions import UNAVAILABLE, first_argmax
from mcts.rules.rule import RULES, Root, SearchRule
from mcts.tree import Nodes, all_visits, mean_value, take

UnvisitedValue = Literal["parent", "zero", "loss"]


class PuctScores(NamedTuple):
    """What the rule needs of the edge to each node.

    Scores count from a lost game, 1 + Q instead of Q, so that they are never negative.
    """

    exploit: jax.Array  # [N], 1 + Q, from the parent's view
    explore: jax.Array  # [N], P / (1 + n)


@RULES.add
class Puct(SearchRule, frozen=True):
    """AlphaZero's rule and its settings."""

    sums: ClassVar[bool] = False
    refuses_leaves: ClassVar[str] = ""

    name: Literal["puct"] = "puct"

    c_puct: float = pydantic.Field(default=1.25, ge=0)
    """Weight of the prior; AlphaZero's c_init is 1.25."""

    c_base: float | None = pydantic.Field(default=None, gt=0)
    """Visits over which that weight grows; AlphaZero's is 19,652. None: it is constant."""

    unvisited_value: UnvisitedValue = "parent"
    """Q of an action never tried: the node's own mean value, 0 (a draw), or -1 (a loss, as in
    AlphaZero's pseudocode, whose values lie in [0, 1])."""

    def score_nodes(self, nodes: Nodes, measure: None) -> PuctScores:
        """See `PuctScores`."""
        del measure
        visits, value = all_visits(nodes).astype(jnp.float32), mean_value(nodes)
        if nodes.pending is not None:  # each a win for the side to move at the node
            pending = nodes.pending.astype(jnp.float32)
            value = (nodes.value_sum + pending) / jnp.maximum(visits, 1)
        return PuctScores(exploit=1 - value, explore=nodes.prior / (1 + visits))

    def follow(
        self,
        nodes: Nodes,
        scores: PuctScores,
        node: Int32[Array, ""],
        num_actions: int,
        uniform: None,
    ) -> tuple[Int32[Array, ""], Bool[Array, ""]]:
        """On equal scores a child is followed rather than a new action tried, and among children
        the one expanded first."""
        del num_actions, uniform
        own = jax.tree.map(lambda array: take(array, node), nodes)
        n = all_visits(own).astype(jnp.float32)
        growth = 0.0 if self.c_base is None else jnp.log1p((1 + n) / self.c_base)
        weight = (self.c_puct + growth) * jnp.sqrt(n)
        score = scores.exploit + weight * scores.explore
        child, best = first_argmax(jnp.where(nodes.parent == node, score, UNAVAILABLE))
        unvisited = {"parent": mean_value(own), "zero": 0.0, "loss": -1.0}[self.unvisited_value]
        expand = 1 + unvisited + weight * own.next_prior
        new = jnp.where(own.next_prior >= 0, expand, UNAVAILABLE)
        return child, (best >= new) & (best >= 0)

    def conclude(
        self, nodes: Nodes | None, root: Root
    ) -> tuple[Float32[Array, "A"], Int32[Array, ""]]:
        """Shares of visits, the prior if there are none; the most visited action, ties broken by
        the prior."""
        del nodes
        total = jnp.sum(root.visits)
        policy = jnp.where(total > 0, root.visits / jnp.maximum(total, 1), root.prior)
        # Shares differ by at least one visit in 4,096; a prior scaled below that breaks ties.
        return policy, jnp.argmax(policy + root.prior * 1e-4).astype(jnp.int32)
