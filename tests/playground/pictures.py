"""The picture of the page in docs/, drawn anew: `make pictures`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.playground.chromium import browser, opened_page, playground_of
from tests.support.command import ROOT


def main() -> None:
    """Draw it: a value of a ready mapping's payload, its rule, and the parts of the event that it read."""
    with (
        tempfile.TemporaryDirectory() as folder,
        playground_of(Path(folder)) as url,
        browser() as started,
        opened_page(started, url, viewport={"width": 1360, "height": 800}) as page,
    ):
        page.page.goto("about:blank")
        page.open(f"{url}#example=segment-ecommerce")
        page.page.locator(".hint").get_by_role("button").click()
        page.show("Flow")
        page.row("user_data.em").click()
        page.page.locator(".flow-node").first.wait_for()
        page.page.wait_for_timeout(1_000)
        page.page.screenshot(path=ROOT / "docs/playground.png")


if __name__ == "__main__":
    main()
