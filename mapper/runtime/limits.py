"""The checks of values in generated code: whether they are absent, and whether they keep a field's limits.

Each check returns the value, or raises Invalid with a reason that does not hold it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from functools import lru_cache
from typing import Any, TypeVar

from mapper.transforms.digest import is_digest
from mapper.transforms.weight import check_repeated
from mapper.values.safe_text import SafeText
from mapper.values.types import Invalid, Json, kind_name, kind_of

_T = TypeVar("_T")
_LISTED_AT_MOST = 12


def absent(value: Json) -> bool:
    """Whether a value is as good as none: null, blank text, an object or list with nothing in it."""
    if value is None:
        return True
    kind = type(value)
    if kind is str:
        return not value or value.isspace()  # type: ignore[union-attr]  # kind says it is text
    return (kind is list or kind is dict) and not value


def one_of(value: _T, allowed: Collection[Json]) -> _T:
    """The value, if it is one of those a field allows."""
    if type(value) is str and value in allowed:
        return value
    if any(type(known) is type(value) and known == value for known in allowed):
        return value
    words = ", ".join(str(known) for known in list(allowed)[:_LISTED_AT_MOST])
    raise Invalid(SafeText("must be one of {}", SafeText.known(words)))


def at_most_long(value: str, length: int | None) -> str:
    """The text, if it has no more characters than a field takes; never cut."""
    if length is not None and len(value) > length:
        raise Invalid(SafeText("has {} characters, at most {} are allowed", len(value), length))
    return value


def at_least_long(value: str, length: int | None) -> str:
    """The text, if it has as many characters as a field asks for."""
    if length is not None and len(value) < length:
        raise Invalid(SafeText("has {} characters, at least {} are required", len(value), length))
    return value


def within(
    value: float,
    minimum: float | None = None,
    maximum: float | None = None,
    above: float | None = None,
    below: float | None = None,
) -> float:
    """The number, if it lies within a field's range; `above` and `below` are outside of it."""
    if (minimum is not None and value < minimum) or (above is not None and value <= above):
        raise Invalid(SafeText("is less than {}", _bound(minimum, above)))
    if (maximum is not None and value > maximum) or (below is not None and value >= below):
        raise Invalid(SafeText("is more than {}", _bound(maximum, below)))
    return value


def _bound(inclusive: float | None, exclusive: float | None) -> SafeText:
    limit = exclusive if inclusive is None else inclusive
    return SafeText("the limit {}", SafeText.known(str(limit)))


def matching(value: str, pattern: str) -> str:
    """The text, if a field's pattern (from its schema, never from a mapping) is found in it."""
    if _compiled(pattern).search(value) is None:
        raise Invalid(SafeText("does not match {}", SafeText.known(pattern)))
    return value


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def counted(value: list[Any], fewest: int | None = None, most: int | None = None) -> list[Any]:
    """The list, if it has as many elements as a field takes."""
    if fewest is not None and len(value) < fewest:
        raise Invalid(SafeText("has {} elements, at least {} are required", len(value), fewest))
    if most is not None and len(value) > most:
        raise Invalid(SafeText("has {} elements, at most {} are allowed", len(value), most))
    return value


def of_kind(value: Json, *kinds: str) -> Json:
    """The value, if it is of one of some JSON kinds."""
    found = kind_of(value)
    if found in kinds or (found == "integer" and "number" in kinds):
        return value
    wanted = SafeText.known(" or ".join(kinds))
    raise Invalid(SafeText("must be {}, not {}", wanted, kind_name(value)))


def elements_of(value: Json) -> list[Json]:
    """The elements that `each` goes through: those of a list; an object is a list of one."""
    if type(value) is dict:
        return [value]
    of_kind(value, "array")
    return value  # type: ignore[return-value]  # of_kind says it is a list


def on_each(value: Json, function: Callable[..., Json], *more: Json, **arguments: Json) -> Json:
    """A transform of one value on a value, or on each element of a list; absent elements keep their places.

    Where it makes a list of each element, the result is one list of all of them. A list of which nothing is
    left is empty.
    """
    if type(value) is not list:
        return function(value, *more, **arguments)
    for argument in (*more, *arguments.values()):
        check_repeated(argument, len(value))
    made: list[Json] = []
    for element in value:
        result = None if element is None else function(element, *more, **arguments)
        if type(result) is list:
            made += result
        else:
            made.append(result)
    return made if made.count(None) < len(made) else []


def unless_digest(value: Json, function: Callable[..., Json], *more: Json, **arguments: Json) -> Json:
    """A transform of one value, which leaves a digest as it is."""
    return value if type(value) is str and is_digest(value) else function(value, *more, **arguments)


def placed(value: list[Json]) -> list[Json] | None:
    """A list whose absent elements keep their places; None where all of them are absent."""
    return value if value.count(None) < len(value) else None
