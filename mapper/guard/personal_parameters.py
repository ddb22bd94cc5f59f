"""Names of parameters and their values -> whether they are a person's: by name and by shape."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from mapper.guard.personal_pages import Pages
from mapper.guard.personal_shapes import DIGITS, LETTERS, LOOKS
from mapper.guard.spelling import PART_OF_A_WORD, less_accents

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+|[0-9]+")
_NOTHING = frozenset({"", "0", "1", "true", "false", "yes", "no"})
_ALONE, _OF_A_PERSON = "_alone", "_of_a_person"
_RANDOM = frozenset({"drawn", "long_drawn"})
_MOST_NAMES = 1_000
_LONGEST_NAME = 64
# A shorter name ends other words, too: `phone` in `microphone`.
_LONG = 7


class Words:
    """The names and values of `x-guard`, and the words of pages.

    names: by the shape of their values, as small letters alone; a list alone is of values of any shape. Those
    of a shape with `_alone` count only whole or after a person, those with `_of_a_person` only after one.
    """

    __slots__ = (
        "_alone",
        "_beside",
        "_common",
        "_endings",
        "_goods",
        "_known",
        "_of_a_person",
        "_persons",
        "_shapes",
        "pages",
    )

    def __init__(self, facts: Mapping[str, Any]) -> None:
        named: Any = facts.get("personal_names", {})
        named = {"any": named} if not isinstance(named, Mapping) else named
        self._alone = _by_name(named, _ALONE)
        self._of_a_person = _by_name(named, _OF_A_PERSON)
        others = {
            shape: names for shape, names in named.items() if not shape.endswith((_ALONE, _OF_A_PERSON))
        }
        self._shapes = _by_name(others, "")
        self._endings = [name for name in self._shapes if len(name) >= _LONG]
        self._beside: Any = facts.get("names_beside", {})
        self._persons = frozenset(facts.get("persons", ()))
        self._common = frozenset(facts.get("common_words", ()))
        self._goods = frozenset(facts.get("goods_words", ()))
        self._known: dict[str, str] = {}
        self.pages = Pages(facts)

    def shape_of(self, name: str) -> str:
        """The shape of the values of a name that ends in a personal one, as `user[e-mail]`; or ""."""
        shape = self._known.get(name)
        if shape is None:
            if len(self._known) >= _MOST_NAMES:
                self._known.clear()
            shape = self._known[name] = self._read(name)
        return shape

    def may_be_personal(self, name: str) -> bool:
        """Whether a value of a name can be personal, whatever is beside it."""
        return bool(self.shape_of(name)) or letters_of(name) in self._beside

    def is_personal(self, name: str, value: str, beside: Collection[str] = ()) -> bool:
        """Whether a name is that of a personal value, and the value looks like one.

        beside: the other names of the same address, as small letters alone.
        """
        if self._is_personal_beside(name, value, beside):
            return True
        shape = self.shape_of(name)
        if not shape:
            return False
        value = value.replace("+", " ").strip(" \"'=\t")
        if shape == "any":
            return value.lower() not in _NOTHING
        if self._is_common(value) or (shape == "person" and self._has_common(value)):
            return False
        if shape == "name" and letters_of(name) in self._alone and self._is_of_goods(value):
            return False
        if shape in _RANDOM and value.startswith(self.pages.token_starts):
            return True
        return LOOKS.get(shape, LOOKS["any"])(value)

    def _is_personal_beside(self, name: str, value: str, beside: Collection[str]) -> bool:
        """Whether a value is personal since other names are beside its own, as `code` beside `state`."""
        rule = self._beside.get(letters_of(name)) if beside else None
        if rule is None or not any(one in beside for one in rule["names"]):
            return False
        return LOOKS[rule["shape"]](value.replace("+", " ").strip())

    def _read(self, name: str) -> str:
        words = _words(name)
        shape = self._of_words(words) or self._of_words([word for word in words if not word.isdigit()])
        if not shape and len(words) > 1 and words[-1] in self._persons:
            # The person follows in Romance and Slavic languages: `nom_client`.
            shape = self._of_words([words[-1], *words[:-1]])
        return shape

    def _of_words(self, words: list[str]) -> str:
        """The shape of the values of a name in words: that of the longest ending with one."""
        for place in range(len(words)):
            ending = "".join(words[place:])
            if ending in self._shapes:
                return self._shapes[ending]
            person = place > 0 and words[place - 1] in self._persons
            if ending in self._alone and (place == 0 or person):
                return self._alone[ending]
            if ending in self._of_a_person and person:
                return self._of_a_person[ending]
            if ending in self._persons and place == 0:
                return "person"
            if shape := self._of_joined(ending):
                return shape
        return ""

    def _of_joined(self, word: str) -> str:
        """The shape of a name that is written together with another word, as `userphone`; or ""."""
        for person in self._persons:
            if word.startswith(person):
                rest = word[len(person) :]
                for shapes in (self._shapes, self._alone, self._of_a_person):
                    if rest in shapes:
                        return shapes[rest]
        # Germanic languages write a name and what it is of as one word: `kontakttelefon`.
        longest = max(filter(word.endswith, self._endings), key=len, default="")
        return self._shapes.get(longest, "")

    def _is_common(self, value: str) -> bool:
        """Whether a text says nothing of a person, as `true`, `email` or `blue lamp`."""
        lower = value.lower()
        if lower in self._common:
            return True
        words = [word for word in LETTERS.findall(lower) if len(word) > 1]
        return bool(words) and not DIGITS.search(value) and all(word in self._common for word in words)

    def _is_of_goods(self, value: str) -> bool:
        """Whether several words name a product, as `Nordlys lamp`."""
        words = LETTERS.findall(value.lower())
        return len(words) > 1 and not self._goods.isdisjoint(words)

    def _has_common(self, value: str) -> bool:
        return not self._common.isdisjoint(LETTERS.findall(value.lower()))


def _by_name(named: Mapping[str, Any], ending: str) -> dict[str, str]:
    """Names -> the shape of their values, of the shapes with an ending, less it."""
    return {
        name: shape.removesuffix(ending)
        for shape, names in named.items()
        if shape.endswith(ending)
        for name in names
    }


def _words(name: str) -> list[str]:
    """The words of a name: small letters without accents, and digits."""
    name = name[-_LONGEST_NAME:].replace(PART_OF_A_WORD, "")
    return [word.lower() for word in _WORD.findall(less_accents(name))]


def letters_of(name: str) -> str:
    """A name as `x-guard` writes it, with its digits."""
    return "".join(_words(name))
