"""Body of a request -> Reply or NoReply, over HTTP. The only module that uses httpx.

No redirects, no proxies from the environment, no unpacking of what comes back, and one deadline around it
all. Each request has a connection of its own: what comes late or twice on a connection would else be taken
for the answer to the next request on it.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

import httpx

from mapper.delivery.answer import NoReply, Reply, Send
from mapper.delivery.credentials import Endpoint, Secret
from mapper.values.safe_text import SafeText, span

# Real tokens are far longer; a shorter text could be in any answer by chance.
_SHORTEST_SECRET = 8
_LONGEST_ANSWER = 4 * 1024 * 1024
"""Bytes of an answer that are read: one entry for each of 1,000 events is a tenth of it."""
_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.ProxyError,
)
_CLOCK_HINT = "check the URL, and this machine's clock and root certificates"


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds that each part of a request may take, and the `whole` from connecting to the last byte."""

    connect: float = 5
    write: float = 10
    read: float = 30
    whole: float = 60


@asynccontextmanager
async def connect(
    endpoint: Endpoint | Callable[[], Endpoint], *, patience: Patience = Patience(), connections: int = 4
) -> AsyncIterator[Send]:
    """A function that sends one request's body to an endpoint; never raises for what the network does.

    endpoint: or what gives the one of the next request, where credentials may change.
    """
    _hush()
    client = httpx.AsyncClient(
        verify=tls_context(),
        headers={
            "user-agent": "mapper",
            "accept": "application/json",
            "accept-encoding": "identity",
            "connection": "close",
        },
        timeout=httpx.Timeout(patience.read, connect=patience.connect, write=patience.write, pool=None),
        limits=httpx.Limits(max_connections=connections, max_keepalive_connections=0),
        follow_redirects=False,
        trust_env=False,
    )

    async def send(body: bytes) -> Reply | NoReply:
        to = endpoint if isinstance(endpoint, Endpoint) else endpoint()
        name = SafeText.known(urlsplit(to.url).hostname or "")
        try:
            async with asyncio.timeout(patience.whole):
                return await _request(client, to, body)
        except TimeoutError:
            within = span(patience.whole)
            return NoReply(False, SafeText("{} did not complete its response within {}", name, within))
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            # A TLS record that cannot be read comes as it is: an ssl.SSLError, which is an OSError.
            return _missing(error, name)

    async with client:
        yield send


@cache
def tls_context() -> ssl.SSLContext:
    """The TLS context of all connections of this process: one for each account would be slow, and large."""
    return httpx.create_ssl_context(trust_env=False)


def _hush() -> None:
    """The library logs each request with its whole address, which no log of ours needs."""
    for name in ("httpx", "httpcore"):
        logger = logging.getLogger(name)
        if logger.level < logging.WARNING:
            logger.setLevel(logging.WARNING)


async def _request(client: httpx.AsyncClient, endpoint: Endpoint, body: bytes) -> Reply:
    headers = {name: value.reveal() for name, value in endpoint.headers}
    content = body if endpoint.wrapping is None else endpoint.wrapping.wrap(body)
    headers |= {"content-type": "application/json", "content-length": str(len(content))}
    url = endpoint.target.reveal()
    async with client.stream(endpoint.method, url, content=_once(content), headers=headers) as response:
        answer = await _body(response)
        return Reply(
            status=response.status_code,
            body=_without(endpoint.secrets, answer or b""),
            retry_after=response.headers.get("retry-after"),
            date=response.headers.get("date"),
            is_whole=answer is not None and _has_an_end(response),
        )


async def _once(content: bytes) -> AsyncIterator[bytes]:
    """A request's content, which is not held by the request: a request and its answer hold each other, and
    stay until Python looks for such circles.
    """
    yield content


def _without(secrets: tuple[Secret, ...], answer: bytes) -> bytes:
    """An answer that does not echo a secret; one as short as a word of the answer is none to hide."""
    for secret in secrets:
        text = secret.reveal().encode()
        answer = answer if len(text) < _SHORTEST_SECRET else answer.replace(text, b"***")
    return answer


async def _body(response: httpx.Response) -> bytes | None:
    """The bytes of an answer; None if it is packed, though we ask for no packing, or too long."""
    if response.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        return None
    received = bytearray()
    async for piece in response.aiter_raw():
        received += piece
        if len(received) > _LONGEST_ANSWER:
            return None
    return bytes(received)


def _has_an_end(response: httpx.Response) -> bool:
    """Whether an answer says where its body ends: else a connection that breaks looks like the end of it."""
    is_bodiless = response.status_code == httpx.codes.NO_CONTENT
    return is_bodiless or not response.headers.keys().isdisjoint({"content-length", "transfer-encoding"})


def _missing(error: Exception, host: SafeText) -> NoReply:
    """The reason for no reply, in one line of our own: the library's texts may hold what was sent."""
    causes = list(_causes(error))
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        reason = SafeText("the certificate of {} is not valid for it, or not trusted here", host)
        return NoReply(True, reason, _CLOCK_HINT)
    if isinstance(error, httpx.ConnectError) and any(map(_is_lasting, causes)):
        return NoReply(True, SafeText("TLS with {} failed", host), _CLOCK_HINT)
    return NoReply(isinstance(error, _NEVER_SENT), _said(error, causes, host))


def _is_lasting(cause: BaseException) -> bool:
    """Whether a TLS handshake failed for more than a connection that broke."""
    broken = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError)
    return isinstance(cause, ssl.SSLError) and not isinstance(cause, broken)


def _said(error: Exception, causes: list[BaseException], host: SafeText) -> SafeText:
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return SafeText("the name {} cannot be resolved", host)
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return SafeText("{} refused the connection", host)
    if isinstance(error, httpx.ConnectTimeout):
        return SafeText("connecting to {} timed out", host)
    if isinstance(error, httpx.TimeoutException):
        return SafeText("{} did not respond in time", host)
    if isinstance(error, httpx.ConnectError):
        return SafeText("{} cannot be reached", host)
    return SafeText("the connection to {} was lost before the response was complete", host)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An exception and all that led to it, groups opened."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        cause = waiting.pop()
        if cause is None or id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        waiting += (cause.__cause__, cause.__context__)
        if isinstance(cause, BaseExceptionGroup):
            waiting += cause.exceptions
