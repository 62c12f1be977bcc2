"""What a study found in a few sentences: summary, limits, warnings."""

from __future__ import annotations

import math

import numpy as np

from analysis.figures.wording import listed, number
from analysis.laws import published
from analysis.laws.fits import JONES_AXIS, Fits
from analysis.ratings.study import Study
from analysis.report.exhibits.base import board, called, estimate
from analysis.report.exhibits.fixed_network import told_rates
from analysis.report.exhibits.recipes import told_factor
from analysis.tables.rows import LabRows
from games.text.numbers import side_by_side

_SHORT = 100  # Elo from perfect play beyond which games tell the distance too small
_FEW_RUNS = 6  # runs of a board below which resampling them says little


def summary(study: Study, fits: Fits) -> str:
    """The main numbers in a few sentences."""
    boards = listed([board(b.boardsize) for b in study.boards])
    rated = f"{number(study.agents['snapshot_id'].count())} agents on {boards} were rated."
    main = fits.main
    law = main.laws.get(("league", JONES_AXIS))
    if law is None:
        return f"{rated} No law was fitted: {main.no_law}."
    if math.isnan(law.known("factor_per_size")):
        return (
            f"{rated} Too few boards climb between random and perfect play to say what compute "
            "buys: train longer, or take snapshots earlier."
        )
    said = [
        rated,
        "Between random and perfect play, ten times the training compute (counted as Jones does) "
        f"bought {estimate(law.known('elo_per_tenfold'), law.interval('elo_per_tenfold'), 0)} Elo "
        "by one slope for all boards, and one more cell of board side multiplied the compute "
        f"needed by {estimate(law.known('factor_per_size'), law.interval('factor_per_size'), 1)}. "
        f"{_theirs([b.boardsize for b in study.boards])}",
    ]
    if fits.fixed_network:
        said.append(
            "While a network stays what it is, ten times less training was made up for by so many "
            f"decades of search: {told_rates(fits.fixed_network)}."
        )
    for other, multiplier in fits.multipliers.items():
        if multiplier.boards:
            each = [told_factor(multiplier, size) for size in multiplier.boards]
            said.append(
                f"At equal Elo {called(other)} needs so many times the compute of "
                f"{called(main.recipe)}, where both climb through the same Elo: {listed(each)}."
            )
    if len(study.recipes) > 1:
        said.append(f"Laws without a name are those of {called(main.recipe)}.")
    return " ".join(said)


def _theirs(sizes: list[int]) -> str:
    """Jones's law on his boards, and on ours where his were refitted to them."""
    law, same = published.LAW, published.REFITTED.get(max(sizes))
    said = (
        f"Jones 2021 found {number(law.elo_per_tenfold)} Elo and {number(law.factor_per_size, 1)} "
        "times on boards 3×3 to 9×9"
    )
    if same is None or sizes != list(range(3, max(sizes) + 1)):
        return f"{said}."
    return (
        f"{said}; on these boards his runs give {number(same.elo_per_tenfold)} Elo and "
        f"{number(same.factor_per_size, 1)} times."
    )


def limits(study: Study, fits: Fits) -> list[str]:
    """What these runs cannot show, one plain sentence or two each."""
    sides = [b.boardsize for b in study.boards]
    law = fits.main.laws.get(("league", JONES_AXIS))
    sentences = []
    if law is None:
        sentences.append(
            f"No law was fitted: {fits.main.no_law}. Ratings and curves stand on their own."
        )
    else:
        sentences.append(
            f"The fit describes the frontiers with an error of {number(law.quality.rmse)} Elo "
            f"(root mean square; R² {law.quality.r2:.2f}) over {law.quality.points} points. Its "
            "intervals come from drawing the runs of each board anew and splitting the games anew: "
            "they do not tell of a rating scale that is bent or of a law of another form. A draw "
            "misses a third of the runs, the best one perhaps, so they reach further towards "
            "weaker frontiers."
        )
        sentences += _few_runs(fits)
    if len(sides) < len(published.BOARD_SIZES):
        sentences.append(
            f"{len(sides)} board sizes ({sides[0]} to {sides[-1]}) carry the factor per board "
            f"size; Jones had {len(published.BOARD_SIZES)} (3 to 9). On small boards the incline "
            "is short, so kinks at both ends pull on its slope."
        )
    return [
        *sentences,
        *_saturation(fits),
        *_zeros(study),
        "Agents of the main league play their search’s best move without root noise, from random "
        "openings played with both colours; the paper’s drew their moves, with noise, from the "
        "empty board. Openings that decide a game bring agents closer together.",
    ]


def _few_runs(fits: Fits) -> list[str]:
    """Laws of each recipe that rest on few runs a board."""
    sentences = []
    for own in fits.recipes:
        law = own.laws.get(("league", JONES_AXIS))
        few = [board(side) for side, n in law.runs.items() if n < _FEW_RUNS] if law else []
        if few:
            recipe = "" if own is fits.main else f" of {called(own.recipe)}"
            sentences.append(
                f"{listed(few)}: fewer than {_FEW_RUNS} runs{recipe}, so the intervals are rough."
            )
    return sentences


