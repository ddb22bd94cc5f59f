"""Attributes of samples -> which of them fill the fields of a target, by names, values and sums."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from mapper import Invalid
from mapper.authoring import Json
from mapper.workbench.drafting.likely_fields import FEWEST, Fillable, Vocabulary
from mapper.workbench.drafting.seen_attributes import Attribute, AttributePath, Samples

# (path of a field, value) -> the value that the field would send; raises Invalid if the field rejects it.
Settle = Callable[[str, Json], Json]

_FEWEST_TAKEN = 0.9
_MOST_TRIED = 60
MOST_SOURCES = 3
# An alternative under `from` may score this much less than the first one.
_NEAR = 0.3
_BY_VALUES = {"email": 0.74, "ip": 0.74, "user_agent": 0.78, "phone": 0.72, "currency": 0.74}
_FEWEST_OF_SHAPE = 0.9
MOST_KINDS = 12
_NEARLY_ALL = 0.95
_MOST_NAMES = 40
_MOST_BESIDE_MONEY = 2
_CERTAIN = 0.9
_COMPANY = 0.2
_NAMED_AND_SHAPED = 0.75
# Shapes of times without a UTC offset.
LOCAL: tuple[str, ...] = ("local_time", "other_date", "date")


@dataclass(frozen=True, slots=True)
class FieldChoice:
    """The attributes that fill a field, likeliest first, and how likely the first is."""

    path: str
    sources: tuple[Attribute, ...]
    score: float

    @property
    def first(self) -> Attribute:
        """The likeliest attribute for the field."""
        return self.sources[0]


@dataclass(frozen=True, slots=True)
class Judge:
    """Scores attributes for fields of the target, by their names (`vocabulary`) and values (`settle`).

    time: the path of the event's time.
    """

    vocabulary: Vocabulary
    settle: Settle
    time: str = ""

    def takes(self, path: str, values: Sequence[Json]) -> float:
        """The share of values that a field accepts. Values that it leaves out as absent do not count."""
        taken = refused = 0
        for value in values[:: max(1, len(values) // _MOST_TRIED)]:
            try:
                taken += self.settle(path, value) is not None
            except Invalid:
                refused += 1
        return taken / (taken + refused) if taken else 0.0

    def score(
        self, attribute: Attribute, names: AttributePath, field: Fillable, beside: Sequence[Attribute] = ()
    ) -> float:
        """The fit of an attribute for a field, by its name and the shape of its values; 0 if it does not fit.

        beside: all attributes that are compared with the field, for hints from neighbours in the same object.
        """
        if attribute.is_personal and not field.personal:
            return 0.0
        score = self.vocabulary.score(names, field)
        if attribute.around and not field.personal and len(names) == 1:
            score = max(score, self.vocabulary.score((*attribute.around, *names), field))
        if 0 < score < FEWEST and self._in_company(attribute, field, beside):
            score += _COMPANY if not field.in_list or self._is_free(names) else 0.0
        shaped = field.shape and attribute.share(field.shape) >= _FEWEST_OF_SHAPE
        if shaped and score < FEWEST and self._may_be(attribute, field):
            score = max(_NAMED_AND_SHAPED if score else 0.0, _BY_VALUES.get(field.shape, 0.0))
        if 0 < score < FEWEST and field.path == self.time and len(names) == 1:
            score += _COMPANY
        if field.shape == "user_agent" and score < 1 and shaped:
            score += 0.05
        is_local = field.path == self.time and sum(map(attribute.share, LOCAL)) >= _FEWEST_TAKEN
        if score < FEWEST or not (is_local or self.takes(field.path, attribute.values) >= _FEWEST_TAKEN):
            return 0.0
        if field.personal and field.shape == "email" and _is_of_the_shop(attribute):
            return 0.0
        return score - 0.004 * len(names)

    def _is_free(self, names: AttributePath) -> bool:
        """Whether names in a list are not certainly those of a field outside of lists."""
        others = (one for one in self.vocabulary.fields if not one.in_list)
        return not any(self.vocabulary.score(names, one) >= _CERTAIN for one in others)

    def _in_company(self, attribute: Attribute, field: Fillable, beside: Sequence[Attribute]) -> bool:
        """Whether another attribute of the same object surely fills a field that comes with this one."""
        others = [self.vocabulary.field(path) for path in self.vocabulary.company.get(field.path, ())]
        return any(
            other is not None
            and (
                self.vocabulary.score(one.names, other) >= FEWEST
                or (other.shape == "currency" and one.share(other.shape) >= _FEWEST_OF_SHAPE)
            )
            for one in beside
            if one.at == attribute.at and one.names[:-1] == attribute.names[:-1] and one is not attribute
            for other in others
        )

    def _may_be(self, attribute: Attribute, field: Fillable) -> bool:
        """Whether no word in the names says that the attribute belongs to someone else than the customer."""
        words = {word for name in attribute.names for word in self.vocabulary.split(name)}
        last = "".join(self.vocabulary.split(attribute.names[-1]))
        around = words - ({last} if last in field.names else set())
        return around.isdisjoint(self.vocabulary.words["others"] | field.refused)


def _is_of_the_shop(attribute: Attribute) -> bool:
    """Whether an email address is the shop's own: the same in five or more events."""
    return len(attribute.values) >= 5 and attribute.distinct == 1


