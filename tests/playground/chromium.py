"""Chromium with the playground page in it, and everything that a page must never do, noted."""

from __future__ import annotations

import json
import os
import shutil
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mapper.playground.local_server import serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Notes each part of the page that the content security policy refuses.
_NOTE_VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
});
"""
# An answer may take longer on a machine that runs other tests too; who waits for it says when it is too late.
_PATIENCE = 12.0
# What a slow machine does, to find tests that look before the page is drawn: milliseconds for each frame and
# each answer. `PAGE_DELAY=300 .venv/bin/python -m pytest -n 3 tests/playground/test_page*.py`: three minutes.
_DELAY = int(os.environ.get("PAGE_DELAY", "0"))
_SLOW = f"""
const [draw, ask] = [window.requestAnimationFrame.bind(window), window.fetch.bind(window)];
window.requestAnimationFrame = (frame) => setTimeout(() => draw(frame), {_DELAY});
window.cancelAnimationFrame = clearTimeout.bind(window);
window.fetch = async (...asked) => {{
  const answer = await ask(...asked);
  await new Promise((done) => setTimeout(done, {_DELAY}));
  return answer;
}};
"""
_LOCAL = {"localhost", "127.0.0.1", "[::1]"}
_WAIT = 60_000


def chromium() -> str | None:
    """The path of Chromium on this machine."""
    return shutil.which("chromium")


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium, which is closed at the end."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=list(ARGUMENTS))
        yield started
        started.close()


@dataclass(slots=True)
class PlaygroundPage:
    """The page in a tab of its own. wrong: what it did and must not do."""

    page: Page
    wrong: list[str] = field(default_factory=list)

    def note_mistakes(self) -> None:
        """From now on, notes dialogues, errors, requests that leave this machine, and broken policies."""
        page = self.page
        page.add_init_script(_NOTE_VIOLATIONS)
        page.on("request", lambda request: self._note_request(request.url))
        page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        page.on("console", lambda said: self._note_said(said.type, said.text))

        def dismiss(dialog: Any) -> None:
            if dialog.type != "beforeunload":
                self.wrong.append(f"dialogue: {dialog.message}")
            dialog.dismiss()

        page.on("dialog", dismiss)

    def _note_request(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("blob", "data") and parts.hostname not in _LOCAL:
            self.wrong.append(f"request: {url}")

    def _note_said(self, kind: str, text: str) -> None:
        if kind == "error":
            self.wrong.append(f"console: {text}")

    def open(self, url: str) -> None:
        """Opens the page and waits until its first payload is there."""
        self.page.goto(url)
        self.rows.first.wait_for(timeout=_WAIT)

    def mistakes(self) -> list[str]:
        """What it did and must not do, until now."""
        return [*self.wrong, *self.page.evaluate("window.violations ?? []")]

    @property
    def rows(self) -> Locator:
        """The rows of the payload."""
        return self.page.locator("[data-pane=payload] [role=treeitem]")

    def row(self, path: str, outcome: int = 0) -> Locator:
        """The row of a path of the payload."""
        return self.page.locator(f'[data-pane=payload] [data-id="{outcome}:{path}"]')

    def part(self, path: str) -> Locator:
        """The row of a path of the event."""
        return self.page.locator(f'[data-pane=event] [data-id="{path}"]')

    @property
    def editor(self) -> Locator:
        """The text of the mapping, where it can be typed."""
        return self.page.locator("[data-pane=mapping] .cm-content")

    def go_to(self, path: str) -> None:
        """The cursor at the rule of a row of the payload, as by a click on what made it."""
        self.row(path).locator(".made-by").first.click()
        from playwright.sync_api import expect

        expect(self.editor).to_be_focused()

    def replace_mapping(self, text: str) -> None:
        """Puts another text in place of the mapping, as by a paste."""
        self.editor.click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(text)

    def show(self, tab: str) -> Locator:
        """Opens a tab of the details, and returns what is in it."""
        from playwright.sync_api import expect

        found = self.page.get_by_role("tab", name=tab)
        if found.get_attribute("aria-selected") != "true":
            found.click()
            expect(found).to_have_attribute("aria-selected", "true")
        return self.page.locator("#strip-panel")

    def choose(self, sample: str) -> None:
        """Chooses a sample by its name."""
        self.page.locator(".sample-name", has_text=sample).first.click()

    def drop(self, name: str, text: str) -> None:
        """Drops a file on the page."""
        given = self.page.evaluate_handle(
            """([name, text]) => {
              const given = new DataTransfer();
              given.items.add(new File([text], name));
              return given;
            }""",
            [name, text],
        )
        self.page.dispatch_event("body", "drop", {"dataTransfer": given})

    @property
    def samples(self) -> Locator:
        """The names of the samples. What is changed is drawn with the next frame: `expect` waits for it."""
        return self.page.locator(".sample-title")


@contextmanager
def playground_of(folder: Path) -> Iterator[str]:
    """The address of a playground of a folder."""
    with serving(folder, 0, _PATIENCE) as url:
        yield url


@contextmanager
def opened_page(started: Browser, url: str, **settings: Any) -> Iterator[PlaygroundPage]:
    """The page, opened; at the end it must have done nothing that it must not do."""
    size = settings.pop("viewport", {"width": 1440, "height": 900})
    context = started.new_context(viewport=size, reduced_motion="reduce", **settings)
    context.set_default_timeout(_WAIT)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    made = PlaygroundPage(context.new_page())
    if _DELAY:
        made.page.add_init_script(_SLOW)
    made.note_mistakes()
    made.open(url)
    yield made
    found = made.mistakes()
    context.close()
    assert not found, found


def event_text(event: object) -> str:
    """An event as a file of NDJSON has it."""
    return json.dumps(event, ensure_ascii=False) + "\n"


def fragment_of(mapping: str, *events: object, name: str = "orders.yaml") -> str:
    """A link's part after `#` that opens a mapping and its samples."""
    samples = [{"name": f"event {at}", "text": json.dumps(one)} for at, one in enumerate(events, 1)]
    shared = {"playground": 1, "mapping": {"name": name, "text": mapping}, "files": {}, "samples": samples}
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(json.dumps(shared).encode()) + packer.flush()
    return "#s=" + urlsafe_b64encode(packed).decode().rstrip("=")
