"""Rows of a whole lab, all stages, whose strengths obey a known law: the oracle of the fits.

Written from the paper's formulas in Elo and games drawn by chance; nothing here calls `analysis`,
except to name the frames. Two recipes obey one law, a decade of compute apart.
"""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from analysis.tables.rows import LabRows, _expected_columns

ELO_PER_DECADE, PER_SIZE, CONSTANT = 400.0, -320.0, -2750.0  # the incline, on Jones's compute
PLATEAU_SIZE, PLATEAU_CONSTANT = -200.0, 100.0
SIZE_EXPONENT = 0.6  # of the best network's parameters over Jones's compute
NODES_ELO = 200.0  # per decade of nodes
SEED_SD = 15.0  # Elo between runs that differ in their seed
JONES_SHIFT = 1.0  # decades that recipe jones2021 lies to the right
BLACK = 60.0  # first player's advantage, Elo
PERFECT_PAIRS = 64  # of games of each board's best agent against perfect play
SWEEP = (1, 4, 16, 64, 256)
BATCH = 64  # positions of a learner step

STAGES = ("league", "league_jones", "nodes", "direct", "perfect")
DEVICE = "TFRT_CPU_0 (2 cores)"


def strength(boardsize, log_flops, nodes=64):
    """Elo of the best network at this compute."""
    incline = ELO_PER_DECADE * log_flops + PER_SIZE * boardsize + CONSTANT
    incline = incline + NODES_ELO * np.log10(nodes / 64)
    return np.minimum(np.maximum(incline, PLATEAU_SIZE * boardsize + PLATEAU_CONSTANT), 0.0)


def perfect_at(boardsize):
    """log₁₀ of the compute where the incline reaches zero."""
    return -(CONSTANT + PER_SIZE * boardsize) / ELO_PER_DECADE


def planted_lab(
    boards=(3, 4, 5), seeds=3, networks=4, snapshots=8, games=16, seed=0, share=1.0, stages=STAGES,
    short=None, decades=3.2, untrained=False,
):  # fmt: skip
    """All stages of a lab.

    Args:
        boards: sides.
        seeds: runs of each network of `efficient`; `jones2021` has one.
        networks: of each board.
        snapshots: of each run.
        games: of each ordered pair that meets.
        seed: of all chance.
        share: of the league's pairs that meet.
        stages: that are played.
        short: by board, Elo that its best agents lack when training ends.
        decades: of compute between the first snapshots and the end of training.
        untrained: whether each run keeps its untrained network, which plays on the plateau.
    """
    rng = np.random.default_rng(seed)
    runs, snaps = [], []
    for boardsize, (recipe, shift) in itertools.product(
        boards, {"efficient": 0.0, "jones2021": JONES_SHIFT}.items()
    ):
        end = perfect_at(boardsize) + shift + 0.3
        if short and boardsize in short:
            end -= 0.3 + short[boardsize] / ELO_PER_DECADE
        for network in range(networks):
            # The k-th network is the best one where its compute ends.
            stop = end - 0.45 * (networks - 1 - network)
            log_size = 1.5 + SIZE_EXPONENT * (stop - shift - 6)
            for number in range(seeds if recipe == "efficient" else 1):
                name = f"hex{boardsize}-{recipe}-{network}-s{number}"
                runs.append(_run(name, boardsize, recipe, network, number, log_size))
                luck = SEED_SD * rng.normal()
                kept = np.linspace(end - decades, stop, snapshots)
                kept = [-np.inf, *kept] if untrained else kept
                for index, x in enumerate(kept):
                    misfit = log_size - (1.5 + SIZE_EXPONENT * (x - shift - 6))
                    extra = luck - 40 * misfit**2 if np.isfinite(x) else 0.0
                    snaps.append((name, index, x, x - shift, extra))
    runs = pd.DataFrame(runs)
    snapshots_frame = _snapshots(runs, snaps)
    agents, elo, matches = [], [], []
    for boardsize in boards:
        here = snapshots_frame[snapshots_frame["boardsize"] == boardsize]
        _play_board(here, boardsize, games, share, rng, agents, elo, matches)
    agents = _fill("agents", pd.DataFrame(agents))
    matches = pd.DataFrame(matches)
    matches = matches[matches["stage"].isin(stages)]
    matches = _fill("matches", matches.assign(id=np.arange(1, len(matches) + 1)))
    empty = {name: _fill(name, pd.DataFrame()) for name in ("metrics", "games", "blunder_rates")}
    rows = LabRows(
        runs=_fill("runs", runs), snapshots=_fill("snapshots", snapshots_frame.drop(
            columns=["effective", "extra"])), agents=agents, matches=matches, **empty,
    )  # fmt: skip
    return rows, pd.Series(elo, index=agents["id"])


def _run(name, boardsize, recipe, network, number, log_size):
    width = 2 ** (network + 1)
    config = {
        "recipe": recipe, "game": "hex", "boardsize": boardsize, "seed": number,
        "search": {"nodes": 64, "rule": {"name": "puct", "c_puct": 1.25}, "noise_fraction": 0.25},
        "lanes": 128 if recipe == "efficient" else 32_768, "learning_rate": 3e-3,
        "batch_size": BATCH,
    }  # fmt: skip
    return {
        "id": name, "game": "hex", "boardsize": boardsize, "network": f"{width}x2", "width": width,
        "depth": 2, "parameters": round(10**log_size), "seed": number, "recipe": recipe,
        "config": config, "status": "done", "population": 1, "device": DEVICE, "devices": 1,
        "commit": "0123abc", "command": "hexlaw reproduce", "created": "2026-11-24T10:00:00+00:00",
    }  # fmt: skip


