"""The page for everyone: axe finds nothing serious, every control has a name, and it fits a phone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.playground.chromium import opened_page
from tests.playground.orders import MAPPING, open_orders

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.playground.chromium import PlaygroundPage

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect

SIZES = {"wide": (1440, 900), "two columns": (900, 800), "phone": (390, 844)}
# Roles that a person acts on.
# All controls of the page that are shown with `MAPPING`, by role and name.
CONTROLS = [
    ("button", "2 advice , 6 of 8 rules acted"),
    ("button", "A file with events"),
    ("button", "Add"),
    ("button", "Colours: auto. Change to light"),
    ("button", "Explain M902"),
    ("button", "Explain M903"),
    ("button", "Hide the details"),
    ("button", "Hide this hint"),
    ("button", "JSON"),
    ("button", "Keys"),
    ("button", "Local history"),
    ("button", "New mapping from your events"),
    ("button", "Open file"),
    ("button", "Open: orders.yaml"),
    ("button", "Personal values masked"),
    ("button", "Remove event 1"),
    ("button", "Rename event 1"),
    ("button", "Share"),
    ("button", "Tree"),
    ("button", "Wrap"),
    ("button", "event 1 sent"),
    ("button", "event 2 sent"),
    ("button", "line 13"),
    ("button", "line 4"),
    ("link", "made by line 10: currency, default EUR"),
    ("link", "made by line 13: constant checkout"),
    ("link", "made by line 4: constant web"),
    ("link", "made by line 5: id"),
    ("link", "made by line 6: paid_at"),
    ("link", "made by line 7: customer.email"),
    ("link", "made by line 9: total"),
    ("separator", "Height of the details"),
    ("separator", "Width of the event"),
    ("separator", "Width of the payload"),
    ("tab", "Changes"),
    ("tab", "Decisions"),
    ("tab", "Effective mapping"),
    ("tab", "Flow"),
    ("tab", "Problems 2"),
    ("tab", "Request as sent"),
    ("tab", "Tests"),
    ("textbox", "Mapping, YAML"),
]
ACTED_ON = {"button", "link", "textbox", "checkbox", "tab", "combobox", "menuitem", "switch", "separator"}


# Arrows in the editor scroll the list and choose in it, which axe knows of comboboxes alone.
_SCROLLED_BY_ARROWS = ("scrollable-region-focusable", 'aria-label="Completions"')


def serious(page: PlaygroundPage) -> list[str]:
    """What axe finds that is serious or critical, with the elements."""
    page.page.evaluate(AXE_SCRIPT)
    found: list[dict[str, Any]] = page.page.evaluate("axe.run().then((found) => found.violations)")
    return [
        f"{one['id']}: {one['help']}: {node['html'][:160]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
        if one["id"] != _SCROLLED_BY_ARROWS[0] or _SCROLLED_BY_ARROWS[1] not in node["html"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_serious(
    started_browser: Browser, playground_url: str, scheme: str, size: str
) -> None:
    width, height = SIZES[size]
    viewport = {"width": width, "height": height}
    with opened_page(started_browser, playground_url, viewport=viewport, color_scheme=scheme) as page:
        open_orders(page, playground_url)
        found = serious(page)
        if size == "phone":
            for pane in ("Mapping", "Event", "Details"):
                page.page.get_by_role("navigation", name="Panes").get_by_role("button", name=pane).click()
                found += serious(page)
        else:
            page.row("event_time").click()
            page.replace_mapping(MAPPING.replace("value:", "valu:").replace("currency:", "curency:"))
            expect(page.page.locator(".payload-body")).to_have_class(re.compile("is-stale"))
            found += serious(page)
            for dialogue in ("Share", "Local history", "Keys", "Open:"):
                button = page.page.get_by_role("banner").get_by_role("button", name=dialogue)
                if button.is_visible():
                    button.click()
                    page.page.get_by_role("dialog").wait_for()
                    found += serious(page)
                    page.page.keyboard.press("Escape")
                    expect(page.page.get_by_role("dialog")).to_have_count(0)
            # The list of completions and the search in the editor, and the dialogues that keys open.
            for keys, shown in (
                (("Alt+2", "End", "Control+Space"), ".cm-tooltip-autocomplete"),
                (("Escape", "Control+f"), ".cm-search"),
                (("Escape", "Control+Shift+o"), "dialog"),
                (("Escape", "F8", "Control+."), "dialog"),
            ):
                for key in keys:
                    page.page.keyboard.press(key)
                    if key == "Alt+2":
                        expect(page.editor).to_be_focused()
                    expect(page.page.locator("dialog")).to_have_count(
                        int(key == keys[-1] and shown == "dialog")
                    )
                page.page.locator(shown).wait_for()
                found += serious(page)
        assert not found, "\n".join(sorted(set(found)))


def test_the_page_fits_a_phone(started_browser: Browser, playground_url: str) -> None:
    with opened_page(started_browser, playground_url, viewport={"width": 390, "height": 844}) as page:
        panes = page.page.get_by_role("navigation", name="Panes")
        for pane in ("Payload", "Mapping", "Event", "Details"):
            panes.get_by_role("button", name=pane).click()
            assert page.page.evaluate("document.documentElement.scrollWidth") == 390
        panes.get_by_role("button", name="Payload").click()
        page.row("event_time").locator(".made-by").click()
        expect(page.editor).to_be_focused()


def test_every_control_has_a_name(page: PlaygroundPage, playground_url: str) -> None:
    open_orders(page, playground_url)
    session = page.page.context.new_cdp_session(page.page)
    expect(page.page.locator(".health")).to_contain_text("rules acted")
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    named = {
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node["ignored"] and node["role"]["value"] in ACTED_ON
    }
    assert sorted(named) == CONTROLS
