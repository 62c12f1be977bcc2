"""Figures 3, 5, 6, 7 and 10, Tables III and IV: what training compute buys."""

from __future__ import annotations

import math

import numpy as np

from analysis.figures import cost
from analysis.figures.law import frontier_fit, training_curves
from analysis.figures.wording import duration, interval, listed, number, percent
from analysis.laws import published
from analysis.laws.fits import JONES_AXIS, RecipeFits
from analysis.laws.frontier import crossing
from analysis.laws.law import LawFit
from analysis.report.exhibits.base import (
    Cell,
    Exhibit,
    Material,
    Table,
    board,
    called,
    cell,
    estimate,
    law_cell,
    missing,
    verdict,
)

_USELESS = 0.5
"""Residual variance from which half of the unseen board's Elo is missed: no foretelling."""
QUANTITIES = (
    ("elo_per_tenfold", "Elo per tenfold compute, on the incline", 0),
    ("factor_per_size", "compute factor per board size", 2),
    ("win_rate_at_double", "win rate at twice the compute", 3),
    ("incline_size", "incline: Elo per board size", 0),
    ("incline_constant", "incline: constant, Elo", 0),
    ("plateau_size", "plateau: Elo per board size", 0),
    ("plateau_constant", "plateau: constant, Elo", 0),
)


def figure_3(material: Material) -> Exhibit:
    """Training time to near-perfect play by board."""
    times = {f.recipe: f.to_perfect["seconds"] for f in material.fits.recipes}
    said, rows = [], []
    for recipe, found in times.items():
        reached = found.boards[found.boards["at"].notna()]
        if reached.empty:
            said.append(f"No frontier of {called(recipe)} climbs through −50 Elo.")
            continue
        rows += [
            [
                Cell(board(row["boardsize"]), recipe),
                Cell(duration(row["at"]), f"{duration(row['low'])} to {duration(row['high'])}"),
                f"{percent(row['reached'])} %",
            ]
            for row in reached.to_dict("records")
        ]
        if not np.isnan(found.growth):
            limits = (found.growth_low, found.growth_high)
            said.append(
                f"With {called(recipe)} a board takes {estimate(found.growth, limits, 1)} times "
                "as long as the next smaller one."
            )
    head = ["board, recipe", "time to −50 Elo, 95 %", "resamples that get there"]
    caption = "Training time until the frontier stands 50 Elo below the top"
    return Exhibit(
        "figure_3",
        "Figure 3",
        "Training time to near-perfect play",
        "Time that one run needs, on the device named under Provenance, until the best of all runs "
        "at that time stands 50 Elo below the top, with 95 % intervals; resamples that do not get "
        f"there are left out of them. {' '.join(said)} Jones’s early plot, on a GPU and with "
        "batches of 32 768, has about 1.9 times as long per board size: neither its seconds nor "
        "its slope are measured like these.",
        cost.seconds_to_perfect(
            {recipe: found.boards for recipe, found in times.items()}, published.SECONDS_TO_PERFECT
        ),
        [Table(caption, head, rows)] if rows else [],
    )


def figure_5(material: Material) -> Exhibit:
    """Elo of all runs against compute, with frontiers."""
    fits, points = material.fits.recipes, material.study.points
    biases = [
        f"{number(abs(f.selection_bias), 1)} Elo {'higher' if f.selection_bias > 0 else 'lower'} "
        f"for {called(f.recipe)}"
        for f in fits
    ]
    return Exhibit(
        "figure_5",
        "Figure 5",
        "Strength against training compute",
        "Every point is a snapshot, every thin line a training run; the thick line is the best "
        f"that each amount of compute has bought. {_order(material.fits.main)}"
        "The frontier is picked by one half of the games and reported by the other, averaged over "
        f"many splits; picked and reported on the same games, it would stand {listed(biases)}.",
        training_curves(
            {f.recipe: points[points["recipe"] == f.recipe] for f in fits},
            {f.recipe: f.frontiers["train_flops"] for f in fits},
            "train_flops",
        ),
    )


