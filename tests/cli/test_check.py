"""`mapper check` says what is wrong with mapping files, where, and by its exit status."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mapper.cli.check_options import FORMATS
from tests.support.command import ROOT, TEN_MISTAKES, call, environment

pytestmark = pytest.mark.quick

# Right, and with all that is advised.
MAPPING = """\
name: small
version: 1
target: pinterest/conversions-v5
payload:
  action_source: {const: web}
  event_id: id
  event_time: at
  event_source_url: url
  user_data: {em: email, external_id: user, click_id: epik, client_ip_address: ip, client_user_agent: agent}
match: type
events:
  - is: view
    send: page_visit
    payload: {custom_data: {value: total, currency: {const: EUR}}}
"""
WARNED = MAPPING.replace("page_visit", "page_vist")
WRONG = MAPPING.replace("currency:", "curency:")
MORE = "for more, run `mapper explain {}`\n"

COVERED = "{}: page_visit 8 of 11 signals (no hashed_maids, order_id, contents[].id)\n"


def test_a_right_mapping_gives_no_line_and_status_0(folder: Path) -> None:
    (folder / "shop.yaml").write_text(MAPPING)
    ran = call("check", "shop.yaml")
    assert (ran.exit_code, ran.stdout) == (0, "")
    assert ran.stderr == COVERED.format("shop.yaml") + "checked 1 mapping: no errors, no warnings\n"


def test_an_error_is_shown_with_its_line_and_status_1(folder: Path) -> None:
    (folder / "shop.yaml").write_text(WRONG)
    ran = call("check", "shop.yaml")
    assert ran.exit_code == 1
    assert ran.stdout == (
        "error[M301]: `custom_data` has no field `curency`\n"
        "   --> shop.yaml:14:43\n"
        "    |\n"
        " 14 |     payload: {custom_data: {value: total, curency: {const: EUR}}}\n"
        "    |                                           ^^^^^^^\n"
        "    = hint: did you mean `currency`?\n"
    )
    assert ran.stderr == "checked 1 mapping: 1 error, no warnings\n" + MORE.format("M301")


def test_json_has_the_documented_keys_in_order() -> None:
    ran = call("check", "--format", "json", TEN_MISTAKES)
    found = json.loads(ran.stdout)
    assert ran.exit_code == 1
    assert len(found) >= 10
    assert {tuple(one) for one in found} == {
        (
            "file",
            "line",
            "column",
            "end_line",
            "end_column",
            "code",
            "severity",
            "message",
            "hint",
            "path",
            "fixes",
        )
    }
    assert [(one["line"], one["column"]) for one in found] == sorted(
        (one["line"], one["column"]) for one in found
    )
    assert all(one["file"] == str(TEN_MISTAKES) for one in found)


def test_json_of_a_right_mapping_is_an_empty_array(folder: Path) -> None:
    (folder / "shop.yaml").write_text(MAPPING)
    assert call("check", "--format", "json", "shop.yaml").stdout == "[]\n"


def test_warnings_are_errors_only_when_strict(folder: Path) -> None:
    (folder / "shop.yaml").write_text(WARNED)
    lenient, strict = call("check", "shop.yaml"), call("check", "--strict", "shop.yaml")
    assert (lenient.exit_code, strict.exit_code) == (0, 1)
    assert lenient.stdout.startswith("warning[M307]")
    assert strict.stdout.startswith("error[M307]")
    assert strict.stderr == "checked 1 mapping: 1 error, no warnings\n" + MORE.format("M307")


def test_a_folder_means_all_mappings_under_it_but_hidden_ones(folder: Path) -> None:
    for name in ("b.yaml", "a/c.yml", "a/d.json", ".hidden.yaml", ".git/e.yaml"):
        (folder / "all" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "all" / name).write_text(WRONG)
    ran = call("check", "all", "--format", "json")
    assert [one["file"] for one in json.loads(ran.stdout)] == ["all/a/c.yml", "all/b.yaml"]
    assert ran.stderr == "checked 2 mappings: 2 errors, no warnings\n"


def test_a_file_that_is_named_twice_is_checked_once(folder: Path) -> None:
    (folder / "all").mkdir()
    (folder / "all/shop.yaml").write_text(MAPPING)
    for arguments, stdin in ((("all", "all/shop.yaml"), ""), (("-", "-"), MAPPING)):
        ran = call("check", *arguments, stdin=stdin)
        covered = COVERED.format("<stdin>" if stdin else "all/shop.yaml")
        assert (ran.exit_code, ran.stderr) == (0, f"{covered}checked 1 mapping: no errors, no warnings\n")


def test_without_a_path_mappings_is_checked(folder: Path) -> None:
    (folder / "mappings").mkdir()
    (folder / "mappings/shop.yaml").write_text(MAPPING)
    covered = COVERED.format("mappings/shop.yaml")
    assert call("check").stderr == f"{covered}checked 1 mapping: no errors, no warnings\n"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("", "mapper: there is no folder mappings/ here; name a mapping file or a folder"),
        ("empty", "mapper: no mapping file in empty"),
        ("nowhere.yaml", "mapper: nowhere.yaml: No such file or directory"),
        ("pipe.yaml", "mapper: pipe.yaml: not a regular file"),
        ("two\nlines.yaml", "mapper: two\\x0alines.yaml: No such file or directory"),
    ],
)
def test_nothing_to_check_is_one_line_and_status_2(folder: Path, path: str, said: str) -> None:
    (folder / "empty").mkdir()
    os.mkfifo(folder / "pipe.yaml")
    ran = call("check", *([path] if path else []))
    assert (ran.exit_code, ran.stdout, ran.stderr) == (2, "", f"{said}\n")


def test_stdin_is_a_mapping_with_the_name_an_editor_gives(folder: Path) -> None:
    ran = call("check", "-", "--stdin-filename", "open/shop.yaml", "--format", "json", stdin=WRONG)
    assert ran.exit_code == 1
    assert [one["file"] for one in json.loads(ran.stdout)] == ["open/shop.yaml"]


def test_a_file_that_cannot_be_read_costs_only_itself_and_is_status_2(folder: Path) -> None:
    (folder / "latin.yaml").write_bytes(b"name: caf\xe9\n")
    (folder / "wrong.yaml").write_text(WRONG)
    ran = call("check", "latin.yaml", "wrong.yaml")
    assert ran.exit_code == 2
    assert ran.stdout.startswith("error[M301]")
    assert ran.stderr.splitlines() == [
        "mapper: latin.yaml: not UTF-8, at byte 9 in line 1",
        "checked 1 mapping: 1 error, no warnings",
        MORE.format("M301").rstrip(),
    ]
    ran = call("check", "-", stdin=b"name: caf\xe9\n")
    said = "mapper: <stdin>: not UTF-8, at byte 9 in line 1"
    assert (ran.exit_code, ran.stderr.splitlines()[0]) == (2, said)


def test_what_an_author_writes_does_not_act_on_the_terminal(folder: Path) -> None:
    (folder / "evil.yaml").write_text(WRONG.replace("curency", '"cur\\e[2Jency\x9b31m"'), encoding="utf-8")
    for form in FORMATS:
        ran = call("check", "--format", form, "evil.yaml")
        assert ran.exit_code == 1
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", ran.stdout)


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_goes_to_stdout_and_its_count_to_stderr(folder: Path, form: str) -> None:
    (folder / "right.yaml").write_text(MAPPING)
    (folder / "warned.yaml").write_text(WARNED)
    ran = call("check", "--format", form, "right.yaml", "warned.yaml", "--strict")
    assert ran.exit_code == 1
    assert "M307" in ran.stdout
    assert ran.stderr.startswith("checked 2 mappings: 1 error, no warnings\n")
    assert (MORE.format("M307") in ran.stderr) == (form == "text")
    assert "signals" not in ran.stderr
    lenient = call("check", "--format", form, "right.yaml", "warned.yaml")
    assert (lenient.exit_code, lenient.stdout == ran.stdout) == (0, False)


def test_a_quiet_call_says_the_findings_alone(folder: Path) -> None:
    (folder / "right.yaml").write_text(MAPPING)
    (folder / "warned.yaml").write_text(WARNED)
    ran = call("check", "-q", "right.yaml", "warned.yaml")
    assert (ran.exit_code, ran.stdout.count("warning["), ran.stderr) == (0, 1, "")
    assert call("check", "-q", "none.yaml").stderr != ""


def test_of_several_right_mappings_what_they_can_send_is_said_when_it_is_asked(folder: Path) -> None:
    (folder / "one.yaml").write_text(MAPPING)
    (folder / "two.yaml").write_text(MAPPING)
    assert call("check", "one.yaml", "two.yaml").stderr == "checked 2 mappings: no errors, no warnings\n"
    told = COVERED.format("one.yaml") + COVERED.format("two.yaml")
    assert call("check", "-v", "one.yaml", "two.yaml").stderr.startswith(told)


def test_what_is_said_of_a_file_that_others_extend_is_said_once(folder: Path) -> None:
    (folder / "pyproject.toml").touch()
    base = (
        "name: base\nversion: 1\ntarget: pinterest/conversions-v5\npartial: true\npayload: {event_idd: id}\n"
    )
    (folder / "base.yaml").write_text(base)
    for name in ("a.yaml", "b.yaml"):
        (folder / name).write_text("extends: base.yaml\n" + MAPPING)
    found = json.loads(call("check", ".", "--format", "json").stdout)
    assert [(one["file"], one["code"]) for one in found] == [("base.yaml", "M301")]


@pytest.mark.parametrize(
    ("changes", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_a_terminal_gets_colour_unless_it_says_no(changes: dict[str, str], coloured: bool) -> None:
    screen, side = pty.openpty()
    usual = {"TERM": "xterm", "NO_COLOR": ""}
    words = [sys.executable, "-m", "mapper", "check", str(TEN_MISTAKES)]
    env = environment(**{**usual, **changes})
    ran = subprocess.Popen(words, cwd=ROOT, env=env, stdout=side, stderr=subprocess.DEVNULL)
    os.close(side)
    shown = os.read(screen, 200)
    with os.fdopen(screen, "rb", buffering=0) as rest:
        try:
            while rest.read(4096):
                pass
        except OSError:  # how a terminal ends
            pass
    assert ran.wait() == 1
    assert (b"\x1b[" in shown) == coloured


def test_no_colour_leaves_a_terminal() -> None:
    assert "\x1b" not in call("check", TEN_MISTAKES).stdout


@pytest.mark.parametrize(
    ("env", "coloured"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"CLICOLOR_FORCE": "1"}, True),
        ({"FORCE_COLOR": "0"}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colour_can_be_forced_where_there_is_no_terminal(
    env: dict[str, str], coloured: bool, tmp_path: Path
) -> None:
    (tmp_path / "small.yaml").write_text(WRONG)
    unset = dict.fromkeys(("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE"))
    ran = call("check", tmp_path / "small.yaml", env={**unset, **env})
    assert ("\x1b[" in ran.stdout) is coloured
