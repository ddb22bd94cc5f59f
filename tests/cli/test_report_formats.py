"""SARIF, GitHub's workflow commands and JUnit are well formed, whatever a mapping and its name hold."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator

from mapper import CODES, check_mapping
from mapper.cli.check_options import FORMATS
from mapper.cli.report import CheckResult, Unread, report
from mapper.cli.report.sarif import as_sarif
from mapper.texts.diagnostic import Diagnostic, Edit, Fix
from mapper.texts.named_text import Span, Text

pytestmark = pytest.mark.quick

CASES = Path(__file__).parents[1] / "cases" / "diagnostics"
EVIL = "\x1b]0;owned\x07\r\n::error::x\x00\x9b31m\u2028\u202e\ufffe\uffff\ud800]]>&<\"'%0A,:"

# What of SARIF 2.1.0 is written here, closed: a word that is none of SARIF's fails.
_TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
_TEXT_ONLY = {**_TEXT, "additionalProperties": False}
_LEVEL = {"enum": ["none", "note", "warning", "error"]}
_NUMBER = {"type": "integer", "minimum": 1}


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "required": list(required),
        "properties": {**required, **(optional or {})},
        "additionalProperties": False,
    }


def _list(item: dict[str, Any], least: int = 0) -> dict[str, Any]:
    return {"type": "array", "items": item, "minItems": least}


_URI = {"type": "string", "pattern": "^(?:file:///)?(?:[A-Za-z0-9._~/-]|%[0-9A-F]{2})+$"}
_FILE = _object({"uri": _URI}, {"uriBaseId": {"const": "%SRCROOT%"}})
_REGION = _object(dict.fromkeys(("startLine", "startColumn", "endLine", "endColumn"), _NUMBER))
_PLACE = _object({"artifactLocation": _FILE}, {"region": _REGION})
_REPLACEMENT = _object(
    {"deletedRegion": _REGION, "insertedContent": _object({"text": {"type": "string"}})},
)
_CHANGE = _object({"artifactLocation": _FILE, "replacements": _list(_REPLACEMENT, 1)})
_SENTENCE = {"type": "object", "properties": {"text": {"type": "string", "pattern": r"[.?!]$"}}}
_RULE = _object(
    {
        "id": {"type": "string", "pattern": r"^M\d{3}$"},
        "name": {"type": "string", "pattern": "^[A-Z][A-Za-z0-9]+$"},
        "shortDescription": {**_TEXT_ONLY, **_SENTENCE},
        "fullDescription": {**_TEXT_ONLY, **_SENTENCE},
        "help": _object({"text": {"type": "string"}, "markdown": {"type": "string"}}),
        "defaultConfiguration": _object({"level": _LEVEL}),
    },
    {"helpUri": {"type": "string", "pattern": "^https://"}},
)
_DRIVER = _object(
    {
        **{key: {"type": "string"} for key in ("name", "fullName", "version")},
        "semanticVersion": {"type": "string", "pattern": r"^\d+\.\d+\.\d+$"},
        "rules": {**_list(_RULE), "uniqueItems": True},
    },
    {"informationUri": {"type": "string", "pattern": "^https://"}},
)
_NOTIFICATION = _object(
    {"level": _LEVEL, "message": _TEXT_ONLY, "locations": _list(_object({"physicalLocation": _PLACE}))}
)
_RESULT = _object(
    {
        "ruleId": {"enum": sorted(CODES)},
        "ruleIndex": {"type": "integer", "minimum": 0, "maximum": len(CODES) - 1},
        "level": _LEVEL,
        "message": {**_TEXT_ONLY, **_SENTENCE},
        "locations": {**_list(_object({"physicalLocation": _PLACE}), 1), "maxItems": 1},
        "partialFingerprints": _object({"mappingLine/v1": {"type": "string", "minLength": 16}}),
    },
    {
        "relatedLocations": _list(
            _object({"id": _NUMBER, "physicalLocation": _PLACE, "message": _TEXT_ONLY}), 1
        ),
        "fixes": _list(
            _object(
                {"description": _TEXT_ONLY, "artifactChanges": _list(_CHANGE, 1)},
                {"properties": {"type": "object"}},
            ),
            1,
        ),
    },
)
_RUN = _object(
    {
        "tool": _object({"driver": _DRIVER}),
        "invocations": _list(
            _object(
                {"executionSuccessful": {"type": "boolean"}},
                {"toolExecutionNotifications": _list(_NOTIFICATION, 1)},
            ),
            1,
        ),
        "originalUriBaseIds": _object({"%SRCROOT%": _object({"description": _TEXT_ONLY})}),
        "artifacts": {
            **_list(
                _object(
                    {"location": _FILE, "sourceLanguage": {"const": "yaml"}, "encoding": {"const": "UTF-8"}}
                )
            ),
            "uniqueItems": True,
        },
        "columnKind": {"const": "unicodeCodePoints"},
        "newlineSequences": {"const": ["\r\n", "\n", "\r"]},
        "results": _list(_RESULT),
    }
)
_LOG = _object({"$schema": {"type": "string"}, "version": {"const": "2.1.0"}, "runs": _list(_RUN, 1)})


def found_in(content: str, code: str = "M301", name: str = "a.yaml", **fields: Any) -> Diagnostic:
    """A diagnostic at the part of a text between ⟦ and ⟧."""
    start, end = content.index("⟦"), content.index("⟧") - 1
    span = Text(name, content.replace("⟦", "").replace("⟧", "")).span(start, end)
    return Diagnostic(code, span, **{"message": "m", **fields})


def checked(*found: Diagnostic, strict: bool = False) -> CheckResult:
    """What was found, in the files it was found in."""
    return CheckResult(tuple(dict.fromkeys(one.span.text.name for one in found)), found, (), strict)


def sarif(given: CheckResult) -> dict[str, Any]:
    """The run of a log, after its shape was checked."""
    log = json.loads(as_sarif(given))
    Draft202012Validator(_LOG).validate(log)
    run: dict[str, Any] = log["runs"][0]
    return run


def evil() -> CheckResult:
    """All that an author may write, and a file's name may hold, in every place there is."""
    name = EVIL.replace("\ud800", "\udcff")  # how Python hands on a byte that is not UTF-8
    at = Text(f"{name}.yaml", f"{EVIL}: {EVIL}").span(1, 12)
    other = Text("b.yaml", EVIL).span(0, len(EVIL))
    fix = Fix(EVIL, (Edit(at, EVIL), Edit(other, "")), safe=True)
    found = Diagnostic("M301", at, EVIL, f"{EVIL}\n{EVIL}", EVIL, ((other, EVIL),), (fix,))
    warned = Diagnostic("M307", other, EVIL)
    return CheckResult((at.text.name, "right.yaml"), (found, warned), (Unread(name, EVIL),))


