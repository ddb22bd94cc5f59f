"""Samples on the page: files, names, tests, what changes for all of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.playground.chromium import event_text
from tests.playground.orders import EVENT, MAPPING, SKIPPED, open_orders

if TYPE_CHECKING:
    from tests.playground.chromium import PlaygroundPage

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import expect


def test_files_that_are_dropped_are_samples(page: PlaygroundPage, playground_url: str) -> None:
    open_orders(page, playground_url)
    page.drop("more.ndjson", event_text(SKIPPED) + event_text({**EVENT, "id": "o-9"}))
    expect(page.page.locator(".sample")).to_have_count(4)
    expect(page.page.locator(".outcome-head")).to_contain_text("skipped")
    expect(page.page.locator(".totals")).to_contain_text("3 sent · 1 skipped: test order")
    page.drop("table.csv", "id,total\no-10,7\n")
    expect(page.page.locator(".sample")).to_have_count(5)
    page.page.get_by_role("button", name=re.compile("^Remove ")).click()
    expect(page.page.locator(".sample")).to_have_count(4)
    page.choose("event 1")
    expect(page.page.locator(".outcome-head")).to_contain_text("sent")


def test_a_sample_is_renamed_and_added(page: PlaygroundPage, playground_url: str) -> None:
    open_orders(page, playground_url)
    page.page.get_by_role("button", name="Rename event 1").click()
    page.page.get_by_role("textbox", name="Name of the sample").fill("the first")
    page.page.keyboard.press("Enter")
    expect(page.samples).to_have_text(["the first", "event 2"])
    page.page.get_by_role("button", name="Add").click()
    text = page.page.locator("[data-pane=event] .cm-content")
    text.click()
    page.page.keyboard.press("Control+a")
    page.page.keyboard.insert_text(event_text({**EVENT, "id": "typed"}))
    expect(page.row("event_id")).to_contain_text("typed")
    page.page.keyboard.insert_text("}")
    expect(page.page.locator(".notice.is-error")).to_contain_text("cannot be read")


def test_a_sample_is_pinned_as_a_test(page: PlaygroundPage, playground_url: str) -> None:
    open_orders(page, playground_url)
    page.show("Tests").get_by_role("button", name="Pin this sample as a test").click()
    page.page.get_by_role("textbox", name="Name of the test").fill("pinned here")
    page.page.get_by_role("button", name="Add the test").click()
    expect(page.page.locator("#strip-panel")).to_contain_text("1 test passed")
    expect(page.page.locator("#strip-panel")).to_contain_text("pinned here")
    page.go_to("custom_data.value")
    page.page.keyboard.press("End")
    page.page.keyboard.press("Shift+Home")
    page.page.keyboard.insert_text("value: id")
    expect(page.page.locator("#strip-panel")).to_contain_text("1 of 1 test failed")


def test_a_change_is_shown_for_all_samples(page: PlaygroundPage, playground_url: str) -> None:
    open_orders(page, playground_url)
    page.replace_mapping(MAPPING.replace("default: EUR", "default: USD"))
    changes = page.show("Changes")
    expect(changes).to_contain_text("2 samples changed")
    expect(changes.locator(".change").first).to_contain_text("custom_data.currency")
    expect(changes.locator(".was").first).to_contain_text("EUR")
    expect(changes.locator(".is-now").first).to_contain_text("USD")


def test_decisions_and_the_request_are_shown(page: PlaygroundPage, playground_url: str) -> None:
    open_orders(page, playground_url)
    expect(page.show("Decisions")).to_contain_text("boolean(test)")
    request = page.show("Request as sent")
    expect(request).to_contain_text("POST")
    expect(request).to_contain_text("api.pinterest.com")
    expect(request).to_contain_text('"event_name"')


def test_a_code_is_explained_in_place(page: PlaygroundPage, playground_url: str) -> None:
    open_orders(page, playground_url)
    page.replace_mapping(MAPPING.replace("value: total", "valu: total"))
    page.page.get_by_role("button", name="Explain M301").first.click()
    dialogue = page.page.get_by_role("dialog")
    expect(dialogue).to_contain_text("M301")
    expect(dialogue.locator(".prose")).to_be_visible()
    page.page.keyboard.press("Escape")
    expect(dialogue).to_have_count(0)
