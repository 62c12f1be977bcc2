"""What a study is: one file that asks a question and holds all that is needed to answer it.

A file of this room with a `STUDY` is found by `hexlaw list` and run by `hexlaw study NAME`; one
anywhere else is run by its path, `hexlaw study my_study.py`. docs/studies/README.md shows how one
is written.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

import pydantic

from analysis.report.study_page import Findings, Published
from analysis.tables.rows import LabRows
from experiments.machine.parallel import Task
from experiments.reproduction.recipe import merge
from games.config import FrozenModel, describe
from games.errors import InputError
from training.store import Store

Config = TypeVar("Config", bound=FrozenModel)


class Stage(NamedTuple, Generic[Config]):
    """One step on the way from a configuration to rows."""

    title: str
    tasks: Callable[[Store, Config], Sequence[Task]]
    """What is left to do, by what the stages before have stored. A task leaves its results in the
    store, so that a killed one is simply done again."""


@dataclasses.dataclass(frozen=True)
class Study(Generic[Config]):
    """A study, from its question to its answer."""

    title: str
    question: str
    expectation: str
    """What was expected before anything was measured, and why."""
    presets: Mapping[str, Config]
    """`smoke` goes the whole way in seconds and says nothing; `laptop` is the default; `reference`
    is what docs/studies/ holds."""
    stages: Sequence[Stage[Config]]
    """In order; each builds on what the ones before have left in the lab."""
    findings: Callable[[LabRows, Config], Findings] | None = None
    """Tables, figures and sentences, from the lab's rows alone."""
    findings_of_files: Callable[[Path, Config], Findings] | None = None
    """The same instead from files that the study's own tasks have left in the lab's folder, where
    what was measured has no place in the lab's tables."""
    published: Sequence[Published] = ()

    def found(self, rows: LabRows, lab: Path, config: Config) -> Findings:
        """The findings, from whichever they are made of."""
        if self.findings_of_files is not None:
            return self.findings_of_files(lab, config)
        assert self.findings is not None
        return self.findings(rows, config)

    def configured(self, preset: str, changes: Mapping[str, Any]) -> Config:
        """A preset with changes to it.

        Args:
            preset: its name.
            changes: fields of the configuration, dotted for nested ones.

        Raises:
            InputError: if there is no such preset or field, or a value does not fit.
        """
        if preset not in self.presets:
            known = ", ".join(self.presets)
            raise InputError(f"--preset: there is no {preset!r}; there is {known}")
        base = self.presets[preset]
        fields = base.model_dump()
        for key, value in changes.items():
            table, dot, field = key.partition(".")
            fields = merge(fields, {table: {field: value}} if dot else {key: value})
        try:
            return type(base).model_validate(fields)
        except pydantic.ValidationError as error:
            raise InputError(f"--set {describe(error)}") from error
