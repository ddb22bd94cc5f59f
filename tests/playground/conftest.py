"""Chromium, started once for each file of tests, and a playground, once for all.

While Playwright runs, no other test of the same process can run an event loop.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.playground.chromium import PlaygroundPage


@pytest.fixture(scope="module")
def started_browser() -> Iterator[Browser]:
    """Chromium; the tests are skipped where it is not installed."""
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    from tests.playground.chromium import browser, chromium

    if chromium() is None:
        pytest.skip("Chromium is not installed: sh .ci/packages")
    from playwright.sync_api import expect

    expect.set_options(timeout=20_000)  # a machine that runs other tests too is slow
    with browser() as started:
        yield started


@pytest.fixture(scope="session")
def playground_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a playground whose folder has no mappings."""
    from tests.playground.chromium import playground_of

    with playground_of(tmp_path_factory.mktemp("empty")) as url:
        yield url


@pytest.fixture
def page(started_browser: Browser, playground_url: str) -> Iterator[PlaygroundPage]:
    """The page with its first example; at the end it must have done nothing that it must not do."""
    from tests.playground.chromium import opened_page

    with opened_page(started_browser, playground_url) as opened:
        yield opened
