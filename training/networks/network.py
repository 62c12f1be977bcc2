"""What training, ledger and store ask of a network, and what its shape declares.

A kind of network is a configuration with a name that says the whole shape, the matrix products it
is made of, and the Flax module that computes them.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, NamedTuple, Self

import flax.linen as nn
import pydantic

from games.config import FrozenModel
from games.kinds import Kinds
from games.protocol import Game

Params = Any
"""A network's parameters: a pytree of arrays. A population's have a leading axis of members."""


HEADS = ("policy", "value")
"""What a network says of a position."""


class Layer(NamedTuple):
    """One matrix product of a forward pass, for one position; its result gets a bias."""

    rows: int  # times the matrix is applied: once, or once a cell
    inputs: int
    outputs: int
    sees_board: bool = False  # whether its input is the board, whose gradient nobody needs
    heads: tuple[str, ...] = HEADS  # which of them hang on it


class NetworkConfig(FrozenModel, frozen=True):
    """Shape of a network, base of the kinds; hashable, a static argument of `jit`."""

    examples: ClassVar[tuple[str, ...]] = ()
    """Names that show what may be written, for messages."""

    kind: str
    """Of the network; see `NETWORKS`."""

    width: int = pydantic.Field(default=16, ge=1, le=8192)
    """Neurons in each layer W; of a convolution, channels a cell. Jones: 1 to 1,024."""

    depth: int = pydantic.Field(default=2, ge=0, le=64)
    """Layers D beside the first and the last. Jones: 1 to 8."""

    @property
    def name(self) -> str:
        """The whole shape in a word, as tables and command lines write it."""
        return f"{self.kind}{self.width}x{self.depth}"

    @classmethod
    def from_name(cls, name: str) -> Self | None:
        """The network of this kind that has this name; none if no network of the kind has."""
        kind = NETWORKS.name_of(cls)
        if not (match := re.fullmatch(rf"{kind}(\d+)x(\d+)", name)):
            return None
        return cls.model_validate({"width": int(match[1]), "depth": int(match[2])})

    @staticmethod
    def parse(name: str) -> NetworkConfig:
        """The network of that name, of whatever kind.

        Raises:
            ValueError: if it is not the name of a network.
        """
        kinds = [NETWORKS[kind] for kind in NETWORKS.names]
        # Each kind knows its own names; no two share one.
        found = next(filter(None, (kind.from_name(name) for kind in kinds)), None)
        if found is None:
            examples = ", ".join(f'"{name}"' for kind in kinds for name in kind.examples)
            raise ValueError(f'"{name}" is not WIDTHxDEPTH, e.g. {examples}')
        return found

    @property
    def products(self) -> str:
        """Type that the inputs of its matrix products are rounded to."""
        return "float32"

    @property
    def roomier(self) -> NetworkConfig:
        """The shape that computes the same once `pad_params` has filled it up with zeros, so that
        small networks of a board share one compiled program; itself if there is none."""
        return self

    def layers(self, game: Game) -> list[Layer]:
        """Every matrix product of the network for that game."""
        raise NotImplementedError

    def module(self, game: Game) -> nn.Module:
        """The network for that game: planes [B, P, R, C] → policy logits [B, A] and values [B] in
        [-1, 1], both in the mover's frame; logits of illegal actions do not matter."""
        raise NotImplementedError


def parameter_count(game: Game, config: NetworkConfig) -> int:
    """Weights and biases P, counted as Jones did: ReZero's scalars α are left out.

    For his network P = 2A·W + W + D(W² + W) + A·W + A + W + 1.
    """
    return sum((layer.inputs + 1) * layer.outputs for layer in config.layers(game))


def _parse(value: Any) -> Any:
    return NetworkConfig.parse(value) if isinstance(value, str) else NETWORKS.parse(value)


NETWORKS = Kinds[NetworkConfig]("network", key="kind", default="mlp")
"""Every kind of network by its name."""

AnyNetwork = Annotated[pydantic.SerializeAsAny[NetworkConfig], pydantic.BeforeValidator(_parse)]
"""A field of a configuration that holds a network: its name, such as `16x2`, or its settings."""
