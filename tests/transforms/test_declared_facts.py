"""The facts that transforms and functions declare beside their code, held against what they do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.compiler.inference.result_types import literal_type
from mapper.runtime.decode import size_of
from mapper.runtime.functions import FUNCTIONS, Builtin
from mapper.transforms.meaning import LONGEST_NUMBER, Grown
from mapper.transforms.registry import TRANSFORMS, Transform
from mapper.values.types import Invalid, Json, fit
from tests.support.depth import examples

pytestmark = pytest.mark.quick

# What is longer in the other case, decoded or written as JSON.
_ODD = (
    *("\u0390", "\u0130", "\ufdfa", "\u00df", "\u1fb7", "\ufb03", "\ud7ff", "\U0001d400", "\x01"),
    *("%00", "%22", '"', "\\", "9", ","),
)
_TEXTS = st.lists(st.sampled_from(_ODD), max_size=30).map("".join) | st.text(max_size=40)
_URLS = _TEXTS.map(lambda text: f"https://a.example/{text}?q={text}&b")
_NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
_VALUES: st.SearchStrategy[Any] = _TEXTS | _URLS | _NUMBERS
# Arguments that let more through than those of the examples.
_MORE: dict[str, list[dict[str, Json]]] = {
    "query_parameter": [{"name": "q"}],
    "truncate": [{TRANSFORMS["truncate"].parameters[0].name: 30}],
    "keep": [{"characters": "word"}],
    "remove": [{"characters": "[%a-z]"}],
    "rewrite": [
        {"pattern": "{a}", "to": "{a}%{a}\u0390{a}"},
        {"pattern": "{a}{b:letters}", "to": "-"},
        {"pattern": "*", "to": "{{written}}"},
    ],
    "extract": [{"pattern": "{a}"}, {"pattern": "{a}?{b}"}],
    "lookup": [
        {"table": {"9": ["\u0390" * 20], "%00": 1}, "default": "\x01" * 9},
        {"patterns": {"9*": "x" * 50, "*": "a"}},
    ],
}
_ENTRIES: dict[str, Builtin | Transform] = {**TRANSFORMS, **FUNCTIONS}
# The result of `map` is what its expression gives, and generated code makes it.
_CALLED = sorted(_ENTRIES.keys() - {"map"})


def _arguments(entry: Builtin | Transform) -> list[dict[str, Json]]:
    """The sets of arguments after the value that a transform is tried with."""
    if isinstance(entry, Builtin):
        return [{}]
    return [dict(one.arguments) for one in entry.examples] + _MORE.get(entry.name, [])


def _call(entry: Transform, value: Json, arguments: dict[str, Json]) -> Json:
    """The result of a transform; raises Invalid. A variadic argument is given by place."""
    named = {**arguments, **({"note_texts": []} if entry.noting else {})}
    by_place: list[Any] = []
    for parameter in entry.parameters:
        if parameter.variadic:
            by_place = named.pop(parameter.name, [])  # type: ignore[assignment]  # a list
    made: Json = entry.function(value, *by_place, **named)
    return made


def _put(entry: Transform, arguments: dict[str, Json]) -> list[Json]:
    """The arguments that may be in the result."""
    return [arguments[one.name] for one in entry.parameters if one.role != "steers" and one.name in arguments]


def _most(grown: Grown, given_to_it: Sequence[Json]) -> float:
    """The most bytes of what is made of some values."""
    if grown.one_of:
        return max(map(size_of, grown.one_of))
    held = sum(max(size_of(one), LONGEST_NUMBER * _is_number(one)) + 2 for one in given_to_it)
    return grown.times * held + grown.plus + LONGEST_NUMBER * grown.is_number


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float)


_BOUNDED = [
    (name, arguments)
    for name, one in TRANSFORMS.items()
    for arguments in _arguments(one)
    if one.grown(arguments if callable(one.grows) else {}).times < float("inf") and name != "template"
]


@pytest.mark.parametrize(("name", "arguments"), _BOUNDED)
@settings(max_examples=examples(30, usual=12))
@given(value=_VALUES)
def test_a_result_is_no_longer_than_its_transform_says(
    name: str, arguments: dict[str, Json], value: Any
) -> None:
    _check_length(TRANSFORMS[name], arguments, value)


@pytest.mark.parametrize(("name", "arguments"), _BOUNDED)
def test_many_odd_characters_are_no_longer_than_a_transform_says(
    name: str, arguments: dict[str, Json]
) -> None:
    """As one word, as a list of words, and each with a common letter before it."""
    for odd in _ODD:
        for value in (odd * 30, " ".join([odd] * 30), " ".join([f"a{odd}"] * 30)):
            _check_length(TRANSFORMS[name], arguments, value)


def _check_length(entry: Transform, arguments: dict[str, Json], value: Any) -> None:
    given_to_it = [value] if entry.takes.kinds == {"array"} else value
    try:
        made = _call(entry, given_to_it, arguments)
    except Invalid:
        return
    assert size_of(made) <= _most(entry.grown(arguments), [given_to_it, *_put(entry, arguments)])


@pytest.mark.parametrize("name", sorted(TRANSFORMS))
def test_examples_are_no_longer_than_their_transform_says(name: str) -> None:
    entry = TRANSFORMS[name]
    for one in entry.examples:
        arguments = dict(one.arguments)
        if one.invalid is None:
            assert size_of(one.result) <= _most(entry.grown(arguments), [one.value, *_put(entry, arguments)])


@given(values=st.lists(_TEXTS | _NUMBERS, min_size=1, max_size=5))
def test_a_template_is_no_longer_than_what_is_in_it(values: list[Any]) -> None:
    written = "\u0390".join("{}" for _ in values)
    try:
        made = TRANSFORMS["template"].function(written, *values)
    except Invalid:
        return
    assert size_of(made) <= _most(TRANSFORMS["template"].grown({}), [written, *values])


_MARK = "Q" * 400
_MARKED: list[Any] = [
    *(_MARK, f"https://a.example/{_MARK}?q={_MARK}", [_MARK], [[_MARK, _MARK]], {"a": _MARK}),
    *({_MARK: 1}, [{"key": _MARK, "value": _MARK}], '"' * 400, ["\\" * 400], 1, 1.5, [1, 2.5], [3], [], {}),
    *("2024-05-06T07:08:09Z", True, None),
]


def _function_results(entry: Builtin, values: Sequence[Any]) -> Iterator[tuple[list[Any], Json]]:
    """The arguments and results of a function for values that it takes; `&...` gives numbers."""
    for value in values:
        by = list(range(len(value))) if isinstance(value, list) else []
        for other in ("", "Q", [value]):
            rest = [by if one.expression else other for one in entry.takes[1:]]
            calls = [[value, *rest]] if by in rest else [[value, *rest], [*reversed(rest), value]]
            for arguments in calls:
                try:
                    yield arguments, entry.function(*arguments)
                except (Invalid, TypeError):
                    continue


def _results(name: str, values: Sequence[Any]) -> Iterator[tuple[list[Any], Json]]:
    entry = _ENTRIES[name]
    if isinstance(entry, Builtin):
        yield from _function_results(entry, values)
        return
    for value in values:
        for arguments in _arguments(entry):
            try:
                yield [value, *_put(entry, arguments)], _call(entry, value, arguments)
            except (Invalid, TypeError, AttributeError):
                continue


@pytest.mark.parametrize("name", _CALLED)
def test_a_part_of_a_value_is_in_the_result_no_oftener_than_is_said(name: str) -> None:
    """Counted by the length of the whole, less what is not in proportion to it."""
    grows = _ENTRIES[name].grows
    if callable(grows):
        return  # it is for its arguments to say, and is told apart by length
    longer = grows.times if 1 < grows.times < float("inf") else 1
    for given_to_it, made in _results(name, _MARKED):
        most = max(grows.copies, longer) * sum(map(size_of, given_to_it)) + 2 * LONGEST_NUMBER
        assert size_of(made) <= most, given_to_it


class _Untouched:
    """No value of JSON: whoever compares it, reads it or writes it out fails."""

    def _fail(self, *_: object) -> Any:
        raise AssertionError("it is looked at")

    __eq__ = __lt__ = __str__ = __repr__ = __len__ = __iter__ = __bool__ = _fail
    __hash__ = None  # type: ignore[assignment]  # nor is it a key


def _looked_at(name: str, holder: Callable[[Any], Any]) -> Any:
    """The result for a list or an object with a part that must not be looked at."""
    part: Any = _Untouched()
    value, entry = holder(part), _ENTRIES[name]
    if isinstance(entry, Builtin):
        return part, entry.function(value)
    return part, _call(entry, value, {"key": "a"} if name == "get" else {})


_ELEMENTS = sorted(name for name, one in _ENTRIES.items() if one.looks_at in ("elements", "nothing"))


@pytest.mark.parametrize("name", _ELEMENTS)
def test_a_part_that_is_not_looked_at_is_in_the_result_as_it_is(name: str) -> None:
    holders: tuple[Callable[[Any], Any], ...] = (lambda part: [part], lambda part: {"a": part})
    seen = 0
    for holder in holders:
        try:
            part, made = _looked_at(name, holder)
        except Invalid:
            continue
        found = [made, *(made if isinstance(made, list) else []), *_values(made)]
        found += [held for one in found for held in _values(one)]
        found += [held for one in found if isinstance(one, list) for held in one]
        assert any(one is part for one in found)
        seen += 1
    assert seen


def _values(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else []


@pytest.mark.parametrize("name", sorted(name for name, one in _ENTRIES.items() if one.looks_at == "size"))
def test_of_a_value_only_its_size_is_looked_at(name: str) -> None:
    for value in ([_Untouched()], {"a": _Untouched()}):
        try:
            made = FUNCTIONS[name].function(value)
        except Invalid:
            continue
        assert isinstance(made, int | str)


@pytest.mark.parametrize("name", _CALLED)
def test_only_what_chooses_gives_another_part_where_one_is_missing(name: str) -> None:
    """A choice gives each of two parts where the other is missing, and one of them where both are there."""
    entry = _ENTRIES[name]
    several = isinstance(entry, Builtin) and entry.variadic
    gives: list[Json] = []
    for parts in (["a", None], [None, "a"], ["a", "b"]):
        try:
            gives.append(entry.function(*parts) if several else entry.function(parts))
        except (Invalid, TypeError):
            return
    is_choice = gives[:2] == ["a", "a"] and gives[2] in ("a", "b")
    if name != "across":  # which chooses by attribute
        assert is_choice == entry.chooses


_STEERED = sorted(
    name
    for name, one in TRANSFORMS.items()
    if one.function.__module__ == "mapper.transforms.text"
    and all(parameter.role == "steers" for parameter in one.parameters)
    and "string" in one.gives.kinds
)


@pytest.mark.parametrize("name", _STEERED)
@settings(max_examples=examples(60))
@given(value=_TEXTS)
def test_what_only_removes_gives_no_other_character(name: str, value: str) -> None:
    entry = TRANSFORMS[name]
    if entry.only_removes:
        for arguments in _arguments(entry):
            assert set(str(_call(entry, value, arguments) or "")) <= set(value)


@pytest.mark.parametrize("name", _STEERED)
def test_what_says_not_that_it_only_removes_gives_another_character(name: str) -> None:
    entry = TRANSFORMS[name]
    texts = ["\u0661 Ab", "Ann Lee"]
    made = [set(str(_call(entry, one, arguments) or "")) for one in texts for arguments in _arguments(entry)]
    given_to_it = [set(one) for one in texts for _ in _arguments(entry)]
    assert entry.only_removes == all(map(set.issubset, made, given_to_it))


@pytest.mark.parametrize("name", sorted(name for name, one in TRANSFORMS.items() if one.settles))
@settings(max_examples=examples(60))
@given(value=_VALUES)
def test_what_settles_leaves_its_result_as_it_is(name: str, value: Any) -> None:
    """But for a letter that is two characters in the other case."""
    function = TRANSFORMS[name].function
    try:
        made = function(value)
    except Invalid:
        return
    if len(str(value).lower()) == len(str(value)):
        assert made is None or function(made) == made


@pytest.mark.parametrize("name", sorted(name for name, one in _ENTRIES.items() if one.refines is not None))
def test_a_result_has_the_type_that_those_of_the_arguments_give(name: str) -> None:
    entry = _ENTRIES[name]
    assert entry.refines is not None
    if name == "map":
        assert entry.refines([literal_type("a")]).describe() == "array of string"
        return
    if isinstance(entry, Builtin):
        more: list[Any] = [None, -1, ["a", "b"], [{"a": 1}], {"a": 1, "b": "c"}]
        calls = list(_function_results(entry, [*_MARKED, *more]))
    else:
        calls = [
            ([one.value, *_in_order(entry, dict(one.arguments))], one.result)
            for one in entry.examples
            if one.invalid is None
        ]
    assert calls
    for arguments, made in calls:
        type = entry.refines([literal_type(one) for one in arguments])
        assert fit(literal_type(made), type) != "never", (arguments, made)
        assert made is not None or "null" in type.kinds, arguments


def _in_order(entry: Transform, arguments: dict[str, Json]) -> list[Json]:
    made: list[Json] = []
    for one in entry.parameters:
        held = arguments.get(one.name, one.default)
        made += held if one.variadic and isinstance(held, list) else [held]
    return made
