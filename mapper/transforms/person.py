"""Persons: a person's values in the form that a destination asks for before they are hashed.

Each works by itself: it cleans its value as `clean` does, and keeps an existing digest.
"""

from __future__ import annotations

import re
from datetime import date

from mapper.transforms.date_format import check_format, read_parts
from mapper.transforms.digest import clean, is_digest, is_hex, refuse_other_digest
from mapper.transforms.meaning import ANY_SIZE, ONLY_A_PERSON
from mapper.transforms.registry import FORMAT, Parameter, transform
from mapper.transforms.text import EDGE, UNSEEN, ascii_digits, deleting, with_article
from mapper.transforms.unicode_forms import normal
from mapper.values.safe_text import SafeText
from mapper.values.types import Invalid, Json, kind_name, of

_TEXT = of("string")

# White space, what is not seen, and the signs that RFC 5322 allows in quotes only.
_NOT_IN_EMAIL = frozenset(EDGE + '<>(),:;[]\\"')
# Signs that a local part may have and a domain may not.
_NOT_IN_DOMAIN = frozenset("!#$%&'*+/=?^`{|}~")
# RFC 5321: 64 octets, the sign, 255 octets.
_LONGEST_EMAIL = 320

# What keyboards put in place of an apostrophe or a hyphen by themselves; and what is not seen, less the
# joiners, which Persian and the scripts of India write names with.
_NAME_SIGNS = (
    dict.fromkeys(map(ord, "\u2018\u2019\u02bc\uff07"), "'")
    | dict.fromkeys(map(ord, "\u2010\u2011"), "-")
    | dict.fromkeys(set(map(ord, UNSEEN)) - {0x200C, 0x200D})
)

_DATE = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})(?:[Tt ].*)?", re.DOTALL)
# Nobody older is alive; it also tells eight digits that begin with a day from those that begin with a year.
EARLIEST_YEAR = 1850
# Software writes 9999 for no date.
LATEST_YEAR = 2099

_GENDERS = {
    **dict.fromkeys(("f", "female", "woman", "women", "girl", "lady"), "f"),
    **dict.fromkeys(("m", "male", "man", "men", "boy", "gentleman"), "m"),
    **dict.fromkeys(("n", "nonbinary", "nb", "enby", "neutral", "genderneutral"), "n"),
}
_GENDER_SIGNS = deleting(" -_.\u2010\u2011\u2013")


def personal(value: Json, what: str) -> str | None:
    """The cleaned text of a value that can only be text."""
    if type(value) is not str:
        raise Invalid(SafeText("{} cannot be {}", SafeText.known(what), with_article(kind_name(value))))
    return clean(value)


def composed_lower(value: str) -> str:
    """Small letters, composed again: a capital with an accent may have had no composed form of its own."""
    value = value.lower()
    return value if value.isascii() else normal("NFC", value)


@transform(
    _TEXT,
    of("string", "null", format="email"),
    keeps=ONLY_A_PERSON,
    grows=ANY_SIZE,
    examples=[
        ("  Ada@Example.COM ", "ada@example.com"),
        ("jane.doe+news@gmail.com", "jane.doe+news@gmail.com"),
        ("Jane <jane@example.com>", Invalid("not an email address")),
        (12345, Invalid("an email cannot be an integer")),
    ],
    keeps_digests=True,
)
def email(value: Json) -> str | None:
    """An email address in lower case; dots and tags are kept.

    It needs one `@` with text on both sides, and no white space or display name. A trailing full stop is
    dropped.
    """
    address = personal(value, "an email")
    if address is None or is_digest(address):
        return address
    local, _, domain = address.partition("@")
    domain = domain.removesuffix(".")
    if not local or not _is_domain(domain) or len(address) > _LONGEST_EMAIL:
        raise Invalid("not an email address")
    if not _NOT_IN_EMAIL.isdisjoint(address):
        raise Invalid("not an email address")
    return composed_lower(f"{local}@{domain}")


def _is_domain(domain: str) -> bool:
    """Whether a text may be a domain, in any script, with or without a dot."""
    return "@" not in domain and "" not in domain.split(".") and _NOT_IN_DOMAIN.isdisjoint(domain)


@transform(
    _TEXT,
    of("string", "null", format="name"),
    keeps=ONLY_A_PERSON,
    grows=ANY_SIZE,
    examples=[("  MARY ANN ", "mary ann"), ("O'Connor-Smith", "o'connor-smith"), ("Null", None)],
    keeps_digests=True,
)
def name(value: Json) -> str | None:
    """A first or last name in lower case; inner spaces, accents and punctuation are kept.

    White space inside counts as one space, a typographic apostrophe or hyphen as the plain one. A value
    without letters gives null.
    """
    written = personal(value, "a name")
    if written is None or is_digest(written):
        return written
    if not written.isascii():
        written = clean(written.translate(_NAME_SIGNS)) or ""
    if not any(map(str.isalpha, written)):
        return None
    return " ".join(composed_lower(written).split())


