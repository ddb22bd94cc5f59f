"""Parameters that the forms of other destinations need: without them nothing changes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper import check_mapping, compile_mapping
from mapper.transforms.phone import ODD_LENGTH, UNKNOWN_COUNTRY, phone
from mapper.transforms.place import city, postcode, state
from mapper.values.types import Invalid
from tests.support.depth import examples

pytestmark = pytest.mark.quick

_SENT = "8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d"
_TEXTS = st.text(max_size=20) | st.from_regex(r"[+0]?[0-9 ()-]{3,18}", fullmatch=True)


def _tried(function: Any, value: str, **arguments: Any) -> Any:
    """The result and what is noted of it, or the reason why it is invalid."""
    notes: list[str] = []
    try:
        noting = {"note_texts": notes} if function in (phone, postcode) else {}
        return function(value, **arguments, **noting), notes
    except Invalid as invalid:
        return invalid.reason


@given(value=_TEXTS)
@settings(max_examples=examples(300))
def test_a_plus_is_all_that_plus_adds(value: str) -> None:
    made, other = _tried(phone, value), _tried(phone, value, plus=True)
    if isinstance(made, tuple) and made[0] is not None:
        assert other == (f"+{made[0]}", made[1])
        assert phone(other[0], plus=True) == other[0] or made[1]
    else:
        assert other == made


@given(value=_TEXTS)
@settings(max_examples=examples(300))
def test_a_number_without_a_country_is_all_that_country_required_refuses(value: str) -> None:
    made, other = _tried(phone, value), _tried(phone, value, country_required=True)
    if isinstance(made, tuple) and made[1] not in ([], [ODD_LENGTH]):
        assert other == UNKNOWN_COUNTRY
    elif other != made:
        assert (isinstance(made, tuple), other) == (False, UNKNOWN_COUNTRY)


@given(value=_TEXTS)
@settings(max_examples=examples(300))
def test_only_what_is_no_state_by_itself_becomes_text(value: str) -> None:
    made, other = _tried(state, value), _tried(state, value, other="text")
    if isinstance(made, tuple) and made[0] is not None:
        assert other == made
    elif isinstance(other, tuple) and other[0] is not None:
        assert other[0] == city(other[0])


@given(value=_TEXTS | st.from_regex(r"[0-9]{5}[- ]?[0-9]{0,5}", fullmatch=True))
@settings(max_examples=examples(300))
def test_only_nine_digits_are_cut(value: str) -> None:
    made, other = _tried(postcode, value), _tried(postcode, value, digits=5)
    if isinstance(made, tuple) and made[0] is not None and made[0].isdecimal() and len(made[0]) == 9:
        assert other == (made[0][:5], made[1])
    else:
        assert other == made


@pytest.mark.parametrize(
    "made",
    [
        phone(_SENT, plus=True),
        phone(_SENT, country_required=True),
        state(_SENT, other="text"),
        postcode(_SENT, digits=5),
    ],
)
def test_a_digest_stays_as_it_is(made: str) -> None:
    assert made == _SENT


@pytest.mark.parametrize(
    ("value", "made"),
    [
        ("BR-SP", "sp"),
        ("Bavaria", "bavaria"),
        ("DE-Bayern", "bayern"),
        ("New York", "ny"),
        ("\u00cele-de-France", "\u00eeledefrance"),
        ("S\u00e3o Paulo", "s\u00e3opaulo"),
        ("\u6771\u4eac\u90fd", "\u6771\u4eac\u90fd"),
        ("12", None),
        ("n/a", None),
    ],
)
def test_a_state_of_another_country_is_text(value: str, made: str | None) -> None:
    assert state(value, other="text") == made


_FORMS: dict[str, list[Any]] = {
    "ph": ["clean", "digest", {"phone": {"plus": True}}, "sha256"],
    "strict": ["clean", "digest", {"phone": {"plus": True, "country_required": True}}, "sha256"],
    "zp": [{"postcode": {"digits": 5}}, "sha256"],
    "st": ["clean", "digest", {"state": {"other": "text"}}, "sha256"],
}


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _file(folder: Path, payload: dict[str, Any]) -> Path:
    """A mapping to a target whose fields have such forms."""
    (folder / "schemas/own").mkdir(parents=True)
    fields = {
        name: {"type": "string", "x-personal": True, "x-normal-form": form} for name, form in _FORMS.items()
    }
    schema = {
        **{"type": "object", "required": ["id"], "additionalProperties": False},
        "properties": {"id": {"type": "string"}, **fields},
    }
    (folder / "schemas/own/people.json").write_text(json.dumps(schema), "utf-8")
    file = folder / "people.yaml"
    made = {
        **{"version": 1, "target": "own/people", "payload": {"id": "text(id)", **payload}},
        **({"let": {"c": "c"}} if "$c" in json.dumps(payload) else {}),
        "otherwise": {"send": "x"},
    }
    file.write_text(yaml.safe_dump(made), "utf-8")
    return file


@pytest.mark.parametrize(
    ("rule", "event", "sent"),
    [
        ({"ph": "p"}, {"p": "+1 415 555 2671"}, _hash("+14155552671")),
        ({"ph": "p"}, {"p": _SENT}, _SENT),
        # The author's own step takes the place of that of the form, with the arguments that it lacks.
        (
            {"ph": {"from": "p", "apply": {"phone": {"country": "DE"}}}},
            {"p": "030 901820"},
            _hash("+4930901820"),
        ),
        ({"ph": {"from": "p", "apply": "phone"}}, {"p": "+49 30 901820"}, _hash("+4930901820")),
        ({"ph": "phone(p, 'DE')"}, {"p": "030 90182012"}, _hash("+493090182012")),
        ({"ph": "phone(p, 'DE', `true`)"}, {"p": "030 901820"}, _hash("+4930901820")),
        ({"strict": "p"}, {"p": "030 901820"}, None),
        (
            {"strict": {"from": "p", "apply": {"phone": "$c"}}},
            {"p": "030 901820", "c": "DE"},
            _hash("+4930901820"),
        ),
        ({"strict": {"from": "p", "apply": {"phone": "$c"}}}, {"p": "030 901820", "c": "??"}, None),
        ({"zp": "p"}, {"p": "94107-1234"}, _hash("94107")),
        ({"zp": {"from": "p", "apply": "postcode"}}, {"p": "94107-1234"}, _hash("94107")),
        ({"zp": "postcode(p)"}, {"p": "94107-1234"}, _hash("94107")),
        ({"zp": "p"}, {"p": "EC1A 1BB"}, _hash("ec1a1bb")),
        ({"st": "p"}, {"p": "Bayern"}, _hash("bayern")),
        ({"st": "p"}, {"p": "California"}, _hash("ca")),
        ({"st": {"from": "p", "apply": ["trim", "state"]}}, {"p": "Bayern"}, _hash("bayern")),
        ({"st": "bayern"}, {"bayern": "Bayern"}, _hash("bayern")),
    ],
)
def test_a_form_with_arguments_hashes_what_they_ask_for(
    rule: dict[str, Any], event: dict[str, Any], sent: str | None, tmp_path: Path
) -> None:
    program = compile_mapping(_file(tmp_path, rule))
    [name] = rule
    for _ in range(2):
        payload = program.apply({"id": "1", **event})[0].payload
        assert payload is not None
        assert payload.get(name) == sent


@pytest.mark.parametrize(
    ("rule", "is_told"),
    [
        ({"ph": {"from": "p", "apply": ["phone", "sha256"]}}, True),
        ({"ph": {"from": "p", "apply": [{"phone": {"country": "DE"}}, "sha256"]}}, True),
        ({"ph": {"from": "p", "apply": [{"phone": {"country": "DE", "plus": True}}, "sha256"]}}, False),
        ({"ph": "sha256(phone(p))"}, True),
        ({"ph": "sha256(phone(p, 'DE', `true`))"}, False),
        ({"zp": {"from": "p", "apply": ["postcode", "sha256"]}}, True),
        ({"zp": {"from": "p", "apply": [{"postcode": {"digits": 5}}, "sha256"]}}, False),
        ({"st": "sha256(state(p))"}, True),
        ({"st": "sha256(state(p, 'text'))"}, False),
    ],
)
def test_a_digest_made_by_hand_needs_the_arguments_of_the_form(
    rule: dict[str, Any], is_told: bool, tmp_path: Path
) -> None:
    found = check_mapping(_file(tmp_path, rule))
    assert [one.code for one in found if one.severity == "error"] == ["M404"] * is_told
