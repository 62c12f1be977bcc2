"""Tables I and II: what was trained, and with which settings."""

from __future__ import annotations

from typing import Any

import pandas as pd

from analysis.figures.theme import recipe_name
from analysis.figures.wording import compute, duration, number, unbroken
from analysis.laws import published
from analysis.report.exhibits.base import Cell, Exhibit, Material, Table, board

_THE_RUNS_OWN = {"recipe", "game", "boardsize", "network", "samples", "seed", "begin"}
_FEW = 4  # values of a field that are spelt out


def table_1(material: Material) -> Exhibit:
    """Board limits: networks, samples and compute of each board, beside Jones's."""
    runs, snapshots = material.rows.runs, material.rows.snapshots
    rows = []
    kinds = runs[["boardsize", "recipe"]].drop_duplicates().sort_values(["boardsize", "recipe"])
    for kind in kinds.to_dict("records"):
        size, recipe = kind["boardsize"], kind["recipe"]
        own = runs[(runs["boardsize"] == size) & (runs["recipe"] == recipe)]
        taken = snapshots[snapshots["run_id"].isin(own["id"])]
        spent = taken.sort_values("train_flops").groupby("run_id").last()
        theirs = published.BOARD_LIMITS.get(size)
        rows.append(
            [
                Cell(board(size), recipe),
                Cell(
                    unbroken(f"{own['width'].max()} × {own['depth'].max()}"),
                    f"{theirs[0]} × {theirs[1]}" if theirs else "",
                ),
                Cell(number(len(own)), f"{len(taken)} snapshots"),
                Cell(compute(spent["samples"].max()), _jones(theirs, 2)),
                Cell(compute(spent["jones_flops"].max()), _jones(theirs, 3)),
                compute(spent["train_flops"].sum()),
                Cell(duration(float(spent["seconds"].sum())), _energy(spent["energy_joules"])),
            ]
        )
    head = ["board", "largest width × depth (Jones)", "runs", "samples of the longest run (Jones)",
            "most Jones’s FLOPs of a run (Jones)", "FLOPs of all runs",
            "time and energy of all runs"]  # fmt: skip
    return Exhibit(
        "table_1",
        "Table I",
        "Limits of each board",
        "The largest network and longest run of each board and recipe; below in small type, "
        "Jones’s. FLOPs count self-play and learner, two for a multiply-add; Jones counts "
        "self-play only, one for a multiply-add. Times are device time without compilation.",
        tables=[Table("Table I: board limits", head, rows)],
    )


def _jones(limits: tuple[float, ...] | None, place: int) -> str:
    return compute(limits[place]) if limits else ""


def _energy(joules: pd.Series) -> str:
    total = float(joules.sum())
    if joules.isna().all():
        return "energy not measured"
    return f"{number(total / 3.6e6, 2)} kWh" if total > 3.6e4 else f"{number(total)} J"


def table_2(material: Material) -> Exhibit:
    """Hyperparameters of each recipe beside Jones's."""
    runs = material.rows.runs
    recipes = sorted(runs["recipe"].unique().tolist())
    flat = {
        recipe: [_flattened(config) for config in runs.loc[runs["recipe"] == recipe, "config"]]
        for recipe in recipes
    }
    fields = list(dict.fromkeys(name for configs in flat.values() for c in configs for name in c))
    rows = [
        [
            name,
            *(_values([config.get(name) for config in flat[recipe]]) for recipe in recipes),
            published.HYPERPARAMETERS.get(name, ""),
        ]
        for name in fields
    ]
    head = ["setting", *(recipe_name(recipe) for recipe in recipes), "Jones 2021"]
    return Exhibit(
        "table_2",
        "Table II",
        "Hyperparameters of each recipe",
        "What each recipe trains with, as the runs stored it; several values mean that boards or "
        "networks differ, “–” that the setting is left to its default for the board. What each "
        "setting does stands in docs/training.md.",
        tables=[Table("Table II: hyperparameters", head, rows)],
    )


def _flattened(config: dict[str, Any], above: str = "") -> dict[str, Any]:
    """Fields by dotted name, without those that are the run's own."""
    flat: dict[str, Any] = {}
    for name, value in config.items():
        if not above and name in _THE_RUNS_OWN:
            continue
        if isinstance(value, dict):
            flat |= _flattened(value, f"{above}{name}.")
        else:
            flat[above + name] = value
    return flat


def _values(values: list[Any]) -> str:
    distinct = list(dict.fromkeys(_written(value) for value in values))
    if len(distinct) > _FEW:
        return f"{distinct[0]} … {distinct[-1]}"
    return ", ".join(distinct)


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:g}".replace("-", "−")
    return number(value) if isinstance(value, int) else str(value)
