"""Links, files and the local history hold the page, and no personal value unless it is asked for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.playground.chromium import fragment_of, opened_page
from tests.playground.orders import EMAIL, EVENT, MAPPING, open_orders

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.playground.chromium import PlaygroundPage

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import expect

from tests.support.waiting import wait_until


def test_a_page_is_shared_by_a_link_without_personal_values(
    page: PlaygroundPage, playground_url: str, started_browser: Browser
) -> None:
    open_orders(page, playground_url)
    page.page.get_by_role("button", name="Share").click()
    dialogue = page.page.get_by_role("dialog")
    expect(dialogue).to_contain_text("2 personal values")
    link = dialogue.get_by_role("textbox", name="Link").input_value()
    dialogue.get_by_role("button", name="Copy the link").click()
    wait_until(lambda: page.page.evaluate("navigator.clipboard.readText()") == link)
    assert link.startswith(playground_url)
    with opened_page(started_browser, link) as other:
        expect(other.row("custom_data.value")).to_contain_text("72.39")
        other.page.get_by_role("button", name="Personal values masked").click()
        expect(other.part("customer.email")).to_contain_text("@")
        assert EMAIL not in other.page.locator("#page").inner_text()


def test_a_page_is_shared_as_a_file_that_opens_when_dropped(
    page: PlaygroundPage, playground_url: str
) -> None:
    open_orders(page, playground_url)
    page.page.get_by_role("button", name="Share").click()
    with page.page.expect_download() as got:
        page.page.get_by_role("button", name="Download a file").click()
    text = got.value.path().read_text()
    assert EMAIL not in text
    page.page.keyboard.press("Escape")
    page.replace_mapping("version: 1\n")
    expect(page.page.locator(".payload-body")).to_have_class(re.compile("is-stale"))
    page.drop(got.value.suggested_filename, text)
    expect(page.page.locator(".payload-body")).not_to_have_class(re.compile("is-stale"))
    expect(page.row("custom_data.value")).to_contain_text("72.39")


def test_what_was_edited_is_in_the_local_history_without_personal_values(
    page: PlaygroundPage, playground_url: str
) -> None:
    open_orders(page, playground_url)
    page.replace_mapping(MAPPING.replace("default: EUR", "default: USD"))
    wait_until(lambda: page.page.evaluate("localStorage.getItem('mapper-playground-history') !== null"))
    assert EMAIL not in page.page.evaluate("JSON.stringify(localStorage)")
    page.page.goto(playground_url)
    page.page.reload()
    page.page.get_by_role("button", name="Local history").click()
    page.page.get_by_role("dialog").get_by_role("button", name="orders.yaml").click()
    expect(page.editor).to_contain_text("default: USD")
    page.page.get_by_role("button", name="Local history").click()
    page.page.get_by_role("button", name="Clear the history").click()
    wait_until(lambda: page.page.evaluate("localStorage.getItem('mapper-playground-history')") is None)


_SLOW_ANSWERS = """
const fast = window.fetch.bind(window);
window.fetch = async (...asked) => {
  const answer = await fast(...asked);
  await new Promise((done) => setTimeout(done, 400));
  return answer;
};
"""


def test_what_is_clicked_while_the_page_starts_is_there_when_it_has_started(
    page: PlaygroundPage, playground_url: str
) -> None:
    page.page.add_init_script(_SLOW_ANSWERS)
    page.page.goto(playground_url)
    page.page.keyboard.press("?")
    page.page.get_by_role("button", name="Local history").click()
    expect(page.page.get_by_role("dialog", name="Local history")).to_be_visible()
    expect(page.row("custom_data.value")).to_be_visible()
    expect(page.page.get_by_role("dialog", name="Local history")).to_be_visible()


def test_a_link_that_was_cut_is_told_and_the_page_works(page: PlaygroundPage, playground_url: str) -> None:
    page.page.goto("about:blank")
    page.open(playground_url + fragment_of(MAPPING, EVENT)[:60])
    expect(page.page.locator(".toast")).to_contain_text("cannot be read")
    expect(page.page.locator(".outcome-head")).to_contain_text("sent")


@pytest.mark.parametrize("fragment", ["#%", "#s=%00", "#s=", "#example=none", "#code=M999x", "#s=AAAA"])
def test_a_link_that_leads_nowhere_opens_the_first_example(
    page: PlaygroundPage, playground_url: str, fragment: str
) -> None:
    page.page.goto("about:blank")
    page.open(playground_url + fragment)
    expect(page.page.locator(".outcome-head")).to_contain_text("sent")


def test_links_open_an_example_and_explain_a_code(page: PlaygroundPage, playground_url: str) -> None:
    page.page.goto("about:blank")
    page.open(f"{playground_url}#example=woocommerce-orders")
    expect(page.page.locator(".opener")).to_contain_text("WooCommerce orders")
    page.page.goto("about:blank")
    page.open(f"{playground_url}#code=M308")
    expect(page.page.get_by_role("dialog")).to_contain_text("M308")


def test_the_page_is_copied_as_markdown_without_personal_values(
    page: PlaygroundPage, playground_url: str
) -> None:
    open_orders(page, playground_url)
    page.page.get_by_role("button", name="Share").click()
    page.page.get_by_role("button", name="Copy as Markdown").click()
    expect(page.page.locator(".toast")).to_contain_text("Copied")
    text = page.page.evaluate("navigator.clipboard.readText()")
    assert "```" in text
    assert "72.39" in text
    assert EMAIL not in text
