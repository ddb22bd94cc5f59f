"""Objects: attributes by a name that another value gives, names and values in lists, one level of many."""

from __future__ import annotations

from collections.abc import Iterator

from mapper.transforms.matching import compiled
from mapper.transforms.meaning import ANY_SIZE, ONLY_A_PERSON, Grown
from mapper.transforms.pattern_rules import read_pattern
from mapper.transforms.refined_types import items_type, named_type, picked_type
from mapper.transforms.registry import SEPARATOR, Also, Parameter, transform
from mapper.transforms.text import TEXTUAL, text
from mapper.values.safe_text import SafeText
from mapper.values.types import UNKNOWN, Invalid, Json, Type, array_of, kind_name, of

_OBJECT = of("object")
_DEEPEST = 8
# Hardly any object has more; one with a long name above many others could have a thousand times its own size.
_MOST_OF_NAMES = 65_536


def _object_of(value: Json) -> dict[str, Json]:
    if type(value) is not dict:
        raise Invalid(SafeText("expected an object, got {}", kind_name(value)))
    return value


@transform(
    _OBJECT,
    UNKNOWN,
    keeps=ONLY_A_PERSON,
    grows=ANY_SIZE,
    looks_at="nothing",
    refines=named_type,
    makes="attribute",
    parameters=[
        Parameter("key", TEXTUAL, required=True, role="steers", also="name attribute property field")
    ],
    examples=[
        ({"mug": 7, "bulb": 12}, {"key": "mug"}, 7),
        ({"1": "new"}, {"key": 1}, "new"),
        ({"mug": 7}, {"key": "lamp"}, None),
    ],
)
def get(value: Json, key: str | int | float) -> Json:
    """The attribute of an object whose name another value gives: `get(prices, currency)`.

    For a name that is always the same, write a path.
    """
    return _object_of(value).get(key if type(key) is str else text(key))


def _check_pick(pattern: str) -> None:
    read_pattern(pattern)


@transform(
    _OBJECT,
    of("array"),
    keeps=ONLY_A_PERSON,
    grows=ANY_SIZE,
    looks_at="parts",
    refines=picked_type,
    makes="attribute",
    parameters=[
        Parameter(
            "pattern",
            of("string"),
            required=True,
            role="steers",
            constant=True,
            is_pattern=True,
            also="key keys name prefix glob regex attribute attributes",
        )
    ],
    examples=[
        ({"item_1": "mug", "item_2": "bulb", "id": 7}, {"pattern": "item_{n:digits}"}, ["mug", "bulb"]),
        ({"item_1": None, "item_2": "bulb"}, {"pattern": "item_*"}, ["bulb"]),
        ({"id": 7}, {"pattern": "item_*"}, []),
    ],
    check=_check_pick,
    also=Also("pickby filterkeys keyslike", calls="pickbykey pickkeys"),
)
def pick(value: Json, pattern: str) -> list[Json]:
    """The values of those attributes of an object whose names a pattern describes, in the event's order.

    Attributes that are null are left out.
    """
    describes = compiled(pattern).describes
    return [held for name, held in _object_of(value).items() if held is not None and describes(name)]


_PAIR = Type(frozenset({"object"}), fields=(("key", of("string")), ("value", UNKNOWN)), closed=True)


@transform(
    _OBJECT,
    array_of(_PAIR),
    keeps=ONLY_A_PERSON,
    grows=Grown(float("inf"), copies=2),
    looks_at="elements",
    refines=items_type,
    examples=[
        ({"color": "red", "size": 7}, [{"key": "color", "value": "red"}, {"key": "size", "value": 7}]),
        ({}, []),
    ],
    also=Also(calls="entries toentries withentries objectentries"),
)
def items_of(value: Json) -> list[Json]:
    """A list of the attributes of an object, each as `{key, value}`: the reverse of `from_items`."""
    return [{"key": key, "value": held} for key, held in _object_of(value).items()]


@transform(
    _OBJECT,
    of("object", "null"),
    keeps=ONLY_A_PERSON,
    grows=ANY_SIZE,
    looks_at="parts",
    parameters=[
        Parameter(
            "separator",
            of("string"),
            required=False,
            role="steers",
            default="_",
            constant=True,
            also=SEPARATOR,
        )
    ],
    examples=[
        ({"a": {"b": 1, "c": {"d": 2}}, "e": [3]}, {"separator": "_"}, {"a_b": 1, "a_c_d": 2, "e": [3]}),
        ({"a": {"b": 1}, "a.b": 2}, {"separator": "."}, {"a.b": 1}),
        ({"a": {}}, None),
    ],
)
def flatten(value: Json, separator: str = "_") -> dict[str, Json] | None:
    """An object of one level: the names of objects in it are joined with those of their attributes.

    Lists stay as they are. If attributes get the same name, the first one is used. More than 8 levels,
    and names of more than 65,536 characters together, are invalid.
    """
    made: dict[str, Json] = {}
    characters = 0
    for name, held in _flat("", _object_of(value), separator, _DEEPEST):
        characters += len(name)
        if characters > _MOST_OF_NAMES:
            raise Invalid(SafeText("its names have more than {:,} characters together", _MOST_OF_NAMES))
        if type(held) is not dict:
            made.setdefault(name, held)
    return made or None


def _flat(before: str, held: dict[str, Json], separator: str, levels: int) -> Iterator[tuple[str, Json]]:
    """The joined names in an object, those of the objects in it too, and what they name."""
    if not levels:
        raise Invalid(SafeText("objects within objects at more than {} levels", _DEEPEST))
    for name, inner in held.items():
        joined = before + name
        yield joined, inner
        if type(inner) is dict:
            yield from _flat(joined + separator, inner, separator, levels - 1)
