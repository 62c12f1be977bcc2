"""Root-parallel tree search: independent trees of one position, whose root visits are added up.

Cazenave & Jouandeau 2007 ("On the parallelization of UCT", single-run) and Chaslot et al. 2008
("Parallel Monte-Carlo tree search", root parallelisation). Trees that know the same network would
all be the same; Dirichlet noise in each root's prior sets them apart, as random playouts did there.
The leaves of one tree in parallel are `SearchConfig.leaves`.
"""

from __future__ import annotations

from typing import Any, Literal

import jax
import jax.numpy as jnp
import pydantic
from jaxtyping import Array, Key

from games.protocol import Game, State
from mcts.keys import spawn
from mcts.roots import SearchResult
from mcts.rules.puct import Puct
from mcts.rules.rule import Root
from mcts.search import search
from mcts.settings import SearchSettings
from mcts.simulation import Evaluate
from mcts.strategies.strategy import STRATEGIES, Strategy


@STRATEGIES.add
class RootParallel(Strategy, frozen=True):
    """Trees of PUCT that do not see each other."""

    strategy: Literal["root-parallel"] = "root-parallel"

    nodes: int = pydantic.Field(default=64, ge=1, le=4096)
    """Network evaluations of all trees together; what does not fill a node of each is not spent."""

    trees: int = pydantic.Field(default=4, ge=1, le=256)
    """How many, if there is a node for each."""

    noise_fraction: float = pydantic.Field(default=0.25, gt=0, le=1)
    """Share of Dirichlet noise in the roots' priors."""

    @property
    def used_trees(self) -> int:
        """How many are grown."""
        return min(self.trees, self.nodes)

    @property
    def evaluations(self) -> int:
        """Each tree evaluates the root for itself."""
        return self.used_trees * (self.nodes // self.used_trees)

    @property
    def dependent_calls(self) -> int:
        """Those of one tree."""
        return self.nodes // self.used_trees

    @property
    def draws(self) -> bool:
        """Noise sets the trees apart."""
        return True

    def decide(
        self,
        game: Game,
        evaluate: Evaluate,
        params: Any,
        states: State,
        key: Key[Array, "*K"],
        memory: Any = None,
    ) -> tuple[SearchResult, Any]:
        """Visits are summed, q is their mean over visits; the prior is the mean of what the trees
        began with. The most visited move is played, ties broken by the prior."""
        trees = self.used_trees
        settings = SearchSettings(
            nodes=self.dependent_calls, rule=Puct(), noise_fraction=self.noise_fraction
        )
        # A game's trees lie side by side, so that they are one part of the batch for its own key.
        copies = jax.tree.map(lambda leaf: jnp.repeat(leaf, trees, axis=0), states)
        each = search(game, evaluate, settings, params, copies, spawn(key, 1)[0])
        each = jax.tree.map(lambda array: array.reshape(-1, trees, *array.shape[1:]), each)
        visits = jnp.sum(each.visits, axis=1)
        value_sum = jnp.sum(each.q * each.visits.astype(jnp.float32), axis=1)
        prior = jnp.mean(each.prior, axis=1)
        q = value_sum / jnp.maximum(visits, 1).astype(jnp.float32)
        root = Root(visits, q, prior, prior > 0, jnp.zeros_like(prior))
        policy, action = jax.vmap(lambda own: Puct().conclude(None, own))(root)
        return SearchResult(
            visits=visits,
            policy=policy,
            action=action,
            q=q,
            prior=prior,
            value=jnp.mean(each.value, axis=1),
            network_value=each.network_value[:, 0],
            evaluations=jnp.sum(each.evaluations, axis=1, dtype=jnp.int32),
        ), memory
