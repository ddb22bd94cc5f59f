"""The mapping typed by real keys: after each row of `tests/cases/typing.yaml` the text is what was meant."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.playground.typing_hands import Hands
from tests.support.depth import some

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.playground.chromium import PlaygroundPage

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

_CASES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parents[1] / "cases/typing.yaml").read_text("utf-8")
)


@pytest.fixture(scope="module")
def kept_page(started_browser: Browser, playground_url: str) -> Iterator[PlaygroundPage]:
    """One page for all rows: each puts a text of its own into it."""
    from tests.playground.chromium import opened_page

    with opened_page(started_browser, playground_url) as opened:
        yield opened


@pytest.mark.parametrize("case", some(_CASES), ids=lambda case: case["claim"])
def test_keys_give_the_text_that_was_meant(kept_page: PlaygroundPage, case: dict[str, Any]) -> None:
    hands = Hands(kept_page)
    hands.put(case["text"])
    for key in case["keys"]:
        if key == "Paste":
            hands.paste(case["clip"])
        else:
            hands.press(key)
    assert hands.marked() == case["after"]
