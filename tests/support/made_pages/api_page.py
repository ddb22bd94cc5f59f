"""The front door's docstrings -> their page in docs/, as Markdown, with examples that a test runs."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property
from typing import Any

import mapper
from mapper.cli.command import only_target

_HEAD = """# Python

`import mapper` is the front door: every name below is an attribute of it, and loads what it needs when it is
first used. They stay as they are from version to version. The examples on this page are run by a test. Line
and column count from 1; offsets are characters from 0, and a span ends before its `end`.
"""
_MAPPING = '''
import mapper

MAPPING = """
version: 1
target: TARGET
let:
  email: {from: [customer.email, contact]}
payload:
  event_id: id
  event_time: time
  action_source: {const: web}
  user_data: {em: $email}
  custom_data:
    contents: {each: lines, item: {id: sku, item_price: price}}
otherwise: {send: checkout}
"""
EVENT = {
    "id": 1,
    "time": 1777629600,
    "contact": "Ada@Example.com",
    "lines": [{"sku": "a-1", "price": 9.5}, {"sku": "b-2", "price": 4}],
}
'''
_CHECK = """
wrong = MAPPING.replace("event_id: id", "event_ids: id")
for found in mapper.check_text(wrong, "shop.yaml"):
    if found.severity == "error":
        print(found.span.place, found.code, found.message)
        print(found.hint)
"""
_CHECKED = """
shop.yaml:7:3 M301 the payload has no field `event_ids`
did you mean `event_id`?
"""
_APPLY = """
program = mapper.compile_text(MAPPING)
for outcome in program.apply(EVENT):
    print(outcome.payload["custom_data"]["contents"][1])
breaches = mapper.validator("TARGET")
print(breaches(outcome.payload))
"""
_APPLIED = """
{'id': 'b-2', 'item_price': '4'}
[]
"""
_ASK = """
import json
from mapper import authoring

analysis = authoring.analyse(MAPPING)
found = analysis.at(MAPPING.index("price}"), EVENT)
print(found.path, found.text, found.value, [step.text for step in found.steps])

begun = analysis.edited(MAPPING.replace("contact]", "customer.email, cont"))
place = begun.text.content.index(", cont") + len(", cont")
print([one.insert for one in begun.complete(place, EVENT)][:2])

use = MAPPING.index("$email")
print(analysis.definition(use).place, [span.place for span in analysis.references(use)])

# As in a browser or a language server: all texts are given, no file is read, UTF-16 code units count.
schemas = {name: json.dumps(mapper.read_schema(name)) for name in mapper.schema_names()}
smiling = authoring.analyse(MAPPING.replace("{const: web}", "{const: 🙂}"), schemas=schemas)
span = smiling.diagnostics[0].span
print(span.place, span.end, span.text.utf16.units(span.end), span.text.utf16.position(span.start))
"""
_ASKED = """
custom_data.contents[].item_price price 9.5 ['decimal']
['contact', 'contains(']
<text>:5:3 ['<text>:10:19']
<text>:9:26 162 163 (8, 25)
"""
_EXPLAIN = """
trace = analysis.trace(EVENT)
for row in trace.tables[0].rows:
    if row.path == "user_data.em" and row.depth == 0:
        print(row.source, row.span.line, [(step.text, step.inserted) for step in row.steps])
for flow in trace.flows[0]:
    if flow.path.endswith("[1].id"):
        print(flow.path, flow.span.place, flow.reads)
