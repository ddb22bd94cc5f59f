"""A real Neovim, with the configuration of docs/editor.md, finds a mistake, fixes it, and writes on."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.language_server.client import SHOP

_DOCS = Path(__file__).parents[2] / "docs" / "editor.md"
_SCRIPT = Path(__file__).with_name("neovim.lua")
_TEXT = SHOP.replace("customer.email", "context.traits.email").replace(
    "target:", "source: segment/track\ntarget:"
)


def _configuration() -> str:
    """The Lua of the page."""
    blocks = re.findall(r"```lua\n(.*?)```", _DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 1
    return str(blocks[0])


def _neovim() -> str:
    """The program; skips where it is missing or too old."""
    found = shutil.which("nvim")
    said = (
        "" if found is None else subprocess.run([found, "--version"], capture_output=True, text=True).stdout
    )
    if found is None or not re.match(r"NVIM v(0\.[1-9]\d|[1-9])", said):
        pytest.skip("Neovim 0.10 or newer is not here: `sh .ci/packages` installs it")
    return found


def test_an_author_in_neovim(tmp_path: Path) -> None:
    neovim = _neovim()
    (tmp_path / "schemas").mkdir()
    (tmp_path / "init.lua").write_text(_configuration(), encoding="utf-8")
    mapping = tmp_path / "shop.yaml"
    mapping.write_text(_TEXT.replace("event_id:", "event_ids:"), encoding="utf-8")
    (tmp_path / ".git").mkdir()
    (tmp_path / "base.yaml").write_text("version: 1\npartial: true\npayload:\n  event_id: number\n")
    (tmp_path / "heir.yaml").write_text(SHOP.replace("target:", "extends: base.yaml\ntarget:"))
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    env |= {f"XDG_{name}_HOME": str(tmp_path / name) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
    words = [neovim, "--headless", "-u", str(tmp_path / "init.lua"), str(mapping), "-S", str(_SCRIPT)]
    ran = subprocess.run(
        words, cwd=tmp_path, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120
    )
    assert ran.stdout.strip(), ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout.strip().splitlines()[-1])
    assert (ran.returncode, found.get("missed")) == (0, None), ran.stderr
    line = _TEXT.split("event_id:")[0].count("\n")
    assert found["mistake"] == {"code": "M301", "line": line, "column": 2}
    assert found["fixed"] == _TEXT
    assert found["typed"] == "  email: {from: [context., contact]}"
    assert {"traits", "page", "ip"} <= set(found["completions"])
    assert found["definition"] == [_TEXT.split("email: {from")[0].count("\n") + 1, 2]
    assert found["renamed"] == _TEXT.replace("email: {", "buyer: {").replace("$email", "$buyer")
    assert found["overridden"] == "  event_id: number"
    assert '= "o-1"' in found["values"]
    assert "Ada" not in str(found["values"])
