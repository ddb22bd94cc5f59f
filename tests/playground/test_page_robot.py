"""Ready mappings typed from nothing by real keys: at each Enter the text is what was meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.playground.orders import MAPPING, open_orders
from tests.playground.typing_hands import Hands
from tests.support.depth import DEPTH, Depth, some

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.playground.chromium import PlaygroundPage

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

_FILES = sorted((Path(__file__).parents[2] / "mappings").glob("*.yaml"))
# The beginning of a file has each kind of line; one is typed whole at full depth.
_LINES = 60 if DEPTH is Depth.FULL else 14
# More take minutes of a browser, and have no other kinds of lines.
_MOST_FILES = 2
_AUTOMATIC = re.compile(r" *(- )?\Z")
# An unhurried hand: the list of completions is there before Enter is pressed (milliseconds).
_PAUSE = 400


@dataclass(slots=True)
class Robot:
    """Types lines; corrections: the keys that an indent needed beside Enter."""

    hands: Hands
    corrections: int = 0
    entered: int = 0

    def line(self, wanted: str) -> None:
        """Types one line where the cursor is."""
        self._to_the_indent(wanted)
        self.hands.page.page.keyboard.type(wanted[len(self.hands.line_before_cursor()) :])

    def _to_the_indent(self, wanted: str) -> None:
        """Presses keys until the line begins as it is wanted: a person sees where the cursor is."""
        if not wanted:
            if self.hands.line_before_cursor().endswith("- "):
                self.hands.press("Enter")  # ends the list
            return
        for _ in range(12):
            lead = self.hands.line_before_cursor()
            assert _AUTOMATIC.match(lead), lead
            if wanted.startswith(lead) and (lead.endswith("- ") or not wanted[len(lead) :].startswith(" ")):
                return
            indent = len(wanted) - len(wanted.lstrip())
            self.hands.press("Backspace" if lead.endswith("- ") or len(lead) > indent else "Tab")
            self.corrections += 1
        pytest.fail(f"the line cannot be begun: {wanted!r}")

    def enter(self, meant: str) -> None:
        """Ends a line; what was typed is what was meant."""
        self.hands.press("Enter")
        self.entered += 1
        text = self.hands.text
        assert text.startswith(meant)
        assert not text[len(meant) :].strip(" -\n")


def _type(hands: Hands, lines: list[str], *, pause: int = 0) -> Robot:
    robot = Robot(hands)
    hands.put("▮")
    done = ""
    for wanted in lines:
        robot.line(wanted)
        if pause:
            hands.page.page.wait_for_timeout(pause)
        done += f"{wanted}\n"
        robot.enter(done)
    return robot


@pytest.fixture(scope="module")
def typed_page(started_browser: Browser, playground_url: str) -> Iterator[PlaygroundPage]:
    """One page for all files, with a sample of orders."""
    from tests.playground.chromium import opened_page

    with opened_page(started_browser, playground_url) as opened:
        open_orders(opened, playground_url)
        yield opened


@pytest.mark.parametrize("file", some(_FILES, 1, full=_MOST_FILES), ids=lambda file: file.stem)
def test_a_ready_mapping_is_typed_line_by_line(typed_page: PlaygroundPage, file: Path) -> None:
    lines = file.read_text("utf-8").rstrip("\n").split("\n")[:_LINES]
    hands = Hands(typed_page)
    robot = _type(hands, lines)
    assert hands.text.rstrip(" -\n") == "\n".join(lines).rstrip(" -\n")
    # Most lines begin where Enter puts the cursor.
    assert robot.corrections <= robot.entered


def test_an_unhurried_hand_gets_what_it_typed(typed_page: PlaygroundPage) -> None:
    lines = MAPPING.rstrip("\n").split("\n")
    hands = Hands(typed_page)
    _type(hands, lines, pause=_PAUSE)
    assert hands.text.rstrip() == MAPPING.rstrip()


@pytest.mark.full
def test_a_mapping_of_374_lines_is_typed_from_nothing(typed_page: PlaygroundPage) -> None:
    text = next(text for text in (one.read_text("utf-8") for one in _FILES) if len(text.split("\n")) > 374)
    lines = text.split("\n")[:374]
    hands = Hands(typed_page)
    _type(hands, lines)
    assert hands.text.rstrip(" -\n") == "\n".join(lines).rstrip(" -\n")
