"""Rounds in the store: written whole, repeated games noticed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import sqlalchemy as sa
from sqlalchemy import exc, orm

from experiments.arena.meeting import RoundResult
from games.text.notation import NOBODY
from training.store import Agent, Match, Store, sum_of
from training.store import Game as GameRow

COUNTS = ("black_wins", "white_wins", "draws")
"""How a match's games that count are told apart: columns of match rows."""


def stored_rounds(store: Store, tournament: str) -> set[int]:
    """The rounds of a tournament that are in the store; each was written in one transaction."""
    query = sa.select(Match.round).where(Match.tournament == tournament).distinct()
    with store.session() as session:
        return set(session.scalars(query))


def next_round(store: Store, tournament: str) -> int:
    """Number of the first round that is not stored yet."""
    query = sa.select(sa.func.max(Match.round)).where(Match.tournament == tournament)
    with store.session() as session:
        last = session.scalar(query)
    return 0 if last is None else last + 1


def match_rows(store: Store, tournament: str | None = None) -> pd.DataFrame:
    """Stored matches added up: columns game, boardsize, black, white (names of agents), black_id,
    white_id, games, distinct_games, black_wins, white_wins, draws; one row an ordered pair."""
    black, white = orm.aliased(Agent), orm.aliased(Agent)
    counts = (Match.games, Match.distinct_games, Match.black_wins, Match.white_wins, Match.draws)
    query = (
        sa.select(
            black.game,
            black.boardsize,
            black.spec.label("black"),
            white.spec.label("white"),
            black.id.label("black_id"),
            white.id.label("white_id"),
            *(sum_of(count).label(count.key) for count in counts),
        )
        .join(black, Match.black_id == black.id)
        .join(white, Match.white_id == white.id)
        .group_by(black.id, white.id)
        .order_by(black.id, white.id)
    )
    if tournament is not None:
        query = query.where(Match.tournament == tournament)
    columns, rows = store.frame_query(query)
    return pd.DataFrame(rows, columns=pd.Index(columns))


def by_number(rows: pd.DataFrame) -> pd.DataFrame:
    """Match rows in which black and white are the numbers of agents."""
    return rows.assign(black=rows["black_id"], white=rows["white_id"])


def store_round(
    store: Store,
    tournament: str,
    round_index: int,
    agent_ids: Sequence[int],
    result: RoundResult,
    opening_plies: int,
    *,
    draws: Sequence[bool] | None = None,
    stage: str = "arena",
) -> None:
    """Write a round's matches and games, all or nothing; one that is stored already stays.

    A game with the moves of an earlier one of the same two, in the same colours, is a *repeated*
    game. If neither player draws at random it is the same game again and says nothing new, so it
    is not counted among wins and draws. Where chance had a part it is a fresh draw and is counted.

    Args:
        store: the lab.
        tournament: its name.
        round_index: the round.
        agent_ids: number of each player in the lab.
        result: what was played.
        opening_plies: leading moves that came from openings.
        draws: for each player, whether its moves hang on each game's random numbers.
        stage: what the round was played for, as the column of that name says.
    """
    if round_index in stored_rounds(store, tournament):
        return
    try:
        with store.session() as session:
            _write_round(
                session, tournament, round_index, agent_ids, result, opening_plies,
                [False] * len(agent_ids) if draws is None else draws, stage,
            )  # fmt: skip
    except exc.IntegrityError:
        if round_index not in stored_rounds(store, tournament):
            raise
        # Another worker wrote the same round while this one did.


def _write_round(
    session: orm.Session,
    tournament: str,
    round_index: int,
    agent_ids: Sequence[int],
    result: RoundResult,
    opening_plies: int,
    draws: Sequence[bool],
    stage: str,
) -> None:
    earlier = session.scalar(sa.select(Match.id).where(Match.tournament == tournament).limit(1))
    matches, ids = [], []
    for m, (black, white) in enumerate(zip(result.black, result.white, strict=True)):
        pair = (agent_ids[black], agent_ids[white])
        ids.append([_encode(line) for line in result.moves[m]])
        seen = _played_before(session, tournament, pair) if earlier is not None else set()
        fresh = _fresh(ids[-1], seen)
        counted = np.ones(len(fresh), bool) if draws[black] or draws[white] else fresh
        matches.append(
            {
                "tournament": tournament,
                "stage": stage,
                "round": round_index,
                "black_id": pair[0],
                "white_id": pair[1],
                "games": len(fresh),
                "distinct_games": int(fresh.sum()),
                "black_wins": int(np.sum(counted & (result.winner[m] == 0))),
                "white_wins": int(np.sum(counted & (result.winner[m] == 1))),
                "draws": int(np.sum(counted & (result.winner[m] == NOBODY))),
            }
        )
    inserted = sa.insert(Match).returning(Match.id, sort_by_parameter_order=True)
    match_ids = session.scalars(inserted, matches).all()
    games = [
        {
            "match_id": match_id,
            "index": index,
            "opening_plies": opening_plies,
            "moves": moves,
            "winner": int(result.winner[m, index]),
            "ending": str(result.ending[m, index]),
            "seed": int(result.seed[m, index]),
            "notes": result.notes.get((m, index)),
        }
        for m, match_id in enumerate(match_ids)
        for index, moves in enumerate(ids[m])
    ]
    session.execute(sa.insert(GameRow), games)


def _encode(line: np.ndarray) -> bytes:
    return line[line >= 0].astype("<u2").tobytes()


def _played_before(session: orm.Session, tournament: str, pair: tuple[int, int]) -> set[bytes]:
    """Moves of the games that these two have played in these colours in this tournament."""
    query = (
        sa.select(GameRow.moves)
        .join(Match, GameRow.match_id == Match.id)
        .where(Match.tournament == tournament)
        .where(Match.black_id == pair[0], Match.white_id == pair[1])
    )
    return set(session.scalars(query))


def _fresh(games: Sequence[bytes], seen: set[bytes]) -> np.ndarray:
    """Which games are the first with their moves [O]."""
    fresh = np.zeros(len(games), bool)
    for index, moves in enumerate(games):
        fresh[index] = moves not in seen
        seen.add(moves)
    return fresh


def paired_scores(
    store: Store, tournament: str, first_id: int, second_id: int, *, drawn: bool = False
) -> np.ndarray:
    """How often the first agent scored 0, ½, 1, 1½ and 2 points in a pair of games, [5].

    A win is a point, a draw half of one.

    A pair is one opening with both colours: the games of equal round and index. One that repeats
    an earlier one move by move is not counted, unless moves were `drawn` at random.
    """
    query = (
        sa.select(Match.black_id, Match.round, GameRow.index, GameRow.winner, GameRow.moves)
        .join(Match, GameRow.match_id == Match.id)
        .where(Match.tournament == tournament)
        .where(Match.black_id.in_([first_id, second_id]))
        .where(Match.white_id.in_([first_id, second_id]))
    )
    pairs: dict[tuple[int, int], dict[int, tuple[int, bytes]]] = {}
    for black, round_index, index, winner, moves in store.frame_query(query)[1]:
        pairs.setdefault((round_index, index), {})[black] = (winner, moves)
    seen, scores = set(), np.zeros(5, int)
    for games in pairs.values():
        if len(games) < 2:
            continue
        (as_black, moves), (as_white, other_moves) = games[first_id], games[second_id]
        if drawn or (moves, other_moves) not in seen:
            seen.add((moves, other_moves))
            scores[_half_points(as_black, 0) + _half_points(as_white, 1)] += 1
    return scores


def _half_points(winner: int, colour: int) -> int:
    return 1 if winner == NOBODY else 2 * (winner == colour)
