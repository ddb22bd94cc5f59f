"""Strategies for events: any JSON at all, and real events of which some values are replaced."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

EVENTS = Path(__file__).parents[1] / "cases" / "events"

texts = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "",
            "   ",
            "null",
            "n/a",
            "a@b.co",
            "A@B.CO ",
            "+1 (555) 010-9999",
            "19.99",
            "1,299.00",
            "2",
            "2026-05-01T10:00:00Z",
            "2026-05-01",
            "1777629600000",
            "USD",
            "yes",
            "Female",
            "203.0.113.9",
            "8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d",
            "5d41402abc4b2a76b9719d911017c592",
            "https://shop.example.com/?epik=dj0yJnU9abc",
        ]
    ),
)
numbers = st.one_of(
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0, 1, -1, 1777629600, 1777629600123, 2**53 + 1, 0.1, 19.99]),
)
scalars = st.one_of(st.none(), st.booleans(), numbers, texts)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def real_events(prefix: str) -> list[dict[str, Any]]:
    """The sample events of a source, by the beginning of their file's name."""
    return [json.loads(path.read_bytes()) for path in sorted(EVENTS.glob(f"{prefix}*.json"))]


def paths_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to each value inside a value, itself aside."""
    found = []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found += [(*path, key), *paths_of(inner, (*path, key))]
    return found


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Each value that is no object and no list, with the way to it."""
    inner: Any = ()
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    else:
        yield path, value
    for key, one in inner:
        yield from leaves(one, (*path, key))


def with_value(event: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy of an event with a value in another's place."""
    made = copy.deepcopy(event)
    holder = made
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return made


@st.composite
def broken_events(draw: st.DrawFn, prefix: str) -> dict[str, Any]:
    """A real event in which up to four values are replaced by anything, or taken away."""
    event: dict[str, Any] = copy.deepcopy(draw(st.sampled_from(real_events(prefix))))
    for _ in range(draw(st.integers(0, 4))):
        path = draw(st.sampled_from(paths_of(event)))
        holder: Any = event
        for key in path[:-1]:
            holder = holder[key]
        if draw(st.booleans()) or isinstance(holder, list):
            holder[path[-1]] = draw(anything)
        else:
            del holder[path[-1]]
        if not paths_of(event):
            break
    return event
