"""Standings: ratings with intervals, as a table in the terminal and as rows."""

from __future__ import annotations

from collections.abc import Hashable

import pandas as pd
from rich.console import Console
from rich.table import Table

from analysis.ratings.bradley_terry import Ratings
from analysis.ratings.sprt import Sprt
from experiments.arena.matches import COUNTS


def standings(rows: pd.DataFrame, ratings: Ratings) -> pd.DataFrame:
    """`ratings.table()` with two direct measures beside the league's Elo: the share of points
    against the best player and against perfect play, where they met (else empty)."""
    table = ratings.table()
    best = table["player"].iloc[0]
    for column, other in (("against_best", best), ("against_perfect", "perfect")):
        table[column] = table["player"].map(shares_against(rows, other))
    table["superiority"] = [
        None if name == best else ratings.superiority(best, name) for name in table["player"]
    ]
    return table.astype(object).where(table.notna(), None)


def shares_against(rows: pd.DataFrame, other: str) -> dict[Hashable, float]:
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


def show_standings(
    console: Console, table: pd.DataFrame, ratings: Ratings, rows: pd.DataFrame
) -> None:
    """Print the table and what belongs under it."""
    shown = Table("", "player", "Elo", "95 %", "games", "vs best", "vs perfect", "", box=None)
    for place in (0, 2, 3, 4, 5, 6):
        shown.columns[place].justify, shown.columns[place].no_wrap = "right", True
    shown.columns[1].overflow = "fold"  # in a narrow terminal a name goes on in the next line
    for place, row in enumerate(table.to_dict("records"), start=1):
        half = 1.96 * row["se"]
        shown.add_row(
            str(place),
            str(row["player"]),
            f"{row['elo']:.0f}",
            f"±{half:.0f}",
            f"{row['games']:.0f}",
            _percent(row["against_best"]),
            _percent(row["against_perfect"]),
            row["flags"],
        )
    console.print(shown)
    console.out(
        f"0 Elo = {ratings.zero}; black's advantage {ratings.first_player_elo:.0f} "
        f"±{1.96 * ratings.first_player_se:.0f} Elo",
        highlight=False,
    )
    if {"games", "distinct_games"} <= set(rows.columns):
        repeated = int(rows["games"].sum() - rows["distinct_games"].sum())
        counted = sum(rows[name].sum() for name in COUNTS if name in rows)
        ignored = int(rows["games"].sum() - counted)
        if repeated:
            console.out(
                f"{repeated} of {rows['games'].sum()} games repeat an earlier one move by move; "
                f"{ignored} of them are not counted, since no chance had a part in them",
                highlight=False,
            )


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
