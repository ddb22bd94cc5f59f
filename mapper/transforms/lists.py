"""Lists: transforms of a list as a whole."""

from __future__ import annotations

from mapper.transforms.boolean import present
from mapper.transforms.digest import canonical
from mapper.transforms.meaning import ALL, ANY_SIZE, NOTHING, ONLY_A_PERSON, SAME_SIZE, SHORT
from mapper.transforms.refined_types import across_type, end_type, nullable_type, unique_type
from mapper.transforms.registry import SEPARATOR, Also, Parameter, transform
from mapper.transforms.text import check_length, text
from mapper.values.safe_text import SafeText
from mapper.values.types import ANY, UNKNOWN, Invalid, Json, kind_name, of

_LIST = of("array")
_ANYTHING = ANY.without("null")


def elements_of(value: Json) -> list[Json]:
    """A list's elements; raises Invalid for anything else."""
    if type(value) is not list:
        raise Invalid(SafeText("expected a list, got {}", kind_name(value)))
    return value


@transform(
    _ANYTHING,
    UNKNOWN,
    keeps=ALL,
    grows=SAME_SIZE,
    chooses=True,
    refines=end_type,
    examples=[(["a", "b"], "a"), ([None, "b"], "b"), ([], None), ("a", "a")],
    whole=True,
    also=Also(calls="head"),
)
def first(value: Json) -> Json:
    """The first element that is present; a single value is returned unchanged."""
    elements = value if type(value) is list else [value]
    return next(filter(present, elements), None)


@transform(
    _ANYTHING,
    UNKNOWN,
    keeps=ALL,
    grows=SAME_SIZE,
    chooses=True,
    refines=end_type,
    examples=[(["a", "b"], "b"), (["a", None], "a"), ([], None)],
    whole=True,
)
def last(value: Json) -> Json:
    """The last element that is present; a single value is its own last."""
    elements = value if type(value) is list else [value]
    return next(filter(present, reversed(elements)), None)


@transform(
    _LIST,
    _LIST,
    keeps=ALL,
    grows=SAME_SIZE,
    refines=unique_type,
    examples=[(["a", "b", "a"], ["a", "b"]), ([1, 1.0, "1", True], [1, "1", True])],
    whole=True,
    also=Also(calls="uniq distinct dedupe"),
)
def unique(value: Json) -> list[Json]:
    """Keep the first of equal elements; `1` and `1.0` are equal, `1`, `"1"` and `true` are not."""
    elements = elements_of(value)
    if len(elements) < 2:
        return elements
    if all(type(element) is str for element in elements):
        return list(dict.fromkeys(elements))
    kept = {canonical(element): element for element in reversed(elements)}
    return list(reversed(kept.values())) if len(kept) == len(elements) else _firsts(elements)


def _firsts(elements: list[Json]) -> list[Json]:
    seen: dict[str, Json] = {}
    for element in elements:
        seen.setdefault(canonical(element), element)
    return list(seen.values())


@transform(
    _LIST,
    of("string", "null"),
    keeps=("unit", "person"),
    grows=ANY_SIZE,
    parameters=[
        Parameter(
            "separator", of("string"), required=False, role="put", default=",", grows=True, also=SEPARATOR
        )
    ],
    examples=[
        (["red", "green"], {"separator": " > "}, "red > green"),
        ([1, None, "", 2], "1,2"),
        ([], None),
    ],
    whole=True,
)
def join_with(value: Json, separator: str = ",") -> str | None:
    """Join the elements of a list with a separator; absent elements are left out."""
    elements = elements_of(value)
    if not elements:
        return None
    parts = [text(element) for element in elements if present(element)]
    check_length(sum(map(len, parts)) + len(separator) * len(parts))
    return separator.join(parts) or None


