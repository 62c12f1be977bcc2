"""Are the laws of Hex those of other games?"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pydantic

import games
from analysis.figures.wording import interval, listed, number, percent
from analysis.report.exhibits.base import Cell, Exhibit, Table
from analysis.report.study_page import Findings, Published
from analysis.studies.second_game import (
    GAME_LAWS,
    LAWS,
    agrees,
    blunders_by_frequency,
    board_laws,
    by_board,
    game_laws,
    game_points,
    inverse_scaling,
    zipf_exponents,
)
from analysis.studies.second_game_figures import (
    board_words,
    game_words,
    positions_by_frequency,
    strength_by_compute,
)
from analysis.tables.rows import LabRows
from experiments.machine.parallel import Task
from experiments.players.agents import all_snapshots
from experiments.reproduction.recipe import configure, load_recipe
from experiments.reproduction.stages.training import training_tasks
from experiments.studies.met_positions import met_moves
from experiments.studies.study import Stage, Study
from experiments.studies.work import judging_tasks, league_tasks
from games.config import FrozenModel
from games.text.notation import board_name
from mcts import SearchConfig
from training.config import TrainConfig
from training.store import Store

NEUMANN_AND_GROS = (0.88, 0.55, 0.63)
"""Their exponents of `LAWS`."""
TELLING = ("agrees", "higher", "lower")
"""What `agrees` says of an interval that excludes zero."""


class Ladder(FrozenModel, frozen=True):
    """The boards of a game, and how long runs are there."""

    game: str
    samples: dict[int, int]
    """Self-play positions of each run by board."""


class SecondGameConfig(FrozenModel, frozen=True):
    """Which games are played by which networks."""

    ladders: tuple[Ladder, ...]
    networks: tuple[str, ...] = ("1x2", "2x2", "4x2", "8x2", "16x2", "32x2")
    """One run each on every board and seed."""
    seeds: int = pydantic.Field(default=1, ge=1)
    snapshots: int = pydantic.Field(default=8, ge=2)
    """Of each run, besides the untrained network."""
    judged_nodes: tuple[int, ...] = (1, 64)
    """Searches that are judged; 1 is the raw policy."""
    league_nodes: int = pydantic.Field(default=16, ge=1)
    """Of every move in the leagues: fixed, as Neumann and Gros had it."""
    opponents: int = pydantic.Field(default=12, ge=2, multiple_of=2)
    """Others that each snapshot meets in its board's league."""

    @property
    def boards(self) -> list[games.Game]:
        """Every board."""
        return [games.make(each.game, size) for each in self.ladders for size in each.samples]

    @property
    def runs(self) -> list[TrainConfig]:
        """Every run, all of a board together."""
        return [
            self._run(ladder.game, size, samples, network, seed)
            for ladder in self.ladders
            for size, samples in ladder.samples.items()
            for network in self.networks
            for seed in range(self.seeds)
        ]

    def _run(self, game: str, size: int, samples: int, network: str, seed: int) -> TrainConfig:
        changes = {
            "game": game,
            "boardsize": size,
            "network": network,
            "seed": seed,
            "samples": samples,
            "snapshots": self.snapshots,
            "first_snapshot": 1_024,
            "untrained_snapshot": True,
        }
        return configure(load_recipe("efficient"), changes)


def _train(store: Store, config: SecondGameConfig) -> list[Task]:
    return training_tasks(
        store, config.runs, lambda run: f"{board_name(run.rules)}, network {run.network.name}"
    )


def _judge(store: Store, config: SecondGameConfig) -> list[Task]:
    return [
        task
        for ladder in config.ladders
        for task in judging_tasks(store, list(ladder.samples), config.judged_nodes, ladder.game)
    ]


def _play(store: Store, config: SecondGameConfig) -> list[Task]:
    """A league of all snapshots of each board."""
    search = SearchConfig(nodes=config.league_nodes)
    return [
        task
        for rules in config.boards
        for task in league_tasks(
            store, rules, all_snapshots(store, rules, search, 0.0), config.opponents
        )
    ]


