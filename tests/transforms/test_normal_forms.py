"""The hashed fields' normal forms, step by step as the target schema lists them."""

import base64
import json
import sys
import unicodedata
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper import Program, compile_text
from mapper.transforms import TRANSFORMS
from mapper.values.types import Invalid, Json
from tests.support.depth import examples
from tests.support.pack import cases

_ROOT = Path(__file__).parents[2]
_SCHEMA = json.loads((_ROOT / "schemas/pinterest/conversions-v5.json").read_text("utf-8"))
_USER_DATA = _SCHEMA["properties"]["user_data"]["properties"]
FORMS: dict[str, list[Any]] = {
    name: field["items"]["x-normal-form"]
    for name, field in _USER_DATA.items()
    if "sha256" in field.get("items", {}).get("x-normal-form", ())
}
_HASHED = sorted(FORMS)
_DIGESTS_OF_NOTHING = {
    sha256(text.encode()).hexdigest()
    for text in (
        *("", " ", "\n", "null", "undefined", "none", "None", "NULL", "nan", "NaN", "n/a", "N/A", "unknown"),
        *("true", "false", "0", "[object Object]", "test@test.com", "00000000-0000-0000-0000-000000000000"),
    )
}
_EDGES = st.text("\x00 \t\r\n\u00a0\u2003\u200b\u200f\u202e\u3000\ufeff", max_size=4)
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=80),
    st.characters(categories=["Cs"]),
    st.sampled_from(
        ["null", " N/A ", "{{x}}", "+1 415 555 2671", "1990-02-28", "Jane@x.de", "SW1A 1AA", "ca"]
    ),
)


def _step(step: Any, value: Json, note_texts: list[str]) -> Json:
    name, arguments = (step, {}) if isinstance(step, str) else next(iter(step.items()))
    transform = TRANSFORMS[name]
    if not isinstance(arguments, dict):
        arguments = {transform.parameters[0].name: arguments}
    if transform.noting:
        arguments = arguments | {"note_texts": note_texts}
    result: Json = transform.function(value, **arguments)
    return result


def _one(field: str, value: Json, note_texts: list[str]) -> Json:
    for step in FORMS[field]:
        if value is None:
            return None
        value = _step(step, value, note_texts)
    return value


def sent(field: str, value: Json) -> tuple[list[Json], list[str]]:
    """The digests a field sends for a value, and why what is missing among them was left out."""
    digests: list[Json] = []
    said: list[str] = []
    for element in value if isinstance(value, list) else [value]:
        try:
            digests.append(_one(field, element, said))
        except Invalid as invalid:
            said.append(invalid.reason)
    kept = [digest for digest in digests if digest is not None]
    return TRANSFORMS["unique"].function(kept), said


_MAPPING = """
name: forms
version: 1
target: pinterest/conversions-v5
payload:
  action_source: {const: web}
  event_id: id
  event_time: at
  event_source_url: url
  user_data: {client_ip_address: ip, client_user_agent: agent, FIELD: value}
otherwise: {send: checkout}
"""


@cache
def _program(field: str) -> Program:
    return compile_text(_MAPPING.replace("FIELD", field))


def mapped(field: str, value: Json) -> list[Json]:
    """The digests in the payload that a mapping makes of a value."""
    event = {"id": "1", "at": 1777629600, "url": "https://x.example/", "ip": "203.0.113.7", "agent": "a"}
    (outcome,) = _program(field).apply({**event, "value": value})
    assert outcome.payload is not None
    digests: list[Json] = outcome.payload["user_data"].get(field, [])
    return digests


def test_the_schema_hashes_twelve_fields() -> None:
    assert len(_HASHED) == 12


@pytest.mark.parametrize("field", _HASHED)
def test_every_value_of_the_conformance_pack_gives_its_digests(field: str) -> None:
    of_field = [one for one in cases("normal-forms") if one["field"] == f"user_data.{field}"]
    for case in of_field:
        if not case["context"]:
            stated = case.get("digest", [])
            assert sent(field, case["input"])[0] == stated, case["id"]
            assert mapped(field, case["input"]) == stated, case["id"]


