"""Persons are found in payloads and in events of sources, however they are written there."""

from __future__ import annotations

import json
from hashlib import sha256
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mapper import authoring
from mapper.suppression.building import ListSource, list_of, read_rows
from mapper.suppression.person_search import PersonSearch

pytestmark = pytest.mark.quick

_TARGET = "pinterest/conversions-v5"
_FIELDS = authoring.person_fields(_TARGET, authoring.read_target(_TARGET))
_ADA = "ada@example.com"


def _hex(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _search(*rows: str, field: str = "em", fields: Any = _FIELDS) -> PersonSearch:
    path = _FIELDS.called(field)
    assert path is not None
    return PersonSearch(
        list_of(read_rows(BytesIO("\n".join(rows).encode()), ListSource(_FIELDS, path))), [fields]
    )


# The persons, the field, a source's event, and whether one of them is in it.
_EVENTS: list[tuple[str, str, Any, bool]] = [
    (_ADA, "em", {"email": _ADA}, True),
    (_ADA, "em", {"a": [{"b": " ADA@Example.com "}]}, True),
    (_ADA, "em", {"note": "please write to Ada <ada@example.com>, soon"}, True),
    (_ADA, "em", {"url": "https://shop.example/?a=1&email=ada%40example.com&b=2"}, True),
    (_ADA, "em", {"inner": json.dumps({"email": _ADA})}, True),
    (_ADA, "em", {_ADA: 1}, True),
    (_ADA, "em", {"em": _hex(_ADA)}, True),
    (_ADA, "em", {"em": _hex(_ADA).upper()}, True),
    (_hex(_ADA), "em", {"email": _ADA}, True),
    (_ADA, "em", {"email": "bada@example.com", "id": 17, "b": True, "n": None, "f": 1.5}, False),
    ("+49 30 1234567", "ph", {"phone": "0049 30 1234567"}, True),
    ("+49 30 1234567", "ph", {"phone": "+49 (0)30/1234568"}, False),
    ("u-17", "external_id", {"customer": {"id": "u-17"}}, True),
    ("706405506930370084", "external_id", {"customer": {"id": 706405506930370084}}, True),
    ("1", "external_id", {"is": True}, False),
]


@pytest.mark.parametrize(("person", "field", "event", "is_there"), _EVENTS)
@pytest.mark.parametrize("others", [0, 40])
def test_an_event_has_a_person(person: str, field: str, event: Any, is_there: bool, others: int) -> None:
    more = [_hex(f"person {number}") for number in range(others)]
    assert _search(person, *more, field=field).in_event(event) is is_there


@pytest.mark.parametrize("others", [0, 40])
@pytest.mark.parametrize("form", [str, str.upper])
def test_payloads_are_looked_at_together_and_each_alone(form: Any, others: int) -> None:
    search = _search(_ADA, *[_hex(f"person {number}") for number in range(others)])
    bob, ada = (f'{{"user_data":{{"em":["{form(_hex(one))}"]}}}}'.encode() for one in ("b@c.de", _ADA))
    assert [search.may_find(one) for one in (bob, ada, bob + ada)] == [False, True, True]
    assert [search.in_payload(one) for one in (bob, ada)] == [False, True]


class _Plain:
    """The fields of a target whose payloads have ids as they are."""

    names, paths, plain_paths = ("id",), ("users[].id",), ("users[].id",)

    def called(self, name: str) -> str:
        return self.paths[0]

    def normal(self, path: str, value: Any) -> Any:
        return value


def test_of_a_field_that_is_not_hashed_the_value_itself_is_found() -> None:
    search = _search("17", field="external_id", fields=_Plain())
    bodies = [b'{"users":[{"id":"17"}],"n":1}', b'{"users":[{"id":"7"}],"n":"17"}']
    assert [search.may_find(one) for one in bodies] == [True, True]
    assert [search.in_payload(one) for one in bodies] == [True, False]


@given(st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=40), st.text(max_size=4))
def test_many_are_found_as_few_are(persons: list[str], other: str) -> None:
    whole = _search(*map(_hex, persons))
    for one in (*persons, other):
        body = b"[" + _hex(one).encode() + b"]"
        assert whole.in_payload(body) == whole.may_find(body) == (one in persons)
