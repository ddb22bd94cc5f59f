"""Part: a value in a schema file with the keys that lead to it. Mistakes are collected, never raised."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from mapper.delivery.destination import CompiledExpression
from mapper.texts.diagnostic import closest
from mapper.values.types import Json, JsonPath, kind_of

_T = TypeVar("_T")

# What has no effect: notes for a reader, and where a fact was found.
_WITHOUT_EFFECT = frozenset({"$comment", "x-source"})
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_DURATION = re.compile(r"([0-9]{1,6})([smhd])")
_MOST = 2**53
_MOST_SHOWN = 3
_WORDS = {
    "boolean": "true or false",
    "integer": "a number",
    "number": "a number",
    "string": "text",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


class Mistake(NamedTuple):
    """A mistake in a schema. at: the keys that lead to it in the file."""

    at: JsonPath
    message: str
    hint: str = ""


class Mistakes(ValueError):
    """All that is wrong with what a schema says of delivery."""

    def __init__(self, found: tuple[Mistake, ...]) -> None:
        self.found = found
        super().__init__("; ".join(one.message for one in found))


class NoExpression(ValueError):
    """A text that is no expression: says why, and what helps."""

    def __init__(self, message: str, hint: str = "") -> None:
        self.message, self.hint = message, hint
        super().__init__(message)


def nothing(value: Json) -> Json:
    """An expression in place of one that cannot be read."""
    return None


@dataclass(frozen=True, slots=True)
class Part:
    """A value, and how to read it. What is wrong with it goes to `found`, and a default is read instead."""

    value: Any
    at: JsonPath
    compile: Callable[[str], CompiledExpression]
    found: list[Mistake] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The path of the part, as `x-delivery.answers[0].ok`."""
        text = ""
        for key in self.at:
            text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
        return text

    def wrong(self, message: str, hint: str = "") -> None:
        """Note a mistake at this place."""
        self.found.append(Mistake(self.at, message, hint))

    def is_no(self, due: str) -> None:
        """Note that it is something else than is due."""
        self.wrong(f"`{self.name}` must be {due}, not {_WORDS[kind_of(self.value)]}")

    def below(self, key: str | int) -> Part:
        """The value of a key that there is."""
        return Part(self.value[key], (*self.at, key), self.compile, self.found)

    def keys(self, needed: Iterable[str], also: Iterable[str] = ()) -> dict[str, Part]:
        """The parts of an object that has some keys and may have others, and no more."""
        needed, known = tuple(needed), {*needed, *also}
        if not isinstance(self.value, dict):
            self.is_no("an object")
            return {}
        for key in self.value.keys() - known - _WITHOUT_EFFECT:
            near = closest(key, known)
            hint = f"did you mean `{near}`?" if near else f"its keys: {', '.join(sorted(known))}"
            self.below(key).wrong(f"`{self.name}` has no key `{key}`", hint)
        missing = [key for key in needed if key not in self.value]
        if missing:
            shown, rest = [f"`{key}`" for key in missing[:_MOST_SHOWN]], len(missing) - _MOST_SHOWN
            last = [f"{rest} more key{'s' * (rest > 1)}"] if rest > 0 else [shown.pop()]
            listed = " and ".join([", ".join(shown), *last] if shown else last)
            self.wrong(f"`{self.name}` lacks {listed}")
        return {key: self.below(key) for key in self.value if key in known}

    def named(self) -> dict[str, Part]:
        """The parts of an object whose keys are names."""
        if not isinstance(self.value, dict):
            self.is_no("an object")
            return {}
        return {key: self.below(key) for key in self.value if key not in _WITHOUT_EFFECT}

    def items(self) -> list[Part]:
        """The parts of a list."""
        if not isinstance(self.value, list):
            self.is_no("a list")
            return []
        return [self.below(index) for index in range(len(self.value))]

    def text(self, *, filled: bool = False) -> str:
        """A text, which may have to be there."""
        if not isinstance(self.value, str):
            self.is_no("text")
            return ""
        if filled and not self.value:
            self.wrong(f"`{self.name}` is empty")
        return self.value

    def flag(self) -> bool:
        """Whether it is true."""
        if not isinstance(self.value, bool):
            self.is_no("true or false")
        return self.value is True

    def whole(self, least: int = 1) -> int:
        """The value as a whole number."""
        if type(self.value) is not int:
            self.is_no("a whole number")
        elif not least <= self.value < _MOST:
            self.wrong(
                f"`{self.name}` must be at least {least}" + ("" if self.value < least else " and less")
            )
        else:
            return self.value
        return least

    def number(self) -> float:
        """The value as a number above 0."""
        if type(self.value) not in (int, float):
            self.is_no("a number")
        elif not 0 < self.value < _MOST:
            self.wrong(f"`{self.name}` must be above 0" + ("" if self.value <= 0 else ", and less"))
        else:
            return float(self.value)
        return 1.0

    def seconds(self) -> int:
        """The value as a length of time, in seconds."""
        match = _DURATION.fullmatch(self.value) if isinstance(self.value, str) else None
        if match is None:
            self.wrong(f"`{self.name}` is no length of time", "write a number and s, m, h or d, as 7d")
            return 1
        return int(match[1]) * _SECONDS[match[2]]

    def choice(self, words: Iterable[str]) -> str:
        """The value as one of some words."""
        known = sorted(words)
        said = self.text()
        if isinstance(self.value, str) and said not in known:
            near = closest(said, known)
            hint = f"did you mean `{near}`?" if near else f"write one of {', '.join(known)}"
            self.wrong(f"`{said}` is no value of `{self.name}`", hint)
        return said

    def expression(self) -> CompiledExpression:
        """The value as a JMESPath expression."""
        text = self.text()
        if isinstance(self.value, str):
            try:
                return self.compile(text)
            except NoExpression as error:
                self.wrong(f"`{self.name}` is no expression: {error.message}", error.hint)
        return nothing


def read(parts: dict[str, Part], key: str, how: Callable[[Part], _T], otherwise: _T) -> _T:
    """The value that is read of a key, or the one that counts where it is left out."""
    return how(parts[key]) if key in parts else otherwise


def reader(parts: dict[str, Part], key: str) -> CompiledExpression | None:
    """The expression of a key, None where it is left out."""
    return parts[key].expression() if key in parts else None
