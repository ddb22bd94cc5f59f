"""The JSON Schema of the mapping language: it refuses what is misspelt, and nothing the checker takes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mapper
from mapper import authoring
from mapper.compiler.editor.misspelt import misspelt
from mapper.compiler.findings import Findings
from mapper.compiler.schema.target import read_target
from mapper.compiler.syntax import language_keys
from mapper.compiler.syntax.mapping import MAPPING_KEYS
from mapper.compiler.syntax.node_shapes import json_of
from mapper.compiler.syntax.section_nodes import SECTION_KEYS
from mapper.compiler.syntax.value_nodes import RULE_KEYS
from mapper.compiler.yaml.reader import read_yaml
from mapper.texts.diagnostic import closest
from mapper.texts.named_text import Text
from mapper.transforms import TRANSFORMS
from tests.support.command import call
from tests.support.depth import examples, some
from tests.support.pages import blocks

_ROOT = Path(__file__).parents[2]
_TARGET = "pinterest/conversions-v5"
_OBSERVED = "pinterest/observed-v5"
_FILES = {target: _ROOT / f"schemas/{target}.mapping.schema.json" for target in (_TARGET, _OBSERVED)}
_COMMITTED = _FILES[_TARGET]
_MOST_BYTES = 400_000
_RIGHT = sorted(
    [
        *(_ROOT / "mappings").glob("*.yaml"),
        *(_ROOT / "tests/cases/correct").glob("*.yaml"),
        _ROOT / "tests/cases/shop.yaml",
    ]
)
_BROKEN = sorted((_ROOT / "tests/cases/diagnostics").glob("*.yaml"))
# Mistakes of shape: what each of these codes speaks of, an editor underlines by the schema alone.
_SHAPE = ["M021", "M023", "M024", "M026", "M301", "M311"]
# Of these it sees some: no JSON Schema says that `else` is the last, knows a country by its code, or tells
# how an event ends, which rules are inherited, or which functions a mapping has; the object of a `let` may
# have any names.
_SHAPE_IN_PART = ["M020", "M022", "M025", "M201", "M202", "M302", "M306", "M308", "M501"]
_UNKNOWN_KEY = {"M020", "M024", "M301", "M501"}


@cache
def _schema(target: str = _TARGET) -> dict[str, Any]:
    return authoring.mapping_schema(target, schemas=_ROOT / "schemas")


@cache
def _validator(target: str) -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(_schema(target))


def _written(text: str) -> Any:
    """The JSON value a mapping's text writes out; None where it is no YAML."""
    found = Findings()
    node = read_yaml(Text("a mapping", text), found)
    return None if node is None or found else json_of(node)


def _refusals(written: Any, target: str = _TARGET) -> list[str]:
    found = _validator(target).iter_errors(written)
    return [f"{error.json_path}: {error.message[:200]}" for error in found]


def _is_wrong(text: str, name: str = "a mapping") -> bool:
    return any(one.severity == "error" for one in mapper.check_text(text, name))


def test_it_is_a_schema_of_draft_7_and_small_enough_for_an_editor() -> None:
    jsonschema.Draft7Validator.check_schema(_schema())
    assert _COMMITTED.stat().st_size < _MOST_BYTES


@pytest.mark.parametrize("target", _FILES)
def test_the_committed_schema_is_the_one_that_is_printed(target: str) -> None:
    printed = call("schema", "mapping", target, "--schemas", _ROOT / "schemas").stdout
    assert _FILES[target].read_text("utf-8") == printed, "make docs writes it anew"


def test_the_only_destination_need_not_be_named() -> None:
    assert json.loads(call("schema", "mapping").stdout) == _schema()


def test_a_target_that_is_not_there_is_a_wrong_call() -> None:
    wrong = call("schema", "mapping", "pinterest/conversion-v5")
    assert wrong.exit_code == 2
    assert f"did you mean {_TARGET}?" in wrong.stderr
    assert call("schema", _TARGET, _TARGET).exit_code == 2


