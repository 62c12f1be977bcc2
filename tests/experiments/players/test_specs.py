"""Names of players: each stands for one player and comes back from it."""

from __future__ import annotations

import pytest

from experiments.players.specs import GtpSpec, LadderSpec, NetworkSpec, parse_player
from games.errors import InputError
from mcts import JONES, SearchConfig


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("random", "random"),
        (" perfect ", "perfect"),
        ("ladder:0.50", "ladder:0.5"),
        ("mctsbot:500", "mctsbot:500"),
        ("mctsbot:500@solve=false,uct_c=1.4", "mctsbot:500@uct_c=1.4,solve=false"),
        ("gtp:mohex --seed 1,2@x: #y", "gtp:mohex --seed 1,2@x: #y"),
        ("gtp@seconds=5:mohex", "gtp@seconds=5:mohex"),
        ("hex3-16x2#7", "hex3-16x2#7@nodes=64"),
        ("runs/my lab/hex3#-1@nodes=1", "runs/my lab/hex3#-1@nodes=1"),
        ("/hex3#0@nodes=1", "/hex3#0@nodes=1"),
        ("runs/me@home/hex3#0@nodes=1", "runs/me@home/hex3#0@nodes=1"),
        ("runs/me@home/hex3#-1", "runs/me@home/hex3#-1@nodes=64"),
        ("a#b@c/hex3#*@nodes=2", "a#b@c/hex3#*@nodes=2"),
        ("hex*#*@temperature=1", "hex*#*@nodes=64,temperature=1"),
        ("r#0@rule=puct,rule.c_puct=2", "r#0@nodes=64,rule.c_puct=2"),
        ("r#0@rule.c_visit=20,rule=gumbel", "r#0@nodes=64,rule=gumbel,rule.c_visit=20"),
        ("r#0@nodes=8,jones", "r#0@jones,nodes=8"),
        ("r#0@strategy=beam,beams=2,nodes=65", "r#0@strategy=beam,beams=2"),
        ("r#0@strategy=adaptive,stop=settled", "r#0@strategy=adaptive"),
        ("r#0@strategy=adaptive,stop=kld,nodes=9", "r#0@strategy=adaptive,nodes=9,stop=kld"),
        (
            "r#0@stop.growth=8,strategy=adaptive,stop=stable",
            "r#0@strategy=adaptive,stop=stable,stop.growth=8",
        ),
        ("r#0@jones,temperature=0", "r#0@jones,nodes=64,temperature=0"),
        (
            "a#b/r#0@second=hex3-8x2+16x2#-1,strategy=mpv,every=2",
            "a#b/r#0@strategy=mpv,every=2,second=hex3-8x2+16x2#-1",
        ),
        (
            "r#0@strategy=best-of-n,second=s#2,temperature=1",
            "r#0@strategy=best-of-n,second=s#2,temperature=1",
        ),
    ],
)
def test_a_name_comes_back_in_its_canonical_form(text, canonical):
    player = parse_player(text)
    assert player.text == canonical
    assert parse_player(canonical) == player


def test_settings_arrive_where_they_belong():
    ladder = parse_player("ladder:0.25")
    assert isinstance(ladder, LadderSpec)
    assert ladder.probability == 0.25
    engine = parse_player("gtp@seconds=2:a 'b c'")
    assert engine == GtpSpec(command="a 'b c'", seconds=2)
    network = parse_player("runs/x/r#3@nodes=9,temperature=0.5")
    assert isinstance(network, NetworkSpec)
    assert (network.lab, network.run, network.index) == ("runs/x", "r", 3)
    assert network.search == SearchConfig(nodes=9)
    jones = parse_player("r#3@jones")
    assert isinstance(jones, NetworkSpec)
    assert (jones.search, jones.temperature) == (JONES, 1.0)


@pytest.mark.parametrize(
    ("text", "draws"),
    [
        ("random", True),
        ("mctsbot:5", True),
        ("gtp:x", False),
        ("r#0", False),
        ("r#0@rule=gumbel", False),  # its noise is off in evaluation
        ("r#0@noise_fraction=0.25", False),  # likewise
        ("r#0@noise_fraction=0.25,evaluation=jones", True),
        ("r#0@temperature=1", True),
        ("r#0@rule=regularised", True),
    ],
)
def test_a_player_says_whether_chance_has_a_part(text, draws):
    assert parse_player(text).draws is draws


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("mohex", "unknown player 'mohex'; players are random, perfect"),
        ("", "unknown player"),
        ("random:3", "write random"),
        ("ladder", "write ladder:PROBABILITY"),
        ("ladder:2", "probability: .*less than or equal to 1"),
        ("mctsbot:many", "simulations"),
        ("perfect@x=1", "x: no such setting; there is none"),
        ("gtp:", "command"),
        ("gtp@seconds=0:x", "seconds"),
        ("r#x", "'x' is no snapshot"),
        ("r#-2", "'-2' is no snapshot"),
        ("r#²", "'²' is no snapshot"),
        ("r#" + "9" * 5000, "is no snapshot"),
        ("#3", "run"),
        ("r#0@nodes", "'nodes' is not KEY=VALUE"),
        ("r#0@nodes=0", "nodes"),
        ("r#0@node=64", "node: no such setting; there is nodes, rule"),
        ("r#0@rule=fast", "rule"),
        ("r#0@rule.x=1", "x: no such setting"),
        ("r#0@temperature=-1", "temperature"),
        ("r#0@strategy=mpv", "strategy mpv asks two networks; name the other, second=RUN#INDEX"),
        ("r#0@strategy=raw,second=s#1", "strategy raw asks one network; leave out second=s#1"),
        ("r#0@strategy=mpv,second=s#x", "second: String should match"),
        ("r#0@strategy=mpv,second=s", "second: String should match"),
        ("r#0@strategy=mpv,third=s", "no such setting; there is strategy, .*, second, temp"),
    ],
)
def test_what_is_no_player_is_refused_in_one_line(text, complaint):
    with pytest.raises(InputError, match=complaint) as caught:
        parse_player(text)
    assert "\n" not in str(caught.value)
    assert repr(text) in str(caught.value)
