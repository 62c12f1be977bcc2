"""Perfect play for pages, asked in a process of its own.

The solver's compiled loops hold Python's lock, and a visitor who waits for a 6×6 opening must not
keep all others waiting.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from typing import Any, TypeVar

import jax
import numpy as np

from experiments.web.replay_page import Verdict, perfect_verdicts
from games.errors import InputError
from games.exact.registry import perfect_play
from games.protocol import Game
from games.text.notation import play

Asked = TypeVar("Asked")

SECONDS = 20.0  # for one position


class SolverProcess:
    """Answers about positions, one after another; its process starts with the first question."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    def verdict(self, game: Game, moves: list[int]) -> Future[dict[str, Any]]:
        """Who wins and with which moves: `winner` and `winning`.

        The promise fails with an InputError if there was not enough time.

        Raises:
            InputError: if the board is out of reach.
        """
        return self._submit(solve_verdict, game, moves)

    def move(self, game: Game, moves: list[int]) -> Future[dict[str, Any]]:
        """A perfect player's move as `action`, beside the verdict; errors as there."""
        return self._submit(solve_move, game, moves)

    def verdicts(self, game: Game, moves: list[int]) -> Future[list[Verdict | None]]:
        """What perfect play says before each move of a game; errors as in `verdict`."""
        return self._submit(perfect_verdicts, game, moves)

    def close(self) -> None:
        """End its process."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _submit(
        self, solve: Callable[[Game, list[int]], Asked], game: Game, moves: list[int]
    ) -> Future[Asked]:
        perfect_play(game)  # which refuses a board that is out of reach
        for _ in range(2):
            if self._pool is None:
                context = multiprocessing.get_context("spawn")
                self._pool = ProcessPoolExecutor(1, mp_context=context)
            try:
                return self._pool.submit(solve, game, moves)
            except BrokenExecutor:
                self._pool = None  # its process was killed; a new one takes its place
        raise InputError("the solver cannot be started; see the server's messages")


def solve_verdict(game: Game, moves: list[int]) -> dict[str, Any]:
    """See `SolverProcess.verdict`."""
    solution = perfect_play(game).solve(play(game, moves), max_seconds=SECONDS)
    if solution.winner is None:
        raise InputError(f"not solved within {SECONDS:.0f} s; ask again later in the game")
    return {"winner": solution.winner, "winning": list(solution.winning_moves or ())}


def solve_move(game: Game, moves: list[int]) -> dict[str, Any]:
    """See `SolverProcess.move`."""
    answer = solve_verdict(game, moves)
    candidates = answer["winning"]
    if not candidates:  # lost: leave as few winning replies as possible
        states = jax.tree.map(lambda leaf: np.asarray(leaf)[None], play(game, moves))
        candidates = np.flatnonzero(perfect_play(game).perfect_moves(states)[0]).tolist()
    return {**answer, "action": int(np.random.default_rng().choice(candidates))}
