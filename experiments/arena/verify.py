"""Is a stored game what its players would play? Every move made again from snapshot and seed.

A move hangs on the position, the player, and the key of game and ply; so each is made again
alone. What cannot be made again is said, not passed over: openings were given, an external
engine's chance is its own, and Jones's normalisation mixes the games of a batch.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from experiments.arena.game_records import GameRecord, PlayerRecord
from experiments.players.agents import find_player
from experiments.players.host_states import stack
from experiments.players.move_keys import move_keys
from experiments.players.player import Player
from experiments.players.specs import GtpSpec, NetworkSpec, parse_player
from games.errors import InputError


class Verification(NamedTuple):
    """What came out."""

    same: list[int]  # plies whose move came out again
    different: dict[int, int]  # by ply: the move that came out instead
    unchecked: dict[int, str]  # by ply: why it cannot be made again


def verify(record: GameRecord, lab: Path) -> Verification:
    """Make every move of a game again.

    Raises:
        InputError: if a move is illegal, the stored winner is not who won, a player cannot be
            found, or its snapshot is not the one the game was played with.
    """
    states = record.states()
    _check_result(record, int(record.rules.winner(states[-1])))
    result = Verification([], {}, {})
    for colour, side in enumerate((record.black, record.white)):
        plies = list(range(colour, len(record.moves), 2))
        given = [ply for ply in plies if ply < record.opening_plies]
        result.unchecked.update(dict.fromkeys(given, "given by the opening"))
        plies = plies[len(given) :]
        if not plies:
            continue
        player = _player(record, side, lab)
        if isinstance(player, str):
            result.unchecked.update(dict.fromkeys(plies, player))
            continue
        assert record.seed is not None
        keys = np.concatenate([move_keys([record.seed], ply) for ply in plies])
        again = player.act(stack([states[ply] for ply in plies]), keys)
        for ply, action in zip(plies, np.asarray(again).tolist(), strict=True):
            if action == record.moves[ply]:
                result.same.append(ply)
            else:
                result.different[ply] = action
    return result


def _check_result(record: GameRecord, winner: int) -> None:
    if record.ending == "board" and winner != record.winner:
        raise InputError(
            f"game {record.number}: its moves do not lead to the winner it names; the record was "
            "changed"
        )


def _player(record: GameRecord, side: PlayerRecord, lab: Path) -> Player | str:
    """The player, or why its moves cannot be made again."""
    if record.seed is None or side.kind is None:
        return "the record names no player of ours and no seed"
    spec = parse_player(side.name)
    if isinstance(spec, GtpSpec):
        return "an external engine's chance is its own"
    if isinstance(spec, NetworkSpec):
        if spec.strategy.hangs_on_others:
            return spec.strategy.hangs_on_others
        if spec.strategy.model_dump(mode="json") != side.search:
            raise InputError(
                f"{side.name}: its strategy was stored by another version of hexlaw; its moves "
                "cannot be made again by this one"
            )
    player, _ = find_player(spec, record.rules, lab, lanes=record.rules.max_plies)
    return player
