"""Mapping -> the same with a test for each of its fixtures: a file with an event, beside what it ends as."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from mapper.compiler.file_reading import FileReading
from mapper.compiler.syntax.mapping import Mapping, Named
from mapper.compiler.syntax.mapping_test_nodes import Expectation, MappingTest, read_expected
from mapper.compiler.yaml.reader import read_yaml
from mapper.project.project import Project
from mapper.runtime.decode import decode
from mapper.texts.diagnostic import Diagnostic
from mapper.texts.named_text import Span, Text, UnreadableFile, decode_text
from mapper.values.types import Invalid

EXPECTED = ".expect.json"
META = ".meta.json"
_ONE_EVENT = "the file must hold one event, a JSON object"


def with_fixtures(mapping: Mapping, project: Project, reading: FileReading) -> Mapping:
    """The mapping with its fixtures after its own tests."""
    fixtures = [test for named in mapping.fixtures for test in _read_all(named, project, reading)]
    by_name = {test.name: test for test in fixtures}  # several patterns may match one file
    return replace(mapping, tests=(*mapping.tests, *by_name.values()))


def expectation_file(event: str) -> str:
    """The file beside that of an event: `order.expect.json` of `order.json`."""
    return _beside(event, EXPECTED)


def _beside(event: str, ending: str) -> str:
    return f"{os.path.splitext(event)[0]}{ending}"


def _read_all(named: Named, project: Project, reading: FileReading) -> Iterator[MappingTest]:
    try:
        files = [one for one in project.matching(named.name) if not one.endswith((EXPECTED, META))]
        if not files:
            raise UnreadableFile(f"no file with an event matches `{named.name}`")
    except UnreadableFile as failure:
        reading.say(Diagnostic("M505", named.span, failure.reason, failure.hint))
        return
    for file in files:
        try:
            test = _read(file, project, reading)
        except UnreadableFile as failure:
            reading.say(Diagnostic("M505", named.span, failure.reason, failure.hint))
        except OSError as error:
            message = f"`{file}` cannot be read: {error.strerror or error.args[0]}"
            reading.say(Diagnostic("M505", named.span, message))
        else:
            if test is not None:
                yield test


def _read(file: str, project: Project, reading: FileReading) -> MappingTest | None:
    read = _read_object(file, project, reading)
    if read is None:
        return None
    event, start = read
    meta = None
    known = _beside(file, META)
    if project.has(known):
        read = _read_object(known, project, reading, "the file must hold the value of `$meta`, a JSON object")
        if read is None:
            return None
        meta, _ = read
    expected = None
    beside = expectation_file(file)
    if project.has(beside):
        expected = _read_expectation(decode_text(beside, project.bytes_of(beside)), reading)
        if expected is None:
            return None
    name = Path(os.path.relpath(file, project.folder or ".")).as_posix()
    return MappingTest(name, event, meta, expected, start)


def _read_object(
    file: str, project: Project, reading: FileReading, must: str = _ONE_EVENT
) -> tuple[dict[str, Any], Span] | None:
    """The object in a file, and where it begins; must: what to say of anything else in it."""
    content = project.bytes_of(file)
    text = decode_text(file, content)
    start = text.span(0, min(1, len(text.content)))
    try:
        value = decode(content)
    except Invalid as invalid:
        reading.say(Diagnostic("M505", start, f"the file is not JSON: {invalid.reason}"))
        return None
    if not isinstance(value, dict):
        hint = "write each event into a file of its own" if must is _ONE_EVENT else None
        reading.say(Diagnostic("M505", start, must, hint))
        return None
    return value, start


def _read_expectation(text: Text, reading: FileReading) -> Expectation | None:
    """The content of a file beside an event: the same as the value of `expect`."""
    try:
        json.loads(text.content)
    except json.JSONDecodeError as error:
        message = f"the file is not JSON: {error.msg}"
        reading.say(Diagnostic("M505", text.span(error.pos, error.pos), message))
        return None
    except RecursionError:
        reading.say(Diagnostic("M505", text.span(0, 1), "the file is nested too deep"))
        return None
    # JSON is YAML, but for tabs between its values.
    node = read_yaml(Text(text.name, text.content.replace("\t", " ")), reading.found)
    return None if node is None else read_expected(node, reading)
