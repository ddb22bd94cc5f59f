"""A real Helix, set up as docs/editor.md says: it shows a mistake, fixes it, and formats the mapping."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mapper.authoring import Text, formatted
from tests.language_server.client import SHOP

_DOCS = Path(__file__).parents[2] / "docs" / "editor.md"
_PATIENCE_SECONDS = 60.0
_ESCAPE = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|[()][A-Z0-9]|\][^\x07]*\x07|[=>])")


def _configuration() -> str:
    """The file `languages.toml` of the page."""
    blocks = re.findall(r"```toml\n(.*?)```", _DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 1
    return str(blocks[0])


class _Screen:
    """A terminal that a program draws on."""

    def __init__(self, words: list[str], folder: Path, environment: dict[str, str]) -> None:
        self._leader, follower = pty.openpty()
        termios.tcsetwinsize(follower, (40, 160))
        self.run = subprocess.Popen(
            words,
            cwd=folder,
            env=environment,
            stdin=follower,
            stdout=follower,
            stderr=follower,
            close_fds=True,
        )
        os.close(follower)
        self._drawn = ""

    def keys(self, keys: str) -> None:
        """Press keys; what was drawn before is forgotten."""
        self._drawn = ""
        os.write(self._leader, keys.encode())

    def wait(self, done: Callable[[str], bool]) -> None:
        """Read what is drawn until it is as it should be."""
        ends = time.monotonic() + _PATIENCE_SECONDS
        while not done(_ESCAPE.sub("", self._drawn)):
            assert time.monotonic() < ends, _ESCAPE.sub("", self._drawn)[-2000:]
            if select.select([self._leader], [], [], 0.2)[0]:
                self._drawn += os.read(self._leader, 65536).decode("utf-8", "replace")

    def close(self) -> None:
        """End the program, however it is."""
        self.run.kill()
        self.run.wait()
        os.close(self._leader)


def test_an_author_in_helix(tmp_path: Path) -> None:
    helix = shutil.which("hx")
    if helix is None:
        pytest.skip("Helix is not here: `sh .ci/packages` installs it")
    config = tmp_path / "CONFIG/helix"
    config.mkdir(parents=True)
    (config / "languages.toml").write_text(_configuration(), encoding="utf-8")
    (tmp_path / ".git").mkdir()
    mapping = tmp_path / "shop.yaml"
    text = SHOP.replace("currency: {const: USD}", "currency:   {const: USD}")
    mapping.write_text(text.replace("event_id:", "event_ids:"), encoding="utf-8")
    line = text.split("event_id:")[0].count("\n") + 1
    env = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "TERM": "xterm",
    }
    env |= {f"XDG_{name}_HOME": str(tmp_path / name) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
    screen = _Screen([helix, f"{mapping}:{line}:4"], tmp_path, env)
    try:
        screen.wait(lambda drawn: "the payload has no field" in drawn)
        screen.keys(" a")
        screen.wait(lambda drawn: "event_id`" in drawn)
        screen.keys("\r")
        screen.wait(lambda drawn: "event_id" in drawn)
        screen.keys(":format\r")
        screen.wait(lambda drawn: "{const: USD}" in drawn)
        screen.keys(":w\r")
        screen.wait(lambda drawn: "written" in drawn)
        screen.keys(":q\r")
        assert screen.run.wait(_PATIENCE_SECONDS) == 0
    finally:
        screen.close()
    assert mapping.read_text(encoding="utf-8") == formatted(Text("shop.yaml", text)).content
