"""The HTTP server: one handler for every method, answers in the Bot API's envelope."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TextIO

from aiohttp import web

from tests.fakes.bot_api.checks import violations
from tests.fakes.bot_api.faults import Fault, Faults
from tests.fakes.bot_api.floods import Floods
from tests.fakes.bot_api.methods import Methods
from tests.fakes.bot_api.world import Chat, RefusedError, World

PACED = {"sendMessage", "sendDocument", "editMessageText", "editMessageReplyMarkup"}


@dataclass
class BotApi:
    """The server's state, open to tests."""

    world: World = field(default_factory=World)
    faults: Faults = field(default_factory=Faults)
    floods: Floods = field(default_factory=lambda: Floods(on=False))
    tokens: set[str] = field(default_factory=set)  # empty: any token is good
    latency: float = 0.0  # seconds each accepted call takes
    accepted: list[dict[str, Any]] = field(default_factory=list)  # what readers would see, in order
    calls: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    log: TextIO | None = None
    url: str = ""

    def __post_init__(self) -> None:
        self.methods = Methods(self.world, self._record)

    def sent(self, chat: int) -> list[dict[str, Any]]:
        """The messages accepted for a chat, in order."""
        return [each for each in self.accepted if each["kind"] == "message" and each["chat_id"] == chat]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One call of one method."""
        token, method = request.match_info["token"], request.match_info["method"]
        params = await _parameters(request)
        self.calls.append((method, params))
        fault = self.faults.next(method, params.get("chat_id", ""))
        if fault and not fault.after_accept:
            return await _go_wrong(request, fault)
        try:
            self._authorise(token)
            answer = _envelope(await self._obey(method, params))
        except RefusedError as refusal:
            return _error(refusal.status, refusal.description, refusal.parameters)
        await asyncio.sleep(self.latency)
        if fault:
            self._record("cut_after_accept", chat_id=params.get("chat_id", ""))
            return await _go_wrong(request, fault)
        return answer

    def _authorise(self, token: str) -> None:
        if self.tokens and token not in self.tokens:
            raise RefusedError(401, "Unauthorized")

    async def _obey(self, method: str, params: dict[str, str]) -> Any:
        wrong, call = violations(method, params)
        self.violations.extend(wrong)
        if wrong or call is None:
            raise RefusedError(400, f"Bad Request: {'; '.join(wrong)}")
        action = self.methods.by_name(method)
        if action is None:
            raise RefusedError(404, f"Not Found: the fake has no {method}")
        if method in PACED:
            self._hold_back(self.world.chat(call.chat_id))
        result = action(call)
        return await result if asyncio.iscoroutine(result) else result

    def _hold_back(self, chat: Chat) -> None:
        wait = self.floods.retry_after(str(chat.id), private=chat.type == "private", now=time.monotonic())
        if wait:
            self._record("flood", chat_id=chat.id)
            raise RefusedError(429, f"Too Many Requests: retry after {wait}", retry_after=wait)

    def _record(self, kind: str, **what: Any) -> None:
        entry = {"kind": kind, "at": time.time(), **what}
        self.accepted.append(entry)
        if self.log:
            print(json.dumps(entry, ensure_ascii=False), file=self.log, flush=True)


async def _parameters(request: web.Request) -> dict[str, str]:
    if request.content_type == "application/json":
        return {k: v if isinstance(v, str) else json.dumps(v) for k, v in (await request.json()).items()}
    given = {k: await _text(v) for k, v in ((await request.post()) or request.query).items()}
    # A file travels as a part of its own, which its parameter may name.
    attached = {v.removeprefix("attach://"): k for k, v in given.items() if v.startswith("attach://")}
    return {attached.get(k, k): v for k, v in given.items() if not v.startswith("attach://")}


async def _text(value: str | web.FileField | bytearray) -> str:
    if isinstance(value, str):
        return value
    raw = value.file.read() if isinstance(value, web.FileField) else bytes(value)
    return raw.decode(errors="replace")


def _envelope(result: Any) -> web.Response:
    return web.json_response({"ok": True, "result": result})


def _error(status: int, description: str, parameters: Any) -> web.Response:
    body = {"ok": False, "error_code": status, "description": description}
    return web.json_response(body | ({"parameters": dict(parameters)} if parameters else {}), status=status)


async def _go_wrong(request: web.Request, fault: Fault) -> web.StreamResponse:
    await asyncio.sleep(fault.delay)
    if fault.reset and request.transport:
        request.transport.abort()
    if fault.body is not None:
        return web.Response(
            status=fault.status, body=fault.body, content_type=fault.content_type, headers=fault.headers
        )
    return _error(fault.status, fault.description, fault.parameters)


def application(api: BotApi) -> web.Application:
    app = web.Application()
    app.router.add_route("*", "/bot{token}/{method}", api.handle)
    return app


@asynccontextmanager
async def serve(api: BotApi | None = None, *, port: int = 0) -> AsyncIterator[BotApi]:
    """Serve on 127.0.0.1 until the block ends; ``api.url`` is its base address."""
    api = api or BotApi()
    runner = web.AppRunner(application(api), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        bound = runner.addresses[0][1]
        api.url = f"http://127.0.0.1:{bound}"
        yield api
    finally:
        await runner.cleanup()
