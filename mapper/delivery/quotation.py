"""A service's words -> a text that is safe to show: short, and without anything of what was sent to it."""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import cached_property

from mapper.values.safe_text import NOTHING, SafeText
from mapper.values.types import Json

_LONGEST = 200
_LOOKED_AT = 4 * _LONGEST
"""Characters of a text that are looked at, so that a huge one costs nothing."""
_HIDDEN = "***"

_AT = r"(?:@|\uff20|%40|%2540|&#0*64;|&#x0*40;|&commat;|\\u0040)"
_ADDRESS = re.compile(rf"[^\s@\"'<>(),;:=]{{1,64}}[ \t]?{_AT}[ \t]?[^\s@\"'<>(),;]{{1,255}}", re.IGNORECASE)
_PHONE = re.compile(r"(?<!\w)\+?\d(?:[\s().\-/]{0,2}\d){6,}")
# Written so that it is not read at sight: percent signs, entities, escapes.
_ESCAPED = re.compile(
    r"[^\s\"'<>]*(?:%[0-9A-Fa-f]{2}|&#?\w{1,10};|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2})[^\s\"'<>]*"
)
_LONG = re.compile(r"[\w+/=.~-]{16,}")
_PART = re.compile(r"[^\W_]+")
_SEVERAL = re.compile(r"\*\*\*(?:[^\w\s*]{0,3}\*\*\*)+")
# A word of so many small letters says nothing of anybody, and most messages have one.
_SHORTEST = 4
# So much of a word that was sent tells what it was, where a service shortens what it repeats.
_TELLING = 5


@dataclass(frozen=True)
class KnownWords:
    """The words that anybody may see, whoever sends them.

    parts: words of the target's schema, in small letters. texts: of the mapping, its constants, each whole,
    and of the schema those that look like an address, a number or a token.
    """

    parts: Set[str] = frozenset()
    texts: Set[str] = frozenset()

    @classmethod
    def of_schema(cls, words: Iterable[str]) -> KnownWords:
        """The constants and names of a target."""
        known, nothing_sent = frozenset(words), Sent()
        texts = frozenset(one for one in known if _is_token(one) or _hide(one, nothing_sent) != one)
        return cls(frozenset(part for one in known for part in parts_of(one)), texts)

    def places_in(self, text: str) -> list[tuple[int, int]]:
        """The places of texts of the mapping in another text, each as words of their own."""
        found = (match for one in self.texts if one in text for match in _whole(one).finditer(text))
        return [match.span() for match in found]


def _whole(text: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(text)}(?!\w)")


class Sent:
    """The part of a request that an answer may not repeat. words: what it may."""

    def __init__(self, bodies: Sequence[bytes] = (), words: KnownWords | None = None) -> None:
        self._bodies, self.words = bodies, words or KnownWords()

    @cached_property
    def parts(self) -> frozenset[str]:
        """The words and numbers of all values, less those of the schema and the names of fields."""
        names: set[str] = set()
        values: set[str] = set()
        for body in self._bodies:
            for text, is_name in _texts(_parsed(body)):
                (names if is_name else values).update(parts_of(text))
        return frozenset(values - names - self.words.parts)

    @cached_property
    def _in_order(self) -> list[str]:
        return sorted(self.parts)

    def has(self, part: str) -> bool:
        """Whether a word, in small letters, is one of them, or the beginning of one."""
        if part in self.parts or len(part) < _TELLING:
            return part in self.parts
        at = bisect_left(self._in_order, part)
        return at < len(self._in_order) and self._in_order[at].startswith(part)


def parts_of(text: str) -> list[str]:
    """The words and numbers in a text, in small letters."""
    return [one.casefold() for one in _PART.findall(text)]


def _parsed(body: bytes) -> Json:
    try:
        value: Json = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value


def _texts(value: Json) -> Iterator[tuple[str, bool]]:
    """The texts in a value, and whether each is the name of a field."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield from ((name, True) for name in one)
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
        elif one is not None and not isinstance(one, bool):
            yield str(one), False


def quote(said: Json, sent: Sent) -> SafeText:
    """A text of an answer as it may be shown and logged; "" for what is no text or a blank one.

    At most 200 characters; control and invisible characters escaped; what was sent, and what looks like an
    e-mail address, a phone number or a token, replaced.
    """
    if not isinstance(said, str) or not said:
        return NOTHING
    whole = len(said) <= _LOOKED_AT
    text = said if whole else " ".join(said[:_LOOKED_AT].rsplit(None, 1)[:1])
    hidden = _hide(text.strip(), sent)
    shown = "".join(character if character.isprintable() else _escape(character) for character in hidden)
    kept = shown if whole and len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"
    return SafeText.known(kept)


def _hide(text: str, sent: Sent) -> str:
    hidden: tuple[tuple[re.Pattern[str], Callable[[str], bool]], ...] = (
        *((shape, lambda found: True) for shape in (_ADDRESS, _ESCAPED, _PHONE)),
        (_LONG, _is_token),
        (_PART, lambda found: _was_sent(found, sent)),
    )
    for shape, is_hidden in hidden:
        text = _hide_shape(text, shape, is_hidden, sent.words.places_in(text))
    return _SEVERAL.sub(_HIDDEN, text)


def _hide_shape(
    text: str, shape: re.Pattern[str], is_hidden: Callable[[str], bool], known: Sequence[tuple[int, int]]
) -> str:
    """A text without what has a shape, but in the known places; the rest of it there is looked at alone."""

    def shown(found: re.Match[str]) -> str:
        first, last = found.span()
        if any(start <= first and last <= end for start, end in known):
            return found[0]
        rest = found[0]
        for start, end in known:
            rest = rest.replace(text[start:end], "") if first <= start and end <= last else rest
        return _HIDDEN if is_hidden(rest) else found[0]

    return shape.sub(shown, text)


def _is_token(text: str) -> bool:
    """Whether a long text is no words: digits among letters, or capitals among small letters."""
    letters = any(one.isalpha() for one in text)
    return letters and (any(one.isdigit() for one in text) or bool(re.search(r"[a-z][A-Z]", text)))


def _was_sent(part: str, sent: Sent) -> bool:
    is_word = len(part) < _SHORTEST and part.isalpha() and part.islower()
    return not is_word and sent.has(part.casefold())


def _escape(character: str) -> str:
    return " " if character in "\n\r\t" else ascii(character)[1:-1]
