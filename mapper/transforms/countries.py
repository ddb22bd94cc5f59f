"""Countries: ISO 3166-1 alpha-2 and alpha-3 codes and the names in use -> alpha-2 code."""

from __future__ import annotations

from functools import cache

from mapper.transforms.reference_files import rows_of
from mapper.transforms.unicode_forms import normal

# Codes that are no country's own and yet mean one: UK is reserved for the United Kingdom, EL is the European
# Union's code of Greece.
_RESERVED = {"UK": "GB", "EL": "GR"}


# English names that mean a continent once they bear an accent: `América`.
_CONTINENTS = frozenset({"america"})


def name_key(name: str) -> str:
    """A name without case, accents, spaces and punctuation, so that spellings of it meet."""
    plain = normal("NFKD", name.lower()).replace("&", "and").removeprefix("the ")
    return "".join(character for character in plain if character.isalnum())


def country_code(written: str) -> str | None:
    """The alpha-2 code, in capitals, of a country's code or name in any spelling."""
    code = COUNTRY_CODES.get(code_key(written))
    if code is not None:
        return code
    key = name_key(written)
    if key in _CONTINENTS and not written.isascii():
        return None
    return COUNTRY_NAMES.get(key) or _other_names().get(key)


def code_key(written: str) -> str:
    """A code in capitals, without the dots of `U.S.`; "" of what has a letter that no code has."""
    letters = "".join(filter(str.isalnum, normal("NFKC", written)))
    return letters.upper() if letters.isascii() else ""


@cache
def _other_names() -> dict[str, str]:
    """Alpha-2 code by `name_key` of a name in another language."""
    rows = (row.split(" ", 1) for row in rows_of("country_names"))
    return {name_key(name): alpha_2 for alpha_2, stated in rows for name in stated.split("; ")}


def _read() -> tuple[dict[str, str], dict[str, str]]:
    codes = dict(_RESERVED)
    names: dict[str, str] = {}
    for row in rows_of("countries"):
        alpha_2, alpha_3, stated = row.split(" ", 2)
        codes[alpha_2] = codes[alpha_3] = alpha_2
        names |= {name_key(name): alpha_2 for name in stated.split("; ")}
    return codes, names


# Alpha-2 code by alpha-2 and alpha-3 code, in capitals.
COUNTRY_CODES: dict[str, str]
# Alpha-2 code by `name_key` of a name.
COUNTRY_NAMES: dict[str, str]
COUNTRY_CODES, COUNTRY_NAMES = _read()
