"""What `hexlaw serve` answers about games and play. All that is slow runs beside the event loop."""

from __future__ import annotations

import asyncio
import concurrent.futures
import functools
import math
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeVar

import pydantic
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket, WebSocketDisconnect

import games
from experiments.arena.game_records import GameRecord, PlayerRecord, to_sgf
from experiments.players.specs import NetworkSpec
from experiments.players.thinking import BUDGETS
from experiments.web.annotate import Annotator
from experiments.web.compiler import Compiler
from experiments.web.engine import GAME, RULES, SMALL
from experiments.web.lab_view import LabView
from experiments.web.play_page import (
    MAX_PLIES,
    MAX_SIZE,
    OF_TWO,
    SEARCHES,
    WITHOUT_NODES,
    AnswerStep,
    Budget,
    Message,
    Question,
    Stop,
    asked_thinker,
    chosen_strategy,
    node_costs,
    plan_answers,
    search_name,
)
from experiments.web.positions import known_boards
from experiments.web.replay_page import (
    ReplayRecord,
    Verdict,
    known_throughout,
    render_replay_page,
    replay_data,
)
from experiments.web.solver_process import SolverProcess
from games.config import describe as describe_problems
from games.errors import InputError
from games.protocol import Game
from games.text.notation import play
from games.text.numbers import parse_natural
from games.text.plain_json import to_json
from mcts import STRATEGIES
from training.files import read_snapshot

MAX_MESSAGE = 16 * 1024  # characters; a question about a full 19×19 board takes 2,000
MAX_BODY = 64 * 1024  # bytes
MAX_SOCKETS = 64  # visitors at the same time
MAX_QUESTIONS = 4  # of one visitor at the same time
WORKERS = 2  # searches side by side; the page itself is answered by another thread
KEPT_REPLAYS = 32

Parsed = TypeVar("Parsed", bound=Message)


class Seat(Message):
    """Who played one side of a game."""

    player: str = pydantic.Field(max_length=200)
    """`you`, or a player as in `Question`."""
    nodes: Budget = 1
    rule: str = pydantic.Field(default="puct", max_length=40)
    second: str = pydantic.Field(default="", max_length=200)


class _Identified(pydantic.BaseModel, strict=True):
    """What is read of a question that is refused; the rest may be anything."""

    id: int = pydantic.Field(ge=0, lt=2**53)


class Save(Message):
    """A game that was played on the page, to be kept as a file."""

    game: str = pydantic.Field(default="hex", max_length=40)
    size: int = pydantic.Field(ge=1, le=MAX_SIZE)
    moves: list[int] = pydantic.Field(max_length=MAX_PLIES)
    black: Seat
    white: Seat


