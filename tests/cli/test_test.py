"""`mapper test`: what it prints in each format, how it ends, and that it masks values of persons."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from mapper.cli.watch_files import _snapshot
from mapper.project.project import READ_SUFFIXES
from tests.support.command import MAPPING, ROOT, WRONG, call

_EVENT = "{type: order, id: o-1, at: '2026-05-01T10:00:00Z', email: ada@example.com, total: 1.5}"
_RIGHT = f"""\
  - name: an order
    given: {_EVENT}
    expect: {{custom_data: {{value: "1.5"}}}}
"""
_FAILS = """\
  - name: a wrong value
    given: {type: order, id: o-1, at: 1777629600, email: ada@example.com, total: 2}
    expect: {custom_data: {value: "3"}, user_data: {em: [{hash: bob@example.com}]}}
"""
_TESTED = f"{MAPPING}tests:\n{_RIGHT}"
_FAILING = f"{_TESTED}{_FAILS}"


def _write(content: str, name: str = "shop.yaml") -> str:
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_text(content, encoding="utf-8")
    return name


def test_tests_that_hold_end_with_their_number(folder: Path) -> None:
    ran = call("test", _write(_TESTED))
    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, "1 test: 1 passed\n", "")


def test_a_test_that_fails_shows_the_value_its_rule_and_masks_persons(folder: Path) -> None:
    ran = call("test", _write(_FAILING))
    assert ran.exit_code == 1
    assert ran.stdout == (
        "shop.yaml\n"
        "  FAIL  a wrong value  (shop.yaml:21)\n"
        '    custom_data.value   expected "3"   got "2"\n'
        '      shop.yaml:15  total  2  +decimal "2"\n'
        '    user_data.em[0]   expected "5ff860bf…"   got "b5fc85e5…"\n'
        '      shop.yaml:10  email  "***"  +clean  +digest  +email  +sha256  +unique\n'
        "2 tests: 1 passed, 1 failed\n"
    )
    assert "ada@example.com" in call("test", "shop.yaml", "--reveal").stdout


def test_an_event_that_is_not_sent_shows_what_decided_that(folder: Path) -> None:
    tests = """\
  - {name: unknown, given: {type: refund}, expect: {}}
  - {name: a test, given: {type: order, test: true}, expect: {}}
  - {name: invalid, given: {type: order, id: o-1}, expect: {skip: unmapped}}
"""
    ran = call("test", _write(f"{MAPPING}tests:\n{tests}"))
    assert ran.stdout == (
        "shop.yaml\n"
        "  FAIL  unknown  (shop.yaml:18)\n"
        "    outcome   expected a payload   got skip unmapped\n"
        '      shop.yaml:11  match type  "***"\n'
        "  FAIL  a test  (shop.yaml:19)\n"
        "    outcome   expected a payload   got skip a test order\n"
        "      shop.yaml:5  skip boolean(test)  true: skipped, a test order\n"
        "  FAIL  invalid  (shop.yaml:20)\n"
        "    outcome   expected skip unmapped   got reject event_time, user_data\n"
        "      shop.yaml:9  event_time  is required but missing\n"
        "      shop.yaml:10  user_data  is required but missing\n"
        "3 tests: 0 passed, 3 failed\n"
    )
    assert 'match type  "refund"' in call("test", "shop.yaml", "--reveal").stdout


def test_of_several_outcomes_the_number_is_shown(folder: Path) -> None:
    events = "{parts: [{type: order, id: o-1, at: 1777629600, email: ada@example.com}, {type: order}]}"
    tests = f"""\
  - {{name: two, given: {events}, expect: [{{event_id: o-1}}, {{event_id: o-2}}]}}
  - {{name: one, given: {events}, expect: {{event_id: o-1}}}}
