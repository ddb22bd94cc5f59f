"""WordShape: the values that a word of a schema takes, for the checks and the meta-schemas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal, TypeAlias

from mapper.values.frozen import dataclass
from mapper.values.types import Kind

NamedThing: TypeAlias = Literal[
    "", "path", "single path", "field", "string field", "integer field", "beside", "constant", "step"
]
"""The things that a text names: the path of a field of the target, or of one in no list; a field of its
root, also of one type; a field beside the own one; a constant of the own field; a step."""


@dataclass(frozen=True, slots=True)
class WordShape:
    """kinds: of JSON; `said`: how a message calls the values.

    words: the only texts. names: the thing that a text must name. least: the smallest number, or the fewest
    elements. items: an element of a list. fields: of an object, by name; needed: those that it must have;
    others: the values of its other keys, None where there are none; keys: the things that these keys name.
    is_schema: it is a schema itself.
    """

    kinds: tuple[Kind, ...]
    said: str
    words: tuple[str, ...] = ()
    names: NamedThing = ""
    least: int | None = None
    items: WordShape | None = None
    fields: Mapping[str, WordShape] = field(default_factory=dict)
    needed: tuple[str, ...] = ()
    others: WordShape | None = None
    keys: NamedThing = ""
    is_schema: bool = False


ANYTHING = WordShape(("string", "number", "integer", "boolean", "array", "object", "null"), "any value")
TEXT = WordShape(("string",), "a string")
FLAG = WordShape(("boolean",), "true or false")
NUMBER = WordShape(("number", "integer"), "a number")
COUNT = WordShape(("integer",), "a whole number, not below 0", least=0)
SCHEMA = WordShape(("object", "boolean"), "a schema", is_schema=True)
LIST = WordShape(("array",), "a list")
OBJECT = WordShape(("object",), "an object", others=ANYTHING)


def name_of(thing: NamedThing, said: str) -> WordShape:
    """A text that names a thing."""
    return WordShape(("string",), said, names=thing)


def one_of(said: str, *words: str) -> WordShape:
    """One of some texts."""
    return WordShape(("string",), said, words=words)


def list_of(items: WordShape, said: str, least: int | None = None) -> WordShape:
    """A list of elements of a shape."""
    return WordShape(("array",), said, items=items, least=least)


def object_of(
    said: str,
    fields: Mapping[str, WordShape] | None = None,
    *,
    needed: tuple[str, ...] = (),
    others: WordShape | None = None,
    keys: NamedThing = "",
) -> WordShape:
    """An object with some fields, and others of one shape."""
    return WordShape(("object",), said, fields=fields or {}, needed=needed, others=others, keys=keys)


def either(one: WordShape, other: WordShape) -> WordShape:
    """A value of one of two shapes, which are told apart by their kinds."""
    text, rest = (other, one) if "string" in other.kinds else (one, other)
    return WordShape(
        (*one.kinds, *other.kinds),
        f"{one.said} or {other.said}",
        words=text.words,
        names=text.names,
        least=rest.least,
        items=rest.items,
        fields=rest.fields,
        needed=rest.needed,
        others=rest.others,
        keys=rest.keys,
        is_schema=rest.is_schema,
    )
