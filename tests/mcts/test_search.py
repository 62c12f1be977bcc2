"""What every search must do: perfect play, signs, masks, batches, budget, numerics."""

from __future__ import annotations

import collections

import jax
import jax.numpy as jnp
import numpy as np
import pydantic
import pytest

from mcts import Puct, SearchConfig


def know_nothing(logits, states):
    """A network with the same logits [A] for every position, and no idea who is ahead."""
    batch = jax.tree.leaves(states)[0].shape[0]
    return jnp.broadcast_to(logits, (batch, len(logits))), jnp.zeros(batch)


@pytest.fixture(scope="module")
def unfinished(hex_world):
    """Unfinished positions of a Hex size, each with the moves of one game that leads there."""

    def all_of(size):
        world = hex_world(size)
        moves_to = {world.position([]): []}
        queue = list(moves_to)
        for position in queue:
            for action in world.legal(position):
                after = world.step(position, action)
                if after not in moves_to and world.outcome(after) is None:
                    moves_to[after] = [*moves_to[position], action]
                    queue.append(after)
        return moves_to

    return all_of


@pytest.mark.parametrize(
    ("size", "plies", "count", "nodes"),
    [(2, range(4), None, 256), (3, range(1), None, 4096), (3, range(4, 9), 256, 256)],
    ids=["2x2", "3x3-empty", "3x3-later"],
)
def test_many_nodes_without_any_knowledge_play_perfectly(
    search, oracle, hex_world, unfinished, size, plies, count, nodes
):
    """Minimax picks a winning move wherever there is one, and the value has the right sign.

    All of 2×2, the empty 3×3 board, and 256 3×3 positions of four or more plies (seed 0).
    """
    world = hex_world(size)
    found = {p: moves for p, moves in unfinished(size).items() if len(moves) in plies}
    chosen = np.random.default_rng(0).permutation(len(found))[:count]
    positions = [list(found)[i] for i in chosen]
    states = world.states([found[position] for position in positions])
    result = search(world.game, know_nothing, SearchConfig(nodes=nodes), jnp.zeros(size**2), states)

    truth = oracle("minimax").Minimax(world.legal, world.step, world.outcome)
    values = [truth.value(position) for position in positions]
    np.testing.assert_array_equal(np.sign(result.value), values)
    picks = result.visits.argmax(axis=-1).tolist()
    reached = [truth.action_values(p)[pick] for p, pick in zip(positions, picks, strict=True)]
    assert reached == values
    assert (result.visits.sum(axis=-1) == nodes - 1).all()


@pytest.fixture(scope="module")
def forced(planted):
    """Trees whose every line ends after `plies` with the same winner, for either side to move."""

    def build(plies):
        num_nodes, last = planted.num_nodes(4, plies), planted.num_nodes(4, plies - 1)
        legal = np.ones((4, num_nodes, 4), bool)
        legal[:, last:] = False
        first, won = np.array([0, 0, 1, 1], np.int8), np.array([True, False, True, False])
        winner = np.where(won, first, 1 - first).astype(np.int8)
        winner = np.repeat(winner[:, None], num_nodes, axis=1)
        game = planted.PlantedTrees(2, first, legal, winner)
        return game, np.where(won, 1, -1)

    return build


@pytest.mark.parametrize("plies", [1, 2])
def test_a_forced_result_has_the_right_sign_for_either_side(search, forced, plies):
    """A node above the end is one evaluation (0 from this network) and k equal outcomes."""
    game, result_for_mover = forced(plies)
    result = search(game, know_nothing, SearchConfig(nodes=32), jnp.zeros(4), game.roots())
    assert (result.visits >= 1).all()
    outcomes = result.visits - (plies - 1)  # visits of an action that reached an end
    expected_q = result_for_mover[:, None] * outcomes / result.visits
    np.testing.assert_allclose(result.q, expected_q, rtol=1e-6)
    expected_value = result_for_mover * outcomes.sum(axis=-1) / 32
    np.testing.assert_allclose(result.value, expected_value, rtol=1e-6)


@pytest.fixture(scope="module")
def trees(planted):
    return planted.random_trees(seed=3, trees=32)


def test_nothing_said_of_finished_games_and_illegal_actions_is_heard(search, planted, trees):
    """NaN for the value and logits of every finished game and every illegal action."""
    game, network = trees
    over = ~game.legal_table.any(axis=-1)
    deaf = planted.PlantedNetwork(
        logits=np.where(game.legal_table, network.logits, np.nan).astype(np.float32),
        value=np.where(over, np.nan, network.value).astype(np.float32),
    )
    config = SearchConfig(nodes=64)
    plain = search(game, planted.evaluate, config, network, game.roots())
    result = search(game, planted.evaluate, config, deaf, game.roots())
    jax.tree.map(np.testing.assert_array_equal, result, plain)
    assert (result.visits[~game.legal_table[:, 0]] == 0).all()
    assert (result.prior[~game.legal_table[:, 0]] == 0).all()


def test_n_evaluations_each_of_a_new_legal_position_or_a_finished_one(search, planted, trees):
    """A spy notes each position that the network is shown, at every depth of every tree."""
    game, network = trees
    nodes = 64
    calls = []

    def spy(params, states):
        jax.debug.callback(lambda *shown: calls.append(shown), states.tree, states.node)
        return planted.evaluate(params, states)

    result = search(game, spy, SearchConfig(nodes=nodes), network, game.roots())
    jax.effects_barrier()
    assert len(calls) == nodes
    assert (result.visits.sum(axis=-1) == nodes - 1).all()
    shown = collections.Counter(
        (int(t), int(n)) for tree, node in calls for t, n in zip(tree, node, strict=True)
    )
    for (tree, node), times in shown.items():
        assert times == 1 or game.outcome((tree, node)) is not None
        if node > 0:
            parent, action = divmod(node - 1, game.num_actions)
            assert game.legal_table[tree, parent, action]
            assert (tree, parent) in shown
    assert max(shown.values()) > 1, "no finished game was met twice: the test is too tame"