def _findings(rows: LabRows, config: SecondGameConfig) -> Findings:
    points = game_points(rows)
    points = points[points["run_id"].isin([run.run_id for run in config.runs])]
    boards, laws = board_laws(points), game_laws(points)
    moves = met_moves(rows)
    keys = ["game", "boardsize", "position"]
    counts = moves.groupby(keys).size().rename("count").reset_index()
    zipf, rates = zipf_exponents(counts), blunders_by_frequency(moves)
    inverse = inverse_scaling(rates)
    exhibits = [
        Exhibit(
            "exponents", "Table 1", "Exponents of strength and size, board by board",
            "Strength is Bradley and Terry’s, a tenfold of it 400 Elo. By size: ends of runs of "
            "equal length, networks up to the best. By compute: along the frontier. Best size: on "
            "the climb. 95 % bootstrap intervals over runs, and whether Neumann and Gros’s number "
            "lies in them.",
            tables=[_exponents_table(boards)],
        ),
        Exhibit(
            "jones", "Table 2", "Jones’s law, where a game has two boards",
            "Elo a tenfold of training compute, and how many times the compute one more row and "
            "column asks for.",
            tables=[_jones_table(laws)],
        ),
        Exhibit(
            "strength", "Figure 1", "Strength by training compute",
            f"Leagues with {config.league_nodes} nodes a move; each line a run.",
            figure=strength_by_compute(points),
        ),
        Exhibit(
            "ends", "Table 3", "Where runs end",
            "Won and drawn positions of the judged sets thrown away at the end, percent.",
            tables=[_ends_table(points, config.judged_nodes)],
        ),
        Exhibit(
            "frequency", "Figure 2", "Positions by how often they are met",
            "All league games of a board together. Blunders are those of the league’s own moves, "
            "held against perfect play where something can be thrown away; Wilson intervals.",
            figure=positions_by_frequency(counts, rates[rates["networks"] == "all"]),
        ),
        Exhibit(
            "zipf", "Table 4", "Zipf’s law and inverse scaling",
            "Frequency ∝ rank to the power −x over positions met twice and more. Inverse: in how "
            "many classes of frequency the larger half of the networks blunders more for certain.",
            tables=[_zipf_table(zipf, rates, inverse)],
        ),
    ]  # fmt: skip
    tables = {
        "points": points, "boards": boards, "laws": laws, "zipf": zipf, "frequency": rates,
    }  # fmt: skip
    return Findings(_answer(boards, laws, inverse), exhibits, tables, _limits(config))


def _limits(config: SecondGameConfig) -> list[str]:
    return [
        f"{config.seeds} seed{'s' if config.seeds > 1 else ''} and {len(config.networks)} "
        "networks a board, so intervals over runs are rough.",
        "Runs of one board are equally long and not trained to convergence, so that the exponent "
        "of size is of equal samples, where Neumann and Gros’s is of networks that learn no more.",
        "Small boards: perfect play is near, and strength cannot grow beyond it.",
        "Fixed nodes a move, not fixed FLOPs: a larger network also spends more at play time.",
        "Moves in one position are alike, and Wilson’s intervals take them for independent: they "
        "are too narrow where few positions are met often, and so is what is flagged there.",
        "Positions of leagues in which weak and strong snapshots meet, not of self-play.",
    ]


def _exponents_table(boards: pd.DataFrame) -> Table:
    lines: list[list[Cell | str]] = []
    for line in boards.to_dict("records"):
        cells = []
        for name, published in zip(LAWS, NEUMANN_AND_GROS, strict=True):
            low, high = line[f"{name}_low"], line[f"{name}_high"]
            told = agrees(low, high, published)
            below = f"{interval(low, high, 2)}, {told}" if told != "–" else "too few networks"
            cells.append(Cell(number(line[name], 2), below))
        words = board_words(line["game"], line["boardsize"])
        lines.append([words, number(line["runs"]), *cells])
    published = [number(value, 2) for value in NEUMANN_AND_GROS]
    lines.append(["Neumann and Gros, Connect Four and Pentago", "", *published])
    head = ["board", "runs", "strength by size", "strength by compute", "best size by compute"]
    return Table("Exponents.", head, lines)


