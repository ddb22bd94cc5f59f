"""Cleaning and hashing: how a personal value becomes a digest, and what is never hashed."""

from __future__ import annotations

import binascii
import json
from hashlib import sha256 as _sha256

from mapper.transforms.meaning import ALL_OF_A_TEXT, ANY_SIZE, NOTHING, SAME_SIZE, SHORT
from mapper.transforms.registry import Also, Parameter, transform
from mapper.transforms.text import ASCII_EDGE, TEXTUAL, strip_edges, text
from mapper.transforms.unicode_forms import normal
from mapper.transforms.weight import check_weight
from mapper.values.safe_text import SafeText
from mapper.values.types import ANY, Invalid, Json, Type, of

# What broken software writes for nothing, in any case.
PLACEHOLDERS = frozenset({"null", "undefined", "none", "nan", "n/a", "(not set)", "[object object]"})
_LONGEST_PLACEHOLDER = max(map(len, PLACEHOLDERS))

# Digests of these do not identify anyone either; as plain text they may be honest in another field.
_HASHED_FOR_NOTHING = (
    *("", " ", "\n", "0", "unknown", "true", "false", "test@test.com", "[object Object]", "NaN"),
    "00000000-0000-0000-0000-000000000000",
    *PLACEHOLDERS,
)
WORDS_OF_NOTHING = frozenset(
    spelling
    for written in _HASHED_FOR_NOTHING
    for spelling in (written, written.lower(), written.upper(), written.capitalize())
)
DIGESTS_OF_NOTHING = frozenset(_sha256(word.encode()).hexdigest() for word in WORDS_OF_NOTHING)

# Lengths in hex characters of MD5, SHA-1, SHA-224, SHA-384 and SHA-512.
OTHER_DIGESTS = frozenset({32, 40, 56, 96, 128})
# Of these, ids have two as well: a UUID without hyphens, and what Git and others make of contents.
_ID_LENGTHS = frozenset({32, 40})
# By `other` of `digest`: the lengths of plain hex that it refuses.
REFUSED_LENGTHS = {"refuse": OTHER_DIGESTS, "keep_ids": OTHER_DIGESTS - _ID_LENGTHS, "keep": frozenset[int]()}
_SHA256_HEX = 64
_SHA256_BASE64 = 44
_SHA256_BYTES = 32
_HEX = "0123456789abcdefABCDEF"

_DEEPEST = 100
_write = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode


@transform(
    TEXTUAL,
    of("string", "null", format="clean"),
    keeps=ALL_OF_A_TEXT,
    grows=ANY_SIZE,
    examples=[
        ("\u00a0Ada\ufeff ", "Ada"),
        (14155552671, "14155552671"),
        ("Jo\u0308rg", "J\u00f6rg"),
        ("N/A", None),
        ("{{user.email}}", None),
        ("  ", None),
        (False, Invalid("expected text, got a boolean")),
    ],
    keeps_digests=True,
)
def clean(value: Json) -> str | None:
    """Text in Unicode's composed form (NFC) less white space and unseen characters at its ends.

    Placeholders that broken software writes give null: null, undefined, none, nan, n/a, (not set),
    [object Object] in any case, and templates that nobody filled in, `{{...}}`.
    """
    written = value if type(value) is str else text(value)
    if not written.isascii():
        written = normal("NFC", _unicode(written))
    elif written and written[0] not in ODD_STARTS and written[-1] not in ASCII_EDGE and "{{" not in written:
        return written
    written = strip_edges(written)
    if not written or is_placeholder(written):
        return None
    return written


