"""The rules of a draft, each with its evidence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from mapper.authoring import Json
from mapper.workbench.drafting.seen_attributes import Attribute, Samples
from mapper.workbench.yaml_text import in_quotes

_LONGEST_SHOWN = 48
# Of so many events, a share is told as a percentage.
_MANY = 100
# So many questions are asked about names of events.
_MOST_ASKED = 8


@dataclass(frozen=True, slots=True)
class DraftRule:
    """The rule of a field.

    value: as a mapping holds it: an expression, or an object such as `{from: ..., apply: ...}`. evidence: why
    it was guessed, for a comment. reads: the attributes that it reads.
    """

    value: Json
    evidence: str = ""
    reads: tuple[Attribute, ...] = ()

    @property
    def todo(self) -> bool:
        """Whether the author has to decide it."""
        return isinstance(self.value, dict) and "todo" in self.value

    def applies(self, transform: str) -> bool:
        """Whether its only step is this transform."""
        step = self.value.get("apply") if isinstance(self.value, dict) else None
        return isinstance(step, dict) and transform in step


@dataclass(frozen=True, slots=True)
class DraftSkip:
    """A skip that is proposed. when: its condition. because: the reason. evidence: how many it skips."""

    when: str
    because: str
    evidence: str
    reads: Attribute


@dataclass(slots=True)
class Rules:
    """The parts of a draft.

    split: the expression that gives the parts of a source event; parts: the evidence for it. names: the event
    name to send for each name of the source; None if the author has to decide. undone: names of events that
    are taken back, as refunds; hidden: how many others are not shown, as they hold personal text.
    likely_consent: the attribute that may hold consent, if none has a name about it.
    """

    lets: dict[str, DraftRule] = field(default_factory=dict)
    fields: dict[str, DraftRule] = field(default_factory=dict)
    items: dict[str, DraftRule] = field(default_factory=dict)
    split: str = ""
    parts: str = ""
    skips: tuple[DraftSkip, ...] = ()
    match: Attribute | None = None
    names: dict[str, str | None] = field(default_factory=dict)
    undone: tuple[str, ...] = ()
    because_undone: str = ""
    hidden: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    send: DraftRule | None = None
    consent: DraftRule | None = None
    likely_consent: Attribute | None = None

    @property
    def todos(self) -> int:
        """The number of places that the author has to decide."""
        parts = [*self.fields.values(), *(one for one in (self.send, self.consent) if one is not None)]
        return sum(one.todo for one in parts) + (len(self.asked_names) if self.match is not None else 0)

    @property
    def asked_names(self) -> list[list[str]]:
        """The names that the author has to decide, commonest first: some alone, the others together."""
        unknown = [name for name, meaning in self.names.items() if meaning is None]
        unknown.sort(key=lambda name: -self.counts.get(name, 0))
        alone = unknown if len(unknown) <= _MOST_ASKED else unknown[: _MOST_ASKED - 1]
        rest = unknown[len(alone) :]
        return [[name] for name in alone] + ([rest] if rest else [])


def asked(question: str, *reads: Attribute, evidence: str = "") -> DraftRule:
    """A question to the author, in place of a value."""
    return DraftRule({"todo": question}, evidence, reads)


def part_of(count: int, of: int) -> str:
    """A count among all: `48 of 58`, or a percentage of many."""
    return f"{count} of {of}" if of < _MANY else f"{count / of:.0%} of {of:,}"


def share_of(sources: Sequence[Attribute], samples: Samples) -> str:
    """The number of events that have at least one of the attributes, in words."""
    return part_of(len(frozenset[int]().union(*(one.events for one in sources))), len(samples.events))


def seen(sources: Sequence[Attribute], samples: Samples, *, is_personal: bool = False) -> str:
    """The number of events with one of the attributes, and a value of the first if it is not personal.

    A value that comes again has its own count: `true in 48 of 58`.
    """
    share = share_of(sources, samples)
    if is_personal:
        return share
    first = sources[0]
    value, count = _common(first)
    there = len(first.values)
    if not value:
        return share
    if count == 1 < there:
        return f"{share}, e.g. {value}"
    if count == there and len(sources) == 1:
        return f"{value} in {share}"
    lack = len(samples.events) - there
    said = f"{value} in {part_of(count, there)}"
    return f"{said}; {part_of(lack, len(samples.events))} lack it" if lack and len(sources) == 1 else said


def named_value(values: Sequence[Json]) -> str:
    """Values as evidence names them: `true`, `"refunded"`, `present` if it is about any value."""
    return " or ".join(json.dumps(value, ensure_ascii=False) for value in values) or "present"


def shown(attribute: Attribute) -> str:
    """A value that may be shown, and how many of the elements of a list have it."""
    value, count = _common(attribute)
    if not value or count == 1:
        return f"e.g. {value}" if value else ""
    return f"{value} in {part_of(count, len(attribute.values))}"


def _common(attribute: Attribute) -> tuple[str, int]:
    """A value that may be shown: a time or an amount, or a word that many events have; how often it was seen.

    It is "" if there is none.
    """
    said = attribute.schema.get("x-seen", {})
    example: Json = said.get("example", "")
    count = 1
    if not example and said.get("values") and 2 * len(said["values"]) <= len(attribute.values):
        example, count = said["values"][0]
    if attribute.is_personal or example in ("", None):
        return "", 0
    text = in_quotes(example) if isinstance(example, str) else json.dumps(example)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}...", count
