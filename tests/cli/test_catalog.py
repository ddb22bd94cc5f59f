"""`mapper catalog` answers who sends what, from which attributes, and says what is wrong with all of it."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from mapper.cli.terminal import visible
from tests.support.command import ROOT, call, git
from tests.support.depth import some
from tests.support.repository import MAPPINGS, TEAMS, edit, make_repository

_CASES = ROOT / "tests/cases"
_QUESTIONS = yaml.safe_load((_CASES / "catalog_questions.yaml").read_text(encoding="utf-8"))
_FINDINGS = yaml.safe_load((_CASES / "catalog_findings.yaml").read_text(encoding="utf-8"))
# What no report may hold: values of the person in the events.
_PERSON = ("ada@example.com", "+4930901820", "4930901820", "a0b1c2d3", "203.0.113.7")
_USUAL = ("M808", "M809")


@pytest.fixture
def repository(folder: Path) -> Path:
    """The whole repository, as the current folder."""
    make_repository(folder)
    return folder


@pytest.fixture
def small(folder: Path) -> Path:
    """A mapping of each team and one more, as the current folder."""
    make_repository(folder, 9)
    return folder


def _commit() -> None:
    git("init")
    git("add", ".")
    git("commit", "-m", "first")


@pytest.mark.parametrize("row", some(_QUESTIONS, 8, full=12), ids=lambda row: row["question"])
def test_a_question_of_privacy_is_answered(row: dict[str, Any], repository: Path) -> None:
    edit(repository, row.get("first", []))
    if "--against" in row["call"]:
        _commit()
    edit(repository, row["edits"])
    ran = call("catalog", *row["call"])
    assert ran.exit_code == row.get("status", 0), ran.output
    at = 0
    for line in row["says"]:
        assert line in ran.stdout[at:], (line, ran.stdout)
        at = ran.stdout.index(line, at) + len(line)
    assert [one for one in (*row["never"], *_PERSON) if one in ran.output] == []


def test_nobody_is_an_answer_and_a_name_that_no_source_has_is_told(small: Path) -> None:
    assert call("catalog", "--reads", "customer.phone").stderr == "mapper: no rule of the 9 mappings does\n"
    ran = call("catalog", "--reads", "customer.fone")
    assert "no source has an attribute customer.fone; did you mean customer.phone?" in ran.stderr
    assert ran.exit_code == 0
    assert "did you mean books?" in call("catalog", "--owner", "book").stderr


@pytest.mark.parametrize("against", [(), ("--against", "mappings")])
def test_a_field_that_no_target_has_is_refused(against: tuple[str, ...], small: Path) -> None:
    for asked, near in (
        ("user_data.phne", "user_data.ph"),
        ("emm", "em"),
        ("custom_data.contents[].idd", "id"),
    ):
        ran = call("catalog", "--sends", asked, *against)
        assert (ran.exit_code, f"--sends {asked}: no target has this field" in ran.stderr) == (2, True)
        assert f"did you mean {near}" in ran.stderr or near == "id"
    for known in ("user_data.ph", "ph", "user_data", "custom_data.contents[].id", "contents.id"):
        assert call("catalog", "--sends", known, *against).exit_code == 0


@pytest.mark.parametrize("row", some(_FINDINGS, 6), ids=lambda row: row["name"])
def test_what_is_wrong_with_mappings_together_is_found(row: dict[str, Any], repository: Path) -> None:
    edit(repository, row["edits"])
    ran = call("catalog", "--check", "--format", "json")
    found = [one for one in json.loads(ran.stdout) if one["code"] not in _USUAL]
    places = [(one["code"], f"{one['file']}:{one['line']}:{one['column']}") for one in found]
    assert places == [(code, place) for code, place, *_ in row["finds"]]
    for one, (_, _, message, hint) in zip(found, row["finds"], strict=True):
        assert message in one["message"]
        assert hint in one["hint"]
        assert one["code"] != "M805" or one["hint"] == "remove it"  # since no mapping needs it
    assert ran.exit_code == row.get("status", 0)
    assert "ada@example.com" not in call("catalog", "--check").output


def test_rules_that_are_written_alike_are_told_with_the_base_for_them(repository: Path) -> None:
    found = json.loads(call("catalog", "--check", "--format", "json").stdout)
    [alike] = [one for one in found if one["code"] == "M809"]
    assert alike["message"] == f"`custom_data.content_ids` is written alike in {MAPPINGS} files"
    assert "`mappings/base/common.yaml`" in alike["hint"]
    counts = {one["message"] for one in found if one["code"] == "M808"}
    assert "no mapping reads 5 of the 20 attributes of `shop/order`" in counts
    told = call("catalog", "--unread").stdout.splitlines()
    assert told[told.index("shop/order: 5 of 20 attributes") + 1 :] == [
        *("  customer.phone", "  device.id", "  gift_text", "  note", "  sent_at")
    ]


def test_the_policy_names_owners_and_leaves_out_files_and_judges_findings(small: Path) -> None:
    policy = """\
