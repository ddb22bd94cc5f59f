"""Values of the compiler: as `dataclasses` makes frozen ones, but for the locks."""

from __future__ import annotations

import dataclasses
from importlib import import_module
from inspect import signature
from pkgutil import walk_packages
from typing import Any

import pytest

import mapper.compiler
import mapper.values.frozen
from mapper.texts.named_text import Text
from mapper.values.frozen import dataclass


@dataclass(frozen=True, slots=True)
class _Ours:
    name: str
    size: int = dataclasses.field(default=0, compare=False)


@dataclasses.dataclass(frozen=True, slots=True)
class _Theirs:
    name: str
    size: int = dataclasses.field(default=0, compare=False)


def test_a_value_is_equal_to_another_that_holds_the_same() -> None:
    assert _Ours("a", 1) == _Ours("a", 2) != _Ours("b", 1)


def test_a_value_has_the_hash_of_a_frozen_one() -> None:
    assert hash(_Ours("a", 1)) == hash(_Theirs("a", 1)) == hash(_Ours("a", 2))


def test_a_value_can_be_made_anew_with_a_difference() -> None:
    assert dataclasses.replace(_Ours("a"), name="b") == _Ours("b")
    assert Text("a.yaml", "x").span(0, 1) in {Text("a.yaml", "x").span(0, 1)}


def test_a_value_reads_as_it_is_made() -> None:
    assert repr(_Ours("a", 1)) == "_Ours(name='a', size=1)"


@dataclass(slots=True)
class _Open:
    name: str
    parts: list[str] = dataclasses.field(default_factory=list)
    read: bool = False


def test_a_value_is_given_what_its_fields_say() -> None:
    assert (_Ours("a").size, _Ours("a", size=3).size) == (0, 3)
    for wrong in ({}, {"name": "a", "weight": 1}, {"size": 1}):
        with pytest.raises(TypeError, match=r"_Ours\.__init__\(\)"):
            _Ours(**wrong)


def test_values_that_are_not_frozen_share_no_default_and_have_no_hash() -> None:
    one, other = _Open("a"), _Open("a")
    one.parts.append("x")
    assert other.parts == []
    assert one != other == _Open("a", [], False)
    with pytest.raises(TypeError):
        hash(one)


def test_each_class_of_the_compiler_makes_its_values_as_python_would() -> None:
    """The parameters of each `__init__` are those that `dataclasses` would write."""
    written: Any = mapper.values.frozen
    for kind in _late_classes():
        expected = dataclasses.make_dataclass(
            kind.__name__,
            [(one.name, Any, _field_like(one)) for one in dataclasses.fields(kind)],
        )
        made = signature(written._init_of(kind))
        named = [(one.name, one.default is one.empty) for one in made.parameters.values()]
        by_python = signature(expected).parameters.values()
        assert named[1:] == [(one.name, one.default is one.empty) for one in by_python], kind


_REPR: Any = _Ours.__repr__


def _late_classes() -> list[type[Any]]:
    """All classes of the package whose `__init__` is written when it is first needed."""
    for found in walk_packages(mapper.compiler.__path__, "mapper.compiler."):
        import_module(found.name)
    kinds: list[type[Any]] = []
    classes: list[Any] = object.__subclasses__()
    for kind in classes:
        is_ours = kind.__module__.startswith("mapper.") and dataclasses.is_dataclass(kind)
        if is_ours and kind.__repr__ is _REPR and not hasattr(kind, "__post_init__"):
            kinds += [kind] if all(one.init for one in dataclasses.fields(kind)) else []
    assert len(kinds) > 200
    return kinds


def _field_like(one: dataclasses.Field[Any]) -> Any:
    if one.default_factory is not dataclasses.MISSING:
        return dataclasses.field(default_factory=one.default_factory)
    return dataclasses.field() if one.default is dataclasses.MISSING else dataclasses.field(default=None)
