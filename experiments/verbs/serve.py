"""`hexlaw serve`: a local page to look at a lab's agents and matches and to play against them."""

from __future__ import annotations

import contextlib
import importlib
import signal
import socket
import webbrowser
from pathlib import Path
from typing import Any

import pydantic
from rich.console import Console

from experiments.verb import Outcome, VerbConfig
from games.errors import InputError
from training.store import Store, is_lab


class ServeConfig(VerbConfig, frozen=True):
    """Look at agents and matches, and play against them, in a browser on this machine."""

    lab: Path = Path("runs/laptop")
    """The lab that is shown."""
    host: str = "127.0.0.1"
    """Address to listen on. 0.0.0.0 opens the page to everybody who can reach this machine."""
    port: int = pydantic.Field(default=8421, ge=0, le=65535)
    """Port to listen on; 0 takes any that is free."""
    names: tuple[str, ...] = ()
    """Further host names under which the server may be reached, say, behind a proxy."""
    browser: bool = False
    """Open the page in a browser."""


def serve(config: ServeConfig, console: Console) -> Outcome:
    """Serve until Ctrl-C or SIGTERM.

    Raises:
        InputError: if there is no such lab, or the port is taken.
        ModuleNotFoundError: if the extra `web` is not installed.
    """
    if not is_lab(config.lab):
        raise InputError(
            f"there is no lab in {config.lab}; name a folder made by hexlaw: --lab DIR"
        )
    app_module, uvicorn = _web_modules()
    store = Store(config.lab, read_only=True)
    app = app_module.make_app(store, host=config.host, names=config.names)
    listener = _listen(config)
    host, port = listener.getsockname()[:2]
    shown = "127.0.0.1" if config.host in ("0.0.0.0", "::") else host
    url = f"http://[{shown}]:{port}/" if ":" in shown else f"http://{shown}:{port}/"
    console.print(f"lab {config.lab}: open {url} in a browser; Ctrl-C stops")
    if config.browser:
        webbrowser.open(url)
    # Being told to stop is the usual end, too: games live in their pages, and the solver's and the
    # compiler's processes are let go of.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        make_server(uvicorn, app).run(sockets=[listener])
    return Outcome({"url": url})


def make_server(uvicorn: Any, app: Any) -> Any:
    """uvicorn with limits fit for a page."""
    settings = uvicorn.Config(
        app,
        log_level="warning",
        lifespan="on",
        ws="websockets-sansio",
        ws_max_size=64 * 1024,
        ws_max_queue=8,
        limit_concurrency=256,
        h11_max_incomplete_event_size=32 * 1024,
        timeout_graceful_shutdown=1,
        server_header=False,
    )
    return uvicorn.Server(settings)


def _listen(config: ServeConfig) -> socket.socket:
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    try:
        return socket.create_server((config.host, config.port), family=family)
    except OSError as error:
        raise InputError(
            f"cannot listen on {config.host}:{config.port}: {error.strerror}; choose another "
            "--host or --port (0 takes any that is free)"
        ) from None


def _web_modules() -> tuple[Any, Any]:
    """The application and uvicorn, which only this verb needs."""
    uvicorn = importlib.import_module("uvicorn")
    importlib.import_module("websockets")
    return importlib.import_module("experiments.web.app"), uvicorn
