"""The front door: what it offers from Python, where it looks for schemas, and what it raises."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import mapper
from mapper import authoring
from tests.house.sources import ROOT
from tests.support.command import SOURCES

# Without their types, for calls that checkers of types refuse.
_FRONT: Any = mapper
_MORE: Any = authoring
_SHOP = Path(__file__).parents[1] / "cases" / "shop.yaml"
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["id"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string", "x-normal-form": ["text"]},
        "size": {"type": "integer", "minimum": 1, "x-normal-form": ["integer"]},
    },
}
_MAPPING = """
name: other
version: 1
target: {target}
payload: {{id: no, size: width}}
otherwise: {{send: any}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of its own, with a target that only it knows."""
    (tmp_path / "schemas" / "warehouse").mkdir(parents=True)
    (tmp_path / "schemas" / "warehouse" / "parcel.json").write_text(json.dumps(_SCHEMA), encoding="utf-8")
    (tmp_path / "mappings").mkdir()
    path = tmp_path / "mappings" / "parcel.yaml"
    path.write_text(_MAPPING.format(target="warehouse/parcel"), encoding="utf-8")
    return path


def test_a_mapping_is_checked_against_the_schemas_of_its_own_project(project: Path) -> None:
    program = mapper.compile_mapping(project)
    (outcome,) = program.apply({"no": 7, "width": "3"})
    assert outcome.payload == {"id": "7", "size": 3}
    assert mapper.read_schema("warehouse/parcel", beside=project) == _SCHEMA
    assert mapper.validator("warehouse/parcel", beside=project)(outcome.payload) == []


def test_a_field_goes_where_the_one_that_it_needs_is_not_there(project: Path) -> None:
    schema = {**_SCHEMA, "properties": {**_SCHEMA["properties"], "unit": {"type": "string"}}}
    schema["properties"]["size"] = {**schema["properties"]["size"], "x-needs": ["unit"]}
    (project.parents[1] / "schemas/warehouse/parcel.json").write_text(json.dumps(schema), encoding="utf-8")
    text = _MAPPING.format(target="warehouse/parcel").replace("size: width", "size: width, unit: in")
    program = mapper.compile_text(text, beside=project)
    assert program.apply({"no": 7, "width": 3, "in": "cm"})[0].payload == {"id": "7", "size": 3, "unit": "cm"}
    (outcome,) = program.apply({"no": 7, "width": 3})
    assert outcome.payload == {"id": "7"}
    assert [note.message for note in outcome.notes] == ["left out because `unit` is missing"]


def test_a_target_needs_no_python_of_its_own(project: Path) -> None:
    (outcome,) = mapper.compile_mapping(project).apply({"width": 0})
    assert outcome.rejection is not None
    assert [(reason.path, reason.message) for reason in outcome.rejection.reasons] == [
        ("id", "is required but missing")
    ]
    assert [(note.path, note.message) for note in outcome.notes] == [("size", "is less than the limit 1")]


@pytest.mark.parametrize("target", ["../secrets/keys", "/etc/passwd", "a/../../b", "no/such"])
def test_a_target_stays_within_the_schemas(target: str, project: Path) -> None:
    project.write_text(_MAPPING.format(target=target), encoding="utf-8")
    assert [one.code for one in mapper.check_mapping(project)] == ["M306"]


@pytest.mark.parametrize(
    ("match", "hints", "is_loaded"), [("type", "", False), ("a = b", "write `a == ", True)]
)
def test_what_was_meant_is_looked_for_only_where_something_is_wrong(
    match: str, hints: str, is_loaded: bool
) -> None:
    code = (
        "import sys, mapper; found = mapper.check_text(sys.stdin.read(), 'shop.yaml'); "
        "loaded = any(name.startswith('mapper.compiler.advice') for name in sys.modules); "
        "print(loaded, [one.hint for one in found])"
    )
    text = _SHOP.read_text("utf-8").replace("\nmatch: type\n", f"\nmatch: {match}\n")
    ran = subprocess.run([sys.executable, "-c", code], input=text, capture_output=True, text=True, check=True)
    assert ran.stdout.startswith(str(is_loaded)), ran.stdout
    assert hints in ran.stdout


def test_a_mapping_with_errors_raises_them_all() -> None:
    with pytest.raises(mapper.CompileError, match="M301") as caught:
        mapper.compile_text(_SHOP.read_text(encoding="utf-8").replace("value: total", "valu: total"))
    assert [one.code for one in caught.value.diagnostics] == ["M301"]


def test_a_file_that_is_not_there_or_no_text_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        mapper.check_mapping(tmp_path / "nowhere.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"name: caf\xe9\n")
    with pytest.raises(OSError, match="not UTF-8, at byte 9"):
        mapper.check_mapping(tmp_path / "latin.yaml")


@pytest.mark.parametrize(("text", "code"), [("a.", "M101"), ("$x", "M028"), ("nosuch(a)", "M115")])
def test_an_expression_alone_has_no_variables_and_says_what_is_wrong(text: str, code: str) -> None:
    with pytest.raises(mapper.CompileError) as caught:
        mapper.compile_expression(text)
    assert [one.code for one in caught.value.diagnostics] == [code]


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_thing"):
        getattr(mapper, "no_such_thing")  # noqa: B009  # checkers of types would say so before


@pytest.mark.parametrize("module", [mapper, authoring])
def test_everything_the_front_door_names_is_there(module: ModuleType) -> None:
    """And the stub, where checkers of types look, names the same from the same rooms."""
    assert all(getattr(module, name) is not None for name in module.__all__)
    stub = Path(str(module.__file__)).with_suffix(".pyi").read_text(encoding="utf-8")
    stated = set(re.findall(r"^from (\S+) import (\w+) as \2$", stub, re.MULTILINE))
    moved = {("mapper.authoring", name) for name in vars(module).get("_MOVED", ())}
    assert stated == {(room, name) for room, names in module._ROOMS.items() for name in names} | moved


def test_the_front_door_has_few_names() -> None:
    assert len(mapper.__all__) == 30
    assert not {*mapper.__all__} & {*authoring.__all__}


@pytest.mark.parametrize("name", vars(mapper)["_MOVED"])
def test_a_name_that_moved_is_given_with_a_warning_that_names_its_new_place(name: str) -> None:
    assert name in authoring.__all__
    told = rf"mapper\.{name} has moved to mapper\.authoring\.{name}; version 0\.3"
    with pytest.warns(DeprecationWarning, match=told) as warned:
        assert getattr(mapper, name) is getattr(authoring, name)
    assert [one.filename for one in warned] == [__file__]
    with pytest.warns(DeprecationWarning, match=told) as warned:
        exec(compile(f"from mapper import {name}", "theirs.py", "exec"), {})
    assert {one.filename for one in warned} == {"theirs.py"}


_NAMED = re.compile(r"(?<![\w.@/-])mapper\.(?!yaml\b|schema\.json\b)(\w+)(?:\.(\w+))?")
_PAGES = [*sorted((ROOT / "docs").rglob("*.md")), *sorted(ROOT.glob("*.md"))]
_IN_EDITORS = {
    name
    for path in (ROOT / "editors/vscode/package.json", *(ROOT / "mapper/language_server").glob("*.py"))
    for name in re.findall(r'"mapper\.(\w+)"', path.read_text(encoding="utf-8"))
}


def _is_there(name: str, inner: str) -> bool:
    """Whether a name of `mapper` is there without a warning, and one within it if it is `authoring`."""
    if name == "authoring":
        return inner in ("", *authoring.__all__)
    known = name in mapper.__all__ or name == "__all__" or find_spec(f"mapper.{name}") is not None
    return known or name in _IN_EDITORS


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_names_only_what_is_there_from_python(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"^```python\n.*?^```$|`[^`\n]+`", text, re.MULTILINE | re.DOTALL))
    assert {f"mapper.{name}" for name, inner in _NAMED.findall(code) if not _is_there(name, inner)} == set()


def test_the_names_that_moved_are_there_for_two_minor_versions() -> None:
    major, minor, _ = mapper.__version__.split(".")
    assert (int(major), int(minor)) < (0, 3), "take `_MOVED` away"


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: _FRONT.check_text(_SHOP), "must be a str, not PosixPath"),
        (lambda: _FRONT.compile_text(b"name: shop"), "must be a str, not bytes"),
        (lambda: _FRONT.compile_expression(None), "must be a str, not NoneType"),
        (lambda: _FRONT.compile_mapping([_SHOP]), "not list"),
        (lambda: _FRONT.run_tests([_SHOP]), "not list"),
        (lambda: _FRONT.compare(_SHOP, _SHOP, {"type": "order"}), "`events` must be .* a list of it"),
        (lambda: _FRONT.compare(_SHOP, _SHOP, b"{}"), "`events` must be .* not bytes"),
        (lambda: _MORE.statistics(_SHOP, {"type": "order"}), "`events` must be .* a list of it"),
        (lambda: _MORE.overlap({}, []), "`tag` must be .* a list of it"),
        (lambda: _MORE.overlap([], "tag.ndjson"), "`server` must be .* not str"),
        (lambda: _FRONT.deliver(_SHOP, []), "`program` must be what mapper.compile_mapping gives"),
        (lambda: _deliver({"type": "order"}), "`events` must be .* a list of it"),
        (lambda: _deliver(None), "`events` must be .* not NoneType"),
        (lambda: _deliver([], settings=["token"]), "`settings` must be texts by name, not list"),
        (
            lambda: _deliver([], settings={"PINTEREST_AD_ACCOUNT_ID": 1}),
            "PINTEREST_AD_ACCOUNT_ID is of .* int",
        ),
        (lambda: _deliver([], on_receipt="print"), "`on_receipt` must be a function"),
    ],
)
def test_a_wrong_argument_is_a_type_error_that_says_which(call: Callable[[], object], told: str) -> None:
    with pytest.raises(TypeError, match=told):
        call()


def _deliver(events: Any, **given: Any) -> mapper.Delivery:
    return mapper.deliver(mapper.compile_mapping(_SHOP), events, **given)


def test_an_event_that_is_no_object_is_a_rejection() -> None:
    program = mapper.compile_mapping(_SHOP)
    events: list[object] = [None, [], "x", 1]
    for event in events:
        (outcome,) = program.apply(event)
        assert outcome.rejection is not None


def test_many_threads_may_share_a_program() -> None:
    program = mapper.compile_mapping(_SHOP)
    events = [
        {
            "type": "order",
            "id": number,
            "created": "2026-05-01T10:00:00",
            "contact": f"p{number}@example.com",
            "total": number,
            "lines": [{"sku": number, "price": number}],
        }
        for number in range(200)
    ]
    alone = [program.apply(event) for event in events]
    found: dict[int, list[list[mapper.Outcome]]] = {}

    def work(place: int) -> None:
        found[place] = [program.apply(event) for event in events]

    threads = [threading.Thread(target=work, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(outcomes == alone for outcomes in found.values())
    assert all(outcome.payload is not None for outcomes in alone for outcome in outcomes)


def test_many_threads_may_call_the_functions() -> None:
    text = _SHOP.read_text(encoding="utf-8")
    wrong = text.replace("value: total", "valu: total")
    calls: list[Callable[[], object]] = [
        lambda: repr(mapper.check_text(text)),
        lambda: repr(mapper.check_text(wrong)),
        lambda: mapper.compile_text(text).code.text,
        lambda: mapper.compile_expression("sort(a)[0]")({"a": [2, 1]}),
        lambda: repr(mapper.explain_mapping(_SHOP)),
        lambda: repr(mapper.run_tests(_SHOP).results),
        lambda: repr(mapper.compare(_SHOP, _SHOP, [{"type": "order"}])),
        lambda: mapper.validator("pinterest/conversions-v5")({}),
    ]
    alone = [call() for call in calls]
    with ThreadPoolExecutor(8) as threads:
        found = [*threads.map(lambda place: calls[place % len(calls)](), range(8 * len(calls)))]
    assert found == alone * 8


@pytest.mark.parametrize(
    ("text", "code", "column", "says"),
    [
        ("{", "M324", 1, "not JSON: the file ends before its object does"),
        ("[]", "M326", 1, "a schema must be an object, not array"),
        (
            '{"type": "object", "properties": {"id": {"$ref": "#/$defs/no"}}}',
            "M327",
            50,
            "$ref #/$defs/no is not defined",
        ),
        (
            '{"type": "object", "properties": {"id": {"x-normal-form": ["nope"]}}}',
            "M327",
            60,
            "there is no step `nope`",
        ),
        ('{"type": "string"}', "M326", 10, "the root of a target must be an object"),
        (
            '{"properties": {"id": {"$ref": "#/properties/id"}}}',
            "M327",
            32,
            "$ref #/properties/id refers to itself",
        ),
        (
            '{"properties": {"id": {"$ref": "#"}}}',
            "M326",
            1,
            "payloads may be nested at most 32 deep, and a type that contains itself has no end",
        ),
        (
            '{"properties": {}, "x-event-names": {}}',
            "M326",
            37,
            "`x-event-names` lacks `field` and `standard`",
        ),
    ],
)
def test_a_broken_schema_is_a_diagnostic_at_its_place(
    text: str, code: str, column: int, says: str, project: Path
) -> None:
    (project.parents[1] / "schemas" / "warehouse" / "parcel.json").write_text(text, encoding="utf-8")
    (found,) = mapper.check_mapping(project)
    assert (found.code, found.span.column, found.message) == (code, column, says)


@pytest.mark.parametrize("named", ["target: {}", "target: warehouse/parcel\nsource: {}"])
@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ('{"properties": []}', 16, "`properties` must be an object of schemas by name, not array"),
        ('{"properties": {"id": []}}', 23, "expected a schema, not array"),
        ('{"properties": {"id": {"type": 5}}}', 32, "`type` must be a type or a list of types, not integer"),
        ('{"properties": {"id": {"type": "strin"}}}', 32, "unknown type `strin`"),
        ('{"required": true}', 14, "`required` must be a list of names, not boolean"),
        ('{"$ref": 5}', 10, "`$ref` must be a string, not integer"),
        ('{"$defs": {"a": {"items": {"anyOf": [5]}}}}', 38, "expected a schema, not integer"),
        ('{"properties": {"id": {"x-needs": "size"}}}', 35, "`x-needs` must be a list of names, not string"),
    ],
)
def test_a_schema_of_another_shape_is_told_at_its_place(
    named: str, text: str, column: int, says: str, project: Path
) -> None:
    (project.parents[1] / "schemas" / "warehouse" / "odd.json").write_text(text, encoding="utf-8")
    mapping = _MAPPING.replace("target: {target}", named.replace("{}", "warehouse/odd")).format()
    (found,) = [one for one in mapper.check_text(mapping, beside=project) if one.severity == "error"]
    assert (found.code, found.span.column, found.message) == ("M326", column, says)


def test_a_schema_that_is_true_says_nothing_and_forbids_nothing(project: Path) -> None:
    for name in ("parcel", "source"):
        path = project.parents[1] / "schemas" / "warehouse" / f"{name}.json"
        path.write_text('{"type": "object", "properties": {"id": true, "size": {"allOf": [true]}}}', "utf-8")
    mapping = _MAPPING.replace("target: {target}", "target: warehouse/parcel\nsource: warehouse/source")
    assert mapper.check_text(mapping.format(), beside=project) == ()


def test_a_name_too_long_for_a_file_is_no_schema() -> None:
    (found,) = mapper.check_text("name: x\nversion: 1\ntarget: " + "a" * 300 + "\notherwise: {send: x}\n")
    assert found.code == "M306"


def test_what_is_no_regular_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(OSError, match="not a regular file"):
        mapper.check_mapping(tmp_path / "pipe.yaml")


def test_a_chain_of_lets_is_as_long_as_python_can_follow() -> None:
    def chain(length: int) -> str:
        lets = "".join(f"  a{number}: $a{number + 1}\n" for number in range(length - 1))
        fields = "action_source: {const: web}, event_id: $a0, event_time: at, user_data: {em: mail}"
        head = "name: x\nversion: 1\ntarget: pinterest/conversions-v5\nlet:\n"
        return f"{head}{lets}  a{length - 1}: id\npayload: {{{fields}}}\notherwise: {{send: custom}}\n"

    (outcome,) = mapper.compile_text(chain(200)).apply({"id": "1", "at": 1777629600, "mail": "a@b.co"})
    assert outcome.payload is not None
    assert [one.code for one in mapper.check_text(chain(201))] == ["M022"]


@pytest.mark.parametrize("name", ["a\0b", "a\nb", "\u2028", "x" * 500])
def test_a_mapping_may_have_any_name(name: str) -> None:
    text = _SHOP.read_text(encoding="utf-8").replace("name: shop", "name: " + json.dumps(name + "."))
    assert mapper.compile_text(text).name == name + "."


def test_an_unknown_profile_is_a_lookup_error() -> None:
    with pytest.raises(LookupError, match="click-id"):
        mapper.validator("pinterest/conversions-v5", "clickid")


def test_an_editor_offers_the_sources_that_there_are_and_takes_others_too(project: Path) -> None:
    source = project.parents[1] / "schemas/shop/app.json"
    source.parent.mkdir()
    source.write_text('{"type": "object"}', encoding="utf-8")
    (source.parent / "broken.json").write_text("{", encoding="utf-8")
    schema = authoring.mapping_schema("warehouse/parcel", beside=project)
    offered, others, samples = schema["properties"]["source"]["anyOf"]
    assert offered == {"enum": sorted({*SOURCES, "shop/app"})}
    assert others["type"] == "string"
    assert list(samples["properties"]) == ["schema", "samples"]
    assert "examples" not in schema["properties"]["source"]
    for name in offered["enum"]:
        assert mapper.read_schema(name, beside=project)


def test_what_is_no_file_is_no_schema_and_is_not_waited_for(project: Path) -> None:
    pipe = project.parents[1] / "schemas/warehouse/pipe.json"
    os.mkfifo(pipe)
    assert "warehouse/pipe" not in mapper.schema_names(beside=project)
    with pytest.raises(LookupError):
        mapper.read_schema("warehouse/pipe", beside=project)
    text = project.read_text(encoding="utf-8")
    project.write_text(text.replace("warehouse/parcel", "warehouse/pipe"), encoding="utf-8")
    assert {one.code for one in mapper.check_mapping(project)} == {"M306"}
    program = mapper.compile_text(text, beside=project)
    assert program.code.target == "warehouse/parcel"
    with pytest.raises(mapper.CompileError, match="not a regular file"):
        mapper.compile_mapping(
            _with_target(project, text), allow_target=pipe.rename(_folder(project) / "parcel.json")
        )


def _folder(project: Path) -> Path:
    folder = project.parents[1] / "elsewhere/warehouse"
    folder.mkdir(parents=True)
    return folder


def _with_target(project: Path, text: str) -> Path:
    project.write_text(text, encoding="utf-8")
    return project
