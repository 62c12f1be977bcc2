"""The web application behind `hexlaw serve`: its routes, its shell, and who may use them.

What a lab holds is `experiments.web.lab_view`, what may be asked of agents `experiments.web.pages`.
Both load, one after the other, while the shell is served already: ratings and, more so, search
bring libraries that take longer to import than a page to open.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import functools
import hashlib
import importlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket

from experiments.web.guard import Guard
from games.errors import InputError, NotFoundError
from games.text.plain_json import to_json
from training.store import Store

WEB = Path(__file__).parent / "static"
SCRIPTS = (
    "ui",
    "hex",
    "positions",
    "board",
    "rules-here",
    "boards",
    "charts",
    "replay",
    "words",
    "rows",
    "engine-link",
    "link",
    "players",
    "league",
    "review",
    "play",
    "compare",
    "app",
)
IMPORTS = {
    "preact": "/web/vendor/preact.js",
    "preact/hooks": "/web/vendor/hooks.js",
    "htm": "/web/vendor/htm.js",
    **{f"hexlaw/{name}.js": f"/web/{name}.js" for name in SCRIPTS},
}
IMPORTMAP = to_json({"imports": IMPORTS})


def make_app(
    store: Store, *, host: str, names: tuple[str, ...] = (), prepare: bool = True
) -> Starlette:
    """The application for one lab.

    Args:
        store: the lab that is shown.
        host: address the server will be bound to.
        names: further host names under which it may be reached.
        prepare: have the other budgets of a network shape compiled when it is first asked.
    """
    index = _index()
    lab: asyncio.Future[Any]
    pages: asyncio.Future[Any]
    policy = (
        "default-src 'none'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "worker-src 'self'; "
        f"script-src 'self' '{_digest(IMPORTMAP)}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        nonlocal lab, pages
        lab = asyncio.ensure_future(run_in_threadpool(_load_lab, store))
        pages = asyncio.ensure_future(_load_pages(lab, prepare))
        yield
        (await pages).close()

    def rows(name: str) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            find = getattr(await asyncio.shield(lab), name)
            return JSONResponse(await run_in_threadpool(find, *request.path_params.values()))

        return answer

    def route(name: str) -> Callable[[Any], Awaitable[Any]]:
        async def answer(request: Request | WebSocket) -> Any:
            return await getattr(await asyncio.shield(pages), name)(request)

        return answer

    async def shell(_: Request) -> Response:
        return HTMLResponse(index)

    return Starlette(
        routes=[
            Route("/", shell),
            Route("/api/lab", rows("overview")),
            Route("/api/agent/{number:int}", rows("agent")),
            Route("/api/pair/{first:int}/{second:int}", rows("pair")),
            Route("/api/choices", route("choices")),
            Route("/api/game/{number:int}", route("game")),
            Route("/api/snapshot/{run:str}/{index:int}", route("snapshot")),
            Route("/game/{number:int}.html", route("game_page")),
            Route("/game/{number:int}.sgf", route("game_sgf")),
            Route("/save/{form:str}", route("save"), methods=["POST"]),
            WebSocketRoute("/play", route("socket")),
            Mount("/web", StaticFiles(directory=WEB)),
        ],
        middleware=[Middleware(Guard, host=host, names=names, policy=policy)],
        exception_handlers={InputError: _refuse, HTTPException: _refuse},
        lifespan=lifespan,
    )


def _load_lab(store: Store) -> Any:
    """The lab's rows, with the ratings worked out."""
    lab = importlib.import_module("experiments.web.lab_view").LabView(store)
    with contextlib.suppress(InputError):  # the page that asks for it will be told
        lab.overview()
    return lab


async def _load_pages(lab: asyncio.Future[Any], prepare: bool) -> Any:
    """What may be asked, once the leaderboard can be shown."""
    view = await lab
    load = functools.partial(importlib.import_module, "experiments.web.pages")
    return (await run_in_threadpool(load)).Pages(view, prepare=prepare)


async def _refuse(_: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException):
        return JSONResponse({"error": error.detail}, error.status_code)
    status = 404 if isinstance(error, NotFoundError) else 400
    return JSONResponse({"error": str(error)}, status)


def _index() -> str:
    template = jinja2.Environment(autoescape=True).from_string(
        (WEB / "index.html").read_text(encoding="utf-8")
    )
    return template.render(importmap=Markup(IMPORTMAP))


def _digest(script: str) -> str:
    """How a Content-Security-Policy names an inline script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"
