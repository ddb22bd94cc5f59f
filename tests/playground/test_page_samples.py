"""Samples on the page: files, names, tests, what changes for all of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.playground.chromium import event_text, fragment_of
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
    first = changes.get_by_role("list", name="What is sent").locator(".change").first
    expect(first).to_contain_text("money changed")
    expect(first).to_contain_text("custom_data.currency")
    expect(first).to_contain_text("2 samples, first event 1")
    expect(first.locator(".was")).to_contain_text("EUR")
    expect(first.locator(".is-now")).to_contain_text("USD")
    rule = changes.get_by_role("list", name="Rules").locator(".change")
    expect(rule).to_contain_text(re.compile("money changed.*custom_data.currency.*default"))


def test_of_changes_those_of_a_person_come_first_and_lead_to_sample_and_rule(
    page: PlaygroundPage, playground_url: str
) -> None:
    open_orders(page, playground_url)
    page.choose("event 2")
    edited = MAPPING.replace("{em: customer.email}", "{em: customer.email, external_id: colour}")
    page.replace_mapping(edited.replace("default: EUR", "default: USD"))
    changes = page.show("Changes")
    sent = changes.get_by_role("list", name="What is sent").locator(".change")
    expect(sent.locator(".is-alarm")).to_have_text(["more personal data", "money changed"])
    expect(sent.first.locator(".is-now")).to_contain_text(re.compile("[0-9a-f]{8}…"))
    sent.first.get_by_role("button", name="event 1").press("Enter")
    expect(page.page.locator(".sample.is-chosen")).to_contain_text("event 1")
    changes.get_by_role("list", name="Rules").get_by_role("button", name="line 7").press("Enter")
    expect(page.editor).to_be_focused()


_SECTIONS = MAPPING.replace(
    "otherwise: {send: checkout}\n",
    "match: kind\nevents:\n  - {is: [order, purchase], send: checkout}\n  - {is: view, send: page_visit}\n",
)
_FEED = (
    *({**EVENT, "kind": "order", "id": f"o-{at}", "colour": "green and blue"} for at in range(4)),
    {**EVENT, "kind": "purchase"},
    {**EVENT, "kind": "view"},
    {**SKIPPED, "kind": "order"},
    {**EVENT, "kind": "Ada Lovelace"},
)


@pytest.mark.parametrize("width", [390, 1280])
def test_the_flow_leads_from_names_of_events_to_their_samples(
    page: PlaygroundPage, playground_url: str, width: int
) -> None:
    page.page.goto("about:blank")
    page.open(playground_url + fragment_of(_SECTIONS, *_FEED))
    page.show("Decisions")
    page.page.set_viewport_size({"width": width, "height": 800})
    if width == 390:
        page.page.get_by_role("button", name="Details").press("Enter")
    page.page.get_by_role("tab", name="Decisions").press("ArrowRight")
    flow = page.page.locator(".flow")
    nodes = flow.get_by_role("button")
    expect(nodes).to_have_text(
        [
            "order 4 4 is order, purchase",
            "purchase 1 1 is order, purchase",
            "view 1 1 is view",
            "name not read 1 1 no section",
            "other names 1 1 no section",
            "is order, purchase 5 5 sent",
            "no section 2 2 skipped",
            "is view 1 1 sent",
            "sent 6 5 checkout, 1 page_visit",
            "skipped 2 1 test order, 1 unmapped: names that no section takes",
            "checkout 5 ",
            "page_visit 1 ",
            "test order 1 ",
            "unmapped: names that no section takes 1 ",
        ]
    )
    expect(page.page.get_by_role("tab", name="Flow")).to_be_focused()
    for _ in range(2 + (width > 390)):  # the button that hides the details, the panel, the first node
        page.page.keyboard.press("Tab")
    expect(nodes.first).to_be_focused()
    page.page.keyboard.press("Enter")
    expect(page.samples).to_have_text([f"event {at}" for at in range(1, 5)])
    expect(page.page.locator(".sample-name").first).to_be_focused()
    page.page.get_by_role("combobox", name="All names in the source").select_option("")
    if width == 390:
        page.page.get_by_role("button", name="Details").click()
    nodes.filter(has_text="is order, purchase 5").click()
    expect(page.samples).to_have_text([f"event {at}" for at in range(1, 6)])
    page.page.get_by_role("combobox", name="All sections").select_option("")
    expect(page.samples).to_have_count(8)
    if width == 390:
        page.page.get_by_role("button", name="Details").click()
    nodes.filter(has_text="test order").last.click()
    expect(page.samples).to_have_text(["event 7"])


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
