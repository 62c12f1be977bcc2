from __future__ import annotations

import itertools
import xml.etree.ElementTree as ET

import jax
import numpy as np
import pytest

from games import Hex, InputError, parse_cell, parse_moves, play
from games.text.drawing import draw_svg, draw_text, winning_chain

SVG = "{http://www.w3.org/2000/svg}"


def marked(svg: str, attribute: str) -> dict[str, ET.Element]:
    """The picture's elements that carry a cell's name in `attribute`, by that name."""
    return {
        element.get(attribute, ""): element
        for element in ET.fromstring(svg).iter()
        if element.get(attribute)
    }


def test_text_of_an_empty_board():
    assert draw_text(Hex(3), Hex(3).init()) == (
        "     a b c\n"
        "    --X--\n"
        " 1 \\ . . . \\\n"
        "  2 O . . . O\n"
        "   3 \\ . . . \\\n"
        "        --X--\n"
        "black (x) to move"
    )


def test_text_of_a_finished_game_with_its_last_move():
    state = play(Hex(4), "b2 a1 c1 d4 b3 a3 a4")
    assert draw_text(Hex(4), state, last_move=parse_cell("a4", 4)) == (
        "     a b c d\n"
        "    ----X--\n"
        " 1 \\ o . x . \\\n"
        "  2 \\ . x . . \\\n"
        "   3 O o x . . O\n"
        "    4 \\[x]. . o \\\n"
        "         ----X--\n"
        "black (x) won"
    )


def test_text_rows_stay_in_line_beyond_row_nine():
    lines = draw_text(Hex(11), Hex(11).init()).splitlines()
    starts = [line.index(" . ") for line in lines[2:13]]
    assert starts == list(range(4, 15))


def test_the_chain_joins_the_winners_edges_stone_by_stone_and_is_shortest():
    state = play(Hex(4), "a4 a2 b4 b2 c4 c2 d4 b1 a1 d2")  # b1 belongs to the group, not the chain
    assert winning_chain(Hex(4), state) == parse_moves("a2 b2 c2 d2", Hex(4))


def test_there_is_no_chain_before_the_end():
    assert winning_chain(Hex(4), play(Hex(4), "a1 b1 a2 b2")) == []


@pytest.mark.parametrize("size", [2, 5, 11, 13])
def test_no_way_between_the_winners_edges_is_shorter_than_the_chain(size, random_games, hex_oracle):
    record = random_games("hex", size)
    game = Hex(size)
    for b in range(record.actions.shape[1]):
        final = jax.tree.map(lambda leaf, b=b: leaf[-1, b], record.states)
        winner = int(final.winner)
        stones = set(np.flatnonzero(game.stones(final)[winner]).tolist())
        chain = winning_chain(game, final)
        assert set(chain) <= stones
        assert "first" in hex_oracle.sides(chain[0], winner, size)
        assert "second" in hex_oracle.sides(chain[-1], winner, size)
        for cell, following in itertools.pairwise(chain):
            assert hex_oracle.touch(cell, following, size)
        reached = {cell for cell in stones if "first" in hex_oracle.sides(cell, winner, size)}
        for _ in chain[1:]:
            assert not any("second" in hex_oracle.sides(c, winner, size) for c in reached)
            reached |= {c for c in stones if reached & hex_oracle.cells_around(c, size)}


@pytest.mark.parametrize("size", [2, 3, 19])
def test_svg_has_every_cell_every_stone_and_every_coordinate(size):
    svg = draw_svg(Hex(size), play(Hex(size), "a1 b1"))
    assert len(marked(svg, "data-cell")) == size**2
    assert set(marked(svg, "data-stone")) == {"a1", "b1"}
    texts = [element.text for element in ET.fromstring(svg).iter(f"{SVG}text")]
    assert {"a", "b", "1", "2", str(size)} <= set(texts)
    assert len(texts) == 2 * size


def test_svg_cells_that_touch_share_two_corners_and_others_at_most_one(hex_oracle):
    cells = [
        set(element.get("points", "").split())
        for element in marked(draw_svg(Hex(4), Hex(4).init()), "data-cell").values()
    ]
    for a in range(16):
        for b in range(a):
            assert (len(cells[a] & cells[b]) == 2) == hex_oracle.touch(a, b, 4)


