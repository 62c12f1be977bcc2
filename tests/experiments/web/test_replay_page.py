"""The offline page as a file: small, self-contained, and safe whatever a record holds."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from experiments.players.thoughts import Analysis, Thoughts
from experiments.web.positions import page_board, page_course
from experiments.web.replay_page import (
    ReplayRecord,
    Side,
    Verdict,
    perfect_verdicts,
    read_web_file,
    render_replay_page,
    write_replay_page,
)
from games.errors import InputError
from games.exact.perfect import winning_moves
from games.hex import Hex
from games.text.notation import play_through

MARKUP = "</script><script>document.title = 'owned'</script><!--"


def embedded(page: str) -> dict:
    found = re.search(
        r'<script type="application/json" id="record">(.*?)</script>', page, re.DOTALL
    )
    assert found is not None
    return json.loads(found[1])


def full_record(oracle, size: int, rng: np.random.Generator, **changes) -> ReplayRecord:
    """A game with as much said about it as can be: both players' thoughts in every cell."""
    moves, owner = [], [-1] * size**2
    for action in rng.permutation(size**2).tolist():
        owner[action] = len(moves) % 2
        moves.append(action)
        if oracle("hex_oracle").joined(owner, size):
            break

    def thoughts() -> Thoughts:
        cells = size**2
        return Thoughts(
            action=int(rng.integers(cells)),
            value=rng.uniform(-1, 1),
            network_value=rng.uniform(-1, 1),
            prior=rng.dirichlet(np.ones(cells)).tolist(),
            visits=rng.multinomial(1023, rng.dirichlet(np.ones(cells))).tolist(),
            q=rng.uniform(-1, 1, cells).tolist(),
            policy=rng.dirichlet(np.ones(cells)).tolist(),
            variation=rng.permutation(cells)[:12].tolist(),
        )

    sides = (Side(name="a", elo=-12.5, se=3.0, nodes=1024, move_flops=2e9), Side(name="b"))
    analyses = [
        Analysis(agent=side.name, nodes=1024, colour=k, moves=[thoughts() for _ in moves])
        for k, side in enumerate(sides)
    ]
    fields = {"title": "a game", "size": size, "moves": moves, "winner": (len(moves) + 1) % 2}
    return ReplayRecord(**{**fields, "players": sides, "analyses": analyses, **changes})


def test_a_nine_by_nine_game_with_full_analysis_stays_small(oracle, tmp_path):
    record = full_record(oracle, 9, np.random.default_rng(0))
    write_replay_page(record, tmp_path / "game.html")
    assert len(record.moves) > 40
    assert (tmp_path / "game.html").stat().st_size < 400_000


def test_the_page_holds_the_whole_record_and_names_no_address(oracle):
    record = full_record(oracle, 4, np.random.default_rng(1), title=MARKUP, origin=MARKUP)
    page = render_replay_page(record)
    shown = embedded(page)
    assert shown["moves"] == record.moves
    assert shown["title"] == MARKUP
    whole = record.model_dump(mode="json")["analyses"]
    for analysis in whole:
        for thoughts in analysis["moves"]:
            del thoughts["policy"]  # no script reads it
    assert shown["analyses"] == whole
    assert "<script>document.title" not in page
    outside = re.sub(r"data:text/javascript;base64,[\w+/=]+", "", page)
    assert not re.search(r"https?://|src=|href=|url\(|@import", outside)


def to_plain(data: object) -> object:
    """As JSON brings it."""
    return json.loads(json.dumps(data))


