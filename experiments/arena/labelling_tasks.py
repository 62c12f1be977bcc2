"""Label sets as tasks: one for each set that is not there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from experiments.machine.clock import CLOCK
from experiments.machine.parallel import Task, Worker
from games.text.numbers import side_by_side
from training.labelling import make_labels
from training.labels import EXACT, LabelConfig, folder_of
from training.store import Store


def labelling_tasks(store: Store, sets: Sequence[LabelConfig]) -> list[Task]:
    """Make the sets that are not finished, those that others get their positions from first."""
    waiting = {config.name: config for config in sets}
    waiting = {
        name: config
        for name, config in waiting.items()
        if not (folder_of(store, name) / "set.json").exists()
    }
    chains: dict[str, list[LabelConfig]] = {}
    for name, config in waiting.items():
        # One that gets new labels for another's positions waits for it, in the same task.
        chains.setdefault(config.visits if config.visits in waiting else name, []).append(config)
    return [
        Task(
            f"{side_by_side(chain[0].boardsize)} board, labels {name}",
            _label_task,
            (store.folder, tuple(sorted(chain, key=lambda config: config.name != name))),
            work=float(sum(map(_work, chain))),
            holds=tuple(config.name for config in chain),
        )
        for name, chain in chains.items()
    ]


def _work(config: LabelConfig) -> float:
    return float(config.count * (1 if config.teacher == EXACT else config.search.nodes))


def _label_task(worker: Worker, lab: Path, sets: Sequence[LabelConfig]) -> None:
    store = Store(lab)
    done, whole = 0.0, sum(map(_work, sets))
    for config in sets:

        def report(share: float, done: float = done, work: float = _work(config)) -> None:
            worker.report((done + share * work) / whole)

        with CLOCK.doing("playing"):
            if make_labels(store, config, report=report, should_stop=worker.should_stop) is None:
                return
        done += _work(config)
