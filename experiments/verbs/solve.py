"""`hexlaw solve`: who wins a Hex position under perfect play, and with which moves.

`--moves "c3 b2"` shows one position; `--input FILE.jsonl` answers many, one a line:
`{"size": 5, "moves": [12, "b2"]}` comes back with `to_move`, `winner` and `winning_moves` added.
With `--lab` a position is solved once: the lab's store remembers the answer.
"""

from __future__ import annotations

import contextlib
import functools
import json
import math
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pydantic
from rich.console import Console

from experiments.players.solutions import StoredSolver
from experiments.verb import Outcome, VerbConfig
from games.errors import InputError
from games.exact.solver import (
    MoveSolver,
    PositionSolution,
    check_reach,
    shared_solver,
    solve_position,
)
from games.hex import MAX_SIZE, MIN_SIZE, NOBODY, Hex
from games.text.drawing import draw_text
from games.text.notation import PLAYER_NAMES, cell_name, parse_moves, play
from training.store import Store

UNKNOWN = "unknown"
SOME_UNANSWERED = 2

SolverOf = Callable[[int], MoveSolver]
"""The solver of a board side."""


class SolveConfig(VerbConfig, frozen=True):
    """Solve Hex positions exactly: at once up to 5×5, within seconds on 6×6."""

    size: int = pydantic.Field(5, ge=MIN_SIZE, le=MAX_SIZE)
    """Side of the board; in --input, of lines that name none."""
    moves: str | None = None
    """Moves from the empty board, cell names or numbers: "c3 b2"."""
    input: str | None = None
    """A file of positions, one JSON object a line; - reads standard input."""
    max_nodes: int | None = pydantic.Field(None, ge=1)
    """Answer "unknown" after so many positions searched."""
    max_seconds: float | None = pydantic.Field(None, gt=0)
    """Answer "unknown" after about so long, for each position."""
    lab: Path | None = None
    """Look positions up in the store of this lab, made if it is not there, and add what is new."""


class Line(pydantic.BaseModel, strict=True, extra="allow"):
    """One line of --input; what else it holds is handed back untouched."""

    size: int | None = None
    moves: str | list[int | str]


def run(config: SolveConfig, console: Console) -> Outcome:
    """Solve one position or many; the result and the exit code.

    The exit code is 2 if some lines of the input could not be answered.

    Raises:
        InputError: for an illegal move, a size out of reach, moves and input together, or a lab
            that cannot be used.
        OSError: if the input cannot be read.
    """
    if config.moves is not None and config.input is not None:
        raise InputError("solve: --moves and --input exclude each other; leave one out")
    with _solvers(config.lab) as solver_of:
        if config.input is None:
            return Outcome(_solve_one(config, console, solver_of))
        if config.input == "-":
            return _solve_lines(sys.stdin, config, console, solver_of)
        with open(config.input, encoding="utf-8-sig", errors="replace") as lines:
            return _solve_lines(lines, config, console, solver_of)


@contextlib.contextmanager
def _solvers(lab: Path | None) -> Iterator[SolverOf]:
    """This process's own solvers, or those that remember in a lab."""
    if lab is None:
        yield shared_solver
        return
    store = Store(lab)
    with contextlib.ExitStack() as stack:

        @functools.cache
        def stored(size: int) -> StoredSolver:
            return stack.enter_context(StoredSolver(store, size))

        yield stored


def _solve_one(config: SolveConfig, console: Console, solver_of: SolverOf) -> dict[str, Any]:
    game, moves = Hex(config.size), parse_moves(config.moves or "", config.size)
    solution = _solve(game, moves, config, solver_of)
    state = play(game, moves)
    console.out(draw_text(game, state, moves[-1] if moves else None), highlight=False)
    console.out(_in_words(solution, game.size, over=int(state.winner) != NOBODY), highlight=False)
    cost = {"nodes": solution.nodes, "seconds": round(solution.seconds, 6)}
    return {"size": config.size, "moves": moves, **_answer(solution), **cost}


