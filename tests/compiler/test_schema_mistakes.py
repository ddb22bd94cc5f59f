"""Schemas that users write are checked as mappings are: a mistake at its place, nothing of a right one."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import mapper
from mapper import authoring
from mapper.compiler.schema.json_schema import SchemaError
from mapper.compiler.schema.schema_mistakes import check_schema
from mapper.compiler.schema.schema_words import KEYWORDS, WORDS, SchemaRole, words_of
from mapper.project.project import project_of
from mapper.project.schema_files import parsed_schema
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Text
from mapper.values.types import kind_of
from tests.support.command import ROOT
from tests.support.depth import by_seed, examples, some
from tests.support.destinations import SCHEMA_FILES, TARGET_FILES
from tests.support.schema_edits import ROWS, edited, file_of, original, project, written

pytestmark = pytest.mark.quick

_EDITS = [(role, row) for role in ("source", "target") for row in ROWS[role]]
_MAPPING = "mappings/orders.yaml"
# A copy of a schema of this package under its own name may not protect less; that is told beside.
_BESIDE = "M320"


def _found(folder: Path, role: str, text: str) -> list[Diagnostic]:
    """All that is told of a schema through the mapping that uses it, less advice on the mapping."""
    (folder / "pyproject.toml").touch()
    mapping = project(folder, role, text)
    path = str(folder / _MAPPING)
    found = mapper.check_text(mapping, path, beside=path)
    return [one for one in found if one.severity != "advice" and one.code != _BESIDE]


def _shown(one: Diagnostic) -> str:
    return one.span.text.content[one.span.start : one.span.end]


def test_there_are_as_many_edits_as_a_person_makes() -> None:
    assert {name: len(rows) for name, rows in ROWS.items()} == {"source": 49, "target": 83, "right": 27}


@pytest.mark.parametrize(
    ("role", "row"), some(_EDITS, 20), ids=lambda one: one if isinstance(one, str) else one["does"]
)
def test_a_wrong_edit_of_a_schema_is_told_at_its_place(
    role: str, row: dict[str, Any], tmp_path: Path
) -> None:
    text, place = edited(row, role)
    found = _found(tmp_path, role, text)
    [one] = [one for one in found if one.span.start == place and one.code == row["says"].split()[0]]
    assert one.span.text.name.endswith(".json")
    assert one.span.text.content == text
    assert row.get("hint", "") in (one.hint or "")
    assert [where.text.name for where, _ in one.related] == [str(tmp_path / _MAPPING)]
    # The file alone gives the same.
    alone = authoring.check_schema(text, str(tmp_path / file_of(role)))
    assert (one.code, place, one.hint) in {(each.code, each.span.start, each.hint) for each in alone}
    if row.get("fixed"):
        ((edit,),) = [fix.edits for fix in one.fixes]
        fixed = text[: edit.span.start] + edit.replacement + text[edit.span.end :]
        after = _found(tmp_path, role, fixed)
        assert [(left.code, left.message) for left in after if left.code == one.code] == []


@pytest.mark.parametrize("row", some(ROWS["right"], 8), ids=lambda row: row["does"])
def test_a_right_edit_of_a_schema_is_silent(row: dict[str, Any], tmp_path: Path) -> None:
    text, _ = edited(row, row["role"])
    assert _found(tmp_path, row["role"], text) == []


_OWN = {name: path.read_text(encoding="utf-8") for name, path in SCHEMA_FILES.items()}


def _role(name: str) -> SchemaRole:
    return "target" if name in TARGET_FILES else "source"


@pytest.mark.parametrize("name", _OWN)
def test_a_schema_of_this_package_has_no_mistake(name: str) -> None:
    """They are not checked again with each mapping, so it is held here."""
    text = Text(f"{name}.json", _OWN[name])
    assert parsed_schema(text).mistakes(text, _role(name)) == ()


def test_each_word_and_keyword_that_is_read_is_in_the_table() -> None:
    read: set[str] = set()
    for path in (ROOT / "mapper").rglob("*.py"):
        if "intake" not in path.parts and "playground" not in path.parts and "schema_words" not in path.stem:
            read |= set(re.findall(r'"(x-[a-z-]+)"', path.read_text(encoding="utf-8")))
    # Headers of requests, which are no words of schemas.
    assert read - WORDS.keys() <= {"x-forwarded-for", "x-real-ip"}


@pytest.mark.parametrize("role", ["source", "target"])
def test_each_word_with_a_value_of_another_kind_is_named_there(role: SchemaRole) -> None:
    others: list[Any] = [1.5, "text", [], {}, True, None]
    for word in words_of(role):
        for value in others:
            if kind_of(value) not in word.shape_in(role).kinds:
                around = () if word.place == "root" else ("properties", "a")
                schema = {word.name: value} if not around else {"properties": {"a": {word.name: value}}}
                at = (*around, word.name)
                assert "M326" in {one.code for one in check_schema(schema, role) if one.at == at}, (at, value)


@pytest.mark.parametrize("role", ["source", "target"])
def test_each_keyword_is_read_or_named(role: SchemaRole) -> None:
    codes = {"unread": {"M328", "M331"}, "foreign": {"M325", "M331"}}
    for keyword in KEYWORDS.values():
        schema = {"properties": {"a": {keyword.name: 1.5}}}
        at = ("properties", "a", keyword.name)
        found = {one.code for one in check_schema(schema, role) if one.at == at}
        reading = keyword.reading(role)
        due = codes.get(reading) or ({"M326"} if kind_of(1.5) not in keyword.shape.kinds else set())
        assert found <= due, keyword
        assert bool(found) == bool(due), keyword


_KEY = re.compile(r'"([A-Za-z$-]+)":')


def _slipped(word: str, chance: Any) -> str:
    """A word with one letter less, one twice, one other, or two that changed places."""
    at = chance.randrange(2 if word[:2] == "x-" else 0, len(word) - 1)
    kind = chance.randrange(4)
    if kind == 0:
        return f"{word[:at]}{word[at + 1 :]}"
    if kind == 1:
        return f"{word[:at]}{word[at]}{word[at:]}"
    if kind == 2:
        return f"{word[:at]}{chance.choice('aeiostr')}{word[at + 1 :]}"
    return f"{word[:at]}{word[at + 1]}{word[at]}{word[at + 2 :]}"


def _without_delivery(text: str) -> str:
    """A schema less `x-delivery`, whose keys `tests/delivery/test_description.py` misspells."""
    schema = json.loads(text)
    schema.pop("x-delivery", None)
    return json.dumps(schema, indent=1)


def _slips(role: SchemaRole, count: int) -> list[tuple[str, str, int]]:
    """Texts with one key of the table misspelt: the text, the key as it was, and where it is now."""
    chance = by_seed(role)
    made: list[tuple[str, str, int]] = []
    texts = [_without_delivery(text) for name, text in _OWN.items() if _role(name) == role]
    known = {*KEYWORDS, *(word for word in WORDS if role in WORDS[word].roles)}
    while len(made) < count:
        text = chance.choice(texts)
        keys = [match for match in _KEY.finditer(text) if match[1] in known]
        match = chance.choice(keys)
        word = _slipped(match[1], chance)
        if word not in known and word not in WORDS and len(word) > 2:
            made.append((text[: match.start(1)] + word + text[match.end(1) :], match[1], match.start()))
    return made


@pytest.mark.parametrize("role", ["source", "target"])
def test_a_slip_of_the_pen_in_a_key_is_named_where_it_is_with_the_word_that_is_meant(
    role: SchemaRole,
) -> None:
    missed = []
    slips = _slips(role, examples(270, 40))
    for content, meant, place in slips:
        text = Text("slip.json", content)
        found = parsed_schema(text).mistakes(text, role)
        if not any(one.span.start == place and f"`{meant}`" in (one.hint or "") for one in found):
            missed.append((meant, content[place : place + 30]))
    # A key of an attribute or a table may have the same name as a keyword: that one is free.
    assert len(missed) <= len(slips) // 20, missed


def test_a_file_of_a_project_is_checked_although_this_package_has_one_of_its_name(tmp_path: Path) -> None:
    """The file decides, never the name: each place that asks whose a schema is, is here."""
    name = "pinterest/conversions-v5"
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "orders.yaml").write_text(
        f"version: 1\ntarget: {name}\npayload: {{}}\notherwise: {{send: order}}\n"
    )
    path = tmp_path / "orders.yaml"
    assert project_of(path, None).is_own(name)
    shadow = {key if key != "x-key" else "x-keys": value for key, value in original("target").items()}
    file = tmp_path / f"schemas/{name}.json"
    file.parent.mkdir(parents=True)
    file.write_text(written(shadow), encoding="utf-8")
    here = project_of(path, None)
    assert not here.is_own(name)
    assert [one.code for one in here.schema_mistakes(name, "target")] == ["M325"]
    # What it says of delivery is checked too: `send` needs `x-key`.
    codes = {one.code for one in mapper.check_mapping(path)}
    assert {"M323", "M325"} <= codes
    with pytest.raises(SchemaError):
        mapper.destination(name, beside=path)
    file.write_text(written({**original("target"), "properties": []}), encoding="utf-8")
    with pytest.raises(SchemaError):
        here.schema(name)
    given = project_of(None, {name: written(shadow)})
    assert not given.is_own(name)
    assert [one.code for one in given.schema_mistakes(name, "target")] == ["M325"]


def test_a_link_to_a_file_of_this_package_is_that_file(tmp_path: Path) -> None:
    name = "warehouse/order"
    folder = tmp_path / "schemas"
    (folder / "warehouse").mkdir(parents=True)
    (folder / f"{name}.json").symlink_to(ROOT / f"schemas/{name}.json")
    assert project_of(tmp_path / "m.yaml", folder).schema_mistakes(name, "source") == ()


@pytest.mark.parametrize(
    "value",
    [None, True, 0, -1, 1.5, "", "text", [], [[]], [1], [{}], {}, {"a": 1}, {"a": []}, {"": {"": {}}}],
)
@pytest.mark.parametrize("role", ["source", "target"])
def test_no_value_of_a_word_ends_in_a_traceback(role: SchemaRole, value: Any) -> None:
    for word in (*KEYWORDS, *WORDS):
        for schema in (
            {word: value},
            {"properties": {"a": {word: value, "type": "string"}, "b": {"$ref": "#/properties/a"}}},
            {"x-profiles": {"p": {"schema": {word: value}}}, "x-advice": [{"fields": ["a"], word: value}]},
            {"anyOf": [{word: value}], "x-event-names": {"field": "a", "standard": {"a": {word: value}}}},
        ):
            text = Text("a.json", json.dumps(schema))
            parsed_schema(text).mistakes(text, role)


def test_a_form_that_several_fields_share_is_told_once_where_it_is() -> None:
    schema = {
        "type": "object",
        "properties": {
            "one": {"$ref": "#/$defs/box"},
            "two": {"type": "array", "items": {"$ref": "#/$defs/box"}},
        },
        "$defs": {
            "box": {"type": "object", "properties": {"mail": {"$ref": "#/$defs/mail"}}},
            "mail": {"type": "string", "x-personal": True, "x-normal-form": ["email"]},
        },
    }
    text = Text("a.json", json.dumps(schema))
    [found] = parsed_schema(text).mistakes(text, "target")
    assert (found.code, _shown(found)) == ("M330", '["email"]')
    assert text.content.count('"x-normal-form": ["email"]') == 1
