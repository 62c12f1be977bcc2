"""What a stage of the reproduction is: a configuration that says what there is to do, and does it.

One file a stage in `stages/`; `STAGES` holds them by the kind that a plan names them by.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple

import pydantic
import sqlalchemy as sa

from experiments.machine.parallel import Task
from games.config import FrozenModel
from games.kinds import Kinds
from games.protocol import Game
from training.store import Run, Store

if TYPE_CHECKING:
    from experiments.reproduction.plan import Plan  # which holds stages


class Part(NamedTuple):
    """A piece of a stage, as `hexlaw reproduce --status` counts them."""

    name: str
    work: float
    """Network evaluations in all, about."""
    done: float
    """Share that is done."""


class Stage(FrozenModel, frozen=True):
    """A part of the reproduction that reads what earlier ones have left in the store, and leaves
    its own rows there. Its fields are its settings in a plan.

    Subclasses say what they are in class variables, and give `parts` and `tasks`.
    """

    kind: ClassVar[str]
    """Its name in plans, in `--stages` and, where it plays, in the column `match.stage`."""
    title: ClassVar[str]
    """What people read."""
    unit: ClassVar[str]
    """What its parts are, in the plural."""
    needs: ClassVar[tuple[str, ...]] = ()
    """Kinds of the stages that must be over before."""

    def check(self, game: Game) -> None:
        """Refuse settings that do not fit a board of the plan.

        Raises:
            ValueError: if they do not.
        """

    def parts(self, store: Store, plan: Plan) -> list[Part]:
        """All pieces of the stage, done or not; reads only."""
        raise NotImplementedError

    def tasks(self, store: Store, plan: Plan) -> list[Task]:
        """What is left to do. Tasks may run in any order, in other processes."""
        raise NotImplementedError


STAGES = Kinds[Stage]("stage", key="kind", default="training")
"""Every kind of stage by its name."""


def _parse(value: Any) -> Any:
    if isinstance(value, dict) and "kind" not in value:
        raise ValueError(f"kind: missing; there is {', '.join(STAGES.names)}")
    return STAGES.parse(value)


AnyStage = Annotated[pydantic.SerializeAsAny[Stage], pydantic.BeforeValidator(_parse)]
"""A field of a plan that holds a stage: its kind, or a table of its settings and its kind."""


def runs_that_are_over(store: Store) -> set[str]:
    """Names of the lab's runs that are done or have failed."""
    with store.session() as session:
        return set(session.scalars(sa.select(Run.id).where(Run.status != "running")))
