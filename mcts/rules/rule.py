"""What the search asks of a rule, and what a rule declares of itself.

Nobody asks a rule for its name: whatever depends on it is a declaration here. Every method reads
one unbatched tree; the loop in `mcts.search` maps it over the batch, under the axis name `TREES`.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, NamedTuple, Self

import jax
import numpy as np
import pydantic
from jaxtyping import Array, Bool, Float32, Int, Int32, Key

from games.config import FrozenModel
from games.kinds import Kinds
from mcts.tree import Nodes

TREES = "trees"
"""Name of the batch axis, for the one rule that looks across it (Jones's normalisation)."""


class Root(NamedTuple):
    """The root by action, after the search; 0 for actions illegal or never tried."""

    visits: jax.Array  # [A] int32
    q: jax.Array  # [A], from the root mover's view
    prior: jax.Array  # [A], noise mixed in where asked
    legal: jax.Array  # [A] bool
    noise: jax.Array  # [A], what the rule added to the log prior; zeros but for Gumbel


class Entry(NamedTuple):
    """How a simulation leaves the root, where the rule does not treat it like any other node."""

    node: jax.Array  # [], the root's child to go on from, or the root to try `action`
    action: jax.Array  # [] int32
    prior: jax.Array  # [], of that action


class SearchRule(FrozenModel, frozen=True):
    """Base of the rules; each is one file."""

    samples: ClassVar[bool] = False
    """Whether `follow` and `new_action` draw, and so need a uniform variate each."""

    sums: ClassVar[bool] = True
    """Whether `follow` adds up over a node's children: rounding then hangs on how many are looked
    at, which must not hang on the other trees of a batch."""

    explores: ClassVar[bool] = False
    """Whether it brings noise of its own for self-play, and so wants no Dirichlet noise."""

    refuses_reuse: ClassVar[str] = ""
    """Why a search cannot go on from a tree that was kept; empty if it can."""

    refuses_leaves: ClassVar[str] = "it does not count visits that wait for their value"
    """Why several leaves of a tree cannot be evaluated together; empty if they can, and then
    `score_nodes` and `follow` heed `Nodes.pending`."""

    refuses_trace: ClassVar[str] = ""
    """Why its first simulations are not those of a smaller search (`mcts.trace`); empty if they
    are."""

    @property
    def draws(self) -> bool:
        """Whether chance has a part in what it finds, Dirichlet noise left out."""
        return self.samples

    @property
    def couples_games(self) -> str:
        """Why what it finds in one game hangs on the others of its batch; empty if it does not."""
        return ""

    @property
    def in_rounds(self) -> bool:
        """Whether the simulations of a round, which leave the root by different actions, are to be
        made at once (`mcts.rounds`)."""
        return False

    def evaluations(self, nodes: int) -> int:
        """What a search of `nodes` nodes costs at most, in network evaluations."""
        return nodes

    def dependent_calls(self, nodes: int) -> int:
        """How many of these wait for one another at most: the depth of the computation."""
        return nodes

    def quiet(self) -> Self:
        """The same without noise, to be evaluated."""
        return self

    def root_noise(
        self, key: Key[Array, "*K"], shape: tuple[int, ...]
    ) -> Float32[Array, "B A"] | None:
        """What is added to the log prior at the root, if anything: [B, A]."""
        del key, shape
        return None

    def open_root(
        self, prior: Float32[Array, "A"], noise: Float32[Array, "A"] | None, simulations: int
    ) -> Any:
        """The rule's own record of a root with `prior` [A] (UNAVAILABLE where illegal), if any."""
        del prior, noise, simulations

    def leave_root(
        self, record: Any, nodes: Nodes, simulation: Int[Array, ""]
    ) -> tuple[Any, Entry]:
        """How simulation number `simulation` [] (from 0) leaves the root; asked only of rules
        whose `open_root` returns a record."""
        raise NotImplementedError

    def round_sizes(self, m: int, simulations: int) -> np.ndarray:
        """Asked of rules that search `in_rounds`: how many actions each round visits, 0 after the
        last, int32 [m + 1, simulations + 1]; the row is the number of actions considered. Their
        record has `action` [m] and `count` [], how many of these there are."""
        raise NotImplementedError

    def rank(
        self, record: Any, nodes: Nodes, visits: Int32[Array, "m"], q: Float32[Array, "m"]
    ) -> Float32[Array, "m"]:
        """Asked of rules that search `in_rounds`: scores [m] of the record's actions, given their
        visits and q [m]; a round visits the best of those that wait."""
        raise NotImplementedError

    def measure(self, nodes: Nodes) -> Any:
        """What the rule needs to know of the whole tree, if anything."""
        del nodes

    def score_nodes(self, nodes: Nodes, measure: Any) -> Any:
        """The parts of the rule that do not depend on where the descent stands.

        `nodes` are all or some of the nodes, in any order: a node's part depends on no other.
        """
        raise NotImplementedError

    def follow(
        self, nodes: Nodes, scores: Any, node: Int32[Array, ""], num_actions: int, uniform: Any
    ) -> tuple[Int32[Array, ""], Bool[Array, ""]]:
        """The child of `node` [] to follow [], and whether to [] or try a new action instead.

        A node without children and without untried actions, such as a finished game, is not
        followed any further. `uniform` is a variate in [0, 1) [] if the rule samples.
        """
        raise NotImplementedError

    def new_action(
        self,
        priors: Float32[Array, "A"],
        likeliest: Int32[Array, ""],
        prior: Float32[Array, ""],
        uniform: Any,
    ) -> tuple[Int32[Array, ""], Float32[Array, ""]]:
        """The action to try [] and its prior [].

        Args:
            priors: of the node's unvisited actions, UNAVAILABLE for the others [A].
            likeliest: the unvisited action of largest prior [].
            prior: that prior [].
            uniform: a variate in [0, 1) [] if the rule samples.
        """
        del priors, uniform
        return likeliest, prior

    def conclude(self, nodes: Nodes, root: Root) -> tuple[Float32[Array, "A"], Int32[Array, ""]]:
        """The improved policy [A], which is the training target, and the move to play [] int32."""
        raise NotImplementedError


RULES = Kinds[SearchRule]("search rule", key="name", default="puct")
"""Every search rule by its name."""

Rule = Annotated[pydantic.SerializeAsAny[SearchRule], pydantic.BeforeValidator(RULES.parse)]
"""A field of a configuration that holds a rule: its name, or its settings."""
