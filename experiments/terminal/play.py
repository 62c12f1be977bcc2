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
from experiments.terminal.session import Session
from experiments.verb import BoardConfig, Outcome
from games.errors import InputError
from games.protocol import Game
from games.text.notation import NOBODY, PLAYER_NAMES
from games.text.numbers import parse_natural


def explain_commands(game: Game) -> str:
    """What may be typed, in one line."""
    file = "FILE.sgf" if games.find(game.name).outside.sgf else "FILE.json"
    return (
        f"a move such as {game.action_name(game.num_actions // 2)} plays it; undo, hint, nodes N "
        f"(change its search), resign, save {file}, help, quit"
    )


class PlayConfig(BoardConfig, frozen=True):
    """Play against any player in the terminal, with undo, hints and a search budget to change."""

    against: str = "perfect"
    """The opponent: perfect, ladder:0.5, random, mctsbot:500, "gtp:COMMAND", or a snapshot,
    RUN#INDEX@nodes=64. See docs/arena.md."""
    lab: Path | None = None
    """The lab of the snapshot."""
    colour: Literal["black", "white"] = "black"
    """Yours; black moves first and, in Hex, joins top and bottom."""
    seed: int | None = pydantic.Field(None, ge=0)
    """Of what the opponent draws at random; another one every time if unset."""


def play(config: PlayConfig, console: Console) -> Outcome:
    """Play one game; returns its moves and winner.

    Raises:
        InputError: if the opponent is unknown or cannot play on that board.
    """
    seed = time.time_ns() if config.seed is None else config.seed
    session = Session(parse_player(config.against), config.rules, config.lab, seed)
    person = PLAYER_NAMES.index(config.colour)
    console.out(f"you are {config.colour}; {explain_commands(session.game)}", highlight=False)
    try:
        while session.winner is None:
            if session.to_move != person:
                action = session.choose()
                if action == RESIGNS:
                    session.resign(1 - person)
                    break
                session.play(action)
                name = session.game.action_name(action)
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
        ends = {person: "you won", 1 - person: "you lost", NOBODY: "a draw"}
        console.out(ends[winner], highlight=False)
    board = {"game": session.game.name, "size": session.game.size}
    return Outcome({**board, "moves": session.moves, "winner": winner})


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
            console.out(f"try {session.game.action_name(session.choose())}", highlight=False)
        else:
            console.out(session.describe(thoughts), highlight=False)
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
        console.out(explain_commands(session.game), highlight=False)
    else:
        session.play(command)


def _draw(session: Session, console: Console) -> None:
    last = session.moves[-1] if session.moves else None
    console.out(games.draw_text(session.game, session.state, last), highlight=False)


def _read(console: Console) -> str | None:
    """A line from the keyboard; none at its end."""
    console.out("> ", end="", highlight=False)
    line = sys.stdin.readline()
    return line.strip() if line else None
