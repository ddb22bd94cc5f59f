"""Calling codes: of each country its calling code, trunk prefix and the lengths of its national numbers."""

from __future__ import annotations

from mapper.transforms.reference_files import rows_of
from mapper.values.frozen import dataclass


@dataclass(frozen=True, slots=True)
class CallingCode:
    """The form of a country's numbers. trunk: "" where nothing is dialled before a national number."""

    code: str
    trunk: str
    lengths: frozenset[int]


def _read_lengths(text: str) -> frozenset[int]:
    bounds = (part.partition("-") for part in text.split(","))
    return frozenset(
        length for first, _, last in bounds for length in range(int(first), int(last or first) + 1)
    )


def _read() -> tuple[dict[str, CallingCode], dict[str, CallingCode]]:
    by_country, by_code = {}, {}
    for row in rows_of("calling_codes"):
        country, code, trunk, lengths = row.split(" ")
        entry = CallingCode(code, trunk.strip("-"), _read_lengths(lengths))
        by_country[country.rstrip("*")] = entry
        if country.endswith("*"):
            by_code[code] = entry
    return by_country, by_code


# By ISO 3166-1 alpha-2 code.
CALLING_CODES: dict[str, CallingCode]
# The main country's, by calling code.
MAIN_CALLING_CODES: dict[str, CallingCode]
CALLING_CODES, MAIN_CALLING_CODES = _read()


def calling_code_of(digits: str) -> CallingCode | None:
    """The calling code that an international number begins with; no code begins with another."""
    for length in (1, 2, 3):
        if (entry := MAIN_CALLING_CODES.get(digits[:length])) is not None:
            return entry
    return None
