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
from jaxtyping import Array, Bool, Float32, Int32, Real

from mcts.reductions import draw_index, max_last, sum_last
from mcts.rules.puct import UnvisitedValue
from mcts.rules.rule import RULES, TREES, Root, SearchRule
from mcts.tree import ROOT, Nodes, mean_value, take

TINY = float(np.finfo(np.float32).tiny)
TOLERANCE = 1e-6  # of Σπ̄ - 1, from either side
MAX_STEPS = 32


class PolicyScores(NamedTuple):
    """What the rule needs of every node; q stretched to [0, 1]."""

    q: jax.Array  # [N], of the edge to this node, from the parent's view
    untried_q: jax.Array  # [N], of this node's actions never tried


@RULES.add
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

    @property
    def couples_games(self) -> str:
        """As in Jones's code."""
        jones = self.value_range == "jones"
        return 'value_range "jones" stretches values by all games of a batch together' * jones

    def measure(self, nodes: Nodes) -> Float32[Array, ""]:
        """The largest |mean value| [], by which q is stretched."""
        extreme = max_last(jnp.abs(mean_value(nodes)))
        return jax.lax.pmax(extreme, TREES) if self.value_range == "jones" else extreme

    def score_nodes(self, nodes: Nodes, measure: Float32[Array, ""]) -> PolicyScores:
        """See `PolicyScores`."""
        value, extreme = mean_value(nodes), measure
        untried = {"parent": value, "zero": jnp.zeros_like(value), "loss": -extreme}
        return PolicyScores(
            q=_stretch(-value, extreme),
            untried_q=jnp.broadcast_to(
                _stretch(untried[self.unvisited_value], extreme), value.shape
            ),
        )

    def multiplier(
        self, visits: Real[Array, ""], legal: Real[Array, ""], tried: Real[Array, ""], cells: int
    ) -> Float32[Array, ""]:
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
            numerator = n.astype(jnp.float32)
        # Before the first visit λ is 0 and every q the same; any λ then gives π̄ = π.
        denominator = jnp.maximum(n + a, 1).astype(jnp.float32)
        return jnp.maximum(self.c_puct * numerator / denominator, 1e-6)

    def follow(
        self,
        nodes: Nodes,
        scores: PolicyScores,
        node: Int32[Array, ""],
        num_actions: int,
        uniform: Float32[Array, ""],
    ) -> tuple[Int32[Array, ""], Bool[Array, ""]]:
        """Draw from π̄: all actions never tried as one, then the children in the order tried.

        The former have the same q, so that π̄ among them is in proportion to the prior; they take
        the place of `node`, which is no child of its own.
        """
        is_child = nodes.parent == node
        is_node = jnp.arange(is_child.shape[0]) == node
        multiplier = self.multiplier(
            visits=nodes.visits[node] - 1,
            legal=nodes.legal_actions[node],
            tried=jnp.sum(is_child),
            cells=num_actions,
        )
        prior = jnp.where(is_child, nodes.prior, jnp.where(is_node, nodes.untried_prior, 0))
        q = jnp.where(is_node, scores.untried_q, scores.q)
        drawn = draw_index(regularised_policy(multiplier, prior, q), uniform)
        return drawn, take(is_child, drawn)

    def new_action(
        self,
        priors: Float32[Array, "A"],
        likeliest: Int32[Array, ""],
        prior: Float32[Array, ""],
        uniform: Float32[Array, ""],
    ) -> tuple[Int32[Array, ""], Float32[Array, ""]]:
        """Drawn in proportion to the prior."""
        action = draw_index(jnp.maximum(priors, 0), uniform)
        action = jnp.where(prior > 0, action, likeliest)
        return action, priors[action]

    def conclude(self, nodes: Nodes, root: Root) -> tuple[Float32[Array, "A"], Int32[Array, ""]]:
        """π̄ at the root, and its largest action."""
        extreme = self.measure(nodes)
        scores = self.score_nodes(nodes, extreme)
        tried = root.visits > 0
        q = jnp.where(tried, _stretch(root.q, extreme), scores.untried_q[ROOT])
        multiplier = self.multiplier(
            visits=jnp.sum(root.visits),
            legal=nodes.legal_actions[ROOT],
            tried=jnp.sum(tried),
            cells=root.visits.shape[0],
        )
        policy = regularised_policy(multiplier, root.prior, q)
        return policy, jnp.argmax(policy).astype(jnp.int32)


def _stretch(value: jax.Array, extreme: jax.Array) -> jax.Array:
    """[-extreme, extreme] to [0, 1]."""
    return (value + extreme) / jnp.maximum(2 * extreme, 1e-4)


def regularised_policy(
    multiplier: Float32[Array, ""], prior: Float32[Array, "K"], q: Float32[Array, "K"]
) -> Float32[Array, "K"]:
    """π̄ [K] of a multiplier λ > 0 [], prior [K] and q [K]; zeros if the prior is 0 everywhere.

    Solved for t = α - max q over actions of positive prior, which keeps its digits where α is close
    to the largest q. Newton's method on 1/Σπ̄ - 1, exact for one action and never past the root
    from the left; the bracket that Grill et al. give is kept on both sides, and halved where a step
    would leave it.
    """
    live = prior > 0
    top = max_last(jnp.where(live, q, -jnp.inf))
    gap = jnp.where(live, top - q, jnp.inf)
    weight = multiplier * prior

    def sums(t: jax.Array) -> tuple[jax.Array, jax.Array]:
        inverse = 1 / (t + gap)
        terms = weight * inverse
        return sum_last(terms), sum_last(terms * inverse)

    def unsolved(carry: tuple[jax.Array, ...]) -> jax.Array:
        step, _, _, _, mass, _ = carry
        return (jnp.abs(mass - 1) > TOLERANCE) & (step < MAX_STEPS) & (top > -jnp.inf)

    def improve(carry: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
        step, low, high, t, mass, slope = carry
        low = jnp.where(mass > 1, t, low)
        high = jnp.where(mass < 1, t, high)
        newton = t + mass * (mass - 1) / jnp.maximum(slope, TINY)
        t = jnp.where((newton > low) & (newton < high), newton, (low + high) / 2)
        return step + 1, low, high, t, *sums(t)

    low = max_last(jnp.where(live, weight - gap, TINY))
    high = sum_last(weight)
    start = (jnp.int32(0), low, high, low, *sums(low))
    _, _, _, t, mass, _ = jax.lax.while_loop(unsolved, improve, start)
    return weight / (t + gap) / jnp.maximum(mass, TINY)
