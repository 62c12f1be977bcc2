"""What an agent thinks of a position: one type from the player to the lab, the page, the terminal.

A player answers with arrays, `Explanation`, of many positions at once; whatever shows or keeps what
it thinks of one of them has `Thoughts`, and of a whole game `Analysis`.
"""

from __future__ import annotations

from typing import Annotated, NamedTuple

import jax
import numpy as np
import pydantic

from mcts import SearchResult

DIGITS = 4
"""Decimals kept: more than anyone reads, and a page holds tens of thousands of such numbers."""


def _rounded(value: float) -> float:
    return round(value, DIGITS) + 0.0  # which makes -0.0 a zero like others


Rounded = Annotated[float, pydantic.AfterValidator(_rounded)]


class Thoughts(pydantic.BaseModel):
    """What an agent thinks of one position: values from the view of the side to move, lists over
    all A actions in the board frame."""

    # Games stored by former versions name the move that was played `action`, the agent's `choice`.
    action: int = pydantic.Field(validation_alias=pydantic.AliasChoices("choice", "action"))
    """The move that this agent plays here."""
    value: Rounded
    """Of the position, after the search."""
    network_value: Rounded
    """Of the position, before it."""
    prior: list[Rounded]
    """The network's policy."""
    visits: list[int]
    q: list[Rounded]
    """Mean value of each move searched; 0 where `visits` is 0."""
    policy: list[Rounded]
    """What the search makes of the prior; moves are drawn from it where a temperature is set."""
    evaluations: int | None = None
    """Network evaluations that were made; unknown of games stored by former versions."""
    variation: list[int]
    """Principal variation: the moves that it expects, its own first."""


class Analysis(pydantic.BaseModel):
    """What one agent thinks before each move of a game."""

    agent: int | str
    """Its number in the lab, or its name; pages have names only."""
    nodes: int
    """Network evaluations that it had for a move."""
    colour: int | None = None
    """0 or 1 if it played black or white itself."""
    moves: list[Thoughts]
    """One a move of the game."""


class Explanation(NamedTuple):
    """What a network player makes of L states, as its program returns it."""

    action: np.ndarray | jax.Array  # [L] what it plays
    search: SearchResult  # [L, ...]
    variation: np.ndarray | jax.Array  # [L, N] the line it expects, -1 after its end

    def thoughts(self) -> list[Thoughts]:
        """One for each state."""
        actions, search, lines = jax.tree.map(lambda leaf: np.asarray(leaf).tolist(), tuple(self))
        return [
            Thoughts(
                action=action,
                value=search.value[index],
                network_value=search.network_value[index],
                prior=search.prior[index],
                visits=search.visits[index],
                q=search.q[index],
                policy=search.policy[index],
                evaluations=search.evaluations[index],
                # Without a simulation no line was searched, and the move stands alone.
                variation=[move for move in line if move >= 0] or [action],
            )
            for index, (action, line) in enumerate(zip(actions, lines, strict=True))
        ]
