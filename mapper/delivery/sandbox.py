"""A stand-in of a destination's service on this machine. The only module that uses starlette and uvicorn.

It checks requests as the service does and answers with the bodies that its documents show, so that the whole
way can be tried without the network. It keeps counts, and payloads only where told to, and prints nothing.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from hmac import compare_digest
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope
from starlette.types import Send as Emit

from mapper.delivery.credentials import Secret
from mapper.delivery.destination import Destination
from mapper.safe_text import SafeError, SafeText
from mapper.types import Json

Validate = Callable[[Json], Sequence[tuple[str, str]]]

_LOOPBACK = "127.0.0.1"
_START_SECONDS = 10.0
_DRAIN_SECONDS = 10
"""How long requests under way may take to be answered once it is to end."""
_BROKEN = 0
"""What stands for the status of a request whose connection broke."""
_ON_PURPOSE = "the sandbox was told to fail"
_FAULT = re.compile(r"(reset|[45]\d\d):(0(?:\.\d+)?|1(?:\.0+)?)")


@dataclass(frozen=True, slots=True)
class Fault:
    """A share of the requests that fails: with a status or, if that is 0, by a connection that breaks.

    It breaks after the events were processed: that is what a sender can least know.
    """

    status: int
    share: float


@dataclass(slots=True)
class Ledger:
    """What the sandbox has seen.

    arrived: requests, answered or not yet.
    requests: how many were answered with each status; 0 for those whose connection broke. processed, failed:
    payloads. duplicates: processed ones whose key came before. tested: payloads in test mode, which
    count nowhere else. received: processed payloads, if it is to `keep` them.
    """

    keep: bool = False
    arrived: int = 0
    requests: Counter[int] = field(default_factory=Counter)
    processed: int = 0
    failed: int = 0
    tested: int = 0
    duplicates: int = 0
    received: list[dict[str, Any]] = field(default_factory=list)
    _keys: set[str] = field(default_factory=set)

    def record(self, payload: dict[str, Any], key: str) -> None:
        """A payload that was processed."""
        self.processed += 1
        self.duplicates += key in self._keys
        self._keys.add(key)
        if self.keep:
            self.received.append(payload)


@dataclass(frozen=True, slots=True)
class _Service:
    destination: Destination
    validate: Validate
    token: Secret | None
    account: str | None
    now: Callable[[], float]
    faults: tuple[Fault, ...]
    latency_seconds: float
    chance: Callable[[], float]
    ledger: Ledger


def read_fault(text: str) -> Fault:
    """The fault that `503:0.1` or `reset:0.05` names. Raises ValueError for other texts."""
    found = _FAULT.fullmatch(text)
    if found is None:
        raise ValueError(f"`{text}` is no fault: write a status or `reset`, then its share, as 503:0.1")
    return Fault(_BROKEN if found[1] == "reset" else int(found[1]), float(found[2]))


def sandbox_app(
    destination: Destination,
    validate: Validate,
    *,
    token: Secret | None = None,
    account: str | None = None,
    now: Callable[[], float] = time.time,
    faults: Sequence[Fault] = (),
    latency_seconds: float = 0.0,
    chance: Callable[[], float] = random.random,
    ledger: Ledger | None = None,
) -> Starlette:
    """The service as an app. `validate` lists what a payload breaks of its schema, as (path, message).

    token, account: the only ones that are let in; None lets in each that could be one. now: Unix seconds.
    chance: 0 up to 1, decides which requests have a fault.
    """
    kept = ledger if ledger is not None else Ledger()
    service = _Service(
        destination, validate, token, account, now, tuple(faults), latency_seconds, chance, kept
    )

    async def receive(request: Request) -> Response:
        kept.arrived += 1
        response = await _receive(service, request)
        kept.requests[response.status_code] += 1
        return response

    async def lost(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        kept.requests[status] += 1
        return _answer(service, status)

    base = urlsplit(destination.base_url).path
    routes = [Route(base + destination.path, receive, methods=[destination.method])]
    app = Starlette(routes=routes, exception_handlers={404: lost, 405: lost})
    app.state.base = base
    return app


@contextmanager
def serve(app: Starlette, port: int = 0) -> Iterator[str]:
    """Serves a sandbox on loopback in a thread; gives its base address. Port 0: any free one."""
    listener = _listen(port)
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="critical",
        access_log=False,
        date_header=False,
        server_header=False,
        http="h11",
        loop="asyncio",
        ws="none",
        lifespan="off",
        timeout_keep_alive=30,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        _await_start(server, thread)
        yield f"http://{_LOOPBACK}:{listener.getsockname()[1]}{app.state.base}"
    finally:
        server.should_exit = True
        thread.join(_DRAIN_SECONDS + 1)
        listener.close()


def _listen(port: int) -> socket.socket:
    """A listening socket that says it is TCP: only then are small answers sent without delay."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((_LOOPBACK, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def _await_start(server: uvicorn.Server, thread: threading.Thread) -> None:
    until = time.monotonic() + _START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > until:
            raise SafeError(SafeText("the sandbox did not start"))
        time.sleep(0.005)


async def _receive(service: _Service, request: Request) -> Response:
    """The answer to one request, after its latency and unless a fault is due."""
    if service.latency_seconds:
        await asyncio.sleep(service.latency_seconds)
    body = await _body(request, service.destination.stand_in.body_bytes)
    fault = _due(service)
    if fault is not None and fault.status != _BROKEN:
        return _fail(service, request, body, fault.status)
    refusal = _doorkeeper(service, request)
    answer = refusal or _judge(service, request, body)
    return _Broken(status_code=_BROKEN) if fault is not None else answer


