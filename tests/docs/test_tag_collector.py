"""The script that collects the tag's requests, in Chromium: its lines give what a HAR of a visit gives."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.command import ROOT, call
from tests.support.pages import only_block

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Route

_SCRIPT = ROOT / "docs/collect_tag.js"
_MAPPING = ROOT / "mappings/pinterest-tag-requests.yaml"
_TAG = "https://ct.pinterest.com/"
_VISITOR = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
# An imitation of the tag: it asks as the requests that were recorded of it do.
_STAND_IN = """
const person = {em: "8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d", np: "shopify"};
const asked = [];
function ask(url) {
  const image = new Image();
  asked.push(new Promise((done) => { image.onload = image.onerror = done; }));
  image.src = url;
}
function pintrk(event, data) {
  const page = {loc: location.href, ref: document.referrer, is_eu: false};
  const parts = {event, ed: JSON.stringify(data), tid: "549755885175", pd: JSON.stringify(person),
    cb: Date.now(), dep: "4,TAGS_RECEIVED", ad: JSON.stringify(page)};
  ask(`SERVICEv3/?${new URLSearchParams(parts)}`);
}
""".replace("SERVICE", _TAG)
_PAGE = f"<!doctype html><title>Shop</title><script>{_STAND_IN}</script><script src=/collect_tag.js></script>"
_LAMP = {
    "product_id": "LMP-1",
    "product_name": "Lamp & <shade> · ü",
    "product_price": 58,
    "product_quantity": 2,
}
_VISIT: list[tuple[str, list[tuple[str, dict[str, Any]]]]] = [
    ("?epik=dj0yPage", [("init", {}), ("pagevisit", {"event_id": "v-1"})]),
    (
        "lamps",
        [("pagevisit", {"event_id": "v-2"}), ("addtocart", {"event_id": "c-1", "value": 116, **_LAMP})],
    ),
    ("thanks", [("checkout", {"event_id": "o-1", "value": 116, "currency": "USD", "line_items": [_LAMP]})]),
    ("quiz", [("Quiz Finished", {"event_id": "q-1"})]),
]


@dataclass(slots=True)
class _Shop:
    """A shop on loopback. log: the bodies that were posted to its log, in their order."""

    url: str
    log: list[bytes] = field(default_factory=list)


@contextmanager
def _shop() -> Iterator[_Shop]:
    shop = _Shop("")

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_script = self.path == "/collect_tag.js"
            body = _SCRIPT.read_bytes() if is_script else _PAGE.encode()
            self.send_response(200)
            self.send_header("Content-Type", f"text/{'javascript' if is_script else 'html'}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            assert self.path == "/tag-requests"
            shop.log.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *arguments: Any) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    shop.url = f"http://127.0.0.1:{server.server_address[1]}/"
    try:
        yield shop
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; the tests are skipped where it is not installed."""
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    from tests.playground import chromium

    if chromium.chromium() is None:
        pytest.skip("Chromium is not installed: sh .ci/packages")
    with chromium.browser() as started:
        yield started


@pytest.fixture
def shop() -> Iterator[_Shop]:
    """A shop whose pages have the tag and the collector."""
    with _shop() as opened:
        yield opened


def _answer(route: Route) -> None:
    route.fulfill(status=200, content_type="image/gif", body="")


def _visit(context: BrowserContext, shop: _Shop) -> Page:
    context.route(f"{_TAG}**", _answer)
    page = context.new_page()
    for path, events in _VISIT:
        page.goto(shop.url + path)
        page.evaluate(f"ask('{_TAG}user/?tid=549755885175')")
        for name, data in events:
            page.evaluate("([name, data]) => pintrk(name, data)", [name, data])
        page.evaluate("Promise.all(asked)")
    page.wait_for_timeout(300)
    return page


def _payloads(file: Path, *options: str) -> list[dict[str, Any]]:
    ran = call("run", _MAPPING, file, *options)
    assert ran.exit_code == 0, ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()]


def _less_the_moment(payload: dict[str, Any]) -> dict[str, Any]:
    """A payload less its time and browser, which a line has not."""
    user = {name: one for name, one in payload["user_data"].items() if name != "client_user_agent"}
    return {name: one for name, one in payload.items() if name != "event_time"} | {"user_data": user}


def test_its_lines_give_what_a_har_of_the_same_visit_gives(
    browser: Browser, shop: _Shop, tmp_path: Path
) -> None:
    har, urls = tmp_path / "session.har", tmp_path / "tag.log"
    context = browser.new_context(record_har_path=har, record_har_content="omit", user_agent=_VISITOR)
    _visit(context, shop)
    context.close()
    urls.write_bytes(b"".join(shop.log))
    seen, collected = _payloads(har), _payloads(urls, "--input-format", "urls")
    assert [one["event_id"] for one in seen] == ["v-1", "v-2", "c-1", "o-1", "q-1"]
    assert [*map(_less_the_moment, collected)] == [*map(_less_the_moment, seen)]
    assert {one["user_data"]["client_user_agent"] for one in seen} == {_VISITOR}
    for one, other in zip(collected, seen, strict=True):
        assert abs(one["event_time"] - other["event_time"]) <= 2
    assert collected[0]["user_data"]["click_id"] == "dj0yPage"
    assert collected[3]["custom_data"]["contents"][0]["item_name"] == _LAMP["product_name"]


def test_it_posts_nothing_but_requests_of_the_tag(browser: Browser, shop: _Shop) -> None:
    context = browser.new_context()
    page = _visit(context, shop)
    page.evaluate("fetch('/other?secret=1')")
    page.wait_for_timeout(300)
    context.close()
    lines = b"".join(shop.log).decode().splitlines()
    assert len(lines) == sum(len(events) + 1 for _, events in _VISIT)
    assert all(line.startswith(_TAG) for line in lines)


@pytest.mark.parametrize("why", ["failed", "blockedbyclient"])
def test_a_request_that_fails_is_posted(browser: Browser, shop: _Shop, why: str) -> None:
    context = browser.new_context()
    context.route(f"{_TAG}**", lambda route: route.abort(why))
    page = context.new_page()
    page.goto(shop.url)
    page.evaluate("pintrk('lead', {event_id: 'l-1'})")
    page.wait_for_timeout(300)
    context.close()
    assert [line.startswith(f"{_TAG}v3/?event=lead&".encode()) for line in shop.log] == [True]


def test_a_request_without_an_answer_when_the_page_is_left_is_posted(browser: Browser, shop: _Shop) -> None:
    context = browser.new_context()
    context.route(f"{_TAG}**", lambda route: None)
    page = context.new_page()
    page.goto(shop.url)
    page.evaluate("pintrk('lead', {event_id: 'l-1'})")
    page.goto(f"{shop.url}lamps")
    page.wait_for_timeout(300)
    context.close()
    (line,) = b"".join(shop.log).decode().splitlines()
    assert line.startswith(f"{_TAG}v3/?event=lead&")


def test_the_page_shows_the_script() -> None:
    page = (ROOT / "docs/moving-off-the-tag.md").read_text("utf-8")
    assert only_block(page, "js") == _SCRIPT.read_text("utf-8")
