"""The factor per board size as parameters times samples, here and in Jones's runs."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping

import numpy as np
import pandas as pd

from analysis.figures.cost import split_factor
from analysis.figures.wording import compute, listed, number
from analysis.laws import published
from analysis.laws.needs import LEVELS, PARTS, Needs
from analysis.report.exhibits.base import (
    Cell,
    Exhibit,
    Material,
    Table,
    board,
    called,
    cell,
    figure,
)

_WORDS = {"flops": "compute (Jones’s FLOPs)", "parameters": "parameters", "samples": "samples"}


def split(material: Material) -> Exhibit:
    """The factor per board size as parameters times samples."""
    title, main = "Larger networks or more samples?", material.fits.main
    ours = main.needs
    if len(ours.boards) < 2:
        return Exhibit(
            "split", "Split", title,
            f"It needs two boards whose frontier climbs from {number(LEVELS[0])} to "
            f"{number(LEVELS[-1])} Elo.",
            tables=_near_perfect_tables(material),
        )  # fmt: skip
    boards = ours.boards["boardsize"].tolist()
    theirs = published.SPLIT.get(tuple(boards))
    own = " × ".join(f"{number(ours.factor(p).value, 1)} times the {p}" for p in PARTS[1:])
    return Exhibit(
        "split",
        "Split",
        title,
        "Jones counts compute as nodes times parameters times samples, so the factor per board "
        "size is one of parameters times one of samples. Both are read off the best run where the "
        f"frontier passes {number(LEVELS[0])} to {number(LEVELS[-1])} Elo (the mean of the "
        f"logarithms over {len(LEVELS)} levels), on {listed([board(b) for b in boards])}. With "
        f"{called(main.recipe)} the next larger board takes {own}. {_compared(ours, theirs)}"
        f"{_floor()}{_shrinks(main.near_perfect)}",
        split_factor({called(main.recipe): ours.boards, "Jones 2021": _published(published.NEEDS)}),
        [_factors(ours, boards), *_near_perfect_tables(material)],
    )


def _published(needs: dict[int, published.Needed]) -> pd.DataFrame:
    """As `Needs.boards`."""
    ends = ("", "_low", "_high")
    return pd.DataFrame(
        {"boardsize": size}
        | {
            f"{part}{end}": value
            for part in PARTS
            for end, value in zip(ends, getattr(needed, part), strict=True)
        }
        for size, needed in needs.items()
    )


def _compared(ours: Needs, theirs: published.Needed | None) -> str:
    """Which of both factors is another one than Jones's on the same boards."""
    if theirs is None:
        return ""
    told = " × ".join(number(getattr(theirs, part)[0], 1) for part in PARTS[1:])
    apart = []
    for part in PARTS[1:]:
        own, (value, low, high) = ours.factor(part), getattr(theirs, part)
        meet = "meet" if own.low <= high and low <= own.high else "do not meet"
        apart.append(f"{number(own.value / value, 1)} in {part} (the intervals {meet})")
    return (
        f"Jones’s runs on the same boards take {told} times. So both factors lie "
        f"{number(ours.factor('flops').value / theirs.flops[0], 1)} times apart: "
        f"{' times '.join(apart)}. "
    )


def _floor() -> str:
    """His learner steps."""
    steps = {
        size: needed.samples[0] / published.LEARNER_BATCH
        for size, needed in published.NEAR_PERFECT_NEEDS.items()
    }
    small = [number(steps[size]) for size in published.SMALL_BOARDS]
    large = [number(count) for size, count in steps.items() if size not in published.SMALL_BOARDS]
    return (
        f"His frontier comes within 50 Elo of the top after {listed(small)} learner steps of "
        f"{number(published.LEARNER_BATCH)} positions on 3×3 to 6×6, and after {listed(large)} on "
        "7×7 to 9×9: on the small boards it takes about as many whatever the board, as a floor in "
        "steps would have it. "
    )


