"""Figures 1, 2 and 4: a game, what Elo means, and the best agents against perfect play."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import scipy.stats

from analysis.figures.game import value_curve
from analysis.figures.league import elo_to_win_rate
from analysis.figures.play import against_perfect
from analysis.figures.wording import listed, number, percent, unbroken
from analysis.ratings.direct import against_perfect_play
from analysis.ratings.perfect_play import failures
from analysis.ratings.transitivity import by_gap
from analysis.report.example_game import pick_example
from analysis.report.exhibits.base import Cell, Exhibit, Material, Table, board, called, missing
from analysis.tables.blunder_rates import GAMES, blunder_points

_CHANCE = 0.01  # that so few intervals hold the formula, below which it is called inexact
_FAR = 400  # Elo, ten wins to one loss


def figure_1(material: Material) -> Exhibit:
    """An example game; its boards stand beside it on the page."""
    title = "A game of Hex, and what an agent thought of it"
    game = pick_example(material.rows, material.study)
    if game is None:
        return Exhibit(
            "figure_1",
            "Figure 1",
            title,
            "With no stored game of the league lies yet what an agent thought of it.",
        )
    opening = (
        f" The first {game.opening_plies} moves were given as an opening."
        if game.opening_plies
        else ""
    )
    return Exhibit(
        "figure_1",
        "Figure 1",
        title,
        f"{board(game.boardsize)}: {game.black} (black, joins top and bottom) against {game.white} "
        f"(white, joins left and right); {game.winner} won.{opening} The curve is the value of "
        f"each position for black, −1 lost and +1 won, as {game.thinker} saw it with "
        f"{number(game.nodes)} nodes a move. On the boards, shading and numbers are the share of "
        "its search’s visits in percent; a ring marks the last move.",
        value_curve(game.values, game.network_values, game.opening_plies),
    )


def figure_2(material: Material) -> Exhibit:
    """Elo difference to win rate, with the league's own games beside the formula."""
    found = {b.boardsize: by_gap(b.transitivity.pairs) for b in material.study.boards}
    return Exhibit(
        "figure_2",
        "Figure 2",
        "What a lead in Elo means",
        "A lead of 400 Elo is ten wins to one loss. The line is the formula, the points are the "
        "league’s games, pairs sorted by how far the ratings lie apart, both colours together, "
        f"with 95 % intervals. {_formula_holds(pd.concat(found.values()))} The paper draws the "
        "formula alone.",
        elo_to_win_rate(found),
    )


def _formula_holds(bins: pd.DataFrame) -> str:
    """What a reader may conclude of the Elo formula; `bins` as from `by_gap`, of all boards."""
    expected = 1 / (1 + 10 ** (-bins["gap"] / 400))
    off = 100 * (bins["share"] - expected)
    held = int(((bins["low"] <= expected) & (expected <= bins["high"])).sum())
    count = f"{held} of {len(bins)} intervals hold the formula, where chance would leave 95 %"
    chance = scipy.stats.binom.cdf(held, len(bins), 0.95)
    if chance > _CHANCE:
        return f"{count}: these games give no reason to doubt it."
    near = bins["gap"] < _FAR
    sides = [
        f"leads {words} {_FAR} Elo win {number(abs(mean), 1)} points "
        f"{'more' if mean > 0 else 'less'}"
        for words, mean in (("below", off[near].mean()), ("above", off[~near].mean()))
        if not math.isnan(mean)
    ]
    return (
        f"{count}: the formula is not exact. On average {listed(sides)} than it says, at most "
        f"{number(off.abs().max(), 1)}. A rating foretells a result about that well, and no better."
    )


