"""The replay window: the last W moves of every lane, and the outcomes they led to."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from training.selfplay import Move, draw_below


class Window(NamedTuple):
    """A ring of W moves a lane, time first."""

    moves: Move  # [W, B, ...]
    cursor: jax.Array  # [] int32, where the next move goes
    filled: jax.Array  # [] int32, moves a lane written so far, at most W


class Batch(NamedTuple):
    """What the learner trains on, in the mover's frame and view."""

    planes: jax.Array  # [L, 2, S, S] bool
    legal: jax.Array  # [L, A] bool
    policy: jax.Array  # [L, A] float32
    outcome: jax.Array  # [L] float32
    known: jax.Array  # [L] bool, whether `outcome` is a target at all


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


def outcomes(window: Window) -> tuple[jax.Array, jax.Array]:
    """How each game in the window ended, for the player who was to move at each position.

    zₜ = rₜ if the game ended with move t, else −zₜ₊₁: the view changes with every ply, and nothing
    passes the end of a game. A position whose game is still going on has no outcome yet; one whose
    move was drawn at random has none either, because the outcome is not that of its own policy.

    Returns:
        Outcomes [W, B] and whether they are known [W, B], in ring order.
    """
    length = window.moves.ended.shape[0]
    order = (window.cursor + jnp.arange(length)) % length  # oldest first
    moves = window.moves

    def back(later: tuple[jax.Array, jax.Array], t: jax.Array):
        later_outcome, later_known = later
        outcome = jnp.where(moves.ended[t], moves.reward[t], -later_outcome)
        known = moves.ended[t] | later_known
        return (outcome, known), (outcome, known)

    lanes = moves.ended.shape[1]
    start = (jnp.zeros(lanes), jnp.zeros(lanes, bool))
    _, (outcome, known) = jax.lax.scan(back, start, order, reverse=True)
    outcome = jnp.zeros_like(outcome).at[order].set(outcome)
    known = jnp.zeros_like(known).at[order].set(known)
    return outcome, known & ~moves.random


def sample_batch(
    window: Window,
    outcome: jax.Array,
    known: jax.Array,
    symmetries: jax.Array,
    size: int,
    key: jax.Array,
) -> Batch:
    """`size` positions drawn evenly from those written so far, each in a random symmetry.

    Args:
        window: the replay window.
        outcome: [W, B] from `outcomes`.
        known: [W, B] from `outcomes`.
        symmetries: cell permutations [K, A] that keep the rules, to draw from.
        size: positions to draw, with replacement.
        key: random key.
    """
    uniform = jax.random.uniform(key, (3, size))
    slot = draw_below(window.filled, uniform[0])
    lane = draw_below(outcome.shape[1], uniform[1])
    chosen = symmetries[draw_below(len(symmetries), uniform[2])]  # [L, A]
    moves = window.moves

    def permute(cells: jax.Array) -> jax.Array:
        return jnp.take_along_axis(cells, chosen, axis=-1)

    planes = moves.planes[slot, lane]
    flat = planes.reshape(size, 2, -1)
    rotated = jnp.take_along_axis(flat, chosen[:, None], axis=-1)
    return Batch(
        planes=rotated.reshape(planes.shape),
        legal=permute(moves.legal[slot, lane]),
        policy=permute(moves.policy[slot, lane]),
        outcome=outcome[slot, lane],
        known=known[slot, lane],
    )
