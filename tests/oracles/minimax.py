"""Exhaustive minimax for tiny games, in plain Python."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable


class Minimax:
    """The true value of every position, each worked out once.

    Args:
        legal: the actions open at a position.
        step: the position after an action; the players alternate.
        outcome: +1, 0 or -1 for the side to move at a finished position, else None.
        combine: what a position is worth, given what its actions are worth; a mean makes it the
            expected score of players who move at random.
    """

    def __init__(
        self,
        legal: Callable[[Hashable], Iterable[int]],
        step: Callable[[Hashable, int], Hashable],
        outcome: Callable[[Hashable], float | None],
        combine: Callable[[Iterable[float]], float] = max,
    ) -> None:
        self.legal, self.step, self.outcome, self.combine = legal, step, outcome, combine
        self._known: dict[Hashable, float] = {}

    def value(self, state: Hashable) -> float:
        """What the side to move gets; if both play perfectly, unless `combine` says otherwise."""
        if state not in self._known:
            outcome = self.outcome(state)
            self._known[state] = (
                self.combine(self.action_values(state).values()) if outcome is None else outcome
            )
        return self._known[state]

    def action_values(self, state: Hashable) -> dict[int, float]:
        """What each action gives the side to move."""
        return {action: -self.value(self.step(state, action)) for action in self.legal(state)}
