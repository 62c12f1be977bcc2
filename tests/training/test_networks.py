"""The network against plain NumPy, and the frames it is shown."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import games
from games.protocol import HEXAGONAL
from training.networks import (
    Mlp,
    NetworkConfig,
    conv,
    forward,
    init_params,
    make_evaluate,
    pad_params,
    parameter_count,
    shapes_of,
)
from training.networks.residual import Residual

GAME = games.make("hex", 3)
CONFIG = Mlp(width=8, depth=2)


@pytest.fixture(scope="module")
def params():
    return jax.jit(functools.partial(init_params, GAME, CONFIG))(jax.random.key(0))


@pytest.fixture(scope="module")
def planes():
    return np.random.default_rng(0).random((16, 2, 3, 3)) < 0.4


NAMES = ["1x0", "16x2", "1024x4", "16x2+64x3", "conv8x3", "conv8x2+4x1-bf16"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_says_the_whole_shape(name):
    assert NetworkConfig.parse(name).name == name


@pytest.mark.parametrize("name", ["16", "x2", "16x2x3", "deep16x2", "16x2+", "0x2", "16x2-fp8"])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(ValueError, match=r"WIDTHxDEPTH|width"):
        NetworkConfig.parse(name)


@pytest.mark.parametrize("size", [3, 9])
@pytest.mark.parametrize("name", NAMES)
def test_parameter_count_is_that_of_all_weights_and_biases(name, size):
    game, config = games.make("hex", size), NetworkConfig.parse(name)
    shapes = jax.eval_shape(lambda key: init_params(game, config, key), jax.random.key(0))
    sizes = [leaf.size for leaf in jax.tree.leaves(shapes) if leaf.ndim > 0]  # without the alphas
    assert parameter_count(game, config) == sum(sizes)
    assert isinstance(config, Residual)
    assert len(jax.tree.leaves(shapes)) - len(sizes) == sum(depth for _, depth in config.trunks)


def plain_forward(params, planes):
    """The network in NumPy, from the equations of Bachlechner et al. 2020 and Jones 2021."""
    p = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), params["params"])

    def linear(name, x):
        return x @ p[name]["kernel"] + p[name]["bias"]

    x = linear("input", planes.reshape(len(planes), -1).astype(float))
    for k in range(CONFIG.depth):
        x = x + p[f"alpha_{k}"] * linear(f"residual_{k}", np.maximum(x, 0))
    return linear("policy", x), np.tanh(linear("value", x))[:, 0]


@pytest.fixture(scope="module")
def apply():
    return jax.jit(functools.partial(forward, CONFIG.module(GAME)))


def with_alphas(params, alpha):
    return jax.tree.map(lambda leaf: jnp.full_like(leaf, alpha) if leaf.ndim == 0 else leaf, params)


@pytest.mark.parametrize("alpha", [0.0, 0.7])
def test_logits_and_values_are_those_of_the_equations(apply, params, planes, alpha):
    shown = with_alphas(params, alpha)
    for ours, theirs in zip(apply(shown, planes), plain_forward(shown, planes), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_residual_layers_do_nothing_at_the_start_and_something_later(apply, params, planes):
    scrambled = jax.tree.map(lambda leaf: leaf, params)
    scrambled["params"]["residual_0"] = jax.tree.map(
        lambda leaf: leaf + 3, params["params"]["residual_0"]
    )
    before, after = apply(params, planes), apply(scrambled, planes)
    np.testing.assert_array_equal(before[0], after[0])
    np.testing.assert_array_equal(before[1], after[1])
    opened = [apply(with_alphas(p, 0.1), planes)[0] for p in (params, scrambled)]
    assert np.abs(opened[0] - opened[1]).max() > 0.1


def test_values_stay_between_loss_and_win(apply, params, planes):
    _, value = apply(jax.tree.map(lambda leaf: 1e3 * leaf, params), planes)
    assert np.all(np.abs(value) <= 1)
    assert np.abs(value).max() > 0.99


def test_swapping_colours_and_transposing_transposes_logits_and_leaves_the_value(params):
    """White's network must see what black's would: the frames cancel out."""
    moves = np.array([[0, 4, 5], [8, 1, 3], [2, 6, 7], [4, 3, 8]])
    transposed = (moves % 3) * 3 + moves // 3

    @jax.jit
    def position(moves, first):
        state = GAME.init()._replace(to_move=first)
        return jax.lax.scan(lambda s, a: (GAME.step(s, a), None), state, moves)[0]

    evaluate = jax.jit(make_evaluate(GAME, CONFIG))
    black_first = jax.vmap(position)(moves, jnp.zeros(4, jnp.int8))
    white_first = jax.vmap(position)(transposed, jnp.ones(4, jnp.int8))
    logits, value = evaluate(params, black_first)
    swapped_logits, swapped_value = evaluate(params, white_first)
    np.testing.assert_array_equal(value, swapped_value)
    np.testing.assert_array_equal(
        np.reshape(logits, (4, 3, 3)), np.reshape(swapped_logits, (4, 3, 3)).transpose(0, 2, 1)
    )
    assert np.abs(logits - swapped_logits).max() > 0.1, "else nothing was compared"


# The convolutional network.

CONV = NetworkConfig.parse("conv8x2")


@pytest.fixture(scope="module")
def conv_params():
    fresh = jax.jit(functools.partial(init_params, GAME, CONV))(jax.random.key(1))
    return with_alphas(fresh, 0.7)


def plain_convolution(params, planes):
    """The network cell by cell in NumPy, neighbours looked up in the rules' own table."""
    p = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), params["params"])
    size = planes.shape[-1]
    offsets = [(0, 0), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0)]

    def around(cells, outside):
        """[S, S, C] → [A, 7C]; `outside(row, column)` says what lies beyond the board."""
        rows = []
        for row in range(size):
            for column in range(size):
                seen = []
                for down, right in offsets:
                    r, c = row + down, column + right
                    on_board = 0 <= r < size and 0 <= c < size
                    seen.append(cells[r, c] if on_board else outside(r, c))
                rows.append(np.concatenate(seen))
        return np.array(rows)

    def edge(row, column):
        beyond = not 0 <= row < size, not 0 <= column < size
        return np.array([beyond == (True, False), beyond == (False, True)], float)

    logits, values = [], []
    for board in planes:
        seen = around(board.transpose(1, 2, 0).astype(float), edge)
        x = seen @ p["input"]["kernel"] + p["input"]["bias"]
        for k in range(CONV.depth):
            cells = np.maximum(x, 0).reshape(size, size, -1)
            seen = around(cells, lambda r, c: np.zeros(CONV.width))
            x = x + p[f"alpha_{k}"] * (
                seen @ p[f"residual_{k}"]["kernel"] + p[f"residual_{k}"]["bias"]
            )
        logits.append((x @ p["policy"]["kernel"] + p["policy"]["bias"])[:, 0])
        pooled = np.concatenate([np.maximum(x, 0).mean(axis=0), np.maximum(x, 0).max(axis=0)])
        values.append(np.tanh(pooled @ p["value"]["kernel"] + p["value"]["bias"])[0])
    return np.array(logits), np.array(values)


