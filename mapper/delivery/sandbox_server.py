"""A local server that answers as a destination's service does.

It checks requests as the service does and answers with the bodies that its documents show, so that the whole
way can be tried without the network; and it fails in each of the ways that `sandbox_faults` names. It keeps
counts, and payloads only where told to, and prints nothing.
"""

from __future__ import annotations

import asyncio
import random
import socket
import struct
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, TypedDict, Unpack
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope
from starlette.types import Send as Emit
from uvicorn.protocols.http.h11_impl import H11Protocol

from mapper.delivery.fault_kinds import BEFORE
from mapper.delivery.loopback import LOOPBACK, listener, served
from mapper.delivery.sandbox_faults import (
    Fault,
    Script,
    Whole,
    instead,
    json_of,
    read_fault,
    spoil,
    spoil_values,
)
from mapper.delivery.stand_in import Asked, Stand, Validate, Verdict
from mapper.values.safe_text import SafeText

if TYPE_CHECKING:
    from mapper.delivery.credentials import Secret
    from mapper.delivery.destination import Destination, Situation


__all__ = ["Fault", "Ledger", "Validate", "read_fault", "sandbox_app", "serve"]

_DRAIN_SECONDS = 10
"""How long requests under way may take to be answered once it is to end."""
_KEPT_SECONDS = 1.0
"""How long a connection stays open on which more than the answer came."""
_BROKEN = 0
"""Counted as the status of a request whose connection broke."""


@dataclass(slots=True)
class Ledger:
    """The requests and payloads that the sandbox has received.

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
    _keys: set[object] = field(default_factory=set)

    def record(self, payload: dict[str, Any], key: object) -> None:
        """A payload that was processed."""
        self.processed += 1
        self.duplicates += key in self._keys
        self._keys.add(key)
        if self.keep:
            self.received.append(payload)


@dataclass(frozen=True, slots=True)
class _Service:
    stand: Stand
    now: Callable[[], float] = time.time
    faults: Sequence[Fault] = ()
    latency_seconds: float = 0.0
    chance: Callable[[], float] = random.random
    ledger: Ledger = field(default_factory=Ledger)


class SandboxOptions(TypedDict, total=False):
    """The behaviour of a sandbox. now: Unix seconds. chance: 0 up to 1, decides which requests fail."""

    now: Callable[[], float]
    faults: Sequence[Fault]
    latency_seconds: float
    chance: Callable[[], float]
    ledger: Ledger


def sandbox_app(
    destination: Destination,
    validate: Validate,
    *,
    known: Mapping[str, Secret] | None = None,
    **options: Unpack[SandboxOptions],
) -> Starlette:
    """The service as an app. `validate` lists what a payload breaks of its schema, as (path, message).

    known: the values of settings, by name, that alone are let in; of others each that could be one.
    """
    service = _Service(Stand(destination, validate, known or {}), **options)
    kept = service.ledger

    async def receive(request: Request) -> Response:
        kept.arrived += 1
        answer = await _receive(service, request)
        response = _response(answer)
        kept.requests[response.status_code] += 1
        return response

    async def lost(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        kept.requests[status] += 1
        return _response(_answer(service, Verdict("wrong_method" if status == 405 else "unknown")))

    base = urlsplit(destination.base_url).path
    forms = [form for form in (destination.request, destination.test_request) if form is not None]
    paths = dict.fromkeys(urlsplit(form.url).path for form in forms)
    routes = [Route(path, receive, methods=[destination.request.method]) for path in paths]
    app = Starlette(routes=routes, exception_handlers={404: lost, 405: lost})
    app.state.base = base
    return app


@contextmanager
def serve(app: Starlette, port: int = 0) -> Iterator[str]:
    """Serves a sandbox on loopback in a thread; gives its base address. Port 0: any free one."""
    with (
        listener(port) as own,
        served(app, [own], SafeText("the sandbox"), _DRAIN_SECONDS, protocol=_Protocol),
    ):
        yield f"http://{LOOPBACK}:{own.getsockname()[1]}{app.state.base}"


class _Protocol(H11Protocol):
    """As usual, with the connection within reach of the faults that need it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's does
        super().connection_made(transport)
        self.app_state = {**self.app_state, "connection": transport}


