"""Families of configurations that anyone can add a kind to."""

from __future__ import annotations

import importlib.metadata
from typing import Annotated, ClassVar, Literal

import pydantic
import pytest

from games import kinds
from games.config import FrozenModel
from games.kinds import Kinds


class Shape(FrozenModel, frozen=True):
    pass


@pytest.fixture
def shapes() -> Kinds[Shape]:
    family = Kinds[Shape]("shape", key="name", default="square")

    @family.add
    class Square(Shape, frozen=True):
        name: ClassVar[str] = "square"  # not written down
        side: int = 1

    @family.add
    class Circle(Shape, frozen=True):
        name: Literal["circle"] = "circle"
        radius: int = pydantic.Field(default=1, ge=1)

    return family


def test_a_kind_is_written_as_its_name_or_as_its_settings(shapes):
    assert shapes.names == ("square", "circle")
    assert shapes.parse("circle") == shapes["circle"]()
    assert shapes.parse({"name": "circle", "radius": 3}).radius == 3
    assert shapes.parse({"side": 4}) == shapes["square"].model_validate({"side": 4})
    assert shapes.parse({"name": "square", "side": 4}) == shapes.parse({"side": 4})
    round_one = shapes.parse("circle")
    assert shapes.parse(round_one) is round_one
    assert [shapes.name_of(shapes.parse(name)) for name in shapes.names] == list(shapes.names)


def test_a_field_holds_any_kind_and_writes_it_down_whole(shapes):
    class Drawing(FrozenModel, frozen=True):
        shape: Annotated[pydantic.SerializeAsAny[Shape], pydantic.BeforeValidator(shapes.parse)]

    for written in ({"name": "circle", "radius": 2}, {"side": 3}):
        drawing = Drawing.model_validate({"shape": written})
        assert drawing.model_dump() == {"shape": written}
        assert Drawing.model_validate_json(drawing.model_dump_json()) == drawing
        assert hash(drawing) == hash(Drawing.model_validate({"shape": written}))
    with pytest.raises(pydantic.ValidationError) as refused:
        Drawing.model_validate({"shape": {"name": "circle", "radius": 0}})
    assert refused.value.errors()[0]["loc"] == ("shape", "radius")


def test_what_is_unknown_or_taken_is_refused_by_name(shapes):
    with pytest.raises(ValueError, match="unknown shape 'cube'; there is square, circle"):
        shapes.parse("cube")

    class Other(Shape, frozen=True):
        name: Literal["circle"] = "circle"

    with pytest.raises(ValueError, match="shape 'circle'"):
        shapes.add(Other)


def test_packages_beside_hexlaw_are_asked_when_a_name_is_not_known(shapes, monkeypatch):
    class Entry:
        def load(self):
            @shapes.add
            class Star(Shape, frozen=True):
                name: Literal["star"] = "star"

    def entry_points(group):
        return [Entry()] if group == "hexlaw" else []

    monkeypatch.setattr(importlib.metadata, "entry_points", entry_points)
    kinds.load_entry_points.cache_clear()
    assert shapes.name_of(shapes.parse("star")) == "star"
    assert shapes.names == ("square", "circle", "star")
    kinds.load_entry_points.cache_clear()
