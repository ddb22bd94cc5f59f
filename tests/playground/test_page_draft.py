"""Own events become a mapping: pasted on the page, drafted, decided and saved."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.playground.chromium import opened_page, playground_of
from tests.playground.orders import EVENT, MAPPING, open_orders
from tests.playground.test_answers_draft import PURCHASE, TABLE
from tests.playground.typing_hands import Hands

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.playground.chromium import PlaygroundPage

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import expect

TESTED = (
    f"{MAPPING}tests: [{json.dumps({'name': 'an order', 'given': EVENT, 'expect': {'event_id': 'o-1'}})}]\n"
)
# A process that answers may be starting still.
_WAIT = 60_000
_DRAWN = 300


def paste(page: PlaygroundPage, text: str) -> None:
    """Pastes a text where the focus is."""
    page.page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.page.keyboard.press("Control+v")


def test_a_pasted_event_becomes_a_mapping_that_sends_and_is_saved(
    started_browser: Browser, tmp_path: Path
) -> None:
    with playground_of(tmp_path) as url, opened_page(started_browser, url) as page:
        paste(page, json.dumps(PURCHASE))
        page.page.get_by_role("button", name="Draft the mapping").click()
        expect(page.editor).to_contain_text("A draft, made of 1 sample event", timeout=_WAIT)
        expect(page.page.get_by_role("status")).to_contain_text("1 event read. 2 places to decide")
        for left, decided in (("2 errors", "ref"), ("1 error", "{const: web}")):
            expect(page.page.locator(".health")).to_contain_text(left)
            page.page.keyboard.press("F8")
            page.page.wait_for_function("() => String(getSelection()).includes('todo')")
            page.page.keyboard.insert_text(decided)
        expect(page.row("custom_data.value")).to_contain_text("39.98")
        expect(page.page.get_by_role("tab", name="Tests")).to_contain_text("1")
        # The draft itself sent nothing: that is no mistake to tell of.
        expect(page.show("Changes")).to_contain_text("compared with the mapping as it was opened")
        page.page.keyboard.press("Control+s")
        expect(page.page.get_by_role("status")).to_contain_text("Saved my-shop.yaml")
        page.page.get_by_role("button", name=re.compile("^Open: ")).click()
        expect(page.page.get_by_role("button", name="my-shop.yaml", exact=True)).to_be_visible()
        assert "event_id: ref" in (tmp_path / "my-shop.yaml").read_text()


def test_a_text_without_events_is_refused_in_the_dialogue(page: PlaygroundPage) -> None:
    page.page.get_by_role("button", name="New mapping from your events").click()
    expect(page.page.get_by_role("textbox", name=re.compile("^Events"))).to_be_focused()
    page.page.keyboard.insert_text("hello")
    page.page.get_by_role("button", name="Draft the mapping").click()
    expect(page.page.get_by_role("alert")).to_contain_text("There is no event in this text", timeout=_WAIT)


def test_an_added_sample_takes_what_is_pasted(page: PlaygroundPage, playground_url: str) -> None:
    open_orders(page, playground_url)
    page.page.get_by_role("button", name="Add", exact=True).click()
    text = page.page.get_by_role("textbox", name="Event, JSON")
    expect(text).to_be_focused()
    paste(page, json.dumps({**EVENT, "id": "o-4"}))
    expect(page.row("event_id")).to_contain_text("o-4", timeout=_WAIT)
    expect(text.locator(".cm-line")).to_have_count(json.dumps(EVENT, indent=2).count("\n") + 1)
    expect(page.samples).to_have_text(["event 1", "event 2", "event 3"])


def test_a_pasted_table_becomes_a_sample_for_each_row(page: PlaygroundPage, playground_url: str) -> None:
    open_orders(page, playground_url)
    page.page.get_by_role("button", name="Add", exact=True).click()
    expect(page.page.get_by_role("textbox", name="Event, JSON")).to_be_focused()
    paste(page, TABLE)
    expect(page.page.get_by_role("status")).to_contain_text("2 events pasted", timeout=_WAIT)
    expect(page.samples).to_have_text(["event 1", "event 2", "event 1", "event 2"])


def test_what_was_not_saved_is_kept_in_the_history(started_browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "orders.yaml"
    file.write_text(TESTED)
    with playground_of(tmp_path) as url, opened_page(started_browser, url) as page:
        page.editor.click()
        page.page.keyboard.press("Control+End")
        page.page.keyboard.type("# mine")
        expect(page.page.get_by_role("button", name="Save", exact=True)).to_be_enabled()
        file.write_text(MAPPING)
        page.page.keyboard.press("Control+s")
        conflict = page.page.get_by_role("dialog", name="orders.yaml has changed since it was opened")
        expect(conflict).to_contain_text("# mine")
        conflict.get_by_role("button", name="Close").click()
        page.page.get_by_role("button", name=re.compile("^Open: ")).click()
        page.page.get_by_role("button", name="orders.yaml", exact=True).click()
        expect(page.page.get_by_role("status")).to_contain_text("orders.yaml was not saved", timeout=_WAIT)
        page.page.wait_for_function("() => Object.values(localStorage).some(kept => kept.includes('# mine'))")
        page.page.get_by_role("button", name="Local history").click()
        page.page.get_by_role("button", name=re.compile("^orders.yaml")).first.click()
        expect(page.editor).to_contain_text("# mine")


def draft(page: PlaygroundPage, more: str = "") -> None:
    """Drafts the mapping `my-shop.yaml` of one event. more: what is pasted after it."""
    page.page.get_by_role("button", name="New mapping from your events").click()
    expect(page.page.get_by_role("textbox", name=re.compile("^Events"))).to_be_focused()
    page.page.keyboard.insert_text(json.dumps(PURCHASE) + more)
    page.page.get_by_role("button", name="Draft the mapping").click()
    expect(page.page.get_by_role("status")).to_contain_text("1 event read", timeout=_WAIT)


def _append(page: PlaygroundPage, text: str) -> None:
    """Types a text at the end of the mapping, and waits until the history has it."""
    page.editor.click()
    page.page.keyboard.press("Control+End")
    page.page.keyboard.type(text)
    page.page.wait_for_function(
        "text => Object.values(localStorage).some(kept => kept.includes(text))", arg=text
    )


def _reload(page: PlaygroundPage) -> None:
    """Reloads the page, also where something is not saved."""
    page.page.evaluate("BeforeUnloadEvent.prototype.preventDefault = () => {}")
    page.page.reload()
    page.page.locator(".shell[data-phase=ready]").wait_for(timeout=_WAIT)


def test_a_new_mapping_that_was_saved_once_has_one_name(started_browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "a-first.yaml").write_text(TESTED)
    with playground_of(tmp_path) as url, opened_page(started_browser, url) as page:
        draft(page)
        page.page.keyboard.press("Control+s")
        expect(page.page.get_by_role("status")).to_contain_text("Saved my-shop.yaml")
        _append(page, "# mine")
        _reload(page)
        expect(page.page.locator(".opener")).to_contain_text("my-shop.yaml")
        expect(page.page.locator(".banner")).to_contain_text("my-shop.yaml has changes")
        page.page.get_by_role("button", name="Restore them").click()
        expect(page.editor).to_contain_text("# mine")
        # As from the history, over another file.
        _reload(page)
        page.page.get_by_role("button", name=re.compile("^Open: ")).click()
        page.page.get_by_role("button", name="a-first.yaml", exact=True).click()
        expect(page.editor).to_contain_text("customer.email")
        page.page.get_by_role("button", name="Local history").click()
        page.page.get_by_role("button", name=re.compile("^my-shop.yaml")).first.click()
        expect(page.page.locator(".opener")).to_contain_text("my-shop.yaml")
        page.page.get_by_role("button", name="Save", exact=True).click()
        expect(page.page.get_by_role("status")).to_contain_text("Saved my-shop.yaml")
        assert "# mine" in (tmp_path / "my-shop.yaml").read_text()


def test_a_draft_that_was_never_saved_can_be_from_the_history(
    started_browser: Browser, tmp_path: Path
) -> None:
    (tmp_path / "a-first.yaml").write_text(TESTED)
    with playground_of(tmp_path) as url, opened_page(started_browser, url) as page:
        draft(page)
        _append(page, "# mine")
        _reload(page)
        page.page.get_by_role("button", name="Local history").click()
        page.page.get_by_role("button", name=re.compile("^my-shop.yaml")).first.click()
        page.page.get_by_role("button", name="Save", exact=True).click()
        expect(page.page.get_by_role("status")).to_contain_text("Saved my-shop.yaml")
        assert "# mine" in (tmp_path / "my-shop.yaml").read_text()


def test_a_paste_into_the_mapping_is_no_event(page: PlaygroundPage) -> None:
    Hands(page).put("# a line\n" * 300 + "▮")
    for _ in range(3):
        # The word that is pasted over leaves the page before the event has gone through it.
        page.page.keyboard.press("Control+a")
        paste(page, "a: 1\nb: 2\n")
        page.page.wait_for_timeout(_DRAWN)
        expect(page.page.get_by_role("dialog")).to_have_count(0)
    assert Hands(page).text == "a: 1\nb: 2\n"