def _solve_lines(
    lines: Iterable[str], config: SolveConfig, console: Console, solver_of: SolverOf
) -> Outcome:
    answers, errors = [], []
    for number, outcome in _outcomes(lines, config, solver_of):
        if isinstance(outcome, InputError):
            errors.append({"line": number, "error": str(outcome)})
            print(f"hexlaw: line {number}: {outcome}", file=sys.stderr)
            continue
        answers.append(outcome)
        if not config.as_json:
            print(json.dumps(outcome), file=console.file, flush=True)
    exit_code = SOME_UNANSWERED if errors else 0
    return Outcome({"positions": answers, "errors": errors}, exit_code)


def _outcomes(
    lines: Iterable[str], config: SolveConfig, solver_of: SolverOf
) -> Iterator[tuple[int, dict[str, Any] | InputError]]:
    """Number, counted from 1, and answer or error of each line that is not blank."""
    for number, text in enumerate(lines, start=1):
        if text.strip():
            try:
                yield number, _answer_line(text, config, solver_of)
            except InputError as error:
                yield number, error


def _answer_line(text: str, config: SolveConfig, solver_of: SolverOf) -> dict[str, Any]:
    given, line = _read_line(text)
    game = Hex(config.size if line.size is None else line.size)
    solution = _solve(game, parse_moves(line.moves, game.size), config, solver_of)
    return {**given, "size": game.size, **_answer(solution)}


def _read_line(text: str) -> tuple[dict[str, Any], Line]:
    """A line as it was given, and what it means."""
    try:
        given = json.loads(
            text.removeprefix("\ufeff"), parse_int=_integer, parse_float=_real, parse_constant=_real
        )
        return given, Line.model_validate(given)
    except json.JSONDecodeError as error:
        raise InputError(f"not JSON: {error.msg} at column {error.colno}") from None
    except RecursionError:
        raise InputError("not a position: nested too deeply") from None
    except pydantic.ValidationError as error:
        raise InputError(_first_problem(error)) from None


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise InputError(f"an integer of {len(text)} digits is too long; write fewer") from None


def _real(text: str) -> float:
    """A number of JSON, which has none that is not finite, though Python's reader gives some."""
    if math.isfinite(value := float(text)):
        return value
    raise InputError(f"{text:.20} is no finite number; write a smaller one, or null")


def _solve(
    game: Hex, moves: list[int], config: SolveConfig, solver_of: SolverOf
) -> PositionSolution:
    check_reach(game)
    return solve_position(
        game,
        moves,
        max_nodes=config.max_nodes,
        max_seconds=config.max_seconds,
        solver=solver_of(game.size),
    )


def _first_problem(error: pydantic.ValidationError) -> str:
    problem = error.errors()[0]
    culprit = f"{problem['loc'][0]}: " if problem["loc"] else ""
    if problem["type"] == "missing":
        complaint = "missing"
    else:
        complaint = f"{json.dumps(problem['input']):.40} does not fit"
    return f'{culprit}{complaint}; write a position as {{"size": 5, "moves": [12, "b2"]}}'


def _answer(solution: PositionSolution) -> dict[str, Any]:
    known = solution.winner is not None
    return {
        "to_move": solution.to_move,
        "winner": solution.winner if known else UNKNOWN,
        "winning_moves": list(solution.winning_moves or ()) if known else None,
    }


def _in_words(solution: PositionSolution, size: int, *, over: bool) -> str:
    cost = f"{solution.seconds:.3g} s, {solution.nodes:,} positions searched"
    if solution.nodes == 0:
        cost = f"{solution.seconds:.3g} s, known to the lab"
    if solution.winner is None:
        return f"winner: {UNKNOWN}; a limit was met ({cost})"
    winner = PLAYER_NAMES[solution.winner]
    if over:
        return f"winner: {winner}; the game is over"
    if solution.winner != solution.to_move:
        return f"winner: {winner}; no move of {PLAYER_NAMES[solution.to_move]}'s wins ({cost})"
    names = " ".join(cell_name(move, size) for move in solution.winning_moves or ())
    return f"winner: {winner}\nwinning moves: {names} ({cost})"
