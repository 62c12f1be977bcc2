"""A record of a game with all that can be said about it, for the pages that show it.

A record holds moves and who played them. From the lab come ratings and costs of the players; their
networks are asked what they think before each move; the solver says who should have won.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from experiments.arena.game_records import GameRecord, PlayerRecord, load_record
from experiments.players.specs import NetworkSpec, parse_player
from experiments.players.thinking import Thinker
from experiments.players.thoughts import Analysis
from experiments.web.board_keys import board_key
from experiments.web.lab_view import LabView, Row
from experiments.web.replay_page import ReplayRecord, Side, Verdict, perfect_verdicts
from games.errors import InputError, NotFoundError
from games.protocol import Game
from games.text.notation import PLAYER_NAMES, board_name
from games.text.numbers import parse_natural
from mcts import STRATEGIES, SearchConfig, Strategy
from training.files import load_snapshot
from training.store import Snapshot, Store

LOADED_NETWORKS = 64


def annotated(record: GameRecord, store: Store | None = None) -> ReplayRecord:
    """A record ready for `write_replay_page`; with a lab, its players say what they think."""
    return Annotator(None if store is None else LabView(store)).annotate(record, thoughts=True)


class Annotator:
    """Adds to records what a lab knows.

    Args:
        lab: the lab, or none for games from elsewhere.
        verdicts: what perfect play says before each move of a game.
    """

    def __init__(
        self,
        lab: LabView | None,
        *,
        verdicts: Callable[[Game, list[int]], list[Verdict | None]] = perfect_verdicts,
    ) -> None:
        self._lab = lab
        self._verdicts = verdicts
        self._thinker = functools.lru_cache(LOADED_NETWORKS)(self._load_thinker)

    def stored(self, number: int) -> GameRecord:
        """Game `number` of the lab.

        Raises:
            NotFoundError: if there is no such game.
        """
        assert self._lab is not None
        return load_record(self._lab.store, number)

    def annotate(self, record: GameRecord, *, thoughts: bool) -> ReplayRecord:
        """A record, ready to be shown.

        Args:
            record: the game.
            thoughts: ask the networks and the solver; else only what is stored is shown.
        """
        players = (record.black, record.white)
        names = self._names(players, record.rules)
        analyses = []
        if thoughts:
            asked = (self._ask(record, *seat) for seat in zip(players, names, (0, 1), strict=True))
            analyses = [analysis for analysis in asked if analysis is not None]
        if not analyses and record.analysis is not None:
            analyses = [_stored_analysis(record, names)]
        return ReplayRecord(
            title=f"{board_name(record.rules)}: {names[0]} against {names[1]}",
            game=record.game,
            size=record.boardsize,
            moves=record.moves,
            winner=record.winner,
            opening_plies=record.opening_plies,
            players=(
                self._side(record.black, names[0], record.rules),
                self._side(record.white, names[1], record.rules),
            ),
            analyses=analyses,
            perfect=self._verdicts(record.rules, record.moves) if thoughts else [],
            origin=self._origin(record),
        )

    def thinker(self, key: str, strategy: Strategy, second: str = "") -> Thinker:
        """The network of snapshot `RUN#INDEX`, ready to be asked, with a second one beside it if
        that is named.

        Raises:
            InputError: if there is no such snapshot, its file is damaged, or the second is of
                another board.
        """
        found = self._thinker(key)._replace(strategy=strategy)
        if not second:
            return found
        other = self._thinker(second)
        if other.game != found.game:
            raise InputError(
                f"{second} plays {board_name(other.game)}; choose one of {board_name(found.game)}"
            )
        return found._replace(second=(other.network, other.params))

    def snapshot(self, key: str) -> tuple[Path, str]:
        """The file of snapshot `RUN#INDEX`, and its SHA-256.

        Raises:
            NotFoundError: if there is no such snapshot.
        """
        run_id, _, index = key.rpartition("#")
        number = parse_natural(index)
        if self._lab is None or number is None:
            raise NotFoundError(f"no snapshot {key!r} here")
        query = sa.select(Snapshot.file, Snapshot.sha256).where(
            Snapshot.run_id == run_id, Snapshot.index == number
        )
        rows = self._lab.store.frame_query(query)[1]
        if not rows:
            raise NotFoundError(f"the lab {self._lab.name} has no snapshot {key!r}")
        file, sha256 = rows[0]
        return self._lab.store.folder / file, sha256

    def _load_thinker(self, key: str) -> Thinker:
        params, run = load_snapshot(*self.snapshot(key))
        return Thinker(run.rules, run.network, params, SearchConfig())

    def _ask(
        self, record: GameRecord, player: PlayerRecord, name: str, colour: int
    ) -> Analysis | None:
        key = _snapshot_key(player)
        if key is None or player.search is None:
            return None
        spec = parse_player(player.name)
        second = spec.second if isinstance(spec, NetworkSpec) else None
        strategy: Strategy = STRATEGIES.parse(player.search)
        try:
            thinker = self.thinker(key, strategy, second or "")
        except InputError:
            return None  # without its network the game can be looked at all the same
        nodes, plies = strategy.evaluations, range(len(record.moves))
        moves = [thinker.think(record.moves[:ply], nodes)[0] for ply in plies]
        return Analysis(agent=name, nodes=nodes, colour=colour, moves=moves)

    def _agent(self, player: PlayerRecord, rules: Game) -> Row | None:
        """The lab's agent of that number, or of that name on that board, rated or not."""
        for agent in self._lab.overview()["agents"] if self._lab else ():
            named = player.agent is None and agent["spec"] == player.name
            if agent["board"] == board_key(rules.name, rules.size) and (
                named or agent["id"] == player.agent
            ):
                return agent
        return None

    def _names(self, players: tuple[PlayerRecord, PlayerRecord], rules: Game) -> list[str]:
        """Short names, with the nodes where only these tell the two apart."""
        names = [self._short_name(player, rules) for player in players]
        if names[0] == names[1]:
            nodes = [(player.search or {}).get("nodes") for player in players]
            names = [
                name if n is None else f"{name}, {n} nodes"
                for name, n in zip(names, nodes, strict=True)
            ]
        return names

    def _short_name(self, player: PlayerRecord, rules: Game) -> str:
        if agent := self._agent(player, rules):
            return agent["name"]
        key = _snapshot_key(player)
        for snapshot in self._lab.overview()["snapshots"] if self._lab and key else ():
            if snapshot["key"] == key:
                return snapshot["name"]
        return player.name

    def _side(self, player: PlayerRecord, name: str, rules: Game) -> Side:
        settings = {} if name == player.name else {"agent": player.name}
        if player.temperature:
            settings["temperature"] = f"{player.temperature:g}"
        nodes = (player.search or {}).get("nodes")
        if (agent := self._agent(player, rules)) is None:
            return Side(name=name, nodes=nodes, settings=settings)
        return Side(
            name=name,
            elo=agent["elo"],
            se=agent.get("se"),
            nodes=nodes,
            move_flops=agent["move_flops"],
            train_flops=agent["train_flops"],
            settings=settings,
        )

    def _origin(self, record: GameRecord) -> str:
        if self._lab is None or record.number is None:
            return ""
        lines = [
            f"{self._lab.title}, game {record.number} of {record.tournament}.",
            f"Seed {record.seed}.",
            *(
                f"{colour.capitalize()}'s weights: SHA-256 {player.snapshot_sha256}."
                for colour, player in zip(PLAYER_NAMES, (record.black, record.white), strict=True)
                if player.snapshot_sha256
            ),
            *(f"Move {note['ply'] + 1}: {note['note']}." for note in record.notes),
        ]
        return " ".join(lines)


def _stored_analysis(record: GameRecord, names: list[str]) -> Analysis:
    stored = record.analysis
    assert stored is not None
    numbers = [record.black.agent, record.white.agent]
    colour = numbers.index(stored.agent) if stored.agent in numbers else None
    name = str(stored.agent) if colour is None else names[colour]
    return stored.model_copy(update={"agent": name, "colour": colour})


def _snapshot_key(player: PlayerRecord) -> str | None:
    """`RUN#INDEX` of a network that played."""
    if player.kind != NetworkSpec.kind:
        return None
    spec = parse_player(player.name)
    assert isinstance(spec, NetworkSpec)
    return f"{spec.run}#{spec.index}"
