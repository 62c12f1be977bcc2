"""The pages in a real browser: played, saved, replayed, and never in need of a network."""

from __future__ import annotations

import json
from pathlib import Path

from experiments.arena.game_records import GameRecord, PlayerRecord
from experiments.players.thoughts import Analysis
from experiments.web.annotate import Annotator, annotated
from experiments.web.lab_view import LabView
from experiments.web.replay_page import write_replay_page
from games.text.notation import cell_name, play
from games.text.sgf import read_sgf
from mcts import SearchConfig
from tests.experiments.web.browsing import kept_moves, my_turn, save, stones_after


def test_a_game_is_played_by_clicks_saved_and_replayed(watched, web, rules, snapshot_key, tmp_path):
    page = watched.page
    player = snapshot_key(2).replace("#", "%23")
    page.goto(f"{web.origin}/#/play?size={rules.size}&player={player}&nodes=8")
    while my_turn(watched):
        page.locator(".playable").first.click()
    moves = kept_moves(watched)
    assert int(play(rules, moves).winner) >= 0
    assert watched.stones() == stones_after(moves, rules.size)
    assert read_sgf(save(watched, "Save SGF", tmp_path).read_text()).moves == moves
    saved = save(watched, "Save page", tmp_path)
    assert all(url.startswith(web.origin) for url in watched.requests)

    watched.requests.clear()
    page.goto(saved.as_uri())
    assert watched.stones() == {}
    for ply in range(1, len(moves) + 1):
        page.keyboard.press("ArrowRight")
        page.locator("output", has_text=f"{ply} / {len(moves)}").wait_for()
        assert watched.stones() == stones_after(moves[:ply], rules.size)
        if ply < len(moves):
            assert page.locator(".thoughts").is_visible()
    assert "wins" in page.locator(".situation").inner_text()
    assert page.locator(".chain-ring").count() >= rules.size
    assert watched.requests == [saved.as_uri()]


def test_small_networks_think_in_the_page(watched, web, rules, snapshot_key):
    """No cold compilation: the server is asked for weights, once, and for no move; but it is for
    the rule that the engine lacks."""
    page, sent = watched.page, []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    player = snapshot_key(1).replace("#", "%23")
    page.goto(f"{web.origin}/#/play?size={rules.size}&player={player}&nodes=64")
    for _ in range(2):
        assert my_turn(watched)
        page.locator(".playable").first.click()
    my_turn(watched)
    assert [url for url in watched.requests if "/api/snapshot/" in url] == [
        f"{web.origin}/api/snapshot/{snapshot_key(1).replace('#', '/')}"
    ]
    assert not any('"ask":"move"' in frame for frame in sent)
    page.get_by_text("Any other agent").click()
    page.get_by_label("Search").select_option("adaptive")
    page.get_by_label("Show what it thinks").check()
    page.locator(".grown span").first.wait_for()
    assert any('"ask":"thoughts"' in frame for frame in sent)


def test_the_game_outlives_the_server(watched, web, rules):
    page = watched.page
    page.goto(f"{web.origin}/#/play?size={rules.size}&player=random")  # which the server asks
    assert my_turn(watched)
    page.locator('[data-cell="b2"]').click()
    assert my_turn(watched)
    before = kept_moves(watched)
    web.stop()
    try:
        page.locator(".connection", has_text="not reached").wait_for()
        page.locator(".playable").first.click()  # the agent's answer has to wait
        assert kept_moves(watched)[: len(before)] == before
    finally:
        web.start()
    my_turn(watched)
    after = kept_moves(watched)
    assert after[: len(before)] == before
    assert len(after) >= len(before) + 1
    assert page.locator(".connection").inner_text() == ""
    page.reload()  # nor is it lost with the page
    my_turn(watched)
    assert kept_moves(watched) == after


def test_undo_hint_slider_and_thoughts(watched, web, rules, snapshot_key):
    page = watched.page
    player = snapshot_key(1).replace("#", "%23")
    page.goto(f"{web.origin}/#/play?size={rules.size}&player={player}&nodes=8")
    page.locator('[data-cell="a1"]').click()
    assert my_turn(watched)
    assert len(kept_moves(watched)) == 2
    assert page.locator(".spent").inner_text() == "Its last move took 8 evaluations."
    page.get_by_role("button", name="Undo").click()
    assert kept_moves(watched) == []
    page.get_by_role("button", name="Hint").click()
    page.get_by_text("Hint: ").wait_for()
    hinted = page.locator(".cell[aria-label*='hint']")
    assert hinted.count() == 1
    assert "not rated" not in page.locator(".cost").inner_text()
    page.get_by_role("slider").fill("2")
    assert "4 nodes" in page.locator(".nodes").inner_text()
    assert "not rated" in page.locator(".cost").inner_text()
    page.get_by_label("Show what it thinks").check()
    page.locator(".grown span").nth(1).wait_for()
    assert page.locator(".grown span").all_inner_texts()[-1].startswith("4 ")


def test_the_board_is_played_by_keyboard_and_read_aloud(watched, web, rules):
    page = watched.page
    page.goto(f"{web.origin}/#/play?size={rules.size}&player=random")
    assert my_turn(watched)
    cells = page.locator(".cell")
    assert cells.count() == rules.num_actions
    names = [cell.get_attribute("aria-label") for cell in cells.all()]
    assert names == [f"{cell_name(a, rules.size)}, empty" for a in range(rules.num_actions)]
    assert page.get_by_role("button", name="b2, empty").count() == 1
    page.locator(".cell[tabindex='0']").focus()  # the middle, b2
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    assert my_turn(watched)
    assert watched.stones()["a1"] == 0
    assert "a1, black stone" in page.locator('[data-cell="a1"]').get_attribute("aria-label")


