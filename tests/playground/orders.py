"""A small mapping of orders and its events, for the tests of the page."""

from __future__ import annotations

from tests.playground.chromium import PlaygroundPage, fragment_of

MAPPING = """\
version: 1
target: pinterest/conversions-v5
payload:
  action_source: {const: web}
  event_id: id
  event_time: paid_at
  user_data: {em: customer.email}
  custom_data:
    value: total
    currency: {from: currency, default: EUR}
skip:
  - {when: boolean(test), because: test order}
otherwise: {send: checkout}
"""
EMAIL = "ada.page@example.com"
EVENT = {
    "id": "o-1",
    "paid_at": "2026-05-01T10:00:00+02:00",
    "total": 72.39,
    "customer": {"email": EMAIL},
    "colour": "red",
}
SKIPPED = {**EVENT, "id": "o-2", "test": True}


def open_orders(page: PlaygroundPage, url: str) -> None:
    """The page with the mapping and two events."""
    page.page.goto("about:blank")
    page.open(url + fragment_of(MAPPING, EVENT, {**EVENT, "id": "o-3", "total": 5}))