"""
    split = MAPPING.replace("skip:", "split: parts\nskip:")
    ran = call("test", _write(f"{split}tests:\n{tests}"))
    assert ran.stdout == (
        "shop.yaml\n"
        "  FAIL  two  (shop.yaml:19)\n"
        "    [1] outcome   expected a payload   got reject event_id, event_time, user_data\n"
        "      shop.yaml:9  event_id  is required but missing\n"
        "      shop.yaml:10  event_time  is required but missing\n"
        "      shop.yaml:11  user_data  is required but missing\n"
        "  FAIL  one  (shop.yaml:20)\n"
        "    expected 1 outcome, got 2: a payload checkout, reject event_id, event_time, user_data\n"
        "2 tests: 0 passed, 2 failed\n"
    )


def test_without_a_path_all_files_of_mappings_are_run_and_other_files_keep_their_names(folder: Path) -> None:
    _write(
        "version: 1\npartial: true\npayload:\n  custom_data: {value: total, currency: {const: EUR}}\n",
        "mappings/base.yaml",
    )
    _write(
        _FAILING.replace("version: 1\n", "version: 1\nextends: base.yaml\n").replace(
            "    payload: {custom_data: {value: total, currency: {const: EUR}}}\n", ""
        ),
        "mappings/shop.yaml",
    )
    ran = call("test")
    assert ran.exit_code == 1
    assert "mappings/shop.yaml\n  FAIL  a wrong value  (shop.yaml:" in ran.stdout
    assert "base.yaml:4  total  2" in ran.stdout


@pytest.mark.parametrize(
    ("content", "arguments", "status", "said"),
    [
        (MAPPING, (), 2, "no tests\n"),
        (MAPPING, ("--format", "json"), 2, "no tests\n"),
        (MAPPING, ("-q",), 2, "mapper: no tests\n"),
        (MAPPING, ("-q", "--format", "junit"), 2, "mapper: no tests\n"),
        (_TESTED, ("-k", "refund"), 2, "no test has `refund` in its name"),
        (f"{WRONG}tests:\n{_RIGHT}", (), 2, "error[M301]"),
        ("version: 1\npartial: true\ntests: [{given: {}, expect: {skip: unmapped}}]\n", (), 2, "error[M033]"),
        (_FAILING, ("-k", "AN ORDER"), 0, "1 test: 1 passed"),
        (_TESTED, ("--threshold", "100"), 1, "is below the threshold of 100 %"),
        (_TESTED, ("--threshold", "10"), 0, "never acted: "),
        (_TESTED, ("--watch", "--format", "json"), 2, "--watch cannot be combined with --format"),
        (_TESTED, ("-", "--watch"), 2, "--watch and --update need a file"),
        (_TESTED, ("-", "--update"), 2, "--watch and --update need a file"),
    ],
)
def test_it_ends_as_documented(
    content: str, arguments: tuple[str, ...], status: int, said: str, folder: Path
) -> None:
    ran = call("test", _write(content), *arguments)
    assert ran.exit_code == status
    assert said in ran.stdout + ran.stderr


def test_that_there_are_no_tests_is_said_once(folder: Path) -> None:
    ran = call("test", _write(MAPPING))
    assert (ran.exit_code, ran.stdout, ran.stderr) == (2, "no tests\n", "")


def test_a_mapping_from_stdin_is_tested_as_if_it_were_the_file_it_is_named(folder: Path) -> None:
    base = "version: 1\npartial: true\npayload:\n  custom_data: {value: total, currency: {const: EUR}}\n"
    _write(base, "m/base.yaml")
    text = _FAILING.replace("version: 1\n", "version: 1\nextends: base.yaml\n").replace(
        "    payload: {custom_data: {value: total, currency: {const: EUR}}}\n", ""
    )
    piped = call("test", "-", "--stdin-filename", "m/shop.yaml", "--coverage", stdin=text)
    _write(text, "m/shop.yaml")
    saved = call("test", "m/shop.yaml", "--coverage")
    assert (piped.exit_code, piped.stdout) == (1, saved.stdout)
    assert "base.yaml:4  total  2" in piped.stdout
    assert call("test", "-", stdin=_TESTED).stdout == "1 test: 1 passed\n"
    unread = call("test", "-", stdin=b"name: caf\xe9\n")
    assert (unread.exit_code, unread.stdout) == (2, "")
    assert "<stdin>: not UTF-8, at byte 9" in unread.stderr


def test_a_file_that_cannot_be_read_ends_with_2(folder: Path) -> None:
    ran = call("test", _write(_TESTED), "nowhere.yaml")
    assert (ran.exit_code, ran.stdout) == (2, "1 test: 1 passed\n")
    assert "nowhere.yaml" in ran.stderr


def test_fail_fast_stops_at_the_first_test_that_fails(folder: Path) -> None:
    _write(f"{MAPPING}tests:\n{_FAILS}{_FAILS}", "mappings/a.yaml")
    _write(_TESTED, "mappings/b.yaml")
    assert call("test", "--fail-fast").stdout.endswith("1 test: 0 passed, 1 failed\n")


def test_several_processes_say_the_same_as_one(folder: Path) -> None:
    for name in "abc":
        _write(_FAILING, f"mappings/{name}.yaml")
    _write(f"{WRONG}tests:\n{_RIGHT}", "mappings/b2.yaml")
    arguments = ("test", "--coverage", "--format", "json")
    assert call(*arguments, "--jobs", "3").stdout == call(*arguments).stdout


def test_json_holds_each_test_with_its_differences_and_the_coverage(folder: Path) -> None:
    ran = call("test", _write(_FAILING), "--format", "json", "--coverage")
    report = json.loads(ran.stdout)
    (file,) = report["files"]
    assert [(one["name"], one["line"], one["status"]) for one in file["tests"]] == [
        ("an order", 18, "passed"),
        ("a wrong value", 21, "failed"),
    ]
    value: dict[str, Any] = file["tests"][1]["differences"][0]
    assert (value["path"], value["expected"], value["got"]) == ("custom_data.value", "3", "2")
    assert [(made["file"], made["line"]) for made in value["made_by"]] == [("shop.yaml", 15)]
    assert report["coverage"]["sections"] == {"acted": 1, "of": 2}
    assert "ada@example.com" not in ran.stdout


def test_junit_is_xml_with_a_case_for_each_test_and_each_mapping_with_errors(folder: Path) -> None:
    _write(_FAILING, "mappings/a.yaml")
    _write(f"{WRONG}tests:\n{_RIGHT}", "mappings/b.yaml")
    ran = call("test", "--format", "junit")
    root = ElementTree.fromstring(ran.stdout)
    assert ran.exit_code == 2
    assert {key: root.get(key) for key in ("tests", "failures", "errors")} == {
        "tests": "3",
        "failures": "1",
        "errors": "1",
    }
    failure = root.find(".//testcase[@name='a wrong value']/failure")
    assert failure is not None
    assert failure.get("message") == 'custom_data.value   expected "3"   got "2"'


def test_github_annotates_the_line_of_each_test_that_fails(folder: Path) -> None:
    ran = call("test", _write(_FAILING), "--format", "github")
    (line,) = ran.stdout.splitlines()
    assert line.startswith("::error file=shop.yaml,line=21,title=test failed%3A a wrong value::")


def test_lcov_says_on_stderr_how_many_fail(folder: Path) -> None:
    ran = call("test", _write(_FAILING), "--format", "lcov")
    assert ran.stdout.startswith("TN:\nSF:shop.yaml\n")
    assert ran.stderr == "2 tests: 1 passed, 1 failed\n"


def test_watch_runs_again_after_a_change_and_ends_with_130(tmp_path: Path) -> None:
    mapping = tmp_path / "shop.yaml"
    mapping.write_text(_TESTED, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "mapper", "test", "shop.yaml", "--watch"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as ran:
        assert ran.stdout is not None
        assert ran.stdout.readline() == "1 test: 1 passed\n"
        assert "watching" in ran.stdout.readline()
        time.sleep(0.1)
        mapping.write_text(_FAILING, encoding="utf-8")
        lines = [ran.stdout.readline() for _ in range(7)]
        assert "2 tests: 1 passed, 1 failed\n" in lines
        ran.send_signal(signal.SIGINT)
        assert ran.wait(timeout=60) == 130


def test_an_interrupt_ends_all_processes_with_130_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "mappings").mkdir()
    for number in range(600):
        (tmp_path / f"mappings/{number}.yaml").write_text(_FAILING, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "mapper", "test", "--jobs", "3", "--coverage"]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as ran:
        children = Path(f"/proc/{ran.pid}/task/{ran.pid}/children")
        patience = time.monotonic() + 60
        while len(children.read_text("ascii").split()) < 3:
            assert time.monotonic() < patience, "no processes were started"
            time.sleep(0.01)
        os.killpg(ran.pid, signal.SIGINT)
        assert ran.stdout is not None
        said = ran.stdout.read()
        assert (ran.wait(timeout=60), said) == (130, "mapper: interrupted\n")


def test_check_says_how_many_tests_were_not_run(folder: Path) -> None:
    assert "2 tests not run; run `mapper test`\n" in call("check", _write(_FAILING)).stderr
    assert "not run" not in call("check", _write(MAPPING)).stderr


def test_tests_of_a_mapping_with_errors_are_there_but_did_not_run(folder: Path) -> None:
    text = "version: 1\ntarget: pinterest/conversions-v5\ntests: [{name: one, given: {}, expect: {}}]\n"
    Path("broken.yaml").write_text(f"{text}payload: {{event_id: {{todo: which}}}}\n", encoding="utf-8")
    assert call("test", "broken.yaml").stdout.endswith("\nno test was run: 1 mapping with errors\n")


@pytest.mark.parametrize("ending", READ_SUFFIXES)
def test_each_kind_of_file_that_a_mapping_reads_is_watched(ending: str, tmp_path: Path) -> None:
    (tmp_path / f"table{ending}").write_text("a")
    before = _snapshot([str(tmp_path)])
    (tmp_path / f"table{ending}").write_text("a,b")
    assert _snapshot([str(tmp_path)]) != before
