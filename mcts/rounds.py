"""Search in rounds: the simulations of a round of sequential halving are made at once.

They leave the root by different actions and so never meet: what each does is decided when the round
begins. Every action considered gets a tree of its own, B · m side by side; those that a round
leaves out stand still.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Key

from games.protocol import Game, State
from mcts.keys import spawn
from mcts.roots import SearchResult, by_action, conclude, open_root
from mcts.settings import SearchSettings
from mcts.simulation import Evaluate, Leaf, choose, grow, plant
from mcts.tree import ROOT, Tree, mean_value


def search_in_rounds(
    game: Game,
    evaluate: Evaluate,
    config: SearchSettings,
    params: Any,
    states: State,
    key: Key[Array, "*K"],
) -> SearchResult:
    """`mcts.search` for a rule that searches `in_rounds`: the same result, in fewer steps."""
    rule = config.rule
    noise_key, rule_key, _ = spawn(key, 3)
    simulations = config.nodes - 1
    root = plant(game, evaluate, config.with_nodes(1), params, states, noise_key)
    priors = root.priors[:, ROOT]
    noise = rule.root_noise(rule_key, priors.shape)
    considered = open_root(rule, priors, noise, simulations)
    batch, m = considered.action.shape
    sizes = jnp.asarray(rule.round_sizes(m, simulations))[considered.count]  # [B, rounds]
    exists = jnp.arange(m)[None] < considered.count[:, None]  # [B, m]

    def split(flat: jax.Array) -> jax.Array:
        return flat.reshape(batch, m, *flat.shape[1:])

    def join(array: jax.Array) -> jax.Array:
        return array.reshape(batch * m, *array.shape[2:])

    def statistics(trees: Tree) -> tuple[jax.Array, jax.Array]:
        """Visits and q [B, m] of the actions considered."""
        visits = split(trees.nodes.visits)[..., ROOT]
        visits = jnp.where(exists, visits, 0)
        return visits, -split(mean_value(trees.nodes))[..., ROOT]

    def next_leaf(trees: Tree, round_index: jax.Array) -> Leaf:
        visits, q = statistics(trees)
        rank = jax.vmap(rule.rank)(considered, root.nodes, visits, q)
        waits = exists & (visits == round_index)
        size = jax.lax.dynamic_index_in_dim(sizes, round_index, axis=1)
        goes_on = join(waits & (_place(jnp.where(waits, rank, -jnp.inf)) < size))
        leaf, _ = choose(game, rule, trees, None, round_index, None)
        return leaf._replace(counts=goes_on, expands=leaf.expands & goes_on)

    def one_round(round_index: jax.Array, carry: tuple[Tree, Leaf]) -> tuple[Tree, Leaf]:
        trees = grow(game, evaluate, params, *carry, round_index)
        return trees, next_leaf(trees, round_index + 1)

    # The first round: every action considered, once.
    step = jax.vmap(jax.vmap(game.step, (None, 0)))
    children = jax.tree.map(join, step(states, considered.action))
    trees = plant(game, evaluate, config.with_nodes(simulations), params, children, None)
    rounds = jnp.max(jnp.sum(sizes > 0, axis=1))
    start = (trees, next_leaf(trees, jnp.int32(1)))
    trees, _ = jax.lax.fori_loop(1, rounds, one_round, start)
    visits, q = statistics(trees)
    action = jnp.where(visits > 0, considered.action, priors.shape[-1])
    made = jnp.full(batch, config.nodes)
    return conclude(rule, root.nodes, by_action(priors, noise, action, visits, q), made)


def _place(scores: jax.Array) -> jax.Array:
    """How many scores [..., m] go before each, the first of equal ones first."""
    mine, other = scores[..., :, None], scores[..., None, :]
    index = jnp.arange(scores.shape[-1])
    earlier = jnp.broadcast_to(index[None, :] < index[:, None], mine.shape[:-1] + index.shape)
    return jnp.sum((other > mine) | ((other == mine) & earlier), axis=-1)
