"""Tasks that wait to be begun, handed out to this command's processes and beside other commands."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Hashable, Sequence, Set

from experiments.machine.tasks import Event, Task
from games.errors import InputError
from training.store import Leases

SECONDS_BETWEEN_LOOKS = 1.0  # at what other workers have left


class Waiting:
    """Tasks that nobody is known to have begun, in order.

    With leases, each is taken from the others before it is begun and given back after it, and those
    that others hold or have done are waited for.
    """

    def __init__(
        self, tasks: Sequence[Task], listen: Callable[[Event], None], leases: Leases | None
    ) -> None:
        self._tasks, self._leases, self._listen = list(tasks), leases, listen
        self._by_name = {task.name: task for task in tasks}
        self._next_look = 0.0

    def __bool__(self) -> bool:
        return bool(self._tasks)

    def lost(self) -> bool:
        """Whether leases were lost, so that what is at work must stop."""
        return self._leases is not None and self._leases.lost.is_set()

    def take(
        self, mine: Set[Hashable] = frozenset(), anybody: Set[Hashable] = frozenset()
    ) -> Task | None:
        """The next task for a worker that has been at places `mine`, of those where `anybody` has
        been; none if others hold all that are left."""
        if not self._tasks or time.monotonic() < self._next_look:
            return None
        free = self._free()
        known = [task for task in free if task.place in {None, *mine}]
        fresh = [task for task in free if task.place not in anybody]
        for task in {id(task): task for task in [*known, *fresh, *free]}.values():
            if self._leases is None or self._leases.claim(task.name, task.keys):
                self._tasks.remove(task)
                return task
        self._next_look = time.monotonic() + SECONDS_BETWEEN_LOOKS
        return None

    def _free(self) -> list[Task]:
        """Tasks that may be claimed now; those that others have finished are taken off the list."""
        if self._leases is None:
            return self._tasks
        standing = self._leases.standing(key for task in self._tasks for key in task.keys)
        free = []
        for task in tuple(self._tasks):
            found = {standing[key] for key in task.keys}
            if "finished" in found:
                self._tasks.remove(task)
                self._listen(Event(task.name, 1.0, over=True))
            elif "held" not in found:
                free.append(task)
        return free

    def hear(self, event: Event) -> None:
        """Pass news on, to whoever listens and to the other workers."""
        if self._leases is not None:
            task = self._by_name[event.name]
            if event.spent is None:
                self._leases.tell(task.keys, event.share)
            else:
                self._leases.give_back(
                    task.keys, finished=True, work=task.work, seconds=event.spent.seconds
                )
        self._listen(event)

    def leave(self, task: Task) -> None:
        """Let others have a task if it was not finished."""
        if self._leases is not None and self._leases.has(task.keys):
            with contextlib.suppress(InputError):  # the database is away: the lease expires
                self._leases.give_back(task.keys, finished=False)
