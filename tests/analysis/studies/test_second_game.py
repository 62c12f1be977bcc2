"""Several games side by side, on rows whose laws are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from analysis.studies import second_game_laws
from analysis.studies.second_game import (
    at_equal_flops,
    at_nodes,
    by_board,
    equal_flops_nodes,
    game_points,
)
from analysis.studies.second_game_laws import (
    BOARD_LAWS,
    CLIMBING,
    LEVELLED,
    UNKNOWN,
    Estimate,
    Laws,
    agrees,
    board_laws,
    exchange,
    homogeneity,
    laws_by_game,
    levelling_off,
    mean_of,
    side_of,
    slope_within,
    strength_by_compute,
    strength_by_size,
)
from analysis.tables.rows import LabRows

WIDTHS = (10, 100, 1_000, 10_000)
COLUMNS = ["game", "boardsize", "parameters", "seed", "run_id", "index", "network", "nodes",
           "train_flops", "test_flops", "elo"]  # fmt: skip


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch):
    """Planted rows have hardly any noise."""
    monkeypatch.setattr(second_game_laws, "RESAMPLES", 20)


def planted(game: str = "y", size: int = 4, dearer: float = 1.0, play: float = 80) -> pd.DataFrame:
    """Runs whose ends are as strong as parameters^0.5, and all of which climb 200 Elo a decade of
    training until there: a network's own climb ends at a compute in proportion to its size, times
    as much `dearer` as the board is. With 4, 16 or 64 nodes of as many FLOPs as parameters, and so
    much `play` Elo a decade of nodes."""
    lines = []
    for parameters in WIDTHS:
        for index, decade in enumerate(np.linspace(4, 8, 25), start=1):
            top = 4 + np.log10(parameters)
            for nodes in (4, 16, 64):
                elo = 200 * (min(decade, top) - 4) - 2_000 - (decade < top)
                elo += play * np.log10(nodes)
                lines.append((game, size, parameters, 0, f"{game}{size}-{parameters}", index,
                              f"{parameters}x1", nodes, dearer * 10**decade, nodes * parameters,
                              elo))  # fmt: skip
    return pd.DataFrame(lines, columns=pd.Index(COLUMNS))


def two_leagues() -> LabRows:
    """A lab of one board with two leagues that no game joins: runs a and b, and c, d and e; the
    later a run stands in the alphabet, the more it wins."""
    names = list("abcde")
    agents = pd.DataFrame({
        "id": range(5), "snapshot_id": range(5), "kind": "network", "game": "y", "boardsize": 4,
        "run_id": names, "index": 1, "nodes": 16, "parameters": 10, "network": "1x1", "seed": 0,
        "samples": 1, "train_flops": 1.0, "test_flops": 160.0,
    })  # fmt: skip
    matches = pd.DataFrame([
        (number, black, white, "league", 3, 1, 0)
        for number, (black, white) in enumerate([(1, 0), (3, 2), (4, 3), (4, 2)])
    ], columns=pd.Index(
        ["id", "black_id", "white_id", "stage", "black_wins", "white_wins", "draws"]
    ))  # fmt: skip
    judged = pd.DataFrame({
        "agent_id": range(5), "source": "fixed", "won": 10, "blunders": 2, "valued": 10,
        "wrong_values": 1, "games": None, "games_blundered": None,
    })  # fmt: skip
    runs = agents[["run_id", "game"]].rename(columns={"run_id": "id"})
    snapshots = agents.drop(columns="id").rename(columns={"snapshot_id": "id"})
    nothing = pd.DataFrame()
    return LabRows(runs, nothing, snapshots, agents, matches, nothing, judged)


@pytest.mark.parametrize("runs", [{"a", "b"}, {"c", "d", "e"}])
def test_leagues_of_former_settings_do_not_stand_in_the_way(runs):
    points = game_points(two_leagues(), runs).sort_values("elo")
    assert points["run_id"].tolist() == sorted(runs)
    assert points["elo"].iloc[-1] == 0
    assert points["raw"].tolist() == pytest.approx([0.2] * len(runs))


def test_planted_exponents_come_back():
    board = at_nodes(planted(), 16)
    assert strength_by_size(board).value == pytest.approx(0.5, abs=0.01)
    low, high = strength_by_size(board).interval
    assert low <= 0.5 <= high + 1e-9
    assert strength_by_compute(board).value == pytest.approx(0.5, abs=0.02)


def test_networks_beyond_the_best_one_are_not_fitted():
    points = at_nodes(planted(), 16)
    points.loc[points["parameters"] == WIDTHS[-1], "elo"] -= 700
    assert strength_by_size(points).value == pytest.approx(0.5, abs=0.01)


def test_two_networks_have_no_exponent():
    points = at_nodes(planted(), 16)
    assert np.isnan(strength_by_size(points[points["parameters"] < 1_000]).value)


def test_equal_flops_buy_small_networks_more_nodes():
    """10,000 parameters with 4 nodes cost as much as 100 with 400; the elo of those who play so is
    flatter by what nodes are worth: 80 Elo a decade of parameters."""
    assert equal_flops_nodes([10_000, 100, 3_000], 4).tolist() == [4, 400, 13]
    points = planted()
    points["nodes"] = np.where(points["nodes"] == 16, 40_000 // points["parameters"], 1)
    points["test_flops"] = points["nodes"] * points["parameters"]
    points["elo"] += 80 * np.log10(points["nodes"])
    equal = at_equal_flops(points, 4)
    assert set(equal["test_flops"]) == {40_000}
    assert equal["elo"].max() == 0
    assert strength_by_size(equal).value == pytest.approx(0.5 - 80 / 400, abs=0.01)


def test_a_decade_of_training_replaces_as_much_play_as_planted():
    """200 Elo a decade of training are two decades of play at 100 each, whichever of two networks;
    the one that is worse at all costs tells nothing."""
    lines = [
        ("y", 4, 10, 0, f"{network}-{run}", index, network, nodes, 10.0**c, 10 * nodes,
         200 * (c - 6) + 100 * np.log10(nodes / 10_000) - worse)
        for network, worse in (("10x1", 0), ("20x1", 500))
        for run in range(3)
        for index, c in enumerate(np.linspace(4, 6, 21))
        for nodes in 10 ** np.linspace(0, 4, 41)
    ]  # fmt: skip
    found = exchange(pd.DataFrame(lines, columns=pd.Index(COLUMNS)))
    assert found.value == pytest.approx(2, rel=0.1)
    low, high = found.interval
    assert low <= found.value <= high
    assert high - low < 0.5


def test_where_every_agent_plays_alike_nothing_is_exchanged():
    assert np.isnan(exchange(at_nodes(planted(), 16)).value)


def noisy_board(slopes: dict[str, float], noise: float, seeds: int = 3) -> pd.DataFrame:
    """Networks that gain so much Elo a decade over all of their runs."""
    rng, lines = np.random.default_rng(1), []
    for place, (network, slope) in enumerate(slopes.items()):
        for seed in range(seeds):
            for index, decade in enumerate(np.linspace(4, 6, 9)):
                elo = slope * decade + 50 * seed + noise * rng.normal()
                lines.append((network, 10 + place, f"{network}-{seed}", index, 10**decade, elo))
    columns = ["network", "parameters", "run_id", "index", "train_flops", "elo"]
    return pd.DataFrame(lines, columns=pd.Index(columns))


def test_who_has_levelled_off():
    """Flat below half of the frontier's 400, 300 above it; in noise nothing can be told."""
    quiet = levelling_off(noisy_board({"1x1": 0, "2x1": 300}, noise=2), frontier=400)
    assert quiet["verdict"].tolist() == [LEVELLED, CLIMBING]
    assert quiet["slope"].to_numpy() == pytest.approx([0, 300], abs=20)
    assert quiet["bound"].tolist() == [200, 200]
    loud = levelling_off(noisy_board({"1x1": 0}, noise=300), frontier=100)
    assert loud["verdict"].tolist() == [UNKNOWN]
    alone = levelling_off(noisy_board({"1x1": 0}, noise=1, seeds=1).tail(2), frontier=400)
    assert alone["verdict"].tolist() == [UNKNOWN]


