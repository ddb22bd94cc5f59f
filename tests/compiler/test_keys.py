"""Every part of the package knows every key of the language: one probe a key, in tests/cases/keys.yaml.

A key that a reader, a form of the code, `explain`, the editor's schema, the docs or the random mappings do
not know fails here. Exemptions are listed with their reasons; one that is no longer needed fails too.
"""

from __future__ import annotations

import copy
import json
import random
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jsonschema
import pytest

import mapper
from mapper import CompileError, Outcome, authoring, run_tests
from mapper.authoring import Row, Table
from mapper.compiler.emit.readable.readable_program import generate
from mapper.compiler.explain.event_run import load_plan
from mapper.compiler.explain.payload_rows import tables
from mapper.compiler.explain.trace import trace
from mapper.compiler.file_reading import FileReading
from mapper.compiler.findings import Findings
from mapper.compiler.plan.planner import Plan
from mapper.compiler.syntax import language_keys
from mapper.compiler.syntax.mapping import read_mapping
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Text
from tests.compiler.test_interpreter import Subject, compiled
from tests.compiler.test_language import mapping_of
from tests.generators import random_mappings
from tests.support.case_files import as_yaml, cases, of_yaml
from tests.support.depth import seeds, some

pytestmark = pytest.mark.quick

_ROOT = Path(__file__).parents[2]
_TARGET = "pinterest/conversions-v5"
_RANDOM = 2_000

# Who has keys: what the readers call it, and its keys. `None`: it is read without a list of its keys.
_OWNERS: dict[str, tuple[str | None, tuple[str, ...]]] = {
    "mapping": ("a mapping", tuple(language_keys.MAPPING)),
    "target": ("`target`", tuple(language_keys.TARGET)),
    "source": ("`source`", tuple(language_keys.SOURCE)),
    "table": ("a table", tuple(language_keys.TABLE_FILE)),
    "skip": ("a `skip` rule", tuple(language_keys.SKIP)),
    "section": ("a section", tuple(language_keys.SECTION)),
    "pattern": ("a pattern of `is`", tuple(language_keys.EVENT_PATTERN)),
    "otherwise": ("`otherwise`", ("let", "send", "skip", "payload")),
    "consent": ("`consent`", tuple(language_keys.CONSENT)),
    "when_denied": ("`when_denied`", tuple(language_keys.DENIED)),
    "when_limited": ("`when_limited`", tuple(language_keys.LIMITED)),
    "answer": ("an answer", tuple(language_keys.COMBINED)),
    "test": ("a test", tuple(language_keys.TEST)),
    "end": (None, tuple(language_keys.ENDS)),
    "expected": (None, tuple(language_keys.EXPECTED)),
    "given": (None, tuple(language_keys.GIVEN)),
    "rule": ("a rule", tuple(language_keys.RULE)),
    "arm": ("an arm of `case`", tuple(language_keys.ARM)),
    "inherited": (None, tuple(language_keys.INHERIT)),
}
_KEYS = [f"{owner} {key}" for owner, (_, known) in _OWNERS.items() for key in known]

# Exemptions, each with its reason. They may only shrink: one that is not needed fails its test.
_MAPPING_OF_A_CASE = "what makes a whole mapping of a part of one adds it"
_ONE_FILE = "mappings made at random stand alone"
_OWN_TEST = "a test says what comes of an event, which is not known of one made at random"
_NOT_MADE_AT_RANDOM = {
    **dict.fromkeys(("mapping name", "mapping version", "mapping target"), _MAPPING_OF_A_CASE),
    **dict.fromkeys(("target schema", "target profile"), _MAPPING_OF_A_CASE),
    **dict.fromkeys(("mapping extends", "mapping partial", "mapping expects"), _ONE_FILE),
    "inherited inherit": _ONE_FILE,
    **dict.fromkeys(
        ("mapping source", "source schema", "source samples"), "their events are of no known shape"
    ),
    "mapping normal_forms": "nearly each one with `explicit` is refused",
    "rule personal": "no source labels what they read",
    "rule todo": "a mapping with it has an error",
    **dict.fromkeys(("mapping tests", "mapping bases", "mapping fixtures"), _OWN_TEST),
    **{f"test {key}": _OWN_TEST for key in language_keys.TEST},
    **dict.fromkeys(("end skip", "end reject", "expected hash", "given base"), _OWN_TEST),
}
_WITHOUT_A_TYPED_FORM = {
    "mapping split": "the parts are made of the event as it is",
    "rule zip": "a field that only the careful form makes would decode the event twice",
}
_LEFT_OVER = {
    **dict.fromkeys(
        ("consent when_denied", "when_denied strip", "when_denied set"),
        "an event that is sent without consent is left to the careful form",
    ),
    **dict.fromkeys(
        ("consent when_limited", "when_limited set"),
        "an event with limited consent is left to the careful form",
    ),
}
_OF_ANY_SHAPE = {
    "rule const": "the editor lets a constant have any shape, whatever its field",
    "rule default": "the editor lets a constant have any shape, whatever its field",
}
_NOT_GUESSED = {
    "rule item": "what is strange beside `each` is taken for a field of its elements",
    "given base": "what is strange in an event is one of its attributes",
}