def test_svg_stones_lie_in_their_cells_in_their_colours():
    svg = draw_svg(Hex(5), play(Hex(5), "c2 d4"))
    cells, stones = marked(svg, "data-cell"), marked(svg, "data-stone")
    assert len({stone.get("fill") for stone in stones.values()}) == 2
    for name, stone in stones.items():
        corners = [point.split(",") for point in cells[name].get("points", "").split()]
        centre = np.array(corners, float).mean(axis=0)
        placed = [float(stone.get("cx", "nan")), float(stone.get("cy", "nan"))]
        np.testing.assert_allclose(placed, centre, atol=0.1)


def test_svg_marks_the_last_move_and_outlines_the_chain():
    game, moves = Hex(3), "b1 a1 b2 a2 c3 a3 b3"
    svg = draw_svg(game, play(game, moves), last_move=parse_cell("b3", 3))
    assert set(marked(svg, "data-last")) == {"b3"}
    stones = marked(svg, "data-stone")
    outlines = {name: stone.get("stroke") for name, stone in stones.items()}
    assert {name for name, stroke in outlines.items() if stroke} == {"b1", "b2", "b3"}
    (line,) = ET.fromstring(svg).iter(f"{SVG}polyline")
    assert len(line.get("points", "").split()) == 3


def test_svg_heat_shades_cells_in_order_and_labels_stay_readable():
    game = Hex(2)
    svg = draw_svg(
        game, play(game, "a1"), heat=[0, 0.25, 0.5, 1], labels={0: "1", 1: "<&>", 3: "99"}
    )
    fills = [cell.get("fill", "") for cell in marked(svg, "data-cell").values()]
    brightness = [sum(bytes.fromhex(fill[1:])) for fill in fills]
    assert brightness == sorted(brightness, reverse=True)
    assert len(set(brightness)) == 4
    labels = marked(svg, "data-label")
    assert {name: label.text for name, label in labels.items()} == {
        "a1": "1",
        "b1": "<&>",
        "b2": "99",
    }
    # Light on the black stone and on the hottest cell, dark on the cool one.
    assert labels["a1"].get("fill") == labels["b2"].get("fill") != labels["b1"].get("fill")


def test_svg_tells_screen_readers_the_position():
    game = Hex(3)
    root = ET.fromstring(draw_svg(game, play(game, "b1 a1 b2"), last_move=4))
    assert root.get("role") == "img"
    assert root[0].tag == f"{SVG}title"
    assert root[0].text == "Hex 3×3: white to move"
    assert root[1].text == (
        "Black joins top and bottom and has b1 b2. "
        "White joins left and right and has a1. The last move was b2."
    )
    titled = ET.fromstring(draw_svg(game, game.init(), title="Opening <1>"))
    assert titled[0].text == "Opening <1>"


def test_svg_can_share_a_page_it_needs_no_ids_styles_or_files():
    svg = draw_svg(Hex(3), play(Hex(3), "b1 a1 b2 a2 b3"), last_move=7)
    tags = {element.tag.removeprefix(SVG) for element in ET.fromstring(svg).iter()}
    assert tags <= {"svg", "title", "desc", "g", "polygon", "polyline", "circle", "text"}
    assert " id=" not in svg
    assert "href" not in svg


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"last_move": 3}, "last move a2 is an empty cell"),
        ({"last_move": 9}, "no action 9 on a 3×3 board"),
        ({"last_move": -9}, "no action -9 on a 3×3 board"),
        ({"heat": [0.5]}, "heat must be 9 numbers from 0 to 1"),
        ({"heat": [1.5] * 9}, "heat must be 9 numbers from 0 to 1"),
        ({"heat": [float("nan")] * 9}, "heat must be 9 numbers from 0 to 1"),
        ({"labels": {9: "x"}}, "no action 9 on a 3×3 board"),
    ],
)
def test_what_does_not_fit_the_board_is_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        draw_svg(Hex(3), play(Hex(3), "b2"), **arguments)


def test_text_refuses_a_last_move_without_a_stone():
    with pytest.raises(InputError, match="last move a1 is an empty cell"):
        draw_text(Hex(3), Hex(3).init(), last_move=0)