def commands(text: str) -> Iterator[tuple[str, dict[str, str], str]]:
    """Workflow commands as GitHub's runner reads them."""
    for line in text.split("\n")[:-1]:
        command, properties, message = re.fullmatch("::([a-z]+) ([^:]*)::(.*)", line).groups()  # type: ignore[union-attr]  # it matches
        pairs = (pair.split("=", 1) for pair in properties.split(","))
        yield command, {key: _unescaped(value, ":,") for key, value in pairs}, _unescaped(message, "")


def _unescaped(text: str, more: str) -> str:
    for char in f"\r\n{more}%":
        text = text.replace(f"%{ord(char):02X}", char)
    return text


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_an_author_wrote_acts_on_a_terminal_or_breaks_a_format(form: str) -> None:
    text = report(form, evil())
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e]", text)
    if form == "sarif":
        sarif(evil())
    if form == "github":
        assert [command for command, _, _ in commands(text)] == ["error", "warning", "error"]
    if form == "junit":
        text.encode("utf-8")
        assert len(ElementTree.fromstring(text).findall("testsuite/testcase")) == 4


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "text"])
@pytest.mark.parametrize("files", [(), ("a.yaml",), ("a.yaml", "b.yaml")])
def test_where_nothing_is_wrong_a_report_is_whole(form: str, files: tuple[str, ...]) -> None:
    text = report(form, CheckResult(files))
    if form == "json":
        assert json.loads(text) == []
    elif form == "sarif":
        run = sarif(CheckResult(files))
        assert [one["location"]["uri"] for one in run["artifacts"]] == list(files)
        assert (run["results"], run["invocations"]) == ([], [{"executionSuccessful": True}])
    elif form == "github":
        assert text == ""
    else:
        suites = ElementTree.fromstring(text)
        assert [case.attrib["name"] for case in suites.iter("testcase")] == list(files)
        assert (suites.attrib["tests"], suites.attrib["failures"]) == (str(len(files)), "0")