def test_every_key_of_the_language_says_what_it_means() -> None:
    assert list(language_keys.MAPPING) == list(_schema()["properties"])
    assert set(language_keys.MAPPING) == set(MAPPING_KEYS)
    assert set(language_keys.SECTION) == set(SECTION_KEYS)
    assert set(language_keys.RULE) == set(RULE_KEYS)
    tables = [
        language_keys.MAPPING,
        language_keys.TARGET,
        language_keys.SOURCE,
        language_keys.SKIP,
        language_keys.SECTION,
        language_keys.CONSENT,
        language_keys.DENIED,
        language_keys.TEST,
    ]
    for table in [*tables, language_keys.RULE, language_keys.ARM, language_keys.COMBINED]:
        assert [name for name, key in table.items() if not key.meaning.strip()] == []


def test_every_reference_leads_somewhere_and_every_definition_is_referred_to() -> None:
    referred = set(re.findall(r'"#/definitions/([^"]+)"', json.dumps(_schema())))
    assert referred == set(_schema()["definitions"])


def test_every_transform_can_be_completed() -> None:
    definitions = _schema()["definitions"]
    without = set(definitions["step-name"]["enum"])
    arguments = definitions["step-arguments"]["properties"]
    assert without | set(arguments) == set(TRANSFORMS)
    for name, argument in arguments.items():
        assert argument["description"].startswith(TRANSFORMS[name].summary)


def test_a_field_shows_what_it_is_and_the_steps_the_compiler_puts_in() -> None:
    em = _schema()["definitions"]["fields-user_data"]["properties"]["em"]
    assert em["title"] == "em: E-mail addresses"
    assert "clean, digest, email, sha256, wrapped in a list" in em["description"]
    assert f"3. `email`: {TRANSFORMS['email'].summary}" in em["markdownDescription"]


@pytest.mark.parametrize("path", _RIGHT, ids=lambda path: path.stem)
def test_a_right_mapping_is_valid(path: Path) -> None:
    written = _written(path.read_text("utf-8"))
    assert _refusals(written, _OBSERVED if written.get("target") == _OBSERVED else _TARGET) == []


@pytest.mark.parametrize("path", sorted((_ROOT / "mappings").glob("*.yaml")), ids=lambda path: path.stem)
def test_a_ready_mapping_names_the_schema_in_its_first_line(path: Path) -> None:
    text = path.read_text("utf-8")
    prefix, _, named = text.splitlines()[0].partition("=")
    assert prefix == "# yaml-language-server: $schema"
    assert (path.parent / named).resolve() == _FILES[_written(text)["target"]]


# Keys of intakes and policies.
_OTHERS = r"^(?:entries|folders):"


@pytest.mark.parametrize("page", sorted((_ROOT / "docs").glob("*.md")), ids=lambda path: path.stem)
def test_a_mapping_of_the_docs_is_valid(page: Path) -> None:
    for text in blocks(page.read_text("utf-8"), "yaml"):
        if re.search(r"^version:", text, re.MULTILINE) and not re.search(_OTHERS, text, re.MULTILINE):
            assert _refusals(_written(text)) == []


@pytest.mark.parametrize("path", some(_BROKEN, 150), ids=lambda path: path.stem)
def test_what_it_refuses_the_checker_refuses_too(path: Path) -> None:
    text = path.read_text("utf-8")
    written = _written(text)
    if written is not None and _refusals(written):
        assert _is_wrong(text, path.name)


def test_it_refuses_all_cases_of_the_codes_of_shape() -> None:
    refused: dict[str, list[bool]] = {}
    for path in _BROKEN:
        written = _written(path.read_text("utf-8"))
        if written is not None and path.name[:1] == "M":
            refused.setdefault(path.name[:4], []).append(bool(_refusals(written)))
    codes = [*_SHAPE, *_SHAPE_IN_PART]
    assert [code for code in codes if all(refused[code])] == _SHAPE
    assert [code for code in codes if any(refused[code])] == codes