def test_a_search_does_not_depend_on_the_rest_of_its_batch(search, hex_world):
    world = hex_world(4)
    config = SearchConfig(nodes=64, rule=Puct(unvisited_value="loss", c_puct=2.3))
    games = world.random_games(count=64, seed=4)
    together = search(world.game, world.evaluate, config, world.params, world.states(games))
    order = np.random.default_rng(5).permutation(64)
    states = world.states([games[i] for i in order])
    shuffled = search(world.game, world.evaluate, config, world.params, states)
    for i in (0, 17, 63):
        alone = search(world.game, world.evaluate, config, world.params, world.states([games[i]]))
        for name, batch, one in zip(together._fields, together, alone, strict=True):
            np.testing.assert_allclose(batch[i], one[0], atol=1e-6, err_msg=name)
        np.testing.assert_array_equal(together.visits[i], alone.visits[0])
    jax.tree.map(lambda a, b: np.testing.assert_array_equal(a[order], b), together, shuffled)


def test_a_finished_root_gives_zeros_and_its_outcome(search, hex_world):
    world = hex_world(3)
    finished = [[0, 1, 3, 4, 6], [0, 3, 1, 4, 8, 5]]  # black's first column; white's middle row
    config = SearchConfig(nodes=16, noise_fraction=0.25)
    states = world.states([*finished, []])
    result = search(world.game, world.evaluate, config, world.params, states)
    for name in ("visits", "policy", "q", "prior"):
        assert not getattr(result, name)[:2].any(), name
    np.testing.assert_array_equal(result.value[:2], [-1, -1])  # the loser is to move
    assert result.visits[2].sum() == 15
    assert all(np.isfinite(field).all() for field in result)


def test_a_single_legal_action_takes_every_visit(search, hex_world):
    world = hex_world(2)
    games = [[0, 1, 3]]  # black 0 and 3, white 1: cell 2 is left
    result = search(
        world.game, world.evaluate, SearchConfig(nodes=16), world.params, world.states(games)
    )
    np.testing.assert_array_equal(result.visits, [[0, 0, 15, 0]])
    np.testing.assert_array_equal(result.policy, [[0, 0, 1, 0]])
    np.testing.assert_array_equal(result.prior, [[0, 0, 1, 0]])


@pytest.mark.parametrize("nodes", [1, 16])
def test_infinite_and_huge_logits_give_a_distribution_over_legal_actions(search, planted, nodes):
    """What a network may say at its worst, and the prior that must come of it."""
    inf = np.inf
    cases = [  # logits, legal, prior
        ([-inf, 0, 0, 0], [1, 1, 1, 0], [0, 0.5, 0.5, 0]),
        ([1e30, 0, -1e30, 0], [1, 1, 1, 1], [1, 0, 0, 0]),
        ([inf, 0, 0, inf], [1, 1, 1, 0], [1, 0, 0, 0]),
        ([0, -inf, 0, 0], [0, 1, 0, 0], [0, 1, 0, 0]),
        ([-inf] * 4, [1, 1, 0, 0], [0.5, 0.5, 0, 0]),
        ([-inf] * 4, [1, 1, 1, 1], [0.25] * 4),
        ([0, 1e38, 3e38, inf], [1, 0, 0, 0], [1, 0, 0, 0]),
    ]
    logits, legal, prior = (np.array(column) for column in zip(*cases, strict=True))
    table = np.zeros((len(cases), 5, 4), bool)
    table[:, 0] = legal
    winner = np.full((len(cases), 5), -1, np.int8)
    game = planted.PlantedTrees(2, np.zeros(len(cases), np.int8), table, winner)
    network = planted.PlantedNetwork(
        np.repeat(logits[:, None], 5, axis=1).astype(np.float32),
        np.zeros((len(cases), 5), np.float32),
    )
    result = search(game, planted.evaluate, SearchConfig(nodes=nodes), network, game.roots())
    np.testing.assert_allclose(result.prior, prior, atol=1e-7)
    np.testing.assert_allclose(result.policy.sum(axis=-1), 1, atol=1e-6)
    assert (result.visits.sum(axis=-1) == nodes - 1).all()
    assert (result.visits[legal == 0] == 0).all()
    assert all(np.isfinite(field).all() for field in result)


def test_equal_settings_share_one_compiled_program():
    config = {"nodes": 7, "rule": {"c_puct": 0.5}}
    assert hash(SearchConfig(**config)) == hash(SearchConfig(**config))
    assert SearchConfig(**config) == SearchConfig(**config)


@pytest.mark.parametrize(
    ("setting", "culprit"),
    [
        ({"nodes": 0}, "nodes"),
        ({"noise_fraction": 1.5}, "noise_fraction"),
        ({"noise_concentration": 0}, "noise_concentration"),
        ({"rule": {"c_puct": -1}}, "c_puct"),
        ({"rule": {"unvisited_value": "win"}}, "unvisited_value"),
        ({"simulations": 64}, "simulations"),
    ],
)
def test_a_setting_out_of_range_or_unknown_is_refused_by_name(setting, culprit):
    with pytest.raises(pydantic.ValidationError, match=culprit):
        SearchConfig(**setting)
