"""Gumbel AlphaZero: Danihelka et al. 2022, "Policy improvement by planning with Gumbel".

At the root (their Algorithm 2) the m actions of largest g(a) + log π(a), g Gumbel noise, are
considered: a draw of m actions from π without replacement. Sequential halving spends the
simulations on them in rounds, each of which visits every action still considered once; whenever a
phase ends, the half with the largest

    g(a) + log π(a) + σ(q(a)),   σ(q) = (c_visit + max_b N(b)) · c_scale · q     (Equation 8)

goes on. The last survivor is played. Below the root (Section 5) the choice is deterministic,

    argmax_a π'(a) - N(a) / (1 + Σ_b N(b)),   π' = softmax(log π + σ(completed q))   (Equation 14)

where an action never tried has the mixed value (Appendix D, Equation 33)

    v_mix = (v + Σ_b N(b) · Σ_{b: N(b) > 0} π(b) q(b) / Σ_{b: N(b) > 0} π(b)) / (1 + Σ_b N(b)),

v being the network's value. π' at the root is the policy to learn (Equation 11), an improvement
whatever the number of simulations.

Because the rounds visit every action still considered once, the r-th round (from 0) visits actions
that have r visits. The ranking is made when a round begins; mctx renews it within a round, which
differs in a few cases in which the scale of σ changes at that moment.
"""

from __future__ import annotations

from typing import ClassVar, Literal, NamedTuple, Self

import jax
import jax.numpy as jnp
import numpy as np
import pydantic
from jaxtyping import Array, Bool, Float32, Int, Int32, Key

from mcts.halving import halving_rounds, halving_table
from mcts.keys import draw_by_part
from mcts.reductions import UNAVAILABLE, first_argmax, max_last, sum_last
from mcts.rules.rule import RULES, Entry, Root, SearchRule
from mcts.tree import ROOT, Nodes, mean_value, take

TINY = float(np.finfo(np.float32).tiny)


class Considered(NamedTuple):
    """The m actions considered at a root, from the largest g + log π down.

    The k-th of them is expanded by simulation k, and so is node k + 1 of the tree.
    """

    action: jax.Array  # [m] int32
    prior: jax.Array  # [m]
    noisy_prior: jax.Array  # [m], g + log π, -inf where fewer than m actions are legal
    count: jax.Array  # [] int32, how many are legal
    ranking: jax.Array  # [m], as the round began


