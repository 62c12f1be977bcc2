"""How an agent thinks: the settings of one search."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

import pydantic

from games.config import FrozenModel
from mcts.gumbel import Gumbel
from mcts.puct import Puct
from mcts.regularised import Regularised


def _by_name(value: Any) -> Any:
    """Accept `"gumbel"` for `{"name": "gumbel"}`; PUCT where no name is given."""
    if isinstance(value, str):
        return {"name": value}
    if isinstance(value, dict):
        return {"name": "puct", **value}
    return value


Rule = Annotated[
    Puct | Gumbel | Regularised,
    pydantic.Field(discriminator="name"),
    pydantic.BeforeValidator(_by_name),
]


class SearchConfig(FrozenModel, frozen=True):
    """How an agent thinks; hashable, so that it can be a static argument of `jit`."""

    nodes: int = pydantic.Field(default=64, ge=1, le=4096)
    """Network evaluations a move, the root's included; 1 is the raw policy. Jones: 64."""

    rule: Rule = Puct()
    """How edges are chosen: a rule's settings, or only its name: puct, gumbel or regularised.
    Jones: `JONES`."""

    noise_fraction: float = pydantic.Field(default=0.0, ge=0, le=1)
    """Share of Dirichlet noise in the root's prior; 0.25 in self-play. Gumbel has its own noise."""

    noise_concentration: float = pydantic.Field(default=10.0, gt=0)
    """The noise's Dirichlet parameter is this over the number of cells. Jones: 10."""

    evaluation: Literal["quiet", "jones"] = "quiet"
    """Whether an agent that is evaluated searches without noise, or with it like Jones's did."""

    reuse: bool = False
    """Go on from the subtree of the position reached, at play time. Its visits count: a search of n
    nodes that keeps v visits makes n - v evaluations."""

    leaves: int = pydantic.Field(default=1, ge=1, le=256)
    """Leaves evaluated together, kept apart by virtual loss (PUCT only); see `mcts.leaves`."""

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        if self.reuse and self.noise_fraction > 0:
            raise ValueError("reuse and noise_fraction exclude each other: kept visits drown noise")
        if self.reuse and isinstance(self.rule, Gumbel):
            raise ValueError("reuse does not go with rule gumbel: its halving needs a fresh root")
        if self.leaves > 1 and not isinstance(self.rule, Puct):
            raise ValueError(
                f"leaves needs rule puct, not {self.rule.name}; gumbel has rule.parallel, which "
                "changes nothing that is found"
            )
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

    def for_evaluation(self) -> Self:
        """The same without any noise, unless `evaluation` says otherwise."""
        if self.evaluation == "jones":
            return self
        rule = self.rule
        if isinstance(rule, Gumbel):
            rule = rule.model_copy(update={"noise_scale": 0.0})
        return self.model_copy(update={"noise_fraction": 0.0, "rule": rule})


JONES = SearchConfig(
    nodes=64,
    rule=Regularised(
        c_puct=1 / 16, lambda_rule="jones", unvisited_value="loss", value_range="jones"
    ),
    noise_fraction=0.25,
    evaluation="jones",
)
"""The search of Jones 2021, in self-play and in evaluation (boardlaw, tag `paper-v2`)."""
