"""What a network looks like: its configuration, its name, and the matrix products it is made of."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple, Self

import pydantic

from games.config import FrozenModel
from games.protocol import Game

NEIGHBOURHOOD = 7  # a hexagonal cell and the six around it


class NetworkConfig(FrozenModel, frozen=True):
    """Shape of a network; hashable, so that it can be a static argument of `jit`."""

    kind: Literal["mlp", "conv"] = "mlp"
    """Fully connected, one network a board size (Jones), or convolutional on the hexagonal
    neighbourhood, whose parameters fit every board size."""

    width: int = pydantic.Field(default=16, ge=1, le=8192)
    """Neurons in each layer W; of a convolution, channels a cell. Jones: 1 to 1,024."""

    depth: int = pydantic.Field(default=2, ge=0, le=64)
    """Residual layers D. Jones: 1 to 8."""

    value_width: int | None = pydantic.Field(default=None, ge=1, le=8192)
    """Width of a trunk of the value's own; policy and value share one if unset. Jones: shared."""

    value_depth: int | None = pydantic.Field(default=None, ge=0, le=64)
    """Residual layers of the value's own trunk; as many as the policy's if unset."""

    matmul: Literal["float32", "bfloat16"] = "float32"
    """Type that the inputs of matrix products are rounded to; sums and all else stay float32.
    Jones: float16."""

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        if self.value_depth is not None and self.value_width is None:
            raise ValueError("value_depth needs value_width: the value has no trunk of its own")
        return self

    @property
    def trunks(self) -> list[tuple[int, int]]:
        """Width and depth of each trunk: the policy's (or the shared one), then the value's."""
        shared = (self.width, self.depth)
        if self.value_width is None:
            return [shared]
        depth = self.depth if self.value_depth is None else self.value_depth
        return [shared, (self.value_width, depth)]

    @property
    def name(self) -> str:
        """E.g. `16x2`, `conv32x4`, `16x2+64x1` with a value trunk, `512x4-bf16`."""
        kind = "" if self.kind == "mlp" else self.kind
        trunks = "+".join(f"{width}x{depth}" for width, depth in self.trunks)
        return f"{kind}{trunks}{'-bf16' if self.matmul == 'bfloat16' else ''}"

    @classmethod
    def parse(cls, name: str) -> NetworkConfig:
        """The network of that name.

        Raises:
            ValueError: if it is not the name of a network.
        """
        pattern = r"(conv)?(\d+)x(\d+)(?:\+(\d+)x(\d+))?(-bf16)?"
        if not (match := re.fullmatch(pattern, name)):
            raise ValueError(
                f'"{name}" is not WIDTHxDEPTH, e.g. "16x2", "conv32x4", "16x2+64x1", "512x4-bf16"'
            )
        conv, width, depth, value_width, value_depth, bf16 = match.groups()
        return cls(
            kind="conv" if conv else "mlp",
            width=int(width),
            depth=int(depth),
            value_width=int(value_width) if value_width else None,
            value_depth=int(value_depth) if value_depth else None,
            matmul="bfloat16" if bf16 else "float32",
        )


class Layer(NamedTuple):
    """One matrix product of a forward pass, for one position."""

    rows: int  # times the matrix is applied: once, or once a cell
    inputs: int
    outputs: int
    sees_board: bool = False  # whether its input is the board, whose gradient nobody needs


def layers(game: Game, config: NetworkConfig) -> list[Layer]:
    """Every matrix product of the network of that shape for that game."""
    cells = game.shape[0] * game.shape[1]
    conv = config.kind == "conv"
    rows = cells if conv else 1
    board = game.num_planes * (NEIGHBOURHOOD if conv else cells)
    reach = NEIGHBOURHOOD if conv else 1
    found = []
    for width, depth in config.trunks:
        found.append(Layer(rows, board, width, sees_board=True))
        found += [Layer(rows, reach * width, width)] * depth
    policy_width, value_width = config.trunks[0][0], config.trunks[-1][0]
    found.append(Layer(rows, policy_width, 1 if conv else game.num_actions))
    found.append(Layer(1, 2 * value_width if conv else value_width, 1))
    return found


def parameter_count(game: Game, config: NetworkConfig) -> int:
    """Weights and biases P, counted as Jones did: ReZero's scalars α are left out.

    For his network P = 2A·W + W + D(W² + W) + A·W + A + W + 1.
    """
    return sum((layer.inputs + 1) * layer.outputs for layer in layers(game, config))
