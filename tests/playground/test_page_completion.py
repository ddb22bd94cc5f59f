"""The list of completions and the box of a hover, by real keys and a real mouse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.playground.orders import EMAIL, MAPPING, open_orders
from tests.playground.typing_hands import Hands
from tests.support.depth import some

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.playground.chromium import PlaygroundPage

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import expect

_WITH_LET = MAPPING.replace("customer.email", "$email").replace(
    "skip:", "let: {email: customer.email}\nskip:"
)
_LIST = ".cm-tooltip-autocomplete"
# A list takes no key when it has only just appeared: milliseconds.
_SETTLED = 150


@pytest.fixture(scope="module")
def orders_page(started_browser: Browser, playground_url: str) -> Iterator[PlaygroundPage]:
    """One page of orders for all tests: each puts a text of its own into it."""
    from tests.playground.chromium import opened_page

    with opened_page(started_browser, playground_url) as opened:
        open_orders(opened, playground_url)
        yield opened


@pytest.fixture
def hands(orders_page: PlaygroundPage) -> Hands:
    """Hands on that page, with no list open and the last text answered."""
    orders_page.page.keyboard.press("Escape")
    orders_page.page.mouse.move(5, 5)
    return Hands(orders_page)


def _answered(hands: Hands) -> None:
    """Waits until the text that was put is answered."""
    hands.page.page.wait_for_timeout(_SETTLED)
    expect(hands.page.page.locator(".health.is-waiting")).to_have_count(0)


def _typed(hands: Hands, marked: str, word: str) -> None:
    """Puts a text, answered, and types a word slowly enough for a list at each letter."""
    hands.put(marked)
    _answered(hands)
    for letter in word:
        hands.page.page.keyboard.type(letter)
        hands.page.page.wait_for_timeout(_SETTLED)
    hands.page.page.wait_for_timeout(2 * _SETTLED)


def _accept(hands: Hands) -> None:
    """Takes the chosen offer with Enter, once its list is that of all that was typed."""
    chosen = hands.page.page.locator(f"{_LIST}:not(.cm-tooltip-autocomplete-disabled) [aria-selected]")
    expect(chosen).to_have_count(1)
    hands.page.page.wait_for_timeout(_SETTLED)
    expect(chosen).to_have_count(1)
    hands.press("Enter")


@pytest.mark.parametrize(
    ("place", "word"),
    some(
        [
            ("version: 1", "1"),
            ("target: pinterest/conversions-v5", "conversions-v5"),
            ("send: checkout", "checkout"),
            ("value: total", "total"),
            ("event_id: id", "id"),
            ("action_source: {const: web}", "web"),
            ("em: $email", "$email"),
        ],
        3,
    ),
)
def test_enter_after_a_whole_word_ends_the_line(hands: Hands, place: str, word: str) -> None:
    before, _, after = place.rpartition(word)
    text = _WITH_LET.replace(place, f"{before}▮{after}")
    _typed(hands, text, word)
    hands.press("Enter")
    begun = text.partition("▮")[0]
    assert hands.text.startswith(f"{begun}{word}\n")


def test_enter_accepts_an_offer_that_differs(hands: Hands) -> None:
    _typed(hands, MAPPING.replace("value: total", "value: ▮"), "tot")
    expect(hands.page.page.locator(f"{_LIST} li").first).to_contain_text("total")
    _accept(hands)
    assert hands.text == MAPPING


def test_the_attributes_of_the_sample_come_first_with_their_values_masked(hands: Hands) -> None:
    hands.put(_WITH_LET)
    _answered(hands)
    hands.put(_WITH_LET.replace("value: total", "value: ▮"))
    _answered(hands)
    hands.press("Control+Space")
    rows = hands.page.page.locator(f"{_LIST} li")
    expect(rows.nth(4)).to_contain_text("72.39")
    shown = [text.split("\n")[0] for text in rows.all_inner_texts()]
    assert [one[:5] for one in shown[:5]] == ["event"] * 5
    assert shown[5].startswith("let")
    assert shown[6].startswith("var")
    assert all(one.startswith("fn") for one in shown[8:])
    hands.press("Escape")
    _typed(hands, _WITH_LET.replace("value: total", "value: customer▮"), ".")
    expect(rows).to_contain_text(["***"])
    assert EMAIL not in hands.page.page.locator(_LIST).inner_text()


def test_an_attribute_and_a_function_of_one_name_are_told_apart(hands: Hands) -> None:
    _typed(hands, MAPPING.replace("value: total", "value: ▮"), "tota")
    rows = hands.page.page.locator(f"{_LIST} li")
    expect(rows.nth(0)).to_have_text("eventtotalnumber72.39")
    expect(rows.nth(1)).to_have_text("fntotal(value)")


def test_fields_show_their_type_and_whether_they_are_required(hands: Hands) -> None:
    _typed(hands, MAPPING.replace("  event_id: id\n", "  ▮\n"), "event_")
    rows = hands.page.page.locator(f"{_LIST} li")
    expect(rows.first).to_have_text("fieldevent_idstring, required")


def test_a_section_is_filled_in_blank_by_blank(hands: Hands) -> None:
    _typed(hands, MAPPING + "events:\n  - ▮", "sec")
    expect(hands.page.page.locator(_LIST)).to_contain_text("section")
    _accept(hands)
    hands.page.page.keyboard.type("total")
    hands.press("Escape")
    hands.press("Tab")
    hands.page.page.keyboard.type("checkout")
    assert hands.text == (
        MAPPING + "events:\n  - when: total\n    send: checkout\n    payload:\n      event_id: id"
    )


def test_the_box_of_a_variable_tells_the_let_and_hides_when_one_types(hands: Hands) -> None:
    hands.put(_WITH_LET.replace("value: total", "value: total▮"))
    page = hands.page.page
    expect(page.locator(".health")).to_contain_text("2 advice")
    page.wait_for_timeout(500)
    page.locator("[data-pane=mapping] .cm-let").first.hover()
    box = page.locator(".cm-field")
    expect(box).to_contain_text("$email")
    expect(box).to_contain_text("Variable of line")
    expect(box).to_contain_text("***")
    page.keyboard.type("x")
    expect(box).to_have_count(0)


def test_the_box_of_an_attribute_has_the_type_of_the_sample(hands: Hands) -> None:
    hands.put(MAPPING.replace("event_id: id", "event_id: id▮"))
    page = hands.page.page
    expect(page.locator(".health")).to_contain_text("2 advice")
    page.wait_for_timeout(500)
    page.locator("[data-pane=mapping] .cm-line", has_text="value: total").get_by_text("total").hover()
    box = page.locator(".cm-field")
    expect(box).to_contain_text("number")
    expect(box).to_contain_text("72.39")
    expect(box).not_to_contain_text("unknown")


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("[id, ▮]", '[id, "fingerprint(▮)"]'),
        ("[id, number || ▮]", '[id, "number || fingerprint(▮)"]'),
        ("[▮ || number, id]", '["fingerprint(▮) || number", id]'),
        ("[id || ▮ || number]", '["id || fingerprint(▮) || number"]'),
    ],
)
def test_a_call_within_brackets_is_put_in_quotes_with_the_cursor_in_it(
    hands: Hands, written: str, found: str
) -> None:
    _typed(hands, MAPPING.replace("event_id: id", f"event_id: {{from: {written}}}"), "finger")
    expect(hands.page.page.locator(f"{_LIST} li").first).to_contain_text("fingerprint")
    _accept(hands)
    assert f"event_id: {{from: {found}}}" in hands.marked()
    hands.press("Control+z")
    assert "fingerprint(" not in hands.text
    assert '"' not in hands.text.partition("event_id: ")[2].partition("\n")[0]
