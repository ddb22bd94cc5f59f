"""A web address -> the part of it that opens the page of one person: an order, a login, a newsletter, a chat.

Such a part is known by the words of the address before it and by its own form together, so that the page of a
product keeps whatever id it has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mapper.guard.personal_shapes import is_postal, is_token
from mapper.guard.spelling import less_accents, plain

_SEGMENT = re.compile(r"[^/]+")
_PIECES = re.compile(r"[?&;#]")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORDS = re.compile(r"[-_.~:+,!=%\s]+")
_BETWEEN = b"-_.~:+,!=%?&#; \t\n\r"
_ROUGHLY = bytes.maketrans(_BETWEEN, b"/" * len(_BETWEEN))
_SIGNED = re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8}")
_NUMBER = re.compile(r"[0-9]{6,}")
# How private a page is, and how many letters and digits a token of it has at least.
_LOOSE, _STRICT = 1, 2
_LEAST = {_LOOSE: 10, _STRICT: 6}
_MAPS = "maps"
_PHONE = re.compile(r"\+?(?:[0-9][ ().+-]{0,2}){7,15}(?![0-9])")
_MOST_KNOWN, _LONGEST_KNOWN = 1_000, 128


@dataclass(slots=True)
class Context:
    """The facts that an address tells of a parameter: how private the page is, and the other names.

    maps: a street in the path is where somebody goes.
    """

    level: int = 0
    maps: bool = False
    names: frozenset[str] = frozenset()


class Pages:
    """The addresses that only one person has, by the words of `x-guard`."""

    __slots__ = (
        "_beside",
        "_kept",
        "_kept_starts",
        "_known",
        "_levels",
        "_not_loose",
        "_phones",
        "_starts",
        "_words",
        "token_starts",
    )

    def __init__(self, facts: Mapping[str, Any]) -> None:
        pages: Any = facts.get("token_pages", {})
        self._levels = dict.fromkeys(pages.get("loose", ()), _LOOSE)
        self._levels.update(dict.fromkeys(pages.get("strict", ()), _STRICT))
        self._beside = frozenset(pages.get("beside", ()))
        self.token_starts = tuple(facts.get("token_starts", ()))
        kept = facts.get("ad_parameters", ())
        self._kept = frozenset(kept)
        self._kept_starts = tuple(name[:-1] for name in kept if name.endswith("*"))
        self._phones = tuple(facts.get("phone_links", ()))
        linked = (word for one in self._phones for word in _rough_words(one))
        self._words = frozenset((*map(str.encode, (*self._levels, _MAPS)), *linked)) - {b""}
        loose = frozenset(word.encode() for word, level in self._levels.items() if level == _LOOSE)
        self._not_loose = self._words - loose
        self._known: dict[str, int] = {}
        self._starts: dict[str, int] = {}

    def is_plain(self, head: str, rest: str) -> bool:
        """Whether an address, decoded, is seen at once to be nobody's page. rest: what follows the `?`."""
        if "/" in rest or ":" in rest:
            return False
        start, _, last = head.rpartition("/")
        level = self._starts.get(start)
        if level is None:
            level = _kept(self._starts, start, self._rough_level(start))
        if level == _STRICT or last != last.lower() or last[:1] == "+" or not last.isascii():
            return False
        words = last.encode().translate(_ROUGHLY).split(b"/")
        if level == 0 and self._words.isdisjoint(words):
            return True
        if not self._not_loose.isdisjoint(words) or "#" in rest:
            return False
        others = [one for one in rest.split("&") if not self._is_kept(one.partition("=")[0])]
        return _holds_no_random("/".join([last, *others]))

    def _rough_level(self, start: str) -> int:
        """At least the level of the beginning of an address; strict for all that takes a closer look."""
        if start != start.lower() or "/+" in start or not start.isascii():
            return _STRICT
        words = _rough_words(start)
        if self._words.isdisjoint(words):
            return 0
        return _LOOSE if self._not_loose.isdisjoint(words) and _holds_no_random(start) else _STRICT

    def has_token(self, link: str, context: Context) -> bool:
        """Whether an address, decoded, has what opens a person's page. context: learns of its parts."""
        head, *parameters = _PIECES.split(link)
        if self._token_at(head, context) is not None:
            return True
        return any(self._is_token(parameter, context) for parameter in parameters)

    def has_phone(self, link: str) -> bool:
        """Whether an address, decoded, leads to a phone number."""
        return self._phone_at(link) is not None

    def less_path(self, link: str, context: Context) -> str:
        """An address less its path from the first part on that leads to a person. context: learns of it."""
        parameters = _PIECES.search(link)
        end = len(link) if parameters is None else parameters.start()
        path = link[:end]
        cuts = (self._phone_at(path), self._token_at(path, context))
        return path[: min((cut for cut in cuts if cut is not None), default=end)] + link[end:]

    def _phone_at(self, link: str) -> int | None:
        """The place where a phone number begins that follows one of the beginnings of a link."""
        lower = link.lower() if link.isascii() else link
        for start in self._phones:
            at = lower.find(start)
            while at >= 0:
                end = at + len(start)
                alone = not start[0].isalnum() or at == 0 or not lower[at - 1].isalnum()
                if alone and _PHONE.match(lower, end):
                    return end
                at = lower.find(start, end)
        return None

    def _is_token(self, parameter: str, context: Context) -> bool:
        name, equals, value = parameter.partition("=")
        if not equals:
            name, value = "", name
        if len(value) < _LEAST[_STRICT]:
            return False
        if _SIGNED.match(value):
            return True
        if "/" in value:
            return self._token_at(value, context) is not None
        return not self._is_kept(name.lower()) and self._opens(value, context)

    def _is_kept(self, name: str) -> bool:
        return name in self._kept or name.startswith(self._kept_starts)

    def _token_at(self, path: str, context: Context) -> int | None:
        """The place of the first part that leads to a person; the context learns of those before it."""
        _, scheme, rest = path.partition("://")
        begin = len(path) - len(rest) if scheme else 0
        if scheme and (host := _SEGMENT.match(rest)):
            begin += host.end()
            for label in host[0].split("."):
                self._learn(label, context)
        alone = "/" not in path
        for found in _SEGMENT.finditer(path, begin):
            segment = found[0]
            if "%" in segment:
                segment = plain(segment) or ""
            self._learn(segment, context)
            signed = not alone and _SIGNED.match(segment)
            if signed or self._opens(segment, context) or (context.maps and is_postal(segment)):
                return found.start()
        return None

    def _opens(self, value: str, context: Context) -> bool:
        """Whether a value is a token, on a page such as the one before it."""
        if not context.level or len(value) < _LEAST[context.level]:
            return False
        if value.startswith(self.token_starts) or (context.level == _STRICT and _NUMBER.search(value)):
            return True
        return is_token(value, _LEAST[context.level])

    def _learn(self, part: str, context: Context) -> None:
        """Take the level of a part of a path, if it has one."""
        level = self._known.get(part)
        if level is None:
            level = _kept(self._known, part, self._level_of(part))
        if level > context.level:
            context.level = level
        if part == _MAPS:
            context.maps = True

    def _level_of(self, part: str) -> int:
        """The level of a part of a path: that of its words, if all are those of such pages, or ids."""
        part = _HUMP.sub("-", less_accents(part))
        words = [word for word in _WORDS.split(part.lower()) if word]
        level = max((self._levels.get(word, 0) for word in words), default=0)
        return level if level and all(map(self._is_expected, words)) else 0

    def _is_expected(self, word: str) -> bool:
        return len(word) < 3 or word in self._levels or word in self._beside or not word.isalpha()


def _kept(known: dict[str, int], text: str, level: int) -> int:
    """A level that is known from now on, if the text is no long one."""
    if len(text) <= _LONGEST_KNOWN:
        if len(known) >= _MOST_KNOWN:
            known.clear()
        known[text] = level
    return level


def _holds_no_random(link: str) -> bool:
    """Whether an address is seen at once to hold no token that is one on a page that others may see too."""
    if len(link) < _LEAST[_LOOSE]:
        return True
    if link != link.lower() or link.count("-") > 3:
        return False
    runs = [word for word in _rough_words(link) if len(word) > 5 and not word.isalpha()]
    return len(b"".join(runs)) < _LEAST[_LOOSE]


def _rough_words(link: str) -> list[bytes]:
    """Every word that is read in an address of ASCII, and more."""
    return link.encode().lower().translate(_ROUGHLY).split(b"/")
