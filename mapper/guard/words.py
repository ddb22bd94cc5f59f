"""Names of parameters and their values -> whether they are a person's: by name and by shape."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from mapper.guard.spelling import PART_OF_A_WORD

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_DIGITS = re.compile(r"\d")
# With what people write before it, between its digits, and after it: `tel:`, `DE `, `ext. 5`.
_NUMBER = re.compile(
    r"(?:[a-z]{2,8}:|[a-z]{2}\s+)?([\s\d()+./*~\u2010-\u2015-]*)"
    r"(?:(?:x|ext|extn|extension|poste|dw|#)[\s.:]*\d{1,6}\s*)?",
    re.IGNORECASE,
)
_NAME = re.compile(r"[^\W\d_]+(?:[\s.,'\u2019()_&/\"-]+[^\W\d_]+)*[\s.,)\"]*")
# Of scripts with a sign for each word, one says enough.
_IDEOGRAPHS = "\u2e80"
_DATE = re.compile(r"[\s0-9./:TZ+-]*|\s*[0-9]{1,2}[\s.-]*[^\W\d_]{3,12}[\s.,-]*[0-9]{4}\s*")
_NOTHING = frozenset({"", "0", "1", "true", "false", "yes", "no"})
_MOST_NAMES = 1_000
_LONGEST_NAME = 64


class Words:
    """What is said of names and values: those of `x-guard`.

    names: by the shape of their values, as small letters alone; a list alone is of values of any shape.
    """

    __slots__ = ("_alone", "_common", "_known", "_persons", "_shapes")

    def __init__(self, facts: Mapping[str, Any]) -> None:
        named: Any = facts.get("personal_names", {})
        named = {"any": named} if not isinstance(named, Mapping) else named
        self._shapes = {
            name: shape for shape, names in named.items() if shape != "name_alone" for name in names
        }
        self._alone = frozenset(named.get("name_alone", ()))
        self._persons = frozenset(facts.get("persons", ()))
        self._common = frozenset(facts.get("common_words", ()))
        self._known: dict[str, str] = {}

    def shape_of(self, name: str) -> str:
        """The shape of the values of a name that ends in a personal one, as `user[e-mail]`; or ""."""
        shape = self._known.get(name)
        if shape is None:
            if len(self._known) >= _MOST_NAMES:
                self._known.clear()
            shape = self._known[name] = self._read(name)
        return shape

    def is_personal(self, name: str, value: str) -> bool:
        """Whether a name is that of a personal value, and the value looks like one."""
        shape = self.shape_of(name)
        if not shape:
            return False
        value = value.replace("+", " ").strip(" \"'=\t")
        if shape == "any":
            return value.lower() not in _NOTHING
        return not self._is_common(value) and _LOOKS.get(shape, _is_any)(value)

    def _read(self, name: str) -> str:
        name = name[-_LONGEST_NAME:]
        if not name.isascii():
            name = unicodedata.normalize("NFKD", name.replace(PART_OF_A_WORD, ""))
        words = [word.lower() for word in _WORD.findall(name)]
        ending = ""
        for place in range(len(words) - 1, -1, -1):
            ending = words[place] + ending
            if ending in self._shapes:
                return str(self._shapes[ending])
            if ending in self._alone and (place == 0 or words[place - 1] in self._persons):
                return "name"
            if shape := self._of_a_person(ending):
                return shape
        return ""

    def _of_a_person(self, word: str) -> str:
        """The shape of a name that is written together with a person's, as `userphone`; or ""."""
        for person in self._persons:
            if word.startswith(person):
                rest = word[len(person) :]
                if rest in self._shapes or rest in self._alone:
                    return str(self._shapes.get(rest, "name"))
        return ""

    def _is_common(self, value: str) -> bool:
        """Whether a text says nothing of a person, as `true`, `email` or `blue lamp`."""
        lower = value.lower()
        if lower in self._common:
            return True
        words = [word for word in _LETTERS.findall(lower) if len(word) > 1]
        return bool(words) and not _DIGITS.search(value) and all(word in self._common for word in words)


def _digits(value: str) -> int:
    return len(_DIGITS.findall(value))


def _is_mail(value: str) -> bool:
    return len(value) > 1 and _LETTERS.search(value) is not None


def _is_phone(value: str) -> bool:
    found = _NUMBER.fullmatch(value)
    return found is not None and 7 <= _digits(found[1]) <= 15


def _is_name(value: str) -> bool:
    return (len(value) > 1 or value > _IDEOGRAPHS) and _NAME.fullmatch(value) is not None


def _is_address(value: str) -> bool:
    return any(len(word) > 1 for word in _LETTERS.findall(value))


def _is_date(value: str) -> bool:
    return _digits(value) >= 4 and _DATE.fullmatch(value) is not None


def _is_number(value: str) -> bool:
    return _digits(value) >= 4


def _is_token(value: str) -> bool:
    return len(value) >= 6


def _is_any(value: str) -> bool:
    return bool(value)


# Each is asked of at most as many characters as `signs` reads of a value.
_LOOKS: dict[str, Callable[[str], bool]] = {
    "mail": _is_mail,
    "phone": _is_phone,
    "name": _is_name,
    "address": _is_address,
    "birth": _is_date,
    "number": _is_number,
    "token": _is_token,
}
