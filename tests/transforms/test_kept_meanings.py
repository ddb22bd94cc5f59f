"""What transforms and functions say that they keep, held against what they do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mapper.runtime.functions import FUNCTIONS
from mapper.transforms.meaning import Meaning
from mapper.transforms.registry import TRANSFORMS, Transform
from mapper.values.types import Invalid, Json

_AMOUNT, _SECONDS = 123, 1_700_000_000
_IMPLIED: dict[Meaning, set[Meaning]] = {
    "text": {"kind", "person"},
    "kind": {"person"},
    "unit": {"person"},
    "part": {"person"},
}
_ALONE = {
    name: one
    for name, one in TRANSFORMS.items()
    if not any(parameter.required or parameter.variadic for parameter in one.parameters)
}


def _given(number: int) -> Iterator[Json]:
    """The same amount as a number, as a text and as the only element of a list."""
    yield number
    yield str(number)
    yield [number]
    yield [str(number)]


def _number(made: Json) -> float | None:
    """What number a result is, also as a text or as the only element of a list."""
    if isinstance(made, list):
        return _number(made[0]) if len(made) == 1 else None
    try:
        return float(made) if isinstance(made, int | float | str) and not isinstance(made, bool) else None
    except ValueError:
        return None


def _made(one: Transform, value: Json) -> Json:
    try:
        made: Json = one.function(value)
    except (Invalid, TypeError, AttributeError):
        return None
    return made


@pytest.mark.parametrize("name", sorted(_ALONE))
def test_what_grows_a_hundredfold_with_its_value_keeps_the_unit_and_nothing_else_does(name: str) -> None:
    one = _ALONE[name]
    amount = _SECONDS if one.gives.format == "timestamp" else _AMOUNT
    pairs = [
        (_number(_made(one, small)), _number(_made(one, large)))
        for small, large in zip(_given(amount), _given(100 * amount), strict=True)
    ]
    told = [small * 100 == large for small, large in pairs if small and large]
    if told:
        assert all(told) == ("unit" in one.keeps), f"{name} gives {pairs}"


@pytest.mark.parametrize("name", sorted({*TRANSFORMS, *FUNCTIONS}))
def test_what_keeps_more_keeps_what_that_implies(name: str) -> None:
    keeps = {*(FUNCTIONS.get(name) or TRANSFORMS[name]).keeps}
    for meaning in keeps:
        assert keeps >= _IMPLIED.get(meaning, set()), meaning


@pytest.mark.parametrize("name", sorted(TRANSFORMS))
def test_what_only_answers_or_digests_leaves_nothing_of_a_person(name: str) -> None:
    """A yes or no is nobody's, nor is a short number or a digest; and only these are not."""
    one = TRANSFORMS[name]
    if one.gives.kinds <= {"boolean", "null"}:
        assert "person" not in one.keeps
    if "person" not in one.keeps:
        secret = "jane.doe@example.com"
        values: tuple[Json, ...] = (secret, [secret], {"email": secret})
        for value in values:
            assert secret not in str(_made(one, value)), value


@pytest.mark.parametrize("name", sorted(TRANSFORMS))
def test_a_text_that_is_kept_is_the_same_but_for_case_and_blanks(name: str) -> None:
    one = TRANSFORMS[name]
    if "text" in one.keeps and name in _ALONE and name != "without_query":
        for value in (" Jane.Doe@Example.com ", "Ann Lee", "https://shop.example/a"):
            given: Json = [value] if one.takes.kinds == {"array"} else value
            made = _made(one, given)
            made = made[0] if isinstance(made, list) else made
            if made is not None:
                assert str(made).strip().lower() == value.strip().lower()


@pytest.mark.parametrize("name", sorted(TRANSFORMS))
def test_what_is_given_for_null_is_what_is_said(name: str) -> None:
    one = TRANSFORMS[name]
    takes_null = one.takes.known and "null" in one.takes.kinds
    if one.on_null == "null":
        assert not takes_null
    elif one.on_null == "false":
        given = [next(iter(e.arguments))[1] for e in one.examples if e.arguments][:1]
        assert one.function(None, *given) is False


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_that_never_fails_takes_any_value(name: str) -> None:
    one = FUNCTIONS[name]
    if one.fails or name == "map":
        return
    for value in (None, True, 1, 1.5, "text", "", [], [1, "a"], {}, {"a": None}):
        one.function(value)
