"""The built site in a browser: its pages ask no other host, its search finds, and the playground is in it.

`make site` builds it; these tests are skipped where that was not run, or where pages have changed since.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.docs.test_docs_site import PAGES
from tests.playground.chromium import PlaygroundPage
from tests.playground.site_server import served, visitor
from tests.support.command import ROOT
from tests.support.depth import some
from tests.support.docs_site.built_site import found_in
from tests.support.docs_site.staging import staged
from tests.support.made_pages.install_page import read_sources

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_SITE, _STAGE = ROOT / "build/site", ROOT / "build/stage/pages"
_VISITED = (
    *("", "language/", "diagnostics/", "diagnostics/M308/", "transforms/split/", "keys/when/", "commands/"),
    *("commands/check/", "mappings/", "mappings/segment-ecommerce/", "changelog/", "speed/", "404.html"),
)
_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_BACKGROUND = "getComputedStyle(document.body).backgroundColor"


@pytest.fixture(scope="module")
def site() -> Path:
    """The site, as built of these pages."""
    if not (_SITE / "index.html").is_file():
        pytest.skip("build/site is not there: `make site` builds it")
    pages, _ = staged(ROOT, read_sources(ROOT / "docs"))
    built = {path.relative_to(_STAGE).as_posix(): path.read_text("utf-8") for path in _STAGE.rglob("*.md")}
    if built != pages:
        pytest.skip("build/site was built of other pages: run `make site`")
    return _SITE


@pytest.fixture
def page(site: Path, started_browser: Browser) -> Iterator[tuple[Page, str, list[str]]]:
    """A page, the address of the site, and all requests and mistakes that were seen."""
    with served(site) as (address, _):
        page = started_browser.new_page()
        seen: list[str] = []
        page.on("request", lambda request: seen.append(request.url))
        page.on("pageerror", lambda error: seen.append(str(error)))
        yield page, address, seen
        page.close()


def test_no_link_is_dead_and_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    assert found_in(site) == []
    assert len(list(site.rglob("*.html"))) > len(PAGES)


def test_pages_ask_no_other_host(page: tuple[Page, str, list[str]]) -> None:
    shown, address, seen = page
    for path in some(_VISITED, 5):
        shown.goto(f"{address}{path}", wait_until="networkidle")
    assert [one for one in seen if not one.startswith(address)] == []
    assert len(seen) > 5


@pytest.mark.parametrize(
    ("asked", "first"),
    [
        ("M308", "M308: constant written as an expression"),
        ("minor_units", "minor_units (transform)"),
        ("sign up", "Events"),
        ("FastAPI", "In a service with a queue"),
        ("filter events", "Refunds, cancellations and other events to leave out"),
    ],
)
def test_the_search_finds_the_page_of_a_word(
    asked: str, first: str, page: tuple[Page, str, list[str]]
) -> None:
    from playwright.sync_api import expect

    shown, address, seen = page
    shown.goto(address, wait_until="networkidle")
    shown.keyboard.press("/")
    shown.keyboard.type(asked)
    expect(shown.get_by_role("heading", name=first).first).to_be_visible()
    assert [one for one in seen if not one.startswith(address)] == []


def test_pages_are_as_wide_as_a_phone_and_dark_where_that_is_asked_for(
    page: tuple[Page, str, list[str]],
) -> None:
    shown, address, _ = page
    shown.set_viewport_size({"width": 390, "height": 844})
    for path in some(_VISITED, 5):
        shown.goto(f"{address}{path}")
        assert shown.evaluate(_OVERFLOW) <= 0, path
    colours = []
    for scheme in ("light", "dark", "light"):
        shown.emulate_media(color_scheme=scheme)
        shown.goto(address)
        colours.append(shown.evaluate(_BACKGROUND))
    assert colours[0] == colours[2] != colours[1]


def test_the_way_to_a_page_and_options_are_whole_on_a_phone(page: tuple[Page, str, list[str]]) -> None:
    shown, address, _ = page
    shown.set_viewport_size({"width": 390, "height": 844})
    shown.goto(f"{address}diagnostics/")
    cut = "(way => way.scrollWidth - way.clientWidth)(document.querySelector('.md-path'))"
    assert shown.evaluate(cut) <= 0
    lines = shown.evaluate("""() => [...document.querySelectorAll("code.option")]
        .map(one => one.getClientRects().length)""")
    assert set(lines) == {1}


def test_lines_of_code_of_a_hundred_characters_are_whole(page: tuple[Page, str, list[str]]) -> None:
    shown, address, _ = page
    shown.set_viewport_size({"width": 1280, "height": 900})
    for path in some(_VISITED, 5):
        shown.goto(f"{address}{path}")
        cut = shown.evaluate("""() => [...document.querySelectorAll("pre code")]
            .filter((one) => one.scrollWidth > one.clientWidth + 1)
            .map((one) => Math.max(...one.innerText.split("\\n").map((line) => line.length)))""")
        assert [longest for longest in cut if longest <= 100] == [], path


def test_an_example_is_opened_in_the_playground_which_keeps_to_its_folder(
    site: Path, started_browser: Browser, tmp_path: Path
) -> None:
    from playwright.sync_api import expect

    requests: list[str] = []
    with served(site) as (address, _), visitor(started_browser, tmp_path) as context:
        context.on("request", lambda request: requests.append(request.url))
        docs = context.new_page()
        docs.goto(address)
        with docs.expect_response(f"{address}playground/") as answered:
            docs.get_by_role("link", name="Open this example in the playground").first.click()
        opened = PlaygroundPage(docs)
        expect(opened.rows.first).to_be_visible()
        policy = answered.value.headers["content-security-policy"]
        kept: Any = docs.evaluate("navigator.serviceWorker.ready.then((kept) => kept.scope)")
        outside = docs.evaluate("fetch('../').then((found) => found.headers.get('content-security-policy'))")
    assert "default-src 'none'" in policy
    assert outside is None
    assert kept == f"{address}playground/"
    assert [url for url in requests if not url.startswith(address)] == []