def warnings(rows: LabRows, study: Study) -> list[str]:
    """What a reader should know before trusting the ratings, one sentence each."""
    found = []
    for league in study.boards:
        side = board(league.boardsize)
        flagged = league.agents[league.agents["flags"] != ""]
        if len(flagged):
            reasons = ", ".join(sorted(set(", ".join(flagged["flags"]).split(", "))))
            found.append(
                f"{side}: {number(len(flagged))} of {number(len(league.agents))} ratings are "
                f"flagged ({reasons}): their distance to the others rests on the prior, not on "
                "games."
            )
        # Seven in a thousand leagues would show this by chance.
        if league.transitivity.p_value < 0.007:
            cyclic, noise = league.transitivity.cyclic_share, league.transitivity.noise_share
            found.append(
                f"{side}: one number an agent does not tell all: {100 * cyclic:.1f} % of the "
                f"spread of results is cyclic, where chance would leave {100 * noise:.1f} %."
            )
    games = int(rows.matches["games"].sum())
    repeated = games - int(rows.matches["distinct_games"].sum())
    if repeated:
        found.append(
            f"{number(repeated)} of {number(games)} games ({100 * repeated / games:.2g} %) repeat "
            "another game of their match move by move: intervals are too narrow by as much."
        )
    rated = study.agents["snapshot_id"].nunique()
    untrained = study.agents.loc[study.agents["samples"] == 0, "snapshot_id"].nunique()
    if untrained:
        found.append(
            f"{number(untrained)} untrained networks were rated. They have cost nothing, so the "
            "curves leave them out."
        )
    left_out = rated - untrained - len(study.points)
    if left_out:
        found.append(
            f"{number(left_out)} rated snapshots are not in the curves: not played at the common "
            "search size."
        )
    unrated = len(rows.snapshots) - rated
    if unrated:
        found.append(
            f"{number(unrated)} of {number(len(rows.snapshots))} snapshots have not played yet."
        )
    failed = rows.runs[rows.runs["status"] == "failed"]
    if len(failed):
        found.append(f"{len(failed)} runs failed: {', '.join(failed['id'])}.")
    return found


def top(study: Study) -> str:
    """What zero Elo is, as the end of a sentence."""
    perfect = [board(b.boardsize) for b in study.boards if b.zero_is_perfect]
    if not perfect:
        return "zero being the best agent of each board"
    where = f" on {listed(perfect)}" if len(perfect) < len(study.boards) else ""
    rest = ", and the best agent elsewhere" if where else ""
    return f"zero being perfect play{where}, which the best agents met{rest}"


def _zeros(study: Study) -> list[str]:
    """What hangs on where zero lies."""
    relative = [board(b.boardsize) for b in study.boards if not b.zero_is_perfect]
    best = study.points.groupby("boardsize")["elo"].max()
    short = [
        f"{board(b.boardsize)} ({number(-best[b.boardsize])} Elo short)"
        for b in study.boards
        if b.zero_is_perfect and best[b.boardsize] < -_SHORT
    ]
    sentences = []
    if len(relative) < len(study.boards):
        sentences.append(
            "Only a few agents of each recipe met perfect play, its best and the last of its "
            "strongest runs, so their luck there moves all curves of their board together; the "
            "intervals hold that. The paper’s zero is its best agent."
        )
    if short:
        sentences.append(
            f"{listed(short)}: the best agent is far from perfect play, and its distance is told "
            "too small: openings that decide a game by themselves give it half of the points."
        )
    if relative:
        sentences.append(
            f"{listed(relative)}: zero is the best agent, as in the paper. Where it is not "
            "perfect, its board’s whole curve stands too high, and larger boards look too cheap."
        )
    return sentences


def _saturation(fits: Fits) -> list[str]:
    """Boards on which most of the curve is already at the top, or none of it."""
    saturated, unfinished = [], []
    for side, curve in fits.main.frontiers["jones_flops"].groupby("boardsize"):
        elo = curve["elo"].to_numpy()
        if np.mean(elo > published.NEAR_PERFECT) > 0.6:
            saturated.append(side_by_side(side))
        if elo[-1] - elo[-len(elo) // 10] > -published.NEAR_PERFECT:
            unfinished.append(side_by_side(side))
    sentences = []
    if saturated:
        sentences.append(
            f"{listed(saturated)}: most of the frontier lies within {-published.NEAR_PERFECT} Elo "
            "of the top, so little of it tells the slope."
        )
    if unfinished:
        sentences.append(
            f"{listed(unfinished)}: the frontier still climbs where compute ends, so its best "
            "agent is not the best that there can be."
        )
    return sentences