class Pages:
    """What the routes do.

    Args:
        lab: what is shown.
        prepare: have the other budgets of a network shape compiled when it is first asked.
    """

    def __init__(self, lab: LabView, *, prepare: bool) -> None:
        self._lab = lab
        self._annotator = Annotator(lab, verdicts=self._verdicts)
        self._prepares = prepare
        self._prepared: set[tuple[Any, ...]] = set()
        self._compiler = Compiler()
        self._solver = SolverProcess()
        self._workers = concurrent.futures.ThreadPoolExecutor(WORKERS, "search")
        self._sockets = 0
        self._replay_in_full = functools.lru_cache(KEPT_REPLAYS)(self._replay)

    def close(self) -> None:
        """Let go of threads and processes."""
        self._solver.close()
        self._workers.shutdown(wait=False, cancel_futures=True)
        self._compiler.close()

    async def choices(self, _: Request) -> Response:
        """What may be asked, and the rule of each agent that plays just as a visitor may choose."""
        searches = await run_in_threadpool(self._lab.searches)
        rules = {
            number: search_name(STRATEGIES.parse(search)) for number, search in searches.items()
        }
        overview = await run_in_threadpool(self._lab.overview)
        small = [
            each["key"]
            for each in overview["snapshots"]
            if each["game"] == GAME and each["parameters"] <= SMALL
        ]
        boards = await run_in_threadpool(known_boards, overview)
        return JSONResponse(
            {
                # Whom and by which rules the page may ask itself, without waiting for a compiler.
                "engine": {"players": small, "rules": RULES},
                "rules": list(SEARCHES),
                "of_two": list(OF_TWO),
                "without_nodes": WITHOUT_NODES,
                "budgets": BUDGETS,
                "node_flops": node_costs(overview),
                "drawn": boards,
                "rule_of": rules,
            }
        )

    async def snapshot(self, request: Request) -> Response:
        """A snapshot's file, for the page's own engine."""
        key = "{run}#{index}".format(**request.path_params)
        file, sha256 = await run_in_threadpool(self._annotator.snapshot, key)
        payload = await run_in_threadpool(read_snapshot, file, sha256)
        return Response(payload, media_type="application/octet-stream")

    async def game(self, request: Request) -> Response:
        """One stored game; `?thoughts` asks its players what they think of it."""
        number = request.path_params["number"]
        if "thoughts" in request.query_params:
            replay = await self._search(self._replay_in_full, number)
        else:
            replay = await run_in_threadpool(self._replay, number, thoughts=False)
        data = await run_in_threadpool(replay_data, replay)
        return Response(to_json(data), media_type="application/json")

    async def game_page(self, request: Request) -> Response:
        """One stored game as an offline page."""
        number = request.path_params["number"]
        replay = await self._search(self._replay_in_full, number)
        return _page_file(render_replay_page(replay), f"game-{number}.html")

    async def game_sgf(self, request: Request) -> Response:
        """One stored game as SGF."""
        number = request.path_params["number"]
        record = await run_in_threadpool(self._annotator.stored, number)
        return _file(to_sgf(record), f"game-{number}.sgf", "application/x-go-sgf")

    async def save(self, request: Request) -> Response:
        """A game played on the page, as SGF or as an offline page."""
        game = _parse(Save, await _body(request))
        record = await run_in_threadpool(_record, game)
        match request.path_params["form"]:
            case "game.sgf":
                return _file(to_sgf(record), "game.sgf", "application/x-go-sgf")
            case "game.html":
                replay = await self._search(
                    functools.partial(self._annotator.annotate, thoughts=True), record
                )
                return _page_file(render_replay_page(replay), "game.html")
        raise HTTPException(404, "games are saved as game.sgf or game.html")

    async def socket(self, socket: WebSocket) -> None:
        """Answers one visitor's questions until the page is closed."""
        if self._sockets >= MAX_SOCKETS:
            await socket.accept()
            await socket.close(1013, f"{MAX_SOCKETS} visitors are here; try again later")
            return
        self._sockets += 1
        try:
            await socket.accept()
            await Conversation(self._plan, self._search, socket).hold()
        finally:
            self._sockets -= 1

    def _verdicts(self, game: Game, moves: list[int]) -> list[Verdict | None]:
        if not known_throughout(game):
            return [None] * len(moves)
        return self._solver.verdicts(game, moves).result()

    def _replay(self, number: int, *, thoughts: bool = True) -> ReplayRecord:
        return self._annotator.annotate(self._annotator.stored(number), thoughts=thoughts)

    def _plan(self, question: Question) -> list[AnswerStep]:
        steps = plan_answers(question, self._annotator, self._solver)
        if self._prepares and "#" in question.player:
            self._prepare_others(question)
        return steps

    def _prepare_others(self, question: Question) -> None:
        """Have the other budgets of a network shape compiled, the likeliest to be asked first."""
        thinker = asked_thinker(question, self._annotator)
        shape = (thinker.game, thinker.shapes, thinker.strategy)
        if shape not in self._prepared:
            self._prepared.add(shape)
            near = sorted(BUDGETS, key=lambda nodes: abs(math.log2(nodes / question.nodes)))
            self._compiler.prepare(*shape, near[1:])  # the nearest is compiled for the answer

    async def _search(self, function: Callable[..., Any], *arguments: Any) -> Any:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._workers, function, *arguments)


