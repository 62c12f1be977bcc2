"""Judging whole sweeps of search: a trace of every snapshot on its board's positions of play.

One task for each network; a task leaves a row of the table `trace` for each snapshot and plan, so
that a killed one goes on with the next. All searches of a network share one program, whatever their
c_puct.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pydantic
import sqlalchemy as sa

from experiments.machine.clock import CLOCK
from experiments.machine.parallel import Task, Worker
from experiments.players.move_keys import stable_seed
from games.config import FrozenModel
from games.errors import InputError
from games.exact.populations import Population, population, subsample
from games.hex import Hex
from mcts import Puct, SearchConfig, search_trace
from training.devices import compiler_options
from training.files import load_snapshot
from training.networks import NetworkConfig, Params, make_evaluate, pad_params
from training.store import Run, Snapshot, Store, Trace, add_missing

LANES = 64


class TracePlan(FrozenModel, frozen=True):
    """One sweep: which budgets, on how many positions, with which constants."""

    budgets: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
    """Numbers of nodes, rising."""
    positions: int = pydantic.Field(default=10_000, ge=1)
    """Won and lost ones, of those that the board has: a weighted subsample, or all."""
    c_puct: tuple[float, ...] = (1.25,)
    """A trace for each."""

    @property
    def evaluations(self) -> int:
        """Network evaluations of a snapshot."""
        return self.budgets[-1] * self.positions * len(self.c_puct)


class _Job(NamedTuple):
    """One trace of one snapshot."""

    snapshot_id: int
    file: Path
    sha256: str
    plan: TracePlan
    c_puct: float


def trace_tasks(store: Store, rules: Hex, plans: Sequence[TracePlan]) -> list[Task]:
    """One task for each network of the board with traces that are missing.

    Args:
        store: the lab.
        rules: a board with positions of play.
        plans: what every snapshot is judged by; one without training is judged as well.

    Raises:
        InputError: if the board has no positions of play.
    """
    positions = _positions(rules)
    query = sa.select(Trace.snapshot_id, Trace.search_id, Trace.positions_id)
    done = {tuple(row) for row in store.frame_query(query)[1]}
    query = (
        sa.select(Snapshot.id, Snapshot.file, Snapshot.sha256, Run.network)
        .join(Run, Snapshot.run_id == Run.id)
        .where(Run.game == rules.name, Run.boardsize == rules.size)
        .order_by(Run.parameters, Snapshot.index, Run.id)
    )
    by_network: dict[str, list[_Job]] = {}
    for number, file, sha256, network in store.frame_query(query)[1]:
        for plan in plans:
            for c_puct in plan.c_puct:
                key = (number, search_id(plan, c_puct), positions_id(positions, plan.positions))
                if key not in done:
                    job = _Job(number, store.folder / file, sha256, plan, c_puct)
                    by_network.setdefault(network, []).append(job)
    return [
        Task(
            f"{rules.size}×{rules.size} board, traces of network {network}",
            _trace_task,
            (store.folder, rules, tuple(jobs)),
            work=float(sum(job.plan.evaluations / len(job.plan.c_puct) for job in jobs)),
            place=(rules, network),
        )
        for network, jobs in by_network.items()
    ]


def search_id(plan: TracePlan, c_puct: float) -> str:
    """Name of a sweep: its search and where it was looked at."""
    return f"{_search(plan, c_puct).digest()}-{stable_seed(plan.budgets) % 16**6:06x}"


def positions_id(positions: Population, count: int) -> str:
    """Name of a board's positions, or of so many of them."""
    return f"{positions.digest}/{min(count, len(positions.weight))}"


def _search(plan: TracePlan, c_puct: float) -> SearchConfig:
    return SearchConfig(nodes=plan.budgets[-1], rule=Puct(c_puct=c_puct))


def _positions(rules: Hex) -> Population:
    found = population(rules)
    if found is None:
        raise InputError(
            f"{rules.name}: there are no positions of play for boards of size {rules.size}"
        )
    return found


