"""The shapes of values, rules and the mappings around them as JSON Schema, whatever the target."""

from __future__ import annotations

from collections.abc import Iterable

from mapper.compiler.schema.json_schema import Schema
from mapper.compiler.syntax.language_keys import (
    ADDED_KEYS,
    ARM,
    COMBINED,
    INHERIT,
    RULE,
    SOURCE_KEYS,
    Key,
)
from mapper.compiler.syntax.let_nodes import MOST_LETS, RESERVED_VARIABLES
from mapper.compiler.syntax.value_nodes import TODO

SCALARS = ["string", "number", "boolean"]
ANY: Schema = {"type": [*SCALARS, "array", "object", "null"]}
# Any scalar; said so that editors do not propose `true` and `false` wherever an expression is allowed.
SCALAR: Schema = {"title": "an expression or a constant", "not": {"type": ["array", "object", "null"]}}
NAME_OF_A_LET = f"^(?!(?:{'|'.join(RESERVED_VARIABLES)})$)[A-Za-z_][A-Za-z0-9_]*$"
# A rule's keys, and the one that says that a field or a name is not inherited.
_KEYS = {**RULE, **INHERIT}
NOT_INHERITED = "not-inherited"
_NO_SOURCE = f"a rule has one of {', '.join(f'`{name}`' for name in SOURCE_KEYS)}"


_FALSE: Schema = {"enum": [False]}


def ref(name: str) -> Schema:
    """A reference to a definition."""
    return {"$ref": f"#/definitions/{name}"}


def lets() -> Schema:
    """The schema of the value of `let`."""
    return {
        "type": "object",
        "propertyNames": {"pattern": NAME_OF_A_LET},
        "maxProperties": MOST_LETS,
        "additionalProperties": ref("value"),
    }


def or_not_inherited(schema: Schema) -> Schema:
    """A value, or that the inherited one is not."""
    return {"anyOf": [schema, ref(NOT_INHERITED)]}


def or_named_not_inherited(schema: Schema, needed: Iterable[str]) -> Schema:
    """A part of a list with some keys that it needs, or the name of an inherited one that is not."""
    word = next(iter(INHERIT))
    properties = {**schema["properties"], word: described(_FALSE, word, INHERIT[word])}
    without = {"if": {"required": [word]}, "else": {"required": list(needed)}}
    return {**schema, "properties": properties, **without}


def described(schema: Schema, name: str, key: Key) -> Schema:
    """A schema with the name of its key and what it means, plain and as Markdown."""
    noted: Schema = {"title": name, "description": key.meaning.replace("`", "")}
    if "`" in key.meaning:
        noted["markdownDescription"] = key.meaning
    return {**noted, **schema, **({"examples": list(key.examples)} if key.examples else {})}


def keyed(schemas: dict[str, Schema], meanings: dict[str, Key]) -> dict[str, Schema]:
    """Each schema with what its key means, in the order of the meanings."""
    return {name: described(schemas[name], name, key) for name, key in meanings.items()}


def closed(schemas: dict[str, Schema], meanings: dict[str, Key], required: Iterable[str] = ()) -> Schema:
    """A mapping with these keys and no others."""
    properties = keyed(schemas, meanings)
    whole: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**whole, "required": list(required)} if required else whole


def exactly_one(names: tuple[str, ...], message: str) -> Schema:
    """Exactly one of some keys; `message` is what editors say if there is none."""
    # Without `properties` of its own an editor takes one branch for another, and shows the title of each.
    return {
        "anyOf": [
            {"required": [name], "properties": {name: True}, "errorMessage": message} for name in names
        ],
        "dependencies": {
            name: {"properties": dict.fromkeys(names[place + 1 :], False)}
            for place, name in enumerate(names[:-1])
        },
    }


def one_or_more(schema: Schema) -> Schema:
    """One thing, or a list of such; `schema` names its type."""
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return {**schema, "type": [*kinds, "array"], "items": schema}


