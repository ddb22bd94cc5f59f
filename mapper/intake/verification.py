"""Entry x request x time -> None where it is the sender's own, or why it is refused. No I/O, no clock."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from mapper.intake.entry import Entry, SignatureCheck, SignedPart, TokenCheck
from mapper.intake.request import HttpRequest, RefusalKind, RequestRefusal
from mapper.intake.slices import first_element
from mapper.values.frozen import dataclass
from mapper.values.safe_text import SafeText, span
from mapper.values.types import Invalid

BAD_TOKEN = RequestRefusal(401, "bad_token", SafeText("the token does not match"))
"""The one refusal that a client may be guessing at: an HMAC, or a signed token, cannot be guessed."""
_UNREADABLE = RequestRefusal(401, "bad_signature", SafeText("a signature that cannot be read"))
_NAMED_KINDS = ("header", "pair")
# More digests than any sender gives at a time: each is compared with each secret's.
_MOST_DIGESTS = 16
_SIZES = {"sha1": 20, "sha256": 32, "sha384": 48, "sha512": 64}
"""The bytes of a digest."""
_UNIX = re.compile(r"[0-9]{9,13}")
# A Unix time with more digits than those of seconds is in milliseconds.
_DIGITS_OF_SECONDS = 11


@dataclass(frozen=True, slots=True)
class ReadSignature:
    """The signature of a request, as its headers have it. written: all of the header, "" where there is none.

    pairs: its values by name, where it has names for them. digests: those that can be read.
    """

    written: str
    pairs: list[tuple[str, str]]
    digests: list[bytes]


def verify(
    entry: Entry, request: HttpRequest, now: float, keys: Mapping[str, Any] | None = None
) -> RequestRefusal | None:
    """None where a request passes every check of its entry. now: Unix time in seconds.

    keys: as `verify_head` takes them.
    """
    return verify_head(entry, request, now, keys) or verify_body(entry, request, now)


def read_signature(check: SignatureCheck, request: HttpRequest) -> ReadSignature:
    """The signature of a request, as far as it can be read without its body."""
    written = request.headers.get(check.header, "").strip()
    pairs = _pairs(check, written)
    return ReadSignature(written, pairs, _digests(check, written, pairs) if written else [])


def verify_head(
    entry: Entry,
    request: HttpRequest,
    now: float,
    keys: Mapping[str, Any] | None = None,
    read: ReadSignature | None = None,
) -> RequestRefusal | None:
    """None where a request passes all checks that need no body: so much is known before one is read.

    keys: the public keys of the entry's provider of tokens, by their ids; `unknown_key` is said where the
    token is signed by none of them, and to read them anew may help. read: as `read_signature` gives it.
    """
    refused = _origin(entry, request)
    if refused is None and entry.sign is not None:
        refused = _readable(entry.sign, request, read or read_signature(entry.sign, request))
    if refused is None and entry.token is not None:
        refused = _token(entry.token, request)
    if refused is None and entry.jwt is not None:
        from mapper.intake.identity_token import check_identity_token

        refused = check_identity_token(entry.jwt, request, now, keys or {})
    return refused


def verify_body(
    entry: Entry, request: HttpRequest, now: float, read: ReadSignature | None = None
) -> RequestRefusal | None:
    """None where the signature of a request whose head passed is that of its body, and not too old."""
    if entry.sign is None:
        return None
    return _signature(entry.sign, request, now, read or read_signature(entry.sign, request))


def _refused(kind: RefusalKind, reason: SafeText, status: int = 401) -> RequestRefusal:
    return RequestRefusal(status, kind, reason)


def _origin(entry: Entry, request: HttpRequest) -> RequestRefusal | None:
    """Pages post only where they are let; where nothing else is asked for, only they do."""
    origin = request.headers.get("origin")
    if origin is None:
        is_open = entry.sign is None and entry.token is None and entry.jwt is None
        return _refused("bad_origin", SafeText("no origin"), 403) if is_open else None
    if entry.browser is not None and origin in entry.browser.origins:
        return None
    return _refused("bad_origin", SafeText("an origin that the entry does not list"), 403)


def _readable(check: SignatureCheck, request: HttpRequest, read: ReadSignature) -> RequestRefusal | None:
    """Whether there is a signature, of the right form, with all that it is over but the body."""
    if not read.written:
        return _refused("no_signature", SafeText("no signature header"))
    for part in check.over:
        if part.kind in _NAMED_KINDS and _named(part, request, read.pairs) is None:
            return _UNREADABLE
    return None if read.digests else _UNREADABLE


def _signature(
    check: SignatureCheck, request: HttpRequest, now: float, read: ReadSignature
) -> RequestRefusal | None:
    """Whether a signature that can be read is the sender's."""
    message = _message(check, request, read.pairs)
    if message is None:
        return _UNREADABLE
    if not _any_matches(check, message, read.digests):
        return _refused("bad_signature", SafeText("the signature does not match"))
    if check.moment is None:
        return None
    moment = _seconds(_named(check.moment, request, read.pairs) or "")
    if moment is None or abs(now - moment) > check.max_age:
        return _refused("too_old", SafeText("signed more than {} ago or ahead", span(check.max_age)))
    return None