@dataclass(frozen=True, eq=False)
class Probe:
    """A mapping with a key and one without it, as YAML, and an event that tells them apart.

    beside, table: the texts of `base.yaml` and `table.csv` beside it.
    """

    key: str
    written: tuple[str, str]
    beside: str
    table: str
    event: dict[str, Any]
    shows: frozenset[str]
    wrong: str
    misspelt: str


def _read_probe(row: dict[str, Any]) -> Probe:
    def text(mapping: dict[str, Any]) -> str:
        return _dumped(mapping) if row.get("whole") else mapping_of({"mapping": mapping})

    whole = of_yaml(text(row["mapping"]))
    without = row.get("without")
    return Probe(
        row["key"],
        (_dumped(whole), text(without) if without else _changed(whole, row["at"], lambda _: None)),
        _dumped(row["beside"]) if "beside" in row else "",
        row.get("table", ""),
        {"at": 1777629600, **row["event"]},
        frozenset(row["shows"]),
        _changed(whole, row["at"], lambda key: (key, row["wrong"])),
        _changed(whole, row["at"], lambda key: (_misspelt(key), _at(whole, row["at"]))),
    )


def _dumped(written: Any) -> str:
    return as_yaml(written)


def _at(written: Any, place: list[Any]) -> Any:
    for part in place:
        written = written[part]
    return written


def _changed(written: Any, place: list[Any], change: Callable[[str], tuple[str, Any] | None]) -> str:
    """A mapping in which the entry at a place is another one, or none, as YAML."""
    changed = copy.deepcopy(written)
    above = _at(changed, place[:-1])
    entries = [change(key) if key == place[-1] else (key, value) for key, value in above.items()]
    above.clear()
    above.update(entry for entry in entries if entry is not None)
    return _dumped(changed)


def _misspelt(key: str) -> str:
    """A key with its last letter twice."""
    return key + key[-1]


_ROWS = cases("keys.yaml")
_PROBES = [_read_probe(row) for row in _ROWS]
each_probe = pytest.mark.parametrize("probe", some(_PROBES), ids=lambda probe: probe.key)


# What each part says of a mapping.


@dataclass(frozen=True)
class _Seen:
    """A mapping of a probe, and what each part says of it; `subject` is None where it has errors."""

    found: tuple[Diagnostic, ...]
    subject: Subject | None
    parts: dict[str, Any]


@cache
def _seen(probe: Probe, text: str) -> _Seen:
    with TemporaryDirectory() as folder:
        root = Path(folder)
        (root / ".git").mkdir()
        (root / "base.yaml").write_text(probe.beside, encoding="utf-8")
        (root / "table.csv").write_text(probe.table, encoding="utf-8")
        (root / "events.ndjson").write_text(json.dumps(probe.event), encoding="utf-8")
        file = root / "shop.yaml"
        file.write_text(text, encoding="utf-8")
        found = mapper.check_text(text, "shop.yaml", beside=file)
        said = [(one.code, one.message) for one in found]
        try:
            subject = compiled(text, "shop.yaml", [(probe.event, None)], file)
        except CompileError:
            return _Seen(found, None, {"check": said})
        plan = subject.plan
        traced = trace(load_plan(plan), probe.event, None)
        return _Seen(
            found,
            subject,
            {
                "check": said,
                "code": generate(plan).text,
                "outcomes": subject.program.apply(probe.event),
                "explain": [_without_lines(table) for table in tables(plan)],
                "trace": [_without_lines(table) for table in traced.tables],
                "decisions": [[(one.part, one.told) for one in run] for run in traced.decisions],
                "tests": [(one.name, one.status) for one in run_tests(file).results],
            },
        )


def _tables(plan: Plan, event: dict[str, Any]) -> tuple[Table, ...]:
    return trace(load_plan(plan), event, None).tables


