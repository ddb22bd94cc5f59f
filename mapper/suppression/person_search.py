"""Persons of a list -> whether the bytes of payloads, or an event of a source, have one of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, Protocol
from urllib.parse import unquote_plus

from mapper.runtime.decode import decode
from mapper.suppression.building import PersonColumns
from mapper.suppression.listing import HEX_DIGITS, WIDTH, Listing, digest_of
from mapper.suppression.person_digests import PersonDigests
from mapper.values.types import Invalid, Json

_FEW = 16
"""Digests of so many are looked for one after another, which is faster than to read all of a payload's."""
_HEX = re.compile(rb"[0-9a-f]{%d,}" % HEX_DIGITS)
_PARTS = re.compile(r"[\s,;<>\"'()\[\]{}?&=|]+")
_LONGEST_TEXT = 2**16
"""A text that is longer is looked at whole alone."""


class SearchedFields(PersonColumns, Protocol):
    """The fields of a target by which persons are looked for.

    paths: of all of them. plain_paths: of those whose values payloads have as they are.
    """

    @property
    def paths(self) -> tuple[str, ...]: ...

    @property
    def plain_paths(self) -> tuple[str, ...]: ...


class PersonSearch:
    """Looks for the persons of a list; of them only digests are known."""

    def __init__(self, listing: Listing, fields: Sequence[SearchedFields]) -> None:
        few = listing.first(_FEW) if listing.count <= _FEW else []
        self._few = [digest.hex().encode() for digest in few]
        self._listing, self._fields = listing, tuple(fields)
        plain = [path for one in fields for path in one.plain_paths]
        self._plain = PersonDigests(plain) if plain else None

    def may_find(self, content: bytes) -> bool:
        """Whether one may be in the bytes of several payloads."""
        return self._plain is not None or self._has_digest(content)

    def in_payload(self, body: bytes) -> bool:
        """Whether one is in a payload: as a digest anywhere in it, or plain in its field."""
        if self._has_digest(body):
            return True
        return self._plain is not None and self._listing.holds_any(self._plain.of(decode(body)))

    def _has_digest(self, content: bytes) -> bool:
        small = content.lower()
        if self._few:
            return any(one in small for one in self._few)
        return self._listing.holds_any(_digests_in(small))

    def in_event(self, value: Json) -> bool:
        """Whether one is in an event of a source: a text of it, or a part of one, in the form of a field."""
        return any(self._listing.holds_any(self._digests_of(text)) for text in set(_texts(value)))

    def _digests_of(self, text: str) -> Iterator[bytes]:
        yield digest_of(text)
        if len(text) == HEX_DIGITS:
            yield digest_of(text.lower())
        for one in self._fields:
            for path in one.paths:
                with suppress(Invalid):
                    found = one.normal(path, text)
                    for each in found if isinstance(found, list) else [found]:
                        if isinstance(each, str):
                            yield digest_of(each)


def _digests_in(content: bytes) -> Iterator[bytes]:
    """The beginnings of all digests in hexadecimal digits."""
    for found in _HEX.finditer(content):
        yield bytes.fromhex(found.group()[: 2 * WIDTH].decode())


def _texts(value: Any) -> Iterator[str]:
    """All texts, names and whole numbers of an event, and the parts of these texts."""
    if isinstance(value, str):
        yield value
        if len(value) <= _LONGEST_TEXT:
            yield from filter(None, _PARTS.split(value))
            if "%" in value or "+" in value:
                yield from filter(None, _PARTS.split(unquote_plus(value)))
    elif isinstance(value, dict):
        for name, held in value.items():
            yield from _texts(name)
            yield from _texts(held)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield str(value)
