"""Tree search with a budget by position: it stops where a rule says that more would change nothing.

The search is PUCT's without noise, whose first m nodes are the search of m nodes; the rules are in
`mcts.stopping`. In a batch, searches that have stopped stand still until the last one has.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import pydantic
from jaxtyping import Array, Int32, Key

from games.protocol import Game, State
from mcts.keys import spawn
from mcts.roots import SearchResult
from mcts.rules.puct import Puct
from mcts.search import Growing, found_at_roots, principal_variation, simulations
from mcts.settings import SearchSettings
from mcts.simulation import Evaluate, plant
from mcts.stopping import AnyStoppingRule, Look, Settled, first_look, looks, share_filled
from mcts.strategies.strategy import STRATEGIES, Strategy
from mcts.tree import ROOT, Tree, select


class Searching(NamedTuple):
    """B searches between two looks."""

    number: jax.Array  # [] int32, of the look
    growing: Growing
    look: Look
    answer: SearchResult  # of those that have stopped as they were then, of the others as they are
    done: jax.Array  # [B] bool


@STRATEGIES.add
class Adaptive(Strategy, frozen=True):
    """Searches until its rule or its budget says enough."""

    strategy: Literal["adaptive"] = "adaptive"

    nodes: int = pydantic.Field(default=64, ge=1, le=4096)
    """Network evaluations at most."""

    stop: AnyStoppingRule = Settled()
    """When it stops before: a rule's settings, or only its name, as in `mcts.stopping.STOPPING`."""

    c_puct: float = pydantic.Field(default=1.25, ge=0)
    """Weight of the prior, as in `mcts.rules.puct`."""

    @property
    def evaluations(self) -> int:
        """The cap; `SearchResult.evaluations` says how many there were."""
        return self.nodes

    @property
    def dependent_calls(self) -> int:
        """All of them."""
        return self.nodes

    def spent(self, evaluations: int) -> str:
        """Where it stopped early, with the rule's reason."""
        told = super().spent(evaluations)
        return told if evaluations == self.nodes else f"{told}: {self.stop.because}"

    def decide(
        self,
        game: Game,
        evaluate: Evaluate,
        params: Any,
        states: State,
        key: Key[Array, "*K"],
        memory: Any = None,
    ) -> tuple[SearchResult, Tree]:
        """`evaluations` are those made until it stopped; what it may be asked about is the trees as
        they were then."""
        del memory
        settings = SearchSettings(nodes=self.nodes, rule=Puct(c_puct=self.c_puct))
        tree = plant(game, evaluate, settings, params, states, None)
        priors = tree.priors[:, ROOT]
        begin, simulate = simulations(game, evaluate, settings, params, spawn(key, 1)[0])
        budgets = jnp.array(looks(self.nodes), jnp.int32)

        def find(tree: Tree, nodes: jax.Array) -> SearchResult:
            made = jnp.full(tree.terminal.shape[0], nodes)
            return found_at_roots(settings, tree, priors, None, made)

        def goes_on(now: Searching) -> jax.Array:
            return jnp.any(~now.done) & (now.number + 1 < len(budgets))

        def look_on(now: Searching) -> Searching:
            number = now.number + 1
            grown = jax.lax.fori_loop(budgets[number - 1], budgets[number], simulate, now.growing)
            growing = select(now.done, now.growing, grown)
            found = find(growing.tree, budgets[number])
            look = now.look.after(found, budgets[number])
            answer = select(now.done, now.answer, found)
            return Searching(number, growing, look, answer, now.done | self.stop.stops(look))

        found = find(tree, budgets[0])
        look = first_look(found, share_filled(game, states), self.nodes)
        start = Searching(
            jnp.int32(0), begin(tree, None, jnp.int32(0)), look, found, self.stop.stops(look)
        )
        end = jax.lax.while_loop(goes_on, look_on, start)
        return end.answer, end.growing.tree

    def variation(self, memory: Tree, action: Int32[Array, "B"]) -> Int32[Array, "B N"]:
        """The principal variation."""
        return principal_variation(memory, action)
