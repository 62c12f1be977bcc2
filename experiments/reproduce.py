"""The main job: train a ladder, let its agents meet, rate them, fit the law, write the report.

Question: how does Elo grow with training compute, and how does that change with the board
(Jones 2021, Figures 5 and 6)? Expected there: about 510 Elo for ten times the compute, and about
7 times the compute for one more row and column. Command: `hexlaw reproduce --preset laptop`,
about five minutes on two CPU cores. Every stage goes on where it was stopped.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path

import jax
import numpy as np
import pydantic
import sqlalchemy as sa
from rich.console import Console

import games
from analysis.ratings import rate
from analysis.report import write_report
from analysis.rows import LabRows, load_lab
from experiments.agents import AgentEntry, all_snapshots, enter_agents, load_player, resolve
from experiments.arena import ArenaConfig, play_round
from experiments.blunders import GAMES_EACH, blunder_tasks
from experiments.lock import alone_in
from experiments.matches import round_is_stored, store_round
from experiments.parallel import Task, Worker, default_workers, run_tasks
from experiments.plan import Plan, load_plan
from experiments.players import NetworkPlayer
from experiments.progress import stage
from experiments.records import analyse_moves
from experiments.runtime import use_compilation_cache
from experiments.specs import NetworkSpec, PlayerSpec
from experiments.verb import InterruptedByUserError, Outcome, VerbConfig
from games.errors import InputError
from games.exact.positions import RECIPES
from games.hex import Hex
from games.protocol import Game
from training.architecture import NetworkConfig
from training.config import TrainConfig
from training.files import write_atomically
from training.ledger import forward_flops
from training.loop import Progress, train_population
from training.store import Game as GameRow
from training.store import Run, Snapshot, Store

LANES_THAT_FILL = {"cpu": 256}  # one core; more fall out of its cache (docs/training.md)
MANY_LANES = 16_384  # of any accelerator

MAX_LANES = 64  # more would mostly be padding once some games are over


class ReproduceConfig(VerbConfig, frozen=True):
    """Train a ladder of agents, rate them, fit the compute frontier, write the report."""

    preset: str = "laptop"
    """Which ladder; `hexlaw list` shows them all."""
    plan: Path | None = None
    """A TOML file with a plan of your own, instead of a preset."""
    lab: Path | None = None
    """Folder of the store, snapshots and checkpoints; runs/PRESET if unset."""
    out: Path = Path("report")
    """Folder of the report: index.html, figures, tables."""
    workers: int | None = pydantic.Field(default=None, ge=1)
    """Processes at work side by side; one a core if unset, one in all on a GPU."""


def reproduce(config: ReproduceConfig, console: Console) -> Outcome:
    """Run every stage that is not done yet.

    Returns:
        Where the lab and the report lie.

    Raises:
        InputError: for a bad plan, a lab of another plan, a store or folder that cannot be used.
        InterruptedByUserError: if Ctrl-C stopped it; the same command goes on.
    """
    plan = load_plan(config.preset, config.plan)
    name = config.plan.stem if config.plan else config.preset
    lab = config.lab or Path("runs") / name
    workers = config.workers or default_workers()
    if workers > 1 and jax.default_backend() != "cpu":
        raise InputError("--workers above 1 is for CPUs: processes cannot share an accelerator")
    store = Store(lab)
    with alone_in(lab):
        _claim(store, plan)
        return _run_stages(store, plan, name, workers, config.out, console)


def _run_stages(
    store: Store, plan: Plan, name: str, workers: int, out: Path, console: Console
) -> Outcome:
    console.print(f"[bold]{name}[/]: {plan.title}")
    console.print(f"lab {store.folder}, {workers} workers; Ctrl-C stops, the same command goes on")

    _run_stage(console, "Training", _training_tasks(store, plan), workers)
    _run_stage(console, "Arena", _arena_tasks(store, plan), workers)
    _run_stage(console, "Perfect play", _blunder_tasks(store, plan), workers)
    _annotate_example(store, plan, load_lab(store))
    report = write_report(load_lab(store), out)
    console.print(f"report: [bold]{report.index}[/]")
    return Outcome({"lab": str(store.folder), "report": str(report.index)})


def _claim(store: Store, plan: Plan) -> None:
    """Mark the lab as this plan's, or refuse it if it is another's.

    What counts is which runs there are and how their agents meet; more rounds are more of the same.
    """
    path = store.folder / "plan.json"
    mine = {
        "runs": sorted(run.run_id for run in plan.runs),
        "tournaments": [
            plan.arena.tournament(games.make(plan.game, size)) for size in plan.boardsizes
        ],
    }
    if not path.exists():
        write_atomically(path, json.dumps(mine, indent=1).encode())
        return
    try:
        theirs = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {path} ({error}); choose another --lab") from error
    if different := [key for key in mine if theirs.get(key) != mine[key]]:
        raise InputError(
            f"the lab {store.folder} was made from another plan or by another version of hexlaw "
            f"(its {' and '.join(different)} differ); choose another --lab"
        )


def _run_stage(console: Console, title: str, tasks: Sequence[Task], workers: int) -> None:
    if not tasks:
        console.print(f"{title}: done already")
        return
    with stage(console, title, tasks) as listen:
        if not run_tasks(tasks, workers, listen):
            raise InterruptedByUserError


def _training_tasks(store: Store, plan: Plan) -> list[Task]:
    """One task for each network with runs that are not over: its seeds share one program."""
    with store.session() as session:
        over = set(session.scalars(sa.select(Run.id).where(Run.status != "running")))
    by_network: dict[tuple[int, NetworkConfig, str], list[TrainConfig]] = {}
    for run in plan.runs:
        if run.run_id not in over:
            by_network.setdefault((run.boardsize, run.network, run.recipe), []).append(run)
    tasks = [
        Task(
            f"{size}×{size} board, network {network.name}, {recipe}",
            _train_task,
            (store.folder, tuple(runs)),
            work=sum(_expected_cost(run) for run in runs),
        )
        for (size, network, recipe), runs in by_network.items()
    ]
    return sorted(tasks, key=lambda task: -task.work)  # long ones first, short ones fill the gaps


def _expected_cost(run: TrainConfig) -> float:
    """Rough work of a run: small networks are bound by the tree, large ones by their FLOPs."""
    flops = forward_flops(run.rules, run.network)
    per_node = 2e5 + 300 * run.rules.num_actions + flops * (1 + 3 * run.replay_ratio / 64)
    return run.samples * run.search.nodes * per_node


def _train_task(worker: Worker, lab: Path, runs: Sequence[TrainConfig]) -> None:
    """Train runs of equal shape, as many at a time as fill the device."""
    use_compilation_cache()
    store = Store(lab)
    room = LANES_THAT_FILL.get(jax.default_backend(), MANY_LANES)
    together = max(1, room // runs[0].lanes)
    for first in range(0, len(runs), together):
        members = runs[first : first + together]

        def report(progress: Progress, done: int = first, count: int = len(members)) -> None:
            worker.report((done + count * progress.iteration / progress.iterations) / len(runs))

        statuses = train_population(members, store, report=report, should_stop=worker.should_stop)
        if "stopped" in statuses:
            return


def _arena_tasks(store: Store, plan: Plan) -> list[Task]:
    """One task for each round on each board that is not stored yet.

    Round by round, so that the second round of a board finds the programs that the first has
    compiled in the cache.
    """
    boards = [games.make(plan.game, size) for size in plan.boardsizes]
    boards = [rules for rules in boards if len(_agents(store, rules, plan.arena)) > 1]
    return [
        Task(
            f"{rules.size}×{rules.size} board, round {round_index + 1}",
            _arena_task,
            (store.folder, rules, round_index, plan.arena),
            work=float(rules.size**4),
        )
        for round_index in range(plan.arena.rounds)
        for rules in reversed(boards)
        if not round_is_stored(store, plan.arena.tournament(rules), round_index)
    ]


def _agents(store: Store, rules: Game, arena: ArenaConfig) -> list[AgentEntry]:
    """Every snapshot of the board with the arena's search."""
    specs = all_snapshots(store, rules, arena.search, float(arena.sampled))
    return enter_agents(store, rules, specs)


