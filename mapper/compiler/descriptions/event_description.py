"""The text of a description -> its JSON value, the places in it, and what could not be taken over."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import field
from typing import Literal, NoReturn

from mapper.compiler.memo import once
from mapper.compiler.schema.json_text import JsonText
from mapper.texts.named_text import Text
from mapper.values.frozen import dataclass
from mapper.values.types import Json, JsonPath, kind_of

MOST_BYTES = 32 * 2**20
# Objects and lists within each other; of what is described, half as many.
_DEEPEST = 200
# In a larger text a place is a path: to find the line takes seconds.
_LARGEST_WITH_LINES = 2**20

# What could not be taken over: the singular and the plural, then what it means.
NoteKind = Literal["personal", "untyped", "format", "keyword", "type", "reference", "union", "decoder"]


@dataclass(frozen=True, slots=True)
class DescriptionNote:
    """A thing that the schema says less of than its description, or guesses. about: the name of it."""

    kind: NoteKind
    at: JsonPath
    about: str


class DescriptionError(ValueError):
    """A description that cannot be read: says at which place, why, and what to do."""

    def __init__(self, message: str, hint: str = "", at: JsonPath | None = None) -> None:
        self.message, self.hint, self.at = message, hint, at
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Description:
    """The text of a description with its value. within: where a text within another file is."""

    text: Text
    value: Json
    within: str = ""

    def place(self, at: JsonPath) -> str:
        """The `file:line:column` of a part of it; a path in a large file, or in a text within one."""
        if self.within:
            return f"{self.within} {pointer(at)}"
        if len(self.text.content) > _LARGEST_WITH_LINES:
            return f"{self.text.name}{pointer(at)}"
        return _places(self.text).key(at).place


@once
def _places(text: Text) -> JsonText:
    return JsonText(text)


@dataclass(slots=True)
class DescriptionNotes:
    """The notes of one description, in the order in which they were made; each thing once at a place."""

    found: dict[DescriptionNote, None] = field(default_factory=dict)

    def note(self, kind: NoteKind, at: JsonPath, about: str) -> None:
        """Note a thing at a place."""
        self.found[DescriptionNote(kind, at, about)] = None


@dataclass(frozen=True, slots=True)
class Described:
    """One of the things that a description describes. name: as a person names it. at: where it is."""

    name: str
    at: JsonPath


@dataclass(frozen=True, slots=True)
class DescriptionForm:
    """A form of descriptions. fits: whether a value has it. described: all that one describes.

    read: the schema of one of them, or of all in one where `reads_all`; each part has its place at AT.
    title: what the description is, for people.
    """

    fits: Callable[[Json], bool]
    described: Callable[[Json], list[Described]]
    read: Callable[[Json, list[Described], DescriptionNotes], dict[str, Json]]
    title: Callable[[Json], str]
    reads_all: bool = False


def read_description(text: Text, within: str = "") -> Description:
    """A description in JSON. Raises DescriptionError for any other text, or one nested too deep."""
    content = text.content.removeprefix("\ufeff")
    text = Text(text.name, content)
    try:
        value: Json = json.loads(content, parse_constant=_no_number, parse_float=_finite)
    except json.JSONDecodeError as error:
        place = f"{within} " if within else f"{text.name}:{error.lineno}:{error.colno}: "
        raise DescriptionError(f"{place}the text is not JSON", _hint_of(content)) from None
    except RecursionError:
        raise DescriptionError(f"{text.name}: nested deeper than {_DEEPEST} levels", _FLATTEN) from None
    except ValueError:
        raise DescriptionError(f"{text.name}: a number is not one of JSON", _EXPORT) from None
    _refuse_depth(text, value)
    return Description(text, value, within)


_FLATTEN = "give a description whose types are named, and refer to each other"
_EXPORT = "export the description again"
_CORRECT = "correct it where it is written, and export it again"


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _finite(written: str) -> float:
    number = float(written)
    return number if math.isfinite(number) else _no_number(written)


def _hint_of(content: str) -> str:
    if content.lstrip()[:1] in ("{", "["):
        return _EXPORT
    return "give a description in JSON; `yq -o json . FILE.yaml` writes one of YAML"


def _refuse_depth(text: Text, value: Json) -> None:
    level: list[Json] = [value]
    for _ in range(_DEEPEST):
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return
    raise DescriptionError(f"{text.name}: nested deeper than {_DEEPEST} levels", _FLATTEN)


def _inside(value: Json) -> Iterator[Json]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def at_path(value: Json, path: JsonPath) -> Json:
    """The part of a value at a path; None where there is none."""
    for step in path:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def object_at(value: Json, at: JsonPath, name: str) -> dict[str, Json]:
    """A value that must be an object. Raises DescriptionError. name: what it is, for the message."""
    if not isinstance(value, dict):
        raise DescriptionError(f"{name} must be an object, not {kind_of(value)}", _CORRECT, at)
    return value


def list_at(value: Json, at: JsonPath, name: str) -> list[Json]:
    """A value that must be a list. Raises DescriptionError. name: what it is, for the message."""
    if not isinstance(value, list):
        raise DescriptionError(f"{name} must be an array, not {kind_of(value)}", _CORRECT, at)
    return value


def text_at(value: Json, at: JsonPath, name: str) -> str:
    """A value that must be a text. Raises DescriptionError. name: what it is, for the message."""
    if not isinstance(value, str):
        raise DescriptionError(f"{name} must be a string, not {kind_of(value)}", _CORRECT, at)
    return value


def pointer(at: JsonPath) -> str:
    """A path as a JSON pointer in a fragment: `#/components/schemas/Order`."""
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in at)
    return "/".join(("#", *steps))
