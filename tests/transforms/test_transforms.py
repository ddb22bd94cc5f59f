"""The registry of transforms: what each promises, its examples, its cases, and that none ever breaks."""

import copy
import inspect
import json
import re
import sys
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapper.runtime.functions import FUNCTIONS
from mapper.transforms import TRANSFORMS, Example, Transform, unicode_forms
from mapper.transforms.calling_codes import CALLING_CODES
from mapper.transforms.countries import COUNTRY_CODES, COUNTRY_NAMES
from mapper.transforms.currencies import MINOR_UNITS
from mapper.transforms.registry import prepared
from mapper.values.types import Invalid, Json, kind_of
from tests.support.depth import examples, some
from tests.support.made_pages.transforms_page import write_page

pytestmark = pytest.mark.quick

_HERE = Path(__file__).parents[1]
_EVERY = sorted({entry.name: entry for entry in TRANSFORMS.values()}.values(), key=lambda entry: entry.name)
_EXAMPLES = [(entry, example) for entry in _EVERY for example in entry.examples]
_CASES = [json.loads(line) for line in (_HERE / "cases/transforms.ndjson").read_text("utf-8").splitlines()]
_OF_THE_LANGUAGE = set(
    """
    trim lowercase uppercase digits snake_case text integer boolean not decimal round truncate number
    timestamp lookup null_if substring replace split join_with first last unique query_parameter
    query_parameters without_query cookie resolve_url parse_json prefix email phone country state gender
    birth_date city postcode currency language ip_address minor_units sha256 hash add subtract multiply
    divide total count concat fingerprint from_items present clean digest name advertising_id
    without_placeholder page_url note_negative across keep remove extract matches rewrite template
    percent_decode base64_decode url crawler get pick items_of flatten format_time bucket in_network
    google_consent onetrust cookiebot tcf gpp us_privacy gpc round_money
    """.split()  # noqa: SIM905  # a list of words reads better so
)
_SCALARS = st.one_of(
    st.booleans(), st.integers(), st.floats(), st.text(max_size=40), st.characters(categories=["Cs"])
)
_JSON = st.recursive(
    st.none() | _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)

each_transform = pytest.mark.parametrize("entry", _EVERY, ids=lambda entry: entry.name)


def _call(entry: Transform, value: Json, arguments: dict[str, Any]) -> Json:
    """What a transform makes of a value: the arguments of a variadic parameter stand by place."""
    named, by_place = dict(arguments), []
    for parameter in entry.parameters:
        if parameter.variadic:
            by_place = named.pop(parameter.name, [])
    result: Json = entry.function(value, *by_place, **named)
    return result


def tried(entry: Transform, value: Json, arguments: dict[str, Any]) -> tuple[Json, str | None]:
    """What a transform makes of a value, or why that is invalid."""
    try:
        return _call(entry, value, arguments), None
    except Invalid as invalid:
        return None, invalid.reason


def _arguments(entry: Transform) -> list[dict[str, Any]]:
    """The arguments of its examples."""
    return [dict(example.arguments) for example in entry.examples]


def test_every_transform_that_the_language_names_is_here() -> None:
    assert set(TRANSFORMS) == _OF_THE_LANGUAGE


def test_no_transform_bears_the_name_of_a_function() -> None:
    assert not set(TRANSFORMS) & set(FUNCTIONS)


@each_transform
def test_a_transform_has_a_sentence_and_two_examples(entry: Transform) -> None:
    assert re.fullmatch(r".+\.", entry.summary)
    assert len(entry.examples) >= 2


@each_transform
def test_parameters_are_those_of_the_function_in_their_order(entry: Transform) -> None:
    _, *taken = inspect.signature(entry.function).parameters.values()
    by_place = [one for one in taken if one.kind is not one.KEYWORD_ONLY]
    assert [one.name for one in by_place] == [one.name for one in entry.parameters]
    for one, parameter in zip(by_place, entry.parameters, strict=True):
        assert parameter.variadic == (one.kind is one.VAR_POSITIONAL)
        if not parameter.variadic:
            assert (parameter.required and not parameter.unless) == (one.default is one.empty)
            assert parameter.required or parameter.default == one.default
    assert entry.noting == ("note_texts" in inspect.signature(entry.function).parameters)


@pytest.mark.parametrize(("entry", "example"), _EXAMPLES, ids=lambda one: getattr(one, "name", ""))
def test_an_example_is_true_and_of_the_stated_types(entry: Transform, example: Example) -> None:
    arguments = dict(example.arguments)
    if example.invalid is not None:
        with pytest.raises(Invalid, match=f"^{re.escape(example.invalid)}$"):
            _call(entry, example.value, arguments)
        return
    result = _call(entry, example.value, arguments)
    assert (type(result), result) == (type(example.result), example.result)
    assert kind_of(example.value) in entry.takes.kinds
    assert kind_of(example.result) in entry.gives.kinds
    if entry.pattern and example.result is not None:
        assert re.search(entry.pattern, str(example.result))
    if entry.check is not None and not entry.parameters[0].variadic:
        entry.check(**arguments)


