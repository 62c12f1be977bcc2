"""The studies there are: every file of this room with a `STUDY`, and any other by its path."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path
from typing import Any

import experiments.studies
from experiments.studies.study import Study
from games.errors import InputError


def find_studies() -> dict[str, Study[Any]]:
    """The studies of this room by name."""
    return {name: study for name in _modules() if (study := _study_of(_module(name))) is not None}


def load_study(name: str) -> tuple[str, Study[Any]]:
    """A study and its name.

    Args:
        name: of a file of this room, or the path of another file, which ends with .py.

    Raises:
        InputError: if there is no such file, or it holds no study.
    """
    if name.endswith(".py"):
        module, stem = _from_path(Path(name)), Path(name).stem
    elif name in _modules():
        module, stem = _module(name), name
    else:
        module, stem = None, name
    study = None if module is None else _study_of(module)
    if study is None:
        known = ", ".join(find_studies())
        raise InputError(
            f"there is no study {name!r}; there is {known}, or the path of a file with a STUDY"
        )
    return stem, study


def _modules() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(experiments.studies.__path__))


def _module(name: str) -> Any:
    return importlib.import_module(f"experiments.studies.{name}")


def _study_of(module: Any) -> Study[Any] | None:
    return getattr(module, "STUDY", None)


def _from_path(path: Path) -> Any:
    """Import a file by its name, with its folder on the path: so do processes that share work."""
    if not path.is_file():
        raise InputError(f"there is no file {path}; name a Python file with a STUDY")
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    module = importlib.import_module(path.stem)
    if Path(str(module.__file__)).resolve() != path.resolve():
        raise InputError(
            f"{path}: another module is called {path.stem}; give the file another name"
        )
    return module