@pytest.mark.parametrize("size", [3, 5])
def test_a_convolution_is_that_of_the_equations_on_every_board(conv_params, size):
    """The same weights, made for 3×3."""
    planes = np.random.default_rng(size).random((4, 2, size, size)) < 0.4
    found = jax.jit(functools.partial(forward, CONV.module(games.make("hex", size))))(
        conv_params, planes
    )
    for ours, theirs in zip(found, plain_convolution(conv_params, planes), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_policy_and_value_may_have_trunks_of_their_own(planes):
    """Nothing that the value's trunk holds reaches the policy, nor the other way round."""
    config = NetworkConfig.parse("8x2+4x1")
    params = with_alphas(init_params(GAME, config, jax.random.key(2)), 0.7)
    run = jax.jit(functools.partial(forward, config.module(GAME)))

    def without(prefix):
        kept = {k: v for k, v in params["params"].items() if not k.startswith(prefix)}
        zero = {k: jax.tree.map(jnp.zeros_like, v) for k, v in params["params"].items()}
        return run({"params": zero | kept}, planes)

    (logits, value), (same, other) = run(params, planes), without("value")
    np.testing.assert_array_equal(logits, same)
    assert not np.array_equal(value, other)
    other, same = without(("input", "residual", "alpha", "policy"))
    np.testing.assert_array_equal(value, same)
    assert not np.array_equal(logits, other)


def test_bfloat16_products_are_close_to_float32_but_not_equal(params, planes):
    """Eight bits of mantissa: about 1 in 256 of each product's inputs."""
    rough = NetworkConfig.parse("8x2-bf16")
    exact = forward(CONFIG.module(GAME), with_alphas(params, 0.7), jnp.asarray(planes))
    found = jax.jit(functools.partial(forward, rough.module(GAME)))(
        with_alphas(params, 0.7), planes
    )
    for ours, theirs in zip(found, exact, strict=True):
        assert ours.dtype == jnp.float32
        np.testing.assert_allclose(ours, theirs, atol=0.1)
        assert np.abs(ours - theirs).max() > 1e-5


@pytest.mark.parametrize("name", ["1x0", "2x1", "8x2", "32x2"])
def test_a_network_filled_up_with_zeros_computes_the_same(name, planes):
    network = NetworkConfig.parse(name)
    params = init_params(GAME, network, jax.random.key(1))
    # ReZero's layers start at zero; here they count.
    params = jax.tree.map(lambda leaf: leaf + 0.3, params)
    assert network.roomier.name == "32x2"
    padded = pad_params(GAME, params, network.roomier)
    for one, other in zip(
        forward(network.module(GAME), params, planes),
        forward(network.roomier.module(GAME), padded, planes),
        strict=True,
    ):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["64x2", "8x3", "16x2+64x1", "8x2-bf16", "conv8x2"])
