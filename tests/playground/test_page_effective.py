"""The page shows a mapping with all that it inherits; each line leads to where it is written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.playground.chromium import opened_page, playground_of
from tests.playground.orders import MAPPING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import expect

_SHOP = """\
version: 1
target: pinterest/conversions-v5
extends: base/orders.yaml
skip:
  - {because: test order, inherit: false}
payload:
  custom_data:
    currency: {const: USD}
tests:
  - name: an order
    given: {id: o-1, paid_at: 1777622400, total: 5, customer: {email: a@example.com}}
    expect: {event_name: checkout}
"""


@pytest.mark.parametrize("width", [1440, 390])
def test_the_effective_mapping_leads_to_files_and_says_what_is_overridden(
    started_browser: Browser, tmp_path: Path, width: int
) -> None:
    (tmp_path / "base").mkdir()
    base = MAPPING.replace("target: pinterest/conversions-v5\n", "partial: true\n")
    (tmp_path / "base/orders.yaml").write_text(base)
    (tmp_path / "a-shop.yaml").write_text(_SHOP)
    with playground_of(tmp_path) as url, opened_page(started_browser, url) as page:
        page.page.set_viewport_size({"width": width, "height": 844})
        if width < 700:
            page.page.get_by_role("button", name="Details").first.click()
        panel = page.show("Effective mapping")
        own = panel.get_by_role("listitem").filter(has_text="currency:")
        expect(own).to_contain_text("currency: {const: USD}")
        expect(own).to_contain_text("line 8 overrides base/orders.yaml:10")
        expect(panel).to_contain_text("base/orders.yaml:12")  # the rule of skip that is taken away
        scrolled = (
            "[document.documentElement.scrollWidth, document.querySelector('#strip-panel').scrollWidth]"
        )
        assert page.page.evaluate(scrolled) == [width, width]
        own.get_by_role("button", name="base/orders.yaml:10").click()
        shown = page.page.get_by_role("dialog", name="base/orders.yaml")
        expect(shown.locator(".is-lit")).to_contain_text("currency: {from: currency, default: EUR}")
        page.page.keyboard.press("Escape")
        own.get_by_role("button", name="line 8").click()
        expect(page.editor).to_be_focused()
