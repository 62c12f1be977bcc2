"""Everything that is fitted to a study's rated agents, recipe by recipe."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

from analysis.laws.crossings import Crossings, crossings
from analysis.laws.extrapolation import extrapolation_of
from analysis.laws.frontier import FrontierSample, frontiers, sample_frontiers
from analysis.laws.law import LawFit, law_of
from analysis.laws.model_size import SizeFit, optimal_size_of
from analysis.laws.multiplier import Multiplier, compute_multiplier
from analysis.laws.needs import Needs, needs
from analysis.laws.published import NEAR_PERFECT, TEST_FACTOR
from analysis.laws.search.exchange import ExchangeFit, fit_exchange
from analysis.laws.search.fixed_network import FixedNetwork, fit_fixed_networks
from analysis.laws.seeds import laws_by_seed
from analysis.ratings.study import AXES, UNTRAINED, Rated, Study
from games.errors import InputError

JONES_AXIS = "jones_flops"

# How a law's agents were rated and its compute counted: ours first, the paper's last.
CONVENTIONS = (
    ("league", "train_flops"),
    ("league", JONES_AXIS),
    (UNTRAINED, JONES_AXIS),
    ("league_jones", JONES_AXIS),
    ("direct", JONES_AXIS),
)


@dataclasses.dataclass(frozen=True)
class RecipeFits:
    """The laws of one recipe's runs."""

    recipe: str
    laws: dict[tuple[str, str], LawFit]  # by stage and axis, of `CONVENTIONS`
    no_law: str  # why the league has none, else empty
    frontiers: dict[str, pd.DataFrame]  # the league's, by axis; with or without a law
    selection_bias: float  # mean Elo by which they rise if picked and reported on all games
    extrapolation: pd.DataFrame  # on Jones's axis
    size: SizeFit  # parameters against Jones's compute
    exchange: dict[int, ExchangeFit]  # by board; FLOPs of all training, FLOPs a move
    exchange_jones: dict[int, ExchangeFit]  # by board, on both of Jones's axes
    to_perfect: dict[str, Crossings]  # seconds and Jones's compute to −50 Elo
    needs: Needs  # what equal Elo takes on each board, on Jones's axis
    near_perfect: Needs  # what −50 Elo takes
    by_seed: pd.DataFrame  # laws refitted to each seed's runs


@dataclasses.dataclass(frozen=True)
class Fits:
    """The laws of all recipes, the distance between the two that reports compare, and what search
    is worth to one network."""

    recipes: list[RecipeFits]  # most runs first
    multipliers: dict[str, Multiplier]
    """By recipe, how many times the compute of `main` it needs at equal Elo; those of a board that
    main's runs were on, too."""
    fixed_network: dict[int, FixedNetwork]  # by board, of the recipe with most runs

    @property
    def main(self) -> RecipeFits:
        """The recipe with most runs."""
        return self.recipes[0]


def fit_all(study: Study, *, resamples: int = 200, seed: int = 0) -> Fits:
    """Fit every law to every recipe.

    Args:
        study: the rated agents.
        resamples: bootstrap resamples of each fit, over runs and games.
        seed: of the bootstrap.
    """
    league, multipliers = study.rated["league"], {}
    main, *others = study.recipes
    for other in others:
        found = compute_multiplier(
            league.of(recipe=main), league.of(recipe=other), "train_flops",
            resamples=resamples, seed=seed,
        )  # fmt: skip
        if found is not None:
            multipliers[other] = found
    recipes = [_recipe(study, name, resamples, seed) for name in study.recipes]
    fixed: dict[int, FixedNetwork] = {}
    if study.searchers is not None:
        swept = study.searchers.of(recipe=recipes[0].recipe)
        with_errors = swept.points.assign(error=_own_errors(swept))
        fixed = fit_fixed_networks(with_errors, resamples=resamples, seed=seed)
    return Fits(recipes, multipliers, fixed)


def _own_errors(rated: Rated) -> np.ndarray:
    """Standard errors of Elo [points] about the mean of each board: what zero's luck does to all
    agents alike is left out."""
    errors = np.empty(len(rated.points))
    for places in rated.points.groupby("boardsize").indices.values():
        drawn = rated.halves.report[:, places]
        errors[places] = (drawn - drawn.mean(axis=1, keepdims=True)).std(axis=0)
    return errors


def _recipe(study: Study, recipe: str, resamples: int, seed: int) -> RecipeFits:
    def sample(stage: str, axis: str) -> FrontierSample:
        points, halves = study.rated[stage].of(recipe=recipe)
        return sample_frontiers(points, axis, halves, resamples=resamples, seed=seed)

    league = study.rated["league"].of(recipe=recipe)
    drawn = {
        (stage, axis): sample(stage, axis)
        for stage, axis in CONVENTIONS
        if stage in study.rated and len(study.rated[stage].of(recipe=recipe).points)
    }
    laws, no_law = {}, ""
    for (stage, axis), frontier in drawn.items():
        try:
            laws[stage, axis] = law_of(frontier)
        except InputError as error:
            no_law = str(error) if stage == "league" else no_law
    frontier = drawn["league", JONES_AXIS]
    honest = {axis: drawn["league", axis].whole for axis in AXES}
    bias = frontiers(league.points, AXES[0])["elo"] - honest[AXES[0]]["elo"]
    return RecipeFits(
        recipe=recipe,
        laws=laws,
        no_law=no_law,
        frontiers=honest,
        selection_bias=float(bias.mean()),
        extrapolation=extrapolation_of(frontier.first(resamples // 4)),
        size=optimal_size_of(frontier, league.points),
        exchange=_exchanges(study.searchers, recipe, False, resamples // 2, seed),
        exchange_jones=_exchanges(study.searchers, recipe, True, resamples // 2, seed),
        to_perfect={
            "seconds": crossings(sample("league", "seconds"), NEAR_PERFECT),
            JONES_AXIS: crossings(frontier, NEAR_PERFECT),
        },
        needs=needs(frontier, league.points),
        near_perfect=needs(frontier, league.points, (NEAR_PERFECT,)),
        by_seed=laws_by_seed(league.points, JONES_AXIS, league.halves),
    )


def _exchanges(
    searchers: Rated | None, recipe: str, jones: bool, resamples: int, seed: int
) -> dict[int, ExchangeFit]:
    """By board; none where a recipe's agents all play with one number of nodes."""
    fits: dict[int, ExchangeFit] = {}
    if searchers is None:
        return fits
    for size in np.unique(searchers.points["boardsize"]).tolist():
        points, halves = searchers.of(recipe=recipe, boardsize=size)
        if jones:
            points = points.assign(
                train_flops=points[JONES_AXIS], test_flops=points["test_flops"] / 2 * TEST_FACTOR
            )
        if points.empty or points.groupby("run_id")["test_flops"].nunique().max() < 2:
            continue
        fits[size] = fit_exchange(points, rated=halves.report, resamples=resamples, seed=seed)
    return fits