_MAPPING = {
    "version": 1,
    "target": _TARGET,
    "match": "type",
    "payload": {"user_data": {"em": "email"}},
    "events": [{"is": "a", "send": "checkout"}],
}


@pytest.mark.parametrize(
    ("changes", "right"),
    [
        ({"extends": "base/shop.yaml", "events": None}, True),
        ({"extends": ["base/shop.yaml", "base/identity.yaml"]}, True),
        ({"extends": {"shop": "base/shop.yaml"}}, False),
        ({"partial": True, "target": None, "events": None}, True),
        ({"partial": False, "target": None}, False),
        ({"partial": "yes"}, False),
        ({"events": None}, False),
        ({"match": None}, False),
        ({"expects": ["items", "email"]}, True),
        ({"split": "events[].merge($event, @)"}, True),
        ({"split": ["events"]}, False),
        ({"events": [{"is": "a", "send": "checkout", "continue": True}]}, True),
        ({"events": [{"is": "a", "skip": "nothing", "continue": True}]}, False),
        ({"events": [{"is": ["a", 1, None], "send": {"case": [{"else": {"const": "signup"}}]}}]}, True),
        ({"events": [{"when": "a", "send": "one_of_our_own"}]}, True),
        ({"otherwise": "skip"}, True),
        ({"otherwise": "send"}, False),
        ({"payload": {"custom_data": {"contents": {"zip": {"id": "ids", "quantity": "counts"}}}}}, True),
        ({"payload": {"custom_data": {"contents": {"zip": {"idd": "ids"}}}}}, False),
        ({"payload": {"custom_data": {"contents": [{"id": "sku"}, "more"]}}}, True),
        ({"payload": {"custom_data": {"contents": {"id": "sku"}}}}, False),
        ({"payload": {"custom_data": {"from": [{"value": "total"}, "data"]}}}, True),
        ({"payload": {"custom_data": {"from": [{"valeu": "total"}, "data"]}}}, False),
        ({"payload": {"custom_data": {"each": "a", "item": {"b": "c"}, "apply": "from_items"}}}, True),
        ({"payload": {"event_id": {"each": "a", "item": {"b": "c"}, "apply": "fingerprint"}}}, True),
        ({"payload": {"action_source": "web"}}, False),
        ({"payload": {"action_source": {"const": "WEB"}}}, True),
        ({"payload": {"user_data": {"country": {"const": "Germany"}, "ph": [1, "phone"]}}}, True),
        ({"payload": {"user_data": {"em": {"from": "a", "apply": {"phone": {"country": "$c"}}}}}}, True),
        ({"payload": {"user_data": {"em": {"from": "a", "apply": {"phone": {"contry": "$c"}}}}}}, False),
        ({"payload": {"user_data": {"quite_another": "a"}}}, False),
        ({"payload": {"user_data": {"quite_another": {"from": "a", "personal": "allowed"}}}}, True),
        ({"let": {"anything": {"a": {"b": ["c", 1]}}}}, True),
        ({"let": {"index": "a"}}, False),
        (
            {"consent": {"granted": {"all": ["a", "b"]}, "when_missing": "denied", "when_denied": "skip"}},
            True,
        ),
        ({"consent": {"granted": "a", "when_missing": "denied", "when_denied": {"strip": "ph"}}}, False),
    ],
    ids=lambda one: json.dumps(one)[:60],
)
def test_every_construct_is_valid_as_it_should_be_written(changes: dict[str, Any], right: bool) -> None:
    written = {name: one for name, one in {**_MAPPING, **changes}.items() if one is not None}
    assert (_refusals(written) == []) is right


