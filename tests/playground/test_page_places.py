"""Where the editor is after a link, a fix, a draft and a long line, and what is told beside the samples."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.playground.chromium import event_text, opened_page
from tests.playground.orders import EVENT, MAPPING, SKIPPED, open_orders
from tests.playground.test_page_draft import draft
from tests.playground.typing_hands import CURSOR, Hands

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.playground.chromium import PlaygroundPage

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import expect

from tests.support.waiting import wait_until

_LONG = "# a comment of the mapping\n" * 120
_SCROLLED = (
    "() => document.querySelector('[data-pane=mapping] .editor').shadowRoot.querySelector('.cm-scroller')"
)


@pytest.fixture(scope="module")
def orders_page(started_browser: Browser, playground_url: str) -> Iterator[PlaygroundPage]:
    """One page of orders for all tests: each puts a text of its own into it."""
    with opened_page(started_browser, playground_url) as opened:
        open_orders(opened, playground_url)
        yield opened


def _scrolled(page: PlaygroundPage, way: str) -> int:
    """How far the editor is scrolled: `Left` or `Top`."""
    return int(page.page.evaluate(f"({_SCROLLED})().scroll{way}"))


def test_a_link_to_a_line_selects_nothing(orders_page: PlaygroundPage) -> None:
    test = f"tests:\n  - {{name: one, given: {json.dumps(EVENT)}, expect: {{event_id: o-2}}}}\n"
    hands = Hands(orders_page)
    hands.put(MAPPING + _LONG + test + "▮")
    panel = orders_page.show("Tests")
    panel.get_by_role("button", name=re.compile("^line ")).first.click()
    expect(orders_page.editor).to_be_focused()
    at_the_test = re.compile(rf"tests:\n  - ?{CURSOR}|tests:\n  -? *{CURSOR}")
    wait_until(lambda: bool(at_the_test.search(hands.marked())))
    assert hands.marked().count(CURSOR) == 1


def test_a_fix_is_brought_into_view(orders_page: PlaygroundPage) -> None:
    hands = Hands(orders_page)
    hands.put(MAPPING.replace("value: total", "valeu: total") + _LONG + "▮")
    orders_page.page.keyboard.press("Control+End")
    assert _scrolled(orders_page, "Top") > 0
    orders_page.show("Problems").get_by_role("button", name=re.compile("^Fix: ")).first.click()
    assert "value: total" in hands.text
    expect(orders_page.editor.locator(".cm-line", has_text="value: total")).to_be_in_viewport()


def test_a_long_line_leaves_the_editor_where_lines_begin(orders_page: PlaygroundPage) -> None:
    hands = Hands(orders_page)
    hands.put(MAPPING + "▮")
    orders_page.page.keyboard.type("# " + "long " * 60)
    orders_page.page.wait_for_function(f"() => ({_SCROLLED})().scrollLeft > 0")
    orders_page.page.keyboard.press("Enter")
    orders_page.page.wait_for_function(f"() => ({_SCROLLED})().scrollLeft === 0")


def test_a_draft_is_opened_at_the_first_place_to_decide(page: PlaygroundPage, playground_url: str) -> None:
    open_orders(page, playground_url)
    Hands(page).put(MAPPING + _LONG + "▮")
    page.page.keyboard.press("Control+End")
    draft(page, '\n{"id": }\n')
    expect(page.editor.locator(".cm-line", has_text="todo").nth(1)).to_be_in_viewport()
    expect(page.page.get_by_role("note")).to_contain_text("event:2: not JSON")


def test_what_is_read_of_a_file_and_what_is_not_stays_beside_the_samples(
    page: PlaygroundPage, playground_url: str
) -> None:
    open_orders(page, playground_url)
    page.drop("more.ndjson", event_text(EVENT) + "no\n" * 5)
    note = page.page.get_by_role("note")
    expect(note).to_contain_text("more.ndjson:2: not JSON")
    expect(note).to_contain_text("2 more cannot be read.")
    page.drop("next.ndjson", event_text(EVENT))
    expect(note).to_have_count(0)


def test_what_was_just_done_moves_no_pane(page: PlaygroundPage, playground_url: str) -> None:
    open_orders(page, playground_url)
    panes = page.page.locator(".panes")
    expect(page.page.locator(".toast")).to_have_count(0)
    before = panes.bounding_box()
    page.page.keyboard.press("Control+s")
    expect(page.page.locator(".toast")).to_be_visible()
    assert panes.bounding_box() == before


def test_the_list_of_samples_shows_whole_rows(page: PlaygroundPage, playground_url: str) -> None:
    open_orders(page, playground_url)
    page.drop("more.ndjson", event_text(EVENT) * 9)
    expect(page.samples).to_have_count(11)
    shown = page.page.locator(".sample-list").bounding_box()
    rows = [row.bounding_box() for row in page.page.locator(".sample").all()]
    assert shown
    for row in rows:
        assert row
        top, end = row["y"], row["y"] + row["height"]
        is_outside = end <= shown["y"] or top >= shown["y"] + shown["height"]
        is_within = top >= shown["y"] and end <= shown["y"] + shown["height"]
        assert is_outside or is_within


def test_the_totals_of_the_samples_are_not_cut(page: PlaygroundPage, playground_url: str) -> None:
    open_orders(page, playground_url)
    page.drop("more.ndjson", event_text(SKIPPED) + '{"id": "o-9", "total": "x"}\n{"id": {"a": 1}}\n' + "{}\n")
    totals = page.page.locator(".totals")
    expect(totals).to_contain_text("skipped: test order")
    assert totals.evaluate("one => one.scrollHeight <= one.clientHeight")


def test_the_buttons_of_a_long_step_stay_in_view(page: PlaygroundPage) -> None:
    page.page.set_viewport_size({"width": 1200, "height": 600})
    page.page.get_by_role("button", name="Open:").click()
    page.page.get_by_role("dialog").get_by_role("button", name="Moving off the Pinterest tag").click()
    tutorial = page.page.get_by_role("complementary", name="Tutorial")
    for step in range(1, 5):
        expect(tutorial).to_contain_text(f"Step {step} of 5")
        following = tutorial.get_by_role("button", name="Next")
        expect(following).to_be_in_viewport(ratio=1)
        expect(tutorial.get_by_role("heading")).to_be_in_viewport(ratio=1)
        following.click()
    expect(tutorial.get_by_role("button", name="Begin with your own events")).to_be_in_viewport(ratio=1)
