"""What a link holds is shown or refused; it never keeps the page from starting, and never runs."""

from __future__ import annotations

import json
import zlib
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Any

import pytest

from tests.playground.orders import EVENT, MAPPING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from playwright.sync_api import expect

from tests.playground.chromium import opened_page

_PAGE: dict[str, Any] = {
    "playground": 1,
    "mapping": {"name": "orders.yaml", "text": MAPPING},
    "files": {},
    "samples": [{"name": "event", "text": json.dumps(EVENT)}],
}


def link(content: bytes) -> str:
    """A link's part after `#` that holds any bytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return "#s=" + urlsafe_b64encode(packer.compress(content) + packer.flush()).decode().rstrip("=")


def link_to(**changed: Any) -> str:
    """A link to the page of orders, some parts of it changed."""
    return link(json.dumps({**_PAGE, **changed}).encode())


_UNREADABLE = {
    "half an escape": "#%zz",
    "half an escape in a page": "#s=%",
    "no base64": "#s=!!!",
    "cut": link_to()[:-20],
    "much in little": link(b" " * 50_000_000),
}
_NO_PAGE = {
    "null": link(b"null"),
    "a list": link(b"[1]"),
    "another type": link_to(mapping=["name", "text"]),
    "files as a list": link_to(files=["text"]),
    "samples without a text": link_to(samples=[{"name": "event"}]),
    "very many samples": link_to(samples=[{"name": "event", "text": "{}"}] * 100_000),
}


@pytest.mark.parametrize(
    ("fragment", "told"),
    [
        *((one, "The link cannot be read") for one in _UNREADABLE.values()),
        *((one, "The link holds no mapping") for one in _NO_PAGE.values()),
    ],
    ids=[*_UNREADABLE, *_NO_PAGE],
)
def test_a_link_that_cannot_be_read_is_told_and_the_page_starts(
    started_browser: Browser, playground_url: str, fragment: str, told: str
) -> None:
    with opened_page(started_browser, playground_url) as page:
        page.page.goto("about:blank")
        page.page.goto(playground_url + fragment)
        expect(page.page.get_by_text(told)).to_be_visible()
        expect(page.row("event_id")).to_be_visible()


def test_names_of_every_object_are_names_like_others(started_browser: Browser, playground_url: str) -> None:
    event = {**EVENT, "constructor": 1, "toString": {"hasOwnProperty": 2}}
    text = json.dumps(event).replace("{", '{"__proto__": {"polluted": 1}, ', 1)
    files = json.loads('{"__proto__": "version: 1", "constructor": "version: 1"}')
    samples = [{"name": "__proto__", "text": text}]
    with opened_page(started_browser, playground_url + link_to(files=files, samples=samples)) as page:
        expect(page.part("constructor")).to_be_visible()
        expect(page.part("__proto__.polluted")).to_be_visible()
        expect(page.samples).to_have_text(["__proto__"])
        assert page.page.evaluate("({}).polluted") is None
