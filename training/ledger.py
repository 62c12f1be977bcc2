"""What training costs, counted in one place.

One multiply-add is 2 FLOPs. Only matrix products are counted: biases, activations and the tree's
own arithmetic are not (XLA's count of one forward pass is about 1 % higher; a test compares).
`jones_flops` keeps the convention of Jones 2021 so that published axes can be compared: samples ×
nodes × parameters, one per multiply-add, the learner left out.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from games.protocol import Game
from mcts.strategies.strategy import Calls
from training.config import TrainConfig
from training.networks import HEADS, Layer, NetworkConfig, parameter_count


def forward_flops(game: Game, config: NetworkConfig, heads: Collection[str] = HEADS) -> int:
    """FLOPs of one forward pass of one position, as far as it takes to know `heads` of it."""
    wanted = (layer for layer in config.layers(game) if not set(heads).isdisjoint(layer.heads))
    return sum(map(_flops, wanted))


def calls_flops(game: Game, config: NetworkConfig, calls: Calls) -> int:
    """FLOPs of a network's evaluations, each as far as it is read."""
    return (
        calls.both * forward_flops(game, config)
        + calls.policy * forward_flops(game, config, ["policy"])
        + calls.value * forward_flops(game, config, ["value"])
    )


def trunk_parameters(game: Game, config: NetworkConfig) -> dict[str, int]:
    """Weights and biases that each head hangs on, its own included; those of a shared trunk count
    for both."""
    layers = config.layers(game)
    return {
        head: sum((layer.inputs + 1) * layer.outputs for layer in layers if head in layer.heads)
        for head in HEADS
    }


def gradient_flops(game: Game, config: NetworkConfig) -> int:
    """FLOPs of one forward and backward pass of one position.

    The backward pass costs the forward pass twice, once for the weights and once for the
    activations, but nobody needs the gradient of the input.
    """
    return sum((2 if layer.sees_board else 3) * _flops(layer) for layer in config.layers(game))


def _flops(layer: Layer) -> int:
    return 2 * layer.rows * layer.inputs * layer.outputs


COSTS = (
    "samples",
    "learner_samples",
    "network_evaluations",
    "selfplay_flops",
    "learner_flops",
    "label_flops",
    "teacher_flops",
    "train_flops",
    "jones_flops",
    "seconds",
    "selfplay_seconds",
    "learner_seconds",
    "other_seconds",
    "energy_joules",
)
"""Columns of a snapshot's row that add up over the runs which led to it."""


@dataclasses.dataclass(frozen=True)
class Ledger:
    """What a run has spent so far; of a population, each member's equal share."""

    samples: int = 0
    """Positions searched in self-play."""
    learner_samples: int = 0
    """Positions the learner has trained on, repeats counted."""
    selfplay_seconds: float = 0.0
    """Time in self-play; compilation and pauses left out, as everywhere here."""
    learner_seconds: float = 0.0
    """Time in the learner."""
    other_seconds: float = 0.0
    """Time for snapshots, rows, checkpoints and progress."""
    energy_joules: float | None = None
    """Energy that the GPUs used meanwhile, where they report it."""

    @property
    def seconds(self) -> float:
        """Training time: self-play and learning."""
        return self.selfplay_seconds + self.learner_seconds

    def spend(
        self,
        samples: int = 0,
        learner_samples: int = 0,
        selfplay_seconds: float = 0.0,
        learner_seconds: float = 0.0,
        other_seconds: float = 0.0,
        energy_joules: float | None = None,
    ) -> Ledger:
        """The ledger after this too."""
        # Not every device tells; what one part of a run does not know, the sum leaves out.
        known = [joules for joules in (self.energy_joules, energy_joules) if joules is not None]
        return Ledger(
            samples=self.samples + samples,
            learner_samples=self.learner_samples + learner_samples,
            selfplay_seconds=self.selfplay_seconds + selfplay_seconds,
            learner_seconds=self.learner_seconds + learner_seconds,
            other_seconds=self.other_seconds + other_seconds,
            energy_joules=sum(known) if known else None,
        )

    def costs(
        self, game: Game, network: NetworkConfig, evaluations: int
    ) -> dict[str, float | None]:
        """The ledger in every unit of `COSTS`.

        Args:
            game: the rules.
            network: the network's shape.
            evaluations: network evaluations of self-play.
        """
        selfplay = float(evaluations * forward_flops(game, network))
        learner = float(self.learner_samples * gradient_flops(game, network))
        # The learner counts: with few nodes a move it is most of the cost.
        spent = selfplay + learner
        return {
            **dataclasses.asdict(self),
            "seconds": self.seconds,
            "network_evaluations": evaluations,
            "selfplay_flops": selfplay,
            "learner_flops": learner,
            "label_flops": 0.0,  # labels are there before the run, as what it begins with is
            "teacher_flops": 0.0,
            "train_flops": spent,
            "jones_flops": float(evaluations * parameter_count(game, network)),
        }


def together(ledgers: Iterable[Ledger]) -> Ledger:
    """What all have spent."""
    return functools.reduce(lambda all_, one: all_.spend(**dataclasses.asdict(one)), ledgers)


def costs_of(config: TrainConfig, ledgers: Sequence[Ledger]) -> dict[str, float | None]:
    """What a run has spent on its boards, given a ledger of each, in every unit of `COSTS`."""
    by_board = [
        ledger.costs(board.rules, board.network, board.evaluations(ledger.samples))
        for board, ledger in zip(config.boards, ledgers, strict=True)
    ]
    known = {name: [cost for one in by_board if (cost := one[name]) is not None] for name in COSTS}
    return {name: sum(values) if values else None for name, values in known.items()}


def utilisation(costs: Mapping[str, Any], peak_flops: float) -> float | None:
    """FLOPs a second as a share of what the devices reach at best, all together."""
    return costs["train_flops"] / costs["seconds"] / peak_flops if costs["seconds"] else None
