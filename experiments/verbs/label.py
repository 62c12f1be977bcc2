"""`hexlaw label`: what a teacher says of positions, made once for many students."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pydantic
import sqlalchemy as sa
from rich.console import Console

from analysis.figures.wording import compute
from experiments.arena.labelling_tasks import labelling_tasks
from experiments.machine.parallel import work_off
from experiments.machine.progress import stage
from experiments.players.agents import open_lab
from experiments.verb import InterruptedByUserError, Outcome, VerbConfig
from games.config import describe
from games.errors import InputError
from mcts import SearchConfig
from training.labels import EXACT, RANDOM, LabelConfig, folder_of, read_label_set
from training.store import Leases, Run, Store


class LabelVerbConfig(VerbConfig, frozen=True):
    """Make a label set: positions with a teacher's policy and value, for students."""

    teacher: str
    """Snapshot of the lab, RUN#INDEX, or exact: perfect play."""
    nodes: int = 64
    """Network evaluations of the teacher's search; 1: its network's own policy and value."""
    rule: str = "puct"
    """Rule of that search; `hexlaw list` shows them all."""
    visits: str = ""
    """Whose play visits the positions: the teacher's own search if unset; RUN#INDEX, its raw policy
    (a student's: DAgger); random; or a label set, whose positions get labels anew."""
    count: int = 10_000
    """Positions."""
    seed: int = 0
    """Of the games that visit them."""
    boardsize: int | None = None
    """Board side, where neither teacher nor visits tell."""
    game: str = "hex"
    """What is played, where neither teacher nor visits tell."""
    lab: Path = Path("runs/train")
    """Folder of the store and of the snapshots; the set goes to LAB/labels."""


def label(config: LabelVerbConfig, console: Console) -> Outcome:
    """Make the set, going on where an earlier command stopped.

    Raises:
        InputError: for a bad setting, or a lab, snapshot or set that is not there.
        InterruptedByUserError: if Ctrl-C stopped it; the same command goes on.
    """
    from_nothing = config.teacher == EXACT and config.visits == RANDOM
    store = Store(config.lab) if from_nothing else open_lab(config.lab, read_only=False)
    wanted = _label_config(store, config)
    left = functools.partial(labelling_tasks, store, [wanted])
    with Leases(store) as leases:
        if not work_off(left, 1, leases, lambda tasks: stage(console, "Labels", tasks)):
            raise InterruptedByUserError
    made = read_label_set(store, wanted.name)
    console.print(f"{made.count:,} labels: {folder_of(store, wanted.name)}")
    console.print(
        f"{compute(made.flops_each * made.count)} FLOPs, "
        f"{compute(sum(made.teachers.values()))} before for whom they needed"
    )
    console.print(f"learn from them: hexlaw train --labels {wanted.name} --lab {config.lab}")
    return Outcome(
        {
            "name": wanted.name,
            "count": made.count,
            "digest": made.digest,
            "label_flops": made.flops_each * made.count,
            "teachers": made.teachers,
        }
    )


def _label_config(store: Store, config: LabelVerbConfig) -> LabelConfig:
    game, size = _board(store, config)
    fields: dict[str, Any] = {
        "game": game, "boardsize": size, "teacher": config.teacher, "visits": config.visits,
        "count": config.count, "seed": config.seed,
    }  # fmt: skip
    try:
        fields["search"] = SearchConfig.model_validate({"nodes": config.nodes, "rule": config.rule})
        return LabelConfig.model_validate(fields)
    except pydantic.ValidationError as error:
        raise InputError(describe(error)) from error


def _board(store: Store, config: LabelVerbConfig) -> tuple[str, int]:
    """What is played, by the first of teacher and visits that tells."""
    for name in (config.teacher, config.visits):
        run, of_snapshot, _ = name.partition("#")
        if of_snapshot:
            query = sa.select(Run.game, Run.boardsize).where(Run.id == run)
            with store.session() as session:
                found = session.execute(query).one_or_none()
            if found is None:
                raise InputError(f"the lab {store.folder} has no run {run}; train it there first")
            return found[0], found[1]
    if config.visits not in ("", RANDOM):
        made = read_label_set(store, config.visits).config
        return made.game, made.boardsize
    if config.boardsize is None:
        raise InputError("--boardsize: say of which board; neither teacher nor visits tell")
    return config.game, config.boardsize
