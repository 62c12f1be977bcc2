"""Every game of the registry on the web, held to OpenSpiel's boards; no test here knows a rule."""

from __future__ import annotations

import json
import random
import urllib.request
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from websockets.sync.client import connect

import games
from experiments.players.agents import enter_agents
from experiments.players.specs import parse_player
from experiments.verbs.export import ExportConfig, export
from experiments.web.positions import page_board, page_course, page_position, ways_by_effect
from games.spiel import spiel_actions, spiel_game, to_spiel_state
from games.text.notation import play, play_through
from tests.experiments.web.browsing import my_turn
from tests.experiments.web.conftest import Web, add_run
from training.config import TrainConfig
from training.store import Game, Match, Store

BOARDS = [("hex", 3), ("hex_swap", 3), ("y", 3), ("havannah", 2), ("connect_four", 44),
          ("breakthrough", 44)]  # fmt: skip
LETTERS = {"y": ".O@", "breakthrough": ".bw", "havannah": ".O@"}  # as OpenSpiel draws; else .xo


def config_of(name: str, size: int) -> TrainConfig:
    fields = {"network": {"width": 4, "depth": 1}, "samples": 4096, "snapshots": 3}
    return TrainConfig.model_validate({"game": name, "boardsize": size, **fields})


def random_game(name: str, size: int, seed: int) -> tuple[list[int], int]:
    """Moves and winner of a game that OpenSpiel has let play at random."""
    game, chance, moves = games.make(name, size), random.Random(seed), []
    state = spiel_game(game).new_initial_state()
    while not state.is_terminal():
        moves.append(chance.choice(list(spiel_actions(game, state))))
        state.apply_action(spiel_actions(game, state)[moves[-1]])
    return moves, {1: 0, -1: 1, 0: -1}[int(state.returns()[0])]


@pytest.fixture(scope="module")
def mixed(tmp_path_factory) -> Store:
    """A lab of all games: on each board a network nobody has trained, and games against random."""
    store = Store(tmp_path_factory.mktemp("mixed"))
    for name, size in BOARDS:
        config = config_of(name, size)
        add_run(store, config, snapshots=1)
        players = [parse_player(each) for each in (f"{config.run_id}#0@nodes=1", "random")]
        black, white = (agent.id for agent in enter_agents(store, config.rules, players))
        with store.session() as session:
            for index in range(2):
                moves, winner = random_game(name, size, index)
                won = [int(winner == each) for each in (0, 1, -1)]
                match = Match(stage="league", tournament="test", round=index, black_id=black,
                              white_id=white, games=1, distinct_games=1, black_wins=won[0],
                              white_wins=won[1], draws=won[2])  # fmt: skip
                session.add(match)
                session.flush()
                session.add(Game(match_id=match.id, index=0, opening_plies=0, winner=winner,
                                 moves=np.array(moves, "<u2").tobytes(), seed=7))  # fmt: skip
    return store


@pytest.fixture(scope="module")
def web(mixed) -> Iterator[Web]:
    web = Web(mixed)
    web.start()
    yield web
    web.stop()


def rows(web: Web, path: str) -> Any:
    with urllib.request.urlopen(web.origin + path, timeout=120) as response:
        return json.loads(response.read())


def ask(socket: Any, **question: Any) -> dict[str, Any]:
    socket.send(json.dumps({"id": 1, **question}))
    answer = json.loads(socket.recv(timeout=100))
    assert "error" not in answer, answer
    return answer


def drawn_by_spiel(game: games.Game, moves: list[int]) -> list[int]:
    """Owners of the cells that the board has, in order, as OpenSpiel draws them."""
    letters = LETTERS.get(game.name, ".xo")
    text = str(to_spiel_state(game, moves))
    if game.name == "havannah":  # its last move stands in brackets, columns run the other way
        return []
    return [letters.index(letter) - 1 for letter in text if letter in letters]


