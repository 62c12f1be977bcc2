"""Records of games: moves, players, seed, result and, where asked for, what an agent thought.

A record is what `hexlaw replay` steps through, what the web page shows, and the JSON file beside
an SGF file. It knows nothing of terminals or pages.
"""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import numpy as np
import pydantic
import sqlalchemy as sa
from sqlalchemy import orm

import games
from experiments.players.thoughts import Analysis
from games.errors import InputError, NotFoundError
from games.hex_swap import NAME as HEX_SWAP
from games.protocol import Game, State
from games.text.notation import play_through, winner_name
from games.text.sgf import Ending, SgfGame, decode_sgf, read_sgf, write_sgf
from training.files import refuse_to_replace, write_atomically
from training.store import Agent, Match, Snapshot, Store, row_id
from training.store import Game as GameRow

FORMAT = "hexlaw-game-2"
FORMER = ("hexlaw-game-1",)  # its analyses named things otherwise, see `Thoughts`


class PlayerRecord(pydantic.BaseModel):
    """Who sat at one side."""

    name: str
    """As on command lines, settings included; anything in files from elsewhere."""
    kind: str | None = None
    """`network`, `random`, …; none in files from elsewhere."""
    agent: int | None = None
    """Its number in the lab."""
    snapshot_sha256: str | None = None
    search: dict[str, Any] | None = None
    temperature: float | None = None


def _current(value: object) -> object:
    return FORMAT if value in FORMER else value


class GameRecord(pydantic.BaseModel):
    """One game."""

    format: Annotated[Literal["hexlaw-game-2"], pydantic.BeforeValidator(_current)] = FORMAT
    number: int | None = None
    """In the lab it was played in."""
    tournament: str | None = None
    game: str = "hex"
    boardsize: int
    moves: list[int]
    """Actions in the board frame, black's first."""
    opening_plies: int = 0
    """Leading moves that were given, not chosen."""
    black: PlayerRecord
    white: PlayerRecord
    winner: int | None = None
    """0 if black won, 1 if white did, -1 for a draw; none if it was not played to an end."""
    ending: Ending | None = None
    """None if it was not played to an end, or a file from elsewhere does not say how it ended."""
    seed: int | None = None
    """Of all that the players drew at random."""
    notes: list[dict[str, Any]] = []
    """What went wrong with an engine: `{ply, note}`."""
    analysis: Analysis | None = None

    @property
    def rules(self) -> Game:
        """The game's rules."""
        return games.make(self.game, self.boardsize)

    @property
    def link(self) -> str | None:
        """The address of a page that shows the game; HexWorld's, of Hex."""
        link = games.find(self.game).outside.link
        return None if link is None else link(self.boardsize, self.moves)

    def states(self) -> list[State]:
        """The positions before each move and after the last, T + 1.

        Raises:
            InputError: if a move is illegal.
        """
        return play_through(self.rules, self.moves)


def load_record(store: Store, number: int) -> GameRecord:
    """Game `number` of a lab.

    Raises:
        NotFoundError: if there is no such game.
    """
    black, white = orm.aliased(Agent), orm.aliased(Agent)
    black_snapshot, white_snapshot = orm.aliased(Snapshot), orm.aliased(Snapshot)
    query = (
        sa.select(GameRow, Match.tournament, black, white, black_snapshot, white_snapshot)
        .join(Match, GameRow.match_id == Match.id)
        .join(black, Match.black_id == black.id)
        .join(white, Match.white_id == white.id)
        .outerjoin(black_snapshot, black.snapshot_id == black_snapshot.id)
        .outerjoin(white_snapshot, white.snapshot_id == white_snapshot.id)
        .where(GameRow.id == row_id(number))
    )
    with store.session() as session:
        row = session.execute(query).one_or_none()
        if row is None:
            count = session.scalar(sa.select(sa.func.count(GameRow.id)))
            there = "it holds none yet"
            if count:
                there = f"`hexlaw list --games --lab {store.folder}` shows those it has ({count:,})"
            raise NotFoundError(f"the lab {store.folder} has no game {number}; {there}")
        game, tournament, black_row, white_row, black_file, white_file = row
        return GameRecord(
            number=game.id,
            tournament=tournament,
            game=black_row.game,
            boardsize=black_row.boardsize,
            moves=np.frombuffer(game.moves, "<u2").tolist(),
            opening_plies=game.opening_plies,
            black=_player(black_row, black_file),
            white=_player(white_row, white_file),
            winner=game.winner,
            ending=cast(Ending, game.ending),  # pydantic refuses any other
            seed=game.seed,
            notes=game.notes or [],
            analysis=None if game.analysis is None else Analysis.model_validate(game.analysis),
        )


def _player(agent: Agent, snapshot: Snapshot | None) -> PlayerRecord:
    return PlayerRecord(
        name=agent.spec,
        kind=agent.kind,
        agent=agent.id,
        snapshot_sha256=None if snapshot is None else snapshot.sha256,
        search=agent.search,
        temperature=agent.temperature,
    )


