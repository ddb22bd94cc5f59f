"""Decoding and the parts of a URL: against other readers, in time, and each part as the whole has it."""

from __future__ import annotations

import base64
import time
from contextlib import suppress
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mapper
from mapper import compile_text
from mapper.transforms import TRANSFORMS
from mapper.transforms.decoding import _PARTS, url_part
from mapper.values.types import Invalid, Json
from tests.support.depth import examples

_url, _percent, _base64 = (TRANSFORMS[name].function for name in ("url", "percent_decode", "base64_decode"))
_TEXTS = st.text(max_size=30)


@given(text=_TEXTS)
@settings(max_examples=examples(200))
def test_what_is_encoded_is_decoded(text: str) -> None:
    assert _percent(quote(text, safe="")) == (text or None)
    assert _percent(quote_plus(text), plus=True) == (text or None)
    octets = text.encode()
    for encoded in (base64.b64encode(octets), base64.urlsafe_b64encode(octets)):
        written = encoded.decode()
        assert _base64(written) == _base64(written.rstrip("=")) == (text or None)
        assert _base64(f" {written[:3]}\r\n{written[3:]}\n") == (text or None)


@pytest.mark.parametrize("text", ["%", "%1", "%1g", "a%%41", "%ED%A0%80", "%C3", "%FF%FE"])
def test_a_bad_escape_is_invalid(text: str) -> None:
    with pytest.raises(Invalid):
        _percent(text)


@pytest.mark.parametrize("text", ["a", "YWRhQ", "YW=Rh", "YWR*", "YWRh===", "=", "\u00e9", "7aCA"])
def test_bad_base64_is_invalid(text: str) -> None:
    with pytest.raises(Invalid):
        _base64(text)


_ODD = st.text("az%4/:?#@[]&=+. \\\u00e9\u0130\u2028", max_size=16)
_URLS = _ODD | st.builds("{}{}{}".format, st.sampled_from(("https://", "//", "HTTP:", "/", "")), _ODD, _ODD)


@given(text=_URLS)
@settings(max_examples=examples(400))
def test_each_part_is_what_the_whole_has(text: str) -> None:
    def part(name: str) -> tuple[Json, str]:
        try:
            return url_part(text, name), ""
        except Invalid as invalid:
            return None, invalid.reason

    try:
        whole, reason = _url(text) or {}, ""
    except Invalid as invalid:
        whole, reason = {}, invalid.reason
    assert {name: part(name) for name in _PARTS} == {name: (whole.get(name), reason) for name in _PARTS}


@given(
    host=st.from_regex(r"[a-zA-Z][a-z0-9-]{0,8}(\.[a-z]{2,3})?", fullmatch=True),
    port=st.none() | st.integers(0, 65535),
    path=st.lists(st.text("ab7._~-", min_size=1, max_size=5), max_size=3),
    query=st.dictionaries(
        st.text("abc", min_size=1, max_size=3), st.text(min_size=1, max_size=5), max_size=3
    ),
)
@settings(max_examples=examples(200))
def test_the_parts_are_those_that_pythons_own_reader_finds(
    host: str, port: int | None, path: list[str], query: dict[str, str]
) -> None:
    asked = "&".join(f"{name}={quote_plus(value)}" for name, value in query.items())
    text = f"https://user:secret@{host}{'' if port is None else f':{port}'}/{'/'.join(path)}?{asked}#end"
    theirs, ours = urlsplit(text), _url(text)
    assert (ours["scheme"], ours["host"], ours.get("port")) == ("https", theirs.hostname, theirs.port)
    assert (ours["path"], ours["segments"], ours["fragment"]) == (theirs.path, path, "end")
    kept = {name: value for name in query if (value := TRANSFORMS["query_parameter"].function(text, name))}
    assert ours.get("query", {}) == kept
    assert "secret" not in str(ours)


@given(
    st.lists(st.sampled_from(["a", "b", "%61", "+", "=", "&", "?", "#", "://", "%20", "\u00e9"])).map("".join)
)
@settings(max_examples=examples(300))
def test_all_parameters_are_those_that_are_given_one_by_one(text: str) -> None:
    every = TRANSFORMS["query_parameters"].function(text) or {}
    one = TRANSFORMS["query_parameter"].function
    names = {*every, "a", "b", " ", "aa", "\u00e9"}
    assert every == {name: value for name in names if (value := one(text, name)) is not None}


_UNITS = ["a", "%41", "%C3%A9", "a/", "/", "a=b&", "&", "%", "?", ":", "@", "[", "#", "\u00e9"]


@pytest.mark.parametrize("begin", ["", "https://shop.example/", "https://", "/?"])
@pytest.mark.parametrize("name", ["percent_decode", "base64_decode", "url", "query_parameters"])
def test_the_time_grows_as_the_text_does(name: str, begin: str) -> None:
    def took(text: str) -> float:
        best = 1.0
        for _ in range(3):
            start = time.process_time()
            with suppress(Invalid):
                TRANSFORMS[name].function(text)
            best = min(best, time.process_time() - start)
        return best

    for unit in _UNITS:
        small, large = (took(begin + unit * (size // len(unit))) for size in (20_000, 80_000))
        assert large < 12 * small + 0.02, unit


_MAPPING = """
version: 1
target: pinterest/conversions-v5
%s
payload:
  event_id: id
  event_time: at
  action_source: {const: web}
  user_data: {em: mail}
  custom_data: {%s}
otherwise: {send: custom}
"""


_LET = "let: {page: url(page)}"


def _mapping(fields: str) -> str:
    return _MAPPING % (_LET if "$page" in fields else "", fields)


@pytest.mark.parametrize("path", ["url(page)", "$page", "parse_json(page)"])
@pytest.mark.parametrize(("name", "code"), [("email", "M401"), ("customer_name", "M439"), ("epik", None)])
def test_a_personal_name_in_what_is_decoded_is_personal(path: str, name: str, code: str | None) -> None:
    found = mapper.check_text(_mapping(f'content_name: "{path}.query.{name}"'))
    assert [one.code for one in found if one.severity != "advice"] == ([code] if code else [])


def test_only_the_part_that_is_read_is_made() -> None:
    program = compile_text(_mapping('order_id: "url(page).query.o", search_string: "url(page).host"'))
    assert "url_part(" in program.code.text
    assert "url(" not in program.code.text.replace("quick_url(", "")


@pytest.mark.parametrize("field", ["url(page).host", "$page.host", "url(page).segments[0]"])
def test_what_is_no_url_leaves_the_field_out_with_a_note(field: str) -> None:
    program = compile_text(_mapping(f'content_name: "{field}", order_id: o'))
    event: dict[str, Any] = {"id": "1", "at": 1777629600, "mail": "a@b.co", "page": "https://a b/", "o": "7"}
    (outcome,) = program.apply(event)
    assert outcome.payload is not None
    assert outcome.payload["custom_data"] == {"order_id": "7"}
    assert [note.path for note in outcome.notes] == ["custom_data.content_name"]
