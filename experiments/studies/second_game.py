"""Are the laws of Hex those of other games?"""

from __future__ import annotations

from analysis.report.study_page import Published
from experiments.studies.second_game_findings import games_findings
from experiments.studies.second_game_runs import (
    Ladder,
    SecondGameConfig,
    judge_ends,
    play_leagues,
    train_runs,
)
from experiments.studies.study import Stage, Study


def _ladders(**samples: dict[int, int]) -> tuple[Ladder, ...]:
    return tuple(Ladder(game=game, samples=boards) for game, boards in samples.items())


PRESETS = {
    "smoke": SecondGameConfig(
        ladders=_ladders(hex={3: 2_048}, y={3: 2_048}),
        networks=("1x1", "2x1"), snapshots=2, opponents=2, rounds=1,
        judged_nodes=(1, 2), league_nodes=2, fewest_nodes=1, exchange_nodes=(),
    ),
    "laptop": SecondGameConfig(
        ladders=_ladders(
            hex={3: 12_000, 4: 40_000}, y={4: 20_000, 5: 40_000}, connect_four={44: 40_000}
        ),
    ),
    "sitting": SecondGameConfig(
        ladders=_ladders(
            hex={3: 60_000, 4: 150_000, 5: 80_000},
            y={4: 100_000, 5: 60_000},
            connect_four={44: 150_000, 55: 150_000},
            breakthrough={44: 100_000},
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
        seeds=3, snapshots=12, league_nodes=64, fewest_nodes=16,
        exchange_nodes=(4, 16, 256), opponents=10,
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
    stages=(
        Stage("Training", train_runs),
        Stage("Judging", judge_ends),
        Stage("League", play_leagues),
    ),
    findings=games_findings,
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
        Published(
            "strength by parameters at equal compute of play",
            "240 Elo a decade, a power of 0.6; no longer for large networks",
            "Neumann and Gros 2022, appendix B",
        ),
        Published("Elo a decade and factor a board, Hex 3×3 to 9×9", "500, 7", "Jones 2021"),
        Published(
            "decades of play that a decade of training replaces, Hex 9×9", "1.2", "Jones 2021"
        ),
    ),
)
