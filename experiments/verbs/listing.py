"""`hexlaw list`: what there is to choose from, and what a lab holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from rich.console import Console
from rich.table import Table

import games
from experiments.reproduction.plan import load_plan, preset_names
from experiments.reproduction.recipe import load_recipe, recipe_names
from experiments.verb import Outcome, VerbConfig
from games.errors import InputError
from training.store import DATABASE_NAME, Run, Snapshot, Store


class ListConfig(VerbConfig, frozen=True):
    """List games, presets, recipes and, for a lab, its runs."""

    lab: Path | None = None
    """List the runs of this lab too."""


def list_things(config: ListConfig, console: Console) -> Outcome:
    """Print and return games, presets, recipes and runs."""
    sizes = {name: [sizes.start, sizes.stop - 1] for name, (_, sizes, _) in games.REGISTRY.items()}
    for name, (smallest, largest) in sizes.items():
        console.print(f"game [bold]{name}[/], boards {smallest}×{smallest} to {largest}×{largest}")
    presets = {name: load_plan(name).title for name in preset_names()}
    table = Table("preset", "what it is", box=None)
    for name, title in presets.items():
        table.add_row(f"[bold]{name}[/]", title)
    console.print(table)
    recipes = {name: load_recipe(name).title for name in recipe_names()}
    table = Table("recipe", "what it is", box=None)
    for name, title in recipes.items():
        table.add_row(f"[bold]{name}[/]", title)
    console.print(table)
    runs = [] if config.lab is None else _runs(config.lab)
    if runs:
        table = Table(
            "run", "parameters", "snapshots", "samples", "train FLOPs", "status", box=None
        )
        for run in runs:
            table.add_row(
                run["id"],
                f"{run['parameters']:,}",
                str(run["snapshots"]),
                f"{run['samples']:,}",
                f"{run['train_flops']:.2e}",
                run["status"],
            )
        console.print(table)
    return Outcome({"games": sizes, "presets": presets, "recipes": recipes, "runs": runs})


def _runs(lab: Path) -> list[dict[str, Any]]:
    if not (lab / DATABASE_NAME).exists():
        raise InputError(
            f"there is no lab in {lab}; name a folder that `hexlaw train` or `reproduce` made"
        )
    query = (
        sa.select(
            Run.id,
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
    columns, rows = Store(lab).frame_query(query)
    return [dict(zip(columns, row, strict=True)) for row in rows]
