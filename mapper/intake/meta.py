"""Entry x request -> what `$meta` holds of each of its events besides its own."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qsl

from mapper.intake.entry import BrowserAccess, Entry
from mapper.intake.request import HttpRequest

_FORWARDED = "x-forwarded-for"
_LONGEST_COOKIES = 8192


def meta_of_request(entry: Entry, request: HttpRequest, received_at: str) -> dict[str, Any]:
    """`$meta` of the events of a request. received_at: an ISO 8601 time with its offset.

    The address, the browser and the cookies are in it only where the sender is a visitor's browser: of all
    other senders they are the sender's own.
    """
    meta: dict[str, Any] = {"received_at": received_at, "source": entry.path}
    if entry.keep_headers:
        held = request.headers
        meta["headers"] = {name: held[name] for name in entry.keep_headers if name in held}
    if entry.keep_query:
        asked = dict(parse_qsl(request.query, keep_blank_values=True))
        meta["query"] = {name: asked[name] for name in entry.keep_query if name in asked}
    if entry.browser is not None:
        client = client_ip(entry.browser.proxies or 0, request)
        if client is not None:
            meta["client_ip"] = client
        if "user-agent" in request.headers:
            meta["user_agent"] = request.headers["user-agent"]
        meta["cookies"] = _cookies(entry.browser, request)
    return meta


def client_ip(proxies: int, request: HttpRequest) -> str | None:
    """The address of who asked, with so many proxies of our own in front; None where they did not write it.

    Each of them adds the address it was asked from at the end: what is before those is anybody's text.
    """
    if not proxies:
        return _address(request.peer)
    forwarded = [one.strip() for one in request.headers.get(_FORWARDED, "").split(",")]
    return _address(forwarded[-proxies]) if len(forwarded) >= proxies else None


def _address(text: str) -> str | None:
    """An address as it is written, without a port or brackets; None for any other text."""
    bare = text.partition("]")[0].removeprefix("[") if text.startswith("[") else text
    if bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        return str(ip_address(bare))
    except ValueError:
        return None


def _cookies(browser: BrowserAccess, request: HttpRequest) -> dict[str, str]:
    written = request.headers.get("cookie", "")
    if not browser.cookies or len(written) > _LONGEST_COOKIES:
        return {}
    parts = (part.strip().partition("=") for part in written.split(";"))
    held = {name: value.strip('"') for name, equals, value in parts if equals}
    return {name: held[name] for name in browser.cookies if name in held}
