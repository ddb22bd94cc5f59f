"""A payload -> whether it needs a closer look. Nearly all payloads are seen at once to be clean.

Whatever is out of the ordinary is left to `payload_places.py`, so what this lets pass has to be what that
would. Texts are read together, joined: one that is clean alone is clean between others.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypeAlias

from mapper.guard.guarded_fields import GuardNode
from mapper.guard.payload_places import is_address
from mapper.guard.personal_pages import Context
from mapper.guard.personal_parameters import Words
from mapper.guard.signs import CARD_NUMBER, HEX_MAIL, is_coded_mail
from mapper.guard.spelling import ENTITY, LIKE, UNSEEN

_MOST_SHAPES = 200
_MOST_NAMES = 1_000
_ODD = re.compile(f"[{UNSEEN}{''.join(LIKE)}]")
_NAMES = re.compile(r"[?&;#]([^=?&;#\s]{1,64})=").findall
_PLAIN = frozenset({int, float, bool, type(None)})
_HEX = b"0123456789abcdef"


def _marks() -> bytes:
    """Octets -> bits. 64 makes a text worth reading; 128 is a digit, or parts digits.

    `@` in base64 is an octet of bit 1 and one of bit 2 after it, or 4 and 8, or 16 and 32; as `&` with `#`.
    """
    pairs = ((b"Q", b"ABCDEFGHIJKLMNOP"), (b"EUk0", b"ABCD"), (b"BFJNRVZdhlptx159&", b"A#"))
    table = bytearray(256)
    for number, pair in enumerate(pairs):
        for at, octets in enumerate(pair):
            for octet in octets:
                table[octet] |= 1 << (2 * number + at)
    for octet in b"0123456789 +-":
        table[octet] |= 128
    for octet in (*b'@%\\"{', *range(9), 11, 12, *range(14, 32), 127):
        table[octet] = 64
    return bytes(table)


_MARKS = _marks()
# Beyond ASCII, what is not seen and the signs of other scripts begin with one of these octets.
_RARE = bytes(sorted({one.encode()[0] for one in _ODD.pattern[1:-1] if not one.isascii()}))
_OF_DIGESTS = bytes(97 if octet in _HEX else octet if octet == 10 else 33 for octet in range(256))
_DIGEST = b"a" * 64
# As many octets as texts are read at once; longer ones get the closer look.
_MOST_OCTETS = 65_536
_WORTH, _PAIRS, _DIGITS = (int.from_bytes(bytes([bits]) * _MOST_OCTETS, "little") for bits in (64, 42, 128))


class _UnsureError(Exception):
    """A payload that a quick look cannot decide; a closer look must."""


# Texts, links, digests, and addresses of a payload.
_Pools: TypeAlias = tuple[list[Any], list[Any], list[Any], list[Any]]
_Gather: TypeAlias = Callable[[Any, _Pools], None]


class _Reads:
    """The readers of the objects of a node, by their keys."""

    __slots__ = ("_fields", "_shapes")

    def __init__(self, fields: dict[str, GuardNode]) -> None:
        self._fields = {key: _reads_of(node) for key, node in fields.items()}
        self._shapes: dict[tuple[str, ...], tuple[Any, ...]] = {}

    def gather(self, value: Any, pools: _Pools) -> None:
        """Put each value of an object where it belongs. Raises for what is not as it should be."""
        shape = self._shapes.get(tuple(value))
        texts, digests, numbers, others = self._learn(value) if shape is None else shape
        if texts is not None:
            pools[0].extend(texts(value))
        if digests:
            hashed = pools[2]
            for key in digests:
                held = value[key]
                if type(held) is not list:
                    raise _UnsureError
                hashed += held
        for key in numbers:
            if type(value[key]) not in _PLAIN:
                raise _UnsureError
        for key, gather in others:
            gather(value[key], pools)

    def _learn(self, value: Any) -> tuple[Any, ...]:
        """The shape of an object: what gets its texts, the keys of digests and of numbers, and the others."""
        if type(value) is not dict or not self._fields.keys() >= value.keys():
            raise _UnsureError
        of = {key: self._fields[key] for key in value}
        shape = (
            _getter([key for key, read in of.items() if read == "text"]),
            tuple(key for key, read in of.items() if read == "digest"),
            tuple(key for key, read in of.items() if read == "number"),
            tuple((key, read) for key, read in of.items() if callable(read)),
        )
        if len(self._shapes) >= _MOST_SHAPES:
            self._shapes.clear()
        self._shapes[tuple(value)] = shape
        return shape


def _getter(keys: list[str]) -> Any:
    """A function that gets the values of some keys as a tuple; None for none."""
    if len(keys) == 1:
        return lambda value: (value[keys[0]],)
    return itemgetter(*keys) if keys else None


def _reads_of(node: GuardNode) -> str | _Gather:
    """The word for a field that is read at once, `digest` for a list of them; else a reader of its value."""
    kind, _, *more = node
    if kind == "list" and more[0][0] == "digest":
        return "digest"
    if kind == "text":
        return _link if more[0] == "url" else "text"
    known: dict[str, str | _Gather] = {"number": "number", "allowed": "", "address": _address}
    return known[kind] if kind in known else _inner(node)


def _inner(node: GuardNode) -> _Gather:
    """The function that reads the values of an object or of a list."""
    kind, _, *more = node
    if kind == "object":
        return _Reads(more[0]).gather
    if kind == "list":
        kind, _, *inner = more[0]
        if kind == "text" and inner[0] != "url":
            return _texts
        if kind == "object":
            return _objects_by(_Reads(inner[0]).gather)
    return _refuse


def _refuse(value: Any, pools: _Pools) -> None:
    raise _UnsureError


def _link(value: Any, pools: _Pools) -> None:
    pools[1].append(value)


def _address(value: Any, pools: _Pools) -> None:
    pools[3].append(value)


def _texts(value: Any, pools: _Pools) -> None:
    if type(value) is not list:
        raise _UnsureError
    pools[0].extend(value)


def _objects_by(gather: _Gather) -> _Gather:
    def objects(value: Any, pools: _Pools) -> None:
        if type(value) is not list:
            raise _UnsureError
        for one in value:
            gather(one, pools)

    return objects


@lru_cache(maxsize=64)
def _digests(count: int) -> bytes:
    """The shape of so many digests."""
    return b"\n".join([_DIGEST] * count)


class Glance:
    """The quick look at payloads of a target as a whole."""

    __slots__ = ("_clean", "_gather", "_of_nothing", "_words")

    def __init__(self, root: GuardNode, words: Words, of_nothing: Collection[str]) -> None:
        self._gather = _inner(root)
        self._words, self._of_nothing = words, frozenset(of_nothing)
        self._clean: set[str] = set()

    def is_clean(self, payload: Any) -> bool:
        """Whether nothing of a payload needs a closer look. Never raises."""
        pools: _Pools = ([], [], [], [])
        texts, links, digests, addresses = pools
        try:
            self._gather(payload, pools)
            shape = "\n".join(digests).encode().translate(_OF_DIGESTS)
            if shape != _digests(len(digests)) or not self._of_nothing.isdisjoint(digests):
                return False
            for address in addresses:
                if not is_address(address):
                    return False
            return self._are_clean("\n".join(texts), links)
        except Exception:
            return False

    def _are_clean(self, texts: str, links: list[str]) -> bool:
        """Whether texts that are joined, and links, hold no sign.

        What base64 makes of the beginning of an object, and of `%40`, is looked for as it is written.
        """
        if "=" in texts or (":" in texts and "://" in texts) or ("&" in texts and ENTITY.search(texts)):
            return False
        is_plain = self._words.pages.is_plain
        for link in links:
            if not self._has_clean_names(link) or not (is_plain(link) or self._is_nobodys(link)):
                return False
            texts += f"\n{link}"
        octets = texts.encode()
        marks = int.from_bytes(octets.translate(_MARKS), "little")
        if marks & _WORTH or len(octets) > _MOST_OCTETS:
            return False
        # One letter is looked for in a tenth of the time, and most texts have none of these two.
        if "J" in texts and ("eyJ" in texts or "JTQw" in texts):
            return False
        if ("U" in texts and "U0M" in texts) or "lND" in texts:
            return False
        if "40" in texts and HEX_MAIL.search(texts):
            return False
        if marks & (marks << 9) & _PAIRS and (is_coded_mail(texts) or ENTITY.search(texts)):
            return False
        digits = marks & _DIGITS
        digits &= digits >> 8
        digits &= digits >> 16
        digits &= digits >> 32
        if digits and digits & (digits >> 56) and CARD_NUMBER.search(texts):
            return False
        return len(octets) == len(texts) or octets.translate(None, _RARE) == octets or not _ODD.search(texts)

    def _has_clean_names(self, link: str) -> bool:
        """Whether each `=` of a link is that of a parameter, none with the name of a personal value."""
        if ";" in link:
            return False
        names = _NAMES(link, link.find("?"))
        return len(names) == link.count("=") and (self._clean.issuperset(names) or self._learn(names))

    def _is_nobodys(self, link: str) -> bool:
        """Whether a link leads to no person."""
        pages = self._words.pages
        return not (pages.has_token(link, Context()) or pages.has_phone(link))

    def _learn(self, names: list[str]) -> bool:
        """Whether no name is that of a personal value; if so, they are known from now on."""
        if any(map(self._words.may_be_personal, names)):
            return False
        if len(self._clean) >= _MOST_NAMES:
            self._clean.clear()
        self._clean.update(names)
        return True
