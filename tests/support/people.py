"""Personal values in events: where a mapping reads them, and other ones of the same kind to put there."""

from __future__ import annotations

import copy
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from mapper import Program
from mapper.compiler.emit.readable.readable_program import generate
from mapper.compiler.file_reading import FileReading
from mapper.compiler.findings import Findings
from mapper.compiler.inference.personal_origins import is_personal, value_paths
from mapper.compiler.jmespath.origin import Path as Attribute
from mapper.compiler.plan.planner import Plan, make_plan
from mapper.compiler.syntax.extends import extend
from mapper.compiler.syntax.mapping import read_mapping
from mapper.compiler.syntax.table_steps import with_tables
from mapper.compiler.syntax.value_nodes import Fields
from mapper.project.project import project_of, read_text
from mapper.runtime.program import load
from tests.support.events import leaves

Event = dict[str, Any]
_SYLLABLES = ("ka", "lo", "mi", "ne", "ru", "sa", "to", "vi", "zu", "el")


def _word(chance: Random) -> str:
    return "".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4)))


def _digits(chance: Random, count: int) -> str:
    return "".join(chance.choices("0123456789", k=count))


def _email(chance: Random) -> str:
    written = f"{_word(chance)}.{_word(chance)}{_digits(chance, 2)}@{_word(chance)}.example"
    return chance.choice((written, written.upper(), f" {written.title()} "))


def _phone(chance: Random) -> str:
    area, exchange, line = f"{chance.randint(201, 989)}", f"{chance.randint(200, 999)}", _digits(chance, 4)
    return chance.choice((f"+1 ({area}) {exchange}-{line}", f"+1{area}{exchange}{line}"))


def _birth_date(chance: Random) -> str:
    return f"{chance.randint(1930, 2005)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"


def _address(chance: Random) -> str:
    return f"203.0.{chance.randint(1, 200)}.{chance.randint(1, 250)}"


def _user_agent(chance: Random) -> str:
    return f"Mozilla/5.0 (X11; Linux) {_word(chance)}/{chance.randint(1, 200)}"


# How the raw values look that go into a field, by the field's name.
_MADE: dict[str, Callable[[Random], str]] = {
    "em": _email,
    "ph": _phone,
    "fn": lambda chance: _word(chance).title(),
    "ln": lambda chance: _word(chance).title(),
    "ge": lambda chance: chance.choice(("f", "m", "female", "Male", "n")),
    "db": _birth_date,
    "ct": lambda chance: f"{_word(chance).title()} {_word(chance)}",
    "st": lambda chance: chance.choice(("CA", "ny", "TX", "Ohio", "WA")),
    "zp": lambda chance: _digits(chance, 5),
    "country": lambda chance: chance.choice(("US", "de", "FR", "Germany", "GBR")),
    "external_id": lambda chance: f"u-{_digits(chance, 8)}",
    "hashed_maids": lambda chance: str(uuid.UUID(int=chance.getrandbits(128))),
    "client_ip_address": _address,
    "client_user_agent": _user_agent,
}
HASHED = tuple(name for name in _MADE if not name.startswith("client_"))
SENT_IN_CLEAR = ("client_ip_address", "client_user_agent")
# Attributes that no rule reads are personal by their names.
_BY_NAME = {"email": "em", "phone": "ph", "birthday": "db", "tel": "ph", "mobile": "ph", "mail": "em"}


@dataclass(frozen=True)
class Mapped:
    """A mapping with its program, and the field of `user_data` that each personal attribute goes into.

    An attribute may be a part of a text, as a parameter of a URL is. in_texts: those of `fields` that are.
    """

    plan: Plan
    program: Program
    fields: dict[Attribute, str]
    in_texts: tuple[Attribute, ...]

    def kind_of(self, path: tuple[Any, ...]) -> str | None:
        """The field whose kind of value an attribute has; None where it is not personal."""
        attribute = tuple(part for part in path if type(part) is str)
        if attribute in self.fields:
            return self.fields[attribute]
        if not is_personal(attribute, self.plan.labels):
            return None
        return _BY_NAME.get(attribute[-1].lower(), "ln")


@cache
def mapped(path: Path) -> Mapped:
    """A mapping file, compiled."""
    reading = FileReading(Findings())
    text, project = read_text(path), project_of(path, None)
    mapping = read_mapping(text, reading)
    assert mapping is not None
    whole = with_tables(extend(mapping, project.base, reading), project.table, reading)
    plan = make_plan(whole, project, reading.found)
    assert plan is not None
    fields = dict(_fields(plan))
    texts = {way for case in plan.mapping.tests for way in _ways_of_texts(case.given, ())}
    # A text is no attribute of a person where its parts are.
    around = {one[:length] for one in fields for length in range(1, len(one))} & texts
    fields = {one: kind for one, kind in fields.items() if one not in around}
    in_texts = [one for one in fields if any(one[:length] in texts for length in range(1, len(one)))]
    return Mapped(plan, load(generate(plan)), fields, tuple(in_texts))


