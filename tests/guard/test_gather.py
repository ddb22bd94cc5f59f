"""The functions made for the shapes of payloads put each value where a plain walk over the schema does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper import read_schema
from mapper.guard.gather import Pools, UnsureError, shapes_of
from mapper.guard.guarded_fields import GuardNode, read_tables
from tests.support.depth import examples

pytestmark = pytest.mark.quick

# Every kind of node, two levels of lists of objects, and keys that would be read wrongly as Python.
_OWN = {
    "x-guard": {"urls": ["page", "below[].v0"]},
    "properties": {
        "v1": {},
        "page": {},
        "it's \\ \n": {"type": "string"},
        "class": {"type": "integer"},
        "em": {"items": {"x-personal": True}},
        "one": {"x-personal": True},
        "ip": {"x-normal-form": ["ip_address"]},
        "tags": {"items": {}},
        "pages": {"items": {"items": {}}},
        "below": {
            "items": {
                "properties": {
                    "v0": {},
                    "n": {"type": "number"},
                    "deep": {"items": {"properties": {"a": {}}}},
                }
            }
        },
        "inner": {"properties": {"known_v0": {}, "em": {"items": {"x-personal": True}}}},
    },
}
_ROOTS = [read_tables(schema)[0] for schema in (_OWN, read_schema("pinterest/conversions-v5"))]
_NUMBERS = (int, float, bool, type(None))


class _Dict(dict[Any, Any]):
    """An object that is no plain dict."""


class _List(list[Any]):
    """A list that is no plain one."""


_LEAVES = st.sampled_from([None, True, 3, 0.5, "", "a", "long text", 10**30])
_ODD = st.one_of(
    st.sampled_from(
        [{}, [], [[]], {"v1": "a"}, {1: "a"}, {None: 1}, {"\ud800": 1}, (), ("v1",), "v1", object]
    ),
    st.builds(_Dict, st.just({"v1": "a"})),
    st.builds(_List, st.just(["a"])),
    _LEAVES,
)


def _values(node: GuardNode) -> st.SearchStrategy[Any]:
    """Values of a node, nearly all as they should be."""
    kind, _, *more = node
    as_asked: st.SearchStrategy[Any]
    if kind == "object":
        as_asked = st.permutations(sorted(more[0])).flatmap(lambda keys: _objects(keys, more[0]))
    elif kind == "list":
        as_asked = st.lists(_values(more[0]), max_size=3)
    else:
        as_asked = (
            st.sampled_from([1, 0.5, None, False]) if kind == "number" else st.sampled_from(["a", "b c"])
        )
    return st.integers(0, 19).flatmap(lambda die: as_asked if die else _ODD)


def _objects(keys: list[str], fields: dict[str, GuardNode]) -> st.SearchStrategy[Any]:
    """Objects of some of the keys in their order."""
    return st.integers(0, min(len(keys), 6)).flatmap(
        lambda count: st.fixed_dictionaries({key: _values(fields[key]) for key in keys[:count]})
    )


def _walk(node: GuardNode, value: Any, pools: Pools) -> None:
    """Put the values of a node where they belong: what the functions do, without shapes."""
    kind, _, *more = node
    if kind == "object":
        if type(value) is not dict or set(value) - set(more[0]):
            raise UnsureError
        for key, held in value.items():
            _walk(more[0][key], held, pools)
    elif kind == "list":
        if type(value) is not list or more[0][0] == "list" or more[0][0] in ("number", "address", "allowed"):
            raise UnsureError
        if more[0][0] == "text" and more[0][2] == "url":
            raise UnsureError
        for one in value:
            _walk(("digests", "") if more[0][0] == "digest" else more[0], one, pools)
    elif kind == "number":
        if type(value) not in _NUMBERS:
            raise UnsureError
    elif kind == "digest":
        raise UnsureError
    elif kind != "allowed":
        pools[3 if kind == "address" else 2 if kind == "digests" else more[0] == "url"].append(value)


def _pooled(gather: Any, *given: Any) -> list[list[str]] | None:
    """The contents of each pool, whatever the order; None where a closer look is left to do."""
    pools: Pools = ([], [], [], [])
    try:
        gather(*given, pools)
    except Exception:
        return None
    return [sorted(map(repr, pool)) for pool in pools]


def _changed(value: Any, change: Callable[[dict[Any, Any]], Any]) -> Any:
    """A value with each object in it changed."""
    if type(value) is list:
        return [_changed(one, change) for one in value]
    return (
        change({key: _changed(one, change) for key, one in value.items()}) if type(value) is dict else value
    )


def _turned(value: dict[Any, Any]) -> dict[Any, Any]:
    return dict(reversed(value.items()))


@pytest.mark.parametrize("root", _ROOTS, ids=["every kind", "pinterest"])
@given(st.data())
@settings(max_examples=examples(250, usual=120))
def test_payloads_of_changing_shapes_are_read_as_by_a_walk(root: GuardNode, data: st.DataObject) -> None:
    shapes = shapes_of(root)
    for payload in data.draw(st.lists(_values(root), min_size=1, max_size=4)):
        # The first makes the functions of its shapes, the others meet them.
        for one in (
            payload,
            payload,
            _changed(payload, _turned),
            _changed(payload, _Dict),
            _changed(payload, list),
        ):
            assert _pooled(shapes.gather, one) == _pooled(_walk, root, one)
