"""When a search may stop before its budget is spent: rules that read what its root has learnt.

A search is looked at on its way (`looks`). A stopping rule is a pure function of such a look, so
that one trace of a search to the end (`mcts.trace`) tells where every rule would have stopped it,
and what it would have played. Rules differ in what they hold to be a sign that more search changes
nothing; only `Settled` is a proof.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pydantic
from jaxtyping import Array, Bool, Float32, Int, Int32

from games.config import FrozenModel
from games.kinds import Kinds
from games.protocol import Game, State
from mcts.roots import SearchResult

SHARES = 16  # of a budget at whose ends a search is looked at, beside the powers of two


def looks(nodes: int) -> tuple[int, ...]:
    """After how many evaluations a search of `nodes` is looked at: 1, 2, 4, … and each sixteenth of
    the budget. Powers of two alone would be blind to `Settled`: no lead among the first half of the
    visits is larger than the other half."""
    powers = {2**k for k in range(nodes.bit_length())}
    return tuple(sorted(powers | {-(-nodes * part // SHARES) for part in range(1, SHARES + 1)}))


class Look(NamedTuple):
    """What is known of B searches after `nodes` evaluations each, and of the look before."""

    nodes: jax.Array  # [] int32
    cap: jax.Array  # [] int32, evaluations that they may make at most
    found: SearchResult  # [B, ...]
    nodes_before: jax.Array  # [] int32, 0 at the first look
    policy_before: jax.Array  # [B, A]
    since: jax.Array  # [B] int32, evaluations at the look since which the move is the same
    filled: jax.Array  # [B], share of the board's cells with a stone at the root

    def after(self, found: SearchResult, nodes: Int[Array, ""] | int) -> Look:
        """The next look."""
        nodes = jnp.asarray(nodes, jnp.int32)
        same = found.action == self.found.action
        return Look(
            nodes=nodes,
            cap=self.cap,
            found=found,
            nodes_before=self.nodes,
            policy_before=self.found.policy,
            since=jnp.where(same, self.since, nodes),
            filled=self.filled,
        )


def first_look(found: SearchResult, filled: Float32[Array, "B"], cap: int, nodes: int = 1) -> Look:
    """The look that none goes before."""
    return Look(
        nodes=jnp.int32(nodes),
        cap=jnp.int32(cap),
        found=found,
        nodes_before=jnp.int32(0),
        policy_before=found.policy,
        since=jnp.full(found.action.shape, nodes, jnp.int32),
        filled=filled,
    )


def share_filled(game: Game, states: State) -> Float32[Array, "B"]:
    """Share of the cells that are not empty: how far a game is that fills its board."""
    return jnp.mean(jax.vmap(game.owners)(states) >= 0, axis=-1, dtype=jnp.float32)


class StoppingRule(FrozenModel, frozen=True):
    """Base of the rules."""

    because: ClassVar[str]
    """Why a search was stopped, for people."""

    def stops(self, look: Look) -> Bool[Array, "B"]:
        """Which searches stop here; those that stopped before are not asked."""
        raise NotImplementedError


STOPPING = Kinds[StoppingRule]("stopping rule", key="name", default="settled")
"""Every stopping rule by its name."""

AnyStoppingRule = Annotated[
    pydantic.SerializeAsAny[StoppingRule], pydantic.BeforeValidator(STOPPING.parse)
]


@STOPPING.add
class Settled(StoppingRule, frozen=True):
    """Stop when the answer can no longer change: the most visited move leads by more visits than
    are left (leela-zero #2163). The move is that of the whole search, always."""

    because: ClassVar[str] = "the answer can no longer change"
    name: Literal["settled"] = "settled"

    def stops(self, look: Look) -> Bool[Array, "B"]:
        """Every evaluation after the root's adds one visit to one move."""
        most, second = _largest_two(look.found.visits)
        return most - second > look.cap - look.nodes


@STOPPING.add
class Uniform(StoppingRule, frozen=True):
    """Never stop: every position gets the whole budget."""

    because: ClassVar[str] = ""
    name: Literal["uniform"] = "uniform"

    def stops(self, look: Look) -> Bool[Array, "B"]:
        """Nowhere."""
        return jnp.zeros(look.since.shape, bool)


@STOPPING.add
class Entropy(StoppingRule, frozen=True):
    """Stop when the policy is decided: the network's at first, then the shares of visits."""

    because: ClassVar[str] = "the policy is decided"
    name: Literal["entropy"] = "entropy"
    threshold: float = pydantic.Field(default=0.5, ge=0)
    """Entropy in nats below which a policy is decided."""
    least: int = pydantic.Field(default=8, ge=2)
    """Evaluations before shares of visits are asked: the first visits all go one way."""

    def stops(self, look: Look) -> Bool[Array, "B"]:
        """By the policy found so far, between the first look and `least` nowhere."""
        decided = jnp.sum(jax.scipy.special.entr(look.found.policy), axis=-1) < self.threshold
        return decided & ((look.nodes == 1) | (look.nodes >= self.least))


@STOPPING.add
class Gap(StoppingRule, frozen=True):
    """Stop when the move is worth much more than every other one tried."""

    because: ClassVar[str] = "the move is worth much more than any other"
    name: Literal["gap"] = "gap"
    threshold: float = pydantic.Field(default=0.5, ge=0)
    """Difference in mean value above which it is much more; values lie in [-1, 1]."""

    def stops(self, look: Look) -> Bool[Array, "B"]:
        """Never before two moves have been tried."""
        found = look.found
        own = jnp.arange(found.q.shape[-1])[None] == found.action[:, None]
        q = jnp.sum(jnp.where(own, found.q, 0), axis=-1)
        others = (found.visits > 0) & ~own
        best = jnp.max(jnp.where(others, found.q, -jnp.inf), axis=-1)
        tried = jnp.any((found.visits > 0) & own, axis=-1) & jnp.any(others, axis=-1)
        return tried & (q - best > self.threshold)


@STOPPING.add
class Stable(StoppingRule, frozen=True):
    """Stop when the move has not changed while the search grew by some factor."""

    because: ClassVar[str] = "the move has long been the same"
    name: Literal["stable"] = "stable"
    growth: float = pydantic.Field(default=4.0, gt=1)
    """That factor."""

    def stops(self, look: Look) -> Bool[Array, "B"]:
        """As seen at the looks."""
        return look.nodes.astype(jnp.float32) >= self.growth * look.since.astype(jnp.float32)


@STOPPING.add
class KldGain(StoppingRule, frozen=True):
    """Stop when new visits hardly change the shares of visits (lc0 #721): the Kullback–Leibler
    divergence of the shares from those at the look before, for each new evaluation."""

    because: ClassVar[str] = "new visits hardly change the shares"
    name: Literal["kld"] = "kld"
    threshold: float = pydantic.Field(default=1e-3, ge=0)
    """Nats an evaluation below which it stops."""
    least: int = pydantic.Field(default=8, ge=2)
    """Evaluations of a look that may be compared with: among fewer, two visits of one move tell
    nothing."""

    def stops(self, look: Look) -> Bool[Array, "B"]:
        """By the shares of two looks, one after the other."""
        old, new = look.policy_before, look.found.policy
        ratio = jnp.where(old > 0, old, 1) / jnp.where((old > 0) & (new > 0), new, 1)
        gained = jnp.sum(jnp.where(old > 0, old * jnp.log(ratio), 0), axis=-1)
        made = jnp.maximum(look.nodes - look.nodes_before, 1).astype(jnp.float32)
        return (look.nodes_before >= self.least) & (gained / made < self.threshold)


@STOPPING.add
class ByPly(StoppingRule, frozen=True):
    """A schedule: the fuller the board, the less."""

    because: ClassVar[str] = "all that the schedule gives at this ply"
    name: Literal["by-ply"] = "by-ply"
    power: float = pydantic.Field(default=1.0, ge=0)
    """A position gets the budget times (share of empty cells)^power."""

    def stops(self, look: Look) -> Bool[Array, "B"]:
        """Whatever was found."""
        wanted = look.cap.astype(jnp.float32) * (1 - look.filled) ** self.power
        return look.nodes.astype(jnp.float32) >= wanted


@STOPPING.add
class Predicted(StoppingRule, frozen=True):
    """As much as a predictor of difficulty asks for: the probability that a search of the whole
    budget finds a better move than the policy, by logistic regression on what one evaluation of the
    position says. Its own cost is six multiplications. The weights are fitted on other positions
    (`hexlaw study adaptive`)."""

    because: ClassVar[str] = "as much as its difficulty asks for"
    name: Literal["predicted"] = "predicted"
    bias: float = 0.0
    entropy: float = 1.0
    """Weight of the policy's entropy, in nats."""
    lead: float = 0.0
    """Weight of the difference of the two largest priors."""
    value: float = 0.0
    """Weight of the absolute value."""
    filled: float = 0.0
    """Weight of the share of the board that is filled."""
    threshold: float = pydantic.Field(default=0.5, gt=0)
    """Probability at which a position gets the whole budget; with less, its share of that."""

    def stops(self, look: Look) -> Bool[Array, "B"]:
        """By the position alone, as the first evaluation sees it."""
        share = self.chance(difficulty_signs(look.found, look.filled)) / self.threshold
        return look.nodes.astype(jnp.float32) >= look.cap.astype(jnp.float32) * share

    def chance(self, signs: Float32[Array, "B 4"]) -> Float32[Array, "B"]:
        """The probability that it tells, from `difficulty_signs`."""
        weights = jnp.array([self.entropy, self.lead, self.value, self.filled], jnp.float32)
        return jax.nn.sigmoid(jnp.sum(signs * weights[None], axis=-1) + self.bias)


def difficulty_signs(found: SearchResult, filled: Float32[Array, "B"]) -> Float32[Array, "B 4"]:
    """What `Predicted` weighs: entropy and lead of the prior, absolute value, share filled."""
    most, second = _largest_two(found.prior)
    entropy = jnp.sum(jax.scipy.special.entr(found.prior), axis=-1)
    return jnp.stack([entropy, most - second, jnp.abs(found.network_value), filled], axis=-1)


def _largest_two(values: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The largest and the second largest of each row [B, A]."""
    if values.shape[-1] == 1:
        return values[..., 0], jnp.zeros_like(values[..., 0])
    two, _ = jax.lax.top_k(values, 2)
    return two[..., 0], two[..., 1]


def stopped_at(
    rules: Sequence[StoppingRule],
    trace: SearchResult,
    budgets: Sequence[int],
    filled: Float32[np.ndarray, "B"] | Float32[Array, "B"],
) -> Int32[np.ndarray, "S B"]:
    """Where rules stop searches that were traced to the end.

    Args:
        rules: the rules [S]; those of one kind are asked together.
        trace: what the searches had found at each budget, [K, B, ...].
        budgets: numbers of evaluations [K], rising; the last one is the cap.
        filled: share of each board that is filled [B].

    Returns:
        The index of a budget for each rule and search.
    """
    stop = np.zeros((len(rules), len(filled)), np.int32)
    for kind in dict.fromkeys(map(type, rules)):
        places = [place for place, rule in enumerate(rules) if type(rule) is kind]
        settings = {
            name: jnp.array([getattr(rules[place], name) for place in places])
            for name in kind.model_fields
            if name != "name"
        }
        stop[places] = _stopped(kind, len(places), tuple(budgets), settings, trace, filled)
    return stop


@functools.partial(jax.jit, static_argnums=(0, 1, 2))
def _stopped(
    kind: type[StoppingRule],
    count: int,
    budgets: tuple[int, ...],
    settings: dict[str, jax.Array],
    trace: SearchResult,
    filled: Float32[Array, "B"],
) -> Int32[Array, "S B"]:
    """`stopped_at` for `count` rules of one kind, their settings as arrays [S]."""
    cap = budgets[-1]
    nodes = jnp.array(budgets, jnp.int32)
    first = first_look(jax.tree.map(lambda leaf: leaf[0], trace), filled, cap, budgets[0])

    def go_on(look: Look, reached: tuple[SearchResult, jax.Array]) -> tuple[Look, Look]:
        look = look.after(*reached)
        return look, look

    later = jax.tree.map(lambda leaf: leaf[1:], trace), nodes[1:]
    rest = jax.lax.scan(go_on, first, later)[1]
    every = jax.tree.map(lambda one, more: jnp.concatenate([one[None], more]), first, rest)

    def stop(own: dict[str, Any]) -> Int32[Array, "B"]:
        # Not validated, for settings are traced here; those of `rules` were.
        rule = kind.model_construct(**own)
        stops = jax.vmap(rule.stops)(every)
        return jnp.argmax(stops.at[-1].set(True), axis=0).astype(jnp.int32)

    return jax.vmap(stop, axis_size=count)(settings)
