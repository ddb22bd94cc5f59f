"""The keys of a mapping that hold parts which are inherited one by one, and what each part is known by.

The only such table: merging, taking away, overriding and advice about empty keys read it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable
from typing import Any

from mapper.compiler.syntax.section_nodes import Section
from mapper.texts.named_text import Span
from mapper.values.frozen import dataclass
from mapper.values.types import Json


@dataclass(frozen=True, slots=True)
class PartKind:
    """The parts under one key. attribute: of Mapping; known_by, span: of a part, its name and where that is.

    said_by: of a list, the keys of an item that tell it from others; () of parts that have names, of which an
    own one replaces an inherited one. without: how to write that one is not inherited.
    """

    attribute: str
    known_by: Callable[[Any], tuple[Hashable, ...]]
    span: Callable[[Any], Span]
    without: str
    said_by: tuple[str, ...] = ()


def compared(values: Iterable[Json]) -> Hashable:
    """The values of a key of a section or of a rule of `skip`, as they are compared with those of others."""
    written: set[str] = set()
    for value in values:
        patterns = value.get("pattern") if isinstance(value, dict) else None
        if isinstance(value, dict) and patterns is not None:
            any_case = bool(value.get("any_case", False))
            many = patterns if isinstance(patterns, list) else [patterns]
            written |= {json.dumps([one, any_case]) for one in many}
        else:
            written.add(json.dumps(value, sort_keys=True))
    return frozenset(written)


def matched(section: Section) -> tuple[Hashable, ...]:
    """The condition of a section, as one that is taken away is compared with it."""
    values: list[Json] = [one.value for one in section.constants or ()]
    values += [{"pattern": one.node.text, "any_case": one.any_case} for one in section.patterns]
    is_ = None if section.constants is None else compared(values)
    return is_, None if section.when is None else compared([section.when.text])


def _named(attribute: str, span: Callable[[Any], Span]) -> PartKind:
    return PartKind(attribute, lambda one: (one.name,), span, "{NAME: {inherit: false}}")


PARTS: dict[str, PartKind] = {
    "let": _named("lets", lambda one: one.span),
    "functions": _named("functions", lambda one: one.name_span),
    "tables": _named("tables", lambda one: one.form.span),
    "skip": PartKind(
        "skips",
        lambda one: (compared([one.because]),),
        lambda one: one.span,
        "{because: REASON, inherit: false}",
        ("because",),
    ),
    "events": PartKind(
        "sections", matched, lambda one: one.span, "{is: NAME, inherit: false}", ("is", "when")
    ),
}
