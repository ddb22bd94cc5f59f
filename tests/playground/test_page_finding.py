"""One's way in a long mapping: search, replace, go to a line or rule, several cursors, wrapping, undo."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.playground.orders import MAPPING, open_orders
from tests.playground.typing_hands import Hands

if TYPE_CHECKING:
    from tests.playground.chromium import PlaygroundPage

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import expect

_LONG = MAPPING + "tests:\n" + "".join(f"  # row {at}\n" for at in range(500))


@pytest.fixture
def hands(page: PlaygroundPage, playground_url: str) -> Hands:
    """Hands on a page of orders."""
    open_orders(page, playground_url)
    return Hands(page)


def test_a_line_far_away_is_found_and_all_are_replaced(hands: Hands) -> None:
    page = hands.page.page
    hands.put(_LONG)
    hands.press("Control+f")
    page.keyboard.type("row 49")
    page.keyboard.press("Enter")
    expect(page.locator(".cm-searchMatch-selected")).to_have_text("row 49")
    page.keyboard.press("Tab")
    page.get_by_role("textbox", name="Replace").fill("line 49")
    page.get_by_role("button", name="replace all").click()
    assert hands.text == _LONG.replace("row 49", "line 49")
    page.get_by_role("textbox", name="Replace").press("Escape")
    expect(page.locator(".cm-search")).to_have_count(0)
    expect(hands.page.editor).to_be_focused()


def test_the_search_opens_from_anywhere(hands: Hands) -> None:
    page = hands.page.page
    page.keyboard.press("Alt+3")
    page.keyboard.press("Control+f")
    expect(page.get_by_role("textbox", name="Find")).to_be_focused()


@pytest.mark.parametrize(
    ("asked", "before"),
    [
        ("12", "12"),
        ("user_data.em", "user_data: {▮em"),
        ("custom_data.cur", "    ▮currency"),
        ("skip", "▮skip"),
    ],
)
def test_one_goes_to_a_line_or_a_rule(hands: Hands, asked: str, before: str) -> None:
    text = MAPPING.replace("{em: customer.email}", "\n    em: customer.email\n    ph: phone")
    before = before.replace("user_data: {", "    ")
    hands.put(text)
    hands.press("Control+Shift+o")
    page = hands.page.page
    page.keyboard.type(asked)
    page.keyboard.press("Enter")
    expect(hands.page.editor).to_be_focused()
    marked = hands.marked().replace("⟦", "▮").replace("⟧", "")
    if asked.isdigit():
        assert marked.split("\n")[int(asked) - 1].startswith("▮")
    else:
        assert before in marked


def test_the_places_are_chosen_by_arrows(hands: Hands) -> None:
    hands.press("Control+Shift+o")
    page = hands.page.page
    page.keyboard.type("event_")
    options = page.get_by_role("option")
    expect(options).to_have_text([re.compile("^payload.event_id"), re.compile("^payload.event_time")])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(hands.page.editor).to_be_focused()
    assert "▮event_time:" in hands.marked()


def test_a_word_is_changed_at_all_its_places(hands: Hands) -> None:
    hands.put("a: total\nb: total\nc: ▮total\n")
    for key in ("Control+d", "Control+d", "Control+d"):
        hands.press(key)
    hands.page.page.keyboard.type("net")
    assert hands.text == "a: net\nb: net\nc: net\n"


def test_long_lines_wrap_if_one_says_so_and_stay_so(hands: Hands, playground_url: str) -> None:
    page = hands.page.page
    hands.put(f"# {'word ' * 80}\n")
    line = page.locator("[data-pane=mapping] .cm-line").first
    before = line.bounding_box()
    hands.press("Alt+z")
    expect(page.get_by_role("button", name="Wrap")).to_have_attribute("aria-pressed", "true")
    after = line.bounding_box()
    assert before is not None
    assert after is not None
    assert after["height"] > 2 * before["height"]
    hands.page.open(playground_url)
    expect(page.get_by_role("button", name="Wrap")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-pane=mapping] .cm-lineWrapping")).to_have_count(1)


def test_a_bracket_shows_its_other_half(hands: Hands) -> None:
    hands.put("value: total(sum(a)▮)\n")
    expect(hands.page.page.locator(".cm-matchingBracket").first).to_be_visible()


def test_undo_survives_a_change_of_file(hands: Hands) -> None:
    page = hands.page.page
    page.evaluate("location.hash = '#example=woocommerce-orders'")
    page.reload()
    hands.page.rows.first.wait_for()
    whole = hands.text
    hands.page.editor.click()
    page.keyboard.press("Control+Home")
    page.keyboard.type("# mine ")
    edited = hands.text
    for example in ("shopify-orders", "woocommerce-orders"):
        page.locator(".opener").click()
        page.locator("dialog .pick", has_text=re.compile(example.split("-")[0], re.IGNORECASE)).first.click()
        expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("[data-pane=mapping] .pane-detail")).to_contain_text("woocommerce")
    assert hands.text == whole
    hands.page.editor.click()
    page.keyboard.press("Control+z")
    assert hands.text == edited
    page.keyboard.press("Control+z")
    assert hands.text == whole