def test_the_scripts_find_what_they_read_of_thoughts():
    """The JSON as replay.js, charts.js, play.js and compare.js know it."""
    thoughts = Thoughts(
        action=1, value=0.12344, network_value=-0.00001, prior=[0.25, 0.75, 0, 0],
        visits=[1, 6, 0, 0], q=[-0.5, 0.33333, 0, 0], policy=[0, 1, 0, 0], variation=[1, 2],
    )  # fmt: skip
    record = ReplayRecord(
        title="t", size=2, moves=[1], winner=None, players=(Side(name="a"), Side(name="b", elo=3)),
        analyses=[Analysis(agent="a", nodes=8, colour=0, moves=[thoughts])],
        perfect=[Verdict(winner=0, moves=[1, 2])],
    )  # fmt: skip
    side = {"se": None, "nodes": None, "move_flops": None, "train_flops": None, "settings": {}}
    shown = embedded(render_replay_page(record))
    assert shown.pop("board") == to_plain(page_board(Hex(2)))
    assert shown == {
        **{"changes": None, "ways": None, "over": False, "won": None, "chain": []},
        "title": "t",
        "game": "hex",
        "size": 2,
        "moves": [1],
        "winner": None,
        "opening_plies": 0,
        "players": [{"name": "a", "elo": None, **side}, {"name": "b", "elo": 3.0, **side}],
        "analyses": [
            {
                "agent": "a",
                "nodes": 8,
                "colour": 0,
                "moves": [
                    {
                        "action": 1,
                        "value": 0.1234,
                        "network_value": 0.0,
                        "prior": [0.25, 0.75, 0.0, 0.0],
                        "visits": [1, 6, 0, 0],
                        "q": [-0.5, 0.3333, 0.0, 0.0],
                        "evaluations": None,
                        "variation": [1, 2],
                    }
                ],
            }
        ],
        "perfect": [{"winner": 0, "moves": [1, 2]}],
        "origin": "",
    }


@pytest.mark.parametrize(
    ("pattern", "shape"),
    [
        (
            r"\b(?:thoughts?|said)\??\.(\w+)",
            {*Thoughts.model_fields, "nodes", "seconds", "done", "spent"},
        ),
        (r"\banalysis\??\.(\w+)", set(Analysis.model_fields)),
        (
            r"\brecord\.(\w+)",
            {
                *ReplayRecord.model_fields,
                "board",
                *page_course(Hex(2), [Hex(2).init()], ways=False),
            },
        ),
    ],
)
def test_the_scripts_read_nothing_that_is_not_sent(pattern, shape):
    scripts = ("replay", "charts", "play", "compare")
    read = {
        name for script in scripts for name in re.findall(pattern, read_web_file(f"{script}.js"))
    }
    assert read
    assert read <= shape


def test_a_record_that_is_no_game_makes_no_page(oracle, tmp_path):
    record = full_record(oracle, 3, np.random.default_rng(2), moves=[4, 4])
    with pytest.raises(InputError, match="move 2"):
        write_replay_page(record, tmp_path / "game.html")
    assert list(tmp_path.iterdir()) == []


def test_a_page_that_cannot_be_written_is_named(oracle, tmp_path):
    (tmp_path / "file").write_text("")
    record = full_record(oracle, 3, np.random.default_rng(3))
    with pytest.raises(InputError, match=r"game\.html"):
        write_replay_page(record, tmp_path / "file" / "game.html")


def test_verdicts_are_those_of_the_tables(oracle):
    record = full_record(oracle, 4, np.random.default_rng(4))
    verdicts = perfect_verdicts(Hex(4), record.moves)
    states = play_through(Hex(4), record.moves)[:-1]
    stacked = type(states[0])(*(np.stack(leaves) for leaves in zip(*states, strict=True)))
    expected = winning_moves(Hex(4), stacked)
    for ply, (verdict, winning) in enumerate(zip(verdicts, expected, strict=True)):
        assert verdict is not None
        assert verdict.moves == np.flatnonzero(winning).tolist()
        assert verdict.winner == (ply % 2 if winning.any() else 1 - ply % 2)


def test_large_boards_have_no_verdicts():
    assert perfect_verdicts(Hex(9), [0, 1, 2]) == [None, None, None]
