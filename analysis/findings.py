"""What a study found, in words and in the table that sets it beside Jones 2021."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from analysis import published
from analysis.law import LawFit
from analysis.rows import LabRows
from analysis.study import AXES, Study
from analysis.wording import interval, listed, number

_FEW_RUNS = 6  # runs of a board below which resampling them says little
_NEAR_PERFECT = -50  # Elo; Jones's threshold for "perfect" play

_ROWS = (
    ("elo_per_tenfold", "Elo per tenfold compute, on the incline", 0),
    ("factor_per_size", "compute factor per board size", 2),
    ("win_rate_at_double", "win rate at twice the compute", 3),
    ("incline_size", "incline: Elo per board size", 0),
    ("incline_constant", "incline: constant, Elo", 0),
    ("plateau_size", "plateau: Elo per board size", 0),
    ("plateau_constant", "plateau: constant, Elo", 0),
)
QUANTITIES = tuple(name for name, _, _ in _ROWS)


class Cell(NamedTuple):
    """A fitted number with its interval, ready to print."""

    value: str
    interval: str


class Row(NamedTuple):
    """One line of the table "this run | Jones 2021"."""

    quantity: str
    cells: list[Cell]  # one for each of `AXES`
    published: str
    verdict: str


def comparison(study: Study) -> list[Row]:
    """Each coefficient on both compute axes beside the published one; empty without a fit."""
    return [_row(study.fits, *row) for row in _ROWS] if study.fits else []


def _row(fits: dict[str, LawFit], name: str, quantity: str, digits: int) -> Row:
    cells = []
    for axis in AXES:
        value, (low, high) = getattr(fits[axis].law, name), fits[axis].interval(name)
        if math.isnan(value):
            cells.append(Cell("–", ""))
        else:
            cells.append(Cell(number(value, digits), interval(low, high, digits)))
    theirs = getattr(published.LAW, name)
    low, high = fits["jones_flops"].interval(name)
    if math.isnan(low):
        verdict = "not determined: fewer than two boards lie on this branch"
    elif low <= theirs <= high:
        verdict = "includes Jones’s number"
    else:
        verdict = f"lies {'above' if low > theirs else 'below'} Jones’s number"
    return Row(quantity, cells, number(theirs, digits), verdict)


def summary(study: Study) -> str:
    """The main numbers in a sentence or two."""
    sides = [board.boardsize for board in study.boards]
    agents = sum(len(board.agents) for board in study.boards)
    boards = f"{agents} agents on {listed([f'{side}×{side}' for side in sides])}"
    if not study.fits:
        return f"{boards} were rated. No law was fitted: {study.no_fit}."
    fit = study.fits["train_flops"]
    if math.isnan(fit.law.elo_per_tenfold):
        return (
            f"{boards} were rated. Too few boards climb between random and perfect play to say "
            "what compute buys: train longer, or take snapshots earlier."
        )
    elo, factor = fit.interval("elo_per_tenfold"), fit.interval("factor_per_size")
    return (
        f"{boards} were rated. Between random and perfect play, ten times the training compute "
        f"bought {number(fit.law.elo_per_tenfold)} Elo (95 % interval {interval(*elo)}), and one "
        f"more cell of board side multiplied the compute needed by "
        f"{number(fit.law.factor_per_size, 1)} ({interval(*factor, digits=1)}). Jones 2021 "
        f"found {number(published.LAW.elo_per_tenfold)} Elo and "
        f"{number(published.LAW.factor_per_size, 1)} times on boards 3×3 to 9×9."
    )


def limits(study: Study) -> list[str]:
    """What these runs can and cannot show, one plain sentence each."""
    sides = [board.boardsize for board in study.boards]
    if not study.fits:
        return [f"No law was fitted: {study.no_fit}. Ratings and curves stand on their own."]
    fit = study.fits["jones_flops"]
    sentences = [
        f"The fit describes the frontiers with an error of {number(fit.quality.rmse)} Elo (root "
        f"mean square; R² {fit.quality.r2:.2f}) over {fit.quality.points} points. The intervals "
        "come from drawing the runs of each board anew: they say how much the answer hangs on "
        "which runs were trained, not on too few games or a scale that is bent. A draw misses a "
        "third of the runs, the best one perhaps, so they reach further towards weaker frontiers."
    ]
    if len(sides) < len(published.BOARD_SIZES):
        sentences.append(
            f"{len(sides)} board sizes ({sides[0]} to {sides[-1]}) carry the factor per board "
            f"size; Jones had {len(published.BOARD_SIZES)} (3 to 9). On small boards the incline "
            "is short, so kinks at both ends pull on its slope."
        )
    few = [f"{side}×{side}" for side, runs in fit.runs.items() if runs < _FEW_RUNS]
    if few:
        sentences.append(f"{listed(few)}: fewer than {_FEW_RUNS} runs, so the intervals are rough.")
    sentences += _saturation(study)
    return [
        *sentences,
        "Zero is the best agent of each board, as in the paper, not perfect play: where no agent "
        "is perfect, the whole curve of that board stands too high.",
        "Jones counts one FLOP a multiply-add and leaves the learner out; the column “all of "
        "training” counts two and includes it. Slopes hardly differ, constants do.",
        "Jones’s agents searched by regularised policy optimisation and played from the empty "
        "board, with root noise on and moves drawn by visit count. The search used here is in "
        "tables/agents.csv, the random opening moves of each game in tables/games.csv; openings "
        "that decide a game bring agents closer together. Both leave out the first-player term.",
    ]


def warnings(rows: LabRows, study: Study) -> list[str]:
    """What a reader should know before trusting the ratings, one sentence each."""
    found = []
    for board in study.boards:
        side = f"{board.boardsize}×{board.boardsize}"
        flagged = board.agents[board.agents["flags"] != ""]
        if len(flagged):
            reasons = ", ".join(sorted(set(", ".join(flagged["flags"]).split(", "))))
            found.append(
                f"{side}: {len(flagged)} of {len(board.agents)} ratings are flagged ({reasons}): "
                "their distance to the others rests on the prior, not on games."
            )
        # Seven in a thousand leagues would show this by chance.
        if board.transitivity.p_value < 0.007:
            cyclic, noise = board.transitivity.cyclic_share, board.transitivity.noise_share
            found.append(
                f"{side}: one number an agent does not tell all: {100 * cyclic:.1f} % of the "
                f"spread of results is cyclic, where chance would leave {100 * noise:.1f} %."
            )
    games = int(rows.matches["games"].sum())
    repeated = games - int(rows.matches["distinct_games"].sum())
    if repeated:
        found.append(
            f"{number(repeated)} of {number(games)} games ({100 * repeated / games:.1f} %) repeat "
            "another game of their match move by move: intervals are too narrow by as much."
        )
    rated = study.agents["snapshot_id"].nunique()
    left_out = rated - len(study.points)
    if left_out:
        found.append(
            f"{left_out} rated snapshots are not in the curves: taken before training, or not "
            "played at the common search size."
        )
    unrated = len(rows.snapshots) - rated
    if unrated:
        found.append(f"{unrated} of {len(rows.snapshots)} snapshots have not played yet.")
    failed = rows.runs[rows.runs["status"] == "failed"]
    if len(failed):
        found.append(f"{len(failed)} runs failed: {', '.join(failed['id'])}.")
    return found


def _saturation(study: Study) -> list[str]:
    """Boards on which most of the curve is already at the top, or none of it."""
    saturated, unfinished = [], []
    for side, board in study.frontiers["jones_flops"].groupby("boardsize"):
        elo = board["elo"].to_numpy()
        if np.mean(elo > _NEAR_PERFECT) > 0.6:
            saturated.append(f"{side}×{side}")
        if elo[-1] - elo[-len(elo) // 10] > -_NEAR_PERFECT:
            unfinished.append(f"{side}×{side}")
    sentences = []
    if saturated:
        sentences.append(
            f"{listed(saturated)}: most of the frontier lies within {-_NEAR_PERFECT} Elo of the "
            "top, so little of it tells the slope."
        )
    if unfinished:
        sentences.append(
            f"{listed(unfinished)}: the frontier still climbs where compute ends, so its top is "
            "not the top of the game."
        )
    return sentences
