"""The server: rows and moves are right, and nothing that is sent to it brings it down."""

from __future__ import annotations

import asyncio
import concurrent.futures
import json
import sys
import urllib.error
import urllib.request
from typing import Any

import jax
import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

import games
from analysis.ratings.study import analyse
from analysis.tables.rows import load_lab
from experiments.players.move_keys import move_keys
from experiments.players.player import NetworkPlayer
from experiments.web import pages
from experiments.web.lab_view import LabView
from experiments.web.play_page import SEARCHES, Question, node_costs, search_name
from games.text.notation import play
from games.text.sgf import read_sgf
from mcts import RULES, STRATEGIES, SearchConfig
from training.files import load_snapshot
from training.store import Match


def fetch(web, path: str, data: bytes | None = None, **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(web.origin + path, data=data, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=120) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def rows(web, path: str) -> Any:
    status, text = fetch(web, path)
    assert status == 200, text
    return json.loads(text)


def visit(web, **settings):
    return connect(f"ws://127.0.0.1:{web.port}/play", max_size=None, **settings)


def ask(socket, question: dict[str, Any]) -> list[dict[str, Any]]:
    """All answers to one question."""
    socket.send(json.dumps({"id": 1, **question}))
    answers = []
    while not answers or not (answers[-1].get("done") or "error" in answers[-1]):
        answers.append(json.loads(socket.recv(timeout=120)))
    return answers


def position(rules, *moves: int, **more: Any) -> dict[str, Any]:
    return {"ask": "move", "size": rules.size, "moves": list(moves), **more}


# ----- rows ------------------------------------------------------------------------------------


def test_ratings_are_those_of_the_report(web, store):
    shown = {agent["id"]: agent for agent in rows(web, "/api/lab")["agents"]}
    expected = analyse(load_lab(store), splits=2).agents
    assert len(shown) == len(expected) == 7
    for agent in expected.to_dict("records"):
        found = shown[agent["player"]]
        assert found["elo"] == pytest.approx(agent["elo"], abs=1e-4)
        assert (found["low"], found["high"]) == pytest.approx((agent["low"], agent["high"]))
        assert found["name"] == agent["name"]


def test_the_slider_knows_what_a_node_costs(web, node_flops):
    lab, costs = rows(web, "/api/lab"), rows(web, "/api/choices")["node_flops"]
    assert costs == {snapshot["key"]: node_flops for snapshot in lab["snapshots"]}
    for agent in lab["agents"]:
        if agent["snapshot"]:
            assert agent["move_flops"] == node_flops * agent["nodes"]


def test_a_node_costs_what_its_board_asks_for_wherever_the_weights_come_from():
    """Multiply-adds of conv32x4 by hand; the chain of runs that led there is not asked."""
    overview = {
        "snapshots": [
            {"key": f"run{size}#0", "game": "hex", "size": size, "network": "conv32x4"}
            for size in (9, 11)
        ]
        + [{"key": "strange#0", "game": "hex", "size": 9, "network": "by another version"}]
    }
    planes = games.make("hex", 9).num_planes
    each = 7 * planes * 32 + 4 * 7 * 32 * 32 + 32
    assert node_costs(overview) == {f"run{n}#0": 2 * (n * n * each + 64) for n in (9, 11)}


def test_new_rows_are_shown_without_a_restart(store):
    view = LabView(store)
    before = view.overview()
    assert view.overview() is before
    with store.session() as session:
        session.add(Match(tournament="later", stage="league", round=0, black_id=1, white_id=2,
                          games=1, distinct_games=1, black_wins=1, white_wins=0))  # fmt: skip
    try:
        games = {agent["id"]: agent["games"] for agent in view.overview()["agents"]}
        assert games[1] == {agent["id"]: agent["games"] for agent in before["agents"]}[1] + 1
    finally:
        with store.session() as session:
            session.delete(session.query(Match).filter(Match.tournament == "later").one())


def test_a_pair_is_the_sum_of_its_games(web):
    pair = rows(web, "/api/pair/1/2")
    assert pair["total"] == len(pair["games"]) == 2
    for record in pair["records"]:
        played = [game for game in pair["games"] if game["black_id"] == record["black_id"]]
        assert record["black_wins"] == sum(game["winner"] == 0 for game in played)
        assert record["white_wins"] == sum(game["winner"] == 1 for game in played)
    opponents = {row["id"]: row for row in rows(web, "/api/agent/1")["opponents"]}
    assert len(opponents) == 6
    wins = sum(opponents[2].get(f"{colour}_wins", 0) for colour in ("black", "white"))
    losses = sum(opponents[2].get(f"{colour}_losses", 0) for colour in ("black", "white"))
    assert wins + losses == 2


@pytest.mark.parametrize(
    "path", ["/api/agent/99", "/api/pair/1/99", "/api/game/99999", "/api/game/" + "9" * 20]
)
def test_what_is_not_there_is_said_in_one_line(web, path):
    status, text = fetch(web, path)
    assert status == 404
    assert "99" in json.loads(text)["error"]


def test_a_stored_game_comes_with_the_thoughts_of_both_players(web, rules):
    pair = rows(web, "/api/pair/2/4")
    number = pair["games"][0]["id"]
    bare, full = (rows(web, f"/api/game/{number}{end}") for end in ("", "?thoughts"))
    assert bare["analyses"] == []
    assert [analysis["colour"] for analysis in full["analyses"]] == [0, 1]
    play(rules, full["moves"])
    for analysis in full["analyses"]:
        assert len(analysis["moves"]) == len(full["moves"])
        assert all(sum(move["visits"]) == 7 for move in analysis["moves"])  # 8 nodes
    assert all(verdict is not None for verdict in full["perfect"])
    status, sgf = fetch(web, f"/game/{number}.sgf")
    assert status == 200
    assert read_sgf(sgf).moves == full["moves"]


# ----- play ------------------------------------------------------------------------------------


@pytest.mark.parametrize("nodes", [1, 8])
def test_a_move_is_the_one_the_agent_would_make_in_a_match(web, store, rules, snapshot_key, nodes):
    params, run = load_snapshot(next(store.folder.glob("snapshots/*/01.safetensors")))
    player = NetworkPlayer(rules, run.network, params, SearchConfig(nodes=nodes), lanes=1)
    with visit(web) as socket:
        for moves in ([], [4], [4, 0, 8]):
            states = jax.tree.map(lambda leaf: np.asarray(leaf)[None], play(rules, moves))
            expected = int(player.act(states, move_keys([0], 0))[0])
            question = position(rules, *moves, player=snapshot_key(1), nodes=nodes)
            assert ask(socket, question)[-1]["action"] == expected


def test_thoughts_grow_to_the_budget_that_was_asked_for(web, rules, snapshot_key):
    with visit(web) as socket:
        question = position(rules, 4, ask="thoughts", player=snapshot_key(0), nodes=16)
        answers = ask(socket, question)
        assert [answer["nodes"] for answer in answers] == [1, 4, 16]
        assert [answer["done"] for answer in answers] == [False, False, True]
        for answer in answers:
            assert sum(answer["visits"]) == answer["nodes"] - 1
            assert answer["variation"][0] == answer["action"]
            play(rules, [4, *answer["variation"]])  # legal to its end
            assert sum(answer["prior"]) == pytest.approx(1, abs=0.01)
        move = ask(socket, question | {"ask": "move"})[-1]
        assert move["action"] == answers[-1]["action"]
        assert move["visits"] == answers[-1]["visits"]


def test_perfect_play_wins_as_black_and_knows_it(web, rules):
    with visit(web) as socket:
        verdict = ask(socket, position(rules, ask="verdict"))[-1]
        assert verdict["winner"] == 0
        assert 4 in verdict["winning"]
        move = ask(socket, position(rules, player="perfect"))[-1]
        assert move["action"] in verdict["winning"]
        assert "6×6" in ask(socket, {"ask": "verdict", "size": 9, "moves": []})[-1]["error"]


def test_twenty_games_at_once(web, rules, snapshot_key, oracle):
    hex_oracle = oracle("hex_oracle")

    def play_one(seed: int) -> tuple[list[int], int]:
        rng, moves = np.random.default_rng(seed), []
        with visit(web) as socket:
            while True:
                for player in range(2):
                    if player == seed % 2:
                        free = [a for a in range(rules.num_actions) if a not in moves]
                        moves.append(int(rng.choice(free)))
                    else:
                        question = position(rules, *moves, player=snapshot_key(seed % 3), nodes=8)
                        moves.append(ask(socket, question)[-1]["action"])
                    owner = [-1] * rules.num_actions
                    for ply, action in enumerate(moves):
                        assert owner[action] == -1
                        owner[action] = ply % 2
                    if winners := hex_oracle.joined(owner, rules.size):
                        return moves, winners[0]

    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        results = list(pool.map(play_one, range(20)))
    for moves, winner in results:
        assert int(play(rules, moves).winner) == winner


def test_a_game_is_saved_as_it_was_played(web, rules, snapshot_key):
    moves = [4, 0, 1, 2, 7]
    seats = {"black": {"player": "you"}, "white": {"player": snapshot_key(2), "nodes": 8}}
    game = json.dumps({"size": rules.size, "moves": moves, **seats}).encode()
    status, sgf = fetch(web, "/save/game.sgf", game)
    assert status == 200
    read = read_sgf(sgf)
    assert (read.moves, read.winner, read.black) == (moves, 0, "you")
    assert read.white == f"{snapshot_key(2)}@nodes=8"
    status, page = fetch(web, "/save/game.html", game)
    assert status == 200
    assert "4×1 s0 #2" in page


@pytest.mark.parametrize("rule", RULES.names)
def test_every_rule_can_be_chosen(web, rules, snapshot_key, rule):
    with visit(web) as socket:
        question = position(rules, player=snapshot_key(0), nodes=8, rule=rule)
        answer = ask(socket, question)[-1]
        assert sum(answer["visits"]) == 7
        assert answer["spent"] == "8 evaluations"


def test_other_strategies_can_be_chosen_and_say_what_they_took(web, rules, snapshot_key):
    of_one_network = {own for own in STRATEGIES.names if not STRATEGIES[own]().needs_second}
    assert of_one_network - {"search"} | set(RULES.names) <= set(SEARCHES)
    with visit(web) as socket:
        # Of two legal moves, six simulations must give one a lead that the last cannot undo.
        left_two = [4, 7, 2, 8, 1, 5, 3]
        question = position(rules, *left_two, player=snapshot_key(0), nodes=8, rule="adaptive")
        answer = ask(socket, question)[-1]
        made = answer["evaluations"]
        assert made < 8
        assert answer["spent"] == f"{made} of 8 evaluations: the answer can no longer change"
        question = position(rules, player=snapshot_key(0), nodes=4, rule="best-of-n")
        assert ask(socket, question)[-1]["spent"] == "4 evaluations"
        # Each of these has one cost, whatever the page says.
        question = position(
            rules, ask="thoughts", player=snapshot_key(0), nodes=64, rule="majority"
        )
        (answer,) = ask(socket, question)
        assert answer["spent"] == "1 evaluation"
        question = position(rules, player=snapshot_key(0), nodes=8, rule="adaptive, by-ply")
        assert ask(socket, question)[-1]["spent"] == "8 evaluations"


def test_a_second_network_can_be_named(web, rules, snapshot_key):
    with visit(web) as socket:
        asked = {"player": snapshot_key(0), "rule": "mpv", "nodes": 8}
        other = ask(socket, position(rules, **asked, second=snapshot_key(2)))[-1]
        assert other["spent"] == "8 evaluations"
        itself = ask(socket, position(rules, **asked, second=snapshot_key(0)))[-1]
        assert other["value"] != itself["value"], "it is heard"
        for changes, why in (
            ({}, "mpv asks two networks; name the other as second"),
            ({"second": "none#0"}, "no snapshot 'none#0'"),
            ({"second": snapshot_key(1), "rule": "puct"}, "puct asks one network"),
        ):
            assert why in ask(socket, position(rules, **asked | changes))[-1]["error"]
    assert rows(web, "/api/choices")["of_two"] == ["mpv"]


def test_ratings_go_with_the_search_they_were_made_with(web):
    agents = rows(web, "/api/lab")["agents"]
    choices = rows(web, "/api/choices")
    assert choices["rules"] == list(SEARCHES)
    assert {"raw", "value", "majority", "alpha-beta"} <= set(choices["without_nodes"])
    assert "beam" not in choices["without_nodes"]
    assert choices["engine"]["rules"] == ["puct", "gumbel", "regularised"]
    assert choices["engine"]["players"] == [
        each["key"] for each in rows(web, "/api/lab")["snapshots"]
    ]
    assert choices["rule_of"] == {str(agent["id"]): "puct" for agent in agents if agent["snapshot"]}


@pytest.mark.parametrize(
    ("search", "rule"),
    [
        ({"rule": "gumbel", "nodes": 16}, "gumbel"),
        ({"rule": {"name": "puct", "c_puct": 3.0}}, None),
        ({"reuse": True}, None),
    ],
)
def test_only_a_rule_followed_exactly_is_named(search, rule):
    assert search_name(SearchConfig.model_validate(search)) == rule


# ----- the verbs -------------------------------------------------------------------------------


def test_a_stored_game_is_written_as_a_page(hexlaw, capsys, store, tmp_path):
    page = tmp_path / "game.html"
    assert hexlaw("replay", 9, "--lab", store.folder, "--html", page) == 0
    assert str(page) in capsys.readouterr().out
    assert page.stat().st_size < 400_000
    assert '"analyses":[{"agent"' in page.read_text()


@pytest.mark.parametrize(
    ("arguments", "culprit"),
    [
        (["--lab", "nowhere"], "nowhere"),
        (["--port", "99999"], "port"),
        (["--host", "no.such.host.invalid"], "no.such.host.invalid"),
    ],
)
def test_what_cannot_be_served_is_named(hexlaw, capsys, store, arguments, culprit):
    lab = [] if "--lab" in arguments else ["--lab", store.folder]
    assert hexlaw("serve", *lab, *arguments) == 2
    assert culprit in capsys.readouterr().err


def test_a_port_that_is_taken_is_named(hexlaw, capsys, web, store):
    assert hexlaw("serve", "--lab", store.folder, "--port", web.port) == 2
    assert f":{web.port}" in capsys.readouterr().err


def test_without_its_extra_the_page_says_what_to_install(hexlaw, capsys, store, monkeypatch):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert hexlaw("serve", "--lab", store.folder) == 2
    assert "hexlaw[web]" in capsys.readouterr().err


# ----- strangers -------------------------------------------------------------------------------

HOSTILE = [
    "", "null", "[]", "{}", "{" * 5000, '{"id": 1}', '"move"', "\x00", "🙂" * 100,
    '{"stop": "all"}', '{"stop": 5}', '{"stop": 1, "id": 1}',
    '{"id": 1, "ask": "shutdown", "size": 3, "moves": []}',
    '{"id": -1, "ask": "move", "size": 3, "moves": []}',
    '{"id": 1e999, "ask": "move", "size": 3, "moves": []}',
    '{"id": 1, "ask": "move", "size": 3.5, "moves": []}',
    '{"id": 1, "ask": "move", "size": 1000000, "moves": []}',
    '{"id": 1, "ask": "move", "size": 3, "moves": "abc"}',
    '{"id": 1, "ask": "move", "size": 3, "moves": [9]}',
    '{"id": 1, "ask": "move", "size": 3, "moves": [-1]}',
    '{"id": 1, "ask": "move", "size": 3, "moves": [4, 4]}',
    '{"id": 1, "ask": "move", "size": 3, "moves": [0, 1, 3, 2, 6], "player": "random"}',
    '{"id": 1, "ask": "move", "size": 3, "moves": [], "player": "gtp:touch /tmp/owned"}',
    '{"id": 1, "ask": "move", "size": 3, "moves": [], "player": "../other/lab/run#0"}',
    '{"id": 1, "ask": "move", "size": 3, "moves": [], "player": "run#99999999999999999999"}',
    '{"id": 1, "ask": "move", "size": 3, "moves": [], "player": "#"}',
    '{"id": 1, "ask": "move", "size": 3, "moves": [], "nodes": 1000000}',
    '{"id": 1, "ask": "move", "size": 3, "moves": [], "nodes": 100}',
    '{"id": 1, "ask": "move", "size": 3, "moves": [], "nodes": true}',
    '{"id": 1, "ask": "move", "size": 3, "moves": [], "rule": "__import__"}',
    '{"id": 1, "ask": "move", "size": 3, "moves": [], "extra": 1}',
    json.dumps({"id": 1, "ask": "move", "size": 3, "moves": [0] * 400}),
]  # fmt: skip


def test_hostile_messages_are_refused_and_the_server_lives(web, rules):
    with visit(web) as socket:
        for message in HOSTILE:
            socket.send(message)
        # A question in order is still answered, after complaints about all the others but those
        # that only take back what nobody asked.
        socket.send(json.dumps({"id": 2, **position(rules, player="random")}))
        heard: list[dict[str, Any]] = []
        while not heard or heard[-1]["id"] != 2:
            heard.append(json.loads(socket.recv(timeout=120)))
        assert "action" in heard[-1]
        answered = [answer for answer in heard if "error" not in answer]
        assert answered == heard[-1:]
        socket.send(b"\x00\xff")
        assert "text" in json.loads(socket.recv(timeout=120))["error"]
        socket.send("x" * 1_000_000)  # too large to be read at all
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=120)
    assert fetch(web, "/")[0] == 200


