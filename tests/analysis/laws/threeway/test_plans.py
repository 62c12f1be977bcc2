"""Best sizes, cheapest plans, comparisons of forms and the stored law, in worlds that are known."""

from __future__ import annotations

import json

import numpy as np
import pytest

from analysis.laws.threeway.break_even import cheapest_plans, plan_grid
from analysis.laws.threeway.cells import Places, blunder_rate, cells_of_blunders, cells_of_elo
from analysis.laws.threeway.fit import fit_law
from analysis.laws.threeway.forecasts import forecast
from analysis.laws.threeway.frontier import frontier_rates
from analysis.laws.threeway.held_out import best_form, compare_forms
from analysis.laws.threeway.iso_flop import best_size
from analysis.laws.threeway.stored import as_json, read_laws, stored_law
from games.errors import InputError
from games.text.plain_json import to_json
from tests.analysis.planted_cube import planted_cube

X, P = np.log(25_000), np.log(2_000)
WIDE = {
    "widths": (4, 6, 8, 12, 16, 24, 32), "nodes": (1, 8, 64), "seeds": 2, "luck": 0.03,
    "samples": tuple(int(x) for x in np.geomspace(1_000, 1_000_000, 7)),
}  # fmt: skip


def plateaus(x, p, m):
    u = -np.log(np.exp(-0.8 * (p - P)) + np.exp(-0.6 * (x - X)))
    return 1.0 + u + 0.3 * m


@pytest.fixture(scope="module")
def cells():
    return cells_of_blunders(planted_cube(plateaus, **WIDE), 4)


@pytest.fixture(scope="module")
def law(cells):
    return fit_law(cells, "plateaus", resamples=20)


def test_the_best_size_grows_with_the_planted_exponent(cells, law):
    """Least e^(−0.8p) + e^(−0.6x) with x + p = ln C: p grows with 0.6 / (0.6 + 0.8) of ln C."""
    found = best_size(cells, law, nodes=8, resamples=30)
    # Sizes of the surface are tried in steps of a hundredth of a decade.
    assert found.surface[1] - 0.01 <= 0.6 / 1.4 <= found.surface[2] + 0.01
    assert found.surface[0] == pytest.approx(0.6 / 1.4, abs=0.05)
    # What is no parabola has its top elsewhere.
    assert found.parabolas[0] == pytest.approx(0.6 / 1.4, abs=0.1)
    assert found.tops["surface"].notna().sum() >= 6


def test_a_best_size_at_the_edge_of_the_grid_is_refused():
    def larger_is_better(x, p, m):
        return 1 + 0.1 * (x - X) + 1.0 * (p - P) + 0.3 * m

    cells = cells_of_blunders(planted_cube(larger_is_better, **WIDE), 4)
    found = best_size(cells, fit_law(cells, "Cobb–Douglas", resamples=5), nodes=8, resamples=5)
    assert np.isnan(found.surface[0])
    assert found.tops["surface"].isna().all()


def test_a_plan_is_the_cheapest_of_all_that_are_strong_enough(cells, law):
    """Against every size, number of nodes and training of the grid, tried one by one."""
    rate, moves = 0.1, 1e6
    (plan,) = cheapest_plans(law, cells, rate, (moves,))
    grid, least = plan_grid(cells), np.inf
    for samples in np.linspace(3, 6, 121):
        at = Places(np.full(len(grid.network), samples), *grid.places[1:])
        total = 10 ** cells.costs.train_flops(at) + moves * 10 ** cells.costs.test_flops(at)
        enough = blunder_rate(law.whole().strength(at)[0]) <= rate
        least = min([least, *total[enough]])
    total = plan.train_flops + moves * plan.test_flops
    assert total <= least * (1 + 1e-9)
    assert least == pytest.approx(total, rel=0.06)  # the steps of samples
    assert plan.rate_interval[0] <= rate <= plan.rate_interval[1]
    assert plan.samples_interval[0] <= plan.samples <= plan.samples_interval[1]
    assert plan.train_flops == pytest.approx(83.2 * plan.parameters * plan.samples, rel=1e-6)
    assert plan.test_flops == pytest.approx(2 * plan.parameters * plan.nodes, rel=1e-6)


def test_training_takes_its_share_by_the_closed_form():
    """Strength goes by samples^0.4·nodes^0.3, so a decade of training replaces 4/3 of search."""

    def power(x, p, m):
        del p
        return 0.5 + 0.4 * (x - X) + 0.3 * m

    cells = cells_of_blunders(planted_cube(power, **{**WIDE, "luck": 0.0}), 4)
    law = fit_law(cells, "Cobb–Douglas")
    plans = cheapest_plans(law, cells, 0.15, (1.0, 3e4, 1e5, 3e5, 1e12))
    inside = [plan for plan in plans if not {"one node", "the largest search"} & set(plan.ends)]
    assert inside
    for plan in inside:
        assert plan.closed_form == pytest.approx(0.4 / 0.7, abs=0.02)
        assert plan.share == pytest.approx(plan.closed_form, abs=0.06)  # nodes are whole numbers
    assert "the largest search" in plans[0].ends
    assert plans[0].share > 0.99
    assert plans[-1].share < 0.01
    (dear,) = cheapest_plans(law, cells, 0.15, (1e5,), price=10.0)
    assert dear.nodes < plans[2].nodes
    assert dear.samples > plans[2].samples