def naming(attribute: Attribute, siblings: Iterable[Attribute], judge: Judge) -> AttributePath:
    """The names to judge an attribute by: the amount in `unitPrice: {amount, currency}` is a `unitPrice`."""
    last = "".join(judge.vocabulary.split(attribute.names[-1]))
    if len(attribute.names) < 2 or last not in judge.vocabulary.words["money"]:
        return attribute.names
    beside = [
        one
        for one in siblings
        if one.at == attribute.at and one.names[:-1] == attribute.names[:-1] and one.names != attribute.names
    ]
    is_money = any(one.share("currency") >= _FEWEST_OF_SHAPE for one in beside)
    return attribute.names[:-1] if is_money and len(beside) <= _MOST_BESIDE_MONEY else attribute.names


def choose(samples: Samples, judge: Judge, fields: Iterable[Fillable]) -> dict[str, FieldChoice]:
    """The attributes that fill the given fields, best score first. An attribute fills at most one field."""
    outside = [one for one in samples.attributes if one.at is None and one.values]
    scored = [
        (judge.score(one, naming(one, outside, judge), field, outside), one, field)
        for field in fields
        for one in outside
    ]
    scored = [entry for entry in scored if entry[0] >= FEWEST]
    scored.sort(key=lambda entry: (-entry[0], entry[1].names, entry[2].path))
    taken: set[AttributePath] = set()
    chosen: dict[str, FieldChoice] = {}
    for score, attribute, field in scored:
        before = chosen.get(field.path)
        if attribute.names in taken:
            continue
        if before is None:
            chosen[field.path] = FieldChoice(field.path, (attribute,), score)
        elif _adds(before, attribute, score, apart=not field.personal):
            chosen[field.path] = FieldChoice(field.path, (*before.sources, attribute), before.score)
        else:
            continue
        taken.add(attribute.names)
    return chosen


def _adds(before: FieldChoice, attribute: Attribute, score: float, *, apart: bool) -> bool:
    """Whether an attribute is a useful alternative: it has values in events where those before it have none.

    apart: refuse it if it ever has a value together with them.
    """
    covered = frozenset[int]().union(*(one.events for one in before.sources))
    if apart and not attribute.events.isdisjoint(covered):
        return False
    return (
        len(before.sources) < MOST_SOURCES
        and score >= before.score - _NEAR
        and not attribute.events <= covered
    )