def forms(scalar: Schema, element: Schema, mapping: Schema, fewest: int = 0) -> Schema:
    """A value that is a scalar, a list or a mapping."""
    several: Schema = {"title": "a list", "type": "array", "items": element}
    # A mapping first: where nothing fits, editors speak of the first one.
    return {"anyOf": [mapping, scalar, several | ({"minItems": fewest} if fewest else {})]}


def arms(value: Schema) -> Schema:
    """The schema of the value of `case`."""
    arm = closed({"when": ref("condition"), "then": value, "else": value}, ARM)
    ends = {"then": {"maxProperties": 1}, "else": {"required": ["when", "then"]}}
    return {"type": "array", "minItems": 1, "items": {**arm, "if": {"required": ["else"]}, **ends}}


def rule(own: dict[str, Schema]) -> Schema:
    """A rule: `own` is for the keys that depend on its field."""
    properties = {name: ref(f"rule-{name}") for name in _KEYS}
    properties |= {name: described(schema, name, Key(RULE[name].meaning)) for name, schema in own.items()}
    return {
        "title": "a rule",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "allOf": [ref("one-source")],
    }


def _one_source() -> Schema:
    """That a rule has one source, and `each` what goes with it."""
    one = exactly_one((*SOURCE_KEYS, TODO), _NO_SOURCE)
    needs = {**one["dependencies"], "item": {"required": ["each"]}, "where": {"required": ["each"]}}
    needs["let"] = {"required": ["each"]}
    needs["each"] = {**needs["each"], "required": ["item"]}
    # These alone are added to an inherited rule, or take it away.
    adds = {"minProperties": 1, "propertyNames": {"enum": [*ADDED_KEYS, *INHERIT]}}
    return {"if": adds, "else": {**one, "dependencies": needs}}


def fields_or(name_of_rule: str) -> Schema:
    """A schema that tells a mapping of fields from a rule: one key of a rule makes it one."""
    return {"if": {"propertyNames": {"not": {"enum": list(_KEYS)}}}, "else": ref(name_of_rule)}


def free_definitions() -> dict[str, Schema]:
    """Values, rules and arms of which no target asks anything; `rule-KEY` is for the value of a key."""
    keys = {name: ref(f"rule-{name}") for name in _KEYS}
    mapping: Schema = {
        "title": "a rule or fields",
        "type": "object",
        "properties": keys,
        "additionalProperties": ref("value"),
        **fields_or("rule"),
    }
    combined = keyed(dict.fromkeys(COMBINED, ref("value")), COMBINED)
    return {
        "expression": {"type": "string", "minLength": 1},
        "condition": {"anyOf": [ref("expression"), ref("undecided")]},
        "undecided": closed({TODO: ref(f"rule-{TODO}")}, {TODO: RULE[TODO]}, (TODO,)),
        "value": forms(SCALAR, ref("value"), ref("mapping")),
        "mapping": mapping,
        "answer": forms(SCALAR, ref("value"), ref("combined")),
        "combined": {**mapping, "properties": {**combined, **keys}, "additionalProperties": False},
        "arms": arms(ref("value")),
        "rule": rule({}),
        "one-source": _one_source(),
        NOT_INHERITED: closed(dict.fromkeys(INHERIT, _FALSE), INHERIT, INHERIT),
        **{f"rule-{name}": schema for name, schema in keyed(_after_keys(), _KEYS).items()},
    }


def _after_keys() -> dict[str, Schema]:
    """The values of a rule's keys if its field asks for nothing else."""
    return {
        "const": ANY,
        "from": forms(SCALAR, ref("value"), ref("mapping"), fewest=1),
        "across": {"type": "array", "items": ref("expression"), "minItems": 2},
        "template": {"type": "string", "pattern": "\\{"},
        "case": ref("arms"),
        "each": ref("value"),
        "zip": {"type": "object", "additionalProperties": ref("value")},
        "item": ref("value"),
        "let": lets(),
        "where": ref("condition"),
        "apply": ref("steps"),
        "default": ANY,
        "when": ref("condition"),
        "required": {"type": "boolean"},
        "personal": {"enum": ["allowed"]},
        TODO: {"type": "string", "minLength": 1},
        **dict.fromkeys(INHERIT, _FALSE),
    }