def _unicode(value: str) -> str:
    """The text itself; raises Invalid where it holds half of a surrogate pair."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Invalid("invalid Unicode: an unpaired surrogate") from None
    return value


def is_placeholder(value: str) -> bool:
    """Whether a text, trimmed, is what broken software writes for nothing."""
    if len(value) <= _LONGEST_PLACEHOLDER and value.lower() in PLACEHOLDERS:
        return True
    return "{{" in value and "}}" in value


PLACEHOLDER = "a placeholder, such as `undefined` or an unfilled template, in place of a value: left out"
# What a placeholder, and text with edges to cut, begins with; a template may be in any place.
ODD_STARTS = frozenset(start for word in PLACEHOLDERS for start in (word[0], word[0].upper())) | frozenset(
    ASCII_EDGE
)


@transform(
    TEXTUAL,
    of("string", "null"),
    keeps=ALL_OF_A_TEXT,
    grows=SAME_SIZE,
    examples=[
        ("o-1001", "o-1001"),
        (1001, "1001"),
        ("undefined", None),
        (" [object Object]", None),
        ("order-{{order_id}}", None),
    ],
    noting=True,
)
def without_placeholder(value: Json, *, note_texts: list[str] | None = None) -> str | None:
    """Text unchanged, or the digits of a number; a placeholder gives null, with a note.

    Placeholders are those of `clean`: null, undefined, none, nan, n/a, (not set), [object Object] in any
    case, and text with a template that nobody filled in, `{{...}}`. As an id each of them would be the same
    for many events.
    """
    if type(value) is str and value.isascii() and value and value[0] not in ODD_STARTS and "{{" not in value:
        return value
    written = text(value)
    if not is_placeholder(strip_edges(written)):
        return written
    if note_texts is not None:
        note_texts.append(PLACEHOLDER)
    return None


def is_digest(value: str) -> bool:
    """Whether a text is a SHA-256 digest as it is sent: 64 hex characters, letters small."""
    return len(value) == _SHA256_HEX and not value.strip("0123456789abcdef")


def is_hex(value: str) -> bool:
    """Whether a text, not empty, has only hex characters."""
    return not value.strip(_HEX)


def _read_digest(value: str) -> str | None:
    """The digest in lower-case hex, if a text is a SHA-256 digest in hex or base64."""
    if len(value) == _SHA256_HEX and is_hex(value):
        return value.lower()
    if len(value) == _SHA256_BASE64 and value[-1] == "=" and value.isascii():
        try:
            octets = binascii.a2b_base64(value.replace("-", "+").replace("_", "/"), strict_mode=True)
        except binascii.Error:
            return None
        return octets.hex() if len(octets) == _SHA256_BYTES else None
    return None


_SENT = "8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d"
OF_NOTHING = "the digest of an empty value or a placeholder; it does not identify anyone"
_OTHER = Type(frozenset({"string"}), constants=tuple(REFUSED_LENGTHS))


def _check_digest(other: str = "refuse") -> None:
    if other not in REFUSED_LENGTHS:
        raise Invalid("`other` must be `refuse`, `keep_ids` or `keep`")


@transform(
    TEXTUAL,
    of("string", "null", format="digest"),
    keeps=("unit", "person"),
    grows=ANY_SIZE,
    parameters=[Parameter("other", _OTHER, required=False, role="put", default="refuse")],
    examples=[
        (_SENT.upper(), _SENT),
        ("jIe0ic41zy4vOfgOKCyy6ASTKlaiE5g+7rQoQH1DtS0=", _SENT),
        ("jane@example.com", "jane@example.com"),
        ("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", Invalid(OF_NOTHING)),
        (
            "9e26471d35a78862c17e467d87cddedf",
            Invalid("not a SHA-256 digest (32 hex characters); other digests cannot match"),
        ),
        ("9e26471d35a78862c17e467d87cddedf", {"other": "keep_ids"}, "9e26471d35a78862c17e467d87cddedf"),
    ],
    check=_check_digest,
    keeps_digests=True,
)
def digest(value: Json, other: str = "refuse") -> str | None:
    """Recognize a value that is already hashed.

    A SHA-256 digest (hex in any case, or base64) becomes lower-case hex, other text is unchanged. The
    digest of a placeholder (blank text, `null`, `undefined`, ...) is invalid. So is plain hex with the
    length of another digest (MD5, SHA-1, SHA-224, SHA-384, SHA-512), because its hash could not match.
    `other: keep_ids` leaves 32 and 40 characters, which ids have too, unchanged, and `other: keep` all of
    these lengths.
    """
    written = clean(value)
    if written is None:
        return None
    length = len(written)
    if length < _SHA256_BYTES:
        return written
    made = _read_digest(written)
    if made is not None:
        if made in DIGESTS_OF_NOTHING:
            raise Invalid(OF_NOTHING)
        return made
    refuse_other_digest(written, other)
    return written


def refuse_other_digest(value: str, other: str = "refuse") -> None:
    """Raise Invalid for bare hex of the length of another digest, as `other` of `digest` says."""
    _check_digest(other)
    if len(value) in REFUSED_LENGTHS[other] and is_hex(value):
        raise Invalid(
            SafeText("not a SHA-256 digest ({} hex characters); other digests cannot match", len(value))
        )


@transform(
    TEXTUAL,
    of("string", "null", format="sha256"),
    keeps=NOTHING,
    grows=ANY_SIZE,
    examples=[
        ("jane@example.com", _SENT),
        (_SENT, _SENT),
        (" ", None),
        ("null", None),
    ],
    pattern="^[a-f0-9]{64}$",
    keeps_digests=True,
    also=Also(calls="sha2 sha256hex", aliases=("hash",)),
)
def sha256(value: Json) -> str | None:
    """The SHA-256 digest of the text's UTF-8 bytes, 64 hex characters.

    An existing digest is kept, in lower case. Blank text and placeholders give null, never the
    hash of nothing. The text is hashed unchanged; the steps before that are the field's normal form.
    """
    written = value if type(value) is str else text(value)
    bare = strip_edges(written)
    if not bare or is_placeholder(bare):
        return None
    made = _read_digest(bare) if len(bare) >= _SHA256_BASE64 else None
    if made is None:
        try:
            made = _sha256(written.encode()).hexdigest()
        except UnicodeEncodeError:
            raise Invalid("invalid Unicode: an unpaired surrogate") from None
    return None if made in DIGESTS_OF_NOTHING else made


# So few parts that the number of one says nothing of whom it is of.
_MOST_BUCKETS = 10_000


def _check_bucket(n: int) -> None:
    if not 1 <= n <= _MOST_BUCKETS:
        raise Invalid(SafeText("`n` is a whole number from 1 to {:,}", _MOST_BUCKETS))


@transform(
    TEXTUAL,
    of("integer", "null"),
    keeps=NOTHING,
    grows=SHORT,
    parameters=[
        Parameter("n", of("integer"), required=True, role="steers", also="buckets modulo mod count size of")
    ],
    examples=[
        ("user-1", {"n": 100}, 94),
        ("user-2", {"n": 100}, 87),
        (" ", {"n": 100}, None),
    ],
    check=_check_bucket,
    also=Also("modulo hashmod sample bucketof"),
)
def bucket(value: Json, n: int) -> int | None:
    """A number from 0 to `n` - 1 that is always the same for the same text: for stable samples and groups.

    ``bucket(user_id, `100`) < `10` `` is true for about every tenth user. White space around the text is not
    a part of it. The number is made of the SHA-256 digest of the text.
    """
    _check_bucket(n)
    written = strip_edges(text(value))
    if not written:
        return None
    return int.from_bytes(_sha256(written.encode()).digest()[:8]) % n


@transform(
    ANY.without("null"),
    of("string", "null", format="fingerprint"),
    keeps=NOTHING,
    grows=ANY_SIZE,
    examples=[
        ({"a": 1, "b": "x"}, "ecf9e98ec0641e23113ff3ce8bdc78d0ddd249886517fd4a7f68cc83d4e65667"),
        ([], None),
    ],
    whole=True,
)
def fingerprint(value: Json) -> str | None:
    """A stable digest of any value: an `event_id` for sources that have none.

    SHA-256, 64 hex characters, of the value's JSON: keys sorted by their characters' numbers, no white
    space, all but ASCII as `\\uXXXX`, numbers without fraction as digits, others by the shortest text
    that reads back the same. Equal values give equal digests, whatever the order of their keys.
    """
    if value in ("", [], {}):
        return None
    return _sha256(canonical(value).encode()).hexdigest()


def canonical(value: Json) -> str:
    """One text for all JSON values that are equal: `1` and `1.0` are, `1` and `true` are not."""
    check_weight(value)
    return _write(_settled(value, 0))


def _settled(value: Json, depth: int) -> Json:
    """The value with every float that is whole as an integer."""
    if depth > _DEEPEST:
        raise Invalid(SafeText("nested more than {} levels deep", _DEEPEST))
    if type(value) is float:
        if value - value != 0:  # infinity and NaN
            raise Invalid("not a finite number")
        return int(value) if value.is_integer() else value
    if type(value) is list:
        return [_settled(element, depth + 1) for element in value]
    if type(value) is dict:
        return {key: _settled(held, depth + 1) for key, held in value.items()}
    return value
