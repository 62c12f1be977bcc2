"""The arena: all pairs of agents of one board, both colours, on batched boards.

All games of a round advance together, so at each ply every agent moves once, in all of its games
at the same time: a round costs one search program a network shape, never one a pair.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
from collections.abc import Callable, Sequence

import jax
import numpy as np
import pydantic
import sqlalchemy as sa

from experiments.players import Player
from games.protocol import Game
from mcts.config import FrozenModel
from mcts.settings import SearchConfig
from training.store import Game as GameRecord
from training.store import Match, Store


class ArenaConfig(FrozenModel, frozen=True):
    """How agents meet."""

    search: SearchConfig = SearchConfig(nodes=64)
    """Every agent's search; noise is off. Jones: 64 nodes, noise left on."""
    sampled: bool = False
    """Draw moves by visit count instead of playing the most visited. Jones: yes."""
    opening_plies: int = pydantic.Field(default=2, ge=0, le=4)
    """Random moves that open each game; every opening is played with both colours. Jones: 0."""
    openings: int = pydantic.Field(default=1, ge=1)
    """Openings that each pair plays in a round, each with both colours."""
    rounds: int = pydantic.Field(default=2, ge=1)
    """Rounds; each is stored when it is complete. Jones: 512 games a colour in all."""
    seed: int = pydantic.Field(default=0, ge=0)

    @property
    def search_id(self) -> str:
        """Hash of the search: the half of an agent that is not its snapshot."""
        return hashlib.sha256(self.search.model_dump_json().encode()).hexdigest()[:8]

    def check(self, game: Game) -> None:
        """Refuse openings that could decide a game.

        Raises:
            ValueError: if they could.
        """
        longest = 2 * (game.size - 1)
        if self.opening_plies > longest:
            raise ValueError(
                f"arena.opening_plies: {self.opening_plies} can end a game on {game.size}×"
                f"{game.size}; at most {longest}"
            )

    def tournament(self, game: Game) -> str:
        """Name of the tournament: the board and a hash of this configuration."""
        # More rounds are more of the same tournament.
        config = self.model_dump_json(exclude={"rounds"})
        return f"{game.name}{game.size}-{hashlib.sha256(config.encode()).hexdigest()[:8]}"


@dataclasses.dataclass(frozen=True)
class RoundResult:
    """The games of one round: M matches (ordered pairs) of O openings."""

    black: np.ndarray  # [M] index of the player
    white: np.ndarray  # [M]
    winner: np.ndarray  # [M, O] 0 or 1
    moves: np.ndarray  # [M, O, T] actions, -1 after the end


def draw_openings(game: Game, pairs: int, round_index: int, config: ArenaConfig) -> np.ndarray:
    """Opening moves [pairs, openings, opening_plies] of one round.

    All openings of that length (different cells) are numbered; a pair starts anywhere among them
    and strides on, so that it meets none twice before it has met them all.
    """
    plies = config.opening_plies
    rng = np.random.default_rng([config.seed, game.size])
    count = math.perm(game.num_actions, plies)
    start = rng.integers(0, count, pairs)
    turn = round_index * config.openings + np.arange(config.openings)
    return _nth_opening((start[:, None] + turn * _stride(count)) % count, game.num_actions, plies)


def _stride(count: int) -> int:
    """A step that visits all of `count` openings, the next one far from the last."""
    step = max(1, round(count * 0.618))
    while math.gcd(step, count) != 1:
        step += 1
    return step


def _nth_opening(number: np.ndarray, cells: int, plies: int) -> np.ndarray:
    """The number-th sequence of `plies` different cells: [...] → [..., plies]."""
    opening = np.zeros((*number.shape, plies), np.int64)
    for k in range(plies):
        number, choice = np.divmod(number, cells - k)
        # Skip the cells that earlier moves have taken.
        for taken in np.moveaxis(np.sort(opening[..., :k], axis=-1), -1, 0):
            choice += choice >= taken
        opening[..., k] = choice
    return opening