def test_a_slope_within_groups_is_that_of_dummy_variables():
    """SciPy's regression of one group; of two, the normal equations with a column a group."""
    rng = np.random.default_rng(0)
    x, group = rng.normal(size=12), np.repeat(["a", "b"], 6)
    y = 3 * x + 5 * (group == "b") + rng.normal(size=12)
    slope, *_, error = scipy.stats.linregress(x[:6], y[:6])
    reach = scipy.stats.t.ppf(0.975, 4) * error
    expected = slope, slope - reach, slope + reach
    assert slope_within(x[:6], y[:6], group[:6]) == pytest.approx(expected)
    design = np.column_stack([x, group == "a", group == "b"])
    assert slope_within(x, y, group)[0] == pytest.approx(np.linalg.lstsq(design, y)[0][0])


def test_only_networks_that_have_levelled_off_are_fitted_at_convergence():
    """Three networks stand still at the end of their runs, one climbs steeply there."""
    points = planted()
    laws = board_laws(at_nodes(points, 16), at_nodes(points, 4), points)
    verdicts = laws.levelling.set_index("network")["verdict"]
    assert verdicts.tolist() == [LEVELLED, LEVELLED, LEVELLED, CLIMBING]
    (line,) = laws.table().to_dict("records")
    assert line["size_levelled"] == pytest.approx(0.5, abs=0.01)
    assert line["size_nodes"] == pytest.approx(0.5, abs=0.01)


