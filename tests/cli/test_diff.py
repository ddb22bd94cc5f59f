"""`mapper diff` tells how two versions of a mapping differ, in git too, and shows no person's value."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.shell_completion import BashComplete

from mapper.cli import commands
from mapper.project.project import MOST_READ
from tests.cli.test_canary import events_with, leaks, planted  # noqa: F401  # a fixture
from tests.support.command import MAPPING, ROOT, SEGMENT, WRONG, call, event, git, ndjson

_NEW = MAPPING.replace("value: total", "value: {from: total, apply: {divide: 100}}").replace(
    "em: email", "em: mail, ph: phone"
)
_EVENTS = [
    event(1, total=7239, phone="+14155550132"),
    event(2, total=100, mail="ada@example.com"),
    event(3, total="x"),
    {"type": "order", "test": True},
    {"type": "view", "id": "v-1", "at": "2026-05-01T10:00:00Z", "email": "ada@example.com"},
]


@pytest.fixture
def folder(folder: Path) -> Path:
    """A folder with two versions, and events, in which commands run."""
    Path("old.yaml").write_text(MAPPING)
    Path("new.yaml").write_text(_NEW)
    Path("events.ndjson").write_text(ndjson(*_EVENTS))
    return folder


@pytest.fixture
def repository(folder: Path) -> Path:
    """A repository whose first version has other rules, in files that are extended, and another schema."""
    base = Path("mappings/base/shop.yaml")
    base.parent.mkdir(parents=True)
    base.write_text("version: 1\npartial: true\nmatch: type\n")
    text = MAPPING.replace("match: type\n", "").replace("skip:", "extends: base/shop.yaml\nskip:")
    Path("mappings/shop.yaml").write_text(text)
    git("init")
    git("add", ".")
    git("commit", "-m", "first")
    return folder


def test_text_tells_what_differs_those_first_that_matter_most(folder: Path) -> None:
    Path("new.yaml").write_text(MAPPING.replace("value: total", "value: {from: total, apply: {divide: 100}}"))
    ran = call("diff", "old.yaml", "new.yaml", "events.ndjson")
    assert ran.exit_code == 1
    assert ran.stdout == (
        "5 events: 3 same · 2 differ\n"
        '! custom_data.value  2 changed  "7239" -> "72.39"  (new.yaml:15, was old.yaml:15)  e.g. line 1'
        "  ! money changed\n"
        "plan: ! custom_data.value value total -> total | divide(by: 100)\n"
    )
    ran = call("diff", "old.yaml", "new.yaml", "events.ndjson", "--by", "event", "--limit", 1)
    assert ran.stdout == (
        "5 events: 3 same · 2 differ\n"
        "line 1\n"
        '  custom_data.value  changed  "7239" -> "72.39"  (new.yaml:15, was old.yaml:15)'
        "  ! money changed\n"
        "  … 1 more event: --limit shows more\n"
        "plan: ! custom_data.value value total -> total | divide(by: 100)\n"
    )


def test_without_events_the_plan_is_told_rule_by_rule(folder: Path) -> None:
    ran = call("diff", "old.yaml", "new.yaml")
    assert ran.exit_code == 1
    assert ran.stdout == (
        "no events to compare: neither version has tests\n"
        "plan: 3 differences\n"
        "! ~ user_data.em  (new.yaml:10, was old.yaml:10)  ! identity changed\n"
        "      value  email -> mail\n"
        "! + user_data.ph  (new.yaml:10)  ! more personal data\n"
        "      value  phone\n"
        "! ~ custom_data.value in is order  (new.yaml:15, was old.yaml:15)  ! money changed\n"
        "      value  total -> total | divide(by: 100)\n"
    )


def test_events_of_the_tests_of_both_versions_are_compared_each_once(folder: Path) -> None:
    def tests(*names: str) -> str:
        cases = [
            {"name": name, "given": event(len(name)), "expect": {"event_name": "checkout"}} for name in names
        ]
        return f"tests: {json.dumps(cases)}\n"

    Path("old.yaml").write_text(MAPPING + tests("a", "bb"))
    Path("new.yaml").write_text(MAPPING.replace("{const: EUR}", "{const: USD}") + tests("bb", "ccc"))
    ran = call("diff", "old.yaml", "new.yaml")
    assert ran.stdout.startswith("3 events of the tests: 0 same · 3 differ\n")
    assert 'e.g. test "bb"' in ran.stdout


def test_json_says_what_text_says(folder: Path) -> None:
    told = json.loads(call("diff", "old.yaml", "new.yaml", "events.ndjson", "--format", "json").stdout)
    text = call("diff", "old.yaml", "new.yaml", "events.ndjson").stdout
    assert f"{told['events']} events: {told['same']} same · {told['different']} differ\n" in text
    lines = [line for line in text.splitlines() if "e.g. line" in line]
    rows = [*told["paths"], *told["outcomes"]]
    assert len(lines) == len(rows) > 2
    for one in rows:
        head = f"{'!' if one['alarm'] else ' '} {one.get('path', 'outcome')} "
        parts = (f" {one['count']} ", one["alarm"], one["new"], f"e.g. line {one['example']['line']}")
        assert any(line.startswith(head) and all(part in line for part in parts) for line in lines), one
    assert told["is_same"] is False


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_nothing_differs_is_status_0(folder: Path, form: str) -> None:
    for arguments in (("old.yaml", "old.yaml"), ("old.yaml", "old.yaml", "events.ndjson")):
        ran = call("diff", *arguments, "--format", form)
        assert ran.exit_code == 0
        assert ran.stderr == ""
    assert "5 same" in ran.stdout.replace('"same": 5', "5 same")


def test_markdown_is_a_table_whatever_the_rules_hold(folder: Path) -> None:
    new = MAPPING.replace("value: total", "value: \"total || `1` || '<b>|``'\"")
    Path("new.yaml").write_text(new)
    ran = call("diff", "old.yaml", "new.yaml", "events.ndjson", "--format", "markdown")
    rows = [line for line in ran.stdout.splitlines() if line.startswith("|")]
    assert ran.exit_code == 1
    for row in rows:
        cells = row.replace("\\|", "").count("|") - 1
        assert cells in (4, 6), row
    assert (
        "| changed `custom_data.value` in `is order` | **money changed**: value `total` → ```" in ran.stdout
    )
    assert "``` total \\|\\| `1`" in ran.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("old.yaml", "nowhere.yaml"), "nowhere.yaml: No such file"),
        (("old.yaml", "new.yaml", "nowhere"), "nowhere"),
        (("old.yaml", "wrong.yaml"), "error[M301]"),
        (("old.yaml", "new.yaml", "--ignore", "custom_dat"), "did you mean custom_data?"),
        (
            ("old.yaml", "new.yaml", "none.ndjson"),
            "none.ndjson holds no event: 2 lines read, not one is an event",
        ),
        (("git:main", "new.yaml"), "git:main: write git:REF:path"),
        (("git:main:old.yaml", "new.yaml"), "not a git repository"),
        (("git:-x:old.yaml", "new.yaml"), "git:-x: this is no name of a version"),
        (("git:--upload-pack=x:old.yaml", "new.yaml"), "no name of a version"),
    ],
)
def test_an_error_is_status_2_and_one_message(folder: Path, arguments: tuple[str, ...], says: str) -> None:
    Path("wrong.yaml").write_text(WRONG)
    Path("none.ndjson").write_text("x\ny\n")
    ran = call("diff", *arguments, env={"GIT_CEILING_DIRECTORIES": str(folder.parent)})
    assert ran.exit_code == 2
    assert says in ran.stderr
    assert ran.stdout == ""


def test_a_version_in_git_is_read_with_all_that_is_beside_it(repository: Path) -> None:
    Path("mappings/base/shop.yaml").write_text("version: 1\npartial: true\nmatch: kind\n")
    ran = call("diff", "git:HEAD:mappings/shop.yaml", "mappings/shop.yaml")
    assert ran.stdout.splitlines()[1:] == [
        "plan: 1 difference",
        "! ~ match  (mappings/base/shop.yaml:3)  ! section changed",
        "      value  type -> kind",
    ]
    os.chdir("mappings")
    ran = call("diff", "git:HEAD:./shop.yaml", "shop.yaml", repository / "events.ndjson")
    assert "5 events: 1 same · 4 differ\n! outcome  4 sent -> skipped: unmapped: no name" in ran.stdout
    assert call("diff", "git:HEAD:./shop.yaml", "git:main:mappings/shop.yaml").exit_code == 0


def test_a_version_in_git_has_its_own_schemas(repository: Path) -> None:
    schema = {"type": "object", "properties": {"id": {"type": "string"}, "no": {"type": "string"}}}
    text = "name: x\nversion: 1\ntarget: own/order\npayload: {id: id}\notherwise: {send: any}\n"
    Path("schemas/own").mkdir(parents=True)
    Path("schemas/own/order.json").write_text(json.dumps(schema))
    Path("mappings/own.yaml").write_text(text)
    git("add", ".")
    git("commit", "-m", "second")
    del schema["properties"]["id"]  # type: ignore[attr-defined]  # an object
    Path("schemas/own/order.json").write_text(json.dumps(schema))
    Path("mappings/own.yaml").write_text(text.replace("{id: id}", "{no: id}"))
    ran = call("diff", "git:HEAD:mappings/own.yaml", "mappings/own.yaml")
    assert "+ no" in ran.stdout
    assert "- id" in ran.stdout


_TABLE_RULE = "custom_data: {content_brand: {from: kind, apply: {lookup: $brands}}"
_BRANDS = {"a": "Acme", "b": "Beta", "c": "Core"}
_BIG = 5 * 2**20


def _csv(brands: dict[str, str], mark: str = ",") -> str:
    return "".join(f"{mark.join(row)}\n" for row in (("kind", "brand"), *brands.items()))


@pytest.mark.parametrize("place", ["mapping", "base"])
@pytest.mark.parametrize(
    ("file", "columns", "written"),
    [
        ("brands.csv", ", key: kind, value: brand", _csv),
        ("brands.CSV", ", key: kind, value: brand", _csv),
        ("brands.tsv", ", key: kind, value: brand", lambda brands: _csv(brands, "\t")),
        ("brands.csv", ", key: kind", _csv),
        ("brands.json", "", json.dumps),
        ("brands.yaml", "", json.dumps),
        ("large.csv", ", key: kind, value: brand", lambda brands: _csv(brands) + f"x,{'y' * _BIG}\n"),
    ],
)
def test_a_changed_row_of_a_table_is_told_with_its_table_and_key(
    repository: Path, place: str, file: str, columns: str, written: Callable[[dict[str, str]], str]
) -> None:
    tables = f"tables: {{brands: {{file: {'' if place == 'mapping' else '../'}tables/{file}{columns}}}}}\n"
    rule = (
        _TABLE_RULE
        if columns != ", key: kind"
        else _TABLE_RULE.replace("{from: kind, apply: {lookup: $brands}}", "'lookup(kind, $brands).brand'")
    )
    extended = Path("mappings/shop.yaml" if place == "mapping" else "mappings/base/shop.yaml")
    extended.write_text(extended.read_text() + tables)
    shop = Path("mappings/shop.yaml")
    shop.write_text(shop.read_text().replace("custom_data: {", f"{rule}, ", 1))
    table = Path("mappings/tables") / file
    table.parent.mkdir()
    table.write_text(written(_BRANDS))
    git("add", ".")
    git("commit", "-m", "second")
    same = call("diff", "git:HEAD:mappings/shop.yaml", "mappings/shop.yaml")
    assert (same.stdout.splitlines()[-1], same.exit_code) == ("plan: same", 0), same.stderr
    table.write_text(written({"c": "Core", "b": "Bold", "d": "Dot"}))
    column = "brand" if columns == ", key: kind" else "value"
    ran = call("diff", "git:HEAD:mappings/shop.yaml", "mappings/shop.yaml", "--format", "json")
    plan = [
        (
            one["mark"],
            one["part"],
            one["name"],
            *((fact["name"], fact["old"], fact["new"]) for fact in one["facts"]),
        )
        for one in json.loads(ran.stdout)["plan"]
    ]
    assert plan == [
        ("~", "row", "$brands row b", (column, "Beta", "Bold")),
        ("+", "row", "$brands row d", (column, "", "Dot")),
        ("-", "row", "$brands row a", (column, "Acme", "")),
    ]
    text = call("diff", "git:HEAD:mappings/shop.yaml", "mappings/shop.yaml").stdout
    assert "  ~ table $brands row b  (mappings/tables/" in text
    assert f"      {column}  Beta -> Bold" in text


def test_a_row_of_a_person_is_told_without_a_value_of_theirs(folder: Path) -> None:
    text = MAPPING.replace("custom_data: {", f"{_TABLE_RULE}, ", 1)
    for name, brand in (("old", "Acme"), ("new", "Beta")):
        tables = f"tables: {{brands: {{file: {name}.csv, key: customer_name, value: brand}}}}\n"
        Path(f"{name}.yaml").write_text(text + tables)
        Path(f"{name}.csv").write_text(f"customer_name,brand\nAda Lovelace,{brand}\nada@example.com,x\n")
    ran = call("diff", "old.yaml", "new.yaml")
    assert "Acme -> Beta" in ran.stdout
    assert "Ada" not in ran.stdout
    assert ran.stdout.count("table $brands row ") == 1


def test_a_file_of_git_that_is_too_large_is_said_to_be(repository: Path) -> None:
    Path("mappings/brands.csv").write_bytes(b"a" * (MOST_READ + 1))
    shop = Path("mappings/shop.yaml")
    shop.write_text(f"{shop.read_text()}tables: {{brands: {{file: brands.csv, key: a}}}}\n")
    git("add", ".")
    git("commit", "-m", "second")
    ran = call("diff", "git:HEAD:mappings/shop.yaml", "old.yaml")
    assert ran.exit_code == 2
    assert "`mappings/brands.csv` is larger than 16 MiB" in ran.stderr


def test_a_schema_in_git_that_claims_to_say_where_payloads_go_is_replaced(repository: Path) -> None:
    schema = json.loads((ROOT / "schemas/pinterest/conversions-v5.json").read_bytes())
    schema["x-delivery"]["base_url"] = "https://example.com"
    Path("schemas/pinterest").mkdir(parents=True)
    Path("schemas/pinterest/conversions-v5.json").write_text(json.dumps(schema))
    git("add", ".")
    git("commit", "-m", "second")
    Path("schemas/pinterest/conversions-v5.json").unlink()
    ran = call("diff", "git:HEAD:mappings/shop.yaml", "mappings/shop.yaml")
    assert ran.exit_code == 0
    assert ran.stderr.startswith("mapper: git:HEAD:mappings/shop.yaml: this package's schema pinterest/")


@pytest.mark.parametrize(
    ("version", "says"),
    [
        ("git:nope:mappings/shop.yaml", "git has no version nope; run `git fetch`"),
        ("git:HEAD:mappings/shp.yaml", "did you mean mappings/shop.yaml?"),
        ("git:HEAD:shop.yaml", "write ./shop.yaml for the one in this folder"),
        ("git:HEAD:../../shop.yaml", "leads out of the repository"),
    ],
)
def test_what_git_does_not_have_is_said(repository: Path, version: str, says: str) -> None:
    os.chdir("mappings")
    ran = call("diff", version, "shop.yaml")
    assert ran.exit_code == 2
    assert says in ran.stderr


def test_a_mistake_in_a_version_in_git_names_its_file_as_git_does(repository: Path) -> None:
    Path("mappings/base/shop.yaml").write_text("version: 1\npartial: true\nmatch: nosuch(type)\n")
    git("commit", "-am", "second")
    ran = call("diff", "git:HEAD:mappings/shop.yaml", "mappings/shop.yaml")
    assert ran.exit_code == 2
    assert "--> mappings/base/shop.yaml:3:8" in ran.stderr
    assert "mapper-" not in ran.stderr


def test_a_link_out_of_a_repository_leads_nowhere(repository: Path, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside.yaml"
    outside.write_text("version: 1\npartial: true\nmatch: secret\n")
    Path("mappings/base/shop.yaml").unlink()
    Path("mappings/base/shop.yaml").symlink_to(outside)
    git("add", ".")
    git("commit", "-m", "second")
    ran = call("diff", "git:HEAD:mappings/shop.yaml", "old.yaml")
    assert ran.exit_code == 2
    assert "is outside the project" in ran.stderr
    assert "secret" not in ran.stderr


def test_a_mapping_in_git_that_is_a_link_out_of_it_is_refused(repository: Path, tmp_path: Path) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside.yaml"
    outside.write_text("root:secret\n")
    Path("mappings/shop.yaml").unlink()
    Path("mappings/shop.yaml").symlink_to(outside)
    git("add", ".")
    git("commit", "-m", "second")
    ran = call("diff", "git:HEAD:mappings/shop.yaml", "old.yaml")
    assert (ran.exit_code, "secret" in ran.output) == (2, False)
    assert ran.stderr == "mapper: git:HEAD:mappings/shop.yaml is a link that leads out of the repository\n"


@pytest.mark.parametrize(
    "version", ["git:HEAD:a\n::error::b", "git:HEAD:a\r\n::error::b", "git:a\n::error::b:c"]
)
def test_a_name_adds_no_line_to_what_is_said(version: str, repository: Path) -> None:
    ran = call("diff", version, "old.yaml")
    assert (ran.exit_code, ran.stderr.count("\n"), "\r" in ran.stderr) == (2, 1, False)


def test_git_that_is_not_there_is_said(repository: Path) -> None:
    ran = call("diff", "git:HEAD:mappings/shop.yaml", "old.yaml", env={"PATH": str(repository)})
    assert ran.exit_code == 2
    assert ran.stderr == "mapper: git is not installed, or not on the PATH\n"


def test_no_value_of_a_person_is_told(folder: Path, planted: str) -> None:  # noqa: F811
    consent = "consent: {granted: ads, when_missing: granted, when_denied: skip}\nskip:\n"
    user = "user_data: {em: email, ph: phone, db: born, country: land, zp: zip}"
    data = "currency: money, order_id: number, num_items: {from: [count]}"
    old = MAPPING.replace("skip:\n", consent).replace("user_data: {em: email}", user)
    old = old.replace("currency: {const: EUR}", data)
    new = old.replace("em: email, ph: phone", "em: mail, external_id: phone")
    Path("old.yaml").write_text(old)
    Path("new.yaml").write_text(new.replace("money, order_id: number", "number, order_id: money"))
    Path("events.ndjson").write_text(ndjson(*events_with(planted)))
    for names in (("old.yaml", "new.yaml"), ("new.yaml", "old.yaml")):
        for more in (("--by", "event", "--format", "json"), (), ("--format", "markdown")):
            ran = call("diff", *names, "events.ndjson", "--limit", 1000, *more)
            assert ran.exit_code == 1, ran.stderr
            assert not leaks(ran.stdout + ran.stderr, planted)


def test_no_value_of_a_person_is_told_of_ready_mappings(folder: Path, planted: str) -> None:  # noqa: F811
    text = SEGMENT.read_text("utf-8")
    base = ROOT / "mappings/base"
    for name, changed in {
        "one": text,
        "two": text.replace("- properties.email", "- properties.mail"),
    }.items():
        Path(name, "base").mkdir(parents=True)
        for file in base.glob("*.yaml"):
            other = file.read_text("utf-8").replace("content_name: $content_name", "content_name: event")
            Path(name, "base", file.name).write_text(other if name == "two" else file.read_text("utf-8"))
        Path(name, "shop.yaml").write_text(changed)
    Path("events.ndjson").write_text(ndjson(*events_with(planted)))
    ran = call("diff", "one/shop.yaml", "two/shop.yaml", "events.ndjson", "--format", "json")
    assert ran.exit_code == 1
    assert not leaks(ran.stdout + ran.stderr, planted)


def test_names_of_events_that_no_version_holds_are_not_told(folder: Path) -> None:
    old = MAPPING.replace("  - {is: view, send: page_visit}", "otherwise: {send: type}")
    Path("old.yaml").write_text(old)
    Path("new.yaml").write_text(old.replace("{send: type}", "{send: {from: [kind, type]}}"))
    feed: list[Any] = [event(1, type="Jane Doe called", kind="Jane Doe rang")]
    Path("events.ndjson").write_text(ndjson(*feed))
    for form in ("text", "json", "markdown"):
        for by in ("path", "event"):
            ran = call("diff", "old.yaml", "new.yaml", "events.ndjson", "--format", form, "--by", by)
            assert ran.exit_code == 1
            assert "Jane" not in ran.stdout


@pytest.mark.parametrize(
    ("words", "offered"),
    [(("diff", "ne"), {"ne"}), (("diff", "--by", ""), {"path", "event"}), (("di",), {"diff"})],
)
def test_a_shell_completes_its_words(words: tuple[str, ...], offered: set[str]) -> None:
    *before, last = words
    found = BashComplete(commands, {}, "mapper", "_MAPPER_COMPLETE").get_completions(list(before), last)
    assert {one.value for one in found} == offered


def test_a_time_that_a_mapping_reads_and_is_not_given_is_said(folder: Path) -> None:
    for name in ("old.yaml", "new.yaml"):
        Path(name).write_text(MAPPING.replace("event_time: at", "event_time: $meta.received_at"))
    ran = call("diff", "old.yaml", "new.yaml", "events.ndjson")
    assert (ran.exit_code, ran.stdout) == (0, "5 events: 5 same · 0 differ\nplan: same\n")
    assert "the mapping reads $meta.received_at, which is absent: see --received-at" in ran.stderr
    ran = call("diff", "old.yaml", "new.yaml", "events.ndjson", "--received-at", "2026-05-01T10:00:00Z")
    assert ran.stderr == ""