def _trace_task(worker: Worker, lab: Path, rules: Hex, jobs: Sequence[_Job]) -> None:
    store, positions = Store(lab), _positions(rules)
    for number, job in enumerate(jobs):
        if worker.should_stop():
            return
        with CLOCK.doing("judging"):
            found = trace(rules, job.file, job.sha256, job.plan, job.c_puct)
        row = dict(
            snapshot_id=job.snapshot_id,
            search_id=search_id(job.plan, job.c_puct),
            search=_search(job.plan, job.c_puct).model_dump(mode="json"),
            budgets=list(job.plan.budgets),
            positions_id=positions_id(positions, job.plan.positions),
            positions=job.plan.positions,
            **found,
        )
        with store.session() as session:
            add_missing(session, Trace, [row])  # a worker that was late may have written it, too
        worker.report((number + 1) / len(jobs))


def trace(
    rules: Hex, file: Path, sha256: str | None, plan: TracePlan, c_puct: float
) -> dict[str, Any]:
    """What a snapshot does in the positions of a plan, as bits of the table `trace`."""
    positions = _positions(rules)
    chosen, weight = subsample(positions.weight, plan.positions)
    winning = positions.winning[chosen]
    states = jax.tree.map(lambda leaf: leaf[chosen], positions.states)
    params, run = load_snapshot(file, sha256)
    network = run.network.roomier
    params = pad_params(rules, params, network)
    program = _program(rules, network, plan.budgets)
    parts = []
    count = len(chosen)
    for start in range(0, count, LANES):
        lanes = np.minimum(np.arange(start, start + LANES), count - 1)
        part = jax.tree.map(lambda leaf, lanes=lanes: leaf[lanes], states)
        parts.append(jax.device_get(program(params, part, np.float32(c_puct))))
    moves, values, divergence, priors = (
        np.concatenate(column, axis=axis)
        for column, axis in zip(zip(*parts, strict=True), (1, 1, 1, 0), strict=True)
    )
    moves, values, divergence = moves[:, :count], values[:, :count], divergence[:, :count]
    priors = priors[:count]
    won = winning.any(1)
    kept = np.take_along_axis(winning[None], moves[..., None], axis=2)[..., 0]
    wrong = np.sign(values) != np.where(won, 1, -1)
    mass = (priors * winning).sum(1)[won]
    return {
        "blunders": np.packbits(~kept[:, won], axis=1).tobytes(),
        "wrong_values": np.packbits(wrong, axis=1).tobytes(),
        "winning_mass": mass.astype("<f2").tobytes(),
        "policy_kl": np.average(divergence, axis=1, weights=weight).round(6).tolist(),
    }


@functools.lru_cache(maxsize=32)
def _program(
    rules: Hex, network: NetworkConfig, budgets: tuple[int, ...]
) -> Callable[[Params, Any, np.float32], tuple[jax.Array, ...]]:
    """(params, states [L], c_puct) → moves [K, L], values [K, L], KL divergence from the search's
    policy to the network's [K, L], and the latter [L, A]."""
    evaluate = make_evaluate(rules, network)
    key = jax.random.key(0)  # nothing is drawn

    @functools.partial(jax.jit, compiler_options=compiler_options())
    def run(params: Params, states: Any, c_puct: jax.Array) -> tuple[jax.Array, ...]:
        # The constant is a number of the program's, so that one program serves them all.
        rule = Puct().model_copy(update={"c_puct": c_puct})
        config = SearchConfig().model_copy(update={"rule": rule})
        found = search_trace(rules, evaluate, config, params, states, key, budgets)
        least = jnp.finfo(jnp.float32).tiny  # a prior may have vanished, and its logarithm must not
        ratio = jnp.maximum(found.policy, least) / jnp.maximum(found.prior, least)
        surprise = jnp.where(found.policy > 0, jnp.log(ratio), 0)
        return found.action, found.value, (found.policy * surprise).sum(-1), found.prior[0]

    return run
