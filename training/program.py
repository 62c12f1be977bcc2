"""One training iteration on one board in two halves, self-play and learning, to be compiled
(`training.compilation`).

A program trains a *population*: P members of equal shape that share one batch of P · B search
lanes, whose network evaluations are one batched matrix product. A single run is a population of
one. Everything a member may vary without another compilation (seed, learning rate, openings,
temperature, targets, augmentation) is an argument; what fixes array shapes is in `Shape`.

Lanes may be spread over devices: each plays its own, and the learner's gradient is that of the
whole batch. Groups of lanes have random keys of their own, so that what is played does not depend
on the number of devices, nor on who else is in the population.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import PartitionSpec
from jaxtyping import Array, UInt32

from games.protocol import Game, Symmetries
from mcts import SearchConfig
from mcts.keys import fold_in, spawn
from mcts.tree import select
from training.config import TrainConfig
from training.devices import LANES, lane_mesh, sharding
from training.learner import LearnerState, StepSize, init_learner, is_finite, learn
from training.networks import NetworkConfig, Params, init_params, make_evaluate, pad_params
from training.replay import (
    Targets,
    Window,
    add_moves,
    empty_window,
    newest,
    outcomes,
    sample_batch,
)
from training.selfplay import (
    Lanes,
    Move,
    Schedule,
    play_at_random,
    play_move,
    start_lanes,
)

MAX_LANE_GROUPS = 16  # the most devices one run can be spread over


class Shape(NamedTuple):
    """What a program is compiled for."""

    game: Game
    network: NetworkConfig
    search: SearchConfig
    lanes: int
    moves: int
    window: int
    batch_size: int
    learner_steps: int
    mixing_moves: int
    full_every: int = 1
    fast_search: SearchConfig | None = None  # of the moves between two that are learnt from
    members: int = 1
    devices: int = 1
    roomy: bool = False  # small networks lie in a common, roomier shape
    labels: int = 0  # positions that are learnt from where nobody plays

    @property
    def computed(self) -> NetworkConfig:
        """The network that the programs compute."""
        return self.network.roomier if self.roomy else self.network

    @property
    def lane_groups(self) -> int:
        """Groups of a member's lanes with random keys of their own."""
        return math.gcd(self.lanes, MAX_LANE_GROUPS)


class Settings(NamedTuple):
    """What the members of a population may vary."""

    schedule: Schedule  # [P] each
    targets: Targets  # [P, 1] each
    step_size: StepSize  # [P] each
    window_share: jax.Array  # [P] float32, of a lane's moves so far on all boards, learnt from
    averaging: jax.Array  # [P] float32
    symmetries: Symmetries  # [P, K, …] int32 each, the ones to draw from; K identities for none


class Elsewhere(NamedTuple):
    """What a population plays and learns from on another board of its mix."""

    lanes: Lanes  # [P, B, ...]
    window: Window  # [W, P, B, ...]


class TrainState(NamedTuple):
    """Everything a population is made of; a checkpoint is this and the books."""

    learner: LearnerState  # [P, ...]
    lanes: Lanes  # [P, B, ...]
    window: Window  # [W, P, B, ...]
    key: jax.Array  # [P] typed keys, split anew each iteration
    elsewhere: tuple[Elsewhere, ...] = ()  # on the other boards of a mix; no program sees them


class Played(NamedTuple):
    """Sums over the self-play of one iteration, [P] each."""

    games: jax.Array  # games that ended
    plies: jax.Array  # their moves
    first_player_wins: jax.Array  # those that black won


class Learnt(NamedTuple):
    """Means over the learner's steps of one iteration, [P] each; see `Losses` and `Fit`."""

    policy_loss: jax.Array
    value_loss: jax.Array
    policy_entropy: jax.Array
    policy_kl: jax.Array
    residual_variance: jax.Array
    healthy: jax.Array  # bool, whether all numbers stayed finite; if not, nothing was learnt


def shape_of(
    config: TrainConfig, members: int = 1, devices: int = 1, *, roomy: bool = False
) -> Shape:
    """The program a run needs; runs of equal shape share it.

    Where many runs follow each other, `roomy` lets those of small networks share all but the start:
    a network filled up with zeros learns as it would without, because the zeros have no gradient
    (`training.networks.pad_params`).
    """
    shape = Shape(
        game=config.rules,
        network=config.network,
        search=config.search,
        lanes=config.lanes,
        moves=config.moves,
        window=config.window,
        batch_size=config.batch_size,
        learner_steps=config.learner_steps,
        mixing_moves=config.mixing_moves,
        full_every=config.full_every,
        fast_search=config.fast_search,
        members=members,
        devices=devices,
        roomy=roomy,
    )
    if not config.labels:
        return shape
    # What says how to play does not tell programs apart that never do.
    return shape._replace(
        search=SearchConfig(nodes=1), lanes=1, moves=1, window=1, mixing_moves=0, fast_search=None,
        labels=sum(config.label_counts.values()),
    )  # fmt: skip


