"""The replay window: the last W moves of every lane, and the outcomes they led to."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float32, Int32, Key

from games.protocol import Symmetries
from training.selfplay import Move, draw_below


class Window(NamedTuple):
    """A ring of W moves a lane, time first; P members of a population have B lanes each."""

    moves: Move  # [W, P, B, ...]
    cursor: jax.Array  # [] int32, where the next move goes
    filled: jax.Array  # [] int32, moves a lane written so far, at most W


class Batch(NamedTuple):
    """What the learner trains on, in the mover's frame and view; P of them for a population."""

    planes: jax.Array  # [L, num_planes, R, C] bool
    legal: jax.Array  # [L, A] bool
    policy: jax.Array  # [L, A] float32
    outcome: jax.Array  # [L] float32
    known: jax.Array  # [L] bool, whether `outcome` is a target at all


class Targets(NamedTuple):
    """What the value is trained towards; run-time values, one a member or one for all."""

    bootstraps: jax.Array  # [P, 1] or [] bool, whether games not over count as their last value
    search_share: jax.Array  # [P, 1] or [] float32, share of the search's own value


def empty_window(example: Move, window: int) -> Window:
    """A window without moves; `example` (arrays or their shapes) gives the shape of one move."""
    moves = jax.tree.map(lambda leaf: jnp.zeros((window, *leaf.shape), leaf.dtype), example)
    return Window(moves, cursor=jnp.int32(0), filled=jnp.int32(0))


def add_moves(window: Window, moves: Move) -> Window:
    """Write T moves of every lane [T, B, ...] over the oldest; T must divide W."""
    length, count = window.moves.ended.shape[0], moves.ended.shape[0]
    written = jax.tree.map(
        lambda ring, new: jax.lax.dynamic_update_slice_in_dim(ring, new, window.cursor, axis=0),
        window.moves,
        moves,
    )
    return Window(
        moves=written,
        cursor=(window.cursor + count) % length,
        filled=jnp.minimum(window.filled + count, length),
    )


def outcomes(
    window: Window, targets: Targets
) -> tuple[Float32[Array, "W P B"], Bool[Array, "W P B"]]:
    """How each game in the window ended, for the player who was to move at each position.

    zₜ = rₜ if the game ended with move t, else −zₜ₊₁: the view changes with every ply, and nothing
    passes the end of a game. A position whose game is still going on has no outcome yet, unless
    the network's value of the lane's newest position stands in for it; one whose move was drawn at
    random has none either, because the outcome is not that of its own policy. Of an outcome and
    the search's value of the position, the target is a weighted mean; if the latter has any weight,
    it stands alone where there is no outcome.

    Returns:
        Targets [W, P, B] and whether they are known [W, P, B], in ring order.
    """
    length = window.moves.ended.shape[0]
    order = (window.cursor + jnp.arange(length)) % length  # oldest first
    moves = window.moves

    def back(later: tuple[jax.Array, jax.Array], t: jax.Array):
        later_outcome, later_known = later
        outcome = jnp.where(moves.ended[t], moves.reward[t], -later_outcome)
        known = moves.ended[t] | later_known
        return (outcome, known), (outcome, known)

    newest = moves.network_value[order[-1]]
    start = (-newest, jnp.broadcast_to(targets.bootstraps, newest.shape))
    _, (outcome, known) = jax.lax.scan(back, start, order, reverse=True)
    outcome = jnp.zeros_like(outcome).at[order].set(outcome)
    known = jnp.zeros_like(known).at[order].set(known)
    share = jnp.broadcast_to(targets.search_share, outcome.shape)
    known &= ~moves.random
    target = jnp.where(known, (1 - share) * outcome + share * moves.value, moves.value)
    return target, known | (share > 0)


def newest(window: Window, moves: Float32[Array, "P"], written: int) -> Int32[Array, "P"]:
    """Whole iterations of `written` moves that come to at least `moves`, as far as the window
    holds them; moves a lane, for each member."""
    iterations = jnp.maximum(jnp.ceil(moves / written - 1e-4), 1).astype(jnp.int32)
    return jnp.minimum(iterations * written, window.filled)


def sample_batch(
    window: Window,
    outcome: Float32[Array, "W P B"],
    known: Bool[Array, "W P B"],
    symmetries: Symmetries,
    size: int,
    key: Key[Array, "P"],
    *,
    recent: Int32[Array, "P"] | None = None,
    every: int = 1,
) -> Batch:
    """`size` positions of each member, drawn evenly from those written so far, each in a random
    symmetry: a batch whose arrays have a leading axis P.

    Args:
        window: the replay window.
        outcome: [W, P, B] from `outcomes`.
        known: [W, P, B] from `outcomes`.
        symmetries: turns of the board that keep the rules, to draw from: cells [P, K, R·C] and
            actions [P, K, A].
        size: positions to draw for each member, with replacement.
        key: random keys [P].
        recent: how many moves of each lane, the newest, to draw from; all if unset.
        every: draw from the first of every so many moves alone; it divides W and `recent`.
    """
    _, members, lanes = outcome.shape
    uniform = jax.vmap(lambda own: jax.random.uniform(own, (3, size)))(key)
    length = window.moves.ended.shape[0]
    from_all = jnp.broadcast_to(window.filled, (members,))
    count = (from_all if recent is None else recent)[:, None]
    # Slots of a full ring are drawn in their own order, whatever the cursor.
    oldest = jnp.where(count < window.filled, window.cursor - count, 0)
    slot = (oldest + every * draw_below(count // every, uniform[:, 0])) % length
    lane = draw_below(lanes, uniform[:, 1])
    member = jnp.arange(members)[:, None]
    turn = draw_below(symmetries.cells.shape[1], uniform[:, 2])
    cells, actions = (turns[member, turn] for turns in symmetries)  # [P, L, R·C], [P, L, A]

    def pick(ring: jax.Array) -> jax.Array:
        return ring[slot, member, lane]

    def permute(per_action: jax.Array) -> jax.Array:
        return jnp.take_along_axis(per_action, actions, axis=-1)

    planes = pick(window.moves.planes)
    flat = planes.reshape(*planes.shape[:3], -1)
    turned = jnp.take_along_axis(flat, cells[:, :, None], axis=-1)
    return Batch(
        planes=turned.reshape(planes.shape),
        legal=permute(pick(window.moves.legal)),
        policy=permute(pick(window.moves.policy)),
        outcome=pick(outcome),
        known=pick(known),
    )