def _jones_table(laws: pd.DataFrame) -> Table:
    lines: list[list[Cell | str]] = []
    for line in laws.to_dict("records"):
        cells = [
            Cell(
                number(line[name], digits),
                interval(line[f"{name}_low"], line[f"{name}_high"], digits),
            )
            for name, digits in zip(GAME_LAWS, (0, 1), strict=True)
        ]
        lines.append([game_words(line["game"]), number(line["boards"]), *cells])
    lines.append(["Jones, Hex", "7", "500", "7"])
    return Table("Laws.", ["game", "boards", "Elo a decade", "times a board"], lines)


def _ends_table(points: pd.DataFrame, nodes: Sequence[int]) -> Table:
    last = points[points["index"] == points.groupby("run_id")["index"].transform("max")]
    networks = points.groupby("network")["parameters"].mean().sort_values().index.tolist()
    lines: list[list[Cell | str]] = []
    for game, size, board in by_board(last):
        mean = board.groupby("network")[["raw", "searched"]].mean()
        cells = [
            Cell(
                percent(mean["raw"][name]),
                f"{percent(mean['searched'][name])} with {max(nodes)} nodes"
                if max(nodes) > 1
                else "",
            )
            for name in networks
        ]
        lines.append([board_words(game, size), *cells])
    return Table("Thrown away.", ["board", *(n.replace("x", "×") for n in networks)], lines)


def _zipf_table(zipf: pd.DataFrame, rates: pd.DataFrame, inverse: pd.DataFrame) -> Table:
    lines: list[list[Cell | str]] = []
    for line in zipf.to_dict("records"):
        here = (rates["game"] == line["game"]) & (rates["boardsize"] == line["boardsize"])
        whole = rates[here & (rates["networks"] == "all")].sort_values("met")
        ends = [
            Cell(
                f"{percent(row['rate'])} of {number(row['moves'])}",
                interval(100 * row["low"], 100 * row["high"], 1),
            )
            for row in (whole.iloc[0], whole.iloc[-1])
        ]
        classes = rates[here & (rates["networks"] == "large")]
        flagged = (inverse["game"] == line["game"]) & (inverse["boardsize"] == line["boardsize"])
        lines.append(
            [
                board_words(line["game"], line["boardsize"]),
                number(line["positions"]), percent(line["once"]), number(line["exponent"], 2),
                *ends, f"{int(flagged.sum())} of {len(classes)}",
            ]
        )  # fmt: skip
    head = ["board", "positions", "met once, %", "x", "rarest, %", "commonest, %", "inverse"]
    return Table("Positions met; blunders in the rarest and the commonest.", head, lines)