def settings_of(configs: Sequence[TrainConfig], share: float = 1.0) -> Settings:
    """The run-time values of a population on a board that has this share of its iterations."""

    def column(dtype: Any, value: Callable[[TrainConfig], Any]) -> Any:
        return np.array([value(config) for config in configs], dtype)

    def turns(config: TrainConfig, every: np.ndarray) -> np.ndarray:
        return every if config.augment else np.broadcast_to(every[:1], every.shape)

    return Settings(
        schedule=Schedule(
            max_opening_plies=column(np.int32, lambda config: config.max_opening_plies),
            greedy_from=column(np.int32, lambda config: config.greedy_from),
        ),
        targets=Targets(
            bootstraps=column(bool, lambda config: [config.bootstrap]),
            search_share=column(np.float32, lambda config: [config.search_value_share]),
        ),
        step_size=StepSize(
            first=column(np.float32, lambda config: config.learning_rate),
            last=column(np.float32, lambda config: config.final_learning_rate),
            steps=column(
                np.float32, lambda config: config.snapshot_iterations[-1] * config.learner_steps
            ),
        ),
        window_share=column(np.float32, lambda config: share * config.window_share),
        averaging=column(np.float32, lambda config: config.averaging),
        symmetries=Symmetries(
            cells=column(np.int32, lambda config: turns(config, config.rules.symmetries.cells)),
            actions=column(np.int32, lambda config: turns(config, config.rules.symmetries.actions)),
        ),
    )


def init_state(shape: Shape, settings: Settings, seeds: UInt32[Array, "P"]) -> TrainState:
    """The start of every member: fresh network, fresh games, an empty window; seeds are [P]."""
    key, params_key, lanes_key, mixing_key = spawn(jax.vmap(jax.random.key)(seeds), 4)

    def start_learner(own: jax.Array) -> LearnerState:
        params = init_params(shape.game, shape.network, own)
        return init_learner(pad_params(shape.game, params, shape.computed))

    learner = jax.vmap(start_learner)(params_key)
    schedule = _each_lane(settings.schedule, shape.lanes)
    flat = start_lanes(
        shape.game, schedule, shape.members * shape.lanes, _flat(_lane_keys(shape, lanes_key))
    )
    if shape.mixing_moves:

        def mix(move: jax.Array, lanes: Lanes) -> Lanes:
            keys = _flat(_lane_keys(shape, fold_in(mixing_key, move)))
            return play_at_random(shape.game, schedule, lanes, keys)

        flat = jax.lax.fori_loop(0, shape.mixing_moves, mix, flat)
    lanes = _unflatten(flat, shape.members)
    keys = jax.eval_shape(lambda: _lane_keys(shape, key)[:, None])
    one_search = shape._replace(full_every=1, fast_search=None)
    _, record = jax.eval_shape(
        functools.partial(_play_lanes, one_search), settings.schedule, learner.params, lanes, keys
    )
    one_move = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape[1:], leaf.dtype), record)
    if shape.labels:  # each stands for a game of one move, which ends with its value
        one_move = jax.tree.map(
            lambda leaf: jax.ShapeDtypeStruct((leaf.shape[0], shape.labels, *leaf.shape[2:]),
                                              leaf.dtype), one_move,
        )  # fmt: skip
    return TrainState(learner, lanes, empty_window(one_move.move, shape.window), key)


class Record(NamedTuple):
    """T moves of every lane, with what their statistics need."""

    move: Move  # [T, P, B, ...]
    ply: jax.Array  # [T, P, B] int32
    to_move: jax.Array  # [T, P, B] int8


def play(shape: Shape, settings: Settings, state: TrainState) -> tuple[TrainState, Played]:
    """Play `moves` moves in every lane."""
    _, play_key, _ = spawn(state.key, 3)
    keys = jax.vmap(lambda own: jax.random.split(own, (shape.moves, shape.lane_groups)))(play_key)
    play_lanes = functools.partial(_play_lanes, shape)
    if shape.devices > 1:
        # Under plain `jit` the devices would wait for each other at every level of every descent.
        by_lane, by_move = PartitionSpec(None, LANES), PartitionSpec(None, None, LANES)
        play_lanes = jax.shard_map(
            play_lanes,
            mesh=lane_mesh(shape.devices),
            in_specs=(PartitionSpec(), PartitionSpec(), by_lane, by_move),
            out_specs=(by_lane, by_move),
            check_vma=False,
        )
    lanes, record = play_lanes(settings.schedule, state.learner.params, state.lanes, keys)
    ended, black = record.move.ended, record.to_move == 0
    black_wins = jnp.where(black, record.move.reward, -record.move.reward) > 0
    played = Played(
        games=ended.sum(axis=(0, 2)),
        plies=jnp.where(ended, record.ply + 1, 0).sum(axis=(0, 2)),
        first_player_wins=black_wins.sum(axis=(0, 2)),
    )
    window = add_moves(state.window, record.move)
    return state._replace(lanes=lanes, window=window), played