def _order(main: RecipeFits) -> str:
    """Whether boards lie as in the paper, if there are two or more."""
    curves = main.frontiers["train_flops"].groupby("boardsize")
    least = curves["elo"].first().to_numpy()
    half_way = [crossing(curve, curve["elo"].iloc[0] / 2) for _, curve in curves]
    if len(least) < 2 or np.isnan(half_way).any():
        return ""
    if (np.diff(least) < 0).all() and (np.diff(half_way) > 0).all():
        return (
            "As in the paper, a larger board starts lower and comes half-way from its start to the "
            "top with more compute. "
        )
    return "Not every larger board starts lower and climbs later, as in the paper. "


def figure_6(material: Material) -> Exhibit:
    """The frontiers with the change-point fit, and Table III."""
    return _law("figure_6", "Figure 6", "The law of the frontiers", "league", "Table III", material)


def figure_10(material: Material) -> Exhibit:
    """The same under direct evaluation, and Table IV."""
    title = "The law by games against the best agent alone"
    if "direct" not in material.study.rated:
        return missing("figure_10", "Figure 10", title, "direct")
    return _law("figure_10", "Figure 10", title, "direct", "Table IV", material)


def _law(key: str, label: str, title: str, stage: str, table: str, material: Material) -> Exhibit:
    found = {
        f.recipe: f.laws[stage, JONES_AXIS]
        for f in material.fits.recipes
        if (stage, JONES_AXIS) in f.laws
    }
    if not found:
        why = material.fits.main.no_law or "too few boards have agents that played this stage"
        return Exhibit(key, label, title, f"No law was fitted: {why}.")
    how = {
        "league": "The frontiers (thick) and the law fitted to all boards at once (dashed): flat "
        "while play is random, then a straight climb in log compute with one slope for all boards, "
        "then flat at the top. Dotted: the law that Jones published; nothing is shifted.",
        "direct": "As figure 6, but each agent is rated by its games against the board’s best "
        "agent alone, Elo = ln(w + 1) − ln(l + 1) in Elo’s units. The scale ends where no game is "
        "won: n games tell no more than about log(n) apart, so weak agents crowd at the bottom.",
    }[stage]
    said = " ".join(_law_sentence(recipe, fit) for recipe, fit in found.items())
    return Exhibit(
        key,
        label,
        title,
        f"{how} {said}",
        frontier_fit(found, published.LAW),
        [law_table(table, stage, found, material)],
    )


def _law_sentence(recipe: str, fit: LawFit) -> str:
    """Slope and factor of one recipe, each beside the paper's."""
    if np.isnan(fit.law.elo_per_tenfold):
        return (
            f"With {called(recipe)} too few boards climb between random and perfect play to say "
            "what compute buys: train longer, or take snapshots earlier."
        )
    slope, factor = fit.interval("elo_per_tenfold"), fit.interval("factor_per_size")
    if math.isnan(fit.known("factor_per_size")):
        return (
            f"With {called(recipe)} the law is undetermined: the interval of its slope, "
            f"{interval(*slope)} Elo for ten times the compute, holds zero, so there is no factor "
            "per board size either."
        )
    return (
        f"With {called(recipe)} ten times the compute buys "
        f"{estimate(fit.law.elo_per_tenfold, slope, 0, ' Elo')}: "
        f"{verdict(slope, published.LAW.elo_per_tenfold)}. One more cell of board side costs "
        f"{estimate(fit.law.factor_per_size, factor, 1)} times the compute: "
        f"{verdict(factor, published.LAW.factor_per_size, 1)}."
    )


def law_table(name: str, stage: str, found: dict[str, LawFit], material: Material) -> Table:
    """Each coefficient of each recipe beside the published one, on Jones's axis and on ours."""
    axes = [JONES_AXIS]
    if stage == "league":
        axes.insert(0, "train_flops")
    columns = [
        (f.recipe, axis, f.laws[stage, axis])
        for f in material.fits.recipes
        if f.recipe in found
        for axis in axes
    ]
    words = {"train_flops": "all FLOPs", JONES_AXIS: "Jones’s FLOPs"}
    rows = []
    for quantity, words_of_it, digits in QUANTITIES:
        theirs = getattr(published.LAW, quantity)
        cells = [law_cell(fit, quantity, digits) for _, _, fit in columns]
        # Table IV's values are not known to us; Table III's are.
        rows.append([words_of_it, *cells, number(theirs, digits) if stage == "league" else "–"])
    rows.append(
        [
            "error of the fit, Elo (root mean square)",
            *(Cell(number(fit.quality.rmse), f"R² {fit.quality.r2:.3f}") for *_, fit in columns),
            Cell("58", "R² 0.987, refit by others") if stage == "league" else "–",
        ]
    )
    head = ["quantity", *(f"{recipe} {words[axis]}".strip() for recipe, axis, _ in columns),
            "Jones 2021"]  # fmt: skip
    return Table(
        f"{name}: the fitted law with 95 % intervals (bootstrap over runs and games)", head, rows
    )