def _arena_task(
    worker: Worker, lab: Path, rules: Game, round_index: int, arena: ArenaConfig
) -> None:
    use_compilation_cache()
    store = Store(lab)
    agents = _agents(store, rules, arena)
    lanes = _lanes(len(agents), arena)
    result = play_round(
        rules,
        [load_player(rules, agent, lanes=lanes) for agent in agents],
        round_index,
        arena,
        names=[agent.spec.text for agent in agents],
        report=worker.report,
        should_stop=worker.should_stop,
    )
    if result is not None:
        tournament = arena.tournament(rules)
        store_round(
            store,
            tournament,
            round_index,
            [agent.id for agent in agents],
            result,
            arena.opening_plies,
            draws=[agent.spec.draws for agent in agents],
            stage="league",
        )


def _lanes(agents: int, arena: ArenaConfig) -> int:
    """Batch size of the searches of a board's league."""
    # At one ply every agent moves in about as many games as it has opponents.
    games_a_ply = agents * arena.openings
    return math.ceil(games_a_ply / math.ceil(games_a_ply / MAX_LANES))


def _blunder_tasks(store: Store, plan: Plan) -> list[Task]:
    """Judge agents where perfect play is known, by themselves and with the arena's search.

    All snapshots are judged on the fixed sets, the last ones in their own games too; those of each
    board's largest network with less search besides, for the figure that shows what search adds.
    """
    search, temperature, tasks = plan.arena.search, float(plan.arena.sampled), []
    ladder = sorted({4**k for k in range(6) if 4**k < search.nodes} | {search.nodes})

    def find(rules: Hex, nodes: Sequence[int], run: str, index: int | None) -> list[PlayerSpec]:
        searches = [search.model_copy(update={"nodes": n}) for n in nodes]
        return [
            spec
            for s in searches
            for spec in resolve(
                store, rules, NetworkSpec(run=run, index=index, search=s, temperature=temperature)
            )
        ]

    for rules in [Hex(size) for size in plan.boardsizes if plan.game == "hex" and size in RECIPES]:
        largest = _largest_runs(store, rules.size)
        if not largest:
            continue  # every run has failed
        ends = (1, search.nodes)
        everyone = find(rules, ends, "*", None)
        last = find(rules, ends, "*", -1) + [s for r in largest for s in find(rules, ladder, r, -1)]
        wanted = dict.fromkeys(everyone, 0) | dict.fromkeys(last, GAMES_EACH)
        lanes = _lanes(len(everyone) // 2, plan.arena)
        tasks += blunder_tasks(store, rules, wanted, lanes=lanes)
    return sorted(tasks, key=lambda task: -task.work)


def _largest_runs(store: Store, boardsize: int) -> Sequence[str]:
    """The runs of a board's largest network that have a snapshot."""
    runs = sa.select(Run.parameters, Run.id).join(Snapshot).where(Run.boardsize == boardsize)
    rows = store.frame_query(runs.distinct())[1]
    return [run for parameters, run in rows if parameters == max(rows)[0]]


def _annotate_example(store: Store, plan: Plan, rows: LabRows) -> None:
    """Let the best agent of the largest board say what it thinks of the last game between it and
    the runner-up."""
    if rows.matches.empty:
        raise InputError(f"no two agents to compare in {store.folder}: every run has failed")
    size = int(rows.matches.boardsize.max())
    matches = rows.matches.loc[rows.matches.boardsize == size]
    columns = {"black_id": "black", "white_id": "white"}
    ratings = rate(matches.rename(columns=columns), first_player=False)  # as the report rates
    order = np.argsort(ratings.elo)[::-1]
    best, second = ratings.players[order[0]], ratings.players[order[1]]
    between = (matches.black_id == best) & (matches.white_id == second)
    match_id = matches.loc[between, "id"].iloc[-1]
    game_row = rows.games.loc[rows.games.match_id == match_id].iloc[-1]
    if game_row.analysis is not None:
        return
    rules = games.make(plan.game, size)
    agents = {agent.id: agent for agent in _agents(store, rules, plan.arena)}
    player = load_player(rules, agents[best], lanes=rules.max_plies)
    assert isinstance(player, NetworkPlayer)
    analysis = analyse_moves(rules, player, game_row.moves)
    with store.session() as session:
        row = session.get_one(GameRow, int(game_row.id))
        row.analysis = {
            "agent": int(best),
            "nodes": plan.arena.search.nodes,
            "moves": [thought.model_dump() for thought in analysis],
        }
