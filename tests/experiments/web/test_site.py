"""The site that needs no server, opened from its folder in a real browser: as a visitor uses it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from experiments.verbs.export import ExportConfig, export
from experiments.web.annotate import Annotator
from experiments.web.lab_view import LabView
from games.errors import InputError
from games.text.notation import play
from games.text.plain_json import to_json
from games.text.sgf import read_sgf
from tests.experiments.web.browsing import kept_moves, my_turn, save, stones_after

BLUNDER, REFUTED = 0, 4
"""a1 wins nothing on the empty 3×3 board; b2, the middle, does."""


@pytest.fixture(scope="module")
def sites(store, tmp_path_factory) -> dict[bool, Path]:
    """The lab as a folder and as one file."""
    found = {}
    for single in (False, True):
        folder = tmp_path_factory.mktemp("site") / "site"
        config = ExportConfig(lab=store.folder, site=folder, single_file=single)
        outcome = export(config, Console(quiet=True))
        assert outcome.result["agents"] == 3
        found[single] = folder / "index.html"
    return found


def only_of(site: Path, watched) -> bool:
    """Whether nothing but the site's own files was asked for."""
    return all(url.startswith(site.parent.as_uri()) for url in watched.requests)


@pytest.mark.parametrize("single", [False, True])
def test_a_game_is_played_saved_and_replayed(watched, sites, rules, snapshot_key, tmp_path, single):
    page, site = watched.page, sites[single]
    assert len(list(site.parent.rglob("*.*"))) == (1 if single else 6)
    page.context.set_offline(True)
    player = snapshot_key(2).replace("#", "%23")
    page.goto(f"{site.as_uri()}#/play?size={rules.size}&player={player}&nodes=8")
    while my_turn(watched):
        page.locator(".playable").first.click()
    moves = kept_moves(watched)
    assert int(play(rules, moves).winner) >= 0
    assert watched.stones() == stones_after(moves, rules.size)
    record = read_sgf(save(watched, "Save SGF", tmp_path).read_text())
    assert record.moves == moves
    assert record.winner == int(play(rules, moves).winner)
    saved = save(watched, "Save page", tmp_path)
    assert only_of(site, watched)
    page.get_by_role("button", name="Review the game").click()
    page.get_by_text("is proven by exact search").wait_for()
    assert page.locator(".review .board").is_visible()

    watched.requests.clear()
    page.goto(f"{saved.as_uri()}#{len(moves) - 1}")
    page.locator("output", has_text=f"{len(moves) - 1} / {len(moves)}").wait_for()
    assert watched.stones() == stones_after(moves[:-1], rules.size)
    assert page.locator(".thoughts").is_visible()
    assert watched.requests == [saved.as_uri()]


def test_rows_and_games_are_the_servers(watched, sites, store):
    """Every agent, every pair and, with thoughts, two games: what `hexlaw serve` would say."""
    lab = LabView(store)
    numbers = [agent["id"] for agent in lab.overview()["agents"]]
    pairs = [(a, b) for a in numbers for b in numbers if a < b]
    watched.page.goto(sites[False].as_uri())
    load = '(path) => import("hexlaw/link.js").then((link) => link.load(path))'
    for number in numbers:
        found = watched.page.evaluate(load, f"/api/agent/{number}")
        expected = json.loads(to_json(lab.agent(number)))
        by_id = {row["id"]: row for row in found["opponents"]}
        for row in expected["opponents"]:
            assert {key: by_id[row["id"]].get(key, 0) for key in row} == row
        assert listed(found) == listed(expected)
    for first, second in pairs:
        found = watched.page.evaluate(load, f"/api/pair/{first}/{second}")
        expected = json.loads(to_json(lab.pair(first, second)))
        by_black = {row["black_id"]: row for row in found["records"]}
        for row in expected["records"]:
            assert {key: by_black[row["black_id"]][key] for key in row} == row
        assert listed(found) == listed(expected)
    annotator = Annotator(lab)
    for number in (1, 2):
        found = watched.page.evaluate(load, f"/api/game/{number}?thoughts")
        expected = json.loads(
            annotator.annotate(annotator.stored(number), thoughts=True).model_dump_json()
        )
        for key in ("title", "size", "moves", "winner", "opening_plies", "perfect"):
            assert found[key] == expected[key], key
        for said, stored in zip(found["analyses"], expected["analyses"], strict=True):
            assert (said["agent"], said["nodes"]) == (stored["agent"], stored["nodes"])
            for here, there in zip(said["moves"], stored["moves"], strict=True):
                assert (here["action"], here["visits"]) == (there["action"], there["visits"])
                np.testing.assert_allclose(here["q"], there["q"], atol=1e-4)