def figure_7(material: Material) -> Exhibit:
    """Residual variance of extrapolation, beside the paper's values."""
    main: RecipeFits = material.fits.main
    found = main.extrapolation
    unseen = found[found["boardsize"] > found["largest_fitted"]]
    title = "Do small boards foretell large ones?"
    if unseen.empty:
        return Exhibit(
            "figure_7",
            "Figure 7",
            title,
            "It needs three board sizes at least: two to fit the law to, one to foretell.",
        )
    said, rows, nearest = [], [], []
    for row in unseen.to_dict("records"):
        size, seen = int(row["boardsize"]), int(row["largest_fitted"])
        theirs = published.RESIDUAL_VARIANCE.get((size, seen))
        limits = (row["low"], row["high"])
        rows.append(
            [
                board(size),
                board(seen),
                cell(row["residual_variance"], limits, 4),
                number(row["rmse"]),
                number(theirs, 3) if theirs else "–",
            ]
        )
        if size == seen + 1 and theirs:
            said.append(
                f"{board(size)} from ≤ {board(seen)}: {number(row['residual_variance'], 3)} "
                f"({interval(*limits, 3)}), Jones {number(theirs, 3)}"
            )
            nearest.append((limits, theirs))
    head = ["board foretold", "largest fitted", "residual variance", "error, Elo", "Jones 2021"]
    return Exhibit(
        "figure_7",
        "Figure 7",
        _foretelling(nearest) or title,
        f"The law of {called(main.recipe)} fitted to small boards alone, and its error on boards "
        f"that it has not seen, as a share of their mean squared Elo. {'; '.join(said)}. The "
        "paper’s values (dotted) are recomputed by others from its figure 5; that the error falls "
        "with every board seen is the paper’s claim.",
        cost.residual_variance(found, published.RESIDUAL_VARIANCE),
        [Table("Extrapolation, with 95 % intervals", head, rows)],
    )


def _foretelling(nearest: list[tuple[tuple[float, float], float]]) -> str:
    """The title that the errors on the next larger boards bear out; empty where none is known."""
    if not nearest or any(math.isnan(limits[0]) for limits, _ in nearest):
        return ""
    if all(low > theirs for (low, _), theirs in nearest):
        return "Here small boards foretell large ones worse than in the paper"
    if all(high < _USELESS for (_, high), _ in nearest):
        return "Small boards foretell large ones"
    return ""


def optimal_size(material: Material) -> Exhibit:
    """The best network's size against compute."""
    fits = {f.recipe: f.size for f in material.fits.recipes}
    said = [
        f"with {called(recipe)} {estimate(fit.exponent, fit.interval(), 2)}, "
        f"{verdict(fit.interval(), published.OPTIMAL_SIZE_EXPONENT, 2)}, on the climb alone "
        f"{estimate(fit.climb_exponent, fit.climb_interval(), 2)}"
        for recipe, fit in fits.items()
    ]
    return Exhibit(
        "optimal_size",
        "Beyond the ten figures",
        "The best network’s size",
        "Parameters of the run that is best at each amount of compute. They grow as a power "
        "of compute, whose exponent over the whole frontier, as in his code, is "
        f"{'; '.join(said)}. (No printed value is known; his is rebuilt by others from figure 5.) "
        "Where all runs still play at random, or all are near perfect, which one is best is chance,"
        " which pulls the exponent towards zero: the climb leaves a tenth of each board’s span of "
        "Elo out at both ends.",
        cost.model_size(fits, JONES_AXIS),
    )
