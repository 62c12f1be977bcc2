"""What the residual networks share: their shape, its name, and how trunks and heads are joined."""

from __future__ import annotations

import functools
import math
import re
from typing import Any, ClassVar, Literal, Self

import flax.linen as nn
import jax
import jax.numpy as jnp
import pydantic

from games.protocol import Game
from training.networks.network import HEADS, NetworkConfig


class Residual(NetworkConfig, frozen=True):
    """A residual trunk, or two, with linear heads for policy and value."""

    prefix: ClassVar[str]
    """What its names begin with."""

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
    def heads_of_trunks(self) -> list[tuple[str, ...]]:
        """Which heads hang on each trunk."""
        return [HEADS] if self.value_width is None else [(head,) for head in HEADS]

    @property
    def name(self) -> str:
        """E.g. `16x2`, `16x2+64x1` with a value trunk, `512x4-bf16`."""
        trunks = "+".join(f"{width}x{depth}" for width, depth in self.trunks)
        return f"{self.prefix}{trunks}{'-bf16' if self.matmul == 'bfloat16' else ''}"

    @classmethod
    def from_name(cls, name: str) -> Self | None:
        """See `NetworkConfig.from_name`."""
        pattern = rf"{cls.prefix}(\d+)x(\d+)(?:\+(\d+)x(\d+))?(-bf16)?"
        if not (match := re.fullmatch(pattern, name)):
            return None
        *numbers, bf16 = match.groups()
        keys = ("width", "depth", "value_width", "value_depth")
        fields = {key: int(n) for key, n in zip(keys, numbers, strict=True) if n is not None}
        return cls.model_validate({**fields, "matmul": "bfloat16" if bf16 else "float32"})

    @property
    def products(self) -> str:
        """As `matmul` says."""
        return self.matmul


ORTHOGONAL = nn.initializers.orthogonal(math.sqrt(2))


class ResidualNetwork(nn.Module):
    """x₀ = L(board), xₖ₊₁ = xₖ + αₖ · L(relu(xₖ)), with αₖ = 0 at the start (Bachlechner et al.
    2020, "ReZero is all you need"); a kind says what L looks at, and what the heads do."""

    config: Residual
    game: Game

    @nn.compact
    def __call__(self, planes: jax.Array) -> tuple[jax.Array, jax.Array]:
        """See `NetworkConfig.module`."""
        trunks = [
            self._trunk(planes, width, depth, prefix)
            for (width, depth), prefix in zip(self.config.trunks, ["", "value_"], strict=False)
        ]
        logits = self.read_policy(trunks[0])
        value = jnp.tanh(self.linear(1, "value")(self.read_value(trunks[-1])))
        return logits, value[:, 0]

    def see_board(self, planes: jax.Array) -> jax.Array:
        """What the first layer looks at: [B, P, R, C] → [B, ..., inputs]."""
        raise NotImplementedError

    def layer(self, x: jax.Array, planes: jax.Array, name: str) -> jax.Array:
        """L of a residual layer: [B, ..., W] → [B, ..., W]."""
        raise NotImplementedError

    def read_policy(self, x: jax.Array) -> jax.Array:
        """Logits [B, A] from the end of the policy's trunk."""
        raise NotImplementedError

    def read_value(self, x: jax.Array) -> jax.Array:
        """What the value's layer looks at, [B, inputs], from the end of its trunk."""
        raise NotImplementedError

    def linear(self, outputs: int, name: str, init: Any = None) -> nn.Dense:
        """A linear layer with bias, its products rounded as asked for."""
        return nn.Dense(
            outputs,
            kernel_init=init or nn.initializers.lecun_normal(),
            dot_general=functools.partial(rounded_dot, self.config.matmul),
            name=name,
        )

    def _trunk(self, planes: jax.Array, width: int, depth: int, prefix: str) -> jax.Array:
        seen = self.see_board(planes)
        x = self.linear(width, f"{prefix}input", ORTHOGONAL)(seen.astype(jnp.float32))
        for k in range(depth):
            # At 0 a layer passes on what it is given: at the start depth neither hurts nor helps.
            alpha = self.param(f"{prefix}alpha_{k}", nn.initializers.zeros, ())
            x = x + alpha * self.layer(nn.relu(x), planes, f"{prefix}residual_{k}")
        return x


def rounded_dot(dtype: str, x: jax.Array, kernel: jax.Array, *args: Any, **kwargs: Any):
    """A matrix product of float32 arrays whose inputs are rounded to `dtype`; sums are float32."""
    if dtype != "float32":
        x, kernel = x.astype(dtype), kernel.astype(dtype)
        kwargs["preferred_element_type"] = jnp.float32
    return jax.lax.dot_general(x, kernel, *args, **kwargs)
