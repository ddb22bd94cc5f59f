"""Target -> the JSON Schema (draft 7) of the mappings to it, as editors read it: no file is read or written.

It refuses only what the checker refuses too; what takes more than shape to know is left to that.
`errorMessage`, `markdownDescription`, `enumDescriptions` and `defaultSnippets` are annotations of the YAML
language server.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mapper.compiler.editor.rule_definitions import (
    NAME_OF_A_LET,
    NOT_INHERITED,
    closed,
    described,
    exactly_one,
    free_definitions,
    keyed,
    lets,
    one_or_more,
    or_named_not_inherited,
    or_not_inherited,
    ref,
)
from mapper.compiler.editor.step_definitions import step_definitions
from mapper.compiler.editor.value_definitions import EVENT_NAME, PAYLOAD, value_definitions
from mapper.compiler.plan.expected_payload import is_hashed
from mapper.compiler.schema.json_schema import Schema
from mapper.compiler.schema.target import Target, TargetField, profiles, read_target
from mapper.compiler.syntax import language_keys
from mapper.compiler.syntax.function_nodes import MOST_FUNCTIONS
from mapper.compiler.syntax.mapping import LANGUAGE_VERSION
from mapper.compiler.syntax.table_nodes import MOST_TABLES
from mapper.runtime.functions import FUNCTIONS
from mapper.transforms import TRANSFORMS

_TEXT: Schema = {"type": "string", "pattern": "\\S"}
_CHARACTER: Schema = {"type": "string", "minLength": 1, "maxLength": 1}
# A name that is given twice, in brackets.
_TWICE = r"\(.*\b([A-Za-z_][A-Za-z0-9_]*)\b.*,\s*\1\b"
_TRUTH: Schema = {"type": "boolean"}
_EXPECTED = "expected"
_DIGEST = "expected-digest"


def language_schema(name: str, schema: Schema, sources: Iterable[str] = ()) -> Schema:
    """The schema of the mappings to the target of a name. Raises SchemaError where it is no target's.

    sources: the names that an editor offers for `source`; a project may have others too.
    """
    target = read_target(name, schema)
    definitions = {
        **free_definitions(),
        **value_definitions(target),
        **step_definitions(),
        **_section_definitions(target, schema),
        **dict(_expected(target.root)),
        **_digest_definitions(),
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": f"{name.rpartition('/')[2]}.mapping.schema.json",
        "title": f"Mapping to {name}",
        "description": f"Where each field of {schema.get('title', name)} comes from in a source event.",
        "type": "object",
        "properties": keyed(_top(target, schema, sources), language_keys.MAPPING),
        "additionalProperties": False,
        "required": ["version"],
        "if": {"properties": {"partial": {"const": True}}, "required": ["partial"]},
        "else": {
            "required": ["target"],
            "if": {"not": {"required": ["extends"]}},
            "then": {
                "anyOf": [{"required": ["events"]}, {"required": ["otherwise"]}],
                "if": {"required": ["events"], "properties": {"events": {"contains": {"required": ["is"]}}}},
                "then": {"required": ["match"]},
            },
        },
        "definitions": dict(sorted(definitions.items())),
    }


def _top(target: Target, schema: Schema, sources: Iterable[str]) -> dict[str, Schema]:
    names = list(sources)
    skip = closed({"when": ref("condition"), "because": _TEXT}, language_keys.SKIP, ("because",))
    return {
        "name": _TEXT,
        "version": {"enum": [LANGUAGE_VERSION]},
        "target": _target(target.name, schema),
        "source": {
            "anyOf": [
                *([{"enum": names}] if names else ()),
                _TEXT,
                _source(names),
            ]
        },
        "normal_forms": {"enum": ["automatic", "explicit"]},
        "extends": one_or_more(_TEXT),
        "partial": _TRUTH,
        "expects": one_or_more(_TEXT),
        "let": lets(),
        "functions": _functions(),
        "tables": _tables(),
        "split": or_not_inherited(ref("expression")),
        "skip": one_or_more(or_named_not_inherited(skip, ("when",))),
        "consent": or_not_inherited(_consent(target)),
        "payload": ref(PAYLOAD),
        "match": or_not_inherited(ref("expression")),
        "events": {"type": "array", "items": ref("section")},
        "otherwise": {"anyOf": [{"enum": ["skip"]}, ref("otherwise"), ref(NOT_INHERITED)]},
        "bases": {"type": "object", "additionalProperties": {"type": "object"}},
        "tests": {"type": "array", "items": ref("test")},
        "fixtures": one_or_more(_TEXT),
    }


def _source(names: Sequence[str]) -> Schema:
    """The schema of the events and samples of them, or one of the two."""
    schema: Schema = {"anyOf": [{"enum": list(names)}, _TEXT]} if names else _TEXT
    parts = {"schema": schema, "samples": one_or_more(_TEXT)}
    return {**closed(parts, language_keys.SOURCE), "minProperties": 1}


def _functions() -> Schema:
    taken = "|".join(sorted({*FUNCTIONS, *TRANSFORMS}))
    parameter = r"\s*[A-Za-z_][A-Za-z0-9_]*(\[\])?\s*"
    return {
        "type": "object",
        "propertyNames": {
            "pattern": rf"^[A-Za-z_][A-Za-z0-9_]*(\s*\({parameter}(,{parameter})*\))?$",
            "not": {"anyOf": [{"pattern": rf"^({taken})\s*\("}, {"pattern": _TWICE}]},
        },
        "maxProperties": MOST_FUNCTIONS,
        "patternProperties": {r"^\w+$": ref(NOT_INHERITED)},
        "additionalProperties": ref("value"),
    }


def _tables() -> Schema:
    parts = {"file": _TEXT, "key": _TEXT, "value": _TEXT, "delimiter": _CHARACTER, "any_case": _TRUTH}
    return {
        "type": "object",
        "propertyNames": {"pattern": NAME_OF_A_LET},
        "maxProperties": MOST_TABLES,
        "additionalProperties": or_not_inherited(closed(parts, language_keys.TABLE_FILE, ("file",))),
    }


def _target(name: str, schema: Schema) -> Schema:
    known = profiles(schema)
    titles = [schema["x-profiles"][profile].get("title", "") for profile in known]
    parts = {
        "schema": {"enum": [name]},
        "profile": {"enum": list(known), "enumDescriptions": titles} if known else {"type": "string"},
    }
    return {"anyOf": [{"enum": [name]}, closed(parts, language_keys.TARGET, ("schema",))]}


def _constants_in(within: str, fields: Sequence[TargetField]) -> Schema:
    """Constants by their paths in an object, or in objects that are merged into it."""
    properties: dict[str, Schema] = {}
    for one in fields:
        if one.path.startswith(within):
            inner = _constants_in(f"{one.path}.", fields) if one.is_object and one.closed else {}
            properties[one.path.removeprefix(within)] = {"description": one.title, **inner}
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _consent(target: Target) -> Schema:
    fields = [one for one in target.root.walk() if one.path and "[]" not in one.path]
    paths = [one.path for one in fields]
    path: Schema = {
        "enum": ["personal", *paths],
        "enumDescriptions": ["all fields that the target marks as personal", *(one.title for one in fields)],
    }
    put = _constants_in("", fields)
    without = closed(
        {"strip": {"anyOf": [path, {"type": "array", "items": path}]}, "set": put},
        language_keys.DENIED,
        ("strip",),
    )
    limited = closed({"set": {**put, "minProperties": 1}}, language_keys.LIMITED, ("set",))
    parts = {
        "granted": ref("answer"),
        "denied": ref("answer"),
        "when_missing": {"enum": ["granted", "denied"]},
        "when_denied": {"anyOf": [{"enum": ["skip"]}, without]},
        "when_limited": {"anyOf": [{"enum": ["skip"]}, limited]},
    }
    one = exactly_one(("granted", "denied"), "`consent` needs exactly one of `granted` and `denied`")
    return {**closed(parts, language_keys.CONSENT, ("when_missing", "when_denied")), **one}


def _section_definitions(target: Target, schema: Schema) -> dict[str, Schema]:
    is_one = [{"type": ["string", "number", "boolean", "null"]}, ref("event-pattern")]
    parts = {
        "is": {"anyOf": [*is_one, {"type": "array", "items": {"anyOf": is_one}}]},
        "when": ref("condition"),
        "let": lets(),
        "send": _send(target, schema),
        "skip": _TEXT,
        "payload": ref(PAYLOAD),
        "continue": _TRUTH,
    }
    one = exactly_one(("send", "skip"), "a section needs exactly one of `send` and `skip`")
    skips = {"skip": {"properties": {"payload": False, "continue": False}}}
    ends = {**one, "dependencies": {**one["dependencies"], **skips}}
    condition = {"if": {"not": {"required": ["is"]}}, "then": {"required": ["when"]}}
    section = {**closed(parts, language_keys.SECTION), **condition}
    rest = {name: language_keys.SECTION[name] for name in ("let", "send", "skip", "payload")}
    return {
        "section": _or_not_inherited(section, ends),
        "event-pattern": closed(
            {"pattern": one_or_more(_TEXT), "any_case": _TRUTH}, language_keys.EVENT_PATTERN, ("pattern",)
        ),
        "otherwise": {**closed(parts, rest), **ends},
        "test": _test(),
    }


def _or_not_inherited(section: Schema, ends: Schema) -> Schema:
    """A section, or what an inherited one matches, which is not inherited."""
    word = next(iter(language_keys.INHERIT))
    properties = {**section["properties"], word: ref(f"rule-{word}")}
    other = {"if": {"required": [word]}, "else": ends}
    return {**section, "properties": properties, "allOf": [other]}


def _send(target: Target, schema: Schema) -> Schema:
    names = target.event_names
    if names is None:
        return {"anyOf": [_TEXT, ref("rule")]}
    titles = schema["x-event-names"]["standard"]
    texts = [_said_of(name, str(titles[name].get("title", "")), target) for name in names.standard]
    standard = {"enum": list(names.standard), "enumDescriptions": texts}
    return {"anyOf": [standard, _TEXT, ref(f"{EVENT_NAME}-rule")]}


def _said_of(name: str, title: str, target: Target) -> str:
    """The meaning of an event, and the fields that it should carry."""
    signals = [signal for advised in target.practice.of(name) for signal in advised.signals]
    should = ", ".join(dict.fromkeys(" or ".join(signal) for signal in signals))
    return f"{title}. Should carry {should}" if should else title


def _test() -> Schema:
    ends = ("expect", "expect_skip", "expect_rejection")
    paths: Schema = {"type": "array", "items": _TEXT}
    skip = closed({"skip": _TEXT}, {"skip": language_keys.ENDS["skip"]}, ("skip",))
    reject = closed({"reject": paths}, {"reject": language_keys.ENDS["reject"]}, ("reject",))
    end: Schema = {"anyOf": [ref(_EXPECTED), skip, reject]}
    base = described(_TEXT, "base", language_keys.GIVEN["base"])
    parts = {
        "name": _TEXT,
        "given": {"type": "object", "properties": {"base": base}},
        "meta": {"type": "object"},
        "expect": {"anyOf": [ref(_EXPECTED), skip, reject, {"type": "array", "items": end}]},
        "expect_skip": _TEXT,
        "expect_rejection": paths,
        "exact": _TRUTH,
        "notes": paths,
        "inherit": _TRUTH,
    }
    one = exactly_one(ends, f"a test needs exactly one of {', '.join(f'`{end}`' for end in ends)}")
    return {**closed(parts, language_keys.TEST, ("given",)), **one}


def _expected(field: TargetField) -> list[tuple[str, Schema]]:
    """For each object of the payload what a test may expect of it: constants, under the names it has."""
    leaf = field.item or field
    found = [pair for one in leaf.fields for pair in _expected(one)]
    if not leaf.is_object:
        return []
    properties = {
        one.name: _expected_ref(one) | ({"description": one.title} if one.title else {})
        for one in leaf.fields
    }
    part: Schema = {"properties": properties}
    if leaf.closed:
        part["additionalProperties"] = False
    if not field.path:
        part["type"] = "object"
    return [(_expected_name(field), part), *found]


def _digest_definitions() -> dict[str, Schema]:
    """The schemas of a hashed field in a test: a digest, or the value that it is made of."""
    hashed = closed({"hash": {"type": ["string", "number"]}}, language_keys.EXPECTED, ("hash",))
    digest: Schema = {"type": ["string", "null"], "pattern": "^[0-9a-f]{64}$"}
    several: Schema = {"type": ["array", "null"], "items": ref(_DIGEST)}
    return {
        _DIGEST: {"anyOf": [hashed, digest]},
        f"{_DIGEST}-list": {"anyOf": [several, hashed]},
    }


def _expected_ref(field: TargetField) -> Schema:
    if is_hashed(field):
        return ref(_DIGEST if field.item is None else f"{_DIGEST}-list")
    if field.item is not None and field.item.is_object:
        return {"items": ref(_expected_name(field))}
    return ref(_expected_name(field)) if field.is_object else {}


def _expected_name(field: TargetField) -> str:
    return f"expected-{field.path}" if field.path else _EXPECTED
