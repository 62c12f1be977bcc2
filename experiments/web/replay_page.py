"""A game as one web page that needs no network: what happened, and what the agents thought.

The page carries its own scripts and styles (experiments/web/) and forbids itself every request; the
server shows games with the same code. `ReplayRecord` is what both read.
"""

from __future__ import annotations

import base64
import functools
import importlib.resources
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
import pydantic
from markupsafe import Markup

import games
from experiments.players.thoughts import Analysis
from experiments.web.positions import line_from, page_board, page_course
from games.exact.registry import reach_of, solve_position
from games.protocol import Game
from games.text.notation import play_through
from games.text.plain_json import to_json
from training.files import write_atomically

MODULES = {
    "preact": "vendor/preact.js",
    "preact/hooks": "vendor/hooks.js",
    "htm": "vendor/htm.js",
    **{
        f"hexlaw/{name}.js": f"{name}.js"
        for name in ("ui", "words", "positions", "board", "charts", "replay", "replay-page")
    },
}
"""By which name the scripts of the offline page import each other, and where they lie."""

UNREAD: Any = {"analyses": {"__all__": {"moves": {"__all__": {"policy"}}}}}
"""What no script reads; it would be a fifth of a page."""

SECONDS_A_POSITION = 3.0  # after so long a position's verdict is left open


class Model(pydantic.BaseModel):
    """Base of what the page reads."""

    model_config = pydantic.ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Side(Model):
    """One of the two players."""

    name: str
    elo: float | None = None
    """Rating where the lab has one, against its board's zero."""
    se: float | None = None
    """Standard error of it."""
    nodes: int | None = None
    """Network evaluations a move."""
    move_flops: float | None = None
    """FLOPs of one move's search."""
    train_flops: float | None = None
    """FLOPs spent on training it."""
    settings: dict[str, str] = {}
    """Anything else worth showing, by its name."""


class Verdict(Model):
    """What perfect play says of a position."""

    winner: int
    moves: list[int]
    """All winning moves of the side to move."""


class ReplayRecord(Model):
    """A game, ready to be shown."""

    title: str
    game: str = "hex"
    """Its name in the registry."""
    size: int
    moves: list[int]
    """Actions in the board frame."""
    winner: int | None
    """0 black, 1 white, -1 a draw; none for a game that was not finished."""
    opening_plies: int = 0
    players: tuple[Side, Side]
    """Black and white."""
    analyses: list[Analysis] = []
    perfect: list[Verdict | None] = []
    """Before each move; none where the solver does not reach."""
    origin: str = ""
    """Where the game comes from, in words."""


def write_replay_page(record: ReplayRecord, path: Path) -> None:
    """Write the page, whole or not at all.

    Raises:
        InputError: if it cannot be written, or the moves are not a game.
    """
    write_atomically(path, render_replay_page(record).encode())


def render_replay_page(record: ReplayRecord) -> str:
    """The page as one HTML text.

    Raises:
        InputError: if the moves are not a game.
    """
    return page_template("replay.html").render(
        title=record.title,
        style=read_web_file("style.css"),
        importmap=embed({"imports": inline_modules(MODULES)}),
        record=embed(replay_data(record)),
    )


def replay_data(record: ReplayRecord) -> dict[str, Any]:
    """What the scripts read of a game: the record, its board, and the positions it went through.

    Raises:
        InputError: if the moves are not a game.
    """
    game = games.make(record.game, record.size)
    states = play_through(game, record.moves)
    course = page_course(game, states, ways=bool(record.analyses))
    data: dict[str, Any] = record.model_dump(exclude=UNREAD) | {"board": page_board(game)} | course
    data["perfect"] = data["perfect"] or [None] * len(record.moves)
    for analysis in data["analyses"]:
        for thoughts, state in zip(analysis["moves"], states, strict=False):
            thoughts |= line_from(game, state, thoughts["variation"])
    return data


def embed(data: object) -> Markup:
    """JSON that may stand inside a script element."""
    text = to_json(data, separators=(",", ":"), ensure_ascii=False)
    # Without "<" nothing in it can end the element or open a comment.
    return Markup(text.replace("<", "\\u003c"))


def read_web_file(name: str) -> str:
    """A file of experiments/web/."""
    return (importlib.resources.files("experiments.web") / "static" / name).read_text(
        encoding="utf-8"
    )


def known_throughout(game: Game) -> bool:
    """Whether perfect play can be asked of every position of a board."""
    reach = reach_of(game)
    return reach is not None and reach.whole


def perfect_verdicts(game: Game, moves: Sequence[int]) -> list[Verdict | None]:
    """What perfect play says before each move, as far as it is known.

    From the end of the game to its beginning, since what is proven late in it helps earlier.
    """
    verdicts: list[Verdict | None] = [None] * len(moves)
    if not known_throughout(game):
        return verdicts
    for ply in reversed(range(len(moves))):
        verdicts[ply] = perfect_verdict(game, moves[:ply])
        if verdicts[ply] is None:
            break  # earlier positions are harder still
    return verdicts


def perfect_verdict(
    game: Game, moves: Sequence[int], seconds: float = SECONDS_A_POSITION
) -> Verdict | None:
    """What perfect play says after `moves`; none if the solver is not done in time."""
    solution = solve_position(game, list(moves), max_seconds=seconds)
    if solution.winner is None:
        return None
    return Verdict(winner=solution.winner, moves=list(solution.winning_moves or ()))


def inline_modules(files: Mapping[str, str]) -> dict[str, str]:
    """An import map whose modules lie in the map itself, from their files by name."""

    def inline(path: str) -> str:
        encoded = base64.b64encode(read_web_file(path).encode()).decode()
        return f"data:text/javascript;base64,{encoded}"

    return {name: inline(path) for name, path in files.items()}


def page_template(name: str) -> jinja2.Template:
    """A page of experiments/web/static/ to be filled in."""
    return _templates().get_template(name)


@functools.cache
def _templates() -> jinja2.Environment:
    # The page's own style sheet is trusted; titles and records are not.
    return jinja2.Environment(
        loader=jinja2.FunctionLoader(read_web_file),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