def write_record(record: GameRecord, path: Path, source: Path | None = None) -> list[Path]:
    """Write `path` (SGF) and, beside it, the whole record as JSON; returns both paths.

    A game that knows no SGF is written as JSON alone.

    Args:
        record: the game.
        path: its SGF or, of a game without SGF, its JSON file; an earlier one is replaced.
        source: the file that the record was read from, which is never written over.

    Raises:
        InputError: if they cannot be written, or would replace `source` or JSON that is no record
            of a game.
    """
    has_sgf = games.find(record.game).outside.sgf
    suffix = ".sgf" if has_sgf else ".json"
    if path.suffix.lower() != suffix:
        kind = "an SGF file" if has_sgf else f"a record of {record.game}, which has no SGF"
        raise InputError(f"{path} is no name for {kind}; give one that ends in {suffix}")
    sidecar = path.with_suffix(".json") if has_sgf else path
    refuse_to_replace(source, path, sidecar)
    if sidecar.exists() and not _is_record(sidecar):
        raise InputError(
            f"{sidecar} is there already and is no record of a game; choose another name than "
            f"{path.name}, beside which the record is written"
        )
    if has_sgf:
        write_atomically(path, to_sgf(record).encode())
    write_atomically(sidecar, record.model_dump_json(indent=1, exclude_none=True).encode())
    return [path, sidecar] if has_sgf else [path]


def _is_record(path: Path) -> bool:
    try:
        return GameRecord.model_validate_json(_read_bytes(path)).format == FORMAT
    except ValueError:
        return False


def read_record(path: Path) -> GameRecord:
    """A record from an SGF file, or from the JSON beside one where that is named.

    An SGF file with its JSON beside it comes back with everything the JSON holds, if moves and
    winner of the two agree. Who won is what the board says where it says anything.

    Raises:
        InputError: if a file cannot be read, is malformed, holds an illegal move, or names another
            winner than its board.
    """
    if path.suffix.lower() == ".json":
        return _from_json(path)
    record = from_sgf(read_sgf(decode_sgf(_read_bytes(path), str(path)), str(path)), str(path))
    sidecar = path.with_suffix(".json")
    if not (sidecar.exists() and _is_record(sidecar)):
        return record
    whole = _from_json(sidecar)
    same_moves = (whole.boardsize, whole.moves) == (record.boardsize, record.moves)
    if not same_moves or record.winner not in (None, whole.winner):
        raise InputError(f"{sidecar} is of another game than {path}; move one of them away")
    return whole


def to_sgf(record: GameRecord) -> str:
    """The record as SGF; see `games.text.sgf`.

    Raises:
        InputError: if its game has no SGF.
    """
    if not games.find(record.game).outside.sgf:
        raise InputError(f"{record.game} has no SGF; its records are JSON")
    return write_sgf(
        SgfGame(
            size=record.boardsize,
            moves=record.moves,
            black=record.black.name,
            white=record.white.name,
            winner=record.winner,
            ending=record.ending,
            comment=_comment(record),
        )
    )


def from_sgf(game: SgfGame, source: str = "the SGF text") -> GameRecord:
    """What an SGF file says of a game, and its board of who won.

    Raises:
        InputError: if a move is illegal, or the two contradict each other.
    """
    record = GameRecord(
        game=HEX_SWAP if game.size**2 in game.moves else "hex",
        boardsize=game.size,
        moves=list(game.moves),
        black=PlayerRecord(name=game.black or "black"),
        white=PlayerRecord(name=game.white or "white"),
        winner=game.winner,
        ending=game.ending,
    )
    return _with_result_of_the_board(record, source)


def _with_result_of_the_board(record: GameRecord, source: str) -> GameRecord:
    last = record.states()[-1]
    if not bool(record.rules.terminal(last)):
        if record.ending == "board":
            raise InputError(f"{source}: the game is said to be played out, but its board is not")
        return record
    winner = int(record.rules.winner(last))
    if record.winner is not None and record.winner != winner:
        raise InputError(
            f"{source}: {winner_name(record.winner)} is said to have won, but on the board "
            f"{winner_name(winner)} has; correct one of the two"
        )
    return record.model_copy(update={"winner": winner, "ending": "board"})


def _comment(record: GameRecord) -> str:
    lines = [f"hexlaw game {record.number} of {record.tournament}"] if record.number else []
    if record.opening_plies:
        lines.append(f"The first {record.opening_plies} moves were given.")
    lines += [f"Move {note['ply'] + 1}: {note['note']}" for note in record.notes]
    return "\n".join(lines)


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes().removeprefix(codecs.BOM_UTF8)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error


def _from_json(path: Path) -> GameRecord:
    try:
        record = GameRecord.model_validate_json(_read_bytes(path))
        return _with_result_of_the_board(record, str(path))
    except pydantic.ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(str(part) for part in problem["loc"]) or "it"
        raise InputError(f"{path} is no record of a game: {place}: {problem['msg']}") from None
    except InputError as error:
        told = str(error)
        raise InputError(told if str(path) in told else f"{path}: {told}") from None


def store_analysis(store: Store, number: int, analysis: Analysis) -> None:
    """Keep an analysis with its game, in place of an earlier one.

    Raises:
        NotFoundError: if there is no such game.
    """
    with store.session() as session:
        row = session.get(GameRow, row_id(number))
        if row is None:
            raise NotFoundError(f"the lab {store.folder} has no game {number}")
        row.analysis = analysis.model_dump()
