"""Open families of configurations: search rules, strategies at play time, networks.

A kind is a class with its settings, known from the moment that its module is imported:

    RULES = Kinds[SearchRule]("search rule", key="name", default="puct")

    @RULES.add
    class Gumbel(SearchRule, frozen=True):
        name: Literal["gumbel"] = "gumbel"
        max_considered: int = 16

Written down, a kind is its name alone, or a table of its settings with the name among them:
`"gumbel"`, `{"name": "gumbel", "max_considered": 4}`. A package that is installed beside hexlaw
brings kinds of its own by naming the modules that hold them as entry points of the group `hexlaw`.
"""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import pkgutil
from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar, cast

from games.config import FrozenModel

ENTRY_POINTS = "hexlaw"

Kind = TypeVar("Kind", bound=FrozenModel)
OneKind = TypeVar("OneKind", bound=FrozenModel)


class Kinds(Generic[Kind]):
    """The kinds of one family by their names.

    Args:
        family: what they are, for messages.
        key: the field that holds the name, in a table of settings. A class may have it as a
            `ClassVar` instead, and then does not write it down.
        default: the kind meant where no name is given.
    """

    def __init__(self, family: str, *, key: str, default: str) -> None:
        self._family = family
        self._key = key
        self._default = default
        self._classes: dict[str, type[Kind]] = {}

    def add(self, kind: type[OneKind]) -> type[OneKind]:
        """Make a class known; a decorator.

        Raises:
            ValueError: if another class has its name.
        """
        name = self.name_of(kind)
        known = self._classes.setdefault(name, cast("type[Kind]", kind))
        if (known.__module__, known.__qualname__) != (kind.__module__, kind.__qualname__):
            raise ValueError(f"{kind} and {known} are both the {self._family} {name!r}")
        return kind

    def name_of(self, kind: type[FrozenModel] | FrozenModel) -> str:
        """The name of a class or of one of its objects."""
        field = type(kind).model_fields if isinstance(kind, FrozenModel) else kind.model_fields
        return field[self._key].default if self._key in field else getattr(kind, self._key)

    @property
    def names(self) -> tuple[str, ...]:
        """All there are: the default first, the others in alphabetical order."""
        load_entry_points()
        return (self._default, *sorted({*self._classes} - {self._default}))

    def __getitem__(self, name: str) -> type[Kind]:
        """The class of that name.

        Raises:
            ValueError: if there is none.
        """
        if name not in self._classes:
            load_entry_points()
        if name not in self._classes:
            raise ValueError(f"unknown {self._family} {name!r}; there is {', '.join(self.names)}")
        return self._classes[name]

    def parse(self, value: Any) -> Any:
        """The kind that is written down as `value`; what is no name and no table stays as it is.

        Raises:
            ValueError: if there is no such kind, or a setting does not fit it.
        """
        if isinstance(value, str):
            return self[value]()
        if not isinstance(value, Mapping):
            return value
        kind = self[str(value.get(self._key, self._default))]
        written = self._key in kind.model_fields
        fields = {key: own for key, own in value.items() if written or key != self._key}
        return kind.model_validate(fields)


def import_all(package: str, path: Iterable[str]) -> None:
    """Import every module of a package, so that one new file there is one kind more."""
    for module in pkgutil.iter_modules(path):
        importlib.import_module(f"{package}.{module.name}")


@functools.cache
def load_entry_points() -> None:
    """Import what installed packages add to hexlaw."""
    for entry_point in importlib.metadata.entry_points(group=ENTRY_POINTS):
        entry_point.load()
