"""Phone numbers: ours against those of the phonenumbers package, on its own example of each kind and region.

What differs stands in cases/phone_disagreements.ndjson, each with its reason. The package is asked in tests
only: another version of it on another machine must never make another digest.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from mapper.transforms import TRANSFORMS
from mapper.transforms.calling_codes import CALLING_CODES
from mapper.values.types import Invalid

_ROOT = Path(__file__).parents[2]
_KINDS = {name: getattr(PhoneNumberType, name) for name in dir(PhoneNumberType) if name.isupper()}
_LINES = (_ROOT / "tests/cases/phone_disagreements.ndjson").read_text(encoding="utf-8").splitlines()
_STATED = [json.loads(line) for line in _LINES]
_DIFFERS = {(one["region"], one["written"], kind) for one in _STATED for kind in one["kinds"]}
# What a person may have.
_PERSONAL = {"FIXED_LINE", "MOBILE", "FIXED_LINE_OR_MOBILE", "VOIP", "PERSONAL_NUMBER"}
# Here a number with country code and without plus has as many digits as some national one.
_LIKE_NATIONAL = {"AC", "AD", "LU", "NU", "TA", "TK", "WS"}


def _phone(written: str, **arguments: Any) -> str | None:
    """The digits of a number; None where it is invalid."""
    try:
        made: str | None = TRANSFORMS["phone"].function(written, **arguments)
    except Invalid:
        return None
    return made


def _examples() -> list[tuple[str, str, phonenumbers.PhoneNumber]]:
    found = [
        (region, kind, phonenumbers.example_number_for_type(region, _KINDS[kind]))
        for region in sorted(phonenumbers.SUPPORTED_REGIONS)
        for kind in sorted(_KINDS)
    ]
    return [(region, kind, number) for region, kind, number in found if number is not None]


def _written(number: phonenumbers.PhoneNumber, form: str) -> str:
    return phonenumbers.format_number(number, getattr(PhoneNumberFormat, form))


def _whole(number: phonenumbers.PhoneNumber) -> str:
    return _written(number, "E164").removeprefix("+")


def _rows() -> list[tuple[str, str, str, str | None, str]]:
    """Region, kind, how it is written, our digits, theirs: of every example in both formats."""
    return [
        (region, kind, form.lower(), _phone(_written(number, form), country=region), _whole(number))
        for region, kind, number in _examples()
        for form in ("INTERNATIONAL", "NATIONAL")
    ]


def test_what_differs_is_just_what_is_stated_and_always_refused() -> None:
    differing = {(region, form, kind): ours for region, kind, form, ours, theirs in _rows() if ours != theirs}
    assert set(differing) == _DIFFERS
    assert set(differing.values()) == {None}
    assert all(one["reason"] for one in _STATED)


def test_every_number_that_a_person_may_have_is_the_same() -> None:
    personal = [(ours, theirs) for _, kind, _, ours, theirs in _rows() if kind in _PERSONAL]
    assert len(personal) > 2 * len(CALLING_CODES)
    assert [one for one in personal if one[0] != one[1]] == []


def test_the_page_states_the_agreement() -> None:
    rows = _rows()
    page = (_ROOT / "docs/normal-forms.md").read_text(encoding="utf-8")
    assert f"{len(rows) - len(_DIFFERS):,} of {len(rows):,}" in page


@pytest.mark.parametrize("region", sorted(CALLING_CODES))
def test_a_number_is_the_same_however_it_is_written_and_has_no_note(region: str) -> None:
    for kind in ("MOBILE", "FIXED_LINE"):
        number = phonenumbers.example_number_for_type(region, _KINDS[kind])
        if number is None:
            continue
        whole = _whole(number)
        if len(whole) < 7:
            assert _phone(f"+{whole}") is None
            continue
        national = _written(number, "NATIONAL")
        for written in (_written(number, "RFC3966"), f"+{whole}", f"00{whole}", f"+{whole} ext. 12"):
            assert _phone(written) == whole
        for written in (national, "".join(filter(str.isdigit, national)), f"{national} x12"):
            assert _phone(written, country=region) == whole
        if region not in _LIKE_NATIONAL:
            assert _phone(whole, country=region) == whole
        note_texts: list[str] = []
        TRANSFORMS["phone"].function(f"+{whole}", note_texts=note_texts)
        assert note_texts == []
