"""`mapper check` of a schema file: as a target or a source, in every form of a report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.command import call

pytestmark = pytest.mark.quick

_SOURCE = '{"type": "object", "properties": {"id": {"type": "string", "x-persnal": "id"}}}'
_MAPPING = "version: 1\n{}\npayload: {{id: id}}\notherwise: {{send: order}}\n"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a schema with one mistake, in a project; its folder is the current one."""
    monkeypatch.chdir(tmp_path)
    Path("pyproject.toml").touch()
    Path("mappings").mkdir()
    made = Path("schemas/shop/order.json")
    made.parent.mkdir(parents=True)
    made.write_text(_SOURCE, encoding="utf-8")
    return made


def test_a_mistake_is_told_with_its_place_its_line_and_a_hint(file: Path) -> None:
    ran = call("check", file)
    assert ran.exit_code == 0
    assert "warning[M331]: there is no word `x-persnal`\n  --> schemas/shop/order.json:1:60" in ran.stdout
    assert "= hint: did you mean `x-personal`?" in ran.stdout
    assert "checked 1 schema: no errors, 1 warning" in ran.stderr
    assert call("check", "--strict", file).exit_code == 1


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github", "junit"])
def test_every_form_of_a_report_has_it(form: str, file: Path) -> None:
    ran = call("check", file, "--format", form)
    assert ran.exit_code == 0
    assert "M331" in ran.stdout
    assert "schemas/shop/order.json" in ran.stdout
    assert "x-persnal" in ran.stdout


@pytest.mark.parametrize(
    ("named", "code"),
    [
        ("source: shop/order", "M331"),
        ("target: shop/order", "M325"),
        ("target: {schema: shop/order, profile: strict}", "M325"),
        ("target:\n  schema: 'shop/order'", "M325"),
        ("target: shop/order-v2", "M331"),
        ("target: shop/order\nsource: shop/order", "M331"),
    ],
)
def test_the_mappings_of_the_project_say_whether_it_is_a_target(named: str, code: str, file: Path) -> None:
    Path("mappings/orders.yaml").write_text(_MAPPING.format(named), encoding="utf-8")
    assert [one["code"] for one in json.loads(call("check", file, "--format", "json").stdout)] == [code]


def test_without_a_mapping_its_words_say_so(file: Path) -> None:
    file.write_text(_SOURCE.replace('"type": "string"', '"type": "string", "x-normal-form": ["text"]'))
    assert "error[M325]" in call("check", file).stdout


def test_what_it_says_of_delivery_is_checked_too(file: Path) -> None:
    file.write_text('{"type": "object", "properties": {"id": {}}, "x-key": "id", "x-delivery": {}}')
    ran = call("check", file)
    assert ran.exit_code == 1
    assert "error[M323]" in ran.stdout


def test_a_file_of_a_name_of_this_package_may_not_protect_less(file: Path) -> None:
    own = Path("schemas/segment/track.json")
    own.parent.mkdir()
    own.write_text('{"type": "object", "properties": {"userId": {"type": "string"}}}')
    assert "error[M320]" in call("check", own).stdout


def test_a_mapping_and_its_schema_say_it_once(file: Path) -> None:
    mapping = Path("mappings/orders.yaml")
    mapping.write_text(_MAPPING.format("target: pinterest/conversions-v5\nsource: shop/order"))
    assert call("check", mapping, file).stdout.count("M331") == 1


def test_a_schema_can_come_from_stdin(file: Path) -> None:
    ran = call("check", "-", "--stdin-filename", file, stdin=_SOURCE)
    assert "schemas/shop/order.json:1:60" in ran.stdout


def test_a_file_outside_of_schemas_is_one_if_it_says_so(file: Path) -> None:
    elsewhere = Path("order.json")
    elsewhere.write_text(_SOURCE)
    assert "M331" in call("check", elsewhere).stdout
    elsewhere.write_text('{"id": 1, "email": "ada@example.com"}')
    ran = call("check", elsewhere)
    assert "error[M040]" in ran.stdout
    assert "ada" not in ran.stdout


def test_a_file_of_events_is_none_although_a_folder_above_the_project_is_called_schemas(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "schemas/shop"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    Path("pyproject.toml").touch()
    Path("events.json").write_text('{"email": "ada@example.com",}')
    ran = call("check", "events.json")
    assert "error[M040]" in ran.stdout
    assert "ada" not in ran.stdout


def test_a_folder_that_is_named_has_schemas(tmp_path: Path, file: Path) -> None:
    named = Path("others/order.json")
    named.parent.mkdir()
    named.write_text('{"tpye": "object",}')
    assert "M324" in call("check", named, "--schemas", "others").stdout


def test_a_file_that_is_not_json_is_told_at_the_place(file: Path) -> None:
    file.write_text('{"type": "object",}')
    ran = call("check", file)
    assert ran.exit_code == 1
    assert (
        "error[M324]: not JSON: this comma has nothing after it\n  --> schemas/shop/order.json:1:19"
        in ran.stdout
    )


@pytest.mark.parametrize(
    ("text", "says", "column"),
    [
        ("", "the file is empty", 1),
        ('{"a": 1 "b": 2}', "expected a comma, or the end of the object or list", 9),
        ('{"a" 1}', "expected `:` after the key", 6),
        ("{'a': 1}", "`'` begins nothing", 2),
        ("{a: 1}", "expected a key in double quotes", 2),
        ('{"a": 1,, "b": 2}', "there is a second comma", 9),
        ('{"a": [1,]}', "this comma has nothing after it", 10),
        ('{"a": 1}}', "there is more text after the object", 9),
        ('{"a": "b', "this string has no end in its line", 7),
        ('{"a": "\\q"}', "this is no escape of JSON", 8),
        ('{"a": yes}', "expected a value", 7),
        ('{"a": NaN}', "`NaN` is not a number of JSON", 7),
        ('{"a": 1 # b\n}', "`#` begins nothing", 9),
    ],
)
def test_the_reason_that_a_file_is_not_json_is_told(text: str, says: str, column: int, file: Path) -> None:
    file.write_text(text)
    [found] = json.loads(call("check", file, "--format", "json").stdout)
    assert (found["code"], found["message"], found["column"]) == ("M324", f"not JSON: {says}", column)
    assert found["hint"]


def test_a_byte_order_mark_is_no_mistake(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbf" + _SOURCE.replace("x-persnal", "x-personal").encode())
    ran = call("check", file)
    assert (ran.exit_code, ran.stdout) == (0, "")
    Path("mappings/orders.yaml").write_text(
        _MAPPING.format("target: pinterest/conversions-v5\nsource: shop/order")
    )
    assert "M32" not in call("check", "mappings/orders.yaml").stdout
