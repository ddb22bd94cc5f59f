"""An Analysis whose texts and schemas are all given: the answers are the same, and no file is read."""

from __future__ import annotations

import builtins
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema  # noqa: F401  # it reads files of its own when it is imported, once
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mapper
from mapper import authoring
from mapper.authoring import Analysis, Text
from tests.support.depth import some

_ROOT = Path(__file__).parents[2]
_MAPPINGS = _ROOT / "mappings"
_TEXTS = {
    path.relative_to(_MAPPINGS).as_posix(): path.read_text(encoding="utf-8")
    for path in sorted(_MAPPINGS.rglob("*.yaml"))
}
_SCHEMAS = {
    path.relative_to(_ROOT / "schemas").with_suffix("").as_posix(): path.read_text(encoding="utf-8")
    for path in sorted((_ROOT / "schemas").rglob("*.json"))
    if path.relative_to(_ROOT / "schemas").with_suffix("").as_posix() in mapper.schema_names()
}
_READY = [name for name in _TEXTS if "/" not in name]
each_ready = pytest.mark.parametrize("name", some(_READY, 2, full=8))


@contextmanager
def _looked_at() -> Iterator[list[str]]:
    """The files that anything looks at meanwhile. Python itself finds modules in another way.

    A zone that a mapping names is read from the machine's database where no test did so before.
    """
    ZoneInfo("Europe/Berlin")
    seen: list[str] = []

    def noting(function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **named: Any) -> Any:
            seen.append(str(arguments[0]))
            return function(*arguments, **named)

        return run

    with pytest.MonkeyPatch.context() as patched:
        for name in ("open", "stat", "lstat", "listdir", "scandir", "readlink"):
            patched.setattr(os, name, noting(getattr(os, name)))
        for module in (builtins, io):
            patched.setattr(module, "open", noting(open))
        yield seen


def _from_memory(name: str) -> Analysis:
    return authoring.analyse(_TEXTS[name], name, texts=_TEXTS, schemas=_SCHEMAS)


def _answers(analysis: Analysis) -> list[object]:
    """What can be asked, as far as it does not name the file of the mapping."""
    tests = analysis.tests[:2]
    meta = {"received_at": "2026-05-01T10:00:00Z"}
    traces = [analysis.trace(one.given, meta) for one in tests if isinstance(one.given, dict)]
    offset = analysis.text.content.index("target:") + len("target: ")
    return [
        [(one.code, one.span.start, one.message, one.hint) for one in analysis.diagnostics],
        analysis.coverage,
        analysis.program.code.text,
        analysis.program.code.guard,
        [[(row.path, row.source, row.value) for row in table.rows] for one in traces for table in one.tables],
        [one.insert for one in analysis.complete(offset)],
        [analysis.breaches(one.payload) for trace in traces for one in trace.outcomes],
    ]


@each_ready
def test_no_file_is_looked_at(name: str) -> None:
    with _looked_at() as files:
        analysis = _from_memory(name)
        assert analysis.diagnostics == ()
        assert _answers(analysis)
        event = next(one.given for one in analysis.tests if isinstance(one.given, dict))
        assert analysis.at(analysis.text.content.index("target:"), event) is not None
        assert analysis.outline
        for text in ("version: 2\n", analysis.text.content.replace("target: ", "target: no/")):
            assert analysis.edited(text).diagnostics
    assert files == []


@each_ready
def test_the_answers_are_those_of_the_files(name: str) -> None:
    beside = _MAPPINGS / name
    from_files = authoring.analyse(_TEXTS[name], name, beside=beside)
    assert _answers(_from_memory(name)) == _answers(from_files)


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ("{", "not JSON: the file ends before its object does"),
        ("[]", "a schema must be an object, not array"),
        ("[" * 100_000, "not JSON: the file is nested too deep"),
        ('{"type": "object", "properties": {"a": {"type": "strin"}}}', "strin"),
        ('{"type": "object", "x-delivery": {"service": 3}, "properties": {}}', "lacks `request`"),
    ],
)
def test_a_wrong_schema_is_told_in_its_text(schema: str, said: str) -> None:
    text = "version: 1\ntarget: shop/orders-v1\nevents: []\n"
    with _looked_at() as files:
        found = authoring.analyse(text, "shop.yaml", schemas={"shop/orders-v1": schema}).diagnostics
    assert files == []
    told = [one for one in found if said in one.message]
    assert {one.span.text.name for one in told} == {"shop/orders-v1.json"}, found


def test_a_place_in_a_given_schema_lies_in_its_text() -> None:
    schema = '{"type": "object", "x-delivery": {"service": "Shop"}, "properties": {}}'
    found = authoring.analyse("version: 1\ntarget: t\n", schemas={"t": schema}).diagnostics
    (span, *_) = [one.span for one in found if one.span.text.content == schema]
    assert (span.text.name, schema[span.start : span.end]) == ("t.json", '"x-delivery"')


def test_a_schema_that_is_not_among_the_given_ones_is_unknown() -> None:
    text = "version: 1\ntarget: pinterest/conversions-v6\n"
    (found,) = [one for one in authoring.analyse(text, schemas=_SCHEMAS).diagnostics if one.code == "M306"]
    assert "pinterest/conversions-v5" in (found.hint or "")


_TEXT = st.text(st.one_of(st.sampled_from("a\r\n\u2028é🙂𝄞\ud800"), st.characters()), max_size=30)


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@given(content=_TEXT)
def test_places_in_code_units_are_those_of_utf_16(content: str) -> None:
    text = Text("m.yaml", content)
    for offset in range(len(content) + 1):
        assert text.utf16.units(offset) == _units(content[:offset])
        assert text.utf16.offset(_units(content[:offset])) == offset
        line, units = text.utf16.position(offset)
        start = text.starts[line]
        assert units == _units(content[start:offset])
        assert text.utf16.offset_at(line, units) == min(offset, start + len(text.line(line + 1)))


def test_a_place_that_no_character_begins_at_is_that_of_the_one_before() -> None:
    positions = Text("m.yaml", "a🙂b\nc").utf16
    assert [positions.offset(units) for units in range(9)] == [0, 1, 1, 2, 3, 4, 5, 5, 5]
    assert positions.offset_at(0, 2) == 1
    assert positions.offset_at(0, 99) == 3
    assert positions.offset_at(7, 0) == 5