class Conversation:
    """One visitor's socket: questions come in, answers go out as they are found.

    Args:
        plan: a question as steps, each of which gives an answer.
        run: awaits a function that runs beside the event loop.
        socket: the visitor.
    """

    def __init__(
        self,
        plan: Callable[[Question], list[AnswerStep]],
        run: Callable[..., Awaitable[Any]],
        socket: WebSocket,
    ) -> None:
        self._plan, self._run, self._socket = plan, run, socket
        self._questions: dict[int, asyncio.Task[None]] = {}

    async def hold(self) -> None:
        """Until the visitor leaves."""
        try:
            while True:
                await self._hear(await self._socket.receive())
        except WebSocketDisconnect:
            pass
        finally:
            for task in self._questions.values():
                task.cancel()

    async def _hear(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1000))
        try:
            heard = _hear(message.get("text"))
        except InputError as error:
            return await self._say({"id": _id_of(message.get("text")), "error": str(error)})
        if isinstance(heard, Stop):
            if task := self._questions.get(heard.stop):
                task.cancel()
            return None
        if len(self._questions) >= MAX_QUESTIONS or heard.id in self._questions:
            text = f"too many questions at once; wait for the answers ({MAX_QUESTIONS} at a time)"
            return await self._say({"id": heard.id, "error": text})
        task = asyncio.create_task(self._answer(heard))
        self._questions[heard.id] = task
        task.add_done_callback(lambda _: self._questions.pop(heard.id, None))
        return None

    async def _answer(self, question: Question) -> None:
        try:
            steps = await self._run(self._plan, question)
            for step in steps:
                # Between two steps others have their turn, and a visitor may have left.
                answer = await self._run(step)
                if isinstance(answer, concurrent.futures.Future):
                    answer = await asyncio.wrap_future(answer)
                await self._say({"id": question.id, "done": step is steps[-1], **answer})
        except InputError as error:
            await self._say({"id": question.id, "error": str(error)})
        except concurrent.futures.BrokenExecutor:
            await self._say({"id": question.id, "error": "the solver died; ask again"})
        except WebSocketDisconnect:
            pass
        except Exception as error:
            if isinstance(error, RuntimeError) and "websocket" in str(error).lower():
                return  # the visitor has left
            # Else the page would wait for ever.
            await self._say({"id": question.id, "error": "the server failed; its messages say how"})
            raise

    async def _say(self, answer: dict[str, Any]) -> None:
        await self._socket.send_text(to_json(answer, separators=(",", ":")))


def _hear(text: str | None) -> Question | Stop:
    if text is None:
        raise InputError("messages are text, not bytes")
    if len(text) > MAX_MESSAGE:
        raise InputError(f"a message may have {MAX_MESSAGE} characters")
    return _parse(Stop if '"stop"' in text[:20] else Question, text)


def _id_of(text: str | None) -> int | None:
    """The number of a question that cannot be answered otherwise, if it has one."""
    try:
        return _Identified.model_validate_json(text or "").id
    except pydantic.ValidationError:
        return None


def _parse(model: type[Parsed], text: str | bytes) -> Parsed:
    try:
        return model.model_validate_json(text)
    except pydantic.ValidationError as error:
        raise InputError(describe_problems(error).replace("plan: ", "")[:300]) from None


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise HTTPException(413, f"at most {MAX_BODY} bytes")
    return body


def _record(game: Save) -> GameRecord:
    rules = games.make(game.game, game.size)
    last = play(rules, game.moves)
    over = bool(rules.terminal(last))
    return GameRecord(
        game=rules.name,
        boardsize=rules.size,
        moves=game.moves,
        black=_player(game.black),
        white=_player(game.white),
        winner=int(rules.winner(last)) if over else None,
        ending="board" if over else None,
    )


def _player(seat: Seat) -> PlayerRecord:
    run, _, index = seat.player.rpartition("#")
    if not run:
        return PlayerRecord(name=seat.player)
    number = parse_natural(index)
    if number is None:
        raise InputError(f"no player {seat.player!r}")
    strategy = chosen_strategy(seat.rule, seat.second).with_nodes(seat.nodes)
    try:
        spec = NetworkSpec(run=run, index=number, strategy=strategy, second=seat.second or None)
    except pydantic.ValidationError as error:
        problem = describe_problems(error)
        raise InputError(f"no player {seat.player!r}: {problem[:300]}") from None
    return PlayerRecord(name=spec.text, kind=spec.kind, search=strategy.model_dump(mode="json"))


def _page_file(page: str, name: str) -> Response:
    # The page brings a policy of its own, which forbids it every request.
    return _file(page, name, "text/html", {"Content-Security-Policy": "sandbox allow-scripts"})


def _file(text: str, name: str, kind: str, headers: dict[str, str] | None = None) -> Response:
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type=kind, headers={**disposition, **(headers or {})})