@pytest.mark.parametrize(
    ("field", "value", "note"),
    [
        ("ph", "555.010.9999", "the phone number has no country code"),
        ("ph", "020 7946 0018", "the phone number has no country code"),
        ("ph", "+1 415 555 2671", ""),
        ("ph", "14155552671", ""),
        ("ph", "011442079460018", "the phone number has no country code"),
        ("ph", "+415 555 2671", "the phone number has a wrong length for its country"),
        ("ph", "+999 123456789", "the phone number has a wrong length for its country"),
        ("ph", "+1 800 555 0199", ""),
        ("zp", "K1A 0B1", "the postcode contains letters"),
        ("zp", 2139, "the postcode is a number"),
        ("zp", "94107", ""),
        ("zp", "94107_1234", ""),
        ("zp", "D-10115", ""),
    ],
)
def test_what_is_sent_but_doubtful_is_noted(field: str, value: Json, note: str) -> None:
    note_texts: list[str] = []
    assert _one(field, value, note_texts) is not None
    assert len(note_texts) == bool(note)
    assert "".join(note_texts).startswith(note)


@pytest.mark.parametrize("field", _HASHED)
@given(value=_SCALARS)
@settings(max_examples=examples(150))
def test_a_form_gives_a_digest_of_something_or_nothing_or_invalid(field: str, value: Json) -> None:
    try:
        digest = None if value is None else _one(field, value, [])
    except Invalid:
        return
    assert digest is None or (isinstance(digest, str) and len(digest) == 64 and digest == digest.lower())
    assert digest not in _DIGESTS_OF_NOTHING


@pytest.mark.parametrize("field", _HASHED)
@given(value=st.text(max_size=40))
@settings(max_examples=examples(60))
def test_a_form_leaves_its_own_digest_as_it_is(field: str, value: str) -> None:
    digests, _ = sent(field, value)
    assert sent(field, digests)[0] == digests
    assert sent(field, [str(digest).upper() for digest in digests])[0] == digests


@pytest.mark.parametrize("field", _HASHED)
@given(value=st.text(max_size=40), before=_EDGES, behind=_EDGES)
@settings(max_examples=examples(60))
def test_what_stands_unseen_around_a_value_changes_nothing(
    field: str, value: str, before: str, behind: str
) -> None:
    assert sent(field, before + value + behind) == sent(field, value)


@pytest.mark.parametrize("field", _HASHED)
@given(value=st.text(st.characters(categories=("L", "M", "N", "Zs", "Pd")), max_size=30))
@settings(max_examples=examples(60))
def test_composed_and_decomposed_text_are_one_value(field: str, value: str) -> None:
    value = value if field != "em" else f"{value}@example.com"
    composed, decomposed = (unicodedata.normalize(form, value) for form in ("NFC", "NFD"))
    assert sent(field, composed) == sent(field, decomposed)


@pytest.mark.parametrize("field", [name for name in _HASHED if name != "external_id"])
@given(value=st.text("abcdefghijklmnopqrstuvwxyz0123456789@.- ", max_size=30))
@settings(max_examples=examples(60))
def test_case_changes_nothing_but_in_an_external_id(field: str, value: str) -> None:
    assert sent(field, value.upper()) == sent(field, value)


_PLACEHOLDERS = st.sampled_from(["null", "undefined", "none", "nan", "n/a", "[object Object]", "{{x}}", ""])


@pytest.mark.parametrize("field", _HASHED)
@given(value=_PLACEHOLDERS, before=_EDGES, behind=_EDGES, capitals=st.booleans())
@settings(max_examples=examples(60))
def test_nothing_comes_of_a_placeholder_however_it_is_written(
    field: str, value: str, before: str, behind: str, capitals: bool
) -> None:
    written = before + (value.upper() if capitals else value) + behind
    assert sent(field, written)[0] == []
    assert sent(field, f"\u200b{written}\u00a0")[0] == []


