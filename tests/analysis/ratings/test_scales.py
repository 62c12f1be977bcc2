"""Which games share a scale, where its zero is, who stands apart, and how agents are called."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.ratings.names import shown_names
from analysis.ratings.scales import Scale, rate_board, rate_joined

AGENTS = pd.DataFrame(
    {"id": [1, 2, 3, 4, 5, 6, 7, 8, 9], "kind": ["network"] * 8 + ["perfect"]}
)  # 1 to 3 league, 4 nodes, 5 and 6 Jones, 7 and 8 by themselves


def meet(stage, first, second, wins, games=40):
    """`first` wins so many of the games with either colour."""
    columns = ["stage", "black", "white", "black_wins", "white_wins"]
    rows = [(stage, first, second, wins, games - wins), (stage, second, first, games - wins, wins)]
    return pd.DataFrame(rows, columns=columns)


@pytest.fixture(scope="module")
def league():
    return [meet("league", 1, 2, 30), meet("league", 2, 3, 30), meet("league", 1, 3, 36)]


def scales_of(*matches) -> dict[str, Scale]:
    found = rate_board(pd.concat(list(matches), ignore_index=True), AGENTS)
    return {scale.name: scale for scale in found}


def test_each_agent_has_one_number_and_later_games_do_not_move_it(league):
    alone = scales_of(*league, meet("perfect", 1, 9, 19))
    later = scales_of(
        *league, meet("perfect", 1, 9, 19), meet("nodes", 4, 2, 20), meet("direct", 3, 1, 40),
        meet("league_jones", 5, 6, 40), meet("arena", 7, 8, 40),
    )  # fmt: skip
    pd.testing.assert_frame_equal(alone["league"].own, later["league"].own)
    assert later["nodes"].own["player"].tolist() == [4]
    assert [later[name].ratings.zero for name in ("league", "nodes", "league_jones")] == [9, 9, 5]
    # By hand, where a chain of games alone decides:
    elo = later["league"].own.set_index("player")["elo"]
    assert elo[9] == 0
    assert elo[1] == pytest.approx(-400 * 0.0434, abs=3)  # log10(21 / 19) = 0.0434
    assert later["nodes"].own["elo"][0] == pytest.approx(elo[2], abs=12)  # even with agent 2


def test_who_never_met_the_others_stands_apart(league):
    scales = scales_of(*league, meet("arena", 7, 8, 40))
    assert scales["arena"].own.empty
    assert scales["arena"].apart == [7, 8]
    assert scales["league"].ratings.zero == 1


def test_perfect_play_is_zero_only_where_games_join_it(league):
    """Its only opponent is nobody's neighbour in the league."""
    scales = scales_of(*league, meet("perfect", 7, 9, 20))
    assert scales["league"].ratings.zero == 1
    assert scales["league"].apart == [7, 9]


def test_the_paper_s_league_has_its_best_at_zero_though_flagged():
    """Agent 5 won all of its 160 games."""
    matches = [meet("league_jones", 5, 6, 40), meet("league_jones", 6, 7, 24)]
    scale = scales_of(*matches, meet("league_jones", 5, 7, 40))["league_jones"]
    assert scale.ratings.zero == 5
    assert scale.own["elo"].max() == 0
    assert scale.own["flags"][0] == "separated"


def test_draws_are_half_a_win_for_each_side():
    drawn = meet("league", 1, 2, 10, 20).assign(draws=20)
    halves = meet("league", 1, 2, 20, 40)
    elo = [rate_joined(rows).ratings.elo for rows in (drawn, halves)]
    assert elo[0] == pytest.approx(elo[1])


def agent(settings, run="a", recipe="efficient", **more):
    return {"kind": "network", "spec": f"{run}#19@{settings}", "run_id": run, "network": "128x2",
            "seed": 0.0, "index": 19.0, "recipe": recipe, **more}  # fmt: skip


def test_agents_that_differ_never_share_a_name():
    assert shown_names([agent("nodes=64")]) == ["128×2 s0 #19"]
    assert shown_names(
        [agent("nodes=64"), agent("nodes=1"), agent("jones,nodes=64"),
         agent("nodes=64,temperature=0.5"), agent("nodes=64", recipe="jones2021"),
         {"kind": "perfect", "spec": "perfect"}]
    ) == [
        "128×2 s0 #19, 64 nodes", "128×2 s0 #19, 1 node", "128×2 s0 #19, 64 nodes, as Jones",
        "128×2 s0 #19, 64 nodes, temperature 0.5", "J 128×2 s0 #19", "perfect play",
    ]  # fmt: skip
    assert shown_names([agent("nodes=64", run="a"), agent("nodes=64", run="b")]) == [
        "128×2 s0 #19, run a", "128×2 s0 #19, run b",
    ]  # fmt: skip
    told = shown_names([agent("nodes=64", search_id="4-0"), agent("nodes=64", search_id="5-0")])
    assert told == ["128×2 s0 #19, search 4-0", "128×2 s0 #19, search 5-0"]