def test_the_corpus_of_mistakes_is_reported_in_every_format() -> None:
    paths = sorted(CASES.glob("*.yaml"))[::7]
    found = [one for path in paths for one in check_mapping(path)]
    given = CheckResult(tuple(map(str, paths)), tuple(found))
    run = sarif(given)
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted(CODES)
    assert [rules[one["ruleIndex"]]["id"] for one in run["results"]] == [one.code for one in found]
    assert len(list(commands(report("github", given)))) == len(found)
    cases = ElementTree.fromstring(report("junit", given)).findall("testsuite/testcase")
    # A file that one of them extends has a case of its own where something is said of it.
    named = {*map(str, paths), *(one.span.text.name for one in found)}
    assert sorted(case.attrib["name"] for case in cases) == sorted(named)


@pytest.mark.parametrize(
    ("code", "strict", "level", "command", "fails"),
    [
        ("M301", False, "error", "error", True),
        ("M307", False, "warning", "warning", False),
        ("M307", True, "error", "error", True),
        ("M901", True, "note", "notice", False),
    ],
)
def test_every_format_knows_how_bad_it_is(
    code: str, strict: bool, level: str, command: str, fails: bool
) -> None:
    given = checked(found_in("⟦a⟧", code), strict=strict)
    assert [one["level"] for one in sarif(given)["results"]] == [level]
    assert [one[0] for one in commands(report("github", given))] == [command]
    (case,) = ElementTree.fromstring(report("junit", given)).iter("testcase")
    assert [child.tag for child in case] == (["failure"] if fails else ["system-out"])


