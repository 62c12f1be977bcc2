"""How numbers read in the report's text and tables."""

from __future__ import annotations

import math
import re


def number(value: float, digits: int = 0) -> str:
    """A number with a true minus sign and thin spaces between thousands; a dash for NaN."""
    if math.isnan(value):
        return "–"
    return f"{value:,.{digits}f}".replace(",", "\u202f").replace("-", "−")


def interval(low: float, high: float, digits: int = 0) -> str:
    """`low` to `high`, as in the text."""
    return f"{number(low, digits)} to {number(high, digits)}"


def unbroken(text: str) -> str:
    """The text on one line, however narrow its place."""
    return text.replace(" ", "\u00a0")


def percent(share: float) -> str:
    """A share in percent: 0.7; small ones with a digit more."""
    return number(100 * share, 0 if share >= 0.1 else 1)


def compute(flops: float) -> str:
    """An amount of compute or of samples in powers of ten: 1.2×10¹²."""
    if not flops >= 1e4:
        return number(flops)
    mantissa, exponent = f"{flops:.1e}".split("e")
    return f"{mantissa}×10{str(int(exponent)).translate(str.maketrans('0123456789', '⁰¹²³⁴⁵⁶⁷⁸⁹'))}"


def duration(seconds: float) -> str:
    """A time span in the unit a person would use."""
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{number(seconds / length, 1)} {unit}"
    return f"{number(seconds, 1 if seconds >= 1 else 2)} s"


def listed(words: list[str]) -> str:
    """`a, b and c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def without_folders(command: str) -> str:
    """A command line whose absolute paths are cut to their last part: they tell of one machine."""
    return re.sub(r"(^|[\s=])/\S*/(?=\S)", r"\1", command)