def _answer(boards: pd.DataFrame, laws: pd.DataFrame, inverse: pd.DataFrame) -> str:
    """What has an interval that excludes zero, law by law; the rest is counted."""
    words = (
        "Strength grows with parameters at equal samples",
        "Strength grows with training compute",
        "The best size grows with training compute",
    )
    sentences = []
    for name, published, grows in zip(LAWS, NEUMANN_AND_GROS, words, strict=True):
        told = []
        for line in boards.to_dict("records"):
            low, high = line[f"{name}_low"], line[f"{name}_high"]
            if (verdict := agrees(low, high, published)) in TELLING:
                value = f"{number(line[name], 2)} ({interval(low, high, 2)}, {verdict})"
                told.append(f"{value} on {board_words(line['game'], line['boardsize'])}")
        silent = len(boards) - len(told)
        rest = f"; too few runs to tell on {silent} of {len(boards)} boards" if silent else ""
        power = f"{grows} to the power {listed(told)}" if told else f"{grows}: nothing to tell"
        sentences.append(f"{power}, where {number(published, 2)} is published{rest}.")
    sentences += [
        f"{game_words(line['game'])} gains {number(line['elo_per_tenfold'])} Elo a decade "
        f"({interval(line['elo_per_tenfold_low'], line['elo_per_tenfold_high'])}), and one more "
        f"row and column asks for {number(line['factor_per_size'], 1)} times the compute "
        f"({interval(line['factor_per_size_low'], line['factor_per_size_high'], 1)})."
        for line in laws.to_dict("records")
    ]
    count = len(inverse)
    sentences.append(
        "Larger networks blunder more for certain in no class of positions."
        if inverse.empty
        else f"Larger networks blunder more for certain in {count} class{'es' * (count > 1)} of "
        "positions by how often they are met."
    )
    return " ".join(sentences)


def _ladders(**samples: dict[int, int]) -> tuple[Ladder, ...]:
    return tuple(Ladder(game=game, samples=boards) for game, boards in samples.items())


PRESETS = {
    "smoke": SecondGameConfig(
        ladders=_ladders(hex={3: 2_048}, y={3: 2_048}),
        networks=("1x1", "2x1"), snapshots=2, opponents=2, league_nodes=2,
    ),
    "laptop": SecondGameConfig(
        ladders=_ladders(
            hex={3: 12_000, 4: 40_000}, y={4: 20_000, 5: 40_000}, connect_four={44: 40_000}
        ),
    ),
    "sitting": SecondGameConfig(
        ladders=_ladders(
            hex={3: 30_000, 4: 60_000, 5: 80_000},
            y={4: 30_000, 5: 60_000},
            connect_four={44: 40_000, 55: 60_000},
            breakthrough={44: 40_000},
        ),
        seeds=3,
    ),
    "reference": SecondGameConfig(
        ladders=_ladders(
            hex={3: 60_000, 4: 300_000, 5: 800_000},
            y={3: 30_000, 4: 200_000, 5: 500_000},
            connect_four={44: 400_000, 55: 1_000_000},
            breakthrough={44: 300_000, 55: 800_000},
        ),
        networks=("1x2", "2x2", "4x2", "8x2", "16x2", "32x2", "64x2", "128x2"),
        seeds=3, snapshots=12, league_nodes=64, opponents=20,
    ),
}  # fmt: skip

STUDY = Study(
    title="Is it Hex, or is it a law?",
    question="Jones measured Hex alone; Neumann and Gros claim that strength grows with "
    "parameters to the power 0.88 and with compute to the power 0.55, and the best size with "
    "compute to the power 0.63, in Connect Four and Pentago alike. Trained in one way and measured "
    "by one rule, do Hex, Y and Connect Four obey the same exponents?",
    expectation="Y is Hex’s closest relative: its slope should be Hex’s within the intervals. "
    "Connect Four has draws and few moves, so Elo spans less and strength grows more slowly with "
    "compute. Exponents of these small boards are steeper than published, since near perfect "
    "play every halving of blunders is strength. Positions follow Zipf’s law, and blunders gather "
    "in the rare ones.",
    presets=PRESETS,
    stages=(Stage("Training", _train), Stage("Judging", _judge), Stage("League", _play)),
    findings=_findings,
    published=(
        Published(
            "exponents: strength by parameters, strength by compute, best size by compute",
            "0.88, 0.55, 0.63",
            "Neumann and Gros 2022, arXiv 2210.00849",
        ),
        Published(
            "frequency of positions by rank",
            "Zipf’s law; larger networks can be worse where positions are rare",
            "Neumann and Gros 2024, arXiv 2412.11979",
        ),
        Published("Elo a decade and factor a board, Hex 3×3 to 9×9", "500, 7", "Jones 2021"),
    ),
)
