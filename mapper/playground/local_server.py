"""The page and its answers on this machine's own addresses, for this machine's browser alone."""

from __future__ import annotations

import asyncio
import hmac
import json
import mimetypes
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from mapper.delivery.loopback import LOOPBACK, listener, served
from mapper.playground.peer import is_of_another_user
from mapper.playground.worker import AnswerProcesses
from mapper.values.safe_text import SafeText

_STATIC = Path(__file__).parent / "static"
_TOKEN_BYTES = 16
_MOST_BYTES = 2**24
_NO_TOKEN = '<meta name="playground-token" content="">'
_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; "
    "font-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
_KINDS = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".woff2": "font/woff2"}
# As servers log what nobody sees: the client has closed the request.
_GONE = 499
_DRAIN_SECONDS = 2


@dataclass(frozen=True, slots=True)
class _OwnHost:
    """Lets only requests to this machine's own names pass: another site may name itself as it likes."""

    app: ASGIApp
    hosts: frozenset[str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as an ASGI app; other hosts are refused."""
        if scope["type"] == "http":
            hosts = Headers(scope=scope).getlist("host")
            if len(hosts) != 1 or hosts[0].lower() not in self.hosts:
                await _refusal(421, "this address is not served here")(scope, receive, send)
                return
        await self.app(scope, receive, send)


def playground_app(processes: AnswerProcesses, port: int, token: str) -> ASGIApp:
    """The page and its answers. token: what the page shows with every question."""
    names = ("localhost", "127.0.0.1", "[::1]")
    hosts = frozenset(f"{name}:{port}" for name in names) | (frozenset(names) if port == 80 else frozenset())
    pages = _pages(token)
    # A process answers one question at a time.
    turns = (asyncio.Lock(), asyncio.Lock())

    async def page(request: Request) -> Response:
        if _is_of_another_user(request):
            return _refusal(403, "another user of this machine has started this playground: start your own")
        found = pages.get(request.url.path.removeprefix("/") or "index.html")
        return (
            _refusal(404, "there is no such page")
            if found is None
            else Response(found[1], media_type=found[0], headers=_HEADERS)
        )

    async def ask(request: Request) -> Response:
        refused = _refused(request.headers, hosts, token)
        if refused is not None:
            return refused
        body = await _body(request)
        if body is None:
            return _refusal(413, f"more than {_MOST_BYTES // 2**20} MiB")
        name = _name_of(body)
        if name is None:
            return _refusal(400, "not a question in JSON")
        process = processes.of_question(name)
        async with turns[process is processes.long]:
            if await request.is_disconnected():  # the page has asked something newer meanwhile
                return _refusal(_GONE, "nobody waits for this answer")
            answer = await asyncio.to_thread(process.ask, body)
        return Response(answer, media_type="application/json", headers=_HEADERS)

    routes = [
        Route("/api/ask", ask, methods=["POST"]),
        Route("/{path:path}", page, methods=["GET"]),
    ]
    return _OwnHost(Starlette(routes=routes), hosts)


def _is_of_another_user(request: Request) -> bool:
    """Whether somebody else on this machine asks, who would learn the token from the page."""
    client, server = request.client, request.scope.get("server")
    return (
        client is not None and server is not None and is_of_another_user((client.host, client.port), server)
    )


def _pages(token: str) -> Mapping[str, tuple[str, bytes]]:
    """The files of the page by their paths, each with its type; the token is in the first one."""
    made = {}
    for file in sorted(one for one in _STATIC.rglob("*") if one.is_file()):
        kind = _KINDS.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        made[file.relative_to(_STATIC).as_posix()] = kind, file.read_bytes()
    kind, index = made["index.html"]
    with_token = _NO_TOKEN.replace('content=""', f'content="{token}"').encode()
    made["index.html"] = "text/html; charset=utf-8", index.replace(_NO_TOKEN.encode(), with_token)
    return made


def _refused(headers: Mapping[str, str], hosts: frozenset[str], token: str) -> Response | None:
    """The refusal of a question: only the page itself may ask, which knows the token."""
    origin, site = headers.get("origin"), headers.get("sec-fetch-site", "same-origin")
    if origin is not None and origin not in {f"http://{host}" for host in hosts}:
        return _refusal(403, "asked by another site")
    if site not in ("same-origin", "none"):
        return _refusal(403, "asked by another site")
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return _refusal(415, "a question is JSON: application/json")
    given = headers.get("x-playground-token")
    if given is None:
        return _refusal(401, "the token of the page is missing: reload it")
    if not hmac.compare_digest(given.encode(), token.encode()):
        return _refusal(403, "the token is of another start: reload the page")
    return None


def _refusal(status: int, why: str) -> Response:
    body = json.dumps({"problem": why}).encode()
    return Response(body, status, media_type="application/json", headers=_HEADERS)


async def _body(request: Request) -> bytes | None:
    """The body of a request, None if it is too large, which is found out without keeping it."""
    kept = bytearray()
    with suppress(ClientDisconnect):
        async for piece in request.stream():
            kept += piece
            if len(kept) > _MOST_BYTES:
                return None
    return bytes(kept)


def _name_of(body: bytes) -> object:
    """The name of a question, None where a body is no question."""
    try:
        question = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return question.get("ask", "") if isinstance(question, dict) else None


@contextmanager
def serving(folder: Path, port: int, patience: float = 1.0) -> Iterator[str]:
    """Serve the playground of a folder; gives its address. Port 0: any free one. Raises OSError.

    patience: as in `AnswerProcesses.of_folder`.
    """
    with ExitStack() as stack:
        listeners = listen(port)
        for one in listeners:
            stack.callback(one.close)
        port = listeners[0].getsockname()[1]
        processes = AnswerProcesses.of_folder(folder, patience)
        stack.callback(processes.close)
        app = playground_app(processes, port, secrets.token_hex(_TOKEN_BYTES))
        stack.enter_context(served(app, listeners, SafeText("the playground"), _DRAIN_SECONDS))
        stack.callback(processes.close)  # first, so that no answer is waited for
        yield f"http://{LOOPBACK}:{port}/"


def listen(port: int) -> list[socket.socket]:
    """Sockets that listen on this machine's own addresses, of IPv4 and, where there is one, IPv6.

    Raises OSError.
    """
    first = listener(port)
    try:
        return [first, listener(first.getsockname()[1], socket.AF_INET6)]
    except OSError:
        return [first]
