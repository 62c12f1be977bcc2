"""Matches against one opponent: the best agent (Jones's direct evaluation), or perfect play."""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy.stats

from analysis.ratings.bradley_terry import ELO

WIDE, NARROW = 0.95, 0.8  # levels of the intervals; the paper's code drew 80 %
"""Levels of the intervals of a win rate: ours, and the one that the paper's code drew."""


def tally(matches: pd.DataFrame, opponents: set[int]) -> pd.DataFrame:
    """Games of each player against `opponents`, by colour: columns player, opponent, colour
    (`black` or `white`, the player's), wins, losses; a draw is half of each."""
    drawn = matches["draws"] if "draws" in matches else pd.Series(0, matches.index)
    sides = []
    for mine, other in (("black", "white"), ("white", "black")):
        rows = matches[matches[f"{other}_id"].isin(opponents)]
        halves = drawn.loc[rows.index] / 2 if drawn.any() else 0
        sides.append(
            pd.DataFrame(
                {
                    "player": rows[f"{mine}_id"],
                    "opponent": rows[f"{other}_id"],
                    "colour": mine,
                    "wins": rows[f"{mine}_wins"] + halves,
                    "losses": rows[f"{other}_wins"] + halves,
                }
            )
        )
    counts = pd.concat(sides)
    return counts.groupby(["player", "opponent", "colour"], as_index=False).sum()


def top_agent(matches: pd.DataFrame) -> int:
    """The one whom all others of a board's direct evaluation met."""
    return int(pd.concat([matches["black_id"], matches["white_id"]]).mode().iloc[0])


def direct_elo(matches: pd.DataFrame) -> pd.DataFrame:
    """Elo against the top agent of one board, Jones 2021's second evaluation.

    Elo = ln(w + 1) − ln(l + 1), in Elo units, of w wins and l losses against the top agent, whose
    own is 0; its standard error is that of the logit, √(1/(w + 1) + 1/(l + 1)).

    Args:
        matches: columns black_id, white_id, black_wins, white_wins.

    Returns:
        Columns player, wins, losses, elo, se; the top agent first.
    """
    top = top_agent(matches)
    games = tally(matches, {top}).groupby("player", as_index=False)[["wins", "losses"]].sum()
    games = games[games["player"] != top]
    w, l = games["wins"] + 1, games["losses"] + 1  # noqa: E741 the paper's letters
    games = games.assign(elo=ELO * np.log(w / l), se=ELO * np.sqrt(1 / w + 1 / l))
    own = pd.DataFrame({"player": [top], "wins": [0], "losses": [0], "elo": [0.0], "se": [0.0]})
    return pd.concat([own, games], ignore_index=True)


def beta_interval(wins: float, losses: float, level: float) -> tuple[float, float]:
    """Equal-tailed interval of a win rate under Beta(1, 1), Jones 2021, figure 4."""
    low, high = scipy.stats.beta.ppf([(1 - level) / 2, (1 + level) / 2], 1 + wins, 1 + losses)
    return float(low), float(high)


def against_perfect_play(matches: pd.DataFrame, agents: pd.DataFrame) -> pd.DataFrame:
    """How each agent fared against the perfect player of its board.

    Args:
        matches: of the stage `perfect`.
        agents: the table of agents.

    Returns:
        Columns player, boardsize, colour (`black`, `white`, or `both`), wins, losses, rate, and
        the ends of both intervals: low, high (`WIDE`), inner_low, inner_high (`NARROW`).
    """
    perfect = set(agents.loc[agents["kind"] == "perfect", "id"])
    by_colour = tally(matches, perfect)
    by_colour = by_colour[~by_colour["player"].isin(perfect)]
    both = by_colour.groupby("player", as_index=False)[["wins", "losses"]].sum()
    found = pd.concat([by_colour, both.assign(colour="both")], ignore_index=True)
    found["rate"] = found["wins"] / (found["wins"] + found["losses"])
    for prefix, level in (("", WIDE), ("inner_", NARROW)):
        limits = [
            beta_interval(row["wins"], row["losses"], level) for row in found.to_dict("records")
        ]
        found[[f"{prefix}low", f"{prefix}high"]] = np.reshape(limits, (-1, 2))
    found["boardsize"] = found["player"].map(agents.set_index("id")["boardsize"])
    return found.drop(columns="opponent").sort_values(
        ["boardsize", "player", "colour"], ignore_index=True
    )
