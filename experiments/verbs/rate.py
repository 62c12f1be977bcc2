"""`hexlaw rate`: ratings of a lab's agents, as its page and report have them, or of a table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pydantic
from rich.console import Console
from rich.table import Column, Table

from analysis.ratings.transitivity import Transitivity
from analysis.tables.match_files import read_matches
from experiments.arena.matches import by_number, match_rows
from experiments.arena.standings import (
    Standings,
    lab_standings,
    show_standings,
    table_standings,
    tournament_standings,
)
from experiments.players.agents import open_lab
from experiments.verb import Outcome, VerbConfig
from games.errors import InputError
from training.files import refuse_to_replace, write_atomically

WORST_PAIRS = 5
_ONE_SOURCE = "rate: name a lab with --lab, or a table with --matches"


class RateConfig(VerbConfig, frozen=True):
    """Rate players: Bradley–Terry, intervals from the covariance."""

    lab: Path | None = None
    """Rate the agents of this lab: the numbers of its page and its report."""
    matches: Path | None = None
    """Rate this table: columns black, white, black_wins, white_wins and, if need be, draws; or a
    report's tables/matches.csv, whose players are the numbers of its agents."""
    game: str | None = None
    """Which game, if the lab holds several."""
    size: int | None = pydantic.Field(None, ge=1)
    """Board, if the lab or the table holds several."""
    tournament: str | None = None
    """Of a lab: only its players, with what its games alone say beside it. Of a table: only its
    rows."""
    zero: str | None = None
    """Who stands at 0 Elo; perfect play if games join it to the others, else the best player."""
    first_player: bool = True
    """Of a table: fit black's advantage; without it, and always in a lab, ratings explain win rates
    averaged over both colours."""
    compare: tuple[str, str] | None = None
    """Two players: their difference, its interval, and how likely the first is the stronger."""
    out: Path | None = None
    """Write the table to this CSV file."""


def rate_players(config: RateConfig, console: Console) -> Outcome:
    """Print and return the table, the first-player term and the non-transitivity report.

    Raises:
        InputError: if nobody played, a file is malformed, or a player is not known.
    """
    standings = _of_table(config, config.matches) if config.matches else _of_lab(config)
    show_standings(console, standings)
    residuals = standings.residuals()
    _show_transitivity(console, residuals)
    first = standings.scales[0].ratings
    result = {
        "zero": standings.zero,
        "first_player_elo": first.first_player_elo,
        "first_player_se": first.first_player_se,
        "ratings": standings.rows,
        "cyclic_share": residuals.cyclic_share,
        "noise_share": residuals.noise_share,
        "p_value": residuals.p_value,
    }
    if config.compare is not None:
        lead, se, superior = standings.compare(*config.compare)
        console.out(
            f"{config.compare[0]} leads {config.compare[1]} by {lead:.0f} ±{1.96 * se:.0f} Elo; it "
            f"is the stronger with probability {superior:.3f}",
            highlight=False,
        )
        result["compare"] = {"lead": lead, "se": se, "superiority": superior}
    if config.out is not None:
        refuse_to_replace(config.matches, config.out)
        write_atomically(config.out, standings.table.to_csv(index=False).encode())
    return Outcome(result)


def _of_table(config: RateConfig, path: Path) -> Standings:
    if config.lab is not None:
        raise InputError(_ONE_SOURCE)
    rows = read_matches(path)
    if config.tournament is not None:
        rows = _only(rows, "tournament", config.tournament, path)
    rows = _one_board(rows, config, path)
    return table_standings(rows, config.zero, first_player=config.first_player)


def _of_lab(config: RateConfig) -> Standings:
    if config.lab is None:
        raise InputError(_ONE_SOURCE)
    store = open_lab(config.lab)
    rows = _one_board(match_rows(store, config.tournament), config, config.lab)
    game, size = str(rows["game"].iloc[0]), int(rows["boardsize"].iloc[0])
    if config.tournament is None:
        return lab_standings(store, game, size, config.zero)
    return tournament_standings(store, game, size, by_number(rows), config.zero)


def _one_board(rows: pd.DataFrame, config: RateConfig, source: Path) -> pd.DataFrame:
    """The rows of one game and board, the only one or the one that was chosen."""
    for name, chosen in (("game", config.game), ("boardsize", config.size)):
        if chosen is not None:
            rows = _only(rows, name, chosen, source)
    if rows.empty:
        raise InputError(f"no games of that kind in {source}; play some with hexlaw arena")
    for name, what, flag in (
        ("game", "matches of", "--game"), ("boardsize", "games on boards of side", "--size"),
    ):  # fmt: skip
        there = sorted(rows[name].unique().tolist()) if name in rows else []
        if len(there) > 1:
            listed = ", ".join(map(str, there))
            raise InputError(f"{source} holds {what} {listed}; choose with {flag}")
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
