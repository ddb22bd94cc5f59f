"""A whole feed on the page: its samples are searched and filtered, and a limit is said in place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.playground.chromium import PlaygroundPage, event_text, opened_page, playground_of
from tests.playground.orders import EMAIL, EVENT, MAPPING, open_orders

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import expect

_COUNT = 1_998  # with the two of `open_orders` as many as the page holds
_PATIENCE = 60_000
# Rows that are drawn, of however many.
_MOST_ROWS = 40


def feed(count: int) -> str:
    """A feed in which each third event is skipped."""
    events = ({**EVENT, "id": f"o-{at:04}", "test": at % 3 == 0} for at in range(count))
    return "".join(map(event_text, events))


@pytest.fixture
def fed(page: PlaygroundPage, playground_url: str) -> PlaygroundPage:
    """The page with a feed as long as it holds."""
    open_orders(page, playground_url)
    page.drop("feed.ndjson", feed(_COUNT))
    expect(page.page.locator(".totals")).to_contain_text("skipped", timeout=_PATIENCE)
    return page


def test_a_feed_is_searched_and_filtered_by_outcome_and_event(fed: PlaygroundPage) -> None:
    page = fed.page
    totals, count = page.locator(".totals"), page.locator(".sample-count")
    expect(totals).to_contain_text("1,334 sent")
    expect(totals).to_contain_text("666 skipped: test order")
    expect(count).to_have_text("2,000 of 2,000")
    assert page.locator(".sample").count() < _MOST_ROWS
    page.get_by_role("combobox", name="All outcomes").select_option(label="skipped (666)")
    expect(count).to_have_text("666 of 2,000")
    page.get_by_role("searchbox", name="Search samples").press_sequentially("o-19")
    expect(count).to_have_text("32 of 2,000")
    page.locator(".sample-name").first.click()
    expect(page.locator(".outcome-head")).to_contain_text("skipped")
    page.get_by_role("searchbox", name="Search samples").fill("")
    page.get_by_role("combobox", name="All outcomes").select_option("")
    page.get_by_role("combobox", name="All events").select_option(label="checkout (1,334)")
    expect(count).to_have_text("1,334 of 2,000")
    # The arrow keys go through what is listed, and the list follows.
    page.locator(".sample-list").evaluate("(list) => { list.scrollTop = list.scrollHeight; }")
    expect(page.locator(".sample-name").last).to_be_in_viewport()  # the rows of the end are drawn
    page.locator(".sample-name").last.click()
    expect(page.locator(".outcome-head")).to_contain_text("sent")
    page.keyboard.press("Alt+ArrowUp")
    expect(page.locator(".sample.is-chosen")).to_be_visible()


def test_a_key_is_answered_as_soon_beside_a_feed(fed: PlaygroundPage) -> None:
    fed.go_to("event_id")
    fed.page.keyboard.press("End")
    asked: list[int] = []
    fed.page.on("request", lambda one: asked.append(len(one.post_data or "")))
    fed.page.keyboard.type(" #")
    expect(fed.page.locator(".health")).not_to_have_class("is-waiting")
    assert asked
    assert asked[0] < 5_000  # the chosen event alone


def test_a_limit_is_said_beside_the_samples(page: PlaygroundPage, playground_url: str) -> None:
    open_orders(page, playground_url)
    page.drop("feed.ndjson", feed(_COUNT + 250))
    expect(page.page.locator(".left-out")).to_contain_text(
        "250 more events of feed.ndjson", timeout=_PATIENCE
    )
    expect(page.page.locator(".sample-count")).to_have_text("2,000 of 2,000")


def test_events_beside_a_mapping_are_opened_with_it(started_browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "orders.yaml").write_text(MAPPING)
    lines = (event_text(EVENT), event_text({**EVENT, "id": "o-7"}), "oops\n")
    (tmp_path / "events.ndjson").write_text("".join(lines))
    with playground_of(tmp_path) as url, opened_page(started_browser, url) as page:
        expect(page.samples).to_have_text(["events.ndjson:1", "events.ndjson:2"])
        expect(page.row("event_id")).to_contain_text("o-1")
        assert json.loads((tmp_path / "events.ndjson").read_text().splitlines()[0]) == EVENT


def test_what_was_not_saved_is_offered_after_a_reload(started_browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "orders.yaml").write_text(MAPPING)
    (tmp_path / "events.ndjson").write_text(event_text(EVENT))
    with playground_of(tmp_path) as url, opened_page(started_browser, url) as page:
        page.drop("more.ndjson", event_text({**EVENT, "id": "o-8"}))
        expect(page.samples).to_have_text(["events.ndjson", "more.ndjson"])
        page.editor.click()
        page.page.keyboard.press("Control+End")
        page.page.keyboard.type("# mine")
        while "# mine" not in page.page.evaluate("localStorage['mapper-playground-history'] ?? ''"):
            page.page.wait_for_timeout(50)  # it is kept when typing has stopped
        page = PlaygroundPage(page.page.context.new_page())  # leaving the other one asks its owner
        page.note_mistakes()
        page.open(url)
        expect(page.samples).to_have_text(["events.ndjson"])
        assert "# mine" not in page.editor.inner_text()
        page.page.get_by_role("button", name="Restore them").click()
        expect(page.samples).to_have_text(["events.ndjson", "more.ndjson"])
        expect(page.editor).to_contain_text("# mine")
        expect(page.page.get_by_role("button", name="Save", exact=True)).to_be_enabled()
        page.choose("more.ndjson")
        expect(page.row("event_id")).to_contain_text("o-8")
        page.page.get_by_role("button", name="Personal values masked").click()
        expect(page.part("customer.email").locator(".value")).to_contain_text("@")
        assert EMAIL not in page.page.locator("#page").inner_text()
        page.page.keyboard.press("Control+s")
        expect(page.page.get_by_role("button", name="Saved")).to_be_disabled()
        assert "# mine" in (tmp_path / "orders.yaml").read_text()
        assert page.mistakes() == []
