"""The language's JSON Schema x a path in a mapping -> what may be written there, and what it means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mapper.compiler.memo import once
from mapper.compiler.schema.json_schema import Schema
from mapper.values.frozen import dataclass
from mapper.values.types import JsonPath

# How the schema calls what is an expression.
_EXPRESSIONS = frozenset({"an expression", "an expression or a constant"})
_ANY_OF = ("anyOf", "allOf", "then", "else")


@dataclass(frozen=True, slots=True)
class Offer:
    """A key or word that may be written. title: what it is, in short; meaning: as Markdown.

    insert: what to put there; of a key, the key alone.
    """

    word: str
    insert: str
    title: str = ""
    meaning: str = ""


def schemas_at(language: Schema, path: JsonPath) -> tuple[Schema, ...]:
    """The schemas of which one holds for what is written at a path; none where the language has no such."""
    found = _opened(language, language)
    for step in path:
        found = tuple(inner for one in found for inner in _opened_below(one, step, language))
    return found


def takes_expression(language: Schema, path: JsonPath) -> bool:
    """Whether an expression may be written at a path."""
    own = language["definitions"]["expression"]
    return any(one is own or one.get("title") in _EXPRESSIONS for one in schemas_at(language, path))


def takes_template(language: Schema, path: JsonPath) -> bool:
    """Whether what is written at a path is a template, with paths in its braces."""
    own = language["definitions"]["rule-template"]
    return any(one is own for one in schemas_at(language, path))


def meaning(language: Schema, path: JsonPath) -> str:
    """The meaning of the key at the end of a path, as Markdown; "" where the language says nothing of it."""
    for around in schemas_at(language, path[:-1]):
        own = around.get("properties", {}).get(path[-1])
        if isinstance(own, dict) and _described(_with_reference(own, language)):
            return _described(_with_reference(own, language))
    return ""


def keys_at(language: Schema, path: JsonPath) -> tuple[Offer, ...]:
    """The keys that a mapping at a path may have, in the order of the language."""
    offers: dict[str, Offer] = {}
    for one in schemas_at(language, path):
        for key, below in one.get("properties", {}).items():
            if isinstance(below, dict) and key not in offers:
                told = _with_reference(below, language)
                offers[key] = Offer(key, key, str(told.get("title", "")), _described(told))
    return tuple(offers.values())


def words_at(language: Schema, path: JsonPath) -> tuple[Offer, ...]:
    """The words that may be written at a path: those of an enumeration, and snippets for others."""
    offers: dict[str, Offer] = {}
    for one in schemas_at(language, path):
        for offer in (*_enumerated(one), *_snippets(one)):
            offers.setdefault(offer.word, offer)
    return tuple(offers.values())


def _enumerated(schema: Schema) -> Iterator[Offer]:
    told: Sequence[str] = schema.get("enumDescriptions", ())
    if schema.get("title") == "its own words":  # what may not be written as it is
        return
    for at, word in enumerate(schema.get("enum", ())):
        text = _written(word)
        yield Offer(text, text, "", told[at] if at < len(told) else "")
    if schema.get("type") == "boolean":
        yield from (Offer(word, word) for word in ("true", "false"))


def _snippets(schema: Schema) -> Iterator[Offer]:
    for one in schema.get("defaultSnippets", ()):
        (name, argument), *others = one["body"].items()
        if not others:
            text = f"{{{name}: {'' if argument == '$1' else _written(argument)}}}"
            yield Offer(one["label"], text, "", one.get("description", ""))


def _written(word: object) -> str:
    return str(word).lower() if isinstance(word, bool) else str(word)


def _described(schema: Schema) -> str:
    return str(schema.get("markdownDescription") or schema.get("description", ""))


def _with_reference(schema: Schema, language: Schema) -> Schema:
    """A schema with what it refers to, whose own words come first."""
    while "$ref" in schema:
        rest = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**language["definitions"][schema["$ref"].removeprefix("#/definitions/")], **rest}
    return schema


@once
def _opened(schema: Schema, language: Schema) -> tuple[Schema, ...]:
    """A schema with all that it is one of, or refers to, each once."""
    found: dict[int, Schema] = {}
    waiting = [schema]
    while waiting:
        one = waiting.pop(0)
        if not isinstance(one, dict) or id(one) in found:
            continue
        found[id(one)] = one
        if "$ref" in one:
            waiting.append(language["definitions"][one["$ref"].removeprefix("#/definitions/")])
        for name in _ANY_OF:
            inner = one.get(name, ())
            waiting += inner if isinstance(inner, list) else [inner]
    return tuple(found.values())


def _opened_below(schema: Schema, step: str | int, language: Schema) -> tuple[Schema, ...]:
    """The schemas of a key or element of the value that a schema describes."""
    if isinstance(step, int):
        items = schema.get("items")
        below = items[0] if isinstance(items, list) else items
    else:
        below = schema.get("properties", {}).get(step, schema.get("additionalProperties"))
    return _opened(below, language) if isinstance(below, dict) else ()
