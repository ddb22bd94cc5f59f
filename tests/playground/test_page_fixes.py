"""Many equal mistakes are fixed at once, with a preview: from the list, the light bulb, by keys."""

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

_COUNT = 60
_BASE = MAPPING.replace("  action_source: {const: web}\n", "")
_RIGHT = _BASE.replace("otherwise: {send: checkout}\n", "match: kind\nevents:\n") + "".join(
    f"  - {{is: event {at}, send: checkout, payload: {{action_source: {{const: web}}}}}}\n"
    for at in range(_COUNT)
)
_WRONG = _RIGHT.replace("{action_source: {const: web}}", "{action_source: web}")


@pytest.fixture
def hands(page: PlaygroundPage, playground_url: str) -> Hands:
    """Hands on a mapping with sixty equal mistakes."""
    open_orders(page, playground_url)
    hands = Hands(page)
    hands.put(_WRONG)
    expect(page.page.locator(".health")).to_contain_text(f"{_COUNT} errors")
    return hands


def _with_preview(hands: Hands) -> None:
    dialog = hands.page.page.get_by_role("dialog")
    expect(dialog.locator(".is-removed").first).to_contain_text("{action_source: web}")
    expect(dialog.locator(".is-added").first).to_contain_text("{action_source: {const: web}}")
    expect(dialog).to_contain_text(f"{_COUNT - 40} more places")


def test_all_of_a_kind_are_fixed_from_the_list(hands: Hands) -> None:
    panel = hands.page.show("Problems")
    panel.get_by_role("button", name=re.compile(f"^Fix all {_COUNT} of M")).click()
    _with_preview(hands)
    hands.page.page.get_by_role("button", name=f"Fix {_COUNT} problems").click()
    expect(hands.page.page.locator(".health")).not_to_contain_text("errors")
    assert hands.text == _RIGHT


def test_they_are_fixed_by_keys_alone_and_undone_in_one_step(hands: Hands) -> None:
    page = hands.page.page
    hands.press("F8")
    hands.press("Control+.")
    page.keyboard.press("ArrowDown")
    _with_preview(hands)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(hands.page.editor).to_be_focused()
    assert hands.text == _RIGHT
    page.keyboard.press("Control+z")
    assert hands.text == _WRONG


def test_one_alone_is_the_first_choice(hands: Hands) -> None:
    hands.press("F8")
    hands.press("Control+.")
    hands.press("Enter")
    expect(hands.page.editor).to_be_focused()
    assert hands.text == _WRONG.replace("{action_source: web}", "{action_source: {const: web}}", 1)


def test_the_light_bulb_of_a_line_offers_its_fixes(hands: Hands) -> None:
    page = hands.page.page
    page.locator("[data-pane=mapping] .cm-bulb").first.click()
    expect(page.get_by_role("dialog")).to_contain_text(f"All {_COUNT} of M")
    page.keyboard.press("Escape")
    assert hands.text == _WRONG