@pytest.mark.parametrize(("name", "size"), BOARDS[1:])  # Hex: tests/experiments/web/test_serve.py
def test_a_whole_game_is_played_through_the_api(web, name, size):
    """Stones, legal moves, end and winner are OpenSpiel's after every move; a network, asked, plays
    white."""
    game, chance, moves = games.make(name, size), random.Random(5), []
    board = rows(web, "/api/choices")["drawn"][f"{name}-{size}"]
    names = {cell: name for cell, name, *_ in board["cells"]}
    cells = list(names)
    position = {"game": name, "size": size}
    with connect(f"ws://127.0.0.1:{web.port}/play", max_size=None) as socket:
        while True:
            theirs = to_spiel_state(game, moves)
            told = ask(socket, ask="position", moves=moves, **position)
            owners = [told["owners"][cell] for cell in cells]
            if drawn := drawn_by_spiel(game, moves):
                assert owners == drawn[: len(cells)]
            assert told["over"] == theirs.is_terminal()
            if theirs.is_terminal():
                assert told["won"] == {1: 0, -1: 1, 0: -1}[int(theirs.returns()[0])]
                break
            empty = {str(cell): [cell] for cell in cells if told["owners"][cell] == -1}
            ways = empty if told["ways"] is None else told["ways"]
            assert {int(action) for action in ways} == set(spiel_actions(game, theirs))
            action = chance.choice(sorted(map(int, ways)))
            if len(moves) % 2:
                asked = {"player": f"{config_of(name, size).run_id}#0", "nodes": 1}
                action = ask(socket, ask="move", moves=moves, **asked, **position)["action"]
                assert str(action) in ways
            if (way := ways[str(action)]) and not board["by_column"]:
                named = board["actions"][action]  # a2, or a1s: the first cell is in the name
                assert named.startswith(names[way[0]])
            moves.append(action)


def test_a_stone_that_moves_is_two_cells_and_a_swap_none():
    """By hand: b1 of Breakthrough 4×4 goes to a2, b2, c2; white may swap once, black never."""
    ways = page_position(games.make("breakthrough", 44), [])["ways"]
    assert [way for way in ways.values() if way[0] == 1] == [[1, 4], [1, 5], [1, 6]]
    capture = page_position(games.make("breakthrough", 44), [1, 3 * 13 + 1])  # a1s, b4s
    assert [way for way in capture["ways"].values() if way[0] == 4] == [[4, 8], [4, 9]]
    assert capture["owners"][9] == 1
    swap = games.make("hex_swap", 3)
    assert page_position(swap, [1])["ways"][9] == []
    assert page_position(swap, [4])["ways"][9] == []  # in the middle the stone stays where it is
    assert page_position(swap, [1, 9])["changed"] == [(1, -1), (3, 1)]
    assert 9 not in (page_position(swap, [1, 9])["ways"] or {})
    falling = page_position(games.make("connect_four", 44), [1, 1])
    assert falling["ways"][1] == [5]
    assert falling["changed"] == [(9, 1)]


def test_how_a_move_is_chosen_follows_from_what_it_does():
    """By hand on a row of four cells, mine at the left, yours beside it: m y . ."""
    before = np.array([0, 1, -1, -1])
    after = np.array(
        [
            [0, 0, 0, -1],  # laid on c, turns b: c
            [0, 1, -1, 0],  # laid on d: d
            [0, -1, -1, 0],  # laid on d, takes b: d is said already, by what changes less
            [-1, 0, -1, -1],  # from a, takes b: a, b
            [0, 0, -1, -1],  # b alone is turned: no cell says it
            [-1, -1, -1, -1],  # all are taken
        ]
    )
    assert ways_by_effect(range(6), before, after, 0) == {
        0: [2],
        1: [3],
        2: [],
        3: [0, 1],
        4: [],
        5: [],
    }
    twice = np.array([[0, 1, 0, -1], [0, 1, 0, -1]])
    assert ways_by_effect([0, 1], before, twice, 0) == {0: [], 1: []}


@pytest.mark.parametrize(("name", "size"), BOARDS)
def test_a_course_leads_from_the_first_position_to_the_last(name, size):
    game = games.make(name, size)
    moves, winner = random_game(name, size, 3)
    course = page_course(game, play_through(game, moves), ways=False)
    owners = list(page_board(game)["start"])
    for ply, action in enumerate(moves):
        for cell, owner in (course["changes"] or {ply: [(action, ply % 2)]})[ply]:
            owners[cell] = owner
    assert owners == np.asarray(game.owners(play(game, moves))).tolist()
    assert (course["over"], course["won"]) == (True, winner)


def test_every_board_of_the_lab_is_listed_hex_first(web):
    lab = rows(web, "/api/lab")
    assert [board["key"] for board in lab["boards"]] == [
        "hex-3", "breakthrough-44", "connect_four-44", "havannah-2", "hex_swap-3", "y-3",
    ]  # fmt: skip
    assert lab["title"].startswith("Agents: ")
    for board in lab["boards"]:
        agents = [agent for agent in lab["agents"] if agent["board"] == board["key"]]
        assert {agent["kind"] for agent in agents} == {"network", "random"}
        assert all(agent["game"] == board["game"] for agent in agents)
    engine = rows(web, "/api/choices")["engine"]["players"]
    assert engine == [f"{config_of('hex', 3).run_id}#0"]


