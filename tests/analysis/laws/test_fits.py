"""A planted lab's fits: the law that made its games comes back, and intervals cover it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.laws.fits import fit_all
from analysis.laws.model_size import fit_optimal_size
from analysis.laws.multiplier import compute_multiplier
from analysis.laws.seeds import elo_spread
from analysis.ratings.study import analyse
from tests.analysis.planted_lab import (
    ELO_PER_DECADE,
    JONES_SHIFT,
    NODES_ELO,
    PER_SIZE,
    PLATEAU_SIZE,
    SEED_SD,
    SIZE_EXPONENT,
    perfect_at,
    planted_lab,
)


@pytest.fixture(scope="module")
def lab():
    return planted_lab(boards=(3, 4, 5), networks=3, snapshots=8, share=0.5)


@pytest.fixture(scope="module")
def study(lab):
    return analyse(lab[0], splits=25)


@pytest.fixture(scope="module")
def fits(study):
    return fit_all(study, resamples=40)


def test_ratings_find_every_agents_strength(lab, study):
    """Root mean square error of ratings with some hundred games each, against the planted Elo."""
    _, elo = lab
    for stage, bound in (("league", 20), ("direct", 90)):
        points = study.rated[stage].points
        # Who has hardly won a game against the best agent has no direct Elo to speak of.
        points = points[points["player"].map(elo) > -300] if stage == "direct" else points
        off = points["elo"] - points["player"].map(elo)
        off -= off.groupby(points["boardsize"]).transform("mean")
        assert np.sqrt((off**2).mean()) < bound, stage
    searching = study.searchers.points
    off = searching["elo"] - searching["player"].map(elo)
    off -= off.groupby(searching["boardsize"]).transform("mean")
    assert np.sqrt((off**2).mean()) < 50


@pytest.mark.parametrize("recipe", [0, 1])
@pytest.mark.parametrize("stage", ["league", "league_jones"])
def test_intervals_cover_the_planted_law(fits, recipe, stage):
    """At 99 %; two recipes and two ways of playing, one law. What fits see is the envelope of three
    networks, which lies a little below the law."""
    law = fits.recipes[recipe].laws[stage, "jones_flops"]
    for name, planted in (
        ("incline_flops", ELO_PER_DECADE),
        ("factor_per_size", 10 ** (-PER_SIZE / ELO_PER_DECADE)),
        ("plateau_size", PLATEAU_SIZE),
    ):
        low, high = law.interval(name, 0.99)
        assert low < planted < high, (name, low, high)


def test_recipes_lie_a_decade_apart_on_every_board(fits):
    multiplier = fits.multipliers["jones2021"]
    assert set(multiplier.boards) == {3, 4, 5}
    assert multiplier.refused == []
    for size, decades in multiplier.boards.items():
        low, high = multiplier.board_interval(size, 0.99)
        assert low < JONES_SHIFT < high
        assert high - low < 0.6
        assert decades == pytest.approx(JONES_SHIFT, abs=0.2)


def test_recipes_whose_bands_of_elo_hardly_meet_are_not_compared():
    """One recipe ends on 4×4 where the other begins, 150 Elo above it; on 3×3 they share 300."""

    def runs(recipe, start, top, x):
        return pd.DataFrame(
            {
                "run_id": [f"{recipe}{size}" for size in (3, 4) for _ in range(30)],
                "boardsize": np.repeat([3, 4], 30),
                "train_flops": np.tile(np.logspace(x, x + 2, 30), 2),
                "elo": np.concatenate(
                    [np.linspace(low, high, 30) for low, high in zip(start, top, strict=True)]
                ),
            }
        )

    cheap = runs("cheap", (-500, -500), (0, 0), 8)
    dear = runs("dear", (-700, -700), (-200, -350), 9)
    found = compute_multiplier((cheap, None), (dear, None), "train_flops", resamples=3)
    assert found is not None
    assert found.refused == [4]
    assert set(found.levels["boardsize"]) == {3}
    assert found.bands[4] == pytest.approx((-500, -350))
    apart = dear.assign(elo=dear["elo"] - 400)
    nothing = compute_multiplier((cheap, None), (apart, None), "train_flops", resamples=3)
    assert nothing is not None
    assert nothing.refused == [3, 4]


def test_training_is_exchanged_for_search_at_the_planted_rate(fits):
    """400 Elo a decade of training for 200 a decade of nodes; networks of different size spend
    differently on a node, which the two-way law cannot see."""
    slopes = [fit.surface.exchange.slope for fit in fits.main.exchange.values()]
    assert np.mean(slopes) == pytest.approx(-ELO_PER_DECADE / NODES_ELO, abs=0.4)
    for size, fit in fits.main.exchange.items():
        jones = fits.main.exchange_jones[size].surface.exchange
        # His axes: 2.5 times fewer FLOPs of training, 32 times more of play.
        shift = np.log10(32) - fit.surface.exchange.slope * np.log10(1 / 2.5)
        assert jones.constant - fit.surface.exchange.constant == pytest.approx(shift, abs=0.01)
        assert jones.slope == pytest.approx(fit.surface.exchange.slope, abs=0.01)


def test_near_perfect_play_costs_what_the_law_says(fits):
    found = fits.main.to_perfect["jones_flops"]
    for row in found.boards.to_dict("records"):
        expected = perfect_at(row["boardsize"]) - 50 / ELO_PER_DECADE
        assert np.log10(row["at"]) == pytest.approx(expected, abs=0.25)
        assert row["low"] <= row["at"] <= row["high"]
    assert found.growth_low < 10 ** (-PER_SIZE / ELO_PER_DECADE) < found.growth_high
    seconds = fits.main.to_perfect["seconds"].boards["at"]
    np.testing.assert_allclose(seconds, found.boards["at"] / 1e9, rtol=1e-6)


def test_the_best_size_grows_as_planted_where_the_frontier_climbs():
    """With six sizes a board: of three, 0.36 to 0.55 come out with eight seeds. The flat ends would
    say half of what was planted. Another seed can miss: of six, 0.38 to 0.64 came out."""
    rows, _ = planted_lab(
        networks=6, seeds=2, snapshots=12, share=0.2, stages=("league", "perfect")
    )
    league = analyse(rows, splits=2).rated["league"].of(recipe="efficient")
    size = fit_optimal_size(league.points, "jones_flops", halves=league.halves, resamples=1)
    assert size.climb_exponent == pytest.approx(SIZE_EXPONENT, abs=0.15)
    assert size.exponent < size.climb_exponent - 0.05


def test_small_boards_foretell_the_larger_one(fits):
    table = fits.main.extrapolation.set_index(["largest_fitted", "boardsize"])
    assert table.loc[(4, 5), "residual_variance"] < 0.02
    assert (table["low"] <= table["high"]).all()


def test_seeds_spread_as_planted(study, fits):
    """Planted: 15 Elo between seeds where play is neither random nor perfect, else none; the games
    add the ratings' own error."""
    spread = elo_spread(study.rated["league"])
    assert set(spread["recipe"]) == {"efficient"}  # jones2021 has one seed
    typical, rating = ((spread[name] ** 2).mean() for name in ("typical", "rating"))
    assert 0.4 * SEED_SD < np.sqrt(typical - rating) < 1.5 * SEED_SD
    assert len(fits.main.by_seed) == 3
    assert fits.main.by_seed["incline_flops"].std() < 40