@pytest.mark.parametrize("field", _HASHED)
@pytest.mark.parametrize("digest", sorted(_DIGESTS_OF_NOTHING))
def test_nothing_comes_of_a_digest_of_nothing_however_it_is_written(field: str, digest: str) -> None:
    octets = bytes.fromhex(digest)
    in_base64 = [encode(octets).decode() for encode in (base64.b64encode, base64.urlsafe_b64encode)]
    why = ["the digest of an empty value or a placeholder; it does not identify anyone"]
    for written in (digest, digest.upper(), f" {digest}\n", *in_base64):
        assert sent(field, written) == ([], why)


@pytest.mark.parametrize("field", _HASHED)
@given(person=st.text(max_size=20), before=_EDGES, behind=_EDGES)
@settings(max_examples=examples(30))
def test_a_digest_made_before_stays_however_it_is_written(
    field: str, person: str, before: str, behind: str
) -> None:
    digest = sha256(f"x{person}".encode(errors="replace"))
    in_base64 = base64.b64encode(digest.digest()).decode()
    for written in (digest.hexdigest(), digest.hexdigest().upper(), in_base64):
        assert sent(field, before + written + behind)[0] == [digest.hexdigest()]


# What becomes of hex of the lengths of MD5, SHA-1, SHA-224, SHA-256, SHA-384 and SHA-512, by length: it is a
# digest, another digest, which is invalid, or an id, which is hashed.
_VERDICTS = {32: "other", 40: "other", 56: "other", 64: "digest", 96: "other", 128: "other"}
_VERDICTS_BY_FIELD = {"external_id": _VERDICTS | {32: "id", 40: "id"}}


@pytest.mark.parametrize("field", _HASHED)
@pytest.mark.parametrize("length", _VERDICTS)
@given(octets=st.binary(min_size=64, max_size=64))
@settings(max_examples=examples(15))
def test_hex_of_the_length_of_a_digest_is_one_or_an_id(field: str, length: int, octets: bytes) -> None:
    small = f"d{octets.hex()}"[:length]
    verdict = _VERDICTS_BY_FIELD.get(field, _VERDICTS)[length]
    for written in (small, small.upper()):
        digests, said = sent(field, written)
        assert mapped(field, written) == digests
        if verdict == "digest":
            assert (digests, said) == ([small], [])
        elif verdict == "id":
            assert (digests, said) == ([sha256(written.encode()).hexdigest()], [])
        else:
            reason = f"not a SHA-256 digest ({length} hex characters); other digests cannot match"
            assert (digests, said) == ([], [reason])


def _steps(field: str, value: str) -> int:
    """How many of Python's instructions a form takes for a value."""
    counted = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal counted
        frame.f_trace_opcodes = True
        counted += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        sent(field, value)
    finally:
        sys.settrace(before)
    return counted


@pytest.mark.parametrize("field", _HASHED)
@pytest.mark.parametrize("stem", ["a", "1 ", "\u00e9", "@", ".", "(0)", " x1", "\u200b", "{{", "\u0661,"])
def test_the_steps_of_a_form_grow_no_faster_than_its_input(field: str, stem: str) -> None:
    sent(field, f"a{stem * 300}")  # what is made once
    once, twice = (_steps(field, f"a{stem * times}") for times in (300, 600))
    assert twice <= 2 * once


@pytest.mark.parametrize("field", sorted({*_HASHED} - {"ph", "zp", "db", "external_id"}))
@given(number=st.integers() | st.floats(allow_nan=False))
@settings(max_examples=examples(40))
def test_a_number_is_nobodys_where_text_is_due(field: str, number: float) -> None:
    assert sent(field, number)[0] == []
    assert mapped(field, number) == []


@given(
    words=st.lists(st.text("abcĎß'-", min_size=1, max_size=5), min_size=1, max_size=4),
    apart=st.lists(
        st.sampled_from([" ", "  ", "\t", "\u00a0", "\u2003 ", " \u200b"]), min_size=3, max_size=3
    ),
)
def test_white_space_in_a_name_is_one_space(words: list[str], apart: list[str]) -> None:
    written = "".join(f"{word}{space}" for word, space in zip(words, [*apart, ""], strict=False))
    assert sent("fn", written) == sent("fn", " ".join(words))