@transform(
    _LIST,
    of("integer"),
    keeps=NOTHING,
    grows=SHORT,
    examples=[(["a", "b"], 2), ([None, "", "a"], 1), ([], 0)],
    whole=True,
    also=Also(calls="len size arraylength"),
)
def count(value: Json) -> int:
    """How many elements of a list are present."""
    return sum(map(present, elements_of(value)))


@transform(
    _LIST,
    of("object", "null"),
    keeps=ONLY_A_PERSON,
    grows=ANY_SIZE,
    makes="decoded",
    examples=[
        ([["color", "red"], ["size", 7]], {"color": "red", "size": 7}),
        ([{"key": "color", "value": "red"}, {"key": "color", "value": "blue"}], {"color": "red"}),
        ([{"name": "size", "value": 7}], {"size": 7}),
        (["color"], Invalid("an element is not a pair, nor an object with `key` (or `name`) and `value`")),
    ],
    whole=True,
    also=Also(calls="fromentries"),
)
def from_items(value: Json) -> dict[str, Json] | None:
    """Make an object from a list of pairs; if a key repeats, the first one is used.

    A pair is a list of two, or an object with `key` (or `name`) and `value`. Elements that are null, and
    pairs without a key, are left out.
    """
    made: dict[str, Json] = {}
    for element in elements_of(value):
        if element is None:
            continue
        key, held = _pair(element)
        if key is not None:
            made.setdefault(text(key), held)
    return made or None


def _pair(element: Json) -> tuple[Json, Json]:
    if type(element) is list and len(element) == 2:
        return element[0], element[1]
    if type(element) is dict and ("key" in element or "name" in element):
        return element.get("key", element.get("name")), element.get("value")
    raise Invalid("an element is not a pair, nor an object with `key` (or `name`) and `value`")


@transform(
    _ANYTHING,
    UNKNOWN,
    keeps=ALL,
    grows=ANY_SIZE,
    refines=nullable_type,
    parameters=[Parameter("values", ANY, required=True, role="steers", grows=True)],
    examples=[
        ("unknown", {"values": ["unknown", "guest"]}, None),
        (0, {"values": 0}, None),
        ("ada", {"values": ["unknown"]}, "ada"),
    ],
)
def null_if(value: Json, values: Json) -> Json:
    """Null if the value equals one of `values`, otherwise the value."""
    listed = values if type(values) is list else [values]
    if type(value) is str:
        return None if value in listed else value
    return None if canonical(value) in map(canonical, listed) else value


_OBJECT_OR_NONE = of("object", "null")
NO_OBJECT = "one of the values given to `across` is not an object, so its attributes are not used"


@transform(
    ANY,
    _OBJECT_OR_NONE,
    keeps=("person", "part"),
    grows=SAME_SIZE,
    looks_at="parts",
    chooses=True,
    refines=across_type,
    on_null="value",
    parameters=[
        Parameter(
            "others",
            ANY,
            required=True,
            role="value",
            variadic=True,
            nullable=True,
            grows=True,
            uses=_OBJECT_OR_NONE,
        )
    ],
    uses=_OBJECT_OR_NONE,
    examples=[
        (
            {"plan": "x", "email": " "},
            {"others": [{"email": "ada@example.com", "plan": "y"}]},
            {"plan": "x", "email": "ada@example.com"},
        ),
        (None, {"others": [{"id": 7}]}, {"id": 7}),
        ("guest", {"others": [{"id": 7}]}, {"id": 7}),
        (None, {"others": [{}]}, None),
    ],
    whole=True,
    noting=True,
)
def across(value: Json, *others: Json, note_texts: list[str] | None = None) -> dict[str, Json] | None:
    """An object with each attribute from the first of several objects in which it is present.

    Attributes are taken whole. A value that is present and not an object is left out with a note.
    """
    made: dict[str, Json] = {}
    for one in (value, *others):
        if type(one) is dict:
            for name, held in one.items():
                if name not in made and present(held):
                    made[name] = held
        elif note_texts is not None and present(one):
            note_texts.append(NO_OBJECT)
    return made or None