def _any_matches(check: SignatureCheck, message: bytes, digests: list[bytes]) -> bool:
    """Whether one of the digests is that of one of the secrets. All are compared: time tells nothing."""
    matches = False
    for key in check.keys:
        expected = hmac.digest(key, message, check.algorithm)
        for digest in digests:
            matches |= hmac.compare_digest(expected, digest)
    return matches


def _digests(check: SignatureCheck, written: str, pairs: list[tuple[str, str]]) -> list[bytes]:
    """The digests of a signature header, as bytes; none that lacks the prefix, or is of another form."""
    if check.pairs is None:
        found = [written]
    else:
        found = [value for name, value in pairs if name == check.pairs.digest]
    bare = [one.removeprefix(check.prefix) for one in found[:_MOST_DIGESTS] if one.startswith(check.prefix)]
    return [digest for one in bare if (digest := _decoded(check, one))]


def _pairs(check: SignatureCheck, written: str) -> list[tuple[str, str]]:
    """The values of a signature header that has names for them."""
    if check.pairs is None:
        return []
    parts = (part.strip().partition(check.pairs.equals) for part in written.split(check.pairs.separator))
    return [(name.strip(), value.strip()) for name, equals, value in parts if equals]


def _decoded(check: SignatureCheck, digest: str) -> bytes:
    """The bytes of a digest; none where it is not one of the algorithm in the form that is expected."""
    size = _SIZES[check.algorithm]
    try:
        if check.form == "base64":
            found = base64.b64decode(digest, validate=True)
        else:  # two digits a byte: with blanks between them there are fewer bytes
            found = bytes.fromhex(digest) if len(digest) == 2 * size else b""
    except (binascii.Error, ValueError):
        return b""
    return found if len(found) == size else b""


def _message(check: SignatureCheck, request: HttpRequest, pairs: list[tuple[str, str]]) -> bytes | None:
    """The bytes that are signed; None where the request lacks a part of them."""
    if len(check.over) == 1 and check.over[0].kind == "body":
        return request.raw
    parts: list[bytes] = []
    for part in check.over:
        if part.kind == "body":
            parts.append(request.raw)
        elif part.kind == "first":
            try:
                parts.append(first_element(request.body))
            except Invalid:
                return None
        else:
            value = _named(part, request, pairs)
            if value is None:
                return None
            parts.append(value.encode("latin-1", "replace"))
    return b"".join(parts)


def _named(part: SignedPart, request: HttpRequest, pairs: list[tuple[str, str]]) -> str | None:
    """The text of a part that is not of the body."""
    if part.kind == "header":
        return request.headers.get(part.name)
    if part.kind == "pair":
        return next((value for name, value in pairs if name == part.name), None)
    return part.name.encode("utf-8").decode("latin-1")


def _seconds(text: str) -> float | None:
    """The Unix time of a text: seconds, milliseconds, or an ISO 8601 time with its offset."""
    if _UNIX.fullmatch(text):
        return int(text) / (1 if len(text) <= _DIGITS_OF_SECONDS else 1000)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.timestamp() if moment.tzinfo is not None else None


def _token(check: TokenCheck, request: HttpRequest) -> RequestRefusal | None:
    """Whether the request holds the token. Each that it holds is compared with each value."""
    given = list(_given(check, request))
    if not given:
        return _refused("no_token", SafeText("no token"))
    matches = False
    for one in given[:_MOST_DIGESTS]:
        for secret in check.values:
            # Digests have one length, which says nothing of the token's.
            ours, theirs = (hashlib.sha256(text).digest() for text in (secret.value, one))
            matches |= bool(secret.value) and hmac.compare_digest(ours, theirs)
    return None if matches else BAD_TOKEN


def _given(check: TokenCheck, request: HttpRequest) -> Iterator[bytes]:
    if check.where == "query":
        for name, value in parse_qsl(request.query, keep_blank_values=True):
            if name == check.name:
                yield value.encode("utf-8", "replace")
        return
    written = request.headers.get(check.name)
    if written is None:
        return
    scheme, _, rest = written.strip().partition(" ") if check.scheme else ("", "", written.strip())
    if scheme.lower() == check.scheme.lower():
        yield rest.strip().encode("latin-1", "replace")