async def _receive(service: _Service, request: Request) -> Whole | Script:
    """The answer to one request, after its latency and unless a fault is due."""
    if service.latency_seconds:
        await asyncio.sleep(service.latency_seconds)
    asked = await _asked(service, request)
    fault = _due(service)
    if fault is None:
        return _process(service, asked, None)
    if fault.status is not None:
        verdict = service.stand.refuse(asked, service.stand.situation_of(fault.status))
        whole = _answer(service, verdict)
        return Whole(fault.status, whole.body, whole.headers)
    if fault.name in BEFORE:
        situation: Situation = "paused" if fault.name == "paused" else "slow_down"
        return instead(fault, _answer(service, service.stand.refuse(asked, situation)), service.now())
    return _process(service, asked, fault)


async def _asked(service: _Service, request: Request) -> Asked:
    return Asked(
        inside=request.path_params,
        headers=request.headers,
        query=request.query_params,
        kind=request.headers.get("content-type", ""),
        body=await _body(request, service.stand.destination.stand_in.body_bytes),
    )


def _due(service: _Service) -> Fault | None:
    """The fault that this request has, by chance."""
    drawn = service.chance()
    for fault in service.faults:
        if drawn < fault.share:
            return fault
        drawn -= fault.share
    return None


async def _body(request: Request, most: int) -> bytes | None:
    """The body of a request; None if it is too large, which is found out without keeping it."""
    kept = bytearray()
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size <= most:
            kept += piece
    return bytes(kept) if size <= most else None


def _process(service: _Service, asked: Asked, fault: Fault | None) -> Whole | Script:
    """The answer to a request whose events are processed, made wrong by a fault."""
    verdict, ledger = service.stand.judge(asked, int(service.now())), service.ledger
    if verdict.test:
        ledger.tested += len(verdict.accepted) + verdict.refused
    else:
        ledger.failed += verdict.refused
        for payload in verdict.accepted:
            ledger.record(payload, payload.get(service.stand.destination.key))
    return _answer(service, verdict) if fault is None else spoil(fault, _answer(service, verdict, fault))


def _answer(service: _Service, verdict: Verdict, fault: Fault | None = None) -> Whole:
    """The documented body of what has happened, filled in, with the sandbox's own time."""
    if fault is not None:
        verdict = replace(verdict, values=spoil_values(fault, verdict.values))
    status, body = service.stand.body(verdict)
    return json_of(status, body, {"date": formatdate(service.now(), usegmt=True)})


def _response(answer: Whole | Script) -> Response:
    if isinstance(answer, Script):
        return _Scripted(answer)
    kind = answer.headers.get("content-type", "application/json")
    return Response(answer.body, answer.status, headers=dict(answer.headers), media_type=kind)


class _Scripted(Response):
    """An answer that is written to the connection by hand."""

    def __init__(self, script: Script) -> None:
        said = script.end == "keep" and bool(script.steps)
        super().__init__(status_code=200 if said else _BROKEN)
        self._script = script

    async def __call__(self, scope: Scope, receive: Receive, send: Emit) -> None:
        connection: asyncio.Transport = scope["state"]["connection"]
        for seconds, piece in self._script.steps:
            await asyncio.sleep(seconds)
            if connection.is_closing():
                break
            connection.write(piece)
        if self._script.end == "reset":
            linger = struct.pack("ii", 1, 0)
            connection.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            connection.abort()
        elif self._script.end == "close":
            connection.close()
        # One that has sent more by now is not seen to leave.
        with suppress(TimeoutError):
            async with asyncio.timeout(_KEPT_SECONDS if self.status_code else None):
                while (await receive())["type"] != "http.disconnect":
                    pass
        connection.close()
