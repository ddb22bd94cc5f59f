"""`mapper check --fix` mends files where that is safe, and loses nothing of them; `--diff` only shows it."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from mapper.cli.fix import Written, write
from mapper.texts.diagnostic import Diagnostic, Edit, Fix
from mapper.texts.fixing import Repair, Repaired, Unrepaired
from mapper.texts.named_text import Text
from tests.support.command import ROOT, call
from tests.support.depth import some

# One mistake that has a safe fix, one that has only a guess, a comment, and blanks that mean nothing.
BROKEN = """\
# what the shop sends
name:    small
version: 1
target: pinterest/conversions-v5
payload:
  action_source: {const: offline}
  event_id: concat('order: ', id)   # a colon
  event_time:   at
  user_data: {emm: email}


otherwise: {send: page_visit}
"""
QUOTED = "\"concat('order: ', id)\""
FIXED = BROKEN.replace("concat('order: ', id)", QUOTED)
DONE = "fixed shop.yaml:7:13: M003 Quote the expression"
COUNT = "checked 1 mapping: 1 error, no warnings, 1 fixed"


def counts(stderr: str) -> str:
    """The closing count, less advice."""
    (line,) = (line for line in stderr.splitlines() if line.startswith("checked "))
    return ", ".join(part for part in line.split(", ") if "advice" not in part)


@pytest.mark.parametrize("start", ["", "\ufeff"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("last", ["", "\n", "\n\n"])
def test_a_fix_changes_nothing_but_what_is_wrong(folder: Path, start: str, ends: str, last: str) -> None:
    def written(content: str) -> bytes:
        return (start + (content.rstrip("\n") + last).replace("\n", ends)).encode()

    (folder / "shop.yaml").write_bytes(written(BROKEN))
    ran = call("check", "--fix", "shop.yaml")
    assert (folder / "shop.yaml").read_bytes() == written(FIXED)
    assert ran.exit_code == 1
    assert "error[M301]: `user_data` has no field `emm`" in ran.stdout
    assert ran.stderr.splitlines()[0] == DONE
    assert counts(ran.stderr) == COUNT


def test_what_can_be_fixed_is_announced(folder: Path) -> None:
    (folder / "shop.yaml").write_text(BROKEN)
    ran = call("check", "shop.yaml")
    assert counts(ran.stderr) == "checked 1 mapping: 2 errors, no warnings, 1 fixable with `--fix`"
    assert (folder / "shop.yaml").read_text() == BROKEN


def test_a_file_that_is_all_mended_is_status_0(folder: Path) -> None:
    (folder / "shop.yaml").write_text(BROKEN.replace("emm", "em"))
    ran = call("check", "--fix", ".")
    assert (ran.exit_code, counts(ran.stderr)) == (0, "checked 1 mapping: no errors, no warnings, 1 fixed")
    assert call("check", "--fix", ".").exit_code == 0


def test_mode_and_links_stay_and_nothing_is_left_beside(folder: Path) -> None:
    (folder / "real").mkdir()
    (folder / "real/shop.yaml").write_text(BROKEN)
    (folder / "real/shop.yaml").chmod(0o640)
    (folder / "all").mkdir()
    (folder / "all/link.yaml").symlink_to("../real/shop.yaml")
    (folder / "all/other.yaml").symlink_to("link.yaml")
    call("check", "--fix", "all", "real")
    assert os.readlink(folder / "all/link.yaml") == "../real/shop.yaml"
    assert (folder / "real/shop.yaml").read_text() == FIXED
    assert stat.S_IMODE((folder / "real/shop.yaml").stat().st_mode) == 0o640
    assert sorted(path.name for path in folder.rglob("*.*")) == ["link.yaml", "other.yaml", "shop.yaml"]


def test_a_file_without_fixes_is_not_written(folder: Path) -> None:
    (folder / "shop.yaml").write_text(FIXED)
    (folder / "shop.yaml").chmod(0o444)
    before = (folder / "shop.yaml").stat()
    ran = call("check", "--fix", "shop.yaml")
    assert ran.exit_code == 1
    assert (folder / "shop.yaml").stat() == before


def test_a_read_only_file_is_one_line_and_status_2(folder: Path) -> None:
    (folder / "shop.yaml").write_text(BROKEN)
    (folder / "shop.yaml").chmod(0o444)
    (folder / "other.yaml").write_text(BROKEN)
    ran = call("check", "--fix", "shop.yaml", "other.yaml")
    assert ran.exit_code == 2
    assert ran.stderr.splitlines()[:2] == [
        "mapper: shop.yaml: not changed: the file is read-only",
        DONE.replace("shop", "other"),
    ]
    assert ((folder / "shop.yaml").read_text(), (folder / "other.yaml").read_text()) == (BROKEN, FIXED)
    assert counts(ran.stderr) == "checked 2 mappings: 3 errors, no warnings, 1 fixed, 1 fixable with `--fix`"


def test_a_fix_that_would_bring_a_new_error_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    span = Text("shop.yaml", "a: b").span(3, 4)
    fix = Fix("Write it", (Edit(span, "c"),), safe=True)
    left = Unrepaired(
        Repair(Diagnostic("M301", span, "m"), fix), Diagnostic("M302", span, "`c` is\x1b worse")
    )
    assert write((), Repaired({}, (), (left,))) == Written((), 0, failed=False)
    said = "not fixed shop.yaml:1:4: M301 Write it: it would cause M302: `c` is\\x1b worse\n"
    assert capsys.readouterr().err == said


def test_only_what_was_named_is_written(folder: Path) -> None:
    (folder / "pyproject.toml").touch()
    base = BROKEN.replace("user_data: {emm: email}", "user_data: {em: email}")
    own = "name: own\nversion: 1\nextends: base.yaml\ntarget: pinterest/conversions-v5\n"
    (folder / "base.yaml").write_text(base)
    (folder / "own.yaml").write_text(own)
    ran = call("check", "--fix", "own.yaml")
    assert ran.exit_code == 1
    assert "--> base.yaml:7:13" in ran.stdout
    assert (folder / "base.yaml").read_text() == base
    ran = call("check", "--fix", "own.yaml", "./base.yaml")
    assert ran.exit_code == 0
    assert QUOTED in (folder / "base.yaml").read_text()
    assert (folder / "own.yaml").read_text() == own


@pytest.mark.parametrize("form", ["text", "json"])
def test_stdin_is_mended_to_stdout_and_what_is_left_goes_to_stderr(folder: Path, form: str) -> None:
    given = ("\ufeff" + BROKEN).replace("\n", "\r\n").encode()
    ran = call("check", "-", "--fix", "--format", form, "--stdin-filename", "shop.yaml", stdin=given)
    assert ran.exit_code == 1
    assert ran.stdout_bytes == ("\ufeff" + FIXED).replace("\n", "\r\n").encode()
    assert "M301" in ran.stderr
    assert counts(ran.stderr) == COUNT
    assert list(folder.iterdir()) == []


def test_stdin_that_cannot_be_read_gives_nothing(folder: Path) -> None:
    ran = call("check", "-", "--fix", stdin=b"\xff")
    assert (ran.exit_code, ran.stdout, ran.stderr) == (
        2,
        "",
        "mapper: <stdin>: not UTF-8, at byte 0 in line 1\n",
    )


@pytest.mark.parametrize("last", ["", "\n"])
def test_a_diff_is_a_patch_that_does_what_fix_does(folder: Path, last: str) -> None:
    (folder / "shop.yaml").write_text(BROKEN.rstrip("\n") + last)
    ran = call("check", "--diff", "shop.yaml")
    assert ran.exit_code == 1
    assert (folder / "shop.yaml").read_text() == BROKEN.rstrip("\n") + last
    assert ran.stdout.startswith("--- shop.yaml\n+++ shop.yaml\n@@ ")
    subprocess.run(["git", "apply", "-p0", "-"], input=ran.stdout.encode(), check=True)
    assert (folder / "shop.yaml").read_text() == FIXED.rstrip("\n") + last
    (folder / "shop.yaml").write_text(FIXED.replace("emm", "em"))
    assert call("check", "--diff", "shop.yaml").exit_code == 0


@pytest.mark.parametrize("words", [("--fix", "-", "shop.yaml"), ("--fix", "--diff", "shop.yaml")])
def test_what_cannot_be_done_together_is_refused(folder: Path, words: tuple[str, ...]) -> None:
    (folder / "shop.yaml").write_text(BROKEN)
    assert call("check", *words).exit_code == 2
    assert (folder / "shop.yaml").read_text() == BROKEN


def test_what_is_mended_is_mended_at_once_and_not_worse(folder: Path) -> None:
    shutil.copytree(ROOT / "tests/cases/diagnostics", folder / "cases")
    written = sorted((folder / "cases").glob("M*.yaml"))
    for path in {*written} - {*some(written, 150, full=200)}:
        path.unlink()
    before = json.loads(call("check", "cases", "--format", "json").stdout)
    first = call("check", "cases", "--fix", "--format", "json")
    assert len(re.findall("^fixed ", first.stderr, re.MULTILINE)) >= 10
    mended = {path: path.read_bytes() for path in (folder / "cases").rglob("*.yaml")}
    second = call("check", "cases", "--fix", "--format", "json")
    assert not re.search("^fixed ", second.stderr, re.MULTILINE)
    assert json.loads(first.stdout) == json.loads(second.stdout)
    assert {path: path.read_bytes() for path in mended} == mended
    errors = [
        Counter((one["file"], one["code"], one["message"]) for one in found if one["severity"] == "error")
        for found in (json.loads(first.stdout), before)
    ]
    assert errors[0] <= errors[1]
