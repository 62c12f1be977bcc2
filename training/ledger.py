"""What training costs, counted in one place.

One multiply-add is 2 FLOPs. Only matrix products are counted: biases, activations and the tree's
own arithmetic are not (XLA's count of one forward pass is about 1 % higher; a test compares).
`jones_flops` keeps the convention of Jones 2021 so that published axes can be compared: samples ×
nodes × parameters, one per multiply-add, the learner left out.
"""

from __future__ import annotations

import dataclasses

from games.protocol import Game
from training.networks import NetworkConfig, parameter_count


def forward_flops(game: Game, config: NetworkConfig) -> int:
    """FLOPs of one forward pass of one position."""
    a, w, d = game.num_actions, config.width, config.depth
    return 2 * (2 * a * w + d * w**2 + a * w + w)


def gradient_flops(game: Game, config: NetworkConfig) -> int:
    """FLOPs of one forward and backward pass of one position.

    The backward pass costs the forward pass twice, once for the weights and once for the
    activations, but nobody needs the gradient of the input.
    """
    input_layer = 2 * 2 * game.num_actions * config.width
    return 3 * forward_flops(game, config) - input_layer


@dataclasses.dataclass(frozen=True)
class Ledger:
    """What a run has spent so far."""

    samples: int = 0
    """Positions searched in self-play."""
    learner_samples: int = 0
    """Positions the learner has trained on, repeats counted."""
    seconds: float = 0.0
    """Training time; compilation, snapshots and pauses left out."""

    def costs(self, game: Game, network: NetworkConfig, nodes: int) -> dict[str, float]:
        """The ledger in every unit that a snapshot row carries."""
        evaluations = self.samples * nodes
        selfplay = float(evaluations * forward_flops(game, network))
        learner = float(self.learner_samples * gradient_flops(game, network))
        return {
            **dataclasses.asdict(self),
            "network_evaluations": evaluations,
            "selfplay_flops": selfplay,
            "learner_flops": learner,
            "train_flops": selfplay + learner,
            "jones_flops": float(evaluations * parameter_count(game, network)),
        }