@pytest.mark.parametrize(
    ("message", "number"),
    [
        ('{"id": 7, "ask": "shutdown"}', 7),
        ('{"id": 7, "ask": "move", "size": 3.5, "moves": []}', 7),
        ('{"ask": "move", "size": 1000000, "id": 7}', 7),
        ('{"id": 7, "ask": "move", "size": 3, "moves": [], "extra": 1}', 7),
        ('{"id": 7, "stop": "all"}', 7),
        ('{"id": true, "ask": "move"}', None),
        ('{"id": 1e999}', None),
        ('{"id": 7', None),
        ("[7]", None),
    ],
)
def test_a_complaint_says_which_question_it_is_about(web, message, number):
    with visit(web) as socket:
        socket.send(message)
        answer = json.loads(socket.recv(timeout=120))
    assert answer["id"] == number
    assert answer["error"]


def test_a_question_that_breaks_the_server_is_answered_all_the_same():
    said = []

    class Socket:
        async def send_text(self, text: str) -> None:
            said.append(json.loads(text))

    async def run(function: Any, *arguments: Any) -> Any:
        return function(*arguments)

    def breaks(question: Question) -> list[Any]:
        raise ZeroDivisionError(question.id)

    socket: Any = Socket()
    question = Question(id=3, ask="move", size=3, moves=[])
    answering = pages.Conversation(breaks, run, socket)._answer(question)
    # In a thread: where a browser has been used, this one has a loop already.
    with concurrent.futures.ThreadPoolExecutor(1) as pool, pytest.raises(ZeroDivisionError):
        pool.submit(asyncio.run, answering).result()
    assert said == [{"id": 3, "error": "the server failed; its messages say how"}]


