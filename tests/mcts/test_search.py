"""What every search must do: perfect play, signs, masks, batches, budget, numerics."""

from __future__ import annotations

import collections
import statistics

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import mcts
from mcts import Gumbel, Puct, Regularised, SearchConfig

RULES = [Puct(), Gumbel(), Regularised()]
every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)


def know_nothing(logits, states):
    """A network with the same logits [A] for every position, and no idea who is ahead."""
    batch = jax.tree.leaves(states)[0].shape[0]
    return jnp.broadcast_to(logits, (batch, len(logits))), jnp.zeros(batch)


def guess_at_random(world, minimax, moves_to):
    """A network, and its parameters, without preferences between moves; its values are the expected
    scores of two players who move at random, worked out exactly."""
    place_values = 3 ** jnp.arange(world.num_actions)

    def code(states):
        mine, theirs = jnp.moveaxis(jax.vmap(world.game.observe)(states), 1, 0).reshape(
            2, -1, world.num_actions
        )
        return (mine.astype(jnp.int32) + 2 * theirs.astype(jnp.int32)) @ place_values

    def evaluate(params, states):
        codes = code(states)
        return jnp.zeros((len(codes), world.num_actions)), params[codes]

    score = minimax(world.legal, world.step, world.outcome, statistics.fmean).value
    codes = code(world.states(list(moves_to.values())))
    scores = jnp.array([score(position) for position in moves_to])
    return evaluate, jnp.zeros(3**world.num_actions).at[codes].set(scores)


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
    ("rule", "size", "plies", "nodes"),
    [
        (Puct(), 2, range(4), 256),
        (Puct(), 3, range(4), 4096),
        (Puct(), 3, range(4, 9), 256),
        (Gumbel(noise_scale=0), 3, range(4), 1024),
        (Gumbel(noise_scale=0), 3, range(4, 9), 256),
        (Regularised(), 3, range(4), 1024),
        (Regularised(), 3, range(4, 9), 256),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_many_nodes_play_every_position_perfectly(
    search, oracle, hex_world, unfinished, rule, size, plies, nodes
):
    """A winning move wherever minimax has one, in all positions, one of two that a half turn makes
    the same; and PUCT's value has the right sign.

    PUCT needs no knowledge at all. The others get a random player's expected scores, because
    without any they misplay a few of the first plies (docs/search.md has the counts). The value of
    their roots is a mean over actions tried on purpose though they looked bad.
    """
    world, minimax = hex_world(size), oracle("minimax").Minimax
    evaluate, params = know_nothing, jnp.zeros(size**2)
    if rule.name != "puct":
        evaluate, params = guess_at_random(world, minimax, unfinished(size))
    found = {
        p: moves
        for p, moves in unfinished(size).items()
        if len(moves) in plies and p.owner <= p.owner[::-1]
    }
    states = world.states(list(found.values()))
    config = SearchConfig(nodes=nodes, rule=rule)
    result = search(world.game, evaluate, config, params, states)

    truth = minimax(world.legal, world.step, world.outcome)
    values = [truth.value(position) for position in found]
    if rule.name == "puct":
        np.testing.assert_array_equal(np.sign(result.value), values)
    picks = result.action.tolist()
    reached = [truth.action_values(p)[pick] for p, pick in zip(found, picks, strict=True)]
    assert reached == values
    assert (result.visits.sum(axis=-1) == nodes - 1).all()


@pytest.mark.parametrize("plies", [1, 2])
def test_a_forced_result_has_the_right_sign_for_either_side(search_cases, cases, plies):
    """A node above the end is one evaluation (0 from this network) and k equal outcomes."""
    result = cases.only(search_cases(SearchConfig(nodes=64, rule=RULES[0])), f"forced {plies}")
    result_for_mover = np.array([1, -1, 1, -1])
    assert (result.visits >= 1).all()
    outcomes = result.visits - (plies - 1)  # visits of an action that reached an end
    expected_q = result_for_mover[:, None] * outcomes / result.visits
    np.testing.assert_allclose(result.q, expected_q, rtol=1e-6)
    expected_value = result_for_mover * outcomes.sum(axis=-1) / 64
    np.testing.assert_allclose(result.value, expected_value, rtol=1e-6)


@pytest.fixture(scope="module")
def trees(planted):
    return planted.random_trees(seed=3, trees=32)


@every_rule
def test_nothing_said_of_finished_games_and_illegal_actions_is_heard(
    search_cases, planted, cases, rule
):
    """NaN for the value and logits of every finished game and every illegal action."""
    game, network, _ = cases
    over = ~game.legal_table.any(axis=-1)
    deaf = planted.PlantedNetwork(
        logits=np.where(game.legal_table, network.logits, np.nan).astype(np.float32),
        value=np.where(over, np.nan, network.value).astype(np.float32),
    )
    config = SearchConfig(nodes=64, rule=rule)
    plain, result = (search_cases(config, network=said) for said in (network, deaf))
    jax.tree.map(np.testing.assert_array_equal, result, plain)
    assert (result.visits[~game.legal_table[:, 0]] == 0).all()
    assert (result.prior[~game.legal_table[:, 0]] == 0).all()
    assert (result.policy[~game.legal_table[:, 0]] == 0).all()
    assert game.legal_table[np.arange(len(result.action)), 0, result.action].all()


@every_rule
def test_n_evaluations_each_of_a_new_legal_position_or_a_finished_one(search, planted, trees, rule):
    """A spy notes each position that the network is shown, at every depth of every tree."""
    game, network = trees
    nodes = 64
    calls = []

    def spy(params, states):
        jax.debug.callback(lambda *shown: calls.append(shown), states.tree, states.node)
        return planted.evaluate(params, states)

    config = SearchConfig(nodes=nodes, rule=rule)
    result = search(game, spy, config, network, game.roots())
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


@pytest.mark.parametrize("rule", [Puct(unvisited_value="loss", c_puct=2.3), Gumbel(noise_scale=0)])
def test_a_search_does_not_depend_on_the_rest_of_its_batch(search, hex_world, rule):
    world = hex_world(4)
    config = SearchConfig(nodes=64, rule=rule)
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


def test_a_search_that_draws_does_not_depend_on_the_rest_of_its_batch(search, hex_world):
    """The first tree of a batch draws the same numbers whatever comes after it."""
    world = hex_world(4)
    config = SearchConfig(nodes=64, rule=Regularised())
    games = world.random_games(count=64, seed=4)
    results = [
        search(world.game, world.evaluate, config, world.params, world.states(others))
        for others in (games, [games[0], *games[:0:-1]])
    ]
    for name, one, other in zip(results[0]._fields, *results, strict=True):
        np.testing.assert_array_equal(one[0], other[0], err_msg=name)


@pytest.mark.parametrize(
    ("config", "size"),
    [
        (SearchConfig(nodes=16, noise_fraction=0.25), 3),
        # As in the comparisons with the papers, so that nothing more is compiled.
        (SearchConfig(nodes=64, rule=Gumbel()), 3),
        (SearchConfig(nodes=64, rule=Regularised()), 4),
    ],
    ids=["puct", "gumbel", "regularised"],
)
def test_a_finished_root_gives_zeros_and_a_single_action_takes_every_visit(
    search, hex_world, config, size
):
    world = hex_world(size)
    # Black's first column, and white's second row; the loser is to move.
    column = [cell for i in range(size) for cell in (i * size, i + 1)][:-1]
    row = [cell for i in range(size) for cell in (i, size + i)]
    single = next(g for g in world.random_games(count=256, seed=3) if len(g) == size**2 - 1)
    states = world.states([column, row, [], single, *[[]] * 60])
    result = search(world.game, world.evaluate, config, world.params, states)
    for name in ("visits", "policy", "q", "prior"):
        assert not getattr(result, name)[:2].any(), name
    np.testing.assert_array_equal(result.value[:2], [-1, -1])
    others = config.nodes - 1
    assert result.visits[2].sum() == others
    assert all(np.isfinite(field).all() for field in result)
    last = np.isin(np.arange(size**2), single, invert=True)
    assert last[result.action[3]]
    np.testing.assert_array_equal(result.visits[3], others * last)
    np.testing.assert_array_equal(result.policy[3], last)
    np.testing.assert_array_equal(result.prior[3], last)


@pytest.mark.parametrize("nodes", [1, 64])
@every_rule
def test_infinite_and_huge_logits_give_a_distribution_over_legal_actions(
    search_cases, planted, cases, nodes, rule
):
    result = cases.only(search_cases(SearchConfig(nodes=nodes, rule=rule)), "extremes")
    legal = cases.game.legal_table[cases.rows["extremes"], 0]
    np.testing.assert_allclose(result.prior, [prior for _, _, prior in planted.EXTREMES], atol=1e-7)
    assert (result.policy[~legal] == 0).all()
    assert np.take_along_axis(legal, result.action[:, None], axis=-1).all()
    np.testing.assert_allclose(result.policy.sum(axis=-1), 1, atol=1e-6)
    assert (result.visits.sum(axis=-1) == nodes - 1).all()
    assert (result.visits[~legal] == 0).all()
    assert all(np.isfinite(field).all() for field in result)


def test_the_principal_variation_follows_the_most_visited_moves(planted):
    """A planted line in which each side has one good move: 2, then 1, then 3, and black wins."""
    nodes = planted.num_nodes(4, 3)
    legal = np.zeros((1, nodes, 4), bool)
    legal[:, : planted.num_nodes(4, 2)] = True
    winner = np.full((1, nodes), 1, np.int8)  # white wins but for the ends named here
    at_2 = 0 * 4 + 2 + 1
    for answer in range(4):
        first_end = (at_2 * 4 + answer + 1) * 4 + 1
        winner[0, first_end : first_end + 4] = 0
    at_21 = at_2 * 4 + 1 + 1
    winner[0, at_21 * 4 + 1 : at_21 * 4 + 4] = 1  # only 3 still wins there
    game = planted.PlantedTrees(2, np.zeros(1, np.int8), legal, winner)
    network = planted.PlantedNetwork(
        np.zeros(legal.shape, np.float32), np.zeros((1, nodes), np.float32)
    )
    result, tree = jax.jit(mcts.search_tree, static_argnums=(0, 1, 2))(
        game, planted.evaluate, SearchConfig(nodes=256), network, game.roots(), jax.random.key(0)
    )
    line = np.asarray(mcts.principal_variation(tree, result.action))
    assert result.action.tolist() == [2]
    np.testing.assert_array_equal(line[0, :4], [2, 1, 3, -1])
    assert (line[0, 3:] == -1).all()
    started_elsewhere = mcts.principal_variation(tree, jnp.array([0]))
    assert started_elsewhere[0, 0] == 0