def test_what_fits_into_no_common_shape_stays_as_it_is(name):
    assert NetworkConfig.parse(name).roomier.name == name


def test_a_convolution_plays_y_and_sees_where_the_triangle_ends():
    """A corner has two neighbours on the triangle, a side four; what lies beyond is nobody's."""
    game = games.make("y", 3)
    planes = jnp.asarray(game.observe(games.play(game, "a1")))[None]
    seen = np.asarray(conv.see_edges(planes, HEXAGONAL)).reshape(9, 7, 3)
    np.testing.assert_array_equal(seen[:, :, 2].sum(1)[:3], [3, 5, 3])
    assert seen[0, :, 1].sum() == 1
    network = NetworkConfig.parse("conv4x1")
    params = init_params(game, network, jax.random.key(0))
    logits, values = jax.jit(functools.partial(forward, network.module(game)))(params, planes)
    assert logits.shape == (1, game.num_actions)
    assert values.shape == (1,)
    assert parameter_count(game, network) == sum(leaf.size for leaf in jax.tree.leaves(params)) - 1


def test_a_convolution_has_a_number_for_a_move_of_no_cell():
    """Hex's swap; the layers that are counted are those that there are."""
    game, network = games.make("hex_swap", 3), NetworkConfig.parse("conv4x1")
    params = init_params(game, network, jax.random.key(0))
    state = jax.tree.map(lambda leaf: leaf[None], games.play(game, "b1"))
    logits, _ = make_evaluate(game, network)(params, state)
    assert logits.shape == (1, 10)
    count = sum(leaf.size for leaf in jax.tree.leaves(params)) - 1  # without ReZero's scalar
    assert parameter_count(game, network) == count


# The convolution on squares.

SQUARES = {"connect_four": (44, 57), "breakthrough": (43, 65)}


@functools.cache
def on_squares(name, size):
    """A game, weights made for the smallest board, boards, and the network that sees them."""
    rng, game = np.random.default_rng(size), games.make(name, size)
    shapes = shapes_of(games.make(name, SQUARES[name][0]), CONV)
    params = jax.tree.map(lambda of: rng.normal(0, 0.2, of.shape).astype(np.float32), shapes)
    planes = rng.random((4, 2, *game.shape)) < 0.4
    return game, params, planes, jax.jit(functools.partial(forward, CONV.module(game)))


