"""Live metrics of a run: what is averaged, and when a run is no longer healthy."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from training.config import TrainConfig
from training.ledger import Ledger, costs_of
from training.program import Learnt, Played

ROWS = 100
"""About so many rows of metrics a run, beside those at its snapshots."""

DIVERGED_LOSS = 50.0
"""A policy loss in nats that no healthy run comes near: guessing costs ln A, 5.9 on 19×19."""


@dataclasses.dataclass
class Tally:
    """Sums since the last row of metrics, [P] each; part of a checkpoint."""

    totals: dict[str, list[float]] = dataclasses.field(default_factory=dict)

    def add(self, played: Played, learnt: Learnt, seconds: float, samples: int) -> None:
        """Count one iteration (host arrays) that took `seconds` for `samples` positions."""
        members = len(played.games)
        values = {
            **played._asdict(),
            **learnt._asdict(),
            # Where all targets are alike there is no variance to explain: NaN, and not counted.
            "has_residual": np.isfinite(learnt.residual_variance),
            "iterations": np.ones(members),
            "seconds": np.full(members, seconds),
            "samples": np.full(members, samples),
        }
        for name, value in values.items():
            # Lists, because a checkpoint keeps them as JSON.
            before = np.asarray(self.totals.get(name, 0.0))
            self.totals[name] = (before + np.nan_to_num(value)).tolist()

    def means(self, member: int) -> dict[str, Any]:
        """The metrics of one member, as the columns of a `metric` row are called."""
        sums = {name: column[member] for name, column in self.totals.items()}

        def ratio(over: str, under: str) -> float | None:
            return sums[over] / sums[under] if sums[under] else None

        return {
            **{
                name: ratio(name, "iterations")
                for name in ("policy_loss", "value_loss", "policy_entropy", "policy_kl")
            },
            "residual_variance": ratio("residual_variance", "has_residual"),
            "game_length": ratio("plies", "games"),
            "first_player_wins": ratio("first_player_wins", "games"),
            "samples_per_second": ratio("samples", "seconds"),
        }


class Books(NamedTuple):
    """What was spent and seen on one of a run's boards; part of a checkpoint."""

    ledger: Ledger
    tally: Tally


def metrics_of(config: TrainConfig, books: Sequence[Books], member: int) -> dict[str, Any]:
    """The metrics of one member, means over all its boards and, with a mix, on each (`boards`)."""
    if not config.mix:
        return books[0].tally.means(member)
    boards = {}
    for board, (ledger, tally) in zip(config.boards, books, strict=True):
        costs = costs_of(board, [ledger])
        spent = {name: costs[name] for name in ("samples", "train_flops")}
        # A row may fall between two turns of a board.
        boards[str(board.boardsize)] = spent | (tally.means(member) if tally.totals else {})
    return _on_all(books).means(member) | {"boards": boards}


def _on_all(books: Sequence[Books]) -> Tally:
    totals: dict[str, list[float]] = {}
    for _, tally in books:
        for name, column in tally.totals.items():
            totals[name] = np.add(totals.get(name, 0.0), column).tolist()
    return Tally(totals)


def what_is_wrong(learnt: Learnt, member: int) -> str | None:
    """Why a member's training cannot go on after this iteration (host arrays), if so."""
    if not learnt.healthy[member]:
        return "the loss or a weight was no longer finite"
    # Adam bounds its steps, so a run is lost long before a number overflows.
    if (loss := float(learnt.policy_loss[member])) > DIVERGED_LOSS:
        return f"the training diverged (policy loss {loss:.0f} nats)"
    return None
