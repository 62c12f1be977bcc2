"""Warm starts: a run that begins with the network of another run's snapshot, on whatever board.

Weights that fit every board carry over what a smaller and cheaper one has taught. What they had
cost counts as spent: a snapshot's costs are those of the whole chain that led to it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import jax
import sqlalchemy as sa

from games.errors import InputError
from games.text.numbers import side_by_side
from training.config import SNAPSHOT_NAME, TrainConfig
from training.files import load_snapshot
from training.ledger import COSTS
from training.networks import Params, pad_params, shapes_of
from training.networks.network import NetworkConfig
from training.program import TrainState
from training.store import Snapshot, Store


class Beginning(NamedTuple):
    """What a run begins with."""

    params: Params
    """Of its own shape, on the host."""
    spent: dict[str, float]
    """What they had cost, by the columns of `training.store.Snapshot`."""


def beginning_of(store: Store, config: TrainConfig) -> Beginning | None:
    """The network and the costs that a run begins with; none if it begins afresh.

    Raises:
        InputError: if the lab has no such snapshot, its file is damaged, or its weights do not fit
            the run's network on the run's board.
    """
    if not config.begin:
        return None
    match = re.fullmatch(SNAPSHOT_NAME, config.begin)
    assert match is not None  # the configuration has been validated
    run, index = match[1], int(match[2])
    query = sa.select(Snapshot).where(Snapshot.run_id == run, Snapshot.index == index)
    with store.session() as session:
        row = session.scalar(query)
        if row is None:
            raise InputError(
                f"begin: the lab {store.folder} has no snapshot {config.begin}; train that run "
                "there first"
            )
        # A device that does not tell its energy leaves the column empty.
        spent = {name: float(getattr(row, name) or 0) for name in COSTS}
        file, sha256 = row.file, row.sha256
    params, teacher = load_snapshot(store.folder / file, sha256)
    if jax.tree.map(lambda leaf: leaf.shape, params) != jax.tree.map(
        lambda leaf: leaf.shape, shapes_of(config.rules, config.network)
    ):
        raise InputError(
            f"begin: the weights of {config.begin}, {teacher.network.name} for {teacher.game} on "
            f"{side_by_side(teacher.boardsize)}, do not fit {config.network.name} for "
            f"{config.game} on {side_by_side(config.boardsize)}; weights of a convolution fit "
            "every board of their game, those of other networks only their own"
        )
    return Beginning(params, spent)


def begin_with(
    state: TrainState,
    members: Sequence[TrainConfig],
    beginnings: Sequence[Beginning | None],
    computed: NetworkConfig,
) -> TrainState:
    """The start of a population [P] whose members with a beginning have its network; their moments
    are fresh."""
    learner = state.learner
    for number, (config, beginning) in enumerate(zip(members, beginnings, strict=True)):
        if beginning is None:
            continue
        # As every network of the program: small ones may lie in a roomier shape.
        params = pad_params(config.rules, beginning.params, computed)

        def put(leaf: jax.Array, own: jax.Array, number: int = number) -> jax.Array:
            return jax.device_put(leaf.at[number].set(own), leaf.sharding)

        learner = learner._replace(
            params=jax.tree.map(put, learner.params, params),
            average=jax.tree.map(put, learner.average, params),
        )
    return state._replace(learner=learner)