def figure_4(material: Material) -> Exhibit:
    """The best agents against perfect play, with intervals and blunder rates."""
    title = "The best agents against perfect play"
    matches = material.rows.matches
    matches = matches[matches["stage"] == "perfect"]
    scores = against_perfect_play(matches, material.rows.agents)
    agents = material.rows.agents.set_index("id")
    scores["recipe"] = scores["player"].map(agents["recipe"])
    scores = scores[scores["recipe"].notna()]
    if scores.empty:
        return missing("figure_4", "Figure 4", title, "perfect")
    best = _best_of_each(scores, material)
    failed = failures(matches, material.rows.agents)
    both = best[best["colour"] == "both"].merge(
        failed.drop(columns=["boardsize", "rate"]), on="player", suffixes=("", "_of_failures")
    )
    said = [_of_recipe(recipe, both[both["recipe"] == recipe]) for recipe in _recipes(both)]
    return Exhibit(
        "figure_4",
        "Figure 4",
        title,
        "Share of games won, both colours together, by the strongest agent of each board and "
        "recipe against a player that never errs. Each opening is played with both colours and "
        "is won for one of them, so half of the games cannot be won, and an agent without a fault "
        "wins one half (dashed): what tells agents apart is how many of the other half they fail "
        f"to win. {' '.join(said)} Thin bars are 95 % intervals under Beta(1, 1), thick ones 80 %, "
        "the level that the paper’s code drew; dots are the two colours. The paper’s agents met "
        "MoHex, which is not perfect, and won one half on every board.",
        against_perfect(best),
        [_table(both, material)],
    )


def _recipes(rows: pd.DataFrame) -> list[str]:
    return sorted(rows["recipe"].unique().tolist())


def _of_recipe(recipe: str, best: pd.DataFrame) -> str:
    """One recipe's failures, and where its interval of games won holds one half."""
    told = [
        f"{board(row['boardsize'])} {_failures(row)}"
        for row in best.to_dict("records")
        if not math.isnan(row["failures"])
    ]
    even = best[(best["low"] <= 0.5) & (best["high"] >= 0.5)]
    holds = listed([board(size) for size in even["boardsize"]]) if len(even) else "no board"
    failed = f"failures are {listed(told)}, and " if told else ""
    return f"With {called(recipe)} {failed}the interval of games won holds one half on {holds}."


def _failures(row: Mapping[Hashable, Any]) -> str:
    """2 of 64 (0.4 to 11 %)."""
    told = _failure_cell(row)
    return f"{told.text} ({told.below})"


def _best_of_each(scores: pd.DataFrame, material: Material) -> pd.DataFrame:
    """The agent that the league alone rates highest of each board and recipe; the one that fared
    best against perfect play would look better than it is."""
    rated = pd.concat([board.league.table() for board in material.study.boards])
    elo = rated.set_index("player")["elo"]
    scores = scores.assign(elo=scores["player"].map(elo).fillna(-np.inf))
    top = scores.sort_values("elo").groupby(["boardsize", "recipe"])["player"].last()
    return scores[scores["player"].isin(top)]


def _failure_cell(row: Mapping[Hashable, Any]) -> Cell:
    if math.isnan(row["failures"]):
        return Cell("–")
    low, high = percent(row["low_of_failures"]), percent(row["high_of_failures"])
    halves = 0 if float(row["failures"]).is_integer() else 1  # a draw is half a failure
    failed = number(row["failures"], halves)
    return Cell(f"{failed} of {number(row['winnable'])}", f"{low} to {high} %")


def _table(both: pd.DataFrame, material: Material) -> Table:
    agents = material.study.agents.set_index("player")
    judged = {
        (row["agent_id"], row["source"]): row
        for row in blunder_points(material.rows).to_dict("records")
    }

    def blunders(player: int, source: str) -> Cell:
        row = judged.get((player, source))
        if row is None or not row["won"]:
            return Cell("–")
        return Cell(
            f"{percent(row['rate'])} %",
            f"{percent(row['blunders_low'])} to {percent(row['blunders_high'])}",
        )

    rows = [
        [
            f"{board(row['boardsize'])}: {agents['name'].get(row['player'], row['player'])}",
            row["recipe"] or "–",
            number(row["wins"] + row["losses"]),
            _failure_cell(row),
            Cell(f"{percent(row['rate'])} %", f"{percent(row['low'])} to {percent(row['high'])}"),
            unbroken(f"{percent(row['inner_low'])} to {percent(row['inner_high'])}"),
            blunders(row["player"], "fixed"),
            blunders(row["player"], GAMES),
        ]
        for row in both.to_dict("records")
    ]
    head = ["agent", "recipe", "games", "failures of winnable games, 95 %", "won, 95 %", "80 %",
            "blunders, fixed set", "blunders, own games"]  # fmt: skip
    caption = (
        "Best agents against perfect play, and how often they throw a won position away by the "
        "exact solver, percent with 95 % intervals"
    )
    return Table(caption, head, rows)
