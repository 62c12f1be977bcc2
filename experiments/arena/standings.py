"""Standings: the ratings of a table, a lab or a tournament, in the terminal and as rows."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd
from rich.console import Console
from rich.table import Table

from analysis.ratings.scales import (
    APART,
    MAIN,
    Scale,
    never_err,
    ranked,
    rate_board,
    rate_joined,
)
from analysis.ratings.sprt import Sprt
from analysis.ratings.transitivity import Transitivity, transitivity
from experiments.arena.matches import COUNTS
from games.errors import InputError
from games.text.numbers import side_by_side
from training.store import Store
from training.store.match_counts import agent_kinds, stage_matches


class Standings(NamedTuple):
    """Who is how strong, by which games."""

    table: pd.DataFrame
    """`ranked` with names for players, and place (empty for who stands apart), against_best and
    against_perfect (share of points, where they met), superiority (probability that the best is the
    stronger); of a tournament also here and here_se, the Elo by its games alone."""
    scales: Sequence[Scale]  # that the places come from; players as in `matches`
    matches: pd.DataFrame  # what shares and residuals are told of
    names: Mapping[Hashable, str]

    @property
    def rows(self) -> list[dict[Hashable, Any]]:
        """The table, with nothing for what there is not."""
        return self.table.astype(object).where(self.table.notna(), None).to_dict("records")

    @property
    def zero(self) -> str:
        """Who stands at 0 Elo of the first scale."""
        return self.names[self.scales[0].ratings.zero]

    def residuals(self) -> Transitivity:
        """What the first scale's ratings do not explain of the games that it is named after."""
        ratings = self.scales[0].ratings
        own = self.matches["black"].isin(ratings.players)
        if "stage" in self.matches:
            own &= self.matches["stage"] == self.scales[0].name
        return transitivity(self.matches[own], ratings)

    def compare(self, first: str, second: str) -> tuple[float, float, float]:
        """Elo by which one leads another, its standard error, and how likely it is the stronger.

        Raises:
            InputError: if one is unknown, or they stand on no common scale.
        """
        pair = _number(self.names, first), _number(self.names, second)
        for scale in self.scales:
            if {*pair} <= set(scale.ratings.players):
                return *scale.ratings.difference(*pair), scale.ratings.superiority(*pair)
        raise InputError(f"{first} and {second} stand on no common scale: no games join them")


def table_standings(matches: pd.DataFrame, zero: str | None, *, first_player: bool) -> Standings:
    """Of a table from outside, with players by name; `perfect` is taken for perfect play."""
    perfect = frozenset({"perfect"})
    ratings, apart = rate_joined(matches, perfect, zero=zero, first_player=first_player)
    names = {player: str(player) for player in _players(matches)}
    return _standings([Scale("table", ratings, ratings.table(), apart)], matches, names)


def lab_standings(store: Store, game: str, boardsize: int, zero: str | None = None) -> Standings:
    """Of a lab's board: the numbers of its page and its report.

    Args:
        store: the lab.
        game: its name.
        boardsize: side of the board.
        zero: who stands at 0 Elo, if not perfect play or the best.

    Raises:
        InputError: if nobody has played there, or `zero` did not play where its scale begins.
    """
    agents, names = _agents(store, game, boardsize)
    matches = stage_matches(store)
    matches = matches[matches["black"].isin(agents["id"])]
    number = None if zero is None else _number(names, zero)
    scales = rate_board(matches, agents, zero=number)
    if not scales:
        raise InputError(f"{store.folder} holds no rated games of {game} {side_by_side(boardsize)}")
    return _standings(scales, matches, names)


def tournament_standings(
    store: Store, game: str, boardsize: int, matches: pd.DataFrame, zero: str | None = None
) -> Standings:
    """Of a tournament in a lab: players have the numbers that they have in the lab, and places by
    what the tournament's games alone say.

    Args:
        store: the lab.
        game: its name.
        boardsize: side of the board.
        matches: of the tournament; black and white are numbers of agents.
        zero: as in `lab_standings`.

    Raises:
        InputError: as `lab_standings`.
    """
    lab = lab_standings(store, game, boardsize, zero)
    agents, _ = _agents(store, game, boardsize)
    zeros = [scale.ratings.zero for scale in lab.scales]
    present = [player for player in zeros if player in _players(matches)]
    ratings, apart = rate_joined(matches, never_err(agents), zero=present[0] if present else None)
    alone = Scale("tournament", ratings, ratings.table(), apart)
    here = _standings([alone], matches, lab.names)
    numbers = ["elo", "se", "low", "high", "flags", "scale", "zero"]
    own = here.table.drop(columns=numbers)
    own = own.assign(here=here.table["elo"], here_se=here.table["se"])
    table = own.merge(lab.table[["player", *numbers]], on="player")
    return here._replace(table=table[[*lab.table, "here", "here_se"]])


def _standings(
    scales: Sequence[Scale], matches: pd.DataFrame, names: Mapping[Hashable, str]
) -> Standings:
    table = ranked(scales)
    table["place"] = (table.groupby("scale").cumcount() + 1).where(table["scale"].notna())
    best = table["player"].iloc[0]
    perfect = next((player for player, name in names.items() if name == "perfect"), None)
    for column, other in (("against_best", best), ("against_perfect", perfect)):
        table[column] = table["player"].map(shares_against(matches, other)).astype(float)
    table["superiority"] = table["player"].map(
        {
            player: scale.ratings.superiority(best, player)
            for scale in scales
            if best in scale.ratings.players
            for player in scale.own["player"]
            if player != best
        }
    )
    table["player"] = table["player"].map(names)
    return Standings(table, scales, matches, names)


