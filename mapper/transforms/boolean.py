"""Yes or no: values read as true or false, and the test whether a value is present."""

from __future__ import annotations

from mapper.transforms.meaning import NOTHING, SHORT
from mapper.transforms.registry import Also, transform
from mapper.transforms.text import strip_edges
from mapper.values.types import ANY, Invalid, Json, of

_YES = frozenset({"true", "t", "yes", "y", "1", "on"})
_NO = frozenset({"false", "f", "no", "n", "0", "off"})
_TAKES = of("boolean", "string", "integer", "number")
_GIVES = of("boolean", "null")


@transform(
    _TAKES,
    _GIVES,
    keeps=NOTHING,
    grows=SHORT,
    closed=True,
    examples=[
        (True, True),
        ("Yes", True),
        (0, False),
        ("off", False),
        ("maybe", Invalid("expected true or false")),
    ],
    also=Also("bool tobool toboolean"),
)
def boolean(value: Json) -> bool | None:
    """Read true or false: true, t, yes, y, 1, on and false, f, no, n, 0, off, in any case; nothing else."""
    if type(value) is bool:
        return value
    if type(value) is str:
        word = strip_edges(value).lower()
        if not word:
            return None
        if word in _YES:
            return True
        if word in _NO:
            return False
    elif type(value) in (int, float) and value in (0, 1):
        return value == 1
    raise Invalid("expected true or false")


@transform(
    _TAKES,
    _GIVES,
    keeps=NOTHING,
    grows=SHORT,
    examples=[(True, False), ("no", True), ("maybe", Invalid("expected true or false"))],
)
def not_(value: Json) -> bool | None:
    """The opposite of a value that `boolean` can read."""
    answer = boolean(value)
    return None if answer is None else not answer


@transform(
    ANY,
    of("boolean"),
    keeps=NOTHING,
    grows=SHORT,
    on_null="false",
    examples=[("a", True), (0, True), (False, True), ("  ", False), ([], False), (None, False)],
    whole=True,
)
def present(value: Json) -> bool:
    """True if a value is present: not null, blank text, or an empty object or list."""
    if type(value) is str:
        return bool(strip_edges(value))
    return value is not None and value != [] and value != {}
