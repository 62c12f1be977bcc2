"""`hexlaw solve`: who wins a position under perfect play, and with which moves.

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

import games
from experiments.players.solutions import stored_play
from experiments.verb import BoardConfig, Outcome
from games.errors import InputError
from games.exact.protocol import ExactPlay, PositionSolution
from games.exact.registry import exact_play, solve_position
from games.protocol import Game
from games.text.notation import NOBODY, PLAYER_NAMES, parse_moves, play
from games.text.plain_json import to_json
from training.store import Store

UNKNOWN = "unknown"
SOME_UNANSWERED = 2

ExactOf = Callable[[Game], ExactPlay]
"""The exact player of a board."""


class SolveConfig(BoardConfig, frozen=True):
    """Solve positions exactly: of Hex at once up to 5×5, within seconds on 6×6."""

    size: int = 5
    """Side of the board; in --input, of lines that name none."""
    moves: str | None = None
    """Moves from the empty board, names or numbers: "c3 b2"."""
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
    with _exact_players(config.lab) as exact_of:
        if config.input is None:
            return Outcome(_solve_one(config, console, exact_of))
        if config.input == "-":
            return _solve_lines(sys.stdin, config, console, exact_of)
        with open(config.input, encoding="utf-8-sig", errors="replace") as lines:
            return _solve_lines(lines, config, console, exact_of)


@contextlib.contextmanager
def _exact_players(lab: Path | None) -> Iterator[ExactOf]:
    """This process's own, or those that remember in a lab."""
    if lab is None:
        yield exact_play
        return
    store = Store(lab)
    with contextlib.ExitStack() as stack:

        @functools.cache
        def stored(game: Game) -> ExactPlay:
            return stack.enter_context(contextlib.closing(stored_play(store, game)))

        yield stored


def _solve_one(config: SolveConfig, console: Console, exact_of: ExactOf) -> dict[str, Any]:
    game = config.rules
    moves = parse_moves(config.moves or "", game)
    solution = _solve(game, moves, config, exact_of)
    state = play(game, moves)
    console.out(games.draw_text(game, state, moves[-1] if moves else None), highlight=False)
    over = bool(game.terminal(state))
    console.out(_in_words(solution, game, over=over), highlight=False)
    cost = {"nodes": solution.nodes, "seconds": round(solution.seconds, 6)}
    board = {"game": game.name, "size": game.size}
    return {**board, "moves": moves, **_answer(solution), **cost}


def _solve_lines(
    lines: Iterable[str], config: SolveConfig, console: Console, exact_of: ExactOf
) -> Outcome:
    answers, errors = [], []
    for number, outcome in _outcomes(lines, config, exact_of):
        if isinstance(outcome, InputError):
            errors.append({"line": number, "error": str(outcome)})
            print(f"hexlaw: line {number}: {outcome}", file=sys.stderr)
            continue
        answers.append(outcome)
        if not config.as_json:
            print(to_json(outcome), file=console.file, flush=True)
    exit_code = SOME_UNANSWERED if errors else 0
    return Outcome({"positions": answers, "errors": errors}, exit_code)


def _outcomes(
    lines: Iterable[str], config: SolveConfig, exact_of: ExactOf
) -> Iterator[tuple[int, dict[str, Any] | InputError]]:
    """Number, counted from 1, and answer or error of each line that is not blank."""
    for number, text in enumerate(lines, start=1):
        if text.strip():
            try:
                yield number, _answer_line(text, config, exact_of)
            except InputError as error:
                yield number, error


def _answer_line(text: str, config: SolveConfig, exact_of: ExactOf) -> dict[str, Any]:
    given, line = _read_line(text)
    game = games.make(config.game, config.size if line.size is None else line.size)
    solution = _solve(game, parse_moves(line.moves, game), config, exact_of)
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
    game: Game, moves: list[int], config: SolveConfig, exact_of: ExactOf
) -> PositionSolution:
    return solve_position(
        game,
        moves,
        max_nodes=config.max_nodes,
        max_seconds=config.max_seconds,
        exact=exact_of(game),
    )


def _first_problem(error: pydantic.ValidationError) -> str:
    problem = error.errors()[0]
    culprit = f"{problem['loc'][0]}: " if problem["loc"] else ""
    if problem["type"] == "missing":
        complaint = "missing"
    else:
        complaint = f"{to_json(problem['input']):.40} does not fit"
    return f'{culprit}{complaint}; write a position as {{"size": 5, "moves": [12, "b2"]}}'


def _answer(solution: PositionSolution) -> dict[str, Any]:
    known = solution.winner is not None
    return {
        "to_move": solution.to_move,
        "winner": solution.winner if known else UNKNOWN,
        "winning_moves": list(solution.winning_moves or ()) if known else None,
    }


def _in_words(solution: PositionSolution, game: Game, *, over: bool) -> str:
    cost = f"{solution.seconds:.3g} s, {solution.nodes:,} positions searched"
    if solution.nodes == 0:
        cost = f"{solution.seconds:.3g} s, known to the lab"
    if solution.winner is None:
        return f"winner: {UNKNOWN}; a limit was met ({cost})"
    names = " ".join(game.action_name(move) for move in solution.winning_moves or ())
    if solution.winner == NOBODY:
        held = "the game is over" if over else f"moves that hold the draw: {names} ({cost})"
        return f"a draw; {held}"
    winner = PLAYER_NAMES[solution.winner]
    if over:
        return f"winner: {winner}; the game is over"
    if solution.winner != solution.to_move:
        return f"winner: {winner}; no move of {PLAYER_NAMES[solution.to_move]}'s wins ({cost})"
    return f"winner: {winner}\nwinning moves: {names} ({cost})"