def _ways_of_texts(value: Any, way: Attribute) -> Iterator[Attribute]:
    """The attributes of an event whose text has parts, outer ones first."""
    parts = value
    if isinstance(value, str):
        parts = parts_of(value)
        yield from [way] if parts else []
    if isinstance(parts, list):
        for one in parts:
            yield from _ways_of_texts(one, way)
    elif isinstance(parts, dict):
        for name, one in parts.items():
            yield from _ways_of_texts(one, (*way, name))


def parts_of(text: str) -> dict[str, Any] | None:
    """The parameters of a URL, or what an object in JSON holds; None for another text."""
    if text.startswith(("https://", "http://")) and "?" in text:
        return dict(parse_qsl(urlsplit(text).query, keep_blank_values=True))
    if not text.startswith("{"):
        return None
    try:
        found: dict[str, Any] = json.loads(text)
    except ValueError:
        return None
    return found


def _with_parts(text: str, parts: dict[str, Any]) -> str:
    """A text with other parts; in a URL, an object is written as JSON."""
    if text.startswith("{"):
        return json.dumps(parts)
    written = {name: one if isinstance(one, str) else json.dumps(one) for name, one in parts.items()}
    return f"{text.partition('?')[0]}?{urlencode(written)}"


def _fields(plan: Plan) -> Iterator[tuple[Attribute, str]]:
    sections = [section.payload for section in plan.mapping.sections]
    for payload in (plan.mapping.payload, *sections):
        user = payload.get("user_data")
        for name, _, value in user.entries if isinstance(user, Fields) else ():
            if name in _MADE:
                paths = value_paths(value, plan.labels.event, plan.labels)
                yield from ((path, name) for path in paths if path[:1] != ("$meta",))


def without_people(event: Event, of: Mapped) -> Event:
    """A copy of an event less its personal values."""
    left = copy.deepcopy(event)
    for path, _ in list(leaves(event)):
        if of.kind_of(path) is not None:
            holder: Any = left
            for part in path[:-1]:
                holder = holder[part]
            if isinstance(holder, dict):
                holder.pop(path[-1], None)
            else:
                holder[path[-1]] = None
    for attribute in of.in_texts:
        _edit(left, attribute, lambda holder, name: holder.pop(name, None))
    return left


def other_person(event: Event, of: Mapped, chance: Random) -> Event:
    """A copy of an event whose personal values are those of somebody else, each of the kind it was."""
    other = copy.deepcopy(event)
    for path, value in leaves(event):
        kind = of.kind_of(path)
        if kind is not None and value is not None and type(value) is not bool:
            holder: Any = other
            for part in path[:-1]:
                holder = holder[part]
            holder[path[-1]] = _like(value, kind, chance)
    for attribute in of.in_texts:
        kind = of.fields[attribute]

        def change(holder: dict[str, Any], name: str, kind: str = kind) -> None:
            if holder.get(name) is not None:
                holder[name] = _like(holder[name], kind, chance)

        _edit(other, attribute, change)
    return other


def _like(value: Any, kind: str, chance: Random) -> Any:
    if type(value) in (int, float):
        return chance.randint(10**9, 10**10)
    if len(value) == 64 and not value.strip("0123456789abcdefABCDEF"):
        return "".join(chance.choices("0123456789abcdef", k=64))
    return made(kind, chance)


def made(kind: str, chance: Random) -> str:
    """A raw value for a field of `user_data`."""
    return _MADE[kind](chance)


def put(event: Event, attribute: Attribute, value: Any) -> None:
    """Put a value at an attribute, in each object of the lists on the way, and in the texts that have it as
    a part; makes the objects it needs.
    """
    _edit(event, attribute, lambda holder, name: holder.update({name: value}))


def _edit(holder: dict[str, Any], attribute: Attribute, edit: Callable[[dict[str, Any], str], None]) -> None:
    name, *rest = attribute
    if not rest:
        edit(holder, name)
        return
    held = holder.get(name)
    parts: Any = parts_of(held) if isinstance(held, str) else held
    if not isinstance(parts, dict | list):
        parts = holder[name] = {}
    for one in parts if isinstance(parts, list) else [parts]:
        if isinstance(one, dict):
            _edit(one, tuple(rest), edit)
    if isinstance(held, str) and parts_of(held) is not None:
        holder[name] = _with_parts(held, parts)


def given_events(of: Mapped) -> list[tuple[Event, dict[str, Any] | None]]:
    """The events of the tests that stand in a mapping, with what the host knows of each."""
    return [
        (case.given, case.meta if isinstance(case.meta, dict) else None)
        for case in of.plan.mapping.tests
        if isinstance(case.given, dict)
    ]


def events_of(folder: Path, prefixes: tuple[str, ...]) -> list[Event]:
    """The sample events of sources, by the beginnings of their files' names."""
    return [
        json.loads(path.read_bytes())
        for path in sorted(folder.glob("*.json"))
        if path.name.startswith(prefixes)
    ]
