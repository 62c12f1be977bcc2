"""Search as regularised policy optimisation: Grill et al. 2020, "Monte-Carlo tree search as
regularized policy optimization"; the rule of Jones 2021.

At every node (their Equation 7) the policy

    π̄ = argmax_y  Σ_a q(a) y(a) - λ_N · KL(π, y)

is optimal for the values q found so far while it stays near the prior π. Its solution
(Proposition 1 and Appendix B.3) is

    π̄(a) = λ_N π(a) / (α - q(a)),

with the one α > max_a q(a) for which Σ_a π̄(a) = 1; it lies between max_a (q(a) + λ_N π(a)) and
max_a q(a) + λ_N. The multiplier falls with the visits N = Σ_a n(a) of the node's A legal actions,

    λ_N = c_puct · √N / (N + A)                                                   (Equation 4).

Edges are drawn from π̄ (their "SEARCH", as Jones did), π̄ at the root is the policy to learn and to
sample moves from ("LEARN", "ACT").

Jones's code has λ_N = c · N / (N + A) instead (boardlaw issue 15), with N counting one for each
cell never tried, occupied or not, and A all cells; it does not fall to 0.
"""

from __future__ import annotations

from typing import ClassVar, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pydantic

from mcts.puct import UnvisitedValue
from mcts.rule import TREES, Root, SearchRule
from mcts.tree import ROOT, Nodes, mean_value

TINY = float(np.finfo(np.float32).tiny)
TOLERANCE = 1e-6  # of Σπ̄ - 1, from either side
MAX_STEPS = 32


class Scores(NamedTuple):
    """What the rule needs of every node; q stretched to [0, 1]."""

    q: jax.Array  # [N], of the edge to this node, from the parent's view
    untried_q: jax.Array  # [N], of this node's actions never tried


