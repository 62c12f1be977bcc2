"""The arena: pairs of players meet on batched boards, every opening with both colours.

All games of a round advance together, so at each ply every player moves once, in all of its games
at the same time: a round costs one search program a network shape, never one a pair. Players on
the host (perfect play, engines) take their turns in between.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import numpy as np
import pydantic

from experiments.arena.openings import draw_openings
from experiments.players.engine import FORFEIT
from experiments.players.move_keys import move_keys, stable_seed
from experiments.players.player import RESIGNS, Player, act_in_games
from games.config import FrozenModel
from games.protocol import Game, State
from mcts import SearchConfig

ON_THE_BOARD, RESIGNED = "board", "resigned"  # how games end, beside FORFEIT


class MeetingConfig(FrozenModel, frozen=True):
    """How players meet, whoever they are."""

    opening_plies: int = pydantic.Field(default=2, ge=0, le=4)
    """Random moves that open each game; every opening is played with both colours. Jones: 0."""
    openings: int = pydantic.Field(default=1, ge=1)
    """Openings that each pair plays in a round, each with both colours."""
    seed: int = pydantic.Field(default=0, ge=0)

    def check(self, game: Game) -> None:
        """Refuse openings that could decide a game: as long as the shortest there is.

        Raises:
            ValueError: if they could.
        """
        longest = game.min_plies - 1
        if self.opening_plies > longest:
            raise ValueError(
                f"opening_plies: {self.opening_plies} can end a game on {game.size}×"
                f"{game.size}; at most {longest}"
            )

    def tournament(self, game: Game) -> str:
        """Name of the tournament: the board and a hash of this configuration."""
        # More rounds are more of the same tournament.
        return f"{game.name}{game.size}-{self.digest('rounds')}"


class ArenaConfig(MeetingConfig, frozen=True):
    """How the agents of a plan meet: every pair, all with the same search."""

    search: SearchConfig = SearchConfig(nodes=64)
    """Every agent's search; noise is off. Jones: 64 nodes, noise left on."""
    sampled: bool = False
    """Draw moves by visit count instead of playing the most visited. Jones: yes."""
    rounds: int = pydantic.Field(default=2, ge=1)
    """Rounds; each is stored when it is complete. Jones: 512 games a colour in all."""
    opponents: int | None = pydantic.Field(default=None, ge=2, multiple_of=2)
    """Others that each agent meets in a round, drawn evenly; everybody if unset, as Jones."""


