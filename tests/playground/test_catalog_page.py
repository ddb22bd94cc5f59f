"""The page of `mapper catalog` finds rules by words, by team and by whether they are personal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mapper.version import __version__
from tests.playground.chromium import PlaygroundPage, browser, chromium
from tests.support.command import call
from tests.support.repository import edit, make_repository

_SHARED = "#personal-data tbody tr:not(.gone)"
_EDITS: list[dict[str, Any]] = [
    {
        "file": "mappings/kitchen/team.yaml",
        "replace": [
            "payload:\n",
            "consent: {granted: consent.ads, when_missing: granted, when_denied: skip}\npayload:\n",
        ],
    },
    {
        "file": "mapper.yaml",
        "write": (
            "version: 1\nexclude: [mappings/books/shop-2.yaml]\nfolders: {mappings/base: {owner: platform}}\n"
        ),
    },
]
_PERSONAL = ("user_data.em", "user_data.external_id", "user_data.hashed_maids")

pytestmark = pytest.mark.skipif(chromium() is None, reason="needs chromium")


def test_the_page_finds_rules_and_breaks_no_policy(folder: Path) -> None:
    make_repository(folder, 9)
    file = folder / "catalog.html"
    file.write_text(call("catalog", "--format", "html").stdout, encoding="utf-8")
    with browser() as started:
        page = started.new_page(viewport={"width": 390, "height": 800})
        seen = PlaygroundPage(page)
        page.on("pageerror", lambda error: seen.wrong.append(str(error)))
        page.on("console", lambda said: seen.wrong.append(said.text))
        page.goto(file.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        page.fill("#query", "user_data.em customer")
        assert page.inner_text("#found") == "9 rules of 9 mappings"
        assert page.locator(_SHARED).count() == 1
        page.select_option("#team", "toys")
        assert page.locator(_SHARED).count() == 1
        assert page.inner_text("#found") == "1 rule of 1 mapping"
        assert page.is_visible(".mapping[data-team=toys] tbody tr:not(.gone)")
        page.fill("#query", "")
        assert page.locator(_SHARED).count() == len(_PERSONAL)
        for name in _PERSONAL:
            assert page.is_visible(f"{_SHARED}:has-text('{name}')")
        page.check("#personal")
        assert page.inner_text("#found") == "3 rules of 1 mapping"
        assert seen.wrong == []


def test_the_page_shows_the_worst_first_and_who_decides(folder: Path) -> None:
    make_repository(folder, 9)
    edit(folder, _EDITS)
    file = folder / "catalog.html"
    file.write_text(call("catalog", "--format", "html").stdout, encoding="utf-8")
    with browser() as started:
        page = started.new_page(viewport={"width": 1280, "height": 800})
        page.goto(file.as_uri())
        page.check("#unprotected")
        assert page.inner_text("#found") == "3 rules of 1 mapping"
        assert page.is_visible(".mapping[data-team=kitchen] tbody tr:not(.gone)")
        page.check("#plaintext")
        assert page.inner_text("#found") == "0 rules of 0 mappings"
        page.uncheck("#unprotected")
        assert page.inner_text("#found") == "12 rules of 6 mappings"
        assert __version__ in page.inner_text("header")
        first = page.locator("#personal-data tbody tr").first
        assert "no answer: sent" in first.inner_text()
        assert "platform" in page.locator("#bases tr", has_text="common.yaml").inner_text()
        assert page.inner_text(".excluded code:last-child") == "mappings/books/shop-2.yaml"
