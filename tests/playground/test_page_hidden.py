"""No value of a person is on the page in any state, unless it is revealed or its own event is edited."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.playground.chromium import fragment_of
from tests.playground.orders import MAPPING

if TYPE_CHECKING:
    from tests.playground.chromium import PlaygroundPage

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import expect

_CANARY = "canary.ada@example.org"
_EVENT = {
    "id": "o-1",
    "paid_at": "2026-05-01T10:00:00+02:00",
    "total": 72.39,
    "customer": {"email": f" {_CANARY} ", "phone": "+1 415 555-0132", "name": "Canary Lovelace"},
    "page": f"https://shop.example/?mail={_CANARY}",
    "ip": "2001:db8::ca11:a5ed",
    _CANARY: {"points": 3},
}
_MAPPING = MAPPING.replace(
    "user_data: {em: customer.email}",
    "user_data: {em: customer.email, ph: customer.phone, fn: customer.name, client_ip_address: ip}\n"
    "  event_source_url: page",
)
_TESTS = """\
tests:
  - name: one
    given: {id: a, paid_at: 2026-05-01T10:00:00Z, customer: {email: b@example.com}}
    expect: {event_id: a}
"""
# All that a person or a program can read of the page: texts, attributes, values, also in shadow roots.
_TRACES = """() => {
  const found = [];
  const look = (root) => {
    for (const one of root.querySelectorAll("*")) {
      if (one.closest("[aria-label='Event, JSON']")) continue;
      const texts = [...one.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data);
      const values = [...one.attributes].map((attribute) => attribute.value);
      for (const text of [...texts, ...values, one.value ?? ""]) {
        if (/canary|ca11:a5ed|555-?\\s?0132|5550132/i.test(text)) found.push(`${one.tagName}: ${text}`);
      }
      if (one.shadowRoot) look(one.shadowRoot);
    }
  };
  look(document);
  return found;
}"""
_TABS = ("Problems", "Tests", "Decisions", "Request as sent", "Changes", "Effective mapping")


def traces(page: PlaygroundPage) -> list[str]:
    """The values of persons that are anywhere on the page."""
    found: list[str] = page.page.evaluate(_TRACES)
    return found


def open_canaries(page: PlaygroundPage, url: str, mapping: str = _MAPPING) -> None:
    """The page with a mapping and two events of a person."""
    page.page.goto("about:blank")
    page.page.goto(url + fragment_of(mapping, _EVENT, {**_EVENT, "id": "o-2", "paid_at": None}))


def test_no_tab_and_no_dialogue_has_a_value_of_a_person(page: PlaygroundPage, playground_url: str) -> None:
    open_canaries(page, playground_url, _MAPPING + _TESTS)
    expect(page.page.locator(".health")).to_contain_text("rules acted")
    for tab in _TABS:
        page.show(tab)
        assert traces(page) == [], tab
    page.page.get_by_role("button", name="JSON", exact=True).click()
    expect(page.page.locator(".event-json")).to_contain_text('"total": 72.39')
    assert traces(page) == []
    for row in ("user_data.em", "user_data.fn", "event_source_url"):
        page.row(row).locator(".key").click()
        assert traces(page) == [], row
    page.choose("event 2")
    expect(page.page.locator(".outcome-head")).to_contain_text("rejected")
    assert traces(page) == []
    for opened in ("Share", "Local history", "Keys", "Open:"):
        page.page.get_by_role("banner").get_by_role("button", name=opened).click()
        expect(page.page.get_by_role("dialog")).not_to_contain_text("Preparing")
        assert traces(page) == [], opened
        page.page.keyboard.press("Escape")
        expect(page.page.get_by_role("dialog")).to_have_count(0)
    page.show("Tests").get_by_role("button", name="Pin this sample as a test").click()
    assert traces(page) == []


def test_no_box_over_the_mapping_has_a_value_of_a_person_while_it_has_errors(
    page: PlaygroundPage, playground_url: str
) -> None:
    open_canaries(page, playground_url)
    expect(page.page.locator(".health")).to_contain_text("rules acted")
    page.page.locator("[data-pane=mapping] .cm-line", has_text="em: customer").get_by_text(
        "ip", exact=True
    ).hover()
    page.page.locator(".cm-field").wait_for()
    assert traces(page) == []
    for broken in ("currency: {from: currenc", "currency: {from: currency, default: [", "curency: currency"):
        page.replace_mapping(_MAPPING.replace("currency: {from: currency, default: EUR}", broken))
        expect(page.page.locator(".health")).to_contain_text("error")
        assert traces(page) == [], broken
    page.go_to("custom_data.value")
    page.page.keyboard.press("End")
    page.page.keyboard.press("Enter")
    page.page.keyboard.type("order_id: c", delay=30)
    box = page.page.locator(".cm-tooltip-autocomplete")
    expect(box).to_contain_text("customer")
    assert traces(page) == []


def test_an_event_beside_a_mapping_that_opens_with_an_error_is_masked(
    page: PlaygroundPage, playground_url: str
) -> None:
    open_canaries(page, playground_url, _MAPPING.replace("value:", "valu:"))
    expect(page.page.locator(".health")).to_contain_text("1 error")
    expect(page.page.locator(".event-json")).to_contain_text('"total"')
    assert traces(page) == []
    page.page.get_by_role("button", name="Edit, with all values").click()
    expect(page.page.get_by_role("textbox", name="Event, JSON")).to_contain_text(_CANARY)
    assert traces(page) == []
    page.choose("event 2")
    page.page.get_by_role("button", name="Tree").or_(
        page.page.get_by_role("button", name="JSON")
    ).last.click()
    expect(page.page.locator(".event-json")).to_be_visible()