def test_a_visitor_has_to_wait_for_answers(web, rules, monkeypatch):
    with visit(web) as socket:
        monkeypatch.setattr(pages, "MAX_QUESTIONS", 0)
        refused = ask(socket, position(rules, player="random"))[-1]
        assert "too many questions" in refused["error"]
        monkeypatch.undo()
        assert "action" in ask(socket, position(rules, player="random"))[-1]


def test_only_so_many_visitors_are_let_in(web, monkeypatch):
    monkeypatch.setattr(pages, "MAX_SOCKETS", 0)
    with visit(web) as socket, pytest.raises(ConnectionClosed, match="try again later"):
        socket.recv(timeout=120)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "192.0.2.1", ""])
def test_a_foreign_name_for_this_machine_is_refused(web, host):
    assert fetch(web, "/api/lab", Host=host)[0] in (400, 403)


def test_another_sites_page_may_not_ask(web):
    with pytest.raises(InvalidStatus):
        visit(web, origin="http://evil.example").__enter__()
    status, _ = fetch(web, "/save/game.sgf", b"{}", Origin="http://evil.example")
    assert status == 403
    with visit(web, origin=web.origin):
        pass
    status, text = fetch(web, "/save/game.sgf", b"{}", Origin=web.origin)
    assert status == 400
    assert "size" in json.loads(text)["error"]


def test_what_is_posted_is_bounded_and_checked(web, rules):
    assert fetch(web, "/save/game.sgf", b"x" * 100_000)[0] == 413
    illegal = {"size": rules.size, "moves": [4, 4]}
    seats = {"black": {"player": "you"}, "white": {"player": "perfect"}}
    status, text = fetch(web, "/save/game.html", json.dumps(illegal | seats).encode())
    assert status == 400
    assert "move 2" in json.loads(text)["error"]
    assert (
        fetch(web, "/save/passwd", json.dumps({**illegal, "moves": [], **seats}).encode())[0] == 404
    )


@pytest.mark.parametrize(
    "path", ["/web/../serve.py", "/web/%2e%2e/serve.py", "/web/..%2fserve.py", "/lab.sqlite"]
)
def test_no_file_but_the_pages_own_is_served(web, path):
    assert fetch(web, path)[0] == 404
