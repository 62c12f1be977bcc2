"""`hexlaw list`: what there is to choose from, and what a lab holds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pydantic
import sqlalchemy as sa
import tyro
from rich.console import Console
from rich.table import Column, Table
from sqlalchemy import orm

import games
from experiments.players.agents import open_lab
from experiments.reproduction.plan import load_plan, preset_names
from experiments.reproduction.recipe import load_recipe, recipe_names
from experiments.studies.discovery import find_studies
from experiments.verb import Outcome, VerbConfig
from games.config import describe
from games.errors import InputError
from games.text.notation import NOBODY, PLAYER_NAMES
from games.text.numbers import side_by_side
from training.config import TrainConfig
from training.store import Agent, Match, Run, Snapshot
from training.store import Game as GameRow


class ListConfig(VerbConfig, frozen=True):
    """List games, presets, recipes, studies and, for a lab, its runs."""

    lab: Path | None = None
    """List the runs of this lab too."""
    games: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """List the stored games of the lab instead: numbers for `hexlaw replay`."""
    player: str | None = None
    """Only games of players with this in their names."""
    limit: int = pydantic.Field(100, ge=1)
    """No more games than so many, the newest; how many there are is always said."""


def list_things(config: ListConfig, console: Console) -> Outcome:
    """Print and return games, presets, recipes, studies and runs; or the games that a lab holds.

    Raises:
        InputError: if there is no such lab, or none is named where games are asked for.
    """
    if config.games:
        return _list_games(config, console)
    if config.player is not None:
        raise InputError("--player chooses among games; add --games")
    sizes = {name: [min(entry.sizes), max(entry.sizes)] for name, entry in games.REGISTRY.items()}
    for name, ends in sizes.items():
        smallest, largest = ("×".join(map(str, games.make(name, size).shape)) for size in ends)
        console.print(f"game {name}, boards {smallest} to {largest}")
    presets = {name: load_plan(name).title for name in preset_names()}
    table = Table("preset", "what it is", box=None)
    for name, title in presets.items():
        table.add_row(name, title)
    console.print(table)
    recipes = {name: load_recipe(name).title for name in recipe_names()}
    table = Table("recipe", "what it is", box=None)
    for name, title in recipes.items():
        table.add_row(name, title)
    console.print(table)
    studies = {name: study.title for name, study in find_studies().items()}
    table = Table("study", "what it is", box=None)
    for name, title in studies.items():
        table.add_row(name, title)
    console.print(table)
    runs = [] if config.lab is None else _runs(config.lab)
    if runs:
        table = Table(
            Column("run", overflow="fold"),
            "boards",
            "parameters",
            "snapshots",
            "samples",
            "train FLOPs",
            "status",
            box=None,
        )
        for run in runs:
            table.add_row(
                run["id"],
                run["boards"],
                f"{run['parameters']:,}",
                str(run["snapshots"]),
                f"{run['samples']:,}",
                f"{run['train_flops']:.2e}",
                run["status"],
            )
        console.print(table)
    found = {"games": sizes, "presets": presets, "recipes": recipes, "studies": studies}
    return Outcome(found | {"runs": runs})


def _list_games(config: ListConfig, console: Console) -> Outcome:
    if config.lab is None:
        raise InputError("--games: name the lab that holds them with --lab")
    black, white = orm.aliased(Agent), orm.aliased(Agent)
    found = (
        sa.select(
            GameRow.id,
            Match.tournament,
            black.boardsize,
            black.spec.label("black"),
            white.spec.label("white"),
            GameRow.winner,
            GameRow.ending,
            (sa.func.length(GameRow.moves) // 2).label("plies"),
        )
        .join(Match, GameRow.match_id == Match.id)
        .join(black, Match.black_id == black.id)
        .join(white, Match.white_id == white.id)
    )
    if config.player is not None:
        of_player = (side.spec.contains(config.player, autoescape=True) for side in (black, white))
        found = found.where(sa.or_(*of_player))
    store = open_lab(config.lab)
    ((count,),) = store.frame_query(sa.select(sa.func.count()).select_from(found.subquery()))[1]
    columns, rows = store.frame_query(found.order_by(GameRow.id.desc()).limit(config.limit))
    listed = [dict(zip(columns, row, strict=True)) for row in reversed(rows)]
    names = [Column(name, overflow="fold") for name in ("black", "white")]
    table = Table("game", "board", *names, "winner", "plies", box=None)
    for game in listed:
        size = game["boardsize"]
        winner = "draw" if game["winner"] == NOBODY else PLAYER_NAMES[game["winner"]]
        table.add_row(
            str(game["id"]), side_by_side(size), game["black"], game["white"], winner,
            str(game["plies"]),
        )  # fmt: skip
    console.print(table)
    rest = "" if len(listed) == count else f", of which these are the newest {len(listed):,}"
    console.print(f"{count:,} games{rest}; hexlaw replay NUMBER --lab {config.lab} shows one")
    return Outcome({"lab": str(config.lab), "count": count, "games": listed})


def _runs(lab: Path) -> list[dict[str, Any]]:
    query = (
        sa.select(
            Run.id,
            Run.boardsize,
            Run.config,
            Run.parameters,
            Run.status,
            sa.func.count(Snapshot.id).label("snapshots"),
            sa.func.coalesce(sa.func.max(Snapshot.samples), 0).label("samples"),
            sa.func.coalesce(sa.func.max(Snapshot.train_flops), 0.0).label("train_flops"),
        )
        .outerjoin(Snapshot, Snapshot.run_id == Run.id)
        .group_by(Run.id)
        .order_by(Run.boardsize, Run.parameters, Run.seed)
    )
    columns, rows = open_lab(lab).frame_query(query)
    runs = [dict(zip(columns, row, strict=True)) for row in rows]
    return [run | {"boards": _boards(run.pop("boardsize"), run.pop("config"))} for run in runs]


def _boards(boardsize: int, config: dict[str, Any]) -> str:
    """What the weights of a run have been trained on."""
    if not config.get("mix"):  # what another version wrote need not be valid in this one
        return side_by_side(boardsize)
    try:
        return TrainConfig.model_validate(config).where
    except pydantic.ValidationError as error:
        raise InputError(f"a run of the lab has no valid mix: {describe(error)}") from error