def named_events(samples: Samples, judge: Judge) -> tuple[Attribute, dict[str, str | None]] | None:
    """The attribute that names the event, and each of its values with the target's name for it."""
    best: tuple[float, Attribute] | None = None
    for one in samples.attributes:
        if one.at is not None or not _may_name_events(one, samples, judge):
            continue
        counts = Counter(map(str, one.values))
        known = sum(times for name, times in counts.items() if judge.vocabulary.meant_event(name) is not None)
        words = judge.vocabulary.split(one.names[-1])
        score = known / len(one.values) + 0.2 * ("event" in words) - 0.02 * len(one.names)
        is_told = known / len(one.values) >= (0.2 if one.distinct <= len(one.values) / 2 + 2 else 0.5)
        if one.distinct == 1 and len(one.values) > 3 and "event" not in words:
            continue  # one constant value does not distinguish events
        if is_told and (best is None or score > best[0]):
            best = score, one
    if best is None:
        unknown = [one for one in samples.attributes if one.at is None and len(one.names) == 1]
        told = [one for one in unknown if one.distinct > 1 and _may_name_events(one, samples, judge)]
        if len(told) != 1 or len(told[0].events) < len(samples.events):
            return None
        best = 0.0, told[0]
    names = sorted({str(value) for value in best[1].values})
    return best[1], {name: judge.vocabulary.meant_event(name) for name in names}


def _may_name_events(one: Attribute, samples: Samples, judge: Judge) -> bool:
    vocabulary = judge.vocabulary
    keys = {
        "".join(vocabulary.split(one.names[-1])),
        "".join(map("".join, map(vocabulary.split, one.names[-2:]))),
    }
    words = {"".join(vocabulary.split(word)) for word in vocabulary.words["event_names"]}
    if not keys & words or not all(isinstance(value, str) for value in one.values):
        return False
    return (
        one.distinct <= _MOST_NAMES and len(one.events) >= 0.5 * len(samples.events) and not one.is_personal
    )


def likely_names(samples: Samples, judge: Judge, used: Collection[AttributePath]) -> tuple[Attribute, ...]:
    """Attributes that may name the kind of an event: few different words, in nearly all events."""
    found = [
        one
        for one in samples.attributes
        if one.at is None and not one.is_personal and one.names not in used
        if len(one.events) >= _FEWEST_TAKEN * len(samples.events)
        if 1 < one.distinct <= min(MOST_KINDS, len(one.values) / 2)
        if one.share("text") == 1 and _is_of_kinds(one, judge)
    ]
    return tuple(sorted(found, key=lambda one: len(one.names))[:MOST_SOURCES])


def _is_of_kinds(attribute: Attribute, judge: Judge) -> bool:
    """Whether the last word of its name means a kind or a step."""
    last = judge.vocabulary.split(attribute.names[-1])[-1:]
    return not judge.vocabulary.words["kinds"].isdisjoint(last)


def likely_times(samples: Samples, judge: Judge, used: Collection[AttributePath]) -> tuple[Attribute, ...]:
    """The times that nearly all events have and whose names do not say that they are of something else."""
    field = judge.vocabulary.field(judge.time)
    refused = frozenset[str]() if field is None else field.refused
    return tuple(
        one
        for one in samples.attributes
        if one.at is None and one.names not in used and not one.is_personal
        if len(one.events) >= _NEARLY_ALL * len(samples.events)
        if one.share("time") + sum(map(one.share, LOCAL)) >= _NEARLY_ALL
        if not any(refused.intersection(judge.vocabulary.split(name)) for name in one.names)
    )


def is_of_another(attribute: Attribute, judge: Judge) -> bool:
    """Whether an attribute is a person's or a visit's by a word of its names."""
    words = {word for name in attribute.names for word in judge.vocabulary.split(name)}
    return not words.isdisjoint(judge.vocabulary.words["apart"] | judge.vocabulary.words["persons"])


def number(value: Json) -> float | None:
    """A number, or a text that writes one, as a float; else None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None
