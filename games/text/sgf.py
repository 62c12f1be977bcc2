"""Hex games as SGF files (FF[4], GM[11]).

Cells are named as everywhere here, `c2` = column c, row 2. Hex's part of the standard leaves
colours to the program; here, as in HexGui and MoHex, B moves first and joins top and bottom.
sgfmill parses and writes the tree; only the meaning is ours. Moves of the main line are read,
variations left out. White may answer the first move by `swap-pieces`, which makes it a game of
`games.hex_swap`. What this package cannot play is refused: setup stones, passes, boards that are
not square, and `swap-sides`, after which stones change colours. A file says who won; whether the
board agrees is its reader's to check.
"""

from __future__ import annotations

import codecs
import re
import warnings
from typing import Literal, NamedTuple

from games.errors import InputError
from games.hex import BLACK, MAX_SIZE, MIN_SIZE, WHITE
from games.hex_swap import SWAP, HexSwap
from games.text.notation import NOBODY, cell_name, parse_cell
from games.text.numbers import parse_natural

# sgfmill is of 2018: from 3.12 on, Python complains to the user where it first compiles it.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from sgfmill import sgf_grammar

COLOURS = "BW"
HEX = b"11"
WRAP = 79
SETUP = ("AB", "AW", "AE")
DEFAULT_CHARSET = "latin-1"  # FF[4]: of a file that names none

Ending = Literal["board", "resigned", "time", "forfeit"]
"""How a game came to its end: played out, or given up in one of the ways that SGF knows."""
_ENDINGS: dict[str, Ending] = {"R": "resigned", "T": "time", "F": "forfeit"}  # after RE's `B+`
_GIVEN_UP: dict[str, Ending] = {"resign": "resigned", "forfeit": "forfeit"}
_START = re.compile(r"\(\s*;")  # whatever stands before it is no SGF


class SgfGame(NamedTuple):
    """What an SGF file says of one game."""

    size: int
    moves: list[int]
    """Actions in the board frame, black's first; S² is white's swap."""
    black: str = ""
    white: str = ""
    winner: int | None = None
    ending: Ending | None = None
    """None where the file does not say; `board` is never written and never read."""
    comment: str = ""


def write_sgf(game: SgfGame) -> str:
    """The game as the text of an SGF file.

    Raises:
        InputError: if a move is not a cell of the board.
    """
    root = {"FF": "4", "GM": "11", "CA": "UTF-8", "AP": "hexlaw", "SZ": str(game.size)}
    if game.winner == NOBODY:
        root["RE"] = "Draw"
    elif game.winner is not None:
        letters = {ending: letter for letter, ending in _ENDINGS.items()}
        root["RE"] = f"{COLOURS[game.winner]}+{letters.get(game.ending or '', '')}"
    root |= {"PB": game.black, "PW": game.white, "GC": game.comment}
    tree = sgf_grammar.Coarse_game_tree()
    tree.sequence = [{name: [_escaped(text)] for name, text in root.items() if text}]
    rules = HexSwap(game.size)
    for ply, action in enumerate(game.moves):
        name = rules.action_name(action) if ply == 1 else cell_name(action, game.size)
        tree.sequence.append({COLOURS[ply % 2]: [name.encode()]})
    return sgf_grammar.serialise_game_tree(tree, WRAP).decode()


def decode_sgf(data: bytes, source: str = "the SGF file") -> str:
    """The text of an SGF file, in the character set that it names (CA).

    A file that names none is read as UTF-8 where it is that, as most programs write it today, and
    else as Latin-1, the standard's default. What does not fit is replaced, never refused.

    Raises:
        InputError: if it names a character set that nobody knows.
    """
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        named = sgf_grammar.parse_sgf_game(data).sequence[0].get("CA", [b""])[0]
    except ValueError:
        named = b""  # no SGF, as `read_sgf` will say
    charset = named.decode("ascii", "replace").strip()
    if not charset:
        try:
            return data.decode()
        except UnicodeDecodeError:
            charset = DEFAULT_CHARSET
    try:
        return data.decode(charset, "replace")
    except LookupError:
        raise InputError(
            f"{source}: CA[{charset:.40}] is no character set we know; write CA[UTF-8]"
        ) from None


