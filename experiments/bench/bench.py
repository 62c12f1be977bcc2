"""`hexlaw bench`: self-play speed of each search rule, side by side with mctx in the same run.

All play the same Hex (this project's: pgx has it at 11×11 only, and slower, which would flatter
us) with the same network; the peers are mctx's `gumbel_muzero_policy` and `muzero_policy` (PUCT).
Each is measured at the batch sizes asked for and quoted at its best one. What is compiled or timed
is said as it begins, and a board's rows are shown as soon as they are known.
"""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, Self

import jax
import numpy as np
import pydantic
from rich.console import Console
from rich.table import Column, Table

import games
from experiments.bench.programs import (
    MOVES,
    PEERS,
    Advance,
    advance,
    compile_on,
    evaluations,
    lanes_in_play,
    our_move,
    peer_move,
    place,
)
from experiments.machine.runtime import peak_memory
from experiments.verb import Outcome, VerbConfig
from games.protocol import Game
from games.text.numbers import side_by_side
from mcts import RULES, SearchConfig
from mcts.simulation import bytes_per_tree
from training.config import SELFPLAY_SEARCH
from training.networks import NetworkConfig, init_params, make_evaluate
from training.provenance import code_version, device_name


def _is_rule(name: str) -> str:
    return RULES.name_of(RULES[name])


def _is_shape(text: str) -> str:
    return NetworkConfig.parse(text).name


class BenchConfig(VerbConfig, frozen=True):
    """Measure self-play in moves a second, against mctx."""

    game: str = "hex"
    """What is played; `hexlaw list` shows all games and their boards."""
    boards: tuple[int, ...] = (5, 9)
    """Board sides."""
    networks: tuple[Annotated[str, pydantic.AfterValidator(_is_shape)], ...] = ("16x2",)
    """Networks, WIDTHxDEPTH."""
    rules: tuple[Annotated[str, pydantic.AfterValidator(_is_rule)], ...] = RULES.names
    """Search rules."""
    nodes: int = pydantic.Field(default=64, ge=2, le=4096)
    """Network evaluations a move."""
    batches: tuple[int, ...] = (128,)
    """Games side by side on each device."""
    devices: int = pydantic.Field(default=1, ge=1)
    """Devices to spread the games over; a CPU is cut into so many, one for each core."""
    repeats: int = pydantic.Field(default=3, ge=1)
    """Timed calls of each; the fastest counts."""
    cpu_time: bool = False
    """Count the process's CPU seconds, for a machine that others use at the same time."""
    peer: bool = True
    """Measure mctx too (needs the extra: pip install 'hexlaw[bench]')."""

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        if self.cpu_time and self.devices > 1:
            raise ValueError("cpu_time adds up the seconds of all devices: leave it out")
        return self


def bench(config: BenchConfig, console: Console) -> Outcome:
    """Print and return one row for each board, network and rule."""
    peers = list(PEERS) if config.peer else []
    _provide_devices(config.devices)
    device = device_name() if config.devices == 1 else f"{config.devices} × {device_name()}"
    console.print(
        f"self-play at {config.nodes} nodes a move on {device}, commit {code_version()};\n"
        f"moves a {'CPU ' if config.cpu_time else ''}second, each at its best batch"
    )
    rows: list[dict[str, Any]] = []
    for size in config.boards:
        for shape in config.networks:
            network = NetworkConfig.parse(shape)
            game = games.make(config.game, size)
            with _saying(console, f"{side_by_side(size)}, {shape.replace('x', '×')}") as say:
                measured = _measure(game, network, config, say)
            _show_rows(console, config, measured)
            rows += measured
    console.print(
        "of bound: of the speed of the network evaluations alone; ×: times the peer's speed, on "
        "this project's Hex; tree: memory of one game's; program: what it takes at its best batch, "
        f"by XLA, on each device\n{_peak_memory() / 2**20:,.0f} MiB at most were in use, compiling "
        "and all programs of this run included"
    )
    return Outcome(
        {
            "device": device_name(),
            "devices": config.devices,
            "peak_bytes": _peak_memory(),
            "commit": code_version(),
            "nodes": config.nodes,
            "peers": {name: PEERS[name] for name in peers},
            "rows": rows,
        }
    )


@contextlib.contextmanager
def _saying(console: Console, place: str) -> Iterator[Callable[[str], None]]:
    """Gives what tells people how far it is: a line that changes in a terminal, lines elsewhere."""
    began = time.perf_counter()
    with console.status(place) as status:

        def say(step: str) -> None:
            line = f"{place}: {step} ({time.perf_counter() - began:.0f} s)"
            if console.is_terminal:
                status.update(line)
            else:
                console.print(line)
                console.file.flush()

        yield say


