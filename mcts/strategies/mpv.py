"""Trees that ask a large network about a few states and a small one about all: MPV-MCTS.

Lan, Li, Wei & Wu 2019, "Multiple policy value Monte Carlo tree search" (arXiv 1905.13521), Section
3. Two networks f_S and f_L search one position in turns. In f_S's turns PUCT goes down its tree T_S
to a new state, as always. In f_L's turns that state is evaluated, of those next to its own tree T_L
(children of what it has evaluated; at first the root), which T_S visits most. Where both have
looked, what PUCT reads is

    V(s) = α·V_S(s) + (1 - α)·V_L(s),   P(s, a) = β·p_S(a|s) + (1 - β)·p_L(a|s),

V_S and V_L each the mean over its own evaluations at s and below it; the paper is said to have
α = ½ and β = 0. Its full text was not at hand: that its c_puct is 1.5 and its turns are drawn is
confirmed by a summary (emergentmind.com, "Multiple Policy Value MCTS") and by a reimplementation
(CrazyAra, MPV_MCTS_README.md), α and β by neither.
Elsewhere f_S alone is heard. The move is the one that T_S visits most.

Of the paper's we leave open nothing but this: its turns are drawn, ours come evenly; and where f_L
has evaluated all that T_S holds, its turn passes (counted all the same), where theirs would go on
with a PUCT of its own.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import pydantic
from jaxtyping import Array, Int32, Key

from games.protocol import Game, State
from mcts.paths import back_up
from mcts.reductions import UNAVAILABLE, first_argmax
from mcts.roots import SearchResult
from mcts.rules.puct import Puct
from mcts.search import found_at_roots, principal_variation, root_priors
from mcts.settings import SearchSettings
from mcts.simulation import Evaluate, choose, evaluate_states, grow, plant
from mcts.strategies.strategy import STRATEGIES, Calls, Network, TwoNetworkStrategy
from mcts.tree import (
    NO_PARENT,
    ROOT,
    Nodes,
    Tree,
    at_node,
    mean_value,
    next_untried,
    set_at_node,
)


class Asked(NamedTuple):
    """The large network's tree T_L: which nodes of T_S it has evaluated, and what it made of them.
    [B, N] in a batch."""

    visits: jax.Array  # [N] int32, its evaluations here and below; none where it was not asked
    value_sum: jax.Array  # [N] float32, over `visits`


@STRATEGIES.add
class Mpv(TwoNetworkStrategy, frozen=True):
    """PUCT by a small network, corrected by a large one where it matters."""

    strategy: Literal["mpv"] = "mpv"

    nodes: int = pydantic.Field(default=64, ge=1, le=4096)
    """Evaluations of both networks together; a last one of the large network alone, which could
    change nothing, is not spent."""

    every: int = pydantic.Field(default=4, ge=1, le=4096)
    """Evaluations of the small network to one of the large; the first is of the root."""

    value_share: float = pydantic.Field(default=0.5, ge=0, le=1)
    """α: of the small network in values that both know."""

    prior_share: float = pydantic.Field(default=0.0, ge=0, le=1)
    """β: of the small network in priors that both know."""

    c_puct: float = pydantic.Field(default=1.25, ge=0)
    """Weight of the prior, as in `mcts.rules.puct`; the paper has 1.5."""

    @property
    def small_evaluations(self) -> int:
        """b_S: nodes of the tree."""
        rounds, rest = divmod(self.nodes - 1, 1 + self.every)
        return 1 + rounds * self.every + max(0, rest - 1)

    @property
    def large_evaluations(self) -> int:
        """b_L."""
        return -(-(self.small_evaluations - 1) // self.every)

    @property
    def evaluations(self) -> int:
        """Of both."""
        return self.small_evaluations + self.large_evaluations

    @property
    def dependent_calls(self) -> int:
        """All of them."""
        return self.evaluations

    def calls_of_both(self, game: Game) -> tuple[Calls, Calls]:
        """See `TwoNetworkStrategy`."""
        del game
        return Calls(both=self.small_evaluations), Calls(both=self.large_evaluations)

    @property
    def needs_second(self) -> bool:
        """Two networks are what it is about."""
        return True

    def decide(
        self,
        game: Game,
        evaluate: Evaluate,
        params: Any,
        states: State,
        key: Key[Array, "*K"],
        memory: Any = None,
        *,
        second: Network | None = None,
    ) -> tuple[SearchResult, Tree]:
        """`visits` and `evaluations` are as in a search of T_S, the evaluations those of both; q
        is V of the moves tried."""
        del key, memory
        second = second or Network(evaluate, params)
        settings = SearchSettings(nodes=self.small_evaluations, rule=Puct(c_puct=self.c_puct))
        tree = plant(game, evaluate, settings, params, states, None)
        nothing = jnp.zeros_like(tree.nodes.visits)
        asked = Asked(nothing, nothing.astype(jnp.float32))

        def simulate(index: jax.Array, both: tuple[Tree, Asked]) -> tuple[Tree, Asked]:
            tree, asked = both
            view = tree._replace(nodes=self._heard(tree.nodes, asked))
            leaf, _ = choose(game, settings.rule, view, None, index - 1, None)
            return grow(game, evaluate, params, tree, leaf, index), asked

        def take_turns(number: jax.Array, both: tuple[Tree, Asked]) -> tuple[Tree, Asked]:
            first = 1 + number * self.every
            last = jnp.minimum(first + self.every, settings.nodes)
            return jax.lax.fori_loop(first, last, simulate, self._ask(game, second, *both))

        tree, asked = jax.lax.fori_loop(0, self.large_evaluations, take_turns, (tree, asked))
        made = jnp.full(len(tree.terminal), self.evaluations, jnp.int32)
        heard = tree._replace(nodes=self._heard(tree.nodes, asked))
        return found_at_roots(settings, heard, root_priors(heard), None, made), heard

    def variation(self, memory: Tree, action: Int32[Array, "B"]) -> Int32[Array, "B N"]:
        """The principal variation."""
        return principal_variation(memory, action)

    def _heard(self, nodes: Nodes, asked: Asked) -> Nodes:
        """The nodes [B, N] with V in place of V_S."""
        large = asked.value_sum / jnp.maximum(asked.visits, 1).astype(jnp.float32)
        mixed = self.value_share * mean_value(nodes) + (1 - self.value_share) * large
        total = mixed * nodes.visits.astype(jnp.float32)
        return nodes._replace(value_sum=jnp.where(asked.visits > 0, total, nodes.value_sum))

    def _ask(self, game: Game, second: Network, tree: Tree, asked: Asked) -> tuple[Tree, Asked]:
        """One turn of the large network in every tree."""
        nodes = tree.nodes
        node, found = _most_visited(nodes, asked)
        states = jax.tree.map(lambda array: at_node(array, node), tree.states)
        known = evaluate_states(game, second.evaluate, second.params, states)
        own = nodes._replace(visits=asked.visits, value_sum=asked.value_sum)
        own = back_up(own, node, known.value, found)

        def mix(small: jax.Array, large: jax.Array) -> jax.Array:
            return self.prior_share * small + (1 - self.prior_share) * large

        untried = at_node(tree.priors, node)
        priors = jnp.where((untried >= 0) & found[:, None], mix(untried, known.priors), untried)
        next_prior, next_action = next_untried(priors)
        is_child = (nodes.parent == node[:, None]) & found[:, None]
        of_action = jnp.take_along_axis(known.priors, tree.action, axis=1)
        tree = tree._replace(
            nodes=nodes._replace(
                prior=jnp.where(is_child, mix(nodes.prior, of_action), nodes.prior),
                next_prior=set_at_node(nodes.next_prior, node, next_prior),
            ),
            next_action=set_at_node(tree.next_action, node, next_action),
            priors=set_at_node(tree.priors, node, priors),
        )
        return tree, Asked(own.visits, own.value_sum)


def _most_visited(nodes: Nodes, asked: Asked) -> tuple[jax.Array, jax.Array]:
    """The node [B] that the large network looks at next, the older one on ties, and whether there
    is any [B]."""
    slot = jnp.arange(nodes.parent.shape[1])
    parent = jnp.maximum(nodes.parent, ROOT)
    above = jnp.take_along_axis(asked.visits, parent, axis=1) > 0
    next_to = jnp.where(nodes.parent == NO_PARENT, slot == ROOT, above)
    waits = next_to & (nodes.visits > 0) & (asked.visits == 0)
    node, most = first_argmax(jnp.where(waits, nodes.visits.astype(jnp.float32), UNAVAILABLE))
    return jnp.maximum(node, ROOT), most >= 0