def _without_lines(table: Table) -> list[Any]:
    """All that a table says, but where it is written."""
    return [table.title, table.takes, *map(_said, table.rows)]


def _said(row: Row) -> list[Any]:
    values = {one.name: getattr(row, one.name) for one in fields(row) if one.name != "span"}
    return [*{**values, "steps": [step.text for step in row.steps], "items": len(row.items)}.items()]


def _both(probe: Probe) -> Iterator[_Seen]:
    return (_seen(probe, text) for text in probe.written)


def _sound(probe: Probe) -> list[Subject]:
    return [seen.subject for seen in _both(probe) if seen.subject is not None]


# The tests.


def test_every_key_has_a_probe() -> None:
    assert [probe.key for probe in _PROBES] == _KEYS


def test_the_table_of_keys_holds_all_that_the_readers_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read: dict[str, set[str]] = {}

    def recorded(function: Callable[..., Any], owner: int, known: int) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            names = tuple(arguments[known])
            read.setdefault(arguments[owner], set()).update(names)
            return function(*arguments)

        return call

    for name, owner, known in (("entries_of", 1, 2), ("unknown_key", 1, 2)):
        for module in [one for key, one in sys.modules.items() if key.startswith("mapper.compiler.")]:
            if hasattr(module, name):
                monkeypatch.setattr(module, name, recorded(getattr(module, name), owner, known))
    for probe in _PROBES:
        for text in (*probe.written, probe.misspelt):
            read_mapping(Text("m.yaml", text), FileReading(Findings()))
    assert read == {name: set(known) for name, known in _OWNERS.values() if name is not None}


def test_every_table_of_keys_belongs_to_somebody() -> None:
    named = {key for _, known in _OWNERS.values() for key in known}
    for table in vars(language_keys).values():
        if isinstance(table, dict) and any(isinstance(one, language_keys.Key) for one in table.values()):
            assert table.keys() <= named


@each_probe
def test_a_key_makes_a_difference_where_it_must(probe: Probe) -> None:
    one, other = _both(probe)
    differ = {part for part in one.parts if part in other.parts and one.parts[part] != other.parts[part]}
    assert probe.shows - differ == set()
    assert probe.shows


@each_probe
def test_all_forms_of_the_code_give_what_the_plan_says(probe: Probe) -> None:
    for subject in _sound(probe):
        for event in (probe.event, {}, {"at": 1777629600}):
            subject.hold(event, None)


@each_probe
def test_the_fast_forms_take_the_event(probe: Probe) -> None:
    """Else what they give of it is what the careful form gives, and proves nothing."""
    programs = [subject.fast for subject in _sound(probe)]
    before = sum(map(_missed, programs))
    for program in programs:
        assert program.fast_text
        program.apply(probe.event)
        program.apply_json(json.dumps(probe.event).encode())
    typed = all(program.typed_text for program in programs)
    assert typed == (probe.key not in _WITHOUT_A_TYPED_FORM)
    left_over = sum(map(_missed, programs)) > before
    assert left_over == (probe.key in _LEFT_OVER)


def _missed(program: mapper.Program) -> int:
    return program._pace.misses + program._typed.misses


@each_probe
def test_explain_shows_the_values_that_are_sent(probe: Probe) -> None:
    wrong = []
    for subject in _sound(probe):
        outcomes = subject.program.apply(probe.event)
        taken = [one for one in outcomes if one.skip is None or one.skip.kind == "consent"]
        # The table of an event that a skip rule keeps back shows what it would have sent.
        for outcome, table in zip(taken, _tables(subject.plan, probe.event) if taken else (), strict=True):
            shown, sent = _values(table.rows), _values_sent(outcome, table.rows)
            if outcome.payload is not None and shown != sent:
                wrong.append((shown, sent))
    assert wrong == []


@each_probe
def test_explain_shows_no_elements_that_are_not_sent(probe: Probe) -> None:
    for subject in _sound(probe):
        for table in _tables(subject.plan, probe.event):
            made: Row | None = None
            for row in table.rows:
                made = row if row.depth == 0 else made
                if row.depth > 0 and made is not None and isinstance(made.value, list):
                    shown = [item for item in row.items if item.value is not None]
                    assert len(shown) <= len(made.value), f"{row.path} of {made.path}"


def _values(rows: tuple[Row, ...]) -> dict[str, Any]:
    return {row.path: row.value for row in rows if row.depth == 0 and row.value is not None}


