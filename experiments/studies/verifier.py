"""Should the network that judges be larger than the one that proposes, at equal FLOPs a node?"""

from __future__ import annotations

import functools
import itertools
import math

import pydantic

from experiments.machine.parallel import Task
from experiments.reproduction.recipe import configure, load_recipe
from experiments.reproduction.stages.training import training_tasks
from experiments.studies.study import Stage, Study
from games.config import FrozenModel
from games.hex import Hex
from games.protocol import Game
from training.config import TrainConfig
from training.ledger import forward_flops, trunk_parameters
from training.networks import HEADS, Mlp
from training.store import Store

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
    """Parameters of the value's trunk over those of the policy's."""
    depth: int = 2
    seeds: int = pydantic.Field(default=3, ge=1)
    snapshots: int = pydantic.Field(default=6, ge=2)

    def shapes(self, board: Board) -> dict[str, str]:
        """Names of the board's networks by what they are in the study."""
        game = Hex(board.boardsize)
        shared = Mlp(width=board.width, depth=self.depth)
        split = {f"{ratio:g}": split_network(game, shared, ratio).name for ratio in self.ratios}
        small = Mlp(width=board.small, depth=self.depth).name
        return {"shared": shared.name, "small": small, **split}

    @property
    def runs(self) -> list[TrainConfig]:
        """Every run of self-play."""
        return [
            configure(load_recipe(RECIPE), {
                "boardsize": board.boardsize, "network": network, "seed": seed,
                "samples": board.samples, "snapshots": self.snapshots, "first_snapshot": 4_096,
            })
            for board in self.boards
            for network in self.shapes(board).values()
            for seed in range(self.seeds)
        ]  # fmt: skip


@functools.cache
def split_network(game: Game, shared: Mlp, ratio: float) -> Mlp:
    """Trunks of policy and value that cost together what `shared` costs, their parameters as
    nearly in the ratio as whole widths allow: FLOPs within 3 %, if any pair of widths is."""
    cost = forward_flops(game, shared)

    def miss(widths: tuple[int, int]) -> tuple[bool, float]:
        network = Mlp(width=widths[0], depth=shared.depth, value_width=widths[1])
        parameters = trunk_parameters(game, network)
        policy, value = (parameters[head] for head in HEADS)
        dearer = abs(math.log(forward_flops(game, network) / cost))
        return dearer > math.log(1.03), abs(math.log(value / policy / ratio)) + 4 * dearer

    every = range(1, 2 * shared.width)
    policy, value = min(itertools.product(every, every), key=miss)
    return Mlp(width=policy, depth=shared.depth, value_width=value)


def _train(store: Store, config: VerifierConfig) -> list[Task]:
    def name(run: TrainConfig) -> str:
        return f"{run.boardsize}×{run.boardsize} board, network {run.network.name}"

    return training_tasks(store, config.runs, name)


STUDY = Study(
    title="A verifier larger than the policy",
    question="At equal FLOPs a node: should the value's trunk be larger than the policy's?",
    expectation="",
    presets={
        "smoke": VerifierConfig(
            boards=(Board(boardsize=3, width=12, small=3, samples=4_096),),
            ratios=(1 / 4, 4), seeds=1, snapshots=2,
        ),
        "laptop": VerifierConfig(
            boards=(
                Board(boardsize=4, width=32, small=8, samples=60_000),
                Board(boardsize=5, width=32, small=8, samples=120_000),
            ),
        ),
    },
    stages=(Stage("Training", _train),),
)  # fmt: skip
