"""The page over a folder of one's own: its mappings are opened and saved; tutorials lead to a payload."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.playground.chromium import opened_page, playground_of
from tests.playground.orders import MAPPING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.playground.chromium import PlaygroundPage

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import expect

TESTED = (
    MAPPING
    + """\
tests:
  - name: an order
    given: {id: o-1, paid_at: 1777622400, total: 5, customer: {email: ada@example.com}}
    expect: [{event_name: checkout, action_source: web, event_id: o-1, event_time: 1777622400}]
"""
)


def test_a_file_of_the_folder_is_opened_edited_and_saved(started_browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "orders.yaml"
    file.write_bytes(TESTED.replace("\n", "\r\n").encode())
    with playground_of(tmp_path) as url, opened_page(started_browser, url) as page:
        expect(page.page.locator(".opener")).to_contain_text("orders.yaml")
        save = page.page.get_by_role("button", name=re.compile("^Save"))
        expect(save).to_have_text("Saved")
        page.replace_mapping(TESTED.replace("default: EUR", "default: USD"))
        expect(page.row("custom_data.currency")).to_contain_text("USD")
        page.page.keyboard.press("Control+s")
        expect(page.page.locator(".toast")).to_contain_text("Saved orders.yaml")
        assert file.read_bytes() == TESTED.replace("EUR", "USD").replace("\n", "\r\n").encode()
        # Another program changes it: it is not overwritten.
        file.write_text(MAPPING)
        page.replace_mapping(TESTED)
        page.page.keyboard.press("Control+s")
        conflict = page.page.get_by_role("dialog", name="orders.yaml has changed since it was opened")
        expect(conflict.locator(".is-added").first).to_contain_text("tests:")
        assert file.read_text() == MAPPING
        conflict.get_by_role("button", name="Replace the file by this text").click()
        expect(page.page.locator(".toast")).to_contain_text("Saved orders.yaml")
        expect(conflict).to_have_count(0)
        assert file.read_text() == TESTED
        # Or the file's own text is taken, and this one is left in the history.
        file.write_text(MAPPING)
        page.replace_mapping(f"# typed here\n{TESTED}")
        page.page.keyboard.press("Control+s")
        conflict.get_by_role("button", name="Open the file").click()
        expect(page.editor).not_to_contain_text("typed here")
        expect(page.page.locator(".toast")).to_contain_text("local history")
        assert file.read_text() == MAPPING


def test_a_server_that_ended_is_told_and_what_was_typed_stays(
    started_browser: Browser, tmp_path: Path
) -> None:
    (tmp_path / "orders.yaml").write_text(TESTED)
    with playground_of(tmp_path) as url:
        context = started_browser.new_context()
        page = context.new_page()
        page.goto(url)
        row = page.locator('[data-pane=payload] [data-id="0:event_id"]')
        row.wait_for()
    page.locator("[data-pane=mapping] .cm-content").click()
    page.keyboard.insert_text("# typed")
    expect(page.get_by_role("alert")).to_contain_text("Start `mapper playground` again")
    expect(page.locator("[data-pane=mapping] .cm-content")).to_contain_text("# typed")
    expect(row).to_be_visible()
    context.close()


def test_a_tutorial_leads_step_by_step_to_a_payload(page: PlaygroundPage) -> None:
    page.page.get_by_role("button", name="Open:").click()
    page.page.get_by_role("dialog").get_by_role("button", name="From an order to a payload").click()
    tutorial = page.page.get_by_role("complementary", name="Tutorial")
    steps = int(tutorial.locator(".tutorial-count").inner_text().rpartition(" ")[2])
    for at in range(1, steps + 1):
        expect(tutorial).to_contain_text(f"Step {at} of {steps}")
        write = tutorial.get_by_role("button", name="Write it for me")
        if write.count():
            write.click()
            expect(write).to_have_count(0)
        if at < steps:
            tutorial.get_by_role("button", name="Next").click()
    expect(page.page.locator(".outcome-head")).to_contain_text("sent")
    expect(page.row("user_data.em")).to_be_visible()


def test_a_step_is_done_by_hand_and_the_end_leads_on(page: PlaygroundPage) -> None:
    page.page.get_by_role("button", name="Open:").click()
    page.page.get_by_role("dialog").get_by_role("button", name="From an order to a payload").click()
    tutorial = page.page.get_by_role("complementary", name="Tutorial")
    goal = page.page.get_by_label("The payload at the end of the tutorial")
    expect(goal).to_contain_text("event_time")
    tutorial.get_by_role("button", name="Next").click()
    done = tutorial.get_by_role("status")
    expect(done).to_be_empty()
    page.page.locator("[data-pane=mapping] .cm-line", has_text="event_id: id").click()
    page.page.keyboard.press("End")
    page.page.keyboard.press("Enter")
    page.page.keyboard.type("event_time:  time   # when")
    expect(done).to_contain_text("Done")
    for _ in range(3):
        tutorial.get_by_role("button", name="Next").click()
        tutorial.get_by_role("button", name="Write it for me").click()
        expect(done).to_contain_text("Done")
    selected = page.page.evaluate("getSelection().toString()")
    assert "custom_data" in selected
    expect(goal).to_have_count(0)
    tutorial.get_by_role("button", name="Next: ").click()
    expect(tutorial).to_contain_text("Step 1 of")
    expect(page.page.get_by_role("button", name="Open:")).not_to_contain_text("From an order to a payload")


def test_the_last_tutorial_leads_to_own_events(page: PlaygroundPage) -> None:
    page.page.get_by_role("button", name="Open:").click()
    page.page.get_by_role("dialog").get_by_role("button", name="Moving off the Pinterest tag").click()
    tutorial = page.page.get_by_role("complementary", name="Tutorial")
    steps = int(tutorial.locator(".tutorial-count").inner_text().rpartition(" ")[2])
    for at in range(1, steps):
        expect(tutorial).to_contain_text(f"Step {at} of")
        tutorial.get_by_role("button", name="Next").click()
    tutorial.get_by_role("button", name="Begin with your own events").click()
    expect(page.page.get_by_role("dialog")).to_contain_text("events")


def test_on_a_phone_a_tutorial_begins_with_its_step(page: PlaygroundPage) -> None:
    page.page.set_viewport_size({"width": 390, "height": 844})
    page.page.get_by_role("button", name="Open:").click()
    page.page.get_by_role("dialog").get_by_role("button", name="From an order to a payload").click()
    expect(page.page.get_by_role("complementary", name="Tutorial")).to_be_in_viewport()


def test_a_rule_of_a_file_that_is_extended_is_shown_in_its_lines(page: PlaygroundPage) -> None:
    page.page.get_by_role("button", name="Open:").click()
    page.page.get_by_role("dialog").get_by_role("button", name="Segment e-commerce").click()
    page.row("event_name").locator(".made-by[title*='base/']").click()
    dialogue = page.page.get_by_role("dialog")
    expect(dialogue).to_contain_text("base/segment-spec.yaml, line")
    expect(dialogue.locator(".source-lines .is-lit")).to_contain_text("send: checkout")