def _values_sent(outcome: Outcome, rows: tuple[Row, ...]) -> dict[str, Any]:
    """What a payload has, by the paths of a table, and by its own where the table does not know them."""
    known = {row.path for row in rows}

    def inside(path: str, value: Any) -> Iterator[tuple[str, Any]]:
        if path in known or not isinstance(value, dict):
            yield path, value
        else:
            for name, part in value.items():
                yield from inside(f"{path}.{name}" if path else name, part)

    return dict(inside("", outcome.payload or {}))


@cache
def _editor() -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(authoring.mapping_schema(_TARGET, schemas=_ROOT / "schemas"))


def _has_errors(found: tuple[Diagnostic, ...]) -> bool:
    return any(one.severity == "error" for one in found)


@each_probe
def test_an_editor_takes_what_the_checker_takes(probe: Probe) -> None:
    for text in probe.written:
        refused = [error.message for error in _editor().iter_errors(of_yaml(text))]
        assert refused == [] or _has_errors(_seen(probe, text).found)
    with_the_key = list(_editor().iter_errors(of_yaml(probe.written[0])))
    assert with_the_key == []


@each_probe
def test_a_wrong_shape_is_refused_by_the_editor_and_the_checker(probe: Probe) -> None:
    refused = (
        _has_errors(_seen(probe, probe.wrong).found),
        not _editor().is_valid(of_yaml(probe.wrong)),
    )
    assert (refused == (True, True)) == (probe.key not in _OF_ANY_SHAPE), refused


@each_probe
def test_a_misspelt_key_is_told_its_name(probe: Probe) -> None:
    key = probe.key.split()[1]
    found = [one for one in mapper.check_text(probe.misspelt) if one.severity == "error"]
    told = any(f"`{key}`" in (one.hint or "") for one in found)
    refused = not _editor().is_valid(of_yaml(probe.misspelt))
    assert (told and refused) == (probe.key not in _NOT_GUESSED), (told, refused)


def test_the_page_of_the_language_names_every_key() -> None:
    page = (_ROOT / "docs/language.md").read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"```.*?```|`[^`\n]+`", page, re.DOTALL))
    names = set(re.findall(r"(?<![\w.-])[a-z_]+(?=:)|(?<=`)[a-z_]+(?=`)", code))
    assert [key for key in _KEYS if key.split()[1] not in names] == []


def test_mappings_made_at_random_use_every_key() -> None:
    made: set[str] = set()
    for seed in seeds(_RANDOM):
        made.update(_keys_in(random_mappings.mapping(random.Random(seed)), "mapping"))
    assert sorted(set(_KEYS) - made) == sorted(_NOT_MADE_AT_RANDOM)


# What stands behind a key: an owner of keys, or a value.
_BELOW = {
    ("mapping", "target"): "target",
    ("mapping", "skip"): "skip",
    ("mapping", "consent"): "consent",
    ("mapping", "payload"): "value",
    ("mapping", "tables"): "tables",
    ("mapping", "let"): "value",
    ("mapping", "events"): "section",
    ("mapping", "otherwise"): "otherwise",
    ("mapping", "tests"): "test",
    ("section", "is"): "pattern",
    ("section", "payload"): "value",
    ("section", "send"): "value",
    ("otherwise", "payload"): "value",
    ("consent", "granted"): "answer",
    ("consent", "denied"): "answer",
    ("consent", "when_denied"): "when_denied",
    ("consent", "when_limited"): "when_limited",
    ("answer", "all"): "value",
    ("answer", "any"): "value",
    ("rule", "from"): "value",
    ("rule", "case"): "arm",
    ("rule", "each"): "value",
    ("rule", "item"): "value",
    ("rule", "zip"): "value",
    ("arm", "then"): "value",
    ("arm", "else"): "value",
}


def _keys_in(written: Any, owner: str) -> Iterator[str]:
    """The keys of a mapping, each with its owner."""
    for item in written if isinstance(written, list) else [written]:
        if not isinstance(item, dict):
            continue
        here = "fields" if owner == "tables" else owner
        below_names = "table" if owner == "tables" else "value"
        if owner in ("value", "answer"):
            here = next((one for one in ("answer", "rule") if {*item} <= {*_OWNERS[one][1]}), "fields")
        for key, value in item.items():
            if here == "fields":
                yield from _keys_in(value, below_names)
            else:
                yield f"{here} {key}"
                below = _BELOW.get((here, key))
                if below is not None:
                    yield from _keys_in(value, below)