@transform(
    _TEXT,
    of("string", "null", format="gender"),
    keeps=ONLY_A_PERSON,
    grows=ANY_SIZE,
    closed=True,
    examples=[("Female", "f"), ("M", "m"), ("Non-binary", "n"), ("other", Invalid("not one of f, m, n"))],
    keeps_digests=True,
)
def gender(value: Json) -> str | None:
    """f, m or n (non-binary), from the usual English words."""
    written = personal(value, "a gender")
    if written is None or is_digest(written):
        return written
    letter = _GENDERS.get(normal("NFKC", written).lower().translate(_GENDER_SIGNS))
    if letter is None:
        raise Invalid("not one of f, m, n")
    return letter


def _check_birth_date(format: str | None = None) -> None:
    if format is not None:
        check_format(format)
        if "%y" in format.replace("%%", ""):
            raise Invalid("`%y` gives no century; a birth date needs `%Y`")


@transform(
    of("string", "integer"),
    of("string", "null", format="birth_date"),
    keeps=ONLY_A_PERSON,
    grows=ANY_SIZE,
    parameters=[Parameter("format", _TEXT, required=False, role="steers", also=FORMAT)],
    examples=[
        ("1990-02-28", "19900228"),
        (19900228, "19900228"),
        ("1990-02-28T00:00:00Z", "19900228"),
        ("28.02.1990", {"format": "%d.%m.%Y"}, "19900228"),
        ("28021990", {"format": "%d%m%Y"}, "19900228"),
        ("02/28/1990", Invalid("ambiguous date order; set `format`, e.g. `%d/%m/%Y`")),
        ("1997-02-30", Invalid("no such date")),
    ],
    check=_check_birth_date,
    keeps_digests=True,
)
def birth_date(value: Json, format: str | None = None) -> str | None:
    """A birth date as YYYYMMDD, from a date that begins with the year, or from eight digits.

    Other orders need `format` (`%d/%m/%Y`), because 02/03 and 03/02 cannot be told apart.
    """
    written = clean(value)
    if written is None or is_digest(written):
        return written
    written = ascii_digits(written)
    compact = len(written) == 8 and written.isdigit()
    if format is not None:
        try:
            parts = read_parts(written, format)
            return _eight_digits(parts.year, parts.month, parts.day)
        except Invalid:
            # The form's own eight digits are no date in any format that begins with a day or a month.
            if not compact:
                raise
    if compact:
        return _eight_digits(int(written[:4]), int(written[4:6]), int(written[6:]))
    match = _DATE.fullmatch(written)
    if match is None:
        raise Invalid("ambiguous date order; set `format`, e.g. `%d/%m/%Y`")
    return _eight_digits(int(match[1]), int(match[3]), int(match[4]))


def _eight_digits(year: int, month: int, day: int) -> str:
    try:
        date(year, month, day)
    except ValueError:
        raise Invalid("no such date") from None
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        raise Invalid(SafeText("the birth date is before {} or after {}", EARLIEST_YEAR, LATEST_YEAR))
    return f"{year}{month:02}{day:02}"


@transform(
    _TEXT,
    of("string", "null", format="advertising_id"),
    keeps=ONLY_A_PERSON,
    grows=ANY_SIZE,
    examples=[
        ("EA7583CD-A667-48BC-B806-42ECB2B48606", "ea7583cd-a667-48bc-b806-42ecb2b48606"),
        ("EA7583CDA66748BCB80642ECB2B48606", "ea7583cd-a667-48bc-b806-42ecb2b48606"),
        ("{EA7583CD-A667-48BC-B806-42ECB2B48606}", "ea7583cd-a667-48bc-b806-42ecb2b48606"),
        ("00000000-0000-0000-0000-000000000000", None),
    ],
    keeps_digests=True,
)
def advertising_id(value: Json) -> str | None:
    """A mobile advertising id (IDFA, GAID) in lower case; one of zeros only gives null.

    Braces around it are cut. 32 hex characters without dashes are put in order if they are a random UUID,
    else they are an MD5 digest: invalid, as they all are between braces.
    """
    written = personal(value, "an advertising id")
    if written is None or is_digest(written):
        return written
    if written[0] == "{" and written[-1] == "}":
        written = written[1:-1]
        refuse_other_digest(written)
        if not written:
            return None
    if not written.strip("0-"):
        return None
    if "-" not in written[1:] and not any(map(str.isalpha, written)):
        raise Invalid("an advertising id cannot be a number")
    written = composed_lower(written)
    if len(written) == 32 and is_hex(written) and written[12] == "4" and written[16] in "89ab":
        return "-".join((written[:8], written[8:12], written[12:16], written[16:20], written[20:]))
    refuse_other_digest(written)
    return written
