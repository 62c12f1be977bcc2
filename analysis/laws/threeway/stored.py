"""Three-way laws as a file: everything that advice needs, in full precision.

{"laws": [{"boardsize", "form", "middle", "shapes", "linear", "misfit", "chi2", "networks",
"parameters", "per_sample", "per_node", "least_samples", "most_samples", "nodes", "runs"}, …],
"provenance": {…}}

shapes and linear hold one list a draw, the fit itself first; costs, sizes and samples are log₁₀.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pydantic

from analysis.laws.threeway.cells import Cells, Costs, Places
from analysis.laws.threeway.fit import ThreeWayLaw
from analysis.laws.threeway.forms import FORMS
from games.config import FrozenModel, describe
from games.errors import InputError


class StoredLaw(FrozenModel, frozen=True):
    """The law of one board, and what was measured for it."""

    boardsize: int
    form: str
    middle: tuple[float, float]
    shapes: list[list[float]]
    linear: list[list[float]]
    misfit: float
    chi2: float
    networks: list[str]
    parameters: list[float]
    per_sample: list[float]
    per_node: list[float]
    least_samples: list[float]
    most_samples: list[float]
    nodes: list[float]
    runs: int

    @pydantic.field_validator("form")
    @classmethod
    def _known(cls, form: str) -> str:
        if form not in FORMS:
            raise ValueError(f"there is no form {form!r}; there is {', '.join(FORMS)}")
        return form

    @property
    def law(self) -> ThreeWayLaw:
        """With its draws."""
        form, draws = FORMS[self.form], len(self.linear)
        return ThreeWayLaw(
            form, self.middle, np.reshape(np.array(self.shapes), (draws, len(form.shaped))),
            np.array(self.linear), self.misfit, self.chi2,
        )  # fmt: skip

    @property
    def cells(self) -> Cells:
        """The corners of what was measured, without strengths: what the grid of plans is made
        of."""
        corners = [
            (samples, parameters, nodes, k)
            for k, parameters in enumerate(self.parameters)
            for samples in (self.least_samples[k], self.most_samples[k])
            for nodes in self.nodes
        ]
        samples, parameters, nodes, network = np.array(corners).T
        return Cells(
            boardsize=self.boardsize,
            places=Places(samples, parameters, nodes),
            strength=np.full(len(corners), np.nan),
            variance=np.full(len(corners), np.nan),
            run=network.astype(int),
            network=network.astype(int),
            snapshot=np.zeros(len(corners), int),
            networks=tuple(self.networks),
            costs=Costs(*(np.array(x) for x in (self.parameters, self.per_sample, self.per_node))),
            scatter=0.0,
        )


class _File(FrozenModel, frozen=True):
    laws: list[StoredLaw]
    provenance: dict[str, str] = pydantic.Field(default_factory=dict)


def stored_law(cells: Cells, law: ThreeWayLaw) -> StoredLaw:
    """A law as it is stored."""
    ends = [
        (own.min(), own.max())
        for k in range(len(cells.networks))
        if len(own := cells.places.samples[cells.network == k])
    ]
    costs = {name: values.tolist() for name, values in cells.costs._asdict().items()}
    return StoredLaw(
        boardsize=cells.boardsize, form=law.form.name, middle=law.middle,
        shapes=law.shapes.tolist(), linear=law.linear.tolist(), misfit=law.misfit, chi2=law.chi2,
        networks=list(cells.networks), **costs,
        least_samples=[float(low) for low, _ in ends],
        most_samples=[float(high) for _, high in ends],
        nodes=np.unique(cells.places.nodes).tolist(), runs=len(np.unique(cells.run)),
    )  # fmt: skip


def as_json(laws: Sequence[StoredLaw]) -> dict[str, Any]:
    """What the file holds."""
    return {"laws": [law.model_dump() for law in laws]}


def read_laws(path: Path) -> dict[int, StoredLaw]:
    """The laws of a file, by board.

    Raises:
        InputError: if it is not there, damaged, or no file of laws.
    """
    try:
        found = _File.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise InputError(
            f"no law at {path}: {error.strerror}; the study three_way writes one"
        ) from error
    except pydantic.ValidationError as error:
        raise InputError(f"{path} is no file of three-way laws: {describe(error)}") from error
    except ValueError as error:
        raise InputError(f"{path} is no file of three-way laws: {error}") from error
    return {law.boardsize: law for law in found.laws}
