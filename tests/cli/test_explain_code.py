"""`mapper explain CODE` shows what a code means by an example: what `check` says of it, and what fixes it."""

from __future__ import annotations

import json
from pathlib import Path

from mapper import CODES
from tests.support.command import call


def test_a_page_says_what_why_and_the_fix_by_an_example() -> None:
    ran = call("explain", "m003")
    assert (ran.exit_code, ran.stderr) == (0, "")
    row = CODES["M003"]
    head, example, fix = ran.stdout.split("\n\nFor example:\n\n")[0], *ran.stdout.split("\n\nFix: ")
    assert head == f"error[M003]: {row.title}\n\n{row.why}"
    assert "    error[M003]: " in example
    assert "      --> shop.yaml:" in example
    assert fix.startswith(f"{row.fix}\n\n    -")
    assert "\n    +" in fix
    assert not [line for line in ran.stdout.splitlines() if line != line.rstrip()]


def test_json_has_the_example_as_two_mappings(tmp_path: Path) -> None:
    page = json.loads(call("explain", "M003", "--format", "json").stdout)
    assert list(page) == ["code", "severity", "title", "why", "fix", "example"]
    shop = tmp_path / "shop.yaml"
    shop.write_text(page["example"]["wrong"])
    found = json.loads(call("check", shop, "--format", "json").stdout)
    assert {one["code"] for one in found} == {"M003"}
    assert page["example"]["said"].startswith("error[M003]: ")
    shop.write_text(page["example"]["right"])
    assert call("check", shop, "--strict").exit_code == 0


def test_what_check_points_to_is_there(tmp_path: Path) -> None:
    shop = tmp_path / "shop.yaml"
    shop.write_text(json.loads(call("explain", "M301", "--format", "json").stdout)["example"]["wrong"])
    last = call("check", shop).stderr.splitlines()[-1]
    assert last == "for more, run `mapper explain M301`"
    words = last.split("`")[1].split()
    assert words[0] == "mapper"
    assert call(*words[1:]).stdout.startswith("error[M301]: ")
