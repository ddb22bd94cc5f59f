"""The tables of schemas and events in docs/ -> as the tables of words and codes and the target have them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mapper import CODES
from mapper.compiler.schema.schema_words import KEYWORDS, PERSONAL_KINDS, SchemaWord, WordReading, words_of
from tests.support.made_pages.observed_schema import SENT

_READINGS: dict[WordReading, str] = {
    "read": "read",
    "proved": "read in some forms",
    "note": "note",
    "ignored": "ignored",
    "unread": "not read",
    "foreign": "other dialect",
}
_CODES = ("M321", *(f"M{number}" for number in range(323, 332)))


def _words(words: Iterable[SchemaWord], *, in_source: bool = False) -> list[str]:
    rows = []
    for word in words:
        said = word.shape_in("source" if in_source else "target").said
        meaning = _IN_SOURCE.get(word.name, word.meaning) if in_source else word.meaning
        rows.append(f"| `{word.name}` | {said} | {meaning} | {word.default} |")
    return rows


# A mark says something else of an event than of a payload.
_IN_SOURCE = {
    "x-personal": "the attribute, and all in it, is a person's: where it may be sent is checked "
    "([M401](diagnostics.md#m401)), and its values are masked where events are shown. The kind is a note: "
    + ", ".join(f"`{kind}`" for kind in PERSONAL_KINDS)
    + ", the last where `mapper init` knows it by the field that the attribute goes to",
}


def _of_target(*places: str) -> Callable[[], list[str]]:
    return lambda: _words(word for word in words_of("target") if word.place in places)


def _keywords() -> list[str]:
    groups: dict[tuple[str, str], list[str]] = {}
    for keyword in KEYWORDS.values():
        groups.setdefault((_READINGS[keyword.target], _READINGS[keyword.source]), []).append(keyword.name)
    return [
        f"| {', '.join(f'`{name}`' for name in names)} | {target} | {source} |"
        for (target, source), names in groups.items()
    ]


def _codes() -> list[str]:
    return [f"| [{code}](diagnostics.md#{code.lower()}) | {CODES[code].title} |" for code in _CODES]


def _standard_events() -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from json.loads(SENT.read_text(encoding="utf-8"))["x-event-names"]["standard"].items()


def _events() -> list[str]:
    return [
        f"| {event['title']} | `{name}` | {', '.join(_plain(event))} | {event['use']} |"
        for name, event in _standard_events()
    ]


def _plain(event: Mapping[str, Any]) -> list[str]:
    """The other names of an event, as a person would write them."""
    return [name.replace("_", " ") for name in event.get("also", [])]


def _events_of_the_tag() -> list[str]:
    events = [*_standard_events()]
    names = sorted((event["x-tag"], f"`{name}`") for name, event in events if "x-tag" in event)
    others = ", ".join(f"`{name}`" for name, event in events if "x-tag" not in event)
    return [*(f"| `{tag}` | {name} |" for tag, name in names), f"| none known | {others} |"]


_TABLES: dict[str, Callable[[], list[str]]] = {
    "| word of a field | value | meaning | without it |": _of_target("field", "any"),
    "| word of the whole schema | value | meaning | without it |": _of_target("root"),
    "| word of a source | value | meaning | without it |": lambda: _words(words_of("source"), in_source=True),
    "| keyword | in a target | in a source |": _keywords,
    "| code | what is wrong |": _codes,
    "| what happened | `event_name` | also called | counts for |": _events,
    "| tag | `event_name` |": _events_of_the_tag,
}
_TABLE = re.compile(r"^(\|.*\|)\n(?:\|.*\n)*", re.MULTILINE)
PAGES = ("schemas.md", "destinations.md", "pinterest.md", "moving-off-the-tag.md")


def written(page: str) -> str:
    """A page with its tables as they are made."""
    return _TABLE.sub(lambda found: _made(found[1]) if found[1] in _TABLES else found[0], page)


def _made(heading: str) -> str:
    line = f"|{'---|' * (heading.count('|') - 1)}"
    return "".join(f"{row}\n" for row in (heading, line, *_TABLES[heading]()))


def write_pages(folder: Path, put: Callable[[Path, str], None]) -> None:
    """Write the tables of the pages anew."""
    for name in PAGES:
        put(folder / name, written((folder / name).read_text(encoding="utf-8")))
