"""The rules of a draft, each with its evidence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from mapper import Json
from mapper.workbench.drafting.samples import Attribute, Samples
from mapper.workbench.yaml_text import in_quotes

_LONGEST_SHOWN = 48


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


@dataclass(slots=True)
class Rules:
    """The parts of a draft.

    split: the expression that gives the parts of a source event; parts: the evidence for it. names: the event
    name to send for each name of the source; None if the author has to decide. likely_consent: the attribute
    that may hold consent, if none has a name about it.
    """

    lets: dict[str, DraftRule] = field(default_factory=dict)
    fields: dict[str, DraftRule] = field(default_factory=dict)
    items: dict[str, DraftRule] = field(default_factory=dict)
    split: str = ""
    parts: str = ""
    match: Attribute | None = None
    names: dict[str, str | None] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    send: DraftRule | None = None
    consent: DraftRule | None = None
    likely_consent: Attribute | None = None

    @property
    def todos(self) -> int:
        """How many places the author has to decide."""
        parts = [*self.fields.values(), *(one for one in (self.send, self.consent) if one is not None)]
        unnamed = sum(meaning is None for meaning in self.names.values())
        return sum(one.todo for one in parts) + (unnamed if self.match is not None else 0)


def asked(question: str, *reads: Attribute, evidence: str = "") -> DraftRule:
    """A question to the author, in place of a value."""
    return DraftRule({"todo": question}, evidence, reads)


def share_of(sources: Sequence[Attribute], samples: Samples) -> str:
    """How many events have at least one of the attributes: `48 of 58`."""
    there, of = len(frozenset[int]().union(*(one.events for one in sources))), len(samples.events)
    return f"{there:,} of {of:,}" if of < 100 else f"{there / of:.0%} of {of:,}"


def seen(sources: Sequence[Attribute], samples: Samples, *, is_personal: bool = False) -> str:
    """How many events have at least one of the attributes, and a value of the first if it is not personal."""
    example = "" if is_personal else shown(sources[0])
    return f"{share_of(sources, samples)}: {example}" if example else share_of(sources, samples)


def shown(attribute: Attribute) -> str:
    """A value that may be shown: a time or an amount, or a word that many events have."""
    if attribute.is_personal:
        return ""
    said = attribute.schema.get("x-seen", {})
    example: Json = said.get("example", "")
    if not example and said.get("values") and 2 * len(said["values"]) <= len(attribute.values):
        example = said["values"][0][0]
    if example in ("", None):
        return ""
    text = in_quotes(example) if isinstance(example, str) else json.dumps(example)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
