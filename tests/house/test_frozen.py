"""Values of the compiler: as `dataclasses` makes frozen ones, but for the locks."""

from __future__ import annotations

import dataclasses

from mapper.frozen import dataclass
from mapper.text import Text


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