@pytest.mark.parametrize(
    ("content", "region"),
    [
        ("a: ⟦b⟧", (1, 4, 1, 5)),
        ("日本🎉e\u0301: ⟦x⟧\n", (1, 8, 1, 9)),
        ("\ufeff⟦a⟧: b", (1, 1, 1, 2)),
        ("⟦\ufeffa⟧: b", (1, 1, 1, 2)),
        ("\ufeffa: b\nc: ⟦d⟧", (2, 4, 2, 5)),
        ("a:\r\n  ⟦b:\r\n    c⟧: 1", (2, 3, 3, 6)),
        ("a:\rb: ⟦c⟧", (2, 4, 2, 5)),
        ("a⟦⟧", (1, 2, 1, 2)),
    ],
)
def test_places_are_counted_in_characters_and_without_the_byte_order_mark(
    content: str, region: tuple[int, int, int, int]
) -> None:
    given = checked(found_in(content))
    (result,) = sarif(given)["results"]
    assert tuple(result["locations"][0]["physicalLocation"]["region"].values()) == region
    (command,) = commands(report("github", given))
    line, column, end_line, end_column = map(str, region)
    columns = {"col": column, "endColumn": end_column} if line == end_line else {}
    assert command[1] == {
        "file": "a.yaml",
        "line": line,
        "endLine": end_line,
        **columns,
        "title": f"M301: {CODES['M301'].title}",
    }


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("mappings/shop.yaml", "mappings/shop.yaml"),
        ("./a/../b c/日本#1%.yaml", "b%20c/%E6%97%A5%E6%9C%AC%231%25.yaml"),
        ("c:d.yaml", "c%3Ad.yaml"),
        ("<stdin>", "%3Cstdin%3E"),
        ("{here}/x.yaml", "x.yaml"),
        ("{above}/x y.yaml", "file://{above}/x%20y.yaml"),
        ("../x.yaml", "file://{above}/x.yaml"),
        ("..x/y.yaml", "..x/y.yaml"),
    ],
)
def test_a_file_has_a_uri_relative_to_the_folder_we_are_in(
    name: str, uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    places = {"{here}": str(here), "{above}": str(tmp_path)}
    for word, path in places.items():
        name, uri = name.replace(word, path), uri.replace(word, path)
    (result,) = sarif(checked(found_in("⟦a⟧", name=name)))["results"]
    location = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location == {"uri": uri, **({} if uri.startswith("file:") else {"uriBaseId": "%SRCROOT%"})}
    (command,) = commands(report("github", checked(found_in("⟦a⟧", name=name))))
    assert command[1]["file"] == (name if uri.startswith("file:") else unquote(uri))


def test_sarif_says_other_places_and_what_to_write() -> None:
    other = Text("b.yaml", "first\nsecond").span(6, 12)
    at = Text("a.yaml", "one two").span(0, 3)
    fix = Fix("write it", (Edit(at, "x"), Edit(other, ""), Edit(Span(at.text, 4, 4), "y")), safe=False)
    found = Diagnostic("M301", at, "see items[](x)", "do it", related=((other, "the other"),), fixes=(fix,))
    run = sarif(checked(found))
    (result,) = run["results"]
    assert result["message"]["text"] == "see items\\[](x). Hint: do it."
    related = result["relatedLocations"][0]
    assert (related["message"]["text"], related["physicalLocation"]["region"]["startLine"]) == (
        "the other.",
        2,
    )
    changes = result["fixes"][0]["artifactChanges"]
    written = [
        (
            change["artifactLocation"]["uri"],
            [one["insertedContent"]["text"] for one in change["replacements"]],
        )
        for change in changes
    ]
    assert written == [("a.yaml", ["x", "y"]), ("b.yaml", [""])]
    assert result["fixes"][0]["properties"] == {"safe": False}


def test_a_fingerprint_stays_while_lines_move_and_tells_results_apart() -> None:
    def prints(*contents: str) -> list[str]:
        results = sarif(checked(*map(found_in, contents)))["results"]
        return [one["partialFingerprints"]["mappingLine/v1"] for one in results]

    before, moved, changed = prints("x: ⟦1⟧"), prints("# new\n\n  x:  ⟦1⟧"), prints("x: ⟦2⟧")
    assert before == moved != changed
    assert len(set(prints("x: ⟦1⟧", "x: ⟦1⟧ "))) == 2


def test_what_cannot_be_read_is_in_every_format_that_can_say_it() -> None:
    given = CheckResult((), (), (Unread("a.yaml", "a.yaml: Permission denied"),))
    (invocation,) = sarif(given)["invocations"]
    assert invocation["executionSuccessful"] is False
    (notification,) = invocation["toolExecutionNotifications"]
    assert notification["message"] == {"text": "a.yaml: Permission denied."}
    assert list(commands(report("github", given))) == [
        ("error", {"file": "a.yaml", "title": "unreadable"}, "a.yaml: Permission denied")
    ]
    suites = ElementTree.fromstring(report("junit", given))
    assert (suites.attrib["errors"], suites.attrib["failures"]) == ("1", "0")


def test_the_pages_of_codes_are_linked_where_they_have_an_address() -> None:
    log = json.loads(as_sarif(CheckResult(()), "https://shop.example/docs/diagnostics"))
    Draft202012Validator(_LOG).validate(log)
    driver = log["runs"][0]["tool"]["driver"]
    assert driver["informationUri"] == "https://shop.example/docs/diagnostics/"
    assert driver["rules"][0]["helpUri"] == "https://shop.example/docs/diagnostics/M001/"


def test_an_annotation_says_the_place_the_hint_and_other_places() -> None:
    other = Text("b.yaml", "first").span(0, 5)
    found = found_in("a: 1\nb: ⟦2⟧", message="bad: 50%, it is", hint="do\nthis", related=((other, "here"),))
    assert report("github", checked(found)) == (
        "::error file=a.yaml,line=2,col=4,endLine=2,endColumn=5,title=M301%3A unknown target path::"
        "a.yaml:2:4: bad: 50%25, it is%0Ab.yaml:1:1: here%0Ahint: do%0Athis\n"
    )


def test_junit_keeps_errors_and_the_rest_apart_by_file() -> None:
    base = found_in("⟦a⟧", name="base.yaml")
    given = CheckResult(
        ("a.yaml", "b.yaml"),
        (found_in("⟦a⟧"), found_in("⟦b⟧", "M302"), found_in("⟦c⟧", "M307"), base),
    )
    suites = ElementTree.fromstring(report("junit", given))
    assert suites.attrib == {"tests": "3", "failures": "2", "errors": "0", "skipped": "0"}
    assert [case.attrib["name"] for case in suites.iter("testcase")] == ["a.yaml", "b.yaml", "base.yaml"]
    (failure,) = suites.findall("testsuite/testcase[@name='a.yaml']/failure")
    assert failure.attrib == {"message": "2 errors; the first: a.yaml:1:1: M301 m", "type": "M301"}
    assert re.findall(r"\[(M\d+)\]", failure.text or "") == ["M301", "M302"]
    (rest,) = suites.findall("testsuite/testcase[@name='a.yaml']/system-out")
    assert "warning[M307]: m" in (rest.text or "")
