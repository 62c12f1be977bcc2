"""How much the numbers hang on conventions and on seeds."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.figures.theme import recipe_name
from analysis.figures.wording import listed, number
from analysis.laws.fits import CONVENTIONS, JONES_AXIS, RecipeFits
from analysis.laws.published import LAW
from analysis.laws.seeds import elo_spread
from analysis.ratings.study import UNTRAINED
from analysis.ratings.untrained import unseen_climbs
from analysis.report.exhibits.base import (
    Cell,
    Exhibit,
    Material,
    Table,
    board,
    called,
    estimate,
    law_cell,
    verdict,
)
from analysis.report.exhibits.training import QUANTITIES

_WORDS = {
    ("league", "train_flops"): "all FLOPs; noise off, best move",
    ("league", JONES_AXIS): "Jones’s FLOPs; noise off, best move",
    (UNTRAINED, JONES_AXIS): "the same; runs begin with their untrained networks",
    ("league_jones", JONES_AXIS): "Jones’s FLOPs; noise on, moves drawn",
    ("direct", JONES_AXIS): "Jones’s FLOPs; against the best agent",
}


def conventions(material: Material) -> Exhibit:
    """The law by each way of counting compute and of playing."""
    tables = [_of_recipe(fits) for fits in material.fits.recipes if fits.laws]
    if not tables:
        return Exhibit(
            "conventions", "Conventions", "The law by other conventions",
            f"No law was fitted: {material.fits.main.no_law}.",
        )  # fmt: skip
    said = "The paper’s convention is Jones’s FLOPs, root noise on, moves drawn. "
    main = material.fits.main
    played = main.laws.get(("league_jones", JONES_AXIS))
    if played is None:
        said += "Its games, the stage “league_jones”, have not been played in this lab."
    elif ("league", JONES_AXIS) in main.laws:
        quiet = main.laws["league", JONES_AXIS]
        change = played.law.elo_per_tenfold - quiet.law.elo_per_tenfold
        said += (
            f"With {called(main.recipe)} noise and drawn moves change the slope by "
            f"{number(change)} Elo per tenfold compute, to "
            f"{number(played.law.elo_per_tenfold)}: "
            f"{verdict(played.interval('elo_per_tenfold'), LAW.elo_per_tenfold)}."
        )
    if UNTRAINED in material.study.rated:
        said += _begun(main)
        tables.append(_plateaus(material))
    return Exhibit(
        "conventions", "Conventions", "The law by other conventions", said, tables=tables
    )


def _begun(main: RecipeFits) -> str:
    """What changes where runs begin with their untrained networks."""
    begun, told = (main.laws.get((stage, JONES_AXIS)) for stage in (UNTRAINED, "league"))
    if begun is None or told is None:
        return ""
    slope, factor = (begun.known(name) for name in ("elo_per_tenfold", "factor_per_size"))
    return (
        " Untrained networks were rated too. They have cost nothing, so the law that this report "
        "tells leaves them out; put at the compute of their run’s first learner step, before which "
        "nothing better is to be had, they make its slope "
        f"{estimate(slope, begun.interval('elo_per_tenfold'))} Elo and its factor per board size "
        f"{estimate(factor, begun.interval('factor_per_size'), 1)}."
    )


def _plateaus(material: Material) -> Table:
    """What untrained networks play, beside the first snapshots and the law's plateaus."""
    main = material.fits.main
    begun = material.study.rated[UNTRAINED].of(recipe=main.recipe).points
    laws = [main.laws.get((stage, JONES_AXIS)) for stage in ("league", UNTRAINED)]
    rows = []
    for row in unseen_climbs(begun).to_dict("records"):
        size = row["boardsize"]
        plateaus = [
            np.nan if fit is None else fit.law.plateau_size * size + fit.law.plateau_constant
            for fit in laws
        ]
        cells = [row["untrained"], row["first"], *plateaus]
        rows.append(
            [board(size), number(row["runs"]), *("–" if np.isnan(x) else number(x) for x in cells)]
        )
    head = ["board", "runs", "untrained, Elo", "first trained snapshot", "plateau of the law",
            "plateau with untrained networks"]  # fmt: skip
    caption = (
        f"{recipe_name(main.recipe)}: where runs begin, means over runs. What a run climbs between "
        "its untrained network and its first trained snapshot was not watched"
    )
    return Table(caption, head, rows)


def _of_recipe(fits: RecipeFits) -> Table:
    laws = [(key, fits.laws[key]) for key in CONVENTIONS if key in fits.laws]
    rows = [
        [
            words,
            *(law_cell(fit, name, digits) for _, fit in laws),
            number(getattr(LAW, name), digits),
        ]
        for name, words, digits in QUANTITIES
    ]
    head = ["quantity", *(_WORDS[key] for key, _ in laws), "Jones 2021"]
    return Table(f"{recipe_name(fits.recipe)}: one law by several conventions", head, rows)


def seeds(material: Material) -> Exhibit:
    """Between-seed spread of Elo and of every coefficient."""
    title = "What another seed would have shown"
    found = elo_spread(material.study.rated["league"])
    if found.empty:
        return Exhibit(
            "seeds", "Seeds", title,
            "No network was trained with two seeds and rated at the same compute; “seeds = 3” in a "
            "plan does that.",
        )  # fmt: skip
    said = []
    for recipe in found["recipe"].unique():
        own = found[found["recipe"] == recipe]
        typical, rating = (
            float(np.sqrt(np.mean(own[name] ** 2))) for name in ("typical", "rating")
        )
        said.append(
            f"{number(typical)} Elo with {called(recipe)} (the games’ chance alone would show "
            f"{number(rating)})"
        )
    tables = [_spread_table(found)]
    tables += [_coefficients(f) for f in material.fits.recipes if len(f.by_seed) > 1]
    return Exhibit(
        "seeds",
        "Seeds",
        title,
        "Runs that differ in nothing but their seed, at equal compute, spread by a standard "
        f"deviation of {listed(said)}. The paper trained one run of each kind and gives no such "
        "number. The coefficients below are refitted to the runs of each seed alone; their spread "
        "holds what chance in training adds to a law.",
        tables=tables,
    )


def _spread_table(found: pd.DataFrame) -> Table:
    rows = [
        [
            f"{board(row['boardsize'])} {row['network'].replace('x', '×')}",
            row["recipe"] or "–",
            number(row["parameters"]),
            number(row["seeds"]),
            number(row["last"]),
            number(row["typical"]),
            number(row["rating"]),
        ]
        for row in found.to_dict("records")
    ]
    head = ["network", "recipe", "parameters", "seeds", "sd of the last snapshots, Elo",
            "sd over all snapshots", "the games’ chance alone"]  # fmt: skip
    return Table("Spread of Elo between seeds at equal compute", head, rows)


def _coefficients(fits: RecipeFits) -> Table:
    rows = []
    for name, words, digits in QUANTITIES:
        values = fits.by_seed[name].to_numpy(float)
        known = values[np.isfinite(values)]
        cells = [Cell(number(v, digits) if np.isfinite(v) else "–") for v in values]
        spread = number(float(np.std(known, ddof=1)), digits) if len(known) > 1 else "–"
        rows.append([words, *cells, spread])
    head = ["quantity", *(f"seed {seed:.0f}" for seed in fits.by_seed["seed"]), "sd"]
    return Table(f"{recipe_name(fits.recipe)}: the law of each seed, Jones’s FLOPs", head, rows)
