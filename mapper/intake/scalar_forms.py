"""The forms of a scalar of `intake.yaml`: its text -> a value, or what is wrong with it and what to write."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mapper.intake.entry import AnswerValue, BodyPath, BodyStep, RequestRate, SharedSecret

_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VARIABLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_WORDS_OF_VARIABLES = re.compile(r"[A-Z][A-Z0-9_]*")
_QUANTITY = re.compile(r"([0-9]{1,9})\s*([A-Za-z]*)")
_RATE = re.compile(r"([0-9]{1,7})\s*(?:/|per)\s*([A-Za-z]+)")
_SIZES = {"B": 1, "KiB": 2**10, "MiB": 2**20}
_ALIKE_SIZES = {"k": "KiB", "kb": "KiB", "kib": "KiB", "m": "MiB", "mb": "MiB", "mib": "MiB", "b": "B"}
_SECONDS = {"s": 1, "min": 60, "h": 3600}
_ALIKE_SECONDS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), "min"),
    **dict.fromkeys(("h", "hr", "hour", "hours"), "h"),
}
_ORIGIN = re.compile(r"https://[a-z0-9.-]+(?::[0-9]{1,5})?|http://(?:localhost|127\.0\.0\.1)(?::[0-9]{1,5})?")
_KEYS_URL = re.compile(r"https://[^\s/?#@]+(?:/[^\s#]*)?")
_PLACE = re.compile(r"\[(\d{1,6})?\]")
_NAME = re.compile(r"[A-Za-z_$][\w$-]*")
_PART = re.compile(r"\{([^{}]*)\}")
_MOST_BODY, _MOST_AGE = 64 * 2**20, 24 * 3600
_COOKIE = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


class Wrong(ValueError):
    """A text that is not of its form: what is wrong, and what to write."""

    def __init__(self, message: str, hint: str, code: str = "M705") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code


@dataclass(frozen=True, slots=True)
class ScalarForm:
    """The form of a scalar. due: as messages name it. read: of its value; raises Wrong.

    kinds: that YAML must read it as. schema: of JSON Schema, beside the type. is_secret: it is never shown.
    """

    due: str
    read: Callable[[Any], Any]
    kinds: tuple[type, ...] = (str,)
    schema: dict[str, Any] = field(default_factory=dict)
    is_secret: bool = False


def _header(text: str) -> str:
    if not _HEADER.fullmatch(text):
        hint = "write its name alone, e.g. `x-signature`, without a colon or spaces"
        raise Wrong(f"`{text}` is not the name of a header", hint)
    return text.lower()


def _secret(text: str) -> SharedSecret:
    found = _VARIABLE.fullmatch(text)
    if found:
        return SharedSecret(found[1])
    if _WORDS_OF_VARIABLES.fullmatch(text):
        raise Wrong("a secret must be the name of an environment variable", f"write `${text}`", "M706")
    # What it is, is not said: messages are kept and sent around.
    hint = "put it into an environment variable, and write the variable's name here, e.g. `$SHOP_SECRET`"
    raise Wrong("a secret must not be in the file", hint, "M706")


def _size(text: str) -> int:
    found = _QUANTITY.fullmatch(text)
    unit = "" if found is None else _SIZES.get(found[2]) or _ALIKE_SIZES.get(found[2].lower(), "")
    if found is None or isinstance(unit, str):
        meant = f"`{found[1]} {unit}`" if found and unit else "a number and a unit: `512 KiB`, `16 MiB`"
        raise Wrong(f"`{text}` is not a size", f"write {meant}")
    size = int(found[1]) * unit
    if not 0 < size <= _MOST_BODY:
        raise Wrong(f"`{text}` is not a size that a body may have", "write one from `1 B` to `64 MiB`")
    return size


def _duration(text: str) -> int:
    found = _QUANTITY.fullmatch(text)
    unit = _ALIKE_SECONDS.get(found[2].lower(), "") if found else ""
    if found is None or found[2] not in _SECONDS:
        meant = f"`{found[1]} {unit}`" if found and unit else "a number and a unit: `30 s`, `5 min`, `1 h`"
        raise Wrong(f"`{text}` is not a duration", f"write {meant}")
    seconds = int(found[1]) * _SECONDS[unit]
    if not 0 < seconds <= _MOST_AGE:
        raise Wrong(f"`{text}` is not an age that a signature may have", "write one from `1 s` to `24 h`")
    return seconds


def _rate(text: str) -> RequestRate:
    found = _RATE.fullmatch(text)
    unit = _ALIKE_SECONDS.get(found[2].lower(), "") if found else ""
    if found is None or found[2] not in _SECONDS or not int(found[1]):
        meant = f"`{found[1]}/{unit}`" if found and unit and int(found[1]) else "e.g. `20/s` or `600/min`"
        raise Wrong(f"`{text}` is not a rate", f"write {meant}: requests of one client in a time")
    return RequestRate(int(found[1]), _SECONDS[unit])


def _path(text: str) -> BodyPath:
    """Read a path: `a.b`, `records[].data`, `[].data`, `[0].data.code`."""
    steps: list[BodyStep] = []
    at = 0
    while at < len(text) or not steps:
        place, name = _PLACE.match(text, at), _NAME.match(text, at)
        if place:
            steps.append(BodyStep(place=int(place[1])) if place[1] else BodyStep(is_each=True))
        elif name:
            steps.append(BodyStep(name[0]))
        else:
            hint = "write names with dots, and `[]` for each element: `records[].data`"
            raise Wrong(f"`{text}` is not a path into a body", hint)
        at = (place or name).end()  # type: ignore[union-attr]  # one of them was found
        if text[at : at + 1] == "." and at + 1 < len(text):
            at += 1
        elif at < len(text) and text[at] != "[":
            raise Wrong(f"`{text}` is not a path into a body", "write a dot between names")
    return tuple(steps)


def _origin(text: str) -> str:
    if text == "*":
        hint = "list the origins of your pages, e.g. `https://shop.example`"
        raise Wrong("`*` would let every page of the web post here", hint)
    if not _ORIGIN.fullmatch(text):
        bare = re.match(r"https?://([A-Za-z0-9.-]+)", text)
        meant = f"`https://{bare[1].lower()}`" if bare else "e.g. `https://shop.example`"
        raise Wrong(
            f"`{text}` is not an origin", f"write {meant}: https, the host, no path and no slash at the end"
        )
    return text


def _keys_url(text: str) -> str:
    if not _KEYS_URL.fullmatch(text):
        hint = "write the https URL of the provider's public keys (its JWKS)"
        raise Wrong(f"`{text}` is not an https URL", hint)
    return text


def _template(text: str) -> tuple[str, ...]:
    """The parts of a template, texts and names in turn: `{t}.{body}` -> "", "t", ".", "body", ""."""
    if text in ("body", "first"):
        return ("", text, "")
    parts = tuple(_PART.split(text))
    if not any(name in ("body", "first") for name in parts[1::2]):
        hint = 'write `body`, `first`, or a text with `{body}` in it, in quotes: `"{t}.{body}"`'
        raise Wrong(f"`{text}` does not sign the body", hint)
    for name in parts[1::2]:
        if not _HEADER.fullmatch(name):
            raise Wrong(
                f"`{{{name}}}` is not a part of a request",
                "write `{body}`, `{first}` or the name of a header",
            )
    return parts


def _cookie(text: str) -> str:
    if not _COOKIE.fullmatch(text):
        raise Wrong(f"`{text}` is not the name of a cookie", "write its name alone, e.g. `_click`")
    return text


def _counted(number: int, least: int, most: int) -> int:
    if not least <= number <= most:
        raise Wrong(f"{number:,} is out of range", f"write a number from {least:,} to {most:,}")
    return number


def _between(due: str, least: int, most: int) -> ScalarForm:
    schema = {"minimum": least, "maximum": most}
    return ScalarForm(due, lambda number: _counted(number, least, most), (int,), schema)


def _constant(text: str) -> AnswerValue:
    return AnswerValue("text", text)


def _version(number: int) -> int:
    if number != 1:
        raise Wrong(f"there is no version {number:,} of the language", "write `version: 1`")
    return number


def _itself(value: Any) -> Any:
    return value


TEXT = ScalarForm("a string", _itself, schema={"pattern": "\\S"})
HEADER = ScalarForm("the name of a header", _header, schema={"pattern": f"^{_HEADER.pattern}$"})
SECRET = ScalarForm(
    "`$` and the name of an environment variable",
    _secret,
    schema={"pattern": "^\\$[A-Za-z_][A-Za-z0-9_]*$"},
    is_secret=True,
)
SIZE = ScalarForm("a size such as `1 MiB`", _size, schema={"pattern": "^[0-9]+ ?(B|KiB|MiB)$"})
DURATION = ScalarForm("a duration such as `5 min`", _duration, schema={"pattern": "^[0-9]+ ?(s|min|h)$"})
RATE = ScalarForm("a rate such as `20/s`", _rate, schema={"pattern": "^[0-9]+ ?(/|per) ?(s|min|h)$"})
PATH = ScalarForm("a path into the body such as `records[].data`", _path)
ORIGIN = ScalarForm(
    "an origin such as `https://shop.example`", _origin, schema={"pattern": f"^({_ORIGIN.pattern})$"}
)
KEYS_URL = ScalarForm("an https URL", _keys_url, schema={"pattern": "^https://"})
TEMPLATE = ScalarForm("`body`, `first`, or a text with `{body}` in it", _template)
COOKIE = ScalarForm("the name of a cookie", _cookie, schema={"pattern": f"^{_COOKIE.pattern}$"})
CONSTANT = ScalarForm("a string", _constant)
BOOLEAN = ScalarForm("`true` or `false`", _itself, (bool,))
CLAIM = ScalarForm("a string, a whole number, or `true`", _itself, (str, int, bool))
PROXIES = _between("the number of proxies of your own", 0, 16)
EVENTS = _between("a number of events", 1, 1_000_000)
STATUS = _between("a status from 200 to 299", 200, 299)
VERSION = ScalarForm("`1`", _version, (int,), {"enum": [1]})