@pytest.mark.parametrize(
    "changes",
    [
        {"otherwise": {}},
        {"events": [{}]},
        {"skip": [{}]},
        {"tests": [{}]},
        {"consent": {}},
        {"consent": {"granted": "a", "when_missing": "denied", "when_denied": {}}},
        {"payload": {"user_data": {"em": {"case": [{"when": "a", "then": "b"}, {}]}}}},
    ],
    ids=json.dumps,
)
def test_braces_with_nothing_between_them_are_refused_by_the_checker_too(changes: dict[str, Any]) -> None:
    written = {**_MAPPING, **changes}
    assert _refusals(written)
    assert {one.code for one in mapper.check_text(json.dumps(written)) if one.severity == "error"} >= {"M021"}


def _places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The paths of all keys of a JSON value."""
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, part in entries:
        if isinstance(key, str):
            yield (*path, key)
        yield from _places(part, (*path, key))


@cache
def _keys_of_right_mappings() -> list[tuple[str, tuple[str | int, ...]]]:
    found = []
    for path in _RIGHT:
        text = path.read_text("utf-8")
        found += [(text, place) for place in _places(_written(text)) if place[0] != "tests"]
    return found


def _slipped(text: str, place: tuple[str | int, ...], key: str) -> str:
    """A mapping in which the key at a place is another one, as YAML."""
    written = _written(text)
    above = written
    for part in place[:-1]:
        above = above[part]
    entries = [(key if name == place[-1] else name, part) for name, part in above.items()]
    above.clear()
    above.update(entries)
    return json.dumps(written, ensure_ascii=False)


def _is_object(value: Any, place: tuple[str | int, ...]) -> bool:
    """Whether a value of a `let` or a function has no key of a rule left, and so is an object of any names.

    Only who knows what reads it can tell that it was meant as a rule.
    """
    for part in place[:-1]:
        value = value[part]
    return not {"let", "functions"}.isdisjoint(place[:-1]) and {*RULE_KEYS}.isdisjoint(value)


@settings(max_examples=examples(60, usual=30))
@given(st.data())
def test_a_misspelt_key_is_refused_where_the_checker_refuses_it_and_only_there(data: st.DataObject) -> None:
    text, place = data.draw(st.sampled_from(_keys_of_right_mappings()))
    name = str(place[-1])
    at = data.draw(st.integers(0, max(len(name) - 1, 0)))
    letter = data.draw(st.sampled_from("aeiorstx_"))
    key = data.draw(
        st.sampled_from([name[:at] + name[at + 1 :], name[:at] + letter + name[at:], name.capitalize()])
    )
    mistyped = _slipped(text, place, key)
    found = {one.code for one in mapper.check_text(mistyped) if one.severity == "error"}
    refused = _refusals(_written(mistyped))
    if refused:
        assert found
    if found & _UNKNOWN_KEY and not _is_object(_written(mistyped), place):
        assert refused


def test_what_is_taken_for_a_misspelt_field_the_checker_takes_for_one_too() -> None:
    target = read_target(_TARGET, mapper.read_schema(_TARGET))
    fields = next(one for one in target.root.fields if one.name == "user_data")
    pattern = re.compile(misspelt(fields, target.root))
    names = [one.name for one in fields.fields]
    slips = {
        name[:at] + letter + name[at + cut :]
        for name in names
        for at in range(len(name) + 1)
        for letter in ("", "a", "k", "_")
        for cut in (0, 1)
    }
    titled = {"email", "E-Mail", "first_name", "FirstName", "phone", "country_of", "xyz"}
    for slip in sorted((slips | titled) - set(names)):
        assert fields.meant_by(slip) is not None or not pattern.fullmatch(slip), slip
    assert {one for one in titled if pattern.fullmatch(one)} == titled - {"country_of", "xyz"}
    assert not any(pattern.fullmatch(name) for name in names)
    assert closest("exernal_id", names) == "external_id"
    assert pattern.fullmatch("exernal_id")
