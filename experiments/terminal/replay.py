"""`hexlaw replay GAME`: step through a stored game, see what was thought, check, export."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.console import Console

import games
from experiments.arena.game_records import (
    GameRecord,
    load_record,
    read_record,
    store_analysis,
    write_record,
)
from experiments.arena.verify import verify
from experiments.players.agents import find_player, open_lab
from experiments.players.player import NetworkPlayer
from experiments.players.specs import NetworkSpec, parse_player
from experiments.players.thinking import analyse_moves
from experiments.players.thoughts import Analysis
from experiments.terminal.explain import describe_thoughts
from experiments.verb import Outcome, VerbConfig
from experiments.web.annotate import annotated
from experiments.web.replay_page import write_replay_page
from games.errors import InputError
from games.text.notation import NOBODY, PLAYER_NAMES, board_name
from games.text.numbers import parse_natural
from training.files import refuse_to_replace
from training.store import is_lab

HELP = "Enter: next move, b: back, a number: to that move, l: last position, q: quit"
HOW_WON = {
    None: "",
    "board": "",
    "resigned": " by resignation",
    "time": " on time",
    "forfeit": " by forfeit",
}
DIFFERS = 1


class ReplayConfig(VerbConfig, frozen=True):
    """Step through a game: board, policy, value; or check or export it."""

    game: tyro.conf.Positional[str]
    """Number of a game in the lab, or an SGF or JSON file."""
    lab: Path = Path("runs/laptop")
    """The lab that holds the game and its players' snapshots."""
    analyse: str | None = None
    """Let a player think about every move: a snapshot, or black or white for one of the two."""
    store: bool = False
    """Keep that analysis with the game in the lab."""
    verify: bool = False
    """Make every move again from snapshot and seed, and say where one differs."""
    sgf: Path | None = None
    """Write the game as SGF, and the whole record beside it as JSON; a game without SGF as JSON
    alone, FILE.json."""
    html: Path | None = None
    """Write the game as one web page that opens by itself, offline, with all that the lab's
    networks and the solver say about it."""
    step: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Wait for a key after every position; otherwise they are printed one after another."""


def replay(config: ReplayConfig, console: Console) -> Outcome:
    """Show, check, analyse, export; exit code 1 if a move did not come out again.

    Raises:
        InputError: for an unknown game, a malformed file, an unknown player.
    """
    record = _load(config)
    if config.analyse is not None:
        record = _analysed(config, record)
    result: dict[str, Any] = {"record": record.model_dump(mode="json"), "link": record.link}
    source = Path(config.game) if parse_natural(config.game) is None else None
    if config.sgf is not None:
        result["files"] = [str(path) for path in write_record(record, config.sgf, source)]
        console.out(f"wrote {' and '.join(result['files'])}", highlight=False)
    if config.html is not None:
        refuse_to_replace(source, config.html)
        store = open_lab(config.lab) if is_lab(config.lab) else None
        write_replay_page(annotated(record, store), config.html)
        result["page"] = str(config.html)
        console.out(f"wrote {config.html}", highlight=False)
    exit_code = 0
    if config.verify:
        result["verify"], exit_code = _verify(record, config.lab, console)
    elif config.sgf is None and config.html is None and not config.as_json:
        _show(record, console, step=config.step)
    return Outcome(result, exit_code)


def _load(config: ReplayConfig) -> GameRecord:
    if (number := parse_natural(config.game)) is not None:
        return load_record(open_lab(config.lab), number)
    path = Path(config.game)
    if path.suffix.lower() not in (".sgf", ".json"):
        raise InputError(f"{config.game!r} is neither the number of a game nor an SGF or JSON file")
    return read_record(path)


def _analysed(config: ReplayConfig, record: GameRecord) -> GameRecord:
    assert config.analyse is not None
    sides = {"black": record.black.name, "white": record.white.name}
    name = sides.get(config.analyse, config.analyse)
    spec = parse_player(name)
    if not isinstance(spec, NetworkSpec):
        raise InputError(f"--analyse {name}: only snapshots say what they think")
    player, spec = find_player(spec, record.rules, config.lab, lanes=record.rules.max_plies)
    assert isinstance(player, NetworkPlayer)
    assert isinstance(spec, NetworkSpec)
    thoughts = analyse_moves(record.rules, player, record.moves, record.seed or 0)
    analysis = Analysis(agent=spec.text, nodes=spec.strategy.evaluations, moves=thoughts)
    if config.store:
        if record.number is None:
            raise InputError("--store: only games of the lab can keep an analysis")
        store_analysis(open_lab(config.lab, read_only=False), record.number, analysis)
    return record.model_copy(update={"analysis": analysis})


def _verify(record: GameRecord, lab: Path, console: Console) -> tuple[dict[str, Any], int]:
    found = verify(record, lab)
    for ply, action in sorted(found.different.items()):
        console.out(
            f"move {ply + 1} differs: {record.rules.action_name(record.moves[ply])} was played, "
            f"{record.rules.action_name(action)} came out",
            highlight=False,
        )
    reasons: dict[str, list[int]] = {}
    for ply, reason in sorted(found.unchecked.items()):
        reasons.setdefault(reason, []).append(ply + 1)
    for reason, moves in reasons.items():
        listed = ", ".join(str(move) for move in moves)
        console.out(f"not checked, {reason}: moves {listed}", highlight=False)
    console.out(f"{len(found.same)} of {len(record.moves)} moves came out again", highlight=False)
    result = {
        "same": found.same,
        "different": {str(ply): action for ply, action in found.different.items()},
        "unchecked": {str(ply): reason for ply, reason in found.unchecked.items()},
    }
    return result, DIFFERS if found.different else 0


def _show(record: GameRecord, console: Console, *, step: bool) -> None:
    states = record.states()
    console.out(_title(record), highlight=False)
    if step:
        console.out(HELP, highlight=False)
    ply = 0
    while True:
        _show_position(record, states[ply], ply, console)
        if not step:
            if ply == len(record.moves):
                return
            ply += 1
            continue
        command = _read_command(console, f"{ply}/{len(record.moves)}> ")
        if command in ("q", None):
            return
        if command == "":
            ply = min(ply + 1, len(record.moves))
        elif command == "b":
            ply = max(ply - 1, 0)
        elif command == "l":
            ply = len(record.moves)
        elif (number := parse_natural(command)) is not None and number <= len(record.moves):
            ply = number
        else:
            console.out(HELP, highlight=False)


def _read_command(console: Console, prompt: str) -> str | None:
    """A line from the keyboard; none at its end."""
    console.out(prompt, end="", highlight=False)
    line = sys.stdin.readline()
    return line.strip().lower() if line else None


def _title(record: GameRecord) -> str:
    number = f"game {record.number}: " if record.number else ""
    if record.winner is None:
        result = "not finished"
    elif record.winner == NOBODY:
        result = "a draw"
    else:
        result = f"{PLAYER_NAMES[record.winner]} won{HOW_WON[record.ending]}"
    link = "" if record.link is None else f"\n{record.link}"
    return (
        f"{number}{board_name(record.rules)}, black (x) {record.black.name}, "
        f"white (o) {record.white.name}; {result}{link}"
    )


def _show_position(record: GameRecord, state, ply: int, console: Console) -> None:
    game = record.rules
    console.out("", highlight=False)
    if ply:
        move = game.action_name(record.moves[ply - 1])
        given = " (opening)" if ply <= record.opening_plies else ""
        console.out(f"move {ply}: {PLAYER_NAMES[(ply - 1) % 2]} {move}{given}", highlight=False)
    for note in record.notes:
        if note["ply"] == ply - 1:
            console.out(f"  engine: {note['note']}", highlight=False)
    console.out(
        games.draw_text(game, state, record.moves[ply - 1] if ply else None), highlight=False
    )
    if record.analysis is not None and ply < len(record.analysis.moves):
        who = f"{record.analysis.agent} with {record.analysis.nodes} nodes"
        thoughts = record.analysis.moves[ply]
        console.out(describe_thoughts(thoughts, game, who), highlight=False)