def test_every_view_fits_a_phone_in_both_themes(watched, web, rules):
    page = watched.page
    page.set_viewport_size({"width": 390, "height": 800})
    views = [
        "",
        "agent/1",
        "pair/1/2",
        "game/1",
        f"play?size={rules.size}",
        f"compare?size={rules.size}",
    ]
    backgrounds = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        for number, view in enumerate(views):
            page.goto(f"{web.origin}/?{number}{theme}#/{view}")  # another page each time
            page.locator("main svg, main table").first.wait_for()
            width = page.evaluate("() => document.documentElement.scrollWidth")
            assert width <= 390, f"{view}: {width}"
        backgrounds.append(page.evaluate("() => getComputedStyle(document.body).backgroundColor"))
    assert backgrounds[0] != backgrounds[1]
    assert all(url.startswith(web.origin) for url in watched.requests)


def test_the_lab_is_browsed_down_to_a_game(watched, web):
    page = watched.page
    page.goto(web.origin)
    page.locator(".league tbody tr").nth(6).wait_for()
    assert page.locator(".point").count() == 6  # random has spent nothing on training
    page.get_by_text("nodes a move", exact=True).click()
    page.locator(".point").last.click()
    page.get_by_role("heading", name="Opponents").wait_for()
    page.locator("table a[href*='pair']").first.click()
    page.locator("a[href*='game/']").first.click()
    page.get_by_role("button", name="What did they think?").click()
    page.locator(".value-chart, .moves").first.wait_for()
    page.get_by_role("button", name="Last position").click()
    assert "wins" in page.locator(".situation").inner_text()


def test_the_tabulator_key_stops_once_in_a_chart(watched, web):
    page = watched.page
    page.goto(web.origin)
    page.locator(".point").first.wait_for()
    assert page.locator(".point[tabindex='0']").count() == 1
    page.locator(".point[tabindex='0']").focus()
    page.keyboard.press("ArrowRight")
    second = page.locator(".point").nth(1).get_attribute("aria-label")
    assert page.evaluate("() => document.activeElement.getAttribute('aria-label')") == second
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Opponents").wait_for()


def test_a_few_wide_intervals_do_not_stretch_the_axis(watched, web):
    """By hand: widths 20, 20, 20, 2,000; the median leaves 30 Elo on either side of a rating."""
    watched.page.goto(web.origin)
    span = watched.page.evaluate("""async () => (await import("hexlaw/charts.js")).eloSpan(
        [[0, 10], [-100, 10], [-50, 10], [-20, 1000]].map(
            ([elo, half]) => ({ elo, low: elo - half, high: elo + half })))""")
    assert span == [-110, 10]
    # Of seven equal opponents nobody's interval is cut.
    watched.page.locator(".league .interval").first.wait_for()
    assert watched.page.locator(".cut-low, .cut-high").count() == 0


def test_the_offline_page_by_mouse_and_keyboard(watched, store, rules, snapshot_key, tmp_path):
    """Heat maps, thoughts, the expected line and blunders, from a file."""
    thinker = Annotator(LabView(store)).thinker(snapshot_key(1), SearchConfig())
    # White loses a1-b1… by force; a1 itself gives away what b2 would have won.
    moves = [0, 4, 1, 6, 2, 8, 5, 7, 3]
    moves = moves[: next(n for n in range(1, 10) if int(play(rules, moves[:n]).winner) >= 0)]
    record = GameRecord(
        boardsize=rules.size,
        moves=moves,
        winner=int(play(rules, moves).winner),
        black=PlayerRecord(name="</script><script>document.title='owned'</script>"),
        white=PlayerRecord(name="white"),
    )
    replay = annotated(record)
    thoughts = [thinker.think(moves[:ply], 8)[0] for ply in range(len(moves))]
    analysis = Analysis(agent="tester", nodes=8, colour=0, moves=thoughts)
    write_replay_page(replay.model_copy(update={"analyses": [analysis]}), tmp_path / "game.html")
    page = watched.page
    page.goto((tmp_path / "game.html").as_uri())
    assert page.title().startswith("Hex 3×3")
    page.keyboard.press("ArrowRight")
    page.get_by_text("A blunder").wait_for()
    assert page.locator(".moves .blunder").count() >= 1

    def shades() -> list[str]:
        return [cell.get_attribute("style") or "" for cell in page.locator(".cell polygon").all()]

    seen = []
    for heat in ("none", "prior", "visits", "Q"):
        page.get_by_text(heat, exact=True).first.click()
        seen.append(shades())
    assert len({json.dumps(each) for each in seen}) == 4
    line = thoughts[1]
    if len(line.variation) > 1:
        page.locator(".line").hover()
        assert page.locator(".ghost").count() == len(line.variation)
    page.keyboard.press("End")
    assert page.locator(".cell").count() == rules.num_actions
    assert watched.requests == [(tmp_path / "game.html").as_uri()]


def test_a_figure_of_a_report_is_whole_on_a_phone_and_can_be_read_after_a_tap(watched):
    """The stored report; a label of 5 px as it is shown at first is of more than 10 then."""
    page = watched.page
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto((Path(__file__).parents[3] / "reference_run/report.html").as_uri())
    figure = page.locator(".plot svg").first
    assert figure.bounding_box()["width"] <= 390
    figure.click()
    assert figure.bounding_box()["width"] > 800
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    page.keyboard.press("Space")  # the tap has put the focus there
    assert figure.bounding_box()["width"] <= 390