def play_round(
    game: Game,
    players: Sequence[Player],
    round_index: int,
    config: ArenaConfig,
    *,
    report: Callable[[float], None] = lambda share: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> RoundResult | None:
    """Every pair of players plays its openings with both colours; none if asked to stop.

    Deterministic: openings and keys come from the seed.
    """
    first, second = np.triu_indices(len(players), k=1)
    openings = draw_openings(game, len(first), round_index, config)
    black, white = np.concatenate([first, second]), np.concatenate([second, first])
    moves = np.full((len(black), config.openings, game.max_plies), -1, np.int64)
    moves[..., : config.opening_plies] = np.concatenate([openings, openings])
    winner = _play_out(
        game,
        players,
        (np.repeat(black, config.openings), np.repeat(white, config.openings)),
        moves.reshape(-1, game.max_plies),
        config.opening_plies,
        jax.random.fold_in(jax.random.key(config.seed), round_index),
        report,
        should_stop,
    )
    if winner is None:
        return None
    return RoundResult(black, white, winner.reshape(moves.shape[:2]), moves)


def _play_out(
    game: Game,
    players: Sequence[Player],
    seats: tuple[np.ndarray, np.ndarray],
    moves: np.ndarray,
    opening_plies: int,
    key: jax.Array,
    report: Callable[[float], None],
    should_stop: Callable[[], bool],
) -> np.ndarray | None:
    """Play all games to the end, filling in `moves` [G, T]; returns the winners [G]."""
    step = jax.jit(jax.vmap(game.step))
    states = jax.tree.map(
        lambda leaf: np.broadcast_to(np.asarray(leaf), (len(moves), *leaf.shape)), game.init()
    )
    live = np.ones(len(moves), bool)
    for ply in range(game.max_plies):
        if should_stop():
            return None
        if ply >= opening_plies:
            ply_key = jax.random.fold_in(key, ply)
            for number, player in enumerate(players):
                games = np.flatnonzero(live & (seats[ply % 2] == number))
                if len(games):
                    seen = jax.tree.map(lambda leaf: leaf[games], states)  # noqa: B023
                    moves[games, ply] = player.act(seen, jax.random.fold_in(ply_key, number))
        # -1 in a finished game changes nothing: finished states are absorbing.
        states = jax.device_get(step(states, moves[:, ply]))
        live = ~jax.device_get(jax.vmap(game.terminal)(states))
        report(1 - live.mean())
        if not live.any():
            break
    return jax.device_get(jax.vmap(game.winner)(states))


def round_is_stored(store: Store, tournament: str, round_index: int) -> bool:
    """Whether this round is in the store; a round is written in one transaction."""
    query = sa.select(Match.id).where(Match.tournament == tournament, Match.round == round_index)
    with store.session() as session:
        return session.scalar(query.limit(1)) is not None


def store_round(
    store: Store,
    tournament: str,
    round_index: int,
    agent_ids: Sequence[int],
    result: RoundResult,
    config: ArenaConfig,
) -> None:
    """Write a round's matches and games, all or nothing."""
    matches = [
        {
            "tournament": tournament,
            "round": round_index,
            "black_id": agent_ids[black],
            "white_id": agent_ids[white],
            "games": len(winner),
            "distinct_games": len(np.unique(moves, axis=0)),
            "black_wins": int(np.sum(winner == 0)),
            "white_wins": int(np.sum(winner == 1)),
        }
        for black, white, winner, moves in zip(
            result.black, result.white, result.winner, result.moves, strict=True
        )
    ]
    with store.session() as session:
        inserted = sa.insert(Match).returning(Match.id, sort_by_parameter_order=True)
        match_ids = session.scalars(inserted, matches).all()
        games = [
            {
                "match_id": match_id,
                "index": index,
                "opening_plies": config.opening_plies,
                "moves": moves[moves >= 0].astype("<u2").tobytes(),
                "winner": int(winner),
                "seed": config.seed,
            }
            for match_id, match_moves, winners in zip(
                match_ids, result.moves, result.winner, strict=True
            )
            for index, (moves, winner) in enumerate(zip(match_moves, winners, strict=True))
        ]
        session.execute(sa.insert(GameRecord), games)