class Pairs(NamedTuple):
    """Who meets whom in a round: M pairs of different players."""

    first: np.ndarray  # [M] index of the player
    second: np.ndarray  # [M]
    turn: np.ndarray  # [M] openings that the pair has met before

    @classmethod
    def all_of(cls, players: int, turn: int = 0) -> Pairs:
        """Every pair of so many players, all at the same turn."""
        first, second = np.triu_indices(players, k=1)
        return cls(first, second, np.full(len(first), turn))

    @classmethod
    def drawn(cls, players: int, opponents: int, seed: int, turn: int = 0) -> Pairs:
        """Each of so many players meets `opponents` others, an even number, drawn evenly.

        The players stand in a circle in random order, and each meets its neighbour and those at
        some random distances on both sides: everybody meets equally many, and the neighbours
        connect them all.
        """
        if opponents >= players - 1:
            return cls.all_of(players, turn)
        rng = np.random.default_rng(seed)
        circle = rng.permutation(players)
        # Half the way round an even circle, both sides are the same player: left out.
        farther = rng.permutation(np.arange(2, (players - 1) // 2 + 1))
        first, second = [], []
        for distance in [1, *farther[: opponents // 2 - 1].tolist()]:
            first.append(circle)
            second.append(np.roll(circle, -distance))
        met = np.sort([np.concatenate(first), np.concatenate(second)], axis=0)
        met = met[:, np.lexsort(met[::-1])]
        return cls(met[0], met[1], np.full(met.shape[1], turn))


@dataclasses.dataclass(frozen=True)
class RoundResult:
    """The games of one round: M matches (ordered pairs) of O openings.

    Matches m and m + M/2 are the two colours of one pair, with the same openings.
    """

    black: np.ndarray  # [M] index of the player
    white: np.ndarray  # [M]
    winner: np.ndarray  # [M, O] 0 or 1, -1 for a draw
    moves: np.ndarray  # [M, O, T] actions, -1 after the end
    seed: np.ndarray  # [M, O] uint64, of all that was drawn in the game
    ending: np.ndarray  # [M, O] str: how it ended
    notes: dict[tuple[int, int], list[dict[str, int | str]]]  # by match and opening: ply and note


def play_round(
    game: Game,
    players: Sequence[Player],
    round_index: int,
    config: MeetingConfig,
    *,
    names: Sequence[str] | None = None,
    report: Callable[[float], None] = lambda share: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> RoundResult | None:
    """Every pair of players plays its next openings; see `play_pairs`."""
    pairs = Pairs.all_of(len(players), round_index * config.openings)
    return play_pairs(
        game, players, pairs, config, names=names, report=report, should_stop=should_stop
    )


def play_pairs(
    game: Game,
    players: Sequence[Player],
    pairs: Pairs,
    config: MeetingConfig,
    *,
    names: Sequence[str] | None = None,
    report: Callable[[float], None] = lambda share: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> RoundResult | None:
    """The pairs play their next openings with both colours; none if asked to stop.

    Deterministic: a game's opening and random numbers hang on the configuration's seed, the names
    of the two players (by default their places in the list) and the pair's turn, nothing else.
    """
    names = [str(number) for number in range(len(players))] if names is None else names
    starts = [
        stable_seed(config.seed, game.size, *sorted([str(names[a]), str(names[b])]))
        for a, b in zip(pairs.first, pairs.second, strict=True)
    ]
    openings = draw_openings(
        game, config.opening_plies, np.array(starts, np.int64), pairs.turn, config.openings
    )
    black = np.concatenate([pairs.first, pairs.second])
    white = np.concatenate([pairs.second, pairs.first])
    turn = np.concatenate([pairs.turn, pairs.turn])
    shape = (len(black), config.openings)
    moves = np.full((*shape, game.max_plies), -1, np.int64)
    moves[..., : config.opening_plies] = np.concatenate([openings, openings])
    seed = np.array(
        [
            [
                stable_seed(config.seed, game.size, names[b], names[w], t + k)
                for k in range(config.openings)
            ]
            for b, w, t in zip(black, white, turn.tolist(), strict=True)
        ],
        np.uint64,
    )
    table = _Table(
        game=game,
        players=players,
        seats=(np.repeat(black, config.openings), np.repeat(white, config.openings)),
        moves=moves.reshape(-1, game.max_plies),
        seed=seed.reshape(-1),
    )
    if not table.play_out(config.opening_plies, report, should_stop):
        return None
    return RoundResult(
        black=black,
        white=white,
        winner=table.winner.reshape(shape),
        moves=moves,
        seed=seed,
        ending=table.ending.reshape(shape),
        notes={divmod(number, config.openings): notes for number, notes in table.notes.items()},
    )


@functools.partial(jax.jit, static_argnums=0)
def _step(game: Game, states: State, actions: jax.Array) -> tuple[State, jax.Array, jax.Array]:
    """The states after these actions, whether they are over, and who has won, [G, ...]."""
    states = jax.vmap(game.step)(states, actions)
    return states, jax.vmap(game.terminal)(states), jax.vmap(game.winner)(states)


class _Table:
    """G games in progress."""

    def __init__(
        self,
        game: Game,
        players: Sequence[Player],
        seats: tuple[np.ndarray, np.ndarray],
        moves: np.ndarray,
        seed: np.ndarray,
    ) -> None:
        self._game, self._players, self._seats = game, players, seats
        self._moves = moves  # [G, T], filled in as the games go on
        self._seed = seed  # [G]
        self._live = np.ones(len(moves), bool)
        self.winner = np.zeros(len(moves), np.int8)
        self.ending = np.full(len(moves), ON_THE_BOARD, dtype=object)
        self.notes: dict[int, list[dict[str, int | str]]] = {}

    def play_out(
        self,
        opening_plies: int,
        report: Callable[[float], None],
        should_stop: Callable[[], bool],
    ) -> bool:
        """Play all games to their ends; false if asked to stop."""
        game = self._game
        # The next power of two: few batch sizes, few compilations over many rounds.
        lanes = 1 << (len(self._live) - 1).bit_length()
        states = jax.tree.map(
            lambda leaf: np.broadcast_to(np.asarray(leaf), (lanes, *leaf.shape)), game.init()
        )
        for ply in range(game.max_plies):
            if should_stop():
                return False
            if ply >= opening_plies:
                self._move(ply, states)
            # -1 in a finished game changes nothing: finished states are absorbing. In a game given
            # up it plays on, but nobody looks at that state any more.
            actions = np.full(lanes, -1)
            actions[: len(self._live)] = self._moves[:, ply]
            states, over, winner = jax.device_get(_step(game, states, actions))
            ended = self._live & over[: len(self._live)]
            self.winner[ended] = winner[: len(self._live)][ended]
            self._live &= ~ended
            report(1 - self._live.mean())
            if not self._live.any():
                break
        return True

    def _move(self, ply: int, states: State) -> None:
        """Every player moves in its games at this ply."""
        keys = move_keys(self._seed, ply)
        for number, player in enumerate(self._players):
            games = np.flatnonzero(self._live & (self._seats[ply % 2] == number))
            if not len(games):
                continue
            seen = jax.tree.map(lambda leaf: leaf[games], states)  # noqa: B023
            moves = self._moves[games, :ply].tolist()
            actions = np.asarray(act_in_games(player, seen, moves, keys[games]))
            notes: dict[int, str] = getattr(player, "notes", {})
            for index, note in notes.items():
                self.notes.setdefault(int(games[index]), []).append({"ply": ply, "note": note})
            for index in np.flatnonzero(actions == RESIGNS).tolist():
                over = games[index]
                self._live[over] = False
                self.winner[over] = 1 - ply % 2
                failed = notes.get(index, "").endswith(FORFEIT)
                self.ending[over] = FORFEIT if failed else RESIGNED
            self._moves[games, ply] = actions
