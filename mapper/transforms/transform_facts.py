"""A transform's facts in words for people: what it takes and gives, its parameters, its examples."""

from __future__ import annotations

import json

from mapper.transforms.registry import Example, Parameter, Transform
from mapper.values.types import Json, Type

# A value of more kinds than these is any value.
_MOST_KINDS = 5


def transform_facts(entry: Transform) -> str:
    """The types that it takes and gives, and how it acts, in sentences."""
    facts = [f"Takes {type_in_words(entry.takes)}; gives {type_in_words(entry.gives)}."]
    if entry.also.aliases:
        facts.append(f"Also called {', '.join(f'`{alias}`' for alias in entry.also.aliases)}.")
    if entry.whole:
        facts.append("Applies to the whole list.")
    if entry.noting:
        facts.append("May leave a note.")
    return " ".join(facts)


def type_in_words(value: Type) -> str:
    """A type; one of many kinds is any value."""
    if not value.known or len(value.kinds) > _MOST_KINDS:
        return "any value"
    return value.describe()


def parameter_facts(parameter: Parameter) -> str:
    """The type of a parameter, and whether it is needed: `string, default "both"`, with code in backticks."""
    if parameter.variadic:
        need = "any number of them"
    elif parameter.required:
        need = "required"
    else:
        need = "optional" if parameter.default is None else f"default `{json_in_sight(parameter.default)}`"
    nullable = "; may be null" if parameter.nullable else ""
    return f"{type_in_words(parameter.type)}, {need}{nullable}"


def example_words(example: Example) -> tuple[str, str, str]:
    """The value, the arguments and the result of an example; "" for no arguments."""
    arguments = ", ".join(f"{name}: {json_in_sight(value)}" for name, value in example.arguments)
    result = json_in_sight(example.result)
    return json_in_sight(example.value), arguments, result


def json_in_sight(value: Json) -> str:
    """JSON of a value; what cannot be seen, as an escape."""
    written = json.dumps(value, ensure_ascii=False)
    return "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in written)
