"""Samples -> the skips that a draft proposes: test events, the staff's, and what is cancelled or returned."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from mapper import Invalid
from mapper.authoring import Json
from mapper.workbench.drafting.guesses import MOST_KINDS, Judge
from mapper.workbench.drafting.likely_fields import SkipWords
from mapper.workbench.drafting.rule import DraftSkip, named_value, part_of
from mapper.workbench.drafting.seen_attributes import Attribute, AttributePath, Samples
from mapper.workbench.yaml_text import PLAIN

# No more of the events are skipped: a mark of most of them means something else.
_MOST = 0.5
_MOST_WORDS = 2
_OF_TIMES = frozenset({"at", "on", "date", "time"})


@dataclass(frozen=True, slots=True)
class _Marks:
    """The values of an attribute that mark events, and the condition that is true for them."""

    values: tuple[Json, ...]
    when: str


def propose_skips(samples: Samples, judge: Judge, used: Collection[AttributePath]) -> Iterator[DraftSkip]:
    """A skip for each attribute that marks some of the events. used: what fills fields."""
    for stated in judge.vocabulary.skips:
        for one in samples.attributes:
            if one.at is not None or not one.values or one.is_personal or one.names in used:
                continue
            marks = _flag(one, stated, judge) or _state(one, stated, judge) or _time(one, stated, judge)
            if marks is None:
                continue
            count = (
                len(one.values) if not marks.values else sum(value in marks.values for value in one.values)
            )
            if 0 < count <= _MOST * len(samples.events):
                said = f"{named_value(marks.values)} in {part_of(count, len(one.values))}"
                yield DraftSkip(marks.when, stated.because, said, one)


def _words(attribute: Attribute, stated: SkipWords, judge: Judge) -> tuple[set[str], set[str]]:
    """The words of a name that say why to skip, and those that say anything else."""
    words = judge.vocabulary.split(attribute.names[-1])
    stem = judge.vocabulary.event_words.stem
    own = {word for word in words if stem(word) in stated.stems}
    return own, {*words} - own - judge.vocabulary.words["flags"] - judge.vocabulary.words["persons"]


def _flag(attribute: Attribute, stated: SkipWords, judge: Judge) -> _Marks | None:
    """The marks of a yes or no with such a name."""
    own, others = _words(attribute, stated, judge)
    if not own or others or judge.takes(judge.vocabulary.roles.get("truth", ""), attribute.values) < 1:
        return None
    path = judge.vocabulary.roles["truth"]
    values = _different(attribute.values)
    wanted = tuple(value for value in values if _truth(value, path, judge) != stated.negated)
    return _marks(attribute, wanted)


def _truth(value: Json, path: str, judge: Judge) -> bool:
    with suppress(Invalid):
        return bool(judge.settle(path, value))
    return False


def _state(attribute: Attribute, stated: SkipWords, judge: Judge) -> _Marks | None:
    """The marks of a state or mode, some of whose words say it."""
    vocabulary = judge.vocabulary
    if stated.negated or attribute.share("text") < 1 or attribute.distinct > MOST_KINDS:
        return None
    about = ("kinds", "modes") if stated.undone else ("modes", "persons")
    if not any(vocabulary.is_about(attribute.names[-1:], one) for one in about):
        return None
    stem = vocabulary.event_words.stem
    wanted = tuple(
        value
        for value in _different(attribute.values)
        if not stated.stems.isdisjoint(map(stem, vocabulary.split(str(value))))
    )
    return _marks(attribute, wanted)


def _time(attribute: Attribute, stated: SkipWords, judge: Judge) -> _Marks | None:
    """The mark that a time as `cancelled_at` is: it is there."""
    own, others = _words(attribute, stated, judge)
    if not own or others - _OF_TIMES or attribute.share("time") + attribute.share("local_time") < 1:
        return None
    return _Marks((), f"present({attribute.text})")


def _different(values: Sequence[Json]) -> list[Json]:
    return sorted({(type(value).__name__, str(value)): value for value in values}.values(), key=str)


def _may_be_shown(value: Json) -> bool:
    """Whether an expression may hold a value: longer texts could say something of a person."""
    if not isinstance(value, str):
        return True
    return PLAIN.fullmatch(value) is not None and len(value.split()) <= _MOST_WORDS


def _marks(attribute: Attribute, wanted: tuple[Json, ...]) -> _Marks | None:
    """The condition that an attribute has one of some values; None if it cannot be written."""
    if not wanted or not all(_may_be_shown(value) for value in wanted):
        return None
    if len(wanted) == 1 and wanted[0] is True:
        return _Marks(wanted, f"boolean({attribute.text})")
    texts = [f"'{value}'" if isinstance(value, str) else f"`{str(value).lower()}`" for value in wanted]
    if len(texts) == 1:
        return _Marks(wanted, f"{attribute.text} == {texts[0]}")
    return _Marks(wanted, f"contains([{', '.join(texts)}], {attribute.text})")