print(trace.feeds["lines[0].price"])
"""
_EXPLAINED = """
$email 10 [('clean', True), ('digest', True), ('email', True), ('sha256', True), ('unique', True)]
custom_data.contents[1].id <text>:12:40 ('lines[1].sku',)
('custom_data.contents[0].item_price',)
"""


@dataclass(frozen=True, slots=True)
class _Topic:
    """A part of the page: what it is for, the names that belong there, an example and what that prints."""

    title: str
    about: str
    names: tuple[str, ...]
    example: str = ""
    prints: str = ""


def _names(names: str) -> tuple[str, ...]:
    return tuple(names.split())


_TOPICS = (
    _Topic("The mapping of the examples", "", (), _MAPPING),
    _Topic(
        "Check",
        "Mistakes of a mapping are values, each with a code, a span and a hint.",
        _names("check_mapping check_text explain_mapping coverage Diagnostic Span CODES"),
        _CHECK,
        _CHECKED,
    ),
    _Topic(
        "Compile and apply",
        "A program gives the outcomes of one event at a time, and may be shared by threads.",
        _names(
            "compile_mapping compile_text compile_expression CompileError Program Outcome Skip Rejection Note"
            " Invalid"
        ),
        _APPLY,
        _APPLIED,
    ),
    _Topic(
        "Ask about a text",
        "An editor, a page or a review tool plans a text once, saved or not, and then asks. The names for\n"
        "that are in `mapper.authoring`, which unlike the front door may change in any version.",
        (),
        _ASK,
        _ASKED,
    ),
    _Topic(
        "Explain an event",
        "Where each value comes from, step by step, and which part of the event feeds it.",
        (),
        _EXPLAIN,
        _EXPLAINED,
    ),
    _Topic(
        "Test",
        "The tests in mapping files; [more](testing.md).",
        _names("run_tests TestReport compare MappingComparison"),
    ),
    _Topic(
        "Count what acted",
        "Which rules acted for events, and what their payloads carry; [more](stats.md).",
        _names("statistics Statistics"),
    ),
    _Topic(
        "Schemas and destinations",
        "",
        _names("read_schema schema_names validator destination"),
    ),
)


def write_page() -> str:
    """The whole page. Made anew by `make docs`; a test holds docs/api.md equal to it.

    `TARGET` in an example is the name of the one target of this package.
    """
    known = {name for topic in _TOPICS for name in topic.names}
    rest = tuple(name for name in mapper.__all__ if name not in known)
    topics = (*_TOPICS, _Topic("More", "", rest)) if rest else _TOPICS
    return (_HEAD + "".join(_section(topic) for topic in topics)).replace("TARGET", only_target(None))


def _section(topic: _Topic) -> str:
    about = f"\n{topic.about}\n" if topic.about else ""
    example = f"\n```python\n{topic.example.strip()}\n```\n" if topic.example else ""
    example += f"\n```text\n{topic.prints.strip()}\n```\n" if topic.prints else ""
    entries = "".join(_entry(name) for name in topic.names if name in mapper.__all__)
    return f"\n## {topic.title}\n{about}{example}{entries}"


def _entry(name: str) -> str:
    one = getattr(mapper, name)
    if inspect.isfunction(one):
        return f"\n### {name}\n\n{_code(name, one)}\n{_doc(one)}"
    if not inspect.isclass(one):
        return f"\n### {name}\n\n{_PLAIN.get(name, '')}\n"
    kept = "".join(f"- `{field}`: `{kind}`\n" for field, kind in _fields(one))
    methods = "".join(_methods(one))
    return f"\n### {name}\n\n{_doc(one)}" + (f"\n{kept}" if kept else "") + methods


# What has no docstring of its own.
_PLAIN = {
    "CODES": "All diagnostics by code: the severity, the title, why it matters and how to fix it.",
}


def _fields(kind: type) -> Iterator[tuple[str, str]]:
    """The public fields of a value, with their types as they are written."""
    if is_dataclass(kind):
        named = [(one.name, str(one.type)) for one in fields(kind)]
    else:
        written = inspect.get_annotations(kind) if hasattr(kind, "_fields") else {}
        named = [(name, str(written[name])) for name in written]
    return ((name, type) for name, type in named if not name.startswith("_"))


def _methods(kind: type) -> Iterator[str]:
    """The public properties and methods that a class itself has."""
    for name, one in vars(kind).items():
        if name.startswith("_") or not inspect.getdoc(one):
            continue
        if isinstance(one, property | cached_property):
            function: Any = one.fget if isinstance(one, property) else one.func
            returned = function.__annotations__.get("return", "")
            yield f"\n**`{name}`**: `{returned}`. {_doc(function)}"
        elif inspect.isfunction(one):
            yield f"\n{_code(name, one)}\n{_doc(one)}"


def _code(name: str, function: Any) -> str:
    """A function's signature, in one line where it fits."""
    signature = inspect.signature(function)
    parts = list(_parameters(signature.parameters.values()))
    returned = signature.return_annotation
    ends = "" if returned is inspect.Signature.empty else f" -> {returned}"
    line = f"{name}({', '.join(parts)}){ends}"
    if len(line) > _WIDTH:
        line = f"{name}(\n" + "".join(f"    {part},\n" for part in parts) + f"){ends}"
    return f"```text\n{line}\n```\n"


_WIDTH = 100


def _parameters(parameters: Iterable[inspect.Parameter]) -> Iterator[str]:
    is_open = False
    for one in parameters:
        if one.name == "self":
            continue
        if one.kind is inspect.Parameter.KEYWORD_ONLY and not is_open:
            is_open = True
            yield "*"
        default = "" if one.default is inspect.Parameter.empty else f" = {one.default!r}"
        yield f"{one.name}: {one.annotation}{default}"


def _doc(one: Any) -> str:
    return f"{inspect.getdoc(one) or ''}\n"
