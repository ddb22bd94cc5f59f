"""Texts that are made to run as code, in every place that holds a text: the page shows them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.playground.chromium import event_text, fragment_of, opened_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.playground.chromium import PlaygroundPage

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import expect

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<iframe src='javascript:alert(1)'></iframe>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](https://example.com/)",
    "![x](https://example.com/x.png)",
    "`<img src=x onerror=alert(1)>`",
    "**<b onmouseover=alert(1)>x</b>**",
    "<style>*{background:url(https://example.com/x)}</style>",
    "<link rel=stylesheet href=https://example.com/x.css>",
    "<meta http-equiv=refresh content='0;url=https://example.com/'>",
    "<base href=https://example.com/>",
    "<form action=https://example.com/><button>x</button></form>",
    "<object data=https://example.com/></object>",
    "<embed src=https://example.com/>",
    "<video src=x onerror=alert(1)></video>",
    "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
    "<template><script>alert(1)</script></template>",
    "<x contenteditable onblur=alert(1)>",
    '"><script>alert(1)</script>',
    "'><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</textarea><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "-->\x3cscript>alert(1)</script>",
    "javascript:alert(1)",
    "{{constructor.constructor('alert(1)')()}}",
    "${alert(1)}",
    "__proto__",
    "\u202ealert(1)\u202c",
    "&lt;img src=x onerror=alert(1)&gt;",
)

# Elements that the page never makes.
MADE = "#page :is(img, script, iframe, style, link, object, embed, base, video, form[action], a[href*=':'])"


def hostile_mapping(*texts: str) -> str:
    """A mapping with some texts in each place that the page shows."""
    comments = "".join(f"# {one if one.isprintable() else 'a text that YAML refuses'}\n" for one in texts)
    said = [json.dumps(one) for one in texts]
    skips = "".join(f"  - {{when: boolean(test{at}), because: {one}}}\n" for at, one in enumerate(said))
    tests = "".join(f"  - {{name: {one}, given: {{id: {one}}}, expect: []}}\n" for one in said)
    return f"""\
{comments}name: {said[0]}
version: 1
target: pinterest/conversions-v5
let:
  said: search
payload:
  action_source: {{const: web}}
  event_id: id
  event_time: paid_at
  user_data: {{em: customer.email}}
  custom_data:
    value: total
    search_string: search
    order_id: id
    content_name: $said
skip:
{skips}otherwise: {{send: checkout}}
tests:
{tests}"""


@pytest.fixture(scope="module")
def one_page(started_browser: Browser, playground_url: str) -> Iterator[PlaygroundPage]:
    """The page, which is opened once for all texts."""
    with opened_page(started_browser, playground_url) as opened:
        opened.page.get_by_role("button", name="Personal values masked").click()
        yield opened


@pytest.mark.full
@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_shown_and_never_run(one_page: PlaygroundPage, text: str) -> None:
    _assert_never_run(one_page, text)


@pytest.mark.parametrize("first", ["<img src=x onerror=alert(1)>", "[x](https://example.com/)"])
def test_all_hostile_texts_at_once_are_shown_and_never_run(one_page: PlaygroundPage, first: str) -> None:
    _assert_never_run(one_page, first, *(one for one in HOSTILE if one != first))


def _assert_never_run(page: PlaygroundPage, text: str, *more: str) -> None:
    """Shows some texts wherever the page shows one: the first as values, all as names."""
    event = {
        "id": text,
        "paid_at": "2026-05-01T10:00:00+02:00",
        "total": 5,
        "customer": {"email": "ada@example.com", **{one: one for one in (text, *more)}},
        "search": text,
        **{one: [one] for one in (text, *more)},
    }
    fragment = fragment_of(hostile_mapping(text, *more), event, name=f"{text.replace('/', '')}.yaml")
    page.page.evaluate("(fragment) => { location.hash = fragment; }", fragment)
    if not more:  # else it is further down than the editor draws
        expect(page.editor).to_contain_text(json.dumps(text)[:40])
    expect(page.part("search")).to_contain_text(text[:20])
    for tab in ("Tests", "Decisions", "Request as sent", "Changes", "Effective mapping", "Problems"):
        page.show(tab)
    page.row("custom_data.content_name").click()
    page.part("search").hover()
    page.drop(f"{text}.ndjson", event_text({**event, "test0": True}) + text)
    page.drop(f"{text}.playground.json", json.dumps({"playground": 1, "mapping": {"name": text}}))
    expect(page.page.locator(".sample")).to_have_count(3)
    page.page.get_by_role("button", name="JSON", exact=True).click()
    page.page.get_by_role("button", name="Tree", exact=True).click()
    page.page.get_by_role("button", name="Share").click()
    expect(page.page.get_by_role("dialog")).to_contain_text("characters")
    page.page.keyboard.press("Escape")
    page.page.get_by_role("button", name="Local history").click()
    page.page.keyboard.press("Escape")
    assert page.page.evaluate("(made) => document.querySelectorAll(made).length", MADE) == 0
    assert page.mistakes() == []