def _play_lanes(
    shape: Shape, schedule: Schedule, params: Params, lanes: Lanes, keys: jax.Array
) -> tuple[Lanes, Record]:
    """T moves of the lanes [P, B] of one device, given keys [P, T, G] for G groups of them."""
    members, per_member = lanes.ply.shape
    evaluate = make_evaluate(shape.game, shape.computed, members)
    per_lane = _each_lane(schedule, per_member)

    def one_move(search: SearchConfig, lanes: Lanes, key: jax.Array) -> tuple[Lanes, Record]:
        after, move = play_move(shape.game, evaluate, search, per_lane, params, lanes, _flat(key))
        return after, Record(move, lanes.ply, jax.vmap(shape.game.to_move)(lanes.states))

    in_full = functools.partial(one_move, shape.search)
    by_move = jnp.moveaxis(keys, 1, 0)
    if shape.fast_search is None:
        flat, record = jax.lax.scan(in_full, _flat(lanes), by_move)
    else:
        fast = functools.partial(one_move, shape.fast_search)

        def turn(lanes: Lanes, keys: jax.Array) -> tuple[Lanes, Record]:
            lanes, first = in_full(lanes, keys[0])
            lanes, others = jax.lax.scan(fast, lanes, keys[1:])
            join = jax.tree.map(lambda one, more: jnp.concatenate([one[None], more]), first, others)
            return lanes, join

        turns = by_move.reshape(-1, shape.full_every, *by_move.shape[1:])
        flat, by_turn = jax.lax.scan(turn, _flat(lanes), turns)
        record = jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), by_turn)
    return _unflatten(flat, members), jax.vmap(lambda at: _unflatten(at, members))(record)


def learn_from(shape: Shape, settings: Settings, state: TrainState) -> tuple[TrainState, Learnt]:
    """Take `learner_steps` steps on the window, and move on to the next iteration's keys.

    A member whose numbers do not all stay finite keeps the network it had.
    """
    network = shape.computed.module(shape.game)
    next_key, _, learn_key = spawn(state.key, 3)
    outcome, known = outcomes(state.window, settings.targets)
    moves = shape.moves * (state.learner.optimiser.count // shape.learner_steps + 1)
    recent = newest(state.window, settings.window_share * moves.astype(jnp.float32), shape.moves)

    def step(learner: LearnerState, key: jax.Array):
        batch = sample_batch(
            state.window, outcome, known, settings.symmetries, shape.batch_size, key,
            recent=recent, every=shape.full_every,
        )  # fmt: skip
        if shape.devices > 1:
            by_position = sharding(shape.devices, PartitionSpec(None, LANES))
            batch = jax.lax.with_sharding_constraint(batch, by_position)
        one = functools.partial(learn, network)
        return jax.vmap(one)(learner, batch, settings.step_size, settings.averaging)

    keys = jnp.stack(spawn(learn_key, shape.learner_steps))
    learner, (losses, fit) = jax.lax.scan(step, state.learner, keys)
    finite = jnp.isfinite(losses.policy + losses.value).all(axis=0)
    healthy = finite & jax.vmap(is_finite)(learner)
    learnt = Learnt(
        policy_loss=losses.policy.mean(axis=0),
        value_loss=losses.value.mean(axis=0),
        policy_entropy=fit.policy_entropy.mean(axis=0),
        policy_kl=fit.policy_kl.mean(axis=0),
        residual_variance=jnp.nanmean(fit.residual_variance, axis=0),
        healthy=healthy,
    )
    kept = select(healthy, learner, state.learner)
    return TrainState(kept, state.lanes, state.window, next_key), learnt


def _lane_keys(shape: Shape, key: jax.Array) -> jax.Array:
    """Keys [P, G] for the groups of each member's lanes."""
    return jax.vmap(lambda own: jax.random.split(own, shape.lane_groups))(key)


def _each_lane(schedule: Schedule, lanes: int) -> Schedule:
    """What is set for each member [P], for each lane [P · B]."""
    return jax.tree.map(lambda leaf: jnp.repeat(leaf, lanes), schedule)


def _flat(tree: Any) -> Any:
    """[P, B, ...] → [P · B, ...]."""
    return jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), tree)


def _unflatten(tree: Any, members: int) -> Any:
    """[P · B, ...] → [P, B, ...]."""
    return jax.tree.map(lambda leaf: leaf.reshape(members, -1, *leaf.shape[1:]), tree)