def test_along_the_frontier_size_is_chosen_for_each_trade(cells, law):
    """Against explicit choices on a fine grid, the samples that each needs worked out on paper."""
    (line,) = frontier_rates(law, cells, (0.15,)).to_dict("records")
    goal, costs = np.log(0.85 / 0.15), []
    m = np.linspace(0.7, np.log(63), 40)[:, None]
    p = np.linspace(np.log(272), np.log(3_968), 400)[None, :]
    # The samples that size p with search m needs: e^(−0.6(x−X)) = e^(−u) − e^(−0.8(p−P)).
    rest = np.exp(-(goal - 1.0 - 0.3 * m)) - np.exp(-0.8 * (p - P))
    x = X - np.log(np.where(rest > 0, rest, np.nan)) / 0.6
    train, play = np.where(x < np.log(1e6), x + p, np.inf), m + p
    for budget in np.arange(np.nanmin(train), np.nanmin(train) + 6, 0.2):
        there = train <= budget
        k = np.nanargmin(np.where(there, play, np.inf))
        costs.append((budget, play.flat[k], np.broadcast_to(m, play.shape).flat[k]))
    budget, play, m = np.array(costs).T
    kept = (m > m.min() + 0.01) & (m < m.max() - 0.01)
    oracle = -np.polyfit(budget[kept], play[kept], 1)[0]
    assert line["frontier"] == pytest.approx(oracle, rel=0.2)


def test_a_strength_that_was_not_measured_is_refused(cells, law):
    for rate in (1e-6, 0.999):
        with pytest.raises(InputError, match=r"outside what was measured on 4×4: from .* down to"):
            cheapest_plans(law, cells, rate)


def test_the_planted_form_foretells_held_out_agents_best(cells):
    other = cells_of_blunders(planted_cube(plateaus, boardsize=5, random_seed=1, **WIDE), 5)
    compared = compare_forms([cells, other])
    assert len(compared) == 10
    own = compared[compared["boardsize"] == 4].set_index("form")
    # Counting and luck are all that is left to the true form.
    true = own.loc[["plateaus"], ["compute", "size", "board"]].to_numpy(float)
    assert true.max() < 0.2
    by_compute = own["compute"].to_dict()
    assert by_compute["Cobb–Douglas"] > 2 * by_compute["plateaus"]
    assert by_compute[best_form(compared, 4)] < 1.2 * by_compute["plateaus"]


def test_plans_hold_for_a_seed_that_was_held_out(cells):
    runs = sorted(planted_cube(plateaus, **WIDE)["run"].unique())
    seeds = np.array([int(runs[run].rsplit("-")[-1]) for run in cells.run])
    found = forecast(cells, "plateaus", seeds, (0.2, 0.1), (1.0, 1e6))
    assert sorted(found["seed"].unique()) == [0, 1]
    assert np.abs(np.log(found["measured"] / found["foretold"])).max() < 0.4
    # Agents lie on a coarse grid, plans between.
    assert (found["planned"] / found["cheapest"]).between(0.3, 1.3).all()


def test_a_law_comes_back_from_its_file_to_the_last_digit(cells, law, tmp_path):
    path = tmp_path / "law.json"
    path.write_text(to_json(as_json([stored_law(cells, law)])))
    back = read_laws(path)[4]
    np.testing.assert_array_equal(back.law.linear, law.linear)
    np.testing.assert_array_equal(back.law.shapes, law.shapes)
    assert cheapest_plans(back.law, back.cells, 0.1) == cheapest_plans(law, cells, 0.1)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "is no file of three-way laws"),
        ("{}", "laws: Field required"),
        ('{"laws": [{"boardsize": 4}]}', "laws.0.form: Field required"),
    ],
)
def test_a_file_of_another_kind_is_refused(text, complaint, tmp_path):
    path = tmp_path / "law.json"
    path.write_text(text)
    with pytest.raises(InputError, match=complaint):
        read_laws(path)


def test_an_unknown_form_or_no_file_is_named(cells, law, tmp_path):
    path = tmp_path / "law.json"
    changed = as_json([stored_law(cells, law)])
    changed["laws"][0]["form"] = "cubic"
    path.write_text(json.dumps(changed))
    with pytest.raises(InputError, match="there is no form 'cubic'"):
        read_laws(path)
    with pytest.raises(InputError, match=r"no law at .*nowhere\.json"):
        read_laws(tmp_path / "nowhere.json")


def test_elo_is_fitted_in_natural_log_odds():
    """400 Elo are ln 10; 300 Elo a decade of samples, 200 a decade of nodes."""
    cube = planted_cube(plateaus, **WIDE).assign(error=20.0)
    logs = np.log10(cube[["samples", "nodes"]].to_numpy(float))
    cube["elo"] = -1_500 + logs @ [300.0, 200.0]
    law = fit_law(cells_of_elo(cube), "Cobb–Douglas")
    np.testing.assert_allclose(law.linear[0, 1:], [0.75, 0.0, 0.5], atol=1e-6)
