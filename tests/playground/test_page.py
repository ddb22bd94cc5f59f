"""The page in a browser: what an author sees, types and points at."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.playground.chromium import fragment_of
from tests.playground.orders import EMAIL, EVENT, MAPPING, open_orders

if TYPE_CHECKING:
    from tests.playground.chromium import PlaygroundPage

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import expect


def test_the_first_screen_has_an_order_its_payload_and_one_hint(page: PlaygroundPage) -> None:
    expect(page.page.get_by_text("Point at a value to see the rule")).to_be_visible()
    expect(page.row("custom_data.value")).to_be_visible()
    expect(page.page.locator(".outcome-head")).to_contain_text("sent")
    expect(page.page.locator(".outcome-head")).to_contain_text("Guard passed")
    expect(page.page.locator(".health")).to_contain_text("no problems")


def test_each_keystroke_is_checked_and_the_last_payload_stays(
    page: PlaygroundPage, playground_url: str
) -> None:
    open_orders(page, playground_url)
    page.go_to("custom_data.value")
    page.page.keyboard.press("End")
    page.page.keyboard.press("Enter")
    page.page.keyboard.type("curency: currency")
    problems = page.show("Problems")
    expect(problems).to_contain_text("has no field")
    expect(page.page.locator(".cm-lintRange-error")).to_have_text("curency")
    expect(page.page.locator(".payload-body")).to_have_class(re.compile("is-stale"))
    expect(page.row("custom_data.value")).to_contain_text("72.39")


@pytest.mark.parametrize("way", ["click", "key"])
def test_a_mistake_is_fixed_by_a_click_or_one_key(
    page: PlaygroundPage, playground_url: str, way: str
) -> None:
    open_orders(page, playground_url)
    page.replace_mapping(MAPPING.replace("{const: web}", "web"))
    expect(page.show("Problems")).to_contain_text("is itself a value of")
    if way == "click":
        page.page.get_by_role("button", name=re.compile("^Fix: ")).first.click()
    else:
        page.page.keyboard.press("F8")
        page.page.keyboard.press("Control+.")
    expect(page.editor).to_contain_text("action_source: {const: web}")
    expect(page.page.locator(".health")).to_contain_text("2 advice")
    expect(page.page.locator(".payload-body")).not_to_have_class(re.compile("is-stale"))


def test_paths_of_the_event_and_fields_are_completed(page: PlaygroundPage, playground_url: str) -> None:
    open_orders(page, playground_url)
    page.go_to("custom_data.value")
    page.page.keyboard.press("End")
    page.page.keyboard.press("Enter")
    page.page.keyboard.type("order_", delay=30)
    expect(page.page.locator(".cm-tooltip-autocomplete")).to_contain_text("order_id")
    page.page.wait_for_timeout(150)  # a list that has only just appeared takes no key
    page.page.keyboard.press("Enter")
    expect(page.editor).to_contain_text("order_id: ")
    page.page.keyboard.type("custo", delay=30)
    expect(page.page.locator(".cm-tooltip-autocomplete")).to_contain_text("customer")


def test_a_value_shows_its_rule_its_steps_and_the_parts_it_read(
    page: PlaygroundPage, playground_url: str
) -> None:
    open_orders(page, playground_url)
    row = page.row("event_time")
    row.locator(".key").hover()
    expect(page.page.locator(".cm-mark-rule")).to_have_text("paid_at")
    expect(page.part("paid_at")).to_have_class(re.compile("is-lit"))
    expect(page.part("total")).not_to_have_class(re.compile("is-lit"))
    row.locator(".key").click()
    expect(row.locator(".step.is-inserted").first).to_contain_text("timestamp")


def test_the_same_by_the_keyboard(page: PlaygroundPage, playground_url: str) -> None:
    open_orders(page, playground_url)
    page.page.keyboard.press("Alt+3")
    expect(page.page.locator("[data-pane=payload] [role=treeitem]:focus")).to_have_count(1)
    while (at := page.page.evaluate("document.activeElement.dataset.id")) != "0:event_time":
        page.page.keyboard.press("ArrowDown")
        expect(page.page.locator(f'[data-id="{at}"]')).not_to_be_focused()
    expect(page.row("event_time")).to_be_focused()
    expect(page.page.locator(".cm-mark-rule")).to_have_text("paid_at")
    expect(page.part("paid_at")).to_have_class(re.compile("is-lit"))
    page.page.keyboard.press("Enter")
    expect(page.editor).to_be_focused()
    # The rule at the cursor lights what it gave, also in the list of samples.
    expect(page.row("event_time")).to_have_class(re.compile("is-lit"))
    expect(page.page.locator(".sample-given").first).to_contain_text("1777622400")


def test_a_part_of_the_event_lights_what_it_feeds(page: PlaygroundPage, playground_url: str) -> None:
    open_orders(page, playground_url)
    page.part("total").locator(".key").hover()
    expect(page.row("custom_data.value")).to_have_class(re.compile("is-lit"))
    expect(page.row("event_id")).not_to_have_class(re.compile("is-lit"))
    expect(page.part("colour")).to_have_class(re.compile("is-unread"))
    expect(page.page.locator("[data-pane=event] .pane-detail")).to_contain_text("not read")


@pytest.mark.parametrize("width", [1440, 1000, 390])
def test_a_long_name_is_not_drawn_over_its_value(
    page: PlaygroundPage, playground_url: str, width: int
) -> None:
    page.page.set_viewport_size({"width": width, "height": 900})
    page.page.goto("about:blank")
    mapping = MAPPING.replace("value: total", "value: discount_tax_compensation_amount")
    names = {
        "discount_tax_compensation_amount": 12.5,
        "a" * 90: "a text that is long as well",
        "b": {"c" * 40: 1},
    }
    page.page.goto(playground_url + fragment_of(mapping, {**EVENT, **names}))
    if width == 390:
        page.page.get_by_role("navigation", name="Panes").get_by_role("button", name="Event").click()
    expect(page.part("discount_tax_compensation_amount")).to_be_visible()
    gaps = page.page.evaluate(
        """[...document.querySelectorAll("[data-pane=event] .tree-line")].flatMap((line) => {
          const [key, value] = [line.querySelector(".key"), line.querySelector(".value")];
          if (!value) return [];
          const drawn = getComputedStyle(key).overflowX === "visible" ? key.scrollWidth : key.clientWidth;
          return [value.getBoundingClientRect().left - key.getBoundingClientRect().left - drawn];
        })"""
    )
    assert len(gaps) >= 8
    assert min(gaps) >= 0


def test_an_absent_field_is_a_row_with_its_reason(page: PlaygroundPage, playground_url: str) -> None:
    without = {key: value for key, value in EVENT.items() if key != "total"}
    page.page.goto("about:blank")
    page.open(playground_url + fragment_of(MAPPING, without))
    expect(page.row("custom_data.value")).to_contain_text("the event has no")


def test_escape_then_tab_leaves_the_editor(page: PlaygroundPage) -> None:
    page.editor.click()
    page.page.keyboard.press("Escape")
    page.page.keyboard.press("Tab")
    expect(page.editor).not_to_be_focused()


def test_personal_values_are_masked_until_they_are_revealed(
    page: PlaygroundPage, playground_url: str
) -> None:
    open_orders(page, playground_url)
    whole = page.page.locator("#page")
    expect(page.part("customer.email").locator(".value-masked")).to_be_visible()
    assert EMAIL not in whole.inner_text()
    page.page.get_by_role("button", name="Personal values masked").click()
    expect(page.part("customer.email")).to_contain_text(EMAIL)
    page.page.reload()
    page.rows.first.wait_for()
    expect(page.part("customer.email").locator(".value-masked")).to_be_visible()


def test_the_keys_lead_to_each_pane(page: PlaygroundPage) -> None:
    for key, pane in (("1", "event"), ("3", "payload"), ("4", "strip")):
        page.page.keyboard.press(f"Alt+{key}")
        expect(page.page.locator(f"[data-pane={pane}]:focus-within")).to_have_count(1)
    page.page.keyboard.press("Alt+2")
    expect(page.editor).to_be_focused()
    page.page.keyboard.press("Alt+4")
    expect(page.page.locator("[data-pane=strip]:focus-within")).to_have_count(1)
    page.page.keyboard.press("?")
    expect(page.page.get_by_role("dialog")).to_contain_text("Ctrl+Enter")


def test_the_problems_are_told_politely(page: PlaygroundPage, playground_url: str) -> None:
    open_orders(page, playground_url)
    told = page.page.locator("[data-live]")
    expect(told).to_have_attribute("aria-live", "polite")
    page.replace_mapping(MAPPING.replace("value: total", "valu: total"))
    expect(told).to_contain_text("1 error")
    expect(told).to_contain_text("has no field")


@pytest.mark.parametrize(
    ("name", "more", "less", "first", "least", "most"),
    [
        ("Width of the event", "ArrowRight", "ArrowLeft", 27, 20, 35),
        ("Width of the payload", "ArrowLeft", "ArrowRight", 36, 20, 50),
        ("Height of the details", "ArrowUp", "ArrowDown", 25, 10, 60),
    ],
)
def test_a_line_between_panes_is_moved_by_keys(
    page: PlaygroundPage, name: str, more: str, less: str, first: int, least: int, most: int
) -> None:
    page.show("Tests")  # an empty list of problems is lower than the least height
    line = page.page.get_by_role("separator", name=name)
    expect(line).to_have_attribute("aria-valuenow", str(first))
    line.focus()
    for key, after in ((more, first + 2), (less, first), ("Home", least), ("End", most), ("Enter", first)):
        page.page.keyboard.press(key)
        expect(line).to_have_attribute("aria-valuenow", str(after))


def test_a_line_between_panes_is_dragged_and_stays_in_the_next_visit(
    page: PlaygroundPage, playground_url: str
) -> None:
    line = page.page.get_by_role("separator", name="Width of the payload")
    box = line.bounding_box()
    assert box is not None
    page.page.mouse.move(box["x"] + box["width"] / 2, 400)
    page.page.mouse.down()
    page.page.mouse.move(box["x"] + 150, 400)
    page.page.mouse.up()
    expect(line).not_to_have_attribute("aria-valuenow", "36")
    moved = int(line.get_attribute("aria-valuenow") or "")
    assert moved < 30
    page.open(playground_url)
    expect(line).to_have_attribute("aria-valuenow", str(moved))
    line.dblclick()
    expect(line).to_have_attribute("aria-valuenow", "36")


def test_the_fix_for_a_field_without_a_rule_selects_what_is_to_be_filled_in(
    page: PlaygroundPage, playground_url: str
) -> None:
    open_orders(page, playground_url)
    page.replace_mapping(MAPPING.replace("  event_id: id\n", ""))
    expect(page.page.locator(".health")).to_contain_text("1 error")
    page.page.keyboard.press("Control+.")
    expect(page.editor).to_contain_text("event_id: {todo: which attribute}")
    page.page.keyboard.type("id")
    expect(page.editor).to_contain_text("event_id: id")
    expect(page.row("event_id")).to_contain_text("o-1")
