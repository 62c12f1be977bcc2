"""Which extra of `pip install hexlaw` brings a library, for those who installed without it."""

from __future__ import annotations

EXTRAS = {
    "train": (
        "flax", "jax", "jaxlib", "optax", "orbax", "pyarrow",
        "safetensors", "sgfmill", "sqlalchemy",
    ),
    "web": ("starlette", "uvicorn", "websockets"),
}  # fmt: skip
"""Top-level modules by extra, of those that a command cannot do without."""


def complaint(error: ImportError) -> str | None:
    """One line that says what to install; None where the module comes with no extra of ours."""
    module = (error.name or "").split(".")[0]
    for extra, modules in EXTRAS.items():
        if module in modules:
            return (
                f"this needs {module}, which is not installed: pip install 'hexlaw[{extra}]' "
                "('hexlaw[all]' brings everything)"
            )
    return None
