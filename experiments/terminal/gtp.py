"""`hexlaw gtp`: any player as an engine for programs and boards that speak GTP.

Version 2 of the protocol (Farnebäck 2002) with the game's own names of moves. Hex's are MoHex's:
`c2` is column c, row 2; black joins top and bottom and moves first. Komi and clocks are taken note
of and mean nothing.
"""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pydantic
from rich.console import Console

import games
from experiments.players.player import RESIGNS
from experiments.players.specs import parse_player
from experiments.terminal.session import Session
from experiments.verb import BoardConfig, Outcome
from games.errors import InputError
from games.text.notation import PLAYER_NAMES
from games.text.numbers import parse_natural

COLOURS = {"b": 0, "black": 0, "w": 1, "white": 1}


class GtpConfig(BoardConfig, frozen=True):
    """Be a GTP engine, so that other programs and boards can play against a player of ours."""

    player: str = "perfect"
    """Who plays; see docs/arena.md."""
    lab: Path | None = None
    """The lab of the snapshot."""
    size: int = 5
    """Side of the board until the controller sets it."""
    seed: int = pydantic.Field(0, ge=0)
    """Of what the player draws at random."""


def gtp(config: GtpConfig, console: Console) -> Outcome:
    """Answer commands from standard input until it ends.

    Raises:
        InputError: if the player is unknown or cannot play on that board.
    """
    del console  # standard output belongs to the protocol
    session = Session(parse_player(config.player), config.rules, config.lab, config.seed)
    try:
        converse(session, sys.stdin, lambda text: print(text, end="", flush=True))
    finally:
        session.close()
    return Outcome({})


def converse(session: Session, lines: Iterable[str], write: Callable[[str], object]) -> None:
    """Answer each command as the protocol says: `=` or `?`, the id, the text, an empty line."""
    answers = _Answers(session)
    for line in lines:
        # Control characters but the tab mean nothing, comments and empty lines are passed over.
        clean = "".join(c for c in line.partition("#")[0].replace("\t", " ") if c >= " ")
        words = clean.split()
        if not words:
            continue
        number = words.pop(0) if parse_natural(words[0]) is not None else ""
        name, arguments = (words[0].lower(), words[1:]) if words else ("", [])
        try:
            command = answers.commands.get(name)
            if command is None:
                raise InputError("unknown command")
            write(f"={number} {command(arguments)}".rstrip() + "\n\n")
        except InputError as error:
            write(f"?{number} {error}\n\n")
        if name == "quit":
            return


class _Answers:
    """The commands, each from its arguments to the text of its answer."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.commands: dict[str, Callable[[list[str]], str]] = {
            "protocol_version": lambda _: "2",
            "name": lambda _: "hexlaw",
            "version": lambda _: f"{importlib.metadata.version('hexlaw')} {session.spec.text}",
            "known_command": lambda words: self._knows(words),
            "list_commands": lambda _: "\n".join(self.commands),
            "quit": lambda _: "",
            "boardsize": self._boardsize,
            "clear_board": lambda _: self._clear(),
            "komi": lambda _: "",
            "time_settings": lambda _: "",
            "time_left": lambda _: "",
            "play": self._play,
            "genmove": lambda words: self._genmove(words, keep=True),
            "reg_genmove": lambda words: self._genmove(words, keep=False),
            "undo": lambda _: self._undo(),
            "showboard": lambda _: self._showboard(),
            "final_score": lambda _: self._final_score(),
            "hexlaw-analyse": lambda _: self._analyse(),
            "hexlaw-nodes": self._nodes,
        }

    def _knows(self, words: list[str]) -> str:
        return str(bool(words) and words[0].lower() in self.commands).lower()

    def _boardsize(self, words: list[str]) -> str:
        size = parse_natural(words[0]) if words and len(set(words)) == 1 else None
        if size is None:
            sizes = games.find(self._session.game.name).sizes
            raise InputError(f"boardsize not an integer from {min(sizes)} to {max(sizes)}")
        try:
            self._session.restart(size)
        except InputError as error:
            raise InputError(f"unacceptable size: {error}") from None
        return ""

    def _clear(self) -> str:
        self._session.restart()
        return ""

    def _play(self, words: list[str]) -> str:
        if len(words) != 2:
            raise InputError("syntax error: play COLOUR MOVE")
        colour = _colour(words[0])
        try:
            if words[1].lower() == "resign":
                self._session.resign(colour)
            else:
                self._check_turn(colour)
                self._session.play(words[1])
        except InputError as error:
            raise InputError(f"illegal move: {error}") from None
        return ""

    def _genmove(self, words: list[str], *, keep: bool) -> str:
        if len(words) != 1:
            raise InputError("syntax error: genmove COLOUR")
        colour = _colour(words[0])
        self._check_turn(colour)
        action = self._session.choose()
        if action == RESIGNS:
            if keep:
                self._session.resign(colour)
            return "resign"
        if keep:
            self._session.play(action)
        return self._session.game.action_name(action)

    def _check_turn(self, colour: int) -> None:
        """Refuse two moves of one colour: players alternate strictly in every game here."""
        turn = self._session.to_move
        if self._session.winner is None and colour != turn:
            raise InputError(
                f"it is {PLAYER_NAMES[turn]}'s turn; black moves first and the two take turns"
            )

    def _undo(self) -> str:
        try:
            self._session.undo()
        except InputError:
            raise InputError("cannot undo") from None
        return ""

    def _showboard(self) -> str:
        session = self._session
        last = session.moves[-1] if session.moves else None
        return "\n" + games.draw_text(session.game, session.state, last)

    def _final_score(self) -> str:
        winner = self._session.winner
        if winner is None:
            raise InputError("cannot score: the game is not over")
        return ("B+", "W+", "0")[winner]

    def _analyse(self) -> str:
        thoughts = self._session.think()
        if thoughts is None:
            raise InputError(f"{self._session.spec.text} does not say what it thinks")
        return self._session.describe(thoughts)

    def _nodes(self, words: list[str]) -> str:
        nodes = parse_natural(words[0]) if len(words) == 1 else None
        if nodes is None:
            raise InputError("syntax error: hexlaw-nodes NUMBER")
        self._session.set_nodes(nodes)
        return ""


def _colour(text: str) -> int:
    if text.lower() not in COLOURS:
        raise InputError(f"syntax error: {text:.40} is no colour; b or w")
    return COLOURS[text.lower()]