def test_laws_of_games_beside_each_other():
    """Boards of Connect Four have sides as well, in two digits; a game of one board has neither
    slope nor factor."""
    points = pd.concat([
        planted("y", 4), planted("y", 5, dearer=100), planted("hex", 4),
        planted("connect_four", 44), planted("connect_four", 55, dearer=10),
    ])  # fmt: skip
    fixed = at_nodes(points, 16)
    laws = board_laws(fixed, at_nodes(points, 4), points).of_games(fixed)
    value = laws_by_game(laws).set_index(["law", "game"])["value"].to_dict()
    for game, factor in (("y", 100), ("connect_four", 10)):
        assert value["elo_per_tenfold", game] == pytest.approx(200, rel=0.05)
        assert value["factor_per_size", game] == pytest.approx(factor, rel=0.1)
        assert value["size_nodes", game] == pytest.approx(0.5, abs=0.01)
    assert np.isnan(value["elo_per_tenfold", "hex"])


def test_boards_of_one_game_are_compared_as_games_are():
    rng = np.random.default_rng(0)

    def told(at: float) -> dict[str, Estimate]:
        return {law: Estimate(at, at + 0.1 * rng.normal(size=500)) for law in BOARD_LAWS}

    boards = {("hex", 4): told(0.5), ("hex", 5): told(1.5), ("y", 4): told(0.5)}
    within = Laws(boards, pd.DataFrame()).within_games()
    assert set(within["game"]) == {"hex"}
    assert len(within) == len(BOARD_LAWS)
    assert (within["alike"] < 1e-6).all()


@pytest.mark.parametrize(("size", "side"), [(5, 5), (19, 19), (44, 4), (55, 5), (67, None)])
def test_sides(size, side):
    assert side_of(size) == side


def test_two_estimates_are_alike_by_the_test_of_their_difference():
    """Of two, Cochran's Q is the square of the difference in units of its error."""
    rng = np.random.default_rng(0)
    one, other = (Estimate(at, at + 0.1 * rng.normal(size=20_000)) for at in (1.0, 1.3))
    expected = 2 * scipy.stats.norm.sf(0.3 / (0.1 * np.sqrt(2)))
    assert homogeneity([one, other]) == pytest.approx(expected, rel=0.1)
    assert homogeneity([one, one]) == pytest.approx(1)
    assert np.isnan(homogeneity([one]))


def test_the_mean_of_independent_estimates_is_surer_than_each():
    rng = np.random.default_rng(0)
    nothing, off = Estimate(np.nan, np.array([])), rng.normal(size=4_000)
    mean = mean_of([Estimate(1.0, 1.0 + off), Estimate(3.0, 3.0 + off), nothing])
    assert mean.value == 2
    assert np.std(mean.draws) == pytest.approx(2**-0.5, rel=0.05)
    assert np.isnan(mean_of([nothing]).value)


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (0.5, 1.0, "agrees"),
        (0.9, 1.0, "higher"),
        (0.1, 0.5, "lower"),
        (-1.0, 2.0, "too wide"),
        (np.nan, 1.0, "–"),
    ],
)
def test_whether_a_number_lies_in_an_interval(low, high, word):
    assert agrees(low, high, 0.88) == word


def test_boards_come_in_order():
    names = [(game, size) for game, size, _ in by_board(pd.concat([planted(), planted("hex", 3)]))]
    assert names == [("hex", 3), ("y", 4)]