class Regularised(SearchRule, frozen=True):
    """Regularised policy optimisation and its settings."""

    samples: ClassVar[bool] = True

    name: Literal["regularised"] = "regularised"

    c_puct: float = pydantic.Field(default=1.25, gt=0)
    """Weight of the prior. Grill: 1.25; Jones: 1/16, with his λ."""

    lambda_rule: Literal["grill", "jones"] = "grill"
    """λ_N as published, c √N / (N + A), or as in Jones's code, c N / (N + A)."""

    unvisited_value: UnvisitedValue = "parent"
    """Q of an action never tried: the node's own mean value, 0 (a draw), or the worst value of
    all ("loss"). Jones: "loss"."""

    value_range: Literal["tree", "jones"] = "tree"
    """Values are stretched so that the largest |mean value| of any node becomes 1; of the tree, or,
    as in Jones's code, of all trees of the batch, whose results then depend on each other."""

    def measure(self, nodes: Nodes) -> jax.Array:
        """The largest |mean value| [], by which q is stretched."""
        largest = jnp.max(jnp.abs(mean_value(nodes)))
        return jax.lax.pmax(largest, TREES) if self.value_range == "jones" else largest

    def score_nodes(self, nodes: Nodes, measure: jax.Array) -> Scores:
        """See `Scores`."""
        value, largest = mean_value(nodes), measure
        untried = {"parent": value, "zero": jnp.zeros_like(value), "loss": -largest}
        return Scores(
            q=_stretch(-value, largest),
            untried_q=jnp.broadcast_to(
                _stretch(untried[self.unvisited_value], largest), value.shape
            ),
        )

    def multiplier(
        self, visits: jax.Array, legal: jax.Array, tried: jax.Array, cells: int
    ) -> jax.Array:
        """λ_N [] of a node.

        Args:
            visits: of all its actions together [].
            legal: how many actions are legal [].
            tried: how many have been tried [].
            cells: number of actions A, legal or not.
        """
        if self.lambda_rule == "grill":
            n, a = visits, legal
            numerator = jnp.sqrt(n.astype(jnp.float32))
        else:
            n, a = visits + cells - tried, cells
            numerator = n
        # Before the first visit λ is 0 and every q the same; any λ then gives π̄ = π.
        return jnp.maximum(self.c_puct * numerator / jnp.maximum(n + a, 1), 1e-6)

    def follow(
        self,
        nodes: Nodes,
        scores: Scores,
        node: jax.Array,
        num_actions: int,
        uniform: jax.Array,
    ) -> tuple[jax.Array, jax.Array]:
        """Draw from π̄: the children in the order tried, then all actions never tried as one.

        These have the same q, so that π̄ among them is in proportion to the prior.
        """
        is_child = nodes.parent == node
        multiplier = self.multiplier(
            visits=nodes.visits[node] - 1,
            legal=nodes.legal_actions[node],
            tried=jnp.sum(is_child),
            cells=num_actions,
        )
        prior = jnp.append(jnp.where(is_child, nodes.prior, 0), nodes.untried_prior[node])
        q = jnp.append(scores.q, scores.untried_q[node])
        policy = regularised_policy(multiplier, prior, q)
        drawn = draw(policy, uniform)
        return drawn, (drawn < is_child.shape[0]) & is_child[drawn]  # no child of a finished game

    def new_action(
        self, priors: jax.Array, likeliest: jax.Array, prior: jax.Array, uniform: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        """Drawn in proportion to the prior."""
        action = draw(jnp.maximum(priors, 0), uniform)
        action = jnp.where(prior > 0, action, likeliest)
        return action, priors[action]

    def conclude(self, nodes: Nodes, root: Root) -> tuple[jax.Array, jax.Array]:
        """π̄ at the root, and its largest action."""
        largest = self.measure(nodes)
        scores = self.score_nodes(nodes, largest)
        tried = root.visits > 0
        q = jnp.where(tried, _stretch(root.q, largest), scores.untried_q[ROOT])
        multiplier = self.multiplier(
            visits=jnp.sum(root.visits),
            legal=nodes.legal_actions[ROOT],
            tried=jnp.sum(tried),
            cells=root.visits.shape[0],
        )
        policy = regularised_policy(multiplier, root.prior, q)
        return policy, jnp.argmax(policy).astype(jnp.int32)


def _stretch(value: jax.Array, largest: jax.Array) -> jax.Array:
    """[-largest, largest] to [0, 1]."""
    return (value + largest) / jnp.maximum(2 * largest, 1e-4)


def regularised_policy(multiplier: jax.Array, prior: jax.Array, q: jax.Array) -> jax.Array:
    """π̄ [K] of a multiplier λ > 0 [], prior [K] and q [K]; zeros if the prior is 0 everywhere.

    Solved for t = α - max q over actions of positive prior, which keeps its digits where α is close
    to the largest q. Newton's method on 1/Σπ̄ - 1, exact for one action and never past the root
    from the left; the bracket that Grill et al. give is kept on both sides, and halved where a step
    would leave it.
    """
    live = prior > 0
    top = jnp.max(jnp.where(live, q, -jnp.inf))
    gap = jnp.where(live, top - q, jnp.inf)
    weight = multiplier * prior

    def total(t: jax.Array) -> tuple[jax.Array, jax.Array]:
        terms = weight / (t + gap)
        return jnp.sum(terms), jnp.sum(terms / (t + gap))

    def unsolved(carry: tuple[jax.Array, ...]) -> jax.Array:
        step, _, _, _, mass, _ = carry
        return (jnp.abs(mass - 1) > TOLERANCE) & (step < MAX_STEPS) & jnp.any(live)

    def improve(carry: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
        step, low, high, t, mass, slope = carry
        low = jnp.where(mass > 1, t, low)
        high = jnp.where(mass < 1, t, high)
        newton = t + mass * (mass - 1) / jnp.maximum(slope, TINY)
        t = jnp.where((newton > low) & (newton < high), newton, (low + high) / 2)
        return step + 1, low, high, t, *total(t)

    low = jnp.max(jnp.where(live, weight - gap, TINY))
    high = jnp.sum(weight)
    start = (jnp.int32(0), low, high, low, *total(low))
    _, _, _, t, mass, _ = jax.lax.while_loop(unsolved, improve, start)
    return weight / (t + gap) / jnp.maximum(mass, TINY)


def draw(weights: jax.Array, uniform: jax.Array) -> jax.Array:
    """Index [] int32 of an entry of positive weight [K], in proportion to it, by the inverse of the
    cumulative distribution at `uniform` in [0, 1) []."""
    cumulative = jnp.cumsum(weights)
    last = jnp.max(jnp.where(weights > 0, jnp.arange(weights.shape[0]), 0))
    drawn = jnp.sum(cumulative <= uniform * cumulative[-1])
    return jnp.minimum(drawn, last).astype(jnp.int32)
