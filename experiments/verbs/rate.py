"""`hexlaw rate`: ratings of a lab's agents, or of anybody's results from a table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pydantic
from rich.console import Console
from rich.table import Column, Table

from analysis.ratings.bradley_terry import rate
from analysis.ratings.transitivity import Transitivity, transitivity
from analysis.tables.match_files import read_matches
from experiments.arena.matches import match_rows
from experiments.arena.standings import show_standings, standings
from experiments.players.agents import open_lab
from experiments.verb import Outcome, VerbConfig
from games.errors import InputError
from games.hex import MAX_SIZE, MIN_SIZE
from training.files import refuse_to_replace, write_atomically

WORST_PAIRS = 5


class RateConfig(VerbConfig, frozen=True):
    """Rate players: Bradley–Terry with a first-player term, intervals from the covariance."""

    lab: Path | None = None
    """Rate the agents of this lab."""
    matches: Path | None = None
    """Rate this table: columns black, white, black_wins, white_wins and, if need be, draws; or a
    report's tables/matches.csv, whose players are the numbers of its agents."""
    size: int | None = pydantic.Field(None, ge=MIN_SIZE, le=MAX_SIZE)
    """Board, if the lab or the table holds several."""
    tournament: str | None = None
    """Only this tournament; all together if unset."""
    zero: str | None = None
    """Who stands at 0 Elo; perfect if it played, else the best player."""
    first_player: bool = True
    """Fit black's advantage; without it, ratings explain win rates averaged over both colours."""
    compare: tuple[str, str] | None = None
    """Two players: their difference, its interval, and how likely the first is the stronger."""
    out: Path | None = None
    """Write the table to this CSV file."""


def rate_players(config: RateConfig, console: Console) -> Outcome:
    """Print and return the table, the first-player term and the non-transitivity report.

    Raises:
        InputError: if nobody played, a file is malformed, or a player is not known.
    """
    rows = _rows(config)
    played = set(rows["black"]) | set(rows["white"])
    zero = config.zero or ("perfect" if "perfect" in played else None)
    ratings = rate(rows, zero=zero, first_player=config.first_player)
    table = standings(rows, ratings)
    show_standings(console, table, ratings, rows)
    residuals = transitivity(rows, ratings)
    _show_transitivity(console, residuals)
    result = {
        "zero": ratings.zero,
        "first_player_elo": ratings.first_player_elo,
        "first_player_se": ratings.first_player_se,
        "ratings": table.to_dict("records"),
        "cyclic_share": residuals.cyclic_share,
        "noise_share": residuals.noise_share,
        "p_value": residuals.p_value,
    }
    if config.compare is not None:
        first, second = config.compare
        lead, se = ratings.difference(first, second)
        superior = ratings.superiority(first, second)
        console.out(
            f"{first} leads {second} by {lead:.0f} ±{1.96 * se:.0f} Elo; it is the stronger with "
            f"probability {superior:.3f}",
            highlight=False,
        )
        result["compare"] = {"lead": lead, "se": se, "superiority": superior}
    if config.out is not None:
        refuse_to_replace(config.matches, config.out)
        write_atomically(config.out, table.to_csv(index=False).encode())
    return Outcome(result)


def _rows(config: RateConfig) -> pd.DataFrame:
    if (config.lab is None) == (config.matches is None):
        raise InputError("rate: name a lab with --lab, or a table with --matches")
    if config.matches is not None:
        source, rows = config.matches, read_matches(config.matches)
        if config.tournament is not None:
            rows = _only(rows, "tournament", config.tournament, source)
    else:
        assert config.lab is not None
        source, rows = config.lab, match_rows(open_lab(config.lab), config.tournament)
    if config.size is not None:
        rows = _only(rows, "boardsize", config.size, source)
    if rows.empty:
        raise InputError(f"no games of that kind in {source}; play some with hexlaw arena")
    sizes = sorted(rows["boardsize"].unique().tolist()) if "boardsize" in rows else []
    if len(sizes) > 1:
        listed = ", ".join(str(size) for size in sizes)
        raise InputError(f"{source} holds games on boards of side {listed}; choose with --size")
    return rows.reset_index(drop=True)


def _only(rows: pd.DataFrame, name: str, value: str | int, source: Path) -> pd.DataFrame:
    if name not in rows:
        raise InputError(f"{source} has no column {name}, so no {value} can be chosen from it")
    return rows[rows[name] == value]


def _show_transitivity(console: Console, residuals: Transitivity) -> None:
    """How much no rating can explain, and the pairs where it shows."""
    verdict = (
        "more than chance: some players beat others whom their ratings put above them"
        if residuals.p_value < 0.01
        else "no more than chance"
    )
    console.out(
        f"not explained by ratings: {100 * residuals.cyclic_share:.1f} % of the spread of results, "
        f"{100 * residuals.noise_share:.1f} % expected by chance (p = {residuals.p_value:.3f}): "
        f"{verdict}",
        highlight=False,
    )
    if residuals.p_value >= 0.01:
        return
    order = residuals.pairs["z"].abs().sort_values(ascending=False).index
    table = Table(Column("pair", overflow="fold"), "score", "expected", "z", box=None)
    for row in residuals.pairs.loc[order[:WORST_PAIRS]].to_dict("records"):
        table.add_row(
            f"{row['first']} – {row['second']}",
            f"{row['score']:g} of {row['games']:g}",
            f"{row['expected']:.1f}",
            f"{row['z']:+.1f}",
        )
    console.print(table)