def read_sgf(text: str, source: str = "the SGF text") -> SgfGame:
    """The first game of an SGF file, its main line.

    Args:
        text: what the file holds; see `decode_sgf`.
        source: its name, for errors, which name the line as well.

    Raises:
        InputError: if it is no SGF, of another game, holds what we cannot play, or contradicts
            itself. Legality is not looked at; see `games.play`.
    """
    data = text.encode()
    try:
        tree = sgf_grammar.parse_sgf_game(data)
    except ValueError as error:
        _, stopped = sgf_grammar.tokenise(data)
        line = data[:stopped].count(b"\n") + 1
        raise InputError(f"{source}, line {line}: no SGF: {error}") from None
    nodes, lines = sgf_grammar.main_sequence_iter(tree), _node_lines(text)
    root = next(nodes)
    game = _read_root(root, f"{source}, line {lines[0]}")
    for node, line in zip(nodes, lines[1:], strict=False):
        game = _read_move(node, game, f"{source}, line {line}")
    return game


def _read_root(root: dict[str, list[bytes]], place: str) -> SgfGame:
    kind = root.get("GM", [HEX])[0].strip()  # LittleGolem leaves it out
    if kind != HEX:
        raise InputError(f"{place}: GM[{_text(kind)}] is another game; Hex is GM[11]")
    side = _text(root.get("SZ", [b""])[0]).strip()
    size = parse_natural(side)
    if size is None or not MIN_SIZE <= size <= MAX_SIZE:
        raise InputError(
            f"{place}: SZ[{side:.40}] is no board we know; write SZ[{MIN_SIZE}] to SZ[{MAX_SIZE}]"
        )
    result = _text(root.get("RE", [b""])[0]).strip()
    winner = {"B+": BLACK, "W+": WHITE, "0": NOBODY, "DR": NOBODY}.get(result[:2].upper())
    if any(name in root for name in SETUP):
        raise InputError(
            f"{place}: stones that are set up; only games from the empty board are read"
        )
    return SgfGame(
        size=size,
        moves=[],
        black=_text(root.get("PB", [b""])[0]),
        white=_text(root.get("PW", [b""])[0]),
        winner=winner,
        ending=None if winner in (None, NOBODY) else _ENDINGS.get(result[2:3].upper()),
        comment=_text(root.get("GC", [b""])[0]),
    )


def _read_move(node: dict[str, list[bytes]], game: SgfGame, place: str) -> SgfGame:
    """The game with a node's move, or with its end where somebody gave up."""
    if any(name in node for name in SETUP):
        raise InputError(
            f"{place}: stones that are set up; only games from the empty board are read"
        )
    for colour, name in enumerate(COLOURS):
        if name not in node:
            continue
        text = _text(node[name][0]).strip()
        if ending := _GIVEN_UP.get(text.lower()):
            if game.winner == colour:
                raise InputError(
                    f"{place}: {name}[{text}] gives the game up, but RE[{name}+…] says that "
                    f"{name} won; correct one of the two"
                )
            game = game._replace(winner=1 - colour, ending=game.ending or ending)
        elif colour != len(game.moves) % 2:
            raise InputError(
                f"{place}: {name}[{text:.40}] is out of turn; black moves first and the two take "
                "turns"
            )
        elif text == "":
            raise InputError(f"{place}: {name}[] is a pass, which our Hex does not have")
        elif text.lower() in (SWAP, "swap") and len(game.moves) == 1:
            game.moves.append(HexSwap(game.size).swap)
        elif text.lower().startswith("swap"):
            raise InputError(
                f"{place}: {name}[{text:.40}] cannot be played; white alone swaps, with its first "
                f"move, by {SWAP}"
            )
        else:
            try:
                game.moves.append(parse_cell(text, game.size))
            except InputError as error:
                raise InputError(f"{place}: {error}") from None
    return game


def _node_lines(text: str) -> list[int]:
    """The line, counted from 1, on which each node begins.

    The main line comes first in the text, so its nodes are the first ones.
    """
    start = _START.search(text)
    begin = start.start() if start else 0
    lines, line = [], 1 + text[:begin].count("\n")
    inside = escaped = False
    for character in text[begin:]:
        if character == "\n":
            line += 1
        if inside:
            inside = escaped or character != "]"
            escaped = character == "\\" and not escaped
        elif character == "[":
            inside = True
        elif character == ";":
            lines.append(line)
    return lines


def _escaped(text: str) -> bytes:
    return sgf_grammar.escape_text(text.encode())


def _text(value: bytes) -> str:
    return sgf_grammar.text_value(value).decode(errors="replace")
