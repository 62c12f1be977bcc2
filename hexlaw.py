"""What the distribution is called: the command, and a guard for the names of its packages.

hexlaw's packages have plain names, `games`, `mcts`, `training`, `analysis` and `experiments`, which
other projects bear too. Python takes the first of a name that it finds, so a stranger in the way
would break hexlaw far from the cause, or silently. Each package asks `refuse_strangers` at import.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import sys
from pathlib import Path

PACKAGES = ("games", "mcts", "training", "analysis", "experiments")
_MARK = "refuse_strangers()"  # stands in the `__init__.py` of each of ours


@functools.cache
def refuse_strangers() -> None:
    """Refuse to go on where one of our names is another project's package.

    It may lie before ours on `sys.path`, or have been installed over it.

    Raises:
        ImportError: naming the package, where it lies, and what to do.
    """
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:  # absent, as where only a part was copied
            continue
        if _MARK not in Path(spec.origin).read_text(encoding="utf-8", errors="replace"):
            raise ImportError(
                f"hexlaw has a package {name!r}, but Python finds another project's in "
                f"{Path(spec.origin).parent}: install hexlaw in an environment of its own (or move "
                "that folder away), and install it again if the other was installed over it",
                name=name,
                path=spec.origin,
            )


def main() -> int:
    """The command `hexlaw`: what it returns is the exit code."""
    try:
        refuse_strangers()
    except ImportError as error:
        print(f"hexlaw: {error}", file=sys.stderr)
        return 2
    return importlib.import_module("experiments.cli").main()


if __name__ == "__main__":
    sys.exit(main())
