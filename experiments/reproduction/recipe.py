"""Recipes: named training configurations in TOML files, and how they are changed.

A recipe is a file with a `title`, fields of `TrainConfig`, and under `[boards.N]` fields that
differ on boards of side N.
"""

from __future__ import annotations

import functools
import importlib.resources
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pydantic

from games.config import describe
from games.errors import InputError
from training.config import TrainConfig
from training.networks import NetworkConfig

_FOLDER = importlib.resources.files("experiments.reproduction") / "recipes"


class Recipe(NamedTuple):
    """A recipe as it stands in its file."""

    name: str
    title: str
    fields: dict[str, Any]
    boards: dict[int, dict[str, Any]]  # by board side


def recipe_names() -> list[str]:
    """The recipes that come with hexlaw."""
    return sorted(path.name.removesuffix(".toml") for path in _FOLDER.iterdir())


def load_recipe(name: str, file: Path | None = None) -> Recipe:
    """A recipe by name, or from a TOML file.

    Raises:
        InputError: if there is none, or it is not valid TOML.
    """
    if file is None:
        return _named(name)
    try:
        return _read(file.stem, file.read_text(), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read the recipe {file}: {error}") from error


@functools.cache  # a plan of many runs asks for the same few
def _named(name: str) -> Recipe:
    if name not in recipe_names():
        raise InputError(f"unknown recipe {name!r}; there is: {', '.join(recipe_names())}")
    return _read(name, (_FOLDER / f"{name}.toml").read_text(), f"recipe {name}")


def _read(name: str, text: str, where: str) -> Recipe:
    try:
        fields = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{where} is not valid TOML: {error}") from error
    title = str(fields.pop("title", where))
    boards = fields.pop("boards", {})
    if not (
        isinstance(boards, dict)
        and all(n.isdecimal() and isinstance(table, dict) for n, table in boards.items())
    ):
        raise InputError(f"{where}: boards must be tables such as [boards.5]")
    by_size = {int(n): table for n, table in boards.items()}
    return Recipe(name, title, fields, by_size)


def configure(recipe: Recipe, changes: Mapping[str, Any]) -> TrainConfig:
    """The run that a recipe and changes to it describe.

    Args:
        recipe: the recipe.
        changes: fields of `TrainConfig`, dotted for nested ones (`search.nodes`).

    Raises:
        InputError: naming every key that is unknown or whose value does not fit.
    """
    size = changes.get("boardsize", recipe.fields.get("boardsize", 5))
    own = recipe.boards.get(size, {}) if isinstance(size, int) else {}
    try:
        fields = _changed({"recipe": recipe.name} | recipe.fields, own)
        for key, value in changes.items():
            table, dot, field = key.partition(".")
            fields = _changed(fields, {table: {field: value}} if dot else {key: value})
        return TrainConfig.model_validate(fields)
    except pydantic.ValidationError as error:
        raise InputError(describe(error)) from error
    except ValueError as error:
        raise InputError(f"network: {error}") from error


def _changed(fields: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`merge`, where a network or its name stands for its fields if some of them change."""
    network = fields.get("network")
    if isinstance(changes.get("network"), Mapping):
        network = NetworkConfig.parse(network) if isinstance(network, str) else network
        if isinstance(network, NetworkConfig):
            fields = {**fields, "network": network.model_dump()}
    return merge(fields, changes)


def merge(fields: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`fields` with `changes`, table by table."""
    merged = dict(fields)
    for key, value in changes.items():
        below = merged.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            merged[key] = merge(below, value)
        else:
            merged[key] = value
    return merged


def parse_setting(text: str) -> tuple[str, Any]:
    """`KEY=VALUE` with a TOML value; a bare word is a string.

    Raises:
        InputError: if it is not of that form.
    """
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise InputError(f"{text!r} is not KEY=VALUE, e.g. learning_rate=1e-3 or search.nodes=32")
    try:
        return key.strip(), tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key.strip(), value.strip()