def _shrinks(near: Needs) -> str:
    """Whether the gain over his published runs falls with the board."""
    gains = [
        published.NEAR_PERFECT_NEEDS[row["boardsize"]].flops[0] / row["flops"]
        for row in near.boards.to_dict("records")
        if row["boardsize"] in published.NEAR_PERFECT_NEEDS
    ]
    if len(gains) < 2 or not (np.diff(gains) < 0).all():
        return ""
    sizes = near.boards["boardsize"]
    return (
        f"The gain over his published runs there falls from {figure(gains[0])} times on "
        f"{board(sizes.iloc[0])} to {figure(gains[-1])} on {board(sizes.iloc[-1])}: carried on, it "
        "would turn into a loss, so neither factor may be carried to larger boards."
    )


def _factors(ours: Needs, boards: list[int]) -> Table:
    every = tuple(published.NEEDS)
    columns = {
        f"here, {_span(boards)}": {part: ours.factor(part) for part in PARTS},
        f"Jones, {_span(boards)}": published.SPLIT.get(tuple(boards)),
        f"Jones, {_span(every)}": published.SPLIT[every],
    }
    if tuple(boards) == every:
        columns.pop(f"Jones, {_span(every)}")
    rows = []
    for part in PARTS:
        cells: list[Cell | str] = [_WORDS[part]]
        for found in columns.values():
            if found is None:
                cells.append("–")
                continue
            value, low, high = found[part] if isinstance(found, dict) else getattr(found, part)
            cells.append(cell(value, (low, high), 1))
        rows.append(cells)
    caption = "Times more from one board to the next at equal Elo, 95 % intervals"
    return Table(caption, ["", *columns], rows)


def _span(boards: list[int] | tuple[int, ...]) -> str:
    return f"{board(boards[0])} to {board(boards[-1])}"


def _near_perfect_tables(material: Material) -> list[Table]:
    """What −50 Elo takes on each board, Jones's and ours; none where no frontier gets there."""
    main = material.fits.main
    if main.near_perfect.boards.empty:
        return []
    ours = main.near_perfect.boards.set_index("boardsize")
    rows = []
    for size in sorted({*published.NEAR_PERFECT_NEEDS, *ours.index}):
        theirs = published.NEAR_PERFECT_NEEDS.get(size)
        own = ours.loc[size].to_dict() if size in ours.index else None
        rows.append([board(size), *_his(theirs), *_own(own), _gain(theirs, own)])
    head = ["board", "Jones’s FLOPs, his runs", "samples, his runs", "his learner steps",
            "Jones’s FLOPs, here", "samples, here", "times less here"]  # fmt: skip
    caption = (
        f"What {number(published.NEAR_PERFECT)} Elo takes: his published runs and "
        f"{called(main.recipe)}, 95 % intervals over runs (here over games too; his is zero at "
        "his best agent). His learner steps are samples over 32\u202f768"
    )
    return [Table(caption, head, rows)]


def _his(needed: published.Needed | None) -> list[Cell | str]:
    if needed is None:
        return ["–", "–", "–"]
    steps = number(needed.samples[0] / published.LEARNER_BATCH)
    return [_amount(*needed.flops), _amount(*needed.samples), steps]


def _own(row: Mapping[Hashable, float] | None) -> list[Cell | str]:
    if row is None:
        return ["–", "–"]
    return [_amount(*(row[f"{part}{end}"] for end in ("", "_low", "_high")))
            for part in ("flops", "samples")]  # fmt: skip


def _gain(theirs: published.Needed | None, own: Mapping[Hashable, float] | None) -> Cell | str:
    if theirs is None or own is None:
        return "–"
    his = theirs.flops[0]
    return cell(his / own["flops"], (his / own["flops_high"], his / own["flops_low"]))


def _amount(value: float, low: float, high: float) -> Cell:
    below = "" if math.isnan(low) else f"{compute(low)} to {compute(high)}"
    return Cell(compute(value), below)