def _agents(store: Store, game: str, boardsize: int) -> tuple[pd.DataFrame, dict[Hashable, str]]:
    """A board's agents, and the name of each; two of one name are told apart by their searches."""
    agents = agent_kinds(store)
    agents = agents[(agents["game"] == game) & (agents["boardsize"] == boardsize)]
    shared = agents["spec"].duplicated(keep=False)
    names = agents["spec"].where(~shared, agents["spec"] + " search " + agents["search_id"])
    return agents, dict(zip(agents["id"], names, strict=True))


def _number(names: Mapping[Hashable, str], name: str) -> Hashable:
    found = [player for player, known in names.items() if known == name]
    if not found:
        raise InputError(f"no rated player is called {name!r}")
    return found[0]


def _players(matches: pd.DataFrame) -> set[Hashable]:
    return set(matches["black"]) | set(matches["white"])


def shares_against(rows: pd.DataFrame, other: Hashable) -> dict[Hashable, float]:
    """Points per game against `other`, both colours together, of everybody who met it."""
    rows = rows[(rows["black"] == other) ^ (rows["white"] == other)]
    drawn = rows["draws"] / 2 if "draws" in rows else 0
    as_black = rows["white"] == other
    met = pd.DataFrame(
        {
            "player": rows["black"].where(as_black, rows["white"]),
            "points": rows["black_wins"].where(as_black, rows["white_wins"]) + drawn,
            "games": rows["black_wins"] + rows["white_wins"] + 2 * drawn,
        }
    )
    total = met.groupby("player").sum()
    total = total[total["games"] > 0]
    return (total["points"] / total["games"]).to_dict()


def show_standings(console: Console, standings: Standings) -> None:
    """Print the table and what belongs under it."""
    rows = standings.rows
    differs = any(_differs(row) for row in rows)
    here = ["here", "95 %"] if differs else []
    shown = Table(
        "", "player", "Elo", "95 %", *here, "games", "vs best", "vs perfect", "", box=None
    )
    for place, column in enumerate(shown.columns[:-1]):
        if place != 1:
            column.justify, column.no_wrap = "right", True
    shown.columns[1].overflow = "fold"  # in a narrow terminal a name goes on in the next line
    for row in rows:
        notes = [row["flags"], *([] if row["scale"] == MAIN else [row["scale"] or "apart"])]
        shown.add_row(
            _whole(row["place"]),
            row["player"],
            *_with_interval(row["elo"], row["se"]),
            *(_with_interval(row["here"], row["here_se"]) if differs else ()),
            _whole(row["games"]),
            _percent(row["against_best"]),
            _percent(row["against_perfect"]),
            ", ".join(filter(None, notes)),
        )
    console.print(shown)
    for line in _told_under(standings, rows, differs=differs):
        console.out(line, highlight=False)


def _told_under(
    standings: Standings, rows: Sequence[Mapping[Hashable, Any]], *, differs: bool
) -> Iterator[str]:
    matches, first = standings.matches, standings.scales[0].ratings
    zeros = [f"{row['player']}{_of(row['scale'])}" for row in rows if row["zero"]]
    yield f"0 Elo = {', '.join(zeros)}" if zeros else "0 Elo is not among these players"
    if first.first_player_se:
        yield (
            f"black's advantage {first.first_player_elo:.0f} "
            f"±{1.96 * first.first_player_se:.0f} Elo"
        )
    else:
        black, white = float(matches["black_wins"].sum()), float(matches["white_wins"].sum())
        yield f"both colours together; black won {black:.0f} games, white {white:.0f}"
    if differs:
        yield "here: by this tournament's games alone; Elo: by the lab's, as on its page"
    if any(row["scale"] is None for row in rows):
        yield f"apart: {APART}"
    if {"games", "distinct_games"} <= set(matches.columns):
        repeated = int(matches["games"].sum() - matches["distinct_games"].sum())
        counted = sum(matches[name].sum() for name in COUNTS if name in matches)
        if repeated:
            yield (
                f"{repeated} of {matches['games'].sum()} games repeat an earlier one move by move; "
                f"{int(matches['games'].sum() - counted)} of them are not counted, since no chance "
                "had a part in them"
            )


def _differs(row: Mapping[Hashable, Any]) -> bool:
    """Whether a tournament's own games say something else of a player than the lab's."""
    if "here" not in row or row["here"] is None:
        return False
    return row["elo"] is None or abs(row["elo"] - row["here"]) >= 0.5


def _of(scale: str) -> str:
    return "" if scale == MAIN else f" ({scale})"


def _with_interval(elo: float | None, se: float | None) -> tuple[str, str]:
    return ("", "") if elo is None or se is None else (f"{elo:.0f}", f"±{1.96 * se:.0f}")


def _whole(number: float | None) -> str:
    return "" if number is None else f"{number:.0f}"


def show_sprt(console: Console, test: Sprt, first: str, second: str) -> None:
    """Print the verdict in words."""
    words = {
        "H1": f"{first} is the stronger",
        "H0": f"{first} is not stronger than {second}",
        "undecided": "not decided yet",
    }
    console.out(
        f"SPRT: {words[test.verdict]} (log likelihood ratio {test.llr:.2f}, bounds "
        f"{test.lower:.2f} and {test.upper:.2f}, {test.pairs} pairs of games; "
        f"lead {test.elo:.0f} ±{1.96 * test.elo_se:.0f} Elo)",
        highlight=False,
    )


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.0f} %"
