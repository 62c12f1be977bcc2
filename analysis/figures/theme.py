"""How every figure looks: colours, type, sizes; and how it is written and put into a page.

Board sizes wear the colours of Okabe and Ito (Color Universal Design, 2008), which the colour-blind
can tell apart, and always the same one; each curve is also labelled. Backgrounds are
transparent and ink is one grey-black, which `inline_svg` turns into the page's own text colour, so
that figures follow a light or a dark page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from games.errors import InputError

INK = "#1b1f24"
FAINT = "#8a8f98"  # grids, spines and what is only there for comparison; legible on both pages
WIDTH = 7.2  # inches: the text width of a page
SCALE_UP = 250  # dots an inch of the PNGs: sharp on paper and on a projector

SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a6a58")
_BOARD_MARKERS = "osD^vPX"
WIN_RATES = "PuOr"  # diverging about even, safe for the colour-blind and in grey

AXIS_LABELS = {
    "train_flops": "training compute (FLOPs, one multiply-add = 2)",
    "jones_flops": "training compute (Jones’s FLOPs: one multiply-add = 1, learner left out)",
}
ELO_LABEL = "Elo (top of each board = 0)"
# Outside the axes, where no curve can run into it.
LEGEND_ABOVE: dict[str, Any] = {
    "loc": "lower left",
    "bbox_to_anchor": (0, 1),
    "ncols": 3,
    "borderaxespad": 0.2,
}

_RC: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial", "Helvetica", "sans-serif"],
    "font.size": 10,
    "axes.labelsize": 10,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.alpha": 0.3,
    "grid.linewidth": 0.6,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "text.color": INK,
    "figure.facecolor": "none",
    "figure.constrained_layout.use": True,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "lines.solid_capstyle": "round",
    "svg.fonttype": "none",  # text stays text: smaller, searchable, read aloud
    "image.interpolation": "nearest",
}


@contextmanager
def themed() -> Iterator[None]:
    """Figures made inside the block wear the theme."""
    with mpl.rc_context(_RC):
        yield


def board_colour(boardsize: int) -> str:
    """The colour of a board size, the same in every figure of every report."""
    return SERIES[(boardsize - 3) % len(SERIES)]


def board_marker(boardsize: int) -> str:
    """Its marker, for those who see no colours."""
    return _BOARD_MARKERS[(boardsize - 3) % len(_BOARD_MARKERS)]


def recipe_name(recipe: str) -> str:
    """How a recipe is called in figures and tables."""
    return f"recipe {recipe}" if recipe else "no named recipe"


def log_axis(axis: Axis) -> None:
    """Label a logarithmic axis so that labels do not run into each other on a short one."""
    axis.set_minor_locator(LogLocator(subs=(2.0, 5.0)))


def save(figure: Figure, stem: Path) -> tuple[Path, Path]:
    """Write `stem`.svg and `stem`.png, the same bytes each time.

    Raises:
        InputError: if they cannot be written.
    """
    paths = stem.with_suffix(".svg"), stem.with_suffix(".png")
    try:
        stem.parent.mkdir(parents=True, exist_ok=True)
        with mpl.rc_context({**_RC, "svg.hashsalt": stem.name}):
            if (layout := figure.get_layout_engine()) is not None:
                layout.execute(figure)
            figure.set_layout_engine("none")  # keep this layout; each file would work it out anew
            # Not savefig: it lays a figure out once more before each file.
            FigureCanvasSVG(figure).print_svg(paths[0], metadata={"Date": None})
            figure.set_dpi(SCALE_UP)
            figure.set_facecolor("white")
            FigureCanvasAgg(figure).print_png(paths[1], metadata={"Software": None})
    except OSError as error:
        raise InputError(
            f"cannot write {error.filename or stem}: {error.strerror}; choose another folder"
        ) from error
    return paths


def inline_svg(svg: str, name: str) -> str:
    """A saved figure as an element of an HTML page.

    Ids get the prefix `name`, since figures of one page would else share theirs; ink becomes
    `currentColor`; the size is left to the page. The page's caption says what it shows.
    """
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r'\bid="', f'id="{name}-', body)
    body = re.sub(r'(href="#|url\(#)', rf"\g<1>{name}-", body)
    body = body.replace(INK, "currentColor")
    head, rest = body.split(">", 1)
    head = re.sub(r' (width|height)="[^"]*"', "", head)
    return f'{head} role="img" aria-labelledby="caption-{name}">{rest.strip()}'