def _due(service: _Service) -> Fault | None:
    """The fault that this request has, by chance."""
    drawn = service.chance()
    for fault in service.faults:
        if drawn < fault.share:
            return fault
        drawn -= fault.share
    return None


def _fail(service: _Service, request: Request, body: bytes | None, status: int) -> Response:
    """The answer of a status that was asked for: nothing of the request is processed."""
    payloads, _ = _read(service, body or b"", request.headers.get("content-type", ""))
    failed = _fill(service.destination.stand_in.failed, {"reason": _ON_PURPOSE})
    values: dict[str, Json] = {"received": len(payloads), "processed": 0, "events": [failed] * len(payloads)}
    return _answer(service, status, {**values, "problem": _ON_PURPOSE})


async def _body(request: Request, most: int) -> bytes | None:
    """The body of a request; None if it is too large, which is found out without keeping it."""
    kept = bytearray()
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size <= most:
            kept += piece
    return bytes(kept) if size <= most else None


def _doorkeeper(service: _Service, request: Request) -> Response | None:
    """The answer to who may not come in; None for who may."""
    rule = service.destination.token
    scheme, _, token = request.headers.get(rule.header, "").partition(" ")
    if scheme.lower() != rule.scheme.lower() or not token:
        return _answer(service, 401)
    if service.token is not None and not compare_digest(token.encode(), service.token.reveal().encode()):
        return _answer(service, 401)
    account = request.path_params["account"]
    if not re.fullmatch(service.destination.account.pattern, account):
        return _answer(service, 404)
    if service.account is not None and account != service.account:
        return _answer(service, 403)
    return None


def _judge(service: _Service, request: Request, body: bytes | None) -> Response:
    if body is None:
        return _answer(service, 413)
    payloads, problem = _read(service, body, request.headers.get("content-type", ""))
    if problem:
        return _answer(service, 400, {"problem": problem})
    query = dict(request.query_params)
    test = all(query.get(name) == value for name, value in service.destination.test_query)
    return _process(service, payloads, test)


def _read(service: _Service, body: bytes, kind: str) -> tuple[list[dict[str, Any]], str]:
    """The payloads of a body, and what is wrong with it, "" if nothing is."""
    envelope, most = service.destination.envelope, service.destination.limits.events
    if kind.partition(";")[0].strip().lower() != "application/json":
        return [], "the content type must be application/json"
    try:
        said = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return [], "the body is not JSON"
    if not isinstance(said, dict) or not isinstance(said.get(envelope), list):
        return [], f"the body must be an object with the list '{envelope}'"
    if len(said) > 1:
        unexpected = ", ".join(repr(name) for name in said if name != envelope)
        return [], f"Additional properties are not allowed ({unexpected} was unexpected)"
    payloads = said[envelope]
    if not 1 <= len(payloads) <= most:
        return [], f"'{envelope}' must hold 1 to {most} events"
    for index, payload in enumerate(payloads):
        for path, message in service.validate(payload):
            return [], f"{message} ({envelope}[{index}]{'.' if path else ''}{path})"
    return payloads, ""


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")


def _process(service: _Service, payloads: list[dict[str, Any]], test: bool) -> Response:
    """The answer to valid payloads: each is processed, or fails by its time alone."""
    destination, ledger, stand_in = service.destination, service.ledger, service.destination.stand_in
    events, processed = [], 0
    for payload in payloads:
        reason = _untimely(service, payload[destination.time])
        events.append(_fill(stand_in.failed, {"reason": reason}) if reason else stand_in.processed)
        processed += not reason
        if test:
            ledger.tested += 1
        elif reason:
            ledger.failed += 1
        else:
            ledger.record(payload, payload[destination.key])
    values: dict[str, Json] = {"received": len(payloads), "processed": processed, "events": events}
    return _answer(service, 200 if processed == len(payloads) else 422, values)


def _untimely(service: _Service, moment: int) -> str:
    """Why the time of an event is refused, "" if it is not."""
    window, stand_in, now = service.destination.window, service.destination.stand_in, int(service.now())
    if moment < now - window.past_seconds:
        return stand_in.too_old.format(now=now, time=moment)
    if moment > now + window.future_seconds:
        return stand_in.too_new.format(now=now, time=moment)
    return ""


def _answer(service: _Service, status: int, values: Mapping[str, Json] | None = None) -> Response:
    """The documented body of a status, filled in, with the sandbox's own time."""
    bodies = service.destination.stand_in.bodies
    body = _fill(bodies.get(status, bodies[500]), values or {})
    return JSONResponse(body, status, headers={"date": formatdate(service.now(), usegmt=True)})


def _fill(form: Json, values: Mapping[str, Json]) -> Json:
    """A body with its texts in braces filled in; a text that is one name in braces becomes that value."""
    if isinstance(form, dict):
        return {name: _fill(value, values) for name, value in form.items()}
    if isinstance(form, list):
        return [_fill(value, values) for value in form]
    if not isinstance(form, str):
        return form
    for name, value in values.items():
        if form == "{" + name + "}":
            return value
        form = form.replace("{" + name + "}", str(value))
    return form


class _Broken(Response):
    """An answer that ends before its promised length, upon which the server drops the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Emit) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})
