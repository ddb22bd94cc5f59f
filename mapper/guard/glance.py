"""A payload -> whether it needs a closer look. Nearly all payloads are seen at once to be clean.

Whatever is out of the ordinary is left to `payload_places.py`, so what this lets pass has to be what that
would. Texts are read together, joined: one that is clean alone is clean between others.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache
from typing import Any

from mapper.guard.gather import Pools, shapes_of
from mapper.guard.guarded_fields import GuardNode
from mapper.guard.payload_places import is_address
from mapper.guard.personal_pages import Context
from mapper.guard.personal_parameters import Words
from mapper.guard.signs import CARD_NUMBER, HEX_MAIL, is_coded_mail
from mapper.guard.spelling import ENTITY, LIKE, UNSEEN

_MOST_NAMES = 1_000
_ODD = re.compile(f"[{UNSEEN}{''.join(LIKE)}]")
_NAMES = re.compile(r"[?&;#]([^=?&;#\s]{1,64})=").findall
_HEX = b"0123456789abcdef"


def _marks() -> bytes:
    """Octets -> bits. 128 makes a text worth reading, or a closer look at it; 64 is a digit, or parts digits.

    `@` in base64 is an octet of bit 1 and one of bit 2 after it, or 4 and 8, or 16 and 32; as `&` with `#`.
    """
    pairs = ((b"Q", b"ABCDEFGHIJKLMNOP"), (b"EUk0", b"ABCD"), (b"BFJNRVZdhlptx159&", b"A#"))
    table = bytearray(256)
    for number, pair in enumerate(pairs):
        for at, octets in enumerate(pair):
            for octet in octets:
                table[octet] |= 1 << (2 * number + at)
    for octet in b"0123456789 +-":
        table[octet] |= 64
    for octet in (*_WORTH, *_RARE):
        table[octet] = 128
    return bytes(table)


_WORTH = bytes((*b'@%\\"{', *range(9), 11, 12, *range(14, 32), 127))
# Beyond ASCII, what is not seen and the signs of other scripts begin with one of these octets.
_RARE = bytes(sorted({one.encode()[0] for one in _ODD.pattern[1:-1] if not one.isascii()}))
_MARKS = _marks()
_OF_DIGESTS = bytes(97 if octet in _HEX else octet if octet == 10 else 33 for octet in range(256))
_DIGEST = b"a" * 64
# As many octets as texts are read at once; longer ones get the closer look.
_MOST_OCTETS = 65_536
_PAIRS, _DIGITS = (int.from_bytes(bytes([bits]) * _MOST_OCTETS, "little") for bits in (42, 64))


@lru_cache(maxsize=64)
def _digests(count: int) -> bytes:
    """The shape of so many digests."""
    return b"\n".join([_DIGEST] * count)


class Glance:
    """The quick look at payloads of a target as a whole."""

    __slots__ = ("_clean", "_of_nothing", "_shapes", "_words")

    def __init__(self, root: GuardNode, words: Words, of_nothing: Collection[str]) -> None:
        self._shapes = shapes_of(root)
        self._words, self._of_nothing = words, frozenset(of_nothing)
        self._clean: set[str] = set()

    def is_clean(self, payload: Any) -> bool:
        """Whether nothing of a payload needs a closer look. Never raises."""
        pools: Pools = ([], [], [], [])
        texts, links, digests, addresses = pools
        try:
            self._shapes.gather(payload, pools)
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
        for link in links:
            if not self._is_clean_link(link):
                return False
            texts += f"\n{link}"
        octets = texts.encode()
        bits = octets.translate(_MARKS)
        if len(octets) > _MOST_OCTETS:
            return False
        if not bits.isascii() and (octets.translate(None, _WORTH) != octets or _ODD.search(texts)):
            return False
        # A letter is looked for in a tenth of the time, and most texts lack one of these.
        if "J" in texts and ("eyJ" in texts or "JTQw" in texts):
            return False
        if ("U" in texts and "U0M" in texts) or ("D" in texts and "N" in texts and "lND" in texts):
            return False
        marks = int.from_bytes(bits, "little")
        if "40" in texts and HEX_MAIL.search(texts):
            return False
        if marks & (marks << 9) & _PAIRS and (is_coded_mail(texts) or ENTITY.search(texts)):
            return False
        digits = marks & _DIGITS
        digits &= digits >> 8
        digits &= digits >> 16
        digits &= digits >> 32
        return not (digits and digits & (digits >> 56) and CARD_NUMBER.search(texts))

    def _is_clean_link(self, link: str) -> bool:
        """Whether a link leads to no person, and none of its parameters has the name of a personal value."""
        if ";" in link:
            return False
        head, _, rest = link.partition("?")
        if not (self._has_known_names(head, rest) or self._has_clean_names(link)):
            return False
        pages = self._words.pages
        if pages.is_plain(head, rest):
            return True
        return not (pages.has_token(link, Context()) or pages.has_phone(link))

    def _has_known_names(self, head: str, rest: str) -> bool:
        """Whether each `=` of a link is that of a parameter whose name is known to be clean."""
        if "=" in head:
            return False
        if "=" in rest:
            for parameter in rest.split("&"):
                name, equals, value = parameter.partition("=")
                if equals and (name not in self._clean or "=" in value):
                    return False
        return True

    def _has_clean_names(self, link: str) -> bool:
        """Whether each `=` of a link is that of a parameter, none with the name of a personal value."""
        names = _NAMES(link, link.find("?"))
        return len(names) == link.count("=") and (self._clean.issuperset(names) or self._learn(names))

    def _learn(self, names: list[str]) -> bool:
        """Whether no name is that of a personal value; if so, they are known from now on."""
        if any(map(self._words.may_be_personal, names)):
            return False
        if len(self._clean) >= _MOST_NAMES:
            self._clean.clear()
        self._clean.update(names)
        return True
