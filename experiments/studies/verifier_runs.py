"""The networks of the study of verifiers and policies, and their training."""

from __future__ import annotations

import functools
import itertools
import math
from typing import NamedTuple, Self

import pydantic

from analysis.studies.verifier import COMMON, OWN, SHARED, SMALL
from experiments.reproduction.recipe import configure, load_recipe
from games.config import FrozenModel
from games.hex import Hex
from games.protocol import Game
from training.config import TrainConfig
from training.labels import LabelConfig
from training.ledger import forward_flops, trunk_parameters
from training.networks import HEADS, Mlp, NetworkConfig

RECIPE = "efficient"


class Board(FrozenModel, frozen=True):
    """The networks of one board and how long they train."""

    boardsize: int
    width: int
    """Of the shared trunk that sets the FLOPs a node of all others."""
    small: int
    """Width of the small network of trees that ask two."""
    samples: int
    """Self-play positions of each run."""


class VerifierConfig(FrozenModel, frozen=True):
    """Which networks are trained, and how they are judged."""

    boards: tuple[Board, ...]
    ratios: tuple[float, ...] = (1 / 16, 1 / 4, 1, 4, 16)
    """Parameters of the value's trunk over those of the policy's, heads included."""
    depth: int = 2
    seeds: int = pydantic.Field(default=3, ge=1)
    snapshots: int = pydantic.Field(default=6, ge=2)
    positions: int = pydantic.Field(default=800, ge=10)
    """Won positions of play, about, in which decisions are judged; values are in all there are."""
    puct: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64, 128, 256)
    """Budgets of the tree search; the first is the raw policy."""
    verified: tuple[int, ...] = (2, 4, 8)
    """Moves that best of N draws and verifies."""
    mpv: tuple[tuple[int, int], ...] = ((16, 2), (64, 2), (64, 8))
    """Evaluations of trees that ask two networks, and those of the small one to one of the
    large."""

    labels: int = pydantic.Field(default=0, ge=0)
    """Positions of each board that a teacher labels for a second arm, in which every network learns
    from the same; none if 0."""

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        if self.puct[:1] != (1,):
            raise ValueError("puct: the first budget must be 1, the raw policy")
        return self

    def shapes(self, board: Board) -> dict[str, str]:
        """The board's networks by their kind."""
        game = Hex(board.boardsize)
        shared = Mlp(width=board.width, depth=self.depth)
        small = Mlp(width=board.small, depth=self.depth)
        split = {f"{ratio:g}": split_network(game, shared, ratio).name for ratio in self.ratios}
        return {SHARED: shared.name, SMALL: small.name, **split}

    @property
    def arms(self) -> tuple[str, ...]:
        """What networks learn from: play of their own, and labels that are the same for all."""
        return (OWN, COMMON) if self.labels else (OWN,)

    def runs(self, arm: str) -> list[TrainConfig]:
        """Every run of an arm."""
        sets = {} if arm == OWN else self.label_sets()
        return [
            self._run(board, network, seed, sets.get(board.boardsize))
            for board in self.boards
            for network in self.shapes(board).values()
            for seed in range(self.seeds)
        ]

    def _run(
        self, board: Board, network: str, seed: int, labels: LabelConfig | None = None
    ) -> TrainConfig:
        changes = {
            "boardsize": board.boardsize, "network": network, "seed": seed,
            "samples": board.samples, "snapshots": self.snapshots, "first_snapshot": 4_096,
        }  # fmt: skip
        if labels is not None:
            changes["labels"] = (f"{labels.name}:{labels.count}",)
        return configure(load_recipe(RECIPE), changes)

    def label_sets(self) -> dict[int, LabelConfig]:
        """By board: the first shared network, trained to its end, plays and searches."""
        found = {}
        for board in self.boards:
            teacher = self._run(board, self.shapes(board)[SHARED], 0)
            last = len(teacher.snapshot_iterations) - 1
            found[board.boardsize] = LabelConfig(
                boardsize=board.boardsize, teacher=f"{teacher.run_id}#{last}", count=self.labels
            )
        return found


class _Trunk(NamedTuple):
    """A trunk of some width with its head."""

    width: int
    flops: int
    parameters: int


@functools.cache
def split_network(game: Game, shared: Mlp, ratio: float) -> Mlp:
    """Trunks of policy and value that cost together what `shared` costs, their parameters as
    nearly in the ratio as whole widths allow: FLOPs within 3 %, if any pair of widths is."""
    cost = forward_flops(game, shared)

    def miss(pair: tuple[_Trunk, _Trunk]) -> tuple[bool, float]:
        policy, value = pair
        dearer = abs(math.log((policy.flops + value.flops) / cost))
        off = abs(math.log(value.parameters / policy.parameters / ratio))
        return dearer > math.log(1.03), off + 4 * dearer

    policies, values = (_trunks(game, shared, head) for head in HEADS)
    policy, value = min(itertools.product(policies, values), key=miss)
    return Mlp(width=policy.width, depth=shared.depth, value_width=value.width)


def _trunks(game: Game, shared: Mlp, head: str) -> list[_Trunk]:
    """Trunks of one head, up to one that costs more than the shared network."""
    alike = (
        Mlp(width=width, depth=shared.depth, value_width=width)
        for width in range(1, 2 * shared.width)
    )
    return [
        _Trunk(own.width, forward_flops(game, own, [head]), trunk_parameters(game, own)[head])
        for own in alike
    ]


def ratio_of(game: Game, network: NetworkConfig) -> float:
    """Parameters that the value hangs on over those that the policy hangs on."""
    parameters = trunk_parameters(game, network)
    policy, value = (parameters[head] for head in HEADS)
    return value / policy
