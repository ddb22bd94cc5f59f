"""The page at each width: no text is over another, and each that is cut can be read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mapper import authoring
from tests.playground.orders import MAPPING, open_orders
from tests.support.depth import DEPTH, Depth, some

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator

    from tests.playground.chromium import PlaygroundPage

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import expect

_MEASURE = (Path(__file__).parent / "text_boxes.js").read_text(encoding="utf-8")
_EXAMPLES = sorted(one.name for one in authoring.ready_mappings())
# On both sides of each width at which the page changes. A zoom of 400 % of 1440 is 360.
_WIDTHS = (360, 390, 480, 600, 699, 700, 720, 800, 960, 1024, 1099, 1100, 1200, 1280, 1440, 1920, 2560)
_USUAL = (360, 720, 1100, 1280)
_TABS = ("Problems", "Tests", "Decisions", "Flow", "Request as sent", "Changes", "Effective mapping")
_PANES = ("Payload", "Mapping", "Event", "Details")
_ONE_PANE = 700


def wrong_texts(page: PlaygroundPage, width: int, height: int = 800) -> list[str]:
    """The texts that are over each other or cut at a width, in each pane where only one is shown."""
    page.page.set_viewport_size({"width": width, "height": height})
    found = _measured(page)
    if width < _ONE_PANE:
        panes = page.page.get_by_role("navigation", name="Panes")
        for pane in reversed(_PANES):
            panes.get_by_role("button", name=pane).click()
            expect(page.page.locator(".shell")).to_have_class(f"shell shows-{_key(pane)}")
            found += _measured(page)
    return [f"{width}: {one}" for one in dict.fromkeys(found)]


def _measured(page: PlaygroundPage) -> list[str]:
    """The texts that are wrong once the page is drawn: a busy machine draws one part after another."""
    for _ in range(30):
        found: list[str] = page.page.evaluate(_MEASURE)
        if not found:
            break
        page.page.wait_for_timeout(100)
    return found


def _key(pane: str) -> str:
    return "strip" if pane == "Details" else pane.lower()


@pytest.mark.parametrize("name", some(_EXAMPLES, 3, full=8))
def test_no_text_is_over_another_and_each_that_is_cut_can_be_read(
    started_browser: Browser, playground_url: str, name: str
) -> None:
    from tests.playground.chromium import opened_page

    with opened_page(started_browser, f"{playground_url}#example={name}") as page:
        expect(page.page.locator(".health")).to_contain_text("rules acted")
        found = [one for width in _widths() for one in wrong_texts(page, width)]
        page.page.set_viewport_size({"width": 1100, "height": 800})
        page.rows.last.locator(".key").click()
        for tab in _TABS:
            page.show(tab)
            for width in (_ONE_PANE, 1100):
                found += [f"{tab}: {one}" for one in wrong_texts(page, width)]
    assert not found, "\n".join(found)


def _widths() -> tuple[int, ...]:
    return _WIDTHS if DEPTH is Depth.FULL else _USUAL


@pytest.mark.parametrize("width", _widths())
def test_no_text_of_problems_is_over_another(page: PlaygroundPage, playground_url: str, width: int) -> None:
    open_orders(page, playground_url)
    page.replace_mapping(MAPPING.replace("value:", "valu:").replace("currency:", "curency:"))
    expect(page.show("Problems").locator(".problem.is-error")).to_have_count(2)
    assert not wrong_texts(page, width, 320)
    assert not wrong_texts(page, width)


@pytest.mark.parametrize("name", some(_EXAMPLES, 3, full=8))
def test_the_first_screen_of_a_small_window_has_a_rule(
    started_browser: Browser, playground_url: str, name: str
) -> None:
    from tests.playground.chromium import opened_page

    viewport = {"width": 1024, "height": 768}
    with opened_page(started_browser, f"{playground_url}#example={name}", viewport=viewport) as page:
        lines = page.page.locator("[data-pane=mapping] .cm-line")
        expect(lines.filter(has_text=re.compile(r"^(payload|events):")).first).to_be_in_viewport()


def test_an_empty_list_of_problems_takes_one_line_until_there_is_one(
    page: PlaygroundPage, playground_url: str
) -> None:
    strip = page.page.locator("[data-pane=strip]")
    expect(strip).to_contain_text("No problems.")

    def height() -> float:
        box = strip.bounding_box()
        assert box is not None
        return box["height"]

    assert height() < 80
    page.replace_mapping("version: 1\npayload: {}\n")
    expect(strip.locator(".problem").first).to_be_visible()
    assert (grown := height()) > 200
    page.page.keyboard.press("Control+z")
    expect(strip).to_contain_text("No problems.")
    assert height() == grown  # the editor does not jump while one types


def test_details_that_are_hidden_stay_so_in_the_next_visit(page: PlaygroundPage, playground_url: str) -> None:
    page.page.get_by_role("button", name="Hide the details").click()
    page.open(playground_url)
    expect(page.page.locator("[data-pane=strip]")).to_have_class(re.compile("is-closed"))
    page.page.get_by_role("button", name="Show the details").click()
    expect(page.page.locator("#strip-panel")).to_be_visible()


def _point_at(page: PlaygroundPage, key: Locator) -> None:
    """Points until lines are drawn: what is laid out anew beneath a pointer at rest is not pointed at."""
    lines = page.page.locator(".lines path")
    for _ in range(20):
        page.page.mouse.move(1, 1)
        key.hover()
        page.page.wait_for_timeout(200)
        if lines.count():
            return
    expect(lines.first).to_be_attached()


@pytest.mark.parametrize(
    "width", [1100, 1440] if DEPTH is not Depth.FULL else [w for w in _WIDTHS if w >= 700]
)
def test_no_curve_strikes_through_a_text(page: PlaygroundPage, playground_url: str, width: int) -> None:
    open_orders(page, playground_url)
    page.page.set_viewport_size({"width": width, "height": 800})
    for path in ("event_id", "event_time", "user_data.em", "custom_data.value", "custom_data.currency"):
        _point_at(page, page.row(path).locator(".key"))
        assert page.page.evaluate(_MEASURE) == [], path
    _point_at(page, page.part("total").locator(".key"))
    assert page.page.evaluate(_MEASURE) == []


# The texts that show marks of Markdown, but for those that are edited or are code.
_MARKS = """() => [...document.querySelectorAll("*")].flatMap((one) => [
  ...[...one.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data)
    .filter(() => !one.closest("code, pre, textarea, .effective")),
  one.title ?? "", one.ariaLabel ?? "",
]).filter((text) => /`|\\*[A-Z]\\w+:\\*/.test(text))"""


def test_marks_of_code_and_stress_are_drawn(page: PlaygroundPage, playground_url: str) -> None:
    open_orders(page, playground_url)
    page.replace_mapping(
        MAPPING.replace("value:", "valu:").replace("{const: web}", "web").replace("id\n", "id[\n")
    )
    problems = page.show("Problems")
    expect(problems.locator(".problem.is-error").first).to_be_visible()
    assert page.page.evaluate(_MARKS) == []
    page.page.keyboard.press("F8")
    expect(page.page.locator(".toast")).to_be_visible()
    assert page.page.evaluate(_MARKS) == []
    page.page.keyboard.press("Control+.")
    page.page.get_by_role("dialog").or_(page.page.locator(".toast", has_text="Fix")).first.wait_for()
    assert page.page.evaluate(_MARKS) == []
    page.page.keyboard.press("Escape")
    page.replace_mapping(
        MAPPING + "tests:\n"
        "  - name: one\n    given: {id: a, paid_at: 2026-05-01T10:00:00Z, customer: {email: a@example.com}}\n"
        "    expect: {event_id: b}\n"
    )
    page.show("Tests")
    page.drop("more.ndjson", '{"id": "o-9", "total": "x"}\n{"id": {"a": 1}}\n')
    expect(page.page.locator(".outcome-head")).to_contain_text("rejected")
    assert page.page.evaluate(_MARKS) == []
    page.show("Problems").locator(".code-button").first.click()
    expect(page.page.locator("dialog .prose em").first).to_have_text("Fix:")
    assert page.page.evaluate(_MARKS) == []


def test_there_is_one_count_of_problems(page: PlaygroundPage, playground_url: str) -> None:
    open_orders(page, playground_url)
    health, tab = page.page.locator(".health"), page.page.get_by_role("tab", name="Problems")
    expect(health).to_contain_text("2 advice")
    expect(tab).to_have_text("Problems2")
    page.replace_mapping(MAPPING.replace("value:", "valu:"))
    expect(health).to_contain_text("1 error")
    expect(tab).to_have_text("Problems1")
    expect(page.page.locator("[data-live]")).to_contain_text("1 error. Line")


@pytest.mark.parametrize("width", [390, 1024, 1440])
def test_what_was_just_done_covers_no_text(page: PlaygroundPage, playground_url: str, width: int) -> None:
    open_orders(page, playground_url)
    page.page.set_viewport_size({"width": width, "height": 800})
    page.page.keyboard.press("F8")
    expect(page.page.locator(".toast")).to_be_visible()
    assert page.page.evaluate(_MEASURE) == []
    page.page.keyboard.press("Alt+3")
    expect(page.page.locator("[data-pane=payload] [role=treeitem]:focus")).to_have_count(1)
    page.page.keyboard.press("F8")
    page.page.get_by_role("button", name="Share").click()
    page.page.get_by_role("dialog").locator(".toast").wait_for(timeout=5000)
    assert page.page.evaluate(_MEASURE) == []


def test_the_page_is_printed_whole(page: PlaygroundPage, playground_url: str) -> None:
    page.page.goto("about:blank")
    page.open(f"{playground_url}#example=square-orders")
    expect(page.page.locator(".health")).to_contain_text("rules acted")
    page.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.page.emulate_media(media="print")
    page.page.set_viewport_size({"width": 760, "height": 1000})
    expect(page.page.locator("[data-pane=mapping] .cm-line").last).to_be_attached()
    expect(page.page.get_by_role("button", name="Share")).to_be_hidden()
    expect(page.page.locator(".hint")).to_be_hidden()
    inner = page.page.evaluate(
        """[...document.querySelectorAll(".pane, .pane-scroll, .editor")]
          .map((one) => one.scrollHeight - one.clientHeight)"""
    )
    assert max(inner) <= 1
    assert page.page.evaluate(_MEASURE) == []