version: 1
exclude: ["mappings/kids/*"]
folders:
  mappings/toys: {owner: play, severity: {M809: error}}
  mappings: {severity: {M808: off}}
accepted: [{code: M809, file: "mappings/books/*.yaml", reason: soon, until: 2099-01-01}]
"""
    (small / "mapper.yaml").write_text(policy)
    told = json.loads(call("catalog", "--format", "json").stdout)
    assert {one["owner"] for one in told["mappings"]} == {*TEAMS, "play"} - {"toys", "kids"}
    assert call("catalog", "--owner", "play").exit_code == 0
    checked = call("catalog", "--check", "--format", "json")
    assert (json.loads(checked.stdout), checked.exit_code) == ([], 0)
    assert "M803" not in call("check").stdout  # a check does not look for what a catalogue finds
    (small / "mapper.yaml").write_text(policy.replace("books/", "music/"))
    checked = call("catalog", "--check", "--format", "json")
    assert sorted(one["code"] for one in json.loads(checked.stdout)) == ["M803", "M809"]


def test_a_broken_policy_ends_with_its_mistakes(small: Path) -> None:
    (small / "mapper.yaml").write_text("version: 1\nfolder: {}\n")
    ran = call("catalog")
    assert (ran.exit_code, "M801" in ran.stdout) == (2, True)


def test_a_mapping_with_errors_is_named_and_the_rest_catalogued(small: Path) -> None:
    edit(small, [{"file": "mappings/toys/shop-1.yaml", "replace": ["send: checkout", "sent: checkout"]}])
    ran = call("catalog", "--format", "json")
    told = json.loads(ran.stdout)
    assert (len(told["mappings"]), [one["file"] for one in told["broken"]]) == (
        8,
        ["mappings/toys/shop-1.yaml"],
    )
    assert "mappings/toys/shop-1.yaml is left out, since it has errors: mappings/toys/" in ran.stderr
    assert ran.exit_code == 1


def test_a_file_alone_and_a_version_in_git_have_a_catalogue(small: Path) -> None:
    _commit()
    one = json.loads(call("catalog", "mappings/toys/shop-1.yaml", "--format", "json").stdout)
    assert [each["file"] for each in one["mappings"]] == ["mappings/toys/shop-1.yaml"]
    edit(small, [{"file": "mappings/toys/shop-1.yaml", "delete": True}])
    was = json.loads(call("catalog", "git:main:mappings", "--format", "json").stdout)
    assert len(was["mappings"]) == 9
    assert call("catalog", "nowhere").exit_code == 2


def test_each_format_says_the_same(small: Path) -> None:
    told = json.loads(call("catalog", "--format", "json", "--jobs", "2").stdout)
    expanded = {
        (mapping["file"], event, rule["part"], rule["path"], ", ".join(_values(rule)), rule["line"])
        for mapping in told["mappings"]
        for rule in mapping["rules"]
        for event in rule["events"] or [""]
    }
    rows = list(csv.DictReader(io.StringIO(call("catalog", "--format", "csv").stdout)))
    names = ("mapping", "event", "part", "field", "reads")
    assert {(*(row[name] for name in names), int(row["line"])) for row in rows} == expanded
    page = call("catalog", "--format", "html").stdout
    shown = re.sub(r"<wbr>", "", page)
    assert [one["file"] for one in told["mappings"] if one["file"] not in shown] == []
    assert [value for value in _PERSON if value in page] == []


@pytest.mark.parametrize("form", ["json", "csv", "html"])
def test_no_format_hides_who_is_sent_without_an_answer(form: str, small: Path) -> None:
    edit(small, [{"file": "mappings/base/common.yaml", "replace": ["missing: denied", "missing: granted"]}])
    said = call("catalog", "--format", form).stdout
    if form == "json":
        rules = [one for mapping in json.loads(said)["mappings"] for one in mapping["rules"]]
        assert {one["without_answer"] for one in rules if one["part"] == "field"} == {"sent"}
    elif form == "csv":
        rows = [row for row in csv.DictReader(io.StringIO(said)) if row["part"] == "field"]
        assert {row["without_answer"] for row in rows} == {"sent"}
    else:
        assert said.count(">no answer: sent</span>") > said.count(">not sent</span>") == 0


def _values(rule: dict[str, Any]) -> list[str]:
    return [one["attribute"] for one in rule["reads"] if one["is_value"]]


class _Page(HTMLParser):
    """The parts of a page that act. loaded: what it asks for elsewhere."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.scripts: list[str] = []
        self.policy = ""
        self.tag = ""
        self.teams: list[str | None] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        known = dict(attributes)
        self.tag = tag
        self.loaded += [str(known[name]) for name in ("src", "href", "action", "style") if name in known]
        self.teams += [known["data-team"]] if self.tag == "tr" and "data-team" in known else []
        if known.get("http-equiv") == "Content-Security-Policy":
            self.policy = str(known["content"])

    def handle_data(self, data: str) -> None:
        if self.tag == "script":
            self.scripts.append(data)
        self.tag = ""


