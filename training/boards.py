"""The boards of a run: one, or those of a mix, which the same weights play and learn on in turn.

Each board has programs, games and a replay window of its own. The network, its moments and the
random keys are passed on from turn to turn, so that on every board the newest weights play, and
each step of the learner is on positions of one board (docs/decisions/0016-boards-in-turn.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from training.compilation import Program, compile_program
from training.config import TrainConfig
from training.program import (
    Elsewhere,
    Learnt,
    Played,
    Settings,
    Shape,
    TrainState,
    settings_of,
    shape_of,
)


class Boards:
    """The compiled programs of a population, on every board of its mix; its own is board 0."""

    def __init__(
        self, members: Sequence[TrainConfig], devices: int = 1, *, roomy: bool = False
    ) -> None:
        by_board = list(zip(*(config.boards for config in members), strict=True))
        self.shapes: list[Shape] = [
            shape_of(on_board[0], len(members), devices, roomy=roomy) for on_board in by_board
        ]
        self.programs: list[Program] = [compile_program(shape) for shape in self.shapes]
        self._settings: list[Settings] = [
            settings_of(on_board, share)
            for on_board, share in zip(by_board, members[0].shares, strict=True)
        ]

    def start(self, seeds: np.ndarray) -> TrainState:
        """The start of every member, given seeds [P]: one network, fresh games on every board."""
        own, *others = (
            program.start(settings, seeds)
            for program, settings in zip(self.programs, self._settings, strict=True)
        )
        return own._replace(elsewhere=tuple(Elsewhere(one.lanes, one.window) for one in others))

    def play(self, board: int, state: TrainState) -> tuple[TrainState, Played]:
        """Play on one board; uses up the state it is given."""
        return self._advance(self.programs[board].play, board, state)

    def learn(self, board: int, state: TrainState) -> tuple[TrainState, Learnt]:
        """Learn from one board's window; uses up the state it is given."""
        return self._advance(self.programs[board].learn, board, state)

    def _advance(
        self, step: Callable[[Settings, TrainState], Any], board: int, state: TrainState
    ) -> Any:
        here = _seen_from(board, state)
        after, told = step(self._settings[board], here._replace(elsewhere=()))
        return _seen_from(board, after._replace(elsewhere=here.elsewhere)), told


def _seen_from(board: int, state: TrainState) -> TrainState:
    """The state with that board's games and the own board's in each other's place; seen twice, it
    is as it was."""
    if board == 0:
        return state
    others = list(state.elsewhere)
    here, others[board - 1] = others[board - 1], Elsewhere(state.lanes, state.window)
    return TrainState(state.learner, here.lanes, here.window, state.key, tuple(others))
