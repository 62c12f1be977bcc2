"""A lab as a site that needs no server: its agents play in the visitor's browser.

index.html            the pages of `hexlaw serve`, with all their scripts and the engine
data/lab.js           agents with ratings and costs, records, games
data/weights-*.js     a snapshot each, read when it is first asked

Or all of it in index.html. Data lie in scripts, which a page may read when it is opened by a double
click; files it may not. `static/site-data.js` reads what is written here.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa
from markupsafe import Markup

import games
from experiments.players.thinking import BUDGETS
from experiments.web.engine import GAME, PROVES_UP_TO, RULES, SOLVED_UP_TO, engine_script
from experiments.web.lab_view import LabView
from experiments.web.play_page import node_costs, search_name
from experiments.web.positions import changes_between, deciding_cells, known_boards
from experiments.web.replay_page import embed, inline_modules, page_template, read_web_file
from games.errors import InputError
from games.text.notation import play_through
from mcts import STRATEGIES
from training.files import read_snapshot, write_atomically
from training.store import Agent, Match, Snapshot, Store
from training.store import Game as GameRow

PAGES = (
    "ui", "words", "hex", "positions", "board", "rules-here", "boards", "charts", "replay", "rows",
    "site-data", "engine-link", "players", "league", "play", "review", "compare", "app",
    "replay-page",
)  # fmt: skip


def write_site(store: Store, folder: Path, *, single_file: bool, title: str | None = None) -> int:
    """Write the site of a lab into a folder that is there.

    Args:
        store: the lab.
        folder: where to write.
        single_file: all of it in index.html.
        title: what the pages are called; of itself the lab's own.

    Returns:
        How many agents' networks it can ask.

    Raises:
        InputError: if a snapshot is missing or damaged, or a file cannot be written.
    """
    lab = LabView(store)
    weights = dict(_weights(store, lab))
    overview = lab.overview()
    shown: str = title or overview["title"]
    carried = site_data(store, lab, shown)
    data = {"lab": carried, "replay": _replay_template(), **weights}
    parts = {
        name: Markup(f"hexlawPart({embed(name)},{embed(each)})") for name, each in data.items()
    }
    page = page_template("site.html").render(
        title=shown,
        description=_describe(overview, carried["choices"]["drawn"]),
        style=read_web_file("style.css"),
        importmap=embed({"imports": _modules()}),
        engine=Markup(engine_script()),
        parts=list(parts.values()) if single_file else [],
    )
    write_atomically(folder / "index.html", page.encode())
    for name, text in {} if single_file else parts.items():
        write_atomically(folder / "data" / f"{name}.js", text.encode())
    return len(weights)


def _describe(overview: dict[str, Any], drawn: dict[str, Any]) -> str:
    """What a link to the site promises."""
    boards = [drawn.get(each["key"], each) for each in overview["boards"]]
    here = [each for each in boards if each["game"] == GAME]
    agents = sum(each["game"] == GAME for each in overview["snapshots"])
    others = [each["name"] for each in boards if each["game"] != GAME]
    play = f"Play {', '.join(each['name'] for each in here)} against {agents} agents of known "
    seen = f"Agents of {', '.join(others)} and their games can be looked at. " if others else ""
    return (
        (f"{play}strength, and see what they think. " if here else "")
        + seen
        + "Nothing to install; everything runs in this page."
    )


def site_data(store: Store, lab: LabView, title: str) -> dict[str, Any]:
    """What the pages show, but for weights."""
    rules = {
        number: search_name(STRATEGIES.parse(search)) for number, search in lab.searches().items()
    }
    overview = lab.overview()
    boards = {agent["id"]: (agent["game"], agent["size"]) for agent in overview["agents"]}
    return {
        "overview": {**overview, "title": title},
        "choices": {
            "rules": RULES,
            "of_two": [],
            "without_nodes": [],
            "budgets": BUDGETS,
            "node_flops": node_costs(overview),
            "drawn": _drawn(overview),
            "rule_of": rules,
        },
        "matches": [row for row in _matches(store) if row[0] in boards],
        "games": list(_games(store, boards)),
    }


def _drawn(overview: dict[str, Any]) -> dict[str, Any]:
    """The boards, and which of them the page's engine plays and how far it proves."""
    return {
        key: {
            **board,
            "playable": board["game"] == GAME,
            "solved": board["game"] == GAME and board["size"] <= SOLVED_UP_TO,
            "proves": board["game"] == GAME and board["size"] <= PROVES_UP_TO,
            "prompt": board["game"] == GAME and board["size"] <= SOLVED_UP_TO,
        }
        for key, board in known_boards(overview).items()
    }