def test_stored_games_come_with_thoughts_verdicts_and_draws(web):
    lab = rows(web, "/api/lab")
    agents = [each for each in lab["agents"] if each["game"] == "connect_four"]
    (number,) = (each["id"] for each in agents if each["kind"] == "network")
    row = rows(web, f"/api/agent/{number}")["games"][0]
    game = rows(web, f"/api/game/{row['id']}?thoughts")
    assert (game["won"], game["over"]) == (row["winner"], True)
    (analysis,) = game["analyses"]
    for ply, thoughts in enumerate(analysis["moves"]):
        # With 1 node it expects its own move alone, which lands where it is chosen.
        assert thoughts["landings"] == game["ways"][ply][str(thoughts["action"])]
    assert all(game["perfect"])
    assert game["perfect"][0]["winner"] == -1  # 4×4 is a draw, say Tromp's tables


def test_in_a_browser_discs_fall_stones_move_and_a_swap_is_a_button(watched, web):
    page = watched.page
    page.set_viewport_size({"width": 390, "height": 800})

    def begin(board: str, moves: str = "") -> None:
        page.goto(f"{web.origin}/?{board}{moves}#/play?board={board}&player=random&moves={moves}")
        assert my_turn(watched)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 390

    begin("connect_four-44")
    page.locator('[data-cell="b1"]').click()  # anywhere in the column
    assert my_turn(watched)
    assert watched.stones()["b4"] == 0
    assert len(watched.stones()) == 2

    begin("breakthrough-44")
    assert len(watched.stones()) == 8
    page.locator('[data-cell="b1"]').focus()  # by keyboard: the stone, then the cell below it
    page.keyboard.press("Enter")
    assert page.locator(".target").count() == 3
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert my_turn(watched)
    stones = watched.stones()
    assert stones["b2"] == 0
    assert "b1" not in stones
    page.get_by_role("button", name="Undo").click()
    page.locator('[data-stone="b1"]').wait_for()

    begin("hex_swap-3", "1")
    page.get_by_role("button", name="swap-pieces").click()
    page.locator('[data-stone="a2"].player-1').wait_for()

    for board in ("y-3", "havannah-2"):
        begin(board)
        page.locator(".playable").first.click()
        assert my_turn(watched)
        assert sorted(watched.stones().values()) == [0, 1]


def test_the_site_tells_what_it_can_play_and_replays_the_rest(watched, mixed, tmp_path):
    outcome = export(ExportConfig(lab=mixed.folder, site=tmp_path / "site"), Console(quiet=True))
    assert outcome.result["agents"] == 1
    page = watched.page
    page.goto(f"{(tmp_path / 'site/index.html').as_uri()}#/play")
    described = page.locator("meta[name=description]").get_attribute("content")
    assert described.startswith("Play Hex 3×3 against 1 agents of known strength")
    assert "Agents of Breakthrough 4×4, Connect Four 4×4, Havannah of side 2" in described
    page.get_by_text("Not to be played here: Breakthrough 4×4, Connect Four 4×4").wait_for()
    load = '(path) => import("hexlaw/link.js").then((link) => link.load(path))'
    overview = page.evaluate(load, "/api/lab")
    for agent in (each for each in overview["agents"] if each["kind"] == "network"):
        row = page.evaluate(load, f"/api/agent/{agent['id']}")["games"][0]
        game = page.evaluate(load, f"/api/game/{row['id']}")
        page.goto(f"{(tmp_path / 'site/index.html').as_uri()}?{row['id']}#/game/{row['id']}")
        page.get_by_role("button", name="Last position").click()
        rules = games.make(agent["game"], agent["size"])
        owners = np.asarray(rules.owners(play(rules, game["moves"]))).tolist()
        cells = {cell: name for cell, name, *_ in page_board(rules)["cells"]}
        assert watched.stones() == {cells[c]: o for c, o in enumerate(owners) if o >= 0}
        ended = {0: "Black wins", 1: "White wins", -1: "A draw"}[row["winner"]]
        assert ended in page.locator(".situation").inner_text()
        asks = page.get_by_text("cannot be asked in this page").count()
        assert bool(asks) == (agent["game"] != "hex")
