"""`hexlaw play`: a game against any player in the terminal."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Literal

import pydantic
from rich.console import Console

import games
from experiments.arena.game_records import write_record
from experiments.players.player import RESIGNS
from experiments.players.specs import parse_player
from experiments.terminal.explain import describe_thoughts
from experiments.terminal.session import Session
from experiments.verb import Outcome, VerbConfig
from games.errors import InputError
from games.hex import MAX_SIZE, MIN_SIZE, Hex
from games.text.notation import PLAYER_NAMES, cell_name
from games.text.numbers import parse_natural

HELP = (
    "a cell such as c3 plays it; undo, hint, nodes N (change its search), resign, "
    "save FILE.sgf, help, quit"
)


class PlayConfig(VerbConfig, frozen=True):
    """Play against any player in the terminal, with undo, hints and a search budget to change."""

    against: str = "perfect"
    """The opponent: perfect, ladder:0.5, random, mctsbot:500, "gtp:COMMAND", or a snapshot,
    RUN#INDEX@nodes=64. See docs/arena.md."""
    lab: Path | None = None
    """The lab of the snapshot."""
    size: int = pydantic.Field(5, ge=MIN_SIZE, le=MAX_SIZE)
    """Side of the board."""
    colour: Literal["black", "white"] = "black"
    """Yours; black moves first and joins top and bottom."""
    seed: int | None = pydantic.Field(None, ge=0)
    """Of what the opponent draws at random; another one every time if unset."""


def play(config: PlayConfig, console: Console) -> Outcome:
    """Play one game; returns its moves and winner.

    Raises:
        InputError: if the opponent is unknown or cannot play on that board.
    """
    seed = time.time_ns() if config.seed is None else config.seed
    session = Session(parse_player(config.against), config.size, config.lab, seed)
    person = PLAYER_NAMES.index(config.colour)
    console.out(f"you are {config.colour}; {HELP}", highlight=False)
    try:
        while session.winner is None:
            if session.to_move != person:
                action = session.choose()
                if action == RESIGNS:
                    session.resign(1 - person)
                    break
                session.play(action)
                name = cell_name(action, session.size)
                console.out(f"{session.spec.text} plays {name}", highlight=False)
                continue
            _draw(session, console)
            command = _read(console)
            if command is None or command.lower() in ("quit", "q"):
                break
            try:
                _obey(command, session, person, console)
            except InputError as error:
                console.out(str(error), highlight=False)
    finally:
        session.close()
    _draw(session, console)
    winner = session.winner
    if winner is not None:
        console.out("you won" if winner == person else "you lost", highlight=False)
    return Outcome({"size": session.size, "moves": session.moves, "winner": winner})


def _obey(command: str, session: Session, person: int, console: Console) -> None:
    word, _, argument = command.partition(" ")
    verb, argument = word.lower(), argument.strip()
    if verb == "undo":
        session.undo(2 if len(session.moves) > 1 else len(session.moves) or 1)
    elif verb == "resign":
        session.resign(person)
    elif verb == "hint":
        thoughts = session.think()
        if thoughts is None:
            console.out(f"try {cell_name(session.choose(), session.size)}", highlight=False)
        else:
            console.out(
                describe_thoughts(thoughts, session.size, session.spec.text), highlight=False
            )
    elif verb == "nodes":
        nodes = parse_natural(argument)
        if nodes is None:
            raise InputError("nodes: write a number, as in nodes 128")
        session.set_nodes(nodes)
        console.out(f"now against {session.spec.text}", highlight=False)
    elif verb == "save":
        names = ["you", session.spec.text]
        black, white = names if person == 0 else names[::-1]
        paths = write_record(session.record(black, white), Path(argument))
        console.out(f"wrote {' and '.join(str(path) for path in paths)}", highlight=False)
    elif verb in ("help", ""):
        console.out(HELP, highlight=False)
    else:
        session.play(command)


def _draw(session: Session, console: Console) -> None:
    assert isinstance(session.game, Hex)
    last = session.moves[-1] if session.moves else None
    console.out(games.draw_text(session.game, session.state, last), highlight=False)


def _read(console: Console) -> str | None:
    """A line from the keyboard; none at its end."""
    console.out("> ", end="", highlight=False)
    line = sys.stdin.readline()
    return line.strip() if line else None
