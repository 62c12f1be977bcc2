"""What a tree search is told; the search itself is a strategy, `mcts.SearchConfig`."""

from __future__ import annotations

from typing import Literal, Self

import pydantic

from games.config import FrozenModel
from mcts.rules.puct import Puct
from mcts.rules.rule import RULES, Rule


class SearchSettings(FrozenModel, frozen=True):
    """Budget, rule and noise of a tree search."""

    nodes: int = pydantic.Field(default=64, ge=1, le=4096)
    """Network evaluations a move, the root's included; 1 is the raw policy. Jones: 64."""

    rule: Rule = Puct()
    """How edges are chosen: a rule's settings, or only its name, as in `mcts.rules.RULES`. Jones:
    `JONES`."""

    noise_fraction: float = pydantic.Field(default=0.0, ge=0, le=1)
    """Share of Dirichlet noise in the root's prior; 0.25 in self-play, 0 with a rule that brings
    its own (`explores`)."""

    noise_concentration: float = pydantic.Field(default=10.0, gt=0)
    """The noise's Dirichlet parameter is this over the number of cells. Jones: 10."""

    evaluation: Literal["quiet", "jones"] = "quiet"
    """Whether an agent that is evaluated searches without noise, or with it like Jones's did."""

    reuse: bool = False
    """Go on from the subtree of the position reached, at play time. Its visits count: a search of n
    nodes that keeps v visits makes n - v evaluations."""

    leaves: int = pydantic.Field(default=1, ge=1, le=256)
    """Leaves evaluated together, kept apart by virtual loss; see `mcts.leaves`."""

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        if self.reuse and self.noise_fraction > 0:
            raise ValueError("reuse and noise_fraction exclude each other: kept visits drown noise")
        refusals = {"reuse": self.rule.refuses_reuse, "leaves": self.rule.refuses_leaves}
        for field, asked in (("reuse", self.reuse), ("leaves", self.leaves > 1)):
            if asked and refusals[field]:
                name = RULES.name_of(self.rule)
                raise ValueError(f"{field} does not go with rule {name}: {refusals[field]}")
        if self.leaves > 1 and self.reuse:
            raise ValueError("reuse and leaves exclude each other")
        return self

    @property
    def slots(self) -> int:
        """Room that a tree needs: the root, and steps of `leaves` evaluations."""
        return 1 + -(-(self.nodes - 1) // self.leaves) * self.leaves

    def with_nodes(self, nodes: int) -> Self:
        """The same with another budget."""
        return self.model_copy(update={"nodes": nodes})