@pytest.mark.parametrize("name", SQUARES)
def test_weights_of_a_convolution_fit_every_board_of_squares(name):
    small, large = (games.make(name, size) for size in SQUARES[name])
    assert shapes_of(small, CONV) == shapes_of(large, CONV)
    counted = sum(leaf.size for leaf in jax.tree.leaves(shapes_of(large, CONV)) if leaf.ndim)
    assert parameter_count(large, CONV) == counted


@pytest.mark.parametrize("size", SQUARES["breakthrough"])
def test_a_convolution_on_squares_is_that_of_the_equations(size):
    """A third plane is the board."""
    game, params, planes, apply = on_squares("breakthrough", size)
    p = params["params"]

    def around(cells, of):
        """The cell itself comes first in the weights, then the others from the upper left."""
        kernel = of["kernel"].reshape(9, cells.shape[-1], -1)[[1, 2, 3, 4, 0, 5, 6, 7, 8]]
        padded = np.pad(cells, ((0, 0), (1, 1), (1, 1), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
        seen = np.einsum("brcvyx,yxvw->brcw", windows, kernel.reshape(3, 3, *kernel.shape[1:]))
        return seen + of["bias"]

    board = np.concatenate([planes, np.ones_like(planes[:, :1])], axis=1).transpose(0, 2, 3, 1)
    x = around(board.astype(np.float32), p["input"])
    for k in range(CONV.depth):
        x = x + p[f"alpha_{k}"] * around(np.maximum(x, 0), p[f"residual_{k}"])
    moves = x @ p["policy"]["kernel"] + p["policy"]["bias"]  # [B, R, C, 3 ways]
    logits, _ = apply(params, planes)
    np.testing.assert_allclose(logits, moves.reshape(4, game.num_actions), atol=1e-4)


@pytest.mark.parametrize("name", SQUARES)
def test_a_mirrored_convolution_sees_the_mirrored_board(name):
    """Left and right exchanged in weights and planes exchange moves as the rules' own table says,
    and leave the value."""
    game, params, planes, apply = on_squares(name, SQUARES[name][1])
    left_right = [game.neighbourhood.index((down, -right)) for down, right in game.neighbourhood]

    def mirrored(path, leaf):
        layer, of = (key.key for key in path[1:]) if len(path) == 3 else ("", "")
        if layer == "policy":
            return leaf[..., ::-1]  # a stone's ways
        if of != "kernel" or layer == "value":
            return leaf
        return leaf.reshape(len(left_right), -1, leaf.shape[-1])[np.array(left_right)].reshape(
            leaf.shape
        )

    turned = jax.tree_util.tree_map_with_path(mirrored, params)
    logits, value = apply(params, planes)
    found, same = apply(turned, planes[..., ::-1])
    np.testing.assert_allclose(found[:, game.symmetries.actions[1]], logits, atol=1e-5)
    np.testing.assert_allclose(same, value, atol=1e-6)
    assert np.abs(apply(turned, planes)[0] - logits).max() > 0.1, "else nothing was turned"


@pytest.mark.parametrize("size", SQUARES["connect_four"])
def test_a_column_is_as_likely_as_its_cells_together(size):
    """Of a network that sees nothing but how many cells a column has: all columns alike."""
    game, params, planes, apply = on_squares("connect_four", size)
    blind = jax.tree.map(np.zeros_like, params)
    blind["params"]["policy"]["bias"] += 0.25
    logits, _ = apply(blind, planes)
    np.testing.assert_allclose(logits, np.full((4, game.num_actions), 0.25 + np.log(size // 10)))
    # One cell that draws everything: its column is played.
    shown = np.zeros((1, 2, *game.shape), bool)
    shown[0, 0, -1, 2] = True
    blind["params"]["input"]["kernel"][0, 0] = 1  # the cell's own stone
    blind["params"]["policy"]["kernel"] += 10.0
    logits, _ = apply(blind, shown)
    np.testing.assert_allclose(
        jax.nn.softmax(logits)[0, 2],
        (np.exp(10) + size // 10 - 1) / (np.exp(10) + np.prod(game.shape) - 1),
        rtol=1e-5,
    )