def _snapshots(runs, snaps):
    frame = pd.DataFrame(snaps, columns=["run_id", "index", "log_flops", "effective", "extra"])
    of_run = runs.rename(columns={"id": "run_id"})[
        ["run_id", "game", "boardsize", "network", "width", "depth", "parameters", "seed", "recipe"]
    ]
    frame = frame.merge(of_run, on="run_id")
    jones = 10 ** frame.pop("log_flops")
    samples = (jones / (64 * frame["parameters"])).round().clip(lower=(jones > 0).astype(float))
    return frame.assign(
        id=np.arange(1, len(frame) + 1), jones_flops=jones, train_flops=2.5 * jones,
        selfplay_flops=2 * jones, learner_flops=0.5 * jones, samples=samples,
        learner_samples=samples, network_evaluations=64 * samples, seconds=jones / 1e9,
        selfplay_seconds=jones / 1.2e9, learner_seconds=jones / 6e9, other_seconds=0.0,
        energy_joules=jones / 1e8, file="x", sha256="0", created="2026-11-24T11:00:00+00:00",
    )  # fmt: skip


def _play_board(here, boardsize, games, share, rng, agents, elo, matches):
    """Append the board's agents, their true Elo, and the matches of every stage."""

    def enter(snapshot, nodes, search="quiet", kind="network"):
        row = {
            "id": len(agents) + 1, "kind": kind, "game": "hex", "boardsize": boardsize,
            "spec": f"{snapshot['run_id']}#{snapshot['index']}@nodes={nodes}" if kind == "network"
            else kind, "search": {"nodes": nodes}, "temperature": 0.0,
            "search_id": search if kind == "network" else "",
        }  # fmt: skip
        true = 0.0
        if kind == "network":
            columns = ["run_id", "index", "network", "width", "depth", "parameters", "seed",
                       "recipe", "samples", "seconds", "train_flops", "jones_flops"]  # fmt: skip
            row |= {c: snapshot[c] for c in columns}
            row |= {"snapshot_id": snapshot["id"], "nodes": nodes}
            row["test_flops"] = 2 * nodes * snapshot["parameters"]
            true = strength(boardsize, snapshot["effective"], nodes)
            if -1e-9 > true > PLATEAU_SIZE * boardsize + PLATEAU_CONSTANT + 1e-9:
                true = min(true + snapshot["extra"], 0.0)
        agents.append(row)
        elo.append(float(true))
        return len(agents)

    def record(stage, black, white, games, wins):
        matches.append(
            {"tournament": f"{stage}{boardsize}", "stage": stage, "round": 0,
             "black_id": black, "white_id": white, "games": games, "distinct_games": games,
             "black_wins": wins, "white_wins": games - wins, "draws": 0, "boardsize": boardsize}
        )  # fmt: skip

    def play(stage, pairs):
        for first, second in pairs:
            for black, white in ((first, second), (second, first)):
                lead = elo[black - 1] - elo[white - 1] + BLACK
                wins = int(rng.binomial(games, 1 / (1 + 10 ** (-lead / 400))))
                record(stage, black, white, games, wins)

    def meet_perfect_play(agent, perfect):
        """Of the two games from an opening, the one who never errs wins at least its won one."""
        score, own = 1 / (1 + 10 ** (-elo[agent - 1] / 400)), np.random.default_rng(boardsize)
        taken = own.random(PERFECT_PAIRS) < 2 * score
        as_black = int((taken & (own.random(PERFECT_PAIRS) < 0.5)).sum())
        as_white = int(taken.sum()) - as_black
        record("perfect", agent, perfect, PERFECT_PAIRS, as_black)
        record("perfect", perfect, agent, PERFECT_PAIRS, PERFECT_PAIRS - as_white)

    snapshots = here.to_dict("records")
    league = [enter(snapshot, 64) for snapshot in snapshots]
    pairs = list(itertools.combinations(league, 2))
    met = [pair for pair in pairs if rng.random() < share]
    play("league", met)
    noisy = [enter(snapshot, 64, "jones") for snapshot in snapshots]
    play("league_jones", itertools.compress(itertools.combinations(noisy, 2),
                                            rng.random(len(pairs)) < share))  # fmt: skip
    searching = [enter(s, nodes) for s in snapshots[::2] for nodes in SWEEP if nodes != 64]
    play("nodes", [(a, int(b)) for a in searching for b in rng.choice(league, 12)])
    best = max(league, key=lambda agent: elo[agent - 1])
    play("direct", [(agent, best) for agent in league if agent != best])
    meet_perfect_play(best, enter({}, 0, kind="perfect"))


def _fill(name, frame):
    """With every column of the exported table, empty where it does not matter."""
    missing = _expected_columns(name) - set(frame.columns)
    return frame.assign(**dict.fromkeys(sorted(missing)))
