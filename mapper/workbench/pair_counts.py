"""Blocks of events x two programs -> how their payloads differ, counted by path, in bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

from mapper import Invalid, Outcome, Program
from mapper.authoring import Json, PayloadPath, nearest
from mapper.feeds import Block, Broken, is_blank
from mapper.masking import masked_text
from mapper.running.blocks import meta_of
from mapper.running.counts import ShownNames
from mapper.workbench.payload_difference import DifferenceKind, PathPair, differences, is_same

# The order of severity, in which they are told.
Alarm: TypeAlias = Literal[
    "",
    "consent looser",
    "consent changed",
    "opt-out changed",
    "identity lost",
    "identity changed",
    "more personal data",
    "key changed",
    "sent now",
    "no longer sent",
    "skip changed",
    "section changed",
    "money changed",
    "time changed",
]
_ALARMS = (*get_args(Alarm)[1:], "")
SENT = "sent"
_NOTHING = "nothing"
_NO_EVENT = "rejected: not an event"
_MOST_PATHS = 3
_WHOLE = 2


class PathKey(NamedTuple):
    """A kind of difference at a path. Differences with the same key are counted together."""

    path: str
    kind: DifferenceKind
    alarm: Alarm


class OutcomeKey(NamedTuple):
    """The outcome of an event in the old version and in the new one."""

    old: str
    new: str
    alarm: Alarm


class PlacePair(NamedTuple):
    """`file:line` of the old and of the new rule; "" for none."""

    old: str
    new: str


class ValuePair(NamedTuple):
    """The unmasked old and new value of one event at a path; None for no value.

    text: the event itself, kept only for the first event of each kind of difference; else empty.
    """

    line: int
    text: bytes
    old: Json = None
    new: Json = None


@dataclass(slots=True)
class DifferenceCount:
    """The number of events that differ in one way.

    first: the values of the first of these events; for outcomes only its line. names: event names in the
    payloads, if they may be shown.
    """

    first: ValuePair
    count: int = 0
    places: Counter[PlacePair] = field(default_factory=Counter)
    names: Counter[str] = field(default_factory=Counter)

    def add(self, other: DifferenceCount) -> None:
        """Add the counts of the next part of a feed."""
        self.count += other.count
        self.places.update(other.places)
        self.names.update(other.names)


class ChangedOutcome(NamedTuple):
    """Another outcome of one event. name: the event name of the payload, if it may be shown.

    of_consent: consent keeps back the event, or some of its fields, in one version or both.
    """

    key: OutcomeKey
    name: str
    places: PlacePair
    of_consent: bool


class ChangedValue(NamedTuple):
    """A difference of one event at a path, with unmasked values."""

    key: PathKey
    pair: PathPair
    places: PlacePair


@dataclass(frozen=True, slots=True)
class DifferentEvent:
    """One event and all its differences."""

    line: int
    text: bytes
    outcomes: tuple[ChangedOutcome, ...]
    paths: tuple[ChangedValue, ...]


@dataclass(slots=True)
class PairCounts:
    """The differences of two programs over some events.

    broken: texts that neither program can decode. shown: the first events that differ.
    """

    events: int = 0
    different: int = 0
    broken: int = 0
    paths: dict[PathKey, DifferenceCount] = field(default_factory=dict)
    outcomes: dict[OutcomeKey, DifferenceCount] = field(default_factory=dict)
    shown: list[DifferentEvent] = field(default_factory=list)

    def add(self, part: PairCounts, most_shown: int) -> None:
        """Add the counts of the next part of a feed."""
        self.events += part.events
        self.different += part.different
        self.broken += part.broken
        self.shown += part.shown[: most_shown - len(self.shown)]
        _add(self.paths, part.paths)
        _add(self.outcomes, part.outcomes)


def _add(whole: dict[Any, DifferenceCount], part: Mapping[Any, DifferenceCount]) -> None:
    for key, count in part.items():
        if key in whole:
            whole[key].add(count)
        else:
            whole[key] = count


# The differences of one event.
_Outcomes: TypeAlias = dict[OutcomeKey, ChangedOutcome]
_Paths: TypeAlias = dict[PathKey, ChangedValue]


@dataclass(slots=True)
class ProgramSide:
    """The old or the new program. rules: by section and path, where the rule is written.

    stripped: the paths that consent removes from a payload.
    """

    program: Program
    rules: dict[int, dict[str, str]]
    stripped: tuple[str, ...] = ()

    def place(self, section: int, path: str) -> str:
        """The place of the rule of a path, its nearest parent or its first child; "" for none."""
        rules = self.rules.get(section)
        if rules is None:
            return ""
        if path not in rules:
            rules[path] = nearest(path, rules) or ""
        return rules[path]

    def outcomes(self, text: bytes, meta: dict[str, Any]) -> list[Outcome] | None:
        """The outcomes of an event; None if the text cannot be decoded."""
        try:
            return self.program.apply_json(text, meta if self.program.code.reads_meta else None)
        except Invalid:
            return None


@dataclass(frozen=True, slots=True)
class Ignored:
    """The parts that are not compared: paths with all below them, and (`outcomes`) what events end as."""

    paths: tuple[str, ...] = ()
    outcomes: bool = False

    def holds(self, path: str) -> bool:
        """Whether a path is not compared."""
        return any(path == one or path.startswith((f"{one}.", f"{one}[")) for one in self.paths)


@dataclass(slots=True)
class PairWorker:
    """Compares what two programs make of the events of a feed, or of some of its blocks.

    marks: the facts of each path of the payload. personal: the paths with personal values. names: the event
    names that may be shown. most_shown: the number of events that are kept whole. The text of an event is
    kept if it is the first with a kind of difference.
    """

    old: ProgramSide
    new: ProgramSide
    marks: Mapping[str, PayloadPath]
    personal: frozenset[str]
    names: ShownNames
    ignored: Ignored
    meta: Mapping[str, Any]
    most_shown: int
    name_field: str
    _known: frozenset[str] = field(init=False)
    _met: set[Any] = field(default_factory=set)
    _shown: int = 0

    def __post_init__(self) -> None:
        self._known = frozenset(self.marks)

    def work(self, block: Block) -> PairCounts:
        """The differences of the events of a block."""
        counts = PairCounts()
        for (line, text), known in zip(block.texts(), block.metas(), strict=False):
            if isinstance(text, Broken):
                counts.events += 1
                counts.broken += 1
            elif not is_blank(text):
                self.compare(text, line, meta_of(line, self.meta, known), counts)
        return counts

    def compare(self, text: bytes, line: int, meta: dict[str, Any], counts: PairCounts) -> None:
        """Compare what becomes of one event."""
        counts.events += 1
        old, new = self.old.outcomes(text, meta), self.new.outcomes(text, meta)
        if old is None and new is None:
            counts.broken += 1
            return
        outcomes: _Outcomes = {}
        paths: _Paths = {}
        for before, after in _paired(old, new, self.name_field):
            self._compare(before, after, outcomes, paths)
        if outcomes or paths:
            self._count(line, text, outcomes, paths, counts)

    def _compare(
        self,
        old: Outcome | None,
        new: Outcome | None,
        outcomes: _Outcomes,
        paths: _Paths,
    ) -> None:
        before, after = _payload(old), _payload(new)
        if before is None or after is None or old is None or new is None:
            labels = _label(old, self.old, self.names), _label(new, self.new, self.names)
        else:
            labels = _sent(old, self.old), _sent(new, self.new)
            if bool(old.without_consent) == bool(new.without_consent):
                labels = SENT, SENT
            if not is_same(before, after):
                for pair in differences(before, after, self._known):
                    if not self.ignored.holds(pair.path):
                        key = PathKey(pair.path, pair.kind, self._alarm(pair))
                        places = self._places(pair.path, old, new)
                        paths.setdefault(key, ChangedValue(key, pair, places))
        if labels[0] != labels[1] and not self.ignored.outcomes:
            ends = OutcomeKey(*labels, _outcome_alarm(old, new))
            places = PlacePair(_why(old), _why(new))
            of_consent = _share_sent(old) + _share_sent(new) < 2 * _WHOLE
            name = self._name(before or after)
            outcomes.setdefault(ends, ChangedOutcome(ends, name, places, of_consent))

    def _name(self, payload: dict[str, Any] | None) -> str:
        """The name of an event, if it may be shown."""
        name = "" if payload is None else str(payload.get(self.name_field, ""))
        return self.names.shown(name) or ""

    def _places(self, path: str, old: Outcome, new: Outcome) -> PlacePair:
        return PlacePair(self.old.place(old.section, path), self.new.place(new.section, path))

    def _alarm(self, pair: PathPair) -> Alarm:
        return path_alarm(pair, self.marks.get(pair.path), is_personal=pair.path in self.personal)

    def _count(
        self,
        line: int,
        text: bytes,
        outcomes: _Outcomes,
        paths: _Paths,
        counts: PairCounts,
    ) -> None:
        counts.different += 1
        if self._shown < self.most_shown:
            self._shown += 1
            event = DifferentEvent(line, text, tuple(outcomes.values()), tuple(paths.values()))
            counts.shown.append(event)
        kept = b"" if self._met.issuperset((*outcomes, *paths)) else text
        self._met.update((*outcomes, *paths))
        for end in outcomes.values():
            _counted(counts.outcomes, end.key, ValuePair(line, kept), end.places).names[end.name] += 1
        for one in paths.values():
            values = ValuePair(line, kept, one.pair.old, one.pair.new)
            _counted(counts.paths, one.key, values, one.places)


def severity(alarm: Alarm) -> int:
    """The place of an alarm among all: the lower, the earlier it is told."""
    return _ALARMS.index(alarm)


def path_alarm(pair: PathPair, mark: PayloadPath | None, *, is_personal: bool) -> Alarm:
    """The alarm about a difference at a path. mark: of the path, where the target knows it."""
    if mark is not None and mark.is_key:
        return "key changed"
    if mark is not None and mark.identifies and pair.fewer:
        return "identity lost"
    if is_personal and pair.more:
        return "more personal data"
    return "" if mark is None or pair.old is None else field_alarm(mark)


def field_alarm(mark: PayloadPath) -> Alarm:
    """The alarm about another value at a path, by what it means for whoever receives it."""
    if mark.refuses:
        return "opt-out changed"
    if mark.identifies:
        return "identity changed"
    if mark.is_money:
        return "money changed"
    return "time changed" if mark.is_time else ""


def _counted(
    counts: dict[Any, DifferenceCount], key: Any, first: ValuePair, places: PlacePair
) -> DifferenceCount:
    count = counts.get(key)
    if count is None:
        count = counts[key] = DifferenceCount(first)
    count.count += 1
    count.places[places] += 1
    return count


def _payload(outcome: Outcome | None) -> dict[str, Any] | None:
    return None if outcome is None else outcome.payload


_Pairs: TypeAlias = list[tuple[Outcome | None, Outcome | None]]
# The outcome of a text that only the other program can decode.
_BROKEN = Outcome()


def _paired(old: list[Outcome] | None, new: list[Outcome] | None, name_field: str) -> _Pairs:
    """Old and new outcomes in pairs: first equal payloads, then equal event names, then by position."""
    before, after = [_BROKEN] if old is None else [*old], [_BROKEN] if new is None else [*new]
    if len(before) == len(after) == 1:
        return [(before[0], after[0])]
    pairs = _taken(before, after, _payload)
    pairs += _taken(before, after, lambda one: (_payload(one) or {}).get(name_field))
    return [*pairs, *_by_place(before, after)]


def _taken(old: list[Outcome], new: list[Outcome], part: Callable[[Outcome], Json]) -> _Pairs:
    """Pairs of outcomes in which `part` is equal and not None; they are removed from both lists."""
    pairs: _Pairs = []
    for one in [*old]:
        own = part(one)
        same = next((at for at, other in enumerate(new) if own is not None and is_same(own, part(other))), -1)
        if same >= 0:
            old.remove(one)
            pairs.append((one, new.pop(same)))
    return pairs


def _by_place(old: list[Outcome], new: list[Outcome]) -> Iterator[tuple[Outcome | None, Outcome | None]]:
    for at in range(max(len(old), len(new))):
        yield old[at] if at < len(old) else None, new[at] if at < len(new) else None


def _sent(outcome: Outcome, side: ProgramSide) -> str:
    if not outcome.without_consent:
        return SENT
    return f"{SENT} without {_first(side.stripped) or 'consent'}"


def _first(paths: Sequence[str]) -> str:
    """Some paths, the first of them by name."""
    more = f" and {len(paths) - _MOST_PATHS} more" if len(paths) > _MOST_PATHS else ""
    return f"{', '.join(paths[:_MOST_PATHS])}{more}"


def _label(outcome: Outcome | None, side: ProgramSide, names: ShownNames) -> str:
    """The outcome of an event in words, without any value of the event."""
    if outcome is None:
        return _NOTHING
    if outcome.payload is not None:
        return _sent(outcome, side)
    if outcome.skip is not None:
        return f"skipped: {masked_text(str(names.why(outcome.skip)))}"
    if outcome.rejection is None:
        return _NO_EVENT
    paths = list(dict.fromkeys(one.path or one.message for one in outcome.rejection.reasons))
    return f"rejected: {_first(paths)}"


def _why(outcome: Outcome | None) -> str:
    """`file:line` of the rule because of which an event is not sent."""
    if outcome is None or outcome.payload is not None:
        return ""
    if outcome.rejection is not None:
        place = next((one.place for one in outcome.rejection.reasons if one.place), "")
    else:
        place = outcome.skip.place if outcome.skip is not None else ""
    return place.rpartition(":")[0]


def _outcome_alarm(old: Outcome | None, new: Outcome | None) -> Alarm:
    if _payload(new) is None:
        return "no longer sent" if _payload(old) is not None else ""
    if old is not None and old.skip is not None and old.skip.kind == "skip":
        return "sent now"
    return "consent looser" if _share_sent(old) < _share_sent(new) else ""


def _share_sent(outcome: Outcome | None) -> int:
    """The part that consent lets through: 0 nothing, 1 only fields that need no consent, 2 everything."""
    if outcome is not None and outcome.skip is not None and outcome.skip.kind == "consent":
        return 0
    return 1 if outcome is not None and outcome.without_consent else _WHOLE
