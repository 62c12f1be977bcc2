"""PUCT, the search rule of AlphaGo Zero and AlphaZero.

At a node s the action maximising

    Q(s, a) + c_puct · P(s, a) · √N(s) / (1 + N(s, a))

is followed (Silver et al. 2017, "Mastering the game of Go without human knowledge", Methods,
"Select"; Silver et al. 2018, supplementary pseudocode `ucb_score`). N(s) counts every visit of s,
its own evaluation included, so that the prior already decides the first choice at a fresh node.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
import pydantic

from mcts.config import FrozenModel
from mcts.tree import NO_PARENT, Nodes, mean_value

UnvisitedValue = Literal["parent", "zero", "loss"]


class Puct(FrozenModel, frozen=True):
    """Settings of the rule."""

    c_puct: float = pydantic.Field(default=1.25, ge=0)
    """Weight of the prior; AlphaZero's c_init is 1.25."""

    unvisited_value: UnvisitedValue = "parent"
    """Q of an action never tried: the node's own mean value, 0 (a draw), or -1 (a loss, as in
    AlphaZero's pseudocode, whose values lie in [0, 1])."""


class Scores(NamedTuple):
    """What the rule needs of every node, computed once a simulation for the whole tree."""

    exploit: jax.Array  # [N], Q of the edge to this node, from the parent's view; -inf if empty
    explore: jax.Array  # [N], c_puct · P / (1 + n) of the edge to this node
    sqrt_visits: jax.Array  # [N], √N of this node
    expand: jax.Array  # [N], score of this node's next unvisited action, -inf if there is none


def score_nodes(rule: Puct, nodes: Nodes) -> Scores:
    """The parts of the rule that do not depend on where the descent stands."""
    value = mean_value(nodes)
    sqrt_visits = jnp.sqrt(nodes.visits.astype(jnp.float32))
    unvisited = {"parent": value, "zero": 0.0, "loss": -1.0}[rule.unvisited_value]
    expand = unvisited + rule.c_puct * nodes.next_prior * sqrt_visits
    return Scores(
        exploit=jnp.where(nodes.parent == NO_PARENT, -jnp.inf, -value),
        explore=rule.c_puct * nodes.prior / (1 + nodes.visits),
        sqrt_visits=sqrt_visits,
        expand=jnp.where(nodes.next_prior >= 0, expand, -jnp.inf),
    )


def score_edges(nodes: Nodes, scores: Scores, node: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Scores of the edges out of `node` [].

    Returns:
        The score of each tree node as the child to follow [N], -inf where it is not a child of
        `node`, and the score of trying the next unvisited action [].
    """
    score = scores.exploit + scores.sqrt_visits[node] * scores.explore
    return jnp.where(nodes.parent == node, score, -jnp.inf), scores.expand[node]
