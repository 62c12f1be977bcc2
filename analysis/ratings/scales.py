"""One function rates a lab: which stages share a scale, where its zero is, and who stands apart.

Used by the report, the page, `rate`, tournaments, studies and the experiment's stages, so that an
agent has one number wherever it is shown; see docs/decisions/0008-one-scale-a-board.md.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.ratings.bradley_terry import Ratings, rate
from analysis.ratings.results import add_up
from analysis.tables.rows import LabRows
from games.errors import InputError

SCALES: dict[str, tuple[str, ...]] = {
    "league": ("league", "perfect"),
    "nodes": ("league", "perfect", "nodes"),
    "league_jones": ("league_jones",),
    "arena": ("league", "perfect", "nodes", "arena"),
}
"""Stages whose games rate the agents of a scale. An agent belongs to the first scale it played on,
so what is played later for other agents never moves it. A scale is there if the stage it is named
after was played."""

OWN_SCALE = {"league_jones": "jones"}
"""Scales that share no zero with the others, since their agents play in another way, and how each
is called. All others are called `MAIN`."""

MAIN = "main"

PLAYERS = {"black_id": "black", "white_id": "white"}
"""Columns of a lab's matches, and what ratings call them."""

APART = "no chain of games joins it to the zero of its board"


class Joined(NamedTuple):
    """Ratings of everybody whom games join to the zero, and the others."""

    ratings: Ratings
    apart: list[Hashable]  # players without a place on the scale


class Scale(NamedTuple):
    """The agents of a board that belong to one scale."""

    name: str
    ratings: Ratings  # of all who are joined on it, agents of earlier scales included
    own: pd.DataFrame  # rows of `ratings.table()` that belong here, the strongest first
    apart: list[Hashable]


def rate_joined(
    matches: pd.DataFrame,
    perfect: frozenset[Hashable] = frozenset(),
    *,
    zero: Hashable | None = None,
    first_player: bool = False,
) -> Joined:
    """Rate one board's players, averaged over both colours unless said otherwise.

    Zero is `zero`, else perfect play if it belongs to the largest group that games join, else that
    group's best (see `rate`). Who is not joined to the zero is not rated.

    Args:
        matches: as `rate` wants them: black, white, black_wins, white_wins and maybe draws.
        perfect: players that never err.
        zero: who stands at 0 Elo.
        first_player: fit black's advantage.

    Raises:
        InputError: as `rate`.
    """
    results = add_up(matches)
    group = pd.Series(results.groups()[1], index=pd.Index(results.players, dtype=object))
    if zero is None:
        joined = group == np.bincount(group).argmax()
        zero = next((player for player in group.index[joined] if player in perfect), None)
    elif zero in group.index:
        joined = group == group.to_dict()[zero]
    else:
        raise InputError(f"the zero of the scale, {zero!r}, is not among the players")
    members = set(group.index[joined])
    ratings = rate(matches[matches["black"].isin(members)], zero=zero, first_player=first_player)
    return Joined(ratings, group.index[~joined].tolist())


def rate_scale(
    matches: pd.DataFrame,
    agents: pd.DataFrame,
    name: str,
    *,
    zero: Hashable | None = None,
    first_player: bool = False,
) -> Joined:
    """Rate one scale of one board.

    Args:
        matches: of one board, with the column stage.
        agents: columns id and kind.
        name: one of `SCALES`.
        zero: who stands at 0 Elo.
        first_player: fit black's advantage.

    Raises:
        InputError: if nobody has played on it.
    """
    played = matches[matches["stage"].isin(SCALES[name])]
    return rate_joined(played, never_err(agents), zero=zero, first_player=first_player)


def rate_board(
    matches: pd.DataFrame, agents: pd.DataFrame, *, zero: Hashable | None = None
) -> list[Scale]:
    """All scales of one board on which somebody has played; arguments as `rate_scale`.

    Those that are no `OWN_SCALE` have the zero of the first of them.

    Raises:
        InputError: if `zero` did not play where its scale has its zero from.
    """
    played = matches[matches.reindex(columns=_COUNTS, fill_value=0).sum(axis=1) > 0]
    main_zero, seen, found = None, set(), []
    for name, stages in SCALES.items():
        if not (played["stage"] == name).any():
            continue
        here = played.loc[played["stage"].isin(stages), ["black", "white"]]
        given = zero if zero in here.to_numpy() else None
        first = name in OWN_SCALE or main_zero is None
        ratings, apart = rate_scale(played, agents, name, zero=given if first else main_zero)
        if name not in OWN_SCALE:
            main_zero = ratings.zero
        table = ratings.table()
        own = table[~table["player"].isin(seen)].reset_index(drop=True)
        # Who stood apart from an earlier scale may be joined by later games.
        found.append(Scale(name, ratings, own, [player for player in apart if player not in seen]))
        seen |= set(own["player"])
    if zero is not None and zero not in {scale.ratings.zero for scale in found}:
        raise InputError(f"the zero of the scale, {zero!r}, has not played in the {found[0].name}")
    return found


def ranked(scales: Sequence[Scale]) -> pd.DataFrame:
    """All players of a board, each once: those of the main scale, the strongest first, those of
    others, and last who stands apart, without numbers or a scale.

    Returns:
        The columns of `Ratings.table`, scale (`MAIN` or as `OWN_SCALE` calls it) and zero, whether
        a player stands at the zero of its scale.
    """
    tables = [
        scale.own.assign(
            scale=OWN_SCALE.get(scale.name, MAIN), zero=scale.own["player"] == scale.ratings.zero
        )
        for scale in scales
    ]
    rated = pd.concat(tables, ignore_index=True)
    order = np.lexsort((-rated["elo"], rated["scale"] != MAIN))
    known = set(rated["player"])
    apart = dict.fromkeys(player for scale in scales for player in scale.apart)
    alone = [
        {"player": player, "flags": "", "zero": False} for player in apart if player not in known
    ]
    return pd.concat([rated.iloc[order], pd.DataFrame(alone)], ignore_index=True)


def rate_lab(matches: pd.DataFrame, agents: pd.DataFrame) -> pd.DataFrame:
    """Everybody of a lab who has played: `ranked`, board by board.

    Args:
        matches: columns stage, black, white (numbers of agents) and counts, as `rate` wants them.
        agents: columns id, kind, game and boardsize.
    """
    boards = zip(agents["game"], agents["boardsize"], strict=True)
    board = dict(zip(agents["id"], boards, strict=True))
    tables = [
        ranked(scales)
        for _, here in matches.groupby(matches["black"].map(board))
        if (scales := rate_board(here, agents))
    ]
    nobody = pd.DataFrame(columns=["player", "elo", "scale"])
    return pd.concat(tables, ignore_index=True) if tables else nobody


def rate_rows(rows: LabRows) -> pd.DataFrame:
    """`rate_lab` of a lab's rows."""
    return rate_lab(rows.matches.rename(columns=PLAYERS), rows.agents)


def never_err(agents: pd.DataFrame) -> frozenset[Hashable]:
    """Numbers of the perfect players; each board has its own."""
    return frozenset(agents.loc[agents["kind"] == "perfect", "id"].tolist())


_COUNTS = ["black_wins", "white_wins", "draws"]