def _show_rows(console: Console, config: BenchConfig, rows: Sequence[dict[str, Any]]) -> None:
    """The rows of one board and network."""
    ratios = [f"× {name}" for name in (PEERS if config.peer else ())]
    sizes = ["compile, s", "tree, KiB", "program, MiB"]
    # What is not wrapped is not cut either, where a terminal has 80 columns.
    whole = [Column(name, no_wrap=True) for name in ("board", "net", "rule", "moves/s")]
    table = Table(*whole, "of bound", *ratios, *sizes, box=None)
    for row in rows:
        table.add_row(
            side_by_side(row["board"]),
            row["network"].replace("x", "×"),
            row["rule"],
            f"{row['moves_per_second']:,.0f}",
            f"{row['share_of_bound']:.0%}",
            *[
                f"{row['moves_per_second'] / rate:.1f}"
                for rate in row["peer_moves_per_second"].values()
            ],
            f"{row['compile_seconds']:.1f}",
            f"{row['tree_bytes'] / 2**10:.1f}",
            f"{row['program_bytes'] / 2**20:.1f}",
        )
    console.print(table)
    console.file.flush()


def _measure(
    game: Game, network: NetworkConfig, config: BenchConfig, say: Callable[[str], None]
) -> list[dict[str, Any]]:
    """A row for each rule, all of them and the peers timed in turn; `say` is told of each step."""
    evaluate = make_evaluate(game, network)
    params = init_params(game, network, jax.random.key(0))
    contestants: dict[str, Advance] = {
        rule: our_move(game, evaluate, search_of(rule, config.nodes)) for rule in config.rules
    }
    peers = list(PEERS) if config.peer else []
    contestants |= {name: peer_move(game, evaluate, config.nodes, name) for name in peers}
    rates: dict[str, list[float]] = {name: [] for name in [*contestants, "bound"]}
    program_bytes: dict[str, list[int]] = {name: [] for name in [*contestants, "bound"]}
    compile_seconds = dict.fromkeys([*contestants, "bound"], 0.0)
    programs: dict[str, Callable[..., Any]] = {
        name: advance(move) for name, move in contestants.items()
    }
    programs["bound"] = evaluations(evaluate, config.nodes)
    for batch in config.batches:
        games_in_play = batch * config.devices
        lanes = lanes_in_play(game, games_in_play)
        calls: dict[str, Callable[[], Any]] = {}
        for number, (name, program) in enumerate(programs.items(), start=1):
            say(f"compiling {name} at {batch} games, {number} of {len(programs)}")
            began = time.perf_counter()
            compiled = compile_on(program, config.devices, params, lanes)
            compile_seconds[name] = max(compile_seconds[name], time.perf_counter() - began)
            calls[name] = functools.partial(compiled, *place(config.devices, params, lanes))
            program_bytes[name].append(_bytes_of(compiled))
        clock = time.process_time if config.cpu_time else time.perf_counter
        for name, seconds in _time_in_turn(calls, config.repeats, clock, say).items():
            rates[name].append(games_in_play * MOVES / seconds)
    return [
        {
            "board": game.size,
            "width": network.width,
            "depth": network.depth,
            "network": network.name,
            "rule": rule,
            "moves_per_second": max(rates[rule]),
            "share_of_bound": max(rates[rule]) / max(rates["bound"]),
            "peer_moves_per_second": {name: max(rates[name]) for name in peers},
            "compile_seconds": compile_seconds[rule],
            "tree_bytes": bytes_per_tree(game, search_of(rule, config.nodes)),
            "program_bytes": program_bytes[rule][int(np.argmax(rates[rule]))],
        }
        for rule in config.rules
    ]


def search_of(rule: str, nodes: int) -> SearchConfig:
    """The self-play search of a rule: with Dirichlet noise if the rule brings none of its own."""
    noise = 0.0 if RULES[rule].explores else SELFPLAY_SEARCH.noise_fraction
    return SearchConfig.model_validate({"nodes": nodes, "rule": rule, "noise_fraction": noise})


def _provide_devices(devices: int) -> None:
    """Cut a CPU into so many devices, if JAX has not begun to use it yet."""
    with contextlib.suppress(RuntimeError):
        if devices > 1:
            jax.config.update("jax_num_cpu_devices", devices)


def _bytes_of(compiled: Any) -> int:
    """Memory that a compiled program needs on one device."""
    memory = compiled.memory_analysis()
    return memory.argument_size_in_bytes + memory.output_size_in_bytes + memory.temp_size_in_bytes


def _peak_memory() -> int:
    """The most bytes in use so far: of the accelerator, or of this process on a CPU."""
    if statistics := jax.devices()[0].memory_stats():
        return statistics["peak_bytes_in_use"]
    return peak_memory()


def _time_in_turn(
    calls: dict[str, Callable[[], Any]],
    repeats: int,
    clock: Callable[[], float],
    say: Callable[[str], None],
) -> dict[str, float]:
    """Fewest seconds of each call, taken in turn so that all meet the same machine."""
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(repeats + 1):
        say(f"timing all of them, turn {turn} of {repeats}" if turn else "a turn to warm up")
        for name, call in calls.items():
            began = clock()
            jax.block_until_ready(call())
            seconds[name].append(clock() - began)
    return {name: min(times[1:]) for name, times in seconds.items()}