@pytest.mark.parametrize("case", some(_CASES), ids=lambda case: case["transform"])
def test_a_case_gives_what_it_states(case: dict[str, Any]) -> None:
    entry, arguments = TRANSFORMS[case["transform"]], case.get("arguments", {})
    if "invalid" in case:
        with pytest.raises(Invalid, match=f"^{re.escape(case['invalid'])}$"):
            _call(entry, case["value"], arguments)
        return
    result = _call(entry, case["value"], arguments)
    assert json.dumps(result) == json.dumps(case["result"])


@each_transform
@given(value=_JSON)
@settings(max_examples=examples(60))
def test_a_transform_gives_json_of_its_type_or_invalid_and_changes_nothing(
    entry: Transform, value: Json
) -> None:
    if value is None and "null" not in entry.takes.kinds:
        return
    before = copy.deepcopy(value)
    for arguments in _arguments(entry):
        result, reason = tried(entry, value, arguments)
        assert (reason is None) or reason
        assert kind_of(result) in entry.gives.kinds or kind_of(result) == "integer" or reason
        assert not entry.pattern or result is None or re.search(entry.pattern, str(result))
    assert repr(value) == repr(before)


_PREPARED = [entry for entry in _EVERY if entry.prepare is not None]


def test_patterns_and_sets_of_characters_are_prepared() -> None:
    assert {entry.name for entry in _PREPARED} == {
        "extract",
        "keep",
        "lookup",
        "matches",
        "remove",
        "rewrite",
    }


@pytest.mark.parametrize("entry", _PREPARED, ids=lambda entry: entry.name)
@given(value=_JSON)
@settings(max_examples=examples(60))
def test_what_is_prepared_gives_what_the_transform_gives(entry: Transform, value: Json) -> None:
    if value is None and "null" not in entry.takes.kinds:
        return
    of_cases = [case for case in _CASES if case["transform"] == entry.name]
    given = [*_arguments(entry), *(case.get("arguments", {}) for case in of_cases)]
    values = [value, *(one.value for one in entry.examples), *(case["value"] for case in of_cases)]
    quick = replace(entry, function=lambda one, **given: prepared(entry.function, **given)(one))
    for arguments in given:
        for one in values:
            assert repr(tried(quick, one, arguments)) == repr(tried(entry, one, arguments))


@each_transform
@given(value=st.text(max_size=12))
@settings(max_examples=examples(30))
def test_a_reason_never_holds_the_value(entry: Transform, value: str) -> None:
    canary = f"{value}canary-7f3a"
    held: list[Json] = [canary, [canary], {"key": canary}]
    for arguments in _arguments(entry):
        assert all("canary" not in (tried(entry, one, arguments)[1] or "") for one in held)


_STEADY = (
    *(
        "clean",
        "digest",
        "email",
        "name",
        "gender",
        "birth_date",
        "city",
        "state",
        "country",
        "postcode",
        "phone",
    ),
    *("advertising_id", "decimal", "currency", "language", "ip_address", "trim", "snake_case", "sha256"),
)


