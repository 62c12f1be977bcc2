"""External engines that speak GTP, or HTP, its Hex dialect (MoHex, KataHex, Wolve, …).

Moves have the game's own names. Hex's cells are MoHex's (`c2` = column c, row 2); black joins top
and bottom and moves first, no swap, as there. An engine that dies, hangs or answers nonsense is
started again and asked once more; if that fails as well it forfeits the game. Both are noted, and
the arena stores the notes with the game.
"""

from __future__ import annotations

import collections
import contextlib
import queue
import shlex
import subprocess
import threading
import time
from collections.abc import Sequence

import numpy as np

from experiments.players.host_states import moves_to
from experiments.players.player import RESIGNS
from games.errors import InputError
from games.protocol import Game, State
from games.text.notation import play

COLOURS = "bw"
STDERR_LINES = 5  # of its last words, shown when it fails
ATTEMPTS = 2
START_SECONDS = 20.0  # at least, to load what it needs
HOPELESS = 3  # games forfeited one after another: it will not get better
FORFEIT = "forfeit"  # ends the note of a game given up because the engine failed


class EngineError(Exception):
    """The engine died, hung, refused a command or answered nonsense."""


class Engine:
    """One engine process and the conversation with it.

    Raises:
        EngineError: if it does not start.
    """

    def __init__(self, command: str) -> None:
        try:
            self._process = subprocess.Popen(
                shlex.split(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                bufsize=1,
            )
        except (OSError, ValueError) as error:
            raise EngineError(
                f"cannot start it: {getattr(error, 'strerror', None) or error}"
            ) from None
        # Threads read, so that a hanging engine blocks nobody and a chatty one never blocks itself.
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._last_words: collections.deque[str] = collections.deque(maxlen=STDERR_LINES)
        self._readers = [
            threading.Thread(target=self._read_answers, daemon=True),
            threading.Thread(target=self._read_complaints, daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def ask(self, command: str, seconds: float) -> str:
        """The answer to one command within so many seconds, without its `=`.

        Raises:
            EngineError: if it refuses, dies, or takes too long.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{command}\n")
            self._process.stdin.flush()
        except OSError:
            raise EngineError(self._obituary(command)) from None
        deadline = time.monotonic() + seconds
        answer: list[str] = []
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise EngineError(f"no answer to {command!r} within {seconds:g} s") from None
            if line is None:
                raise EngineError(self._obituary(command))
            # An answer ends with an empty line; empty lines before it mean nothing.
            if line:
                answer.append(line)
            elif answer:
                break
        mark, text = answer[0][0], "\n".join([answer[0][1:].lstrip("0123456789"), *answer[1:]])
        if mark == "?":
            raise EngineError(f"it refused {command!r}: {text.strip()}")
        if mark != "=":
            raise EngineError(f"it answered {command!r} with {answer[0]!r}, which is no GTP")
        return text.strip()

    def close(self) -> None:
        """Ask it to quit, and end it if it does not."""
        with contextlib.suppress(EngineError, OSError):
            if self._process.poll() is None:
                self.ask("quit", 1.0)
        self._process.kill()
        self._process.wait()
        for reader in self._readers:
            reader.join(1.0)
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            assert pipe is not None
            with contextlib.suppress(OSError):
                pipe.close()

    def _obituary(self, command: str) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)
        self._readers[1].join(1.0)
        words = f": {' / '.join(self._last_words)}" if self._last_words else ""
        return f"it ended at {command!r} (exit code {self._process.poll()}){words}"

    def _read_answers(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(OSError, ValueError):
            for line in self._process.stdout:
                self._lines.put(line.strip())
        self._lines.put(None)

    def _read_complaints(self) -> None:
        assert self._process.stderr is not None
        with contextlib.suppress(OSError, ValueError):
            for line in self._process.stderr:
                self._last_words.append(line.strip())


class EnginePlayer:
    """Plays an engine's moves.

    Args:
        game: any; the engine is told the board side, and must know the game by itself.
        command: what starts the engine.
        seconds: time it has for an answer.

    Raises:
        InputError: if it does not start or does not know the board.
    """

    def __init__(self, game: Game, command: str, *, seconds: float = 60.0) -> None:
        self._game = game
        self._command = command
        self._seconds = seconds
        self._forfeits = 0
        self.notes: dict[int, str] = {}
        """What went wrong in the last call of `act`, by index of the state."""
        try:
            self._engine: Engine | None = self._start()
        except EngineError as error:
            raise InputError(
                f"engine {command!r}: {error}; check the command by hand: it should answer "
                f"`boardsize {game.size}` with ="
            ) from None

    def act(self, states: State, keys: np.ndarray) -> np.ndarray:
        """As `act_after`, where only positions are known: it is told their stones in the order of
        the cells, black's and white's in turn."""
        return self.act_after(moves_to(self._game, states), keys)

    def act_after(self, moves: Sequence[Sequence[int]], keys: np.ndarray) -> np.ndarray:
        """The engine's moves; `RESIGNS` where it resigned or failed, see `notes`.

        Raises:
            InputError: if it fails in game after game.
        """
        del keys  # its chance is its own
        self.notes = {}
        return np.array([self._move(index, played) for index, played in enumerate(moves)])

    def close(self) -> None:
        """End the engine."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def _move(self, index: int, moves: Sequence[int]) -> int:
        for _ in range(ATTEMPTS):
            try:
                if self._engine is None:
                    self._engine = self._start()
                action = self._ask_for_move(self._engine, moves)
                self._forfeits = 0
                return action
            except EngineError as error:
                before = f"{self.notes[index]}; " if index in self.notes else ""
                self.notes[index] = f"{before}{error}; restarted"
                self.close()
        self.notes[index] = f"{self.notes[index].removesuffix('; restarted')}; {FORFEIT}"
        self._forfeits += 1
        if self._forfeits == HOPELESS:
            raise InputError(
                f"engine {self._command!r} failed in {HOPELESS} games one after another "
                f"({self.notes[index]}); games before this round are stored"
            )
        return RESIGNS

    def _start(self) -> Engine:
        engine = Engine(self._command)
        try:
            engine.ask(f"boardsize {self._game.size}", max(self._seconds, START_SECONDS))
        except EngineError:
            engine.close()
            raise
        return engine

    def _ask_for_move(self, engine: Engine, moves: Sequence[int]) -> int:
        game = self._game
        engine.ask("clear_board", self._seconds)
        for ply, action in enumerate(moves):
            engine.ask(f"play {COLOURS[ply % 2]} {game.action_name(action)}", self._seconds)
        answer = engine.ask(f"genmove {COLOURS[len(moves) % 2]}", self._seconds).lower()
        if answer == "resign":
            return RESIGNS
        try:
            action = game.parse_action(answer)
        except InputError:
            raise EngineError(f"it played {answer!r}, which is no move") from None
        if game.fills_cells and action in moves:
            raise EngineError(f"it played {answer}, which is taken")
        if not game.fills_cells:
            try:
                play(game, [*moves, action])
            except InputError as error:
                raise EngineError(f"it played {answer}: {error}") from None
        return action
