"""One function rates a lab: which stages share a scale, where its zero is, and who stands apart.

Used by the report, the page, `rate` and the experiment's stages, so that an agent has one number
wherever it is shown; see docs/decisions/0008-one-scale-a-board.md.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple

import numpy as np
import pandas as pd

from analysis.ratings.bradley_terry import Ratings, rate
from analysis.ratings.results import add_up
from games.errors import InputError

SCALES: dict[str, tuple[str, ...]] = {
    "league": ("league", "perfect"),
    "nodes": ("league", "perfect", "nodes"),
    "arena": ("league", "perfect", "nodes", "arena"),
    "league_jones": ("league_jones",),
}
"""Stages whose games rate the agents of a scale. An agent belongs to the first scale it played on,
so what is played later for other agents never moves it."""

OWN_SCALE = ("league_jones",)
"""Scales that share no zero with the others: their agents play in another way."""

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


def rate_board(matches: pd.DataFrame, agents: pd.DataFrame) -> list[Scale]:
    """All scales of one board on which somebody has played; arguments as `rate_scale`."""
    played = matches[matches.reindex(columns=_COUNTS, fill_value=0).sum(axis=1) > 0]
    seen: set[Hashable] = set()
    found = []
    for name, stages in SCALES.items():
        if not (played["stage"] == (stages[0] if name == "league" else stages[-1])).any():
            continue
        ratings, apart = rate_scale(played, agents, name)
        table = ratings.table()
        own = table[~table["player"].isin(seen)].reset_index(drop=True)
        # Who stood apart from an earlier scale may be joined by later games.
        found.append(Scale(name, ratings, own, [player for player in apart if player not in seen]))
        seen |= set(own["player"])
    return found


def never_err(agents: pd.DataFrame) -> frozenset[Hashable]:
    """Numbers of the perfect players; each board has its own."""
    return frozenset(agents.loc[agents["kind"] == "perfect", "id"].tolist())


_COUNTS = ["black_wins", "white_wins", "draws"]