@pytest.mark.parametrize("name", _STEADY)
@given(value=st.text(max_size=30))
@settings(max_examples=examples(60))
def test_a_form_changes_nothing_in_its_own_result(name: str, value: str) -> None:
    function = TRANSFORMS[name].function
    try:
        result = function(value)
    except Invalid:
        return
    assert result is None or function(result) == result


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("timestamp", {"zone": "Mars/Olympus"}),
        ("timestamp", {"zone": "../../etc/passwd"}),
        ("timestamp", {"zone": "Europe"}),
        ("timestamp", {"zone": ""}),
        ("timestamp", {"format": "%d/%m"}),
        ("timestamp", {"format": "%Q"}),
        ("timestamp", {"format": "%Y-%Y-%m-%d"}),
        ("timestamp", {"format": "%"}),
        ("birth_date", {"format": "%H"}),
        ("phone", {"country": "Atlantis"}),
        ("decimal", {"point": ",", "group": ","}),
        ("decimal", {"point": "12"}),
        ("digest", {"other": "hash"}),
        ("divide", {"by": 0}),
        ("minor_units", {"currency": "XYZ"}),
        ("round_money", {"currency": "XYZ"}),
        ("keep", {"characters": "[A-Z"}),
        ("remove", {"characters": ""}),
        ("replace", {"old": ""}),
        ("replace", {"new": "x"}),
        ("replace", {"old": "a", "characters": "digits"}),
        ("replace", {"characters": "[z-a]"}),
        ("replace", {"characters": "digits", "any_case": True}),
        ("trim", {"characters": "abc"}),
        ("trim", {"side": "left"}),
        ("bucket", {"n": 0}),
        ("bucket", {"n": 10_001}),
        ("in_network", {"networks": []}),
        ("in_network", {"networks": ["10.1.2.3/8"]}),
        ("in_network", {"networks": "localhost"}),
        ("format_time", {"format": "%Q", "zone": "UTC"}),
        ("format_time", {"format": "%f", "zone": "UTC"}),
        ("format_time", {"format": "date", "zone": "UTC"}),
        ("format_time", {"format": "%Y", "zone": "Mars"}),
        ("resolve_url", {"base": "shop.example"}),
        ("round", {"digits": -1}),
        ("split", {"separator": ""}),
        ("truncate", {"digits": 16}),
    ],
)
def test_wrong_arguments_are_found_before_any_event(name: str, arguments: dict[str, Json]) -> None:
    check = TRANSFORMS[name].check
    assert check is not None
    with pytest.raises(Invalid):
        check(**arguments)


@pytest.mark.parametrize(
    ("address", "private"),
    [
        *(
            (one, True)
            for one in ("10.1.2.3", "192.168.0.1", "172.31.0.1", "127.0.0.1", "169.254.1.1", "::1")
        ),
        *((one, True) for one in ("fd00::1", "fe80::1", "100.64.0.1", "0.0.0.0", "::", "::ffff:10.0.0.1")),
        *((one, False) for one in ("8.8.8.8", "172.32.0.1", "100.128.0.1", "2001:db8::1")),
    ],
)
def test_a_private_address_is_sent_and_noted(address: str, private: bool) -> None:
    note_texts: list[str] = []
    assert TRANSFORMS["ip_address"].function(address, note_texts=note_texts)
    assert note_texts == ["private IP address; it does not identify the customer"] * private


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[" * 100_000, "not JSON"),
        ("9" * 5000, "not JSON"),
        ("1" * 1_048_577, "a JSON text may have at most 1 MiB"),
    ],
    ids=["deep", "many digits", "long"],
)
def test_json_out_of_bounds_is_invalid(text: str, reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        TRANSFORMS["parse_json"].function(text)


_MARKED = ("clean", "email", "name", "city", "state", "gender", "country", "phone", "postcode", "birth_date")


@pytest.mark.parametrize("name", _MARKED)
def test_a_letter_with_more_marks_than_any_script_has_is_invalid(name: str) -> None:
    written = "\u0301\u0316" * 15
    with pytest.raises(Invalid, match="more than 30 combining marks"):
        TRANSFORMS[name].function(f"{'a' * 100}{written}\u0301")


def test_up_to_that_many_marks_stay_and_a_short_text_may_have_more() -> None:
    long, short = f"{'a' * 100}b{chr(0x316) * 30}", f"b{chr(0x316) * 40}"
    clean = TRANSFORMS["clean"].function
    assert (clean(long), clean(short)) == (long, short)


def test_all_marks_stand_where_they_are_looked_for() -> None:
    found = [at for at in range(sys.maxunicode + 1) if unicodedata.combining(chr(at))]
    assert unicode_forms._FIRST <= min(found) <= max(found) < unicode_forms._BEHIND


def test_a_fingerprint_is_the_same_for_equal_values_only() -> None:
    fingerprint = TRANSFORMS["fingerprint"].function
    assert fingerprint({"a": 1, "b": [1.0, "x"]}) == fingerprint({"b": [1, "x"], "a": 1.0})
    values: list[Json] = [1, "1", True, 1.5, [1], {"a": 1}, {"a": None}, [None], False, 0, "true"]
    assert len({fingerprint(value) for value in values}) == len(values)


def test_the_tables_are_whole() -> None:
    assert len(set(COUNTRY_CODES.values())) == 249
    assert set(COUNTRY_NAMES.values()) == set(COUNTRY_CODES.values())
    assert len(CALLING_CODES) == 245
    assert set(CALLING_CODES) - set(COUNTRY_CODES) == {"AC", "TA", "XK"}
    assert (MINOR_UNITS["USD"], MINOR_UNITS["JPY"], MINOR_UNITS["KWD"]) == (2, 0, 3)


def test_the_page_of_all_transforms_is_up_to_date() -> None:
    assert (_HERE.parent / "docs/transforms.md").read_text("utf-8") == write_page()
