"""A search that is looked at on its way: one search of n nodes tells what smaller ones would find.

Where a rule never asks how many nodes are still to come, the first m nodes of a search are the
search of m nodes. A sweep over 1, 2, 4 … n nodes then costs n network evaluations, not 2n - 1.

With PUCT prefixes are the same bit for bit. Rules that sum over children (`SearchRule.sums`) add in
an order that hangs on the room a tree has, so that a choice between equals may fall otherwise.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Key

from games.errors import InputError
from games.protocol import Game, State
from mcts.keys import spawn
from mcts.roots import SearchResult, open_root
from mcts.rules.rule import RULES
from mcts.search import Growing, found_at_roots, simulations
from mcts.settings import SearchSettings
from mcts.simulation import Evaluate, plant
from mcts.tree import ROOT


def search_trace(
    game: Game,
    evaluate: Evaluate,
    config: SearchSettings,
    params: Any,
    states: State,
    key: Key[Array, "*K"],
    budgets: Sequence[int],
) -> SearchResult:
    """What searches of each of K budgets find in B states: `mcts.search`, stacked [K, B, ...].

    Args:
        config: the search; its own number of nodes is of no account.
        key: as for `mcts.search`.
        budgets: numbers of nodes, rising.

    Raises:
        InputError: if small searches are not the beginnings of large ones, or the budgets do not
            rise.
    """
    if reason := refuses_trace(config):
        raise InputError(f"no trace of this search: {reason}; search with each number of nodes")
    if not budgets or budgets[0] < 1 or any(a >= b for a, b in itertools.pairwise(budgets)):
        raise InputError(f"nodes of a trace must rise from 1 or more, got {list(budgets)}")
    config = config.with_nodes(budgets[-1])
    noise_key, rule_key, draw_key = spawn(key, 3)
    tree = plant(game, evaluate, config, params, states, noise_key)
    priors = tree.priors[:, ROOT]
    noise = config.rule.root_noise(rule_key, priors.shape)
    record = open_root(config.rule, priors, noise, config.nodes - 1)
    begin, simulate = simulations(game, evaluate, config, params, draw_key)

    def go_on(growing: Growing, nodes: tuple[jax.Array, jax.Array]) -> tuple[Growing, SearchResult]:
        growing = jax.lax.fori_loop(*nodes, simulate, growing)
        made = jnp.full(growing.tree.terminal.shape[0], nodes[1])
        return growing, found_at_roots(config, growing.tree, priors, noise, made)

    ends = jnp.array(budgets, jnp.int32)
    starts = jnp.array([1, *budgets[:-1]], jnp.int32)
    return jax.lax.scan(go_on, begin(tree, record, jnp.int32(0)), (starts, ends))[1]


def refuses_trace(config: SearchSettings) -> str:
    """Why a search of few nodes is not the beginning of one of many; empty if it is."""
    if config.leaves > 1:
        return f"leaves={config.leaves} evaluates leaves together, the last ones as room is left"
    reason = config.rule.refuses_trace
    return reason and f"rule {RULES.name_of(config.rule)}: {reason}"