def test_the_page_loads_nothing_and_runs_its_own_script_alone(small: Path) -> None:
    hostile = "<img src=http://evil.example onerror=alert(1)>"
    edit(small, [{"file": "mappings/toys/shop-1.yaml", "replace": ["name: toys-1", f"name: '{hostile}'"]}])
    edit(
        small,
        [{"file": "mappings/toys/team.yaml", "replace": ["from: sku", "from: '\"<script>x</script>\"'"]}],
    )
    page = _Page(call("catalog", "--format", "html").stdout)
    assert page.loaded == []
    [script] = page.scripts
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert page.policy == f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"


def test_each_row_of_the_page_names_its_teams(small: Path) -> None:
    text = "version: 1\nfolders:\n  mappings/toys: {owner: 'a \"b\" & <c>'}\n"
    (small / "mapper.yaml").write_text(text)
    told = json.loads(call("catalog", "--format", "json").stdout)["mappings"]
    teams = [json.loads(one or "") for one in _Page(call("catalog", "--format", "html").stdout).teams]
    known = {visible(one["owner"]) for one in told}
    assert {name for one in teams for name in one} == known
    assert sorted(known) in teams  # of a personal field that all teams send


def test_a_cell_is_no_formula(small: Path) -> None:
    edit(small, [{"file": "mappings/toys/shop-1.yaml", "replace": ["name: toys-1", "name: '=cmd()'"]}])
    rows = list(csv.DictReader(io.StringIO(call("catalog", "--format", "csv").stdout)))
    assert "'=cmd()" in {row["name"] for row in rows}


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--check", "--unread"), "--check cannot be combined with --unread"),
        (("--check", "--reads", "a"), "--check is about all rules"),
        (("--check", "--format", "csv"), "--format csv is not possible with --check"),
        (("--against", "git:main", "--format", "html"), "--format html is not possible with --against"),
        (("--format", "sarif"), "--format sarif is not possible; --check has it"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options: tuple[str, ...], why: str, small: Path) -> None:
    ran = call("catalog", *options)
    assert (ran.exit_code, why in ran.stderr) == (2, True)


def test_a_change_is_told_to_programs_too(small: Path) -> None:
    _commit()
    edit(
        small,
        [
            {
                "file": "mappings/toys/team.yaml",
                "replace": ["payload:\n", "payload:\n  user_data: {ph: note}\n"],
            }
        ],
    )
    edit(small, [{"file": "mappings/kids/shop-1.yaml", "delete": True}])
    told = json.loads(call("catalog", "--against", "git:main", "--format", "json").stdout)
    new = [one for one in told["changes"] if one["kind"] == "newly sent"]
    assert [(one["attribute"], one["path"], one["owners"], one["personal"]) for one in new] == [
        ("note", "user_data.ph", ["toys"], True)
    ]
    gone = {one["attribute"] for one in told["changes"] if one["kind"] == "no longer sent"}
    assert "customer.email" in gone
    assert told["deleted"] == ["mappings/kids/shop-1.yaml"]


def test_each_mapping_has_a_line(repository: Path) -> None:
    lines = call("catalog").stdout.splitlines()
    assert lines[0] == f"{MAPPINGS} mappings of 8 teams ({', '.join(TEAMS)})"
    assert len([line for line in lines if "/shop-" in line]) == MAPPINGS
    assert "shop/order: 5 of 20 attributes are read by no mapping" in lines