@RULES.add
class Gumbel(SearchRule, frozen=True):
    """Gumbel AlphaZero's rule and its settings."""

    explores: ClassVar[bool] = True
    refuses_reuse: ClassVar[str] = "its halving needs a fresh root"
    refuses_trace: ClassVar[str] = "its halving depends on how many nodes there are to spend"
    refuses_leaves: ClassVar[str] = "it has rule.parallel, which changes nothing that is found"

    name: Literal["gumbel"] = "gumbel"

    max_considered: int = pydantic.Field(default=16, ge=2)
    """Actions considered at the root, at most; 16 in the paper."""

    c_visit: float = pydantic.Field(default=50.0, ge=0)
    """Visits that σ starts from; 50 in the paper."""

    c_scale: float = pydantic.Field(default=0.1, gt=0)
    """Weight of q in σ; 1 in the paper for board games, and 0.1, mctx's default, where q is
    rescaled."""

    rescale: bool = True
    """Stretch the completed q of a node's legal actions to [0, 1] before σ, as mctx does."""

    noise_scale: float = pydantic.Field(default=1.0, ge=0)
    """Weight of the Gumbel noise: 1 to learn, 0 in evaluation."""

    parallel: bool = False
    """Make the simulations of a round at once: the same search in fewer steps, for few games side
    by side. It takes as much memory as `max_considered` searches."""

    @property
    def draws(self) -> bool:
        """Only the noise is drawn."""
        return self.noise_scale > 0

    @property
    def in_rounds(self) -> bool:
        """As asked for."""
        return self.parallel

    def dependent_calls(self, nodes: int) -> int:
        """One for the root and one for each round, if these are made at once."""
        if not self.parallel or nodes == 1:
            return nodes
        return 1 + len(halving_rounds(min(self.max_considered, nodes - 1), nodes - 1))

    def quiet(self) -> Self:
        """Without Gumbel noise."""
        return self.model_copy(update={"noise_scale": 0.0})

    def sigma(
        self,
        q: Float32[Array, "K"],
        visits: Int32[Array, "K"],
        prior: Float32[Array, "K"],
        network_value: Float32[Array, ""],
        any_untried: Bool[Array, ""],
    ) -> tuple[Float32[Array, "K"], Float32[Array, ""]]:
        """σ of each action's q [K], and of the mixed value [], both less σ of the largest q.

        Args:
            q: from the view of the node's mover [K]; looked at only where tried.
            visits: 0 where never tried [K].
            prior: [K].
            network_value: of the node [].
            any_untried: whether the node has a legal action never tried [].
        """
        tried = visits > 0
        simulations = sum_last(visits).astype(jnp.float32)
        mass = sum_last(jnp.where(tried, prior, 0))
        weighted = sum_last(jnp.where(tried, prior * q, 0)) / jnp.maximum(mass, TINY)
        mixed = (network_value + simulations * weighted) / (1 + simulations)
        high = max_last(jnp.where(tried, q, -jnp.inf))
        high = jnp.where(any_untried | (high == -jnp.inf), jnp.maximum(high, mixed), high)
        scale = (self.c_visit + max_last(visits).astype(jnp.float32)) * self.c_scale
        if self.rescale:
            low = -max_last(jnp.where(tried, -q, -jnp.inf))
            low = jnp.where(any_untried, jnp.minimum(low, mixed), low)
            scale = scale / jnp.maximum(high - low, 1e-8)
        # The mixed value counts only where an action is untried, and is then `high` at most.
        return scale * jnp.where(tried, q - high, 0), scale * jnp.minimum(mixed - high, 0)

    def root_noise(self, key: Key[Array, "*K"], shape: tuple[int, ...]) -> Float32[Array, "B A"]:
        """Gumbel noise g."""
        if self.noise_scale == 0:
            return jnp.zeros(shape)
        return self.noise_scale * draw_by_part(jax.random.gumbel, key, shape)

    def open_root(
        self, prior: Float32[Array, "A"], noise: Float32[Array, "A"], simulations: int
    ) -> Considered:
        """Draw the actions to consider."""
        legal = prior >= 0
        m = min(self.max_considered, simulations, prior.shape[-1])
        noisy = jnp.where(legal, noise + _log(prior), -jnp.inf)
        noisy_prior, action = jax.lax.top_k(noisy, m)
        return Considered(
            action=action,
            prior=prior[action],
            noisy_prior=noisy_prior,
            count=jnp.minimum(jnp.sum(legal), m),
            ranking=noisy_prior,
        )

    def rank(
        self, record: Considered, nodes: Nodes, visits: Int32[Array, "m"], q: Float32[Array, "m"]
    ) -> Float32[Array, "m"]:
        """g + log π + σ(q) of the actions considered [m], up to a constant.

        Args:
            record: of the root of `nodes`.
            nodes: the tree, of which only the root is looked at.
            visits: of the actions considered [m], 0 where there is no such action.
            q: of the same [m].
        """
        sigma, _ = self.sigma(
            q=q,
            visits=visits,
            prior=record.prior,
            network_value=nodes.network_value[ROOT],
            any_untried=nodes.legal_actions[ROOT] > jnp.sum(visits > 0),
        )
        # In the first round nothing has been tried: the order is that of the noisy prior.
        return record.noisy_prior + jnp.where(visits > 0, sigma, 0)

    def leave_root(
        self, record: Considered, nodes: Nodes, simulation: Int[Array, ""]
    ) -> tuple[Considered, Entry]:
        """Visit the best-ranked action that this round has not visited yet."""
        m = record.action.shape[0]
        exists = jnp.arange(m) < record.count
        visits = jnp.where(exists, nodes.visits[1 : m + 1], 0)
        round_of, begins = halving_table(m, nodes.parent.shape[0] - 1)
        round_index = jnp.asarray(round_of)[record.count, simulation]
        begins_now = jnp.asarray(begins)[record.count, simulation]
        ranking = self.rank(record, nodes, visits, -mean_value(nodes)[1 : m + 1])
        ranking = jnp.where(begins_now, ranking, record.ranking)
        waits = exists & (visits == round_index)
        lowest = jnp.min(jnp.where(exists, ranking, jnp.inf))
        best, _ = first_argmax(jnp.where(waits, ranking - lowest, UNAVAILABLE))
        is_new = visits[best] == 0
        entry = Entry(
            node=jnp.where(is_new, ROOT, best + 1).astype(jnp.int32),
            action=record.action[best],
            prior=record.prior[best],
        )
        return record._replace(ranking=ranking), entry

    def round_sizes(self, m: int, simulations: int) -> np.ndarray:
        """Of sequential halving; see `halving_rounds`."""
        sizes = np.zeros((m + 1, simulations + 1), np.int32)
        for count in range(1, m + 1):  # a finished root has no round
            rounds = halving_rounds(count, simulations)
            sizes[count, : len(rounds)] = rounds
        return sizes

    def score_nodes(self, nodes: Nodes, measure: None) -> Float32[Array, "N"]:
        """Q of the edge to each node, from the parent's view [N]."""
        del measure
        return -mean_value(nodes)

    def follow(
        self,
        nodes: Nodes,
        scores: Float32[Array, "N"],
        node: Int32[Array, ""],
        num_actions: int,
        uniform: None,
    ) -> tuple[Int32[Array, ""], Bool[Array, ""]]:
        """Equation 14. All actions never tried have one q and no visits, so the likeliest of them
        stands for all."""
        del num_actions, uniform
        is_child = nodes.parent == node
        visits = jnp.where(is_child, nodes.visits, 0)
        next_prior = take(nodes.next_prior, node)
        any_untried = next_prior >= 0
        prior = jnp.where(is_child, nodes.prior, 0)
        sigma, sigma_mixed = self.sigma(
            scores, visits, prior, take(nodes.network_value, node), any_untried
        )
        weight = prior * jnp.exp(sigma)
        untried = jnp.exp(sigma_mixed)
        normaliser = sum_last(weight) + take(nodes.untried_prior, node) * untried
        normaliser = jnp.maximum(normaliser, TINY)
        # One more than Equation 14, so that no score is negative.
        score = 1 + weight / normaliser - visits / (1 + sum_last(visits))
        child, best = first_argmax(jnp.where(is_child, score, UNAVAILABLE))
        new = jnp.where(any_untried, 1 + next_prior * untried / normaliser, UNAVAILABLE)
        return child, (best >= new) & (best >= 0)

    def conclude(self, nodes: Nodes, root: Root) -> tuple[Float32[Array, "A"], Int32[Array, ""]]:
        """π', and the survivor: of the actions visited most, the one ranked first."""
        tried = root.visits > 0
        sigma, sigma_mixed = self.sigma(
            root.q,
            root.visits,
            root.prior,
            nodes.network_value[ROOT],
            any_untried=jnp.any(root.legal & ~tried),
        )
        improved = _log(root.prior) + jnp.where(tried, sigma, sigma_mixed)
        survives = root.legal & (root.visits == jnp.max(root.visits))
        action = jnp.argmax(jnp.where(survives, root.noise + improved, -jnp.inf))
        top = jnp.max(jnp.where(root.legal, improved, -jnp.inf))
        weight = jnp.where(root.legal, jnp.exp(improved - top), 0)
        return weight / jnp.maximum(jnp.sum(weight), TINY), action.astype(jnp.int32)


def _log(prior: jax.Array) -> jax.Array:
    """log π, about -87 for a prior of 0, which then loses to every other and makes no NaN."""
    return jnp.log(jnp.maximum(prior, TINY))