def _modules() -> dict[str, str]:
    """By which name the page's scripts import each other, and what they are."""
    files = {
        "preact": "vendor/preact.js",
        "preact/hooks": "vendor/hooks.js",
        "htm": "vendor/htm.js",
    }
    files |= {f"hexlaw/{name}.js": f"{name}.js" for name in PAGES}
    # The same pages with another source: the engine in place of a server.
    return inline_modules(files | {"hexlaw/link.js": "site-link.js"})


def _replay_template() -> str:
    """The page of one game, to be filled in by the page when a game is saved."""
    names = ("title", "style", "importmap", "record")
    return page_template("replay.html").render({name: Markup(f"@@{name}@@") for name in names})


def _weights(store: Store, lab: LabView) -> Iterator[tuple[str, str]]:
    """The parts of snapshots that the engine can ask: name, by place in the overview, and file in
    base64."""
    query = sa.select(Snapshot.run_id, Snapshot.index, Snapshot.file, Snapshot.sha256)
    files = {f"{run}#{index}": rest for run, index, *rest in store.frame_query(query)[1]}
    for number, snapshot in enumerate(lab.overview()["snapshots"]):
        if snapshot["game"] != GAME:
            continue
        file, sha256 = files[snapshot["key"]]
        payload = read_snapshot(store.folder / file, sha256)
        yield f"weights-{number}", base64.b64encode(payload).decode()


def _matches(store: Store) -> Iterator[list[int]]:
    """[black, white, black's wins, white's wins, draws, games, distinct games] of each pair, cut
    short where nothing was drawn and all games count and differ."""
    columns = [Match.black_wins, Match.white_wins, Match.draws, Match.games, Match.distinct_games]
    totals = sa.select(Match.black_id, Match.white_id, *map(sa.func.sum, columns))
    for row in store.frame_query(totals.group_by(Match.black_id, Match.white_id))[1]:
        *_, black_wins, white_wins, draws, games, distinct = row
        plain = draws == 0 and black_wins + white_wins == games == distinct
        yield list(row[:4] if plain else row)


def _games(store: Store, boards: dict[int, tuple[str, int]]) -> Iterator[list[Any]]:
    """[number, black, white, winner, ending, opening plies, moves] of each game that is kept and,
    where the page has not its rules, what each move changed and the cells that decided it."""
    query = (
        sa.select(
            GameRow.id, Match.black_id, Match.white_id, GameRow.winner, GameRow.ending,
            GameRow.opening_plies, GameRow.moves,
        )
        .join(Match, GameRow.match_id == Match.id)
        .join(Agent, Match.black_id == Agent.id)
        .order_by(GameRow.id)
    )  # fmt: skip
    for *facts, stored in store.frame_query(query)[1]:
        if facts[1] not in boards:
            continue
        name, size = boards[facts[1]]
        moves = np.frombuffer(stored, "<u2").tolist()
        yield [*facts, moves, *([] if name == GAME else _course(name, size, moves))]


def _course(name: str, size: int, moves: list[int]) -> list[Any]:
    """What each move changed, and the cells that decided the game; nothing of an unknown game."""
    try:
        game = games.make(name, size)
        states = play_through(game, moves)
    except InputError:
        return []
    return [changes_between(game, states), deciding_cells(game, states[-1])]