def test_a_site_has_a_title_and_tells_what_a_link_to_it_leads_to(watched, sites, store, tmp_path):
    page = watched.page
    page.goto(f"{sites[True].as_uri()}#/play")
    page.locator(".board").wait_for()
    title = f"Hex agents: {store.folder.name}"  # pytest's folder has no - or _ in its name
    assert page.locator("h1").inner_text() == title
    assert page.title() == f"Play · {title}"
    described = page.locator("meta[name=description]").get_attribute("content")
    assert described.startswith("Play Hex 3×3 against 3 agents of known strength")
    config = ExportConfig(lab=store.folder, site=tmp_path / "own", title="Class <11b>")
    export(config, Console(quiet=True))
    page.goto((tmp_path / "own/index.html").as_uri())
    page.locator(".board").wait_for()
    assert page.title() == "Play · Class <11b>"
    assert page.locator("meta[property='og:title']").get_attribute("content") == "Class <11b>"


def listed(found: dict) -> tuple:
    games = [
        (game["id"], game["black_id"], game["white_id"], game["winner"], game["plies"])
        for game in found["games"]
    ]
    return games, found["total"], found["played"]


def test_a_visitor_is_told_what_a_move_was_worth(watched, sites, rules):
    page = watched.page
    page.goto(f"{sites[True].as_uri()}#/play?size={rules.size}&player=perfect")
    page.get_by_text("How to play Hex").wait_for()
    assert my_turn(watched)
    page.locator('[data-cell="a1"]').click()  # 3×3 is won by five first moves, a1 not among them
    coach = page.locator(".coach")
    coach.filter(
        has_text="Your a1 gave the win away; c1, a2, b2, c2, a3 would have kept it"
    ).wait_for()
    assert my_turn(watched)
    assert kept_moves(watched) == [BLUNDER, REFUTED]
    page.get_by_role("button", name="Undo").click()
    page.locator('[data-cell="b2"]').click()
    coach.filter(has_text="Your b2 was right").wait_for()
    while my_turn(watched):
        page.get_by_role("button", name="Who should win?").click()
        page.get_by_text("Perfect play: black wins").wait_for()
        page.locator(".cell[aria-label$='win']").first.click()
    page.get_by_role("button", name="Review the game").click()
    page.locator(".turns, .review [role=status]", has_text="Nowhere").wait_for()


def test_a_game_branches_from_its_turning_point(watched, sites, rules):
    page = watched.page
    site = f"{sites[False].as_uri()}#/play"
    page.goto(f"{site}?size={rules.size}&moves=0,4,1,2,5&player=random")
    my_turn(watched)
    while my_turn(watched):
        page.locator(".playable").first.click()
    page.get_by_role("button", name="Review the game").click()
    turn = page.locator(".turns button").first
    turn.wait_for()
    assert "move 1, a1" in turn.inner_text()
    turn.click()
    page.locator(".review").get_by_text("Perfect play: black wins").first.wait_for()
    page.get_by_role("button", name="Play on from here").click()
    page.locator(".review").wait_for(state="detached")
    my_turn(watched)
    assert len(kept_moves(watched)) <= 1


def test_every_view_fits_a_phone_in_both_themes(watched, sites, rules):
    page, site = watched.page, sites[True]
    page.set_viewport_size({"width": 390, "height": 800})
    views = ["", "play", "agent/1", "pair/1/2", "game/1", f"compare?size={rules.size}"]
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        for number, view in enumerate(views):
            page.goto(f"{site.as_uri()}?{number}{theme}#/{view}")  # another page each time
            page.locator("main svg, main table").first.wait_for()
            width = page.evaluate("() => document.documentElement.scrollWidth")
            assert width <= 390, f"{view}: {width}"
    assert only_of(site, watched)


def test_words_are_explained_by_keyboard(watched, sites, rules):
    page = watched.page
    page.goto(f"{sites[True].as_uri()}#/play?size={rules.size}")
    word = page.get_by_role("button", name="node: what is that?").first
    word.focus()
    page.keyboard.press("Enter")
    page.get_by_text("One look of the network at one position").wait_for()
    page.keyboard.press("Escape")
    page.get_by_text("One look of the network at one position").wait_for(state="hidden")


def test_what_cannot_be_exported_is_refused(store, tmp_path):
    console = Console(quiet=True)
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").write_text("")
    with pytest.raises(InputError, match="choose another --site"):
        export(ExportConfig(lab=store.folder, site=tmp_path / "full"), console)
    with pytest.raises(InputError, match="--single-file goes with --site"):
        export(ExportConfig(lab=store.folder, single_file=True), console)
    with pytest.raises(InputError, match="--title goes with --site"):
        export(ExportConfig(lab=store.folder, title="Ours"), console)
    broken = tmp_path / "broken"
    shutil.copytree(store.folder, broken)
    next(broken.glob("snapshots/*/01.safetensors")).unlink()
    with pytest.raises(InputError, match="cannot read snapshot"):
        export(ExportConfig(lab=broken, site=tmp_path / "site"), console)
    assert not (tmp_path / "site/index.html").exists()
