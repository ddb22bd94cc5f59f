"""Frame: what one event needs while generated code works on it: lets, notes, reasons to be refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from mapper.runtime.budget import Budget
from mapper.runtime.doubts import DOUBTS, NO_SECTION, any_alike, doubts_once
from mapper.runtime.limits import absent
from mapper.runtime.outcome import UNMAPPED, Note, Outcome, Rejection, Skip
from mapper.transforms.digest import PLACEHOLDER
from mapper.transforms.weight import OVERSPENT
from mapper.values.safe_text import Hidden, SafeText
from mapper.values.types import Invalid, Json

# A longer text is no event's name.
_LONGEST_NAME = 100

# What an answer to consent is that is invalid: neither yes nor no.
UNREADABLE: Json = {}
# Of most events, which no rule with lets of its own is for.
_NO_ELEMENTS: dict[str, tuple[Any, int]] = {}
_NO_ARGUMENTS: dict[str, Any] = {}

RulePlaces = tuple[tuple[str, str], ...]


class Frame:
    """One event's own; generated code keeps no other state.

    arguments: what the function of the mapping that runs now is given, by its parameters.
    meta: what the host knows of the event. whole, index: with `split`, the source event that the event is a
    part of, and its place there from 0; without, the event itself.
    kept: what sections that continue have come to.
    places: (target path, `file:line:column`) of each rule, by its number.
    elements: of the lets of list rules, by name, the element that they are of now, and its place in the list.
    note_texts: what noting transforms have said and no rule has claimed yet; said: of the values of lets.
    budget: what the source event may still cost, shared with its other parts.
    overspent: the rules that wanted more, each of which says so once. doubted: the rules, each with what was
    said of its condition.
    failed: target paths of fields that were left out since they were invalid.
    answer: what was read of consent: `granted`, `limited`, `denied`, `missing` or `unreadable`; "" before.
    denied: that answer, if it does not let the event be sent as it is.
    """

    __slots__ = (
        "answer",
        "arguments",
        "budget",
        "denied",
        "doubted",
        "elements",
        "event",
        "failed",
        "index",
        "kept",
        "lets",
        "meta",
        "note_texts",
        "notes",
        "overspent",
        "places",
        "reasons",
        "said",
        "whole",
    )

    def __init__(
        self,
        event: dict[str, Any],
        places: RulePlaces,
        meta: dict[str, Any] | None = None,
        whole: dict[str, Any] | None = None,
        index: int = 0,
    ) -> None:
        self.event = event
        self.meta = meta
        self.whole = event if whole is None else whole
        self.index = index
        self.budget = Budget(event)
        self.kept: list[Outcome] = []
        self.places = places
        self.lets: dict[str, Any] = {}
        self.elements = _NO_ELEMENTS
        self.notes: list[Note] = []
        self.reasons: list[Note] = []
        self.note_texts: list[str] = []
        self.said: dict[str, list[str]] = {}
        self.failed: set[str] = set()
        self.overspent: set[int] = set()
        self.doubted: set[tuple[int | None, str]] = set()
        self.answer = self.denied = ""
        self.arguments = _NO_ARGUMENTS

    def call(self, function: Callable[..., Json], arguments: dict[str, Json]) -> Json:
        """The result of a function of the mapping for some arguments.

        What was said before of the value around is not for the fields of an object that is made in it.
        """
        outer, self.arguments = self.arguments, arguments
        said = self.set_aside()
        try:
            return function(self.event, self)
        finally:
            self.arguments = outer
            said += self.note_texts
            self.note_texts = said

    def step(self, value: Json, function: Callable[..., Json], name: str, others: dict[str, Json]) -> Json:
        """The result of a function of the mapping as a step. name: of the parameter that is the value."""
        return self.call(function, {name: value, **others})

    def enter(self, names: list[str], element: Json, index: int) -> None:
        """Go to an element of a list, with lets of these names; those of the one before are forgotten."""
        if self.elements is _NO_ELEMENTS:
            self.elements = {}
        for name in names:
            self.elements[name] = (element, index)
            self.lets.pop(name, None)
            self.said.pop(name, None)

    def let(self, name: str, function: Callable[..., Json]) -> Json:
        """The value of a `let`, worked out when it is first asked for; an Invalid is raised each time."""
        if name in self.lets:
            value = self.lets[name]
            if type(value) is Invalid:
                raise Invalid(value.reason, value.kind)
            if self.said:
                self.note_texts += self.said.get(name, ())
            return value  # type: ignore[no-any-return]  # lets holds JSON values and Invalids
        before = len(self.note_texts)
        try:
            if name in self.elements:
                element, index = self.elements[name]
                value = function(element, self, index)
            else:
                value = function(self.event, self)
        except Invalid as invalid:
            self.lets[name] = Invalid(invalid.reason, invalid.kind)
            del self.note_texts[before:]
            raise Invalid(invalid.reason, invalid.kind) from None
        self.lets[name] = value
        if len(self.note_texts) > before:
            self.said[name] = self.note_texts[before:]
        return value

    def hushed(self, rule: int, condition: Callable[..., bool], at: Any, *more: int) -> bool:
        """Whether a condition holds; of what it reads nothing is sent, so only doubts are noted."""
        outer, self.note_texts = self.note_texts, []
        try:
            return condition(at, self, *more)
        finally:
            if self.note_texts:
                self._doubt(*self.places[rule], rule)
            self.note_texts = outer

    def _doubt(self, path: str, place: str, rule: int | None) -> None:
        """Note what is most likely a mistake of the mapping, once for each rule."""
        for why in DOUBTS:
            if why in self.note_texts and (rule, why) not in self.doubted:
                self.doubted.add((rule, why))
                self.notes.append(Note("note", path, place, why))

    def invalid(self, rule: int, invalid: Invalid) -> Invalid:
        """Note that a rule's value was left out. An Invalid that was noted once is not noted again."""
        _let_go(invalid)
        if not invalid.noted:
            invalid.noted = True
            if invalid.kind == OVERSPENT:
                if rule in self.overspent:
                    return invalid
                self.overspent.add(rule)
            path, place = self.places[rule]
            self.notes.append(Note("invalid", path, place, invalid.reason))
        return invalid

    def optional(
        self, holder: dict[str, Any], name: str, rule: int, function: Callable[..., Json], at: Any, *more: int
    ) -> bool:
        """Put a field into its object if it is there; an invalid one is noted. Says whether it was put in."""
        try:
            value = function(at, self, *more)
        except Invalid as invalid:
            self.leave_out(rule, invalid)
            return False
        if self.note_texts:
            self.claim(rule)
        if value is None:
            return False
        holder[name] = value
        return True

    def refusal(
        self,
        holder: dict[str, Any],
        name: str,
        rule: int,
        function: Callable[..., Json],
        at: Any,
        *more: int,
        default: Json = None,
    ) -> bool:
        """Put a field into its object that is true where a person refused, and where nobody can tell."""
        try:
            value = function(at, self, *more)
        except Invalid as invalid:
            self.note_texts.clear()
            self.invalid(rule, invalid)
            value = True
        if self.note_texts:
            self.claim(rule)
        if value is None and default is None:
            return False
        holder[name] = default if value is None else value
        return value is not None

    def required(
        self, holder: dict[str, Any], name: str, rule: int, function: Callable[..., Json], at: Any, *more: int
    ) -> bool:
        """Put a field into its object, or keep the event from being sent."""
        try:
            value = function(at, self, *more)
        except Invalid as invalid:
            self.refuse(rule, invalid)
            return False
        if self.note_texts:
            self.claim(rule)
        if value is None:
            self.refuse(rule)
            return False
        holder[name] = value
        return True

    def defaulted(
        self,
        holder: dict[str, Any],
        name: str,
        rule: int,
        function: Callable[..., Json],
        at: Any,
        *more: int,
        required: bool,
        default: Json,
    ) -> bool:
        """Put a field into its object; `default` is used if it is absent, never if it is invalid.

        required: the event is not sent where it is invalid. Says whether the value is the event's own.
        """
        try:
            value = function(at, self, *more)
        except Invalid as invalid:
            if required:
                self.refuse(rule, invalid)
            else:
                self.leave_out(rule, invalid)
            return False
        if self.note_texts:
            self.claim(rule)
        holder[name] = default if value is None else value
        return value is not None

    def leave_out(self, rule: int, invalid: Invalid) -> None:
        """Note that a field is left out, since its value is invalid."""
        self.note_texts.clear()
        self.invalid(rule, invalid)
        self.failed.add(self.places[rule][0])

    def left_out(self, rule: int, needed: str, required: bool) -> None:
        """Leave out a field, since another one that it makes no sense without is invalid."""
        self._leave_alone(
            rule, Invalid(SafeText("left out because `{}` is invalid", SafeText.known(needed))), required
        )

    def left_alone(self, holder: dict[str, Any], name: str, rule: int, needed: str, required: bool) -> None:
        """Take a field away, since one beside it that it makes no sense without is not there."""
        if holder.pop(name, None) is not None:
            self._leave_alone(
                rule, Invalid(SafeText("left out because `{}` is missing", SafeText.known(needed))), required
            )

    def _leave_alone(self, rule: int, invalid: Invalid, required: bool) -> None:
        """Note a field that is left out for another one's sake; without a required one nothing is sent."""
        if required:
            self.refuse(rule, invalid)
        else:
            self.invalid(rule, invalid)

    def claim(self, rule: int) -> None:
        """Note what noting transforms have said on the way to a rule's value."""
        path, place = self.places[rule]
        said = self.note_texts if len(self.note_texts) == 1 else doubts_once(self.note_texts)
        self.notes.extend(Note("note", path, place, SafeText.known(text)) for text in said)
        self.note_texts.clear()

    def set_aside(self) -> list[str]:
        """The texts of noting transforms so far, which are for the rule around those that come now."""
        said, self.note_texts = self.note_texts, []
        return said

    def take_back(self, said: list[str]) -> None:
        """Have what was set aside be claimed before what was said since."""
        self.note_texts[:0] = said

    def refuse(self, rule: int, invalid: Invalid | None = None) -> None:
        """Keep the event from being sent, since a required value is missing or invalid."""
        self.note_texts.clear()
        path, place = self.places[rule]
        if invalid is None:
            self.reasons.append(Note("missing", path, place, SafeText("is required but missing")))
            self._add_causes(path)
        else:
            _let_go(invalid)
            self.reasons.append(Note("invalid", path, place, invalid.reason))

    def unmet(self, rule: int, message: str, missing: str = "") -> None:
        """Keep the event from being sent, since a rule of the target is not met.

        missing: the path of the field that it lacks; the rule is that of an object around it, if it has none.
        """
        path, place = self.places[rule]
        path = missing or path
        self.reasons.append(Note("missing", path, place, SafeText.known(message)))
        self._add_causes(path)

    def _add_causes(self, path: str) -> None:
        """Give the invalid values and the placeholders at and below a path as reasons too."""
        causes = (note for note in self.notes if note.kind == "invalid" or note.message == PLACEHOLDER)
        self.reasons += [note for note in causes if note.path == path or note.path.startswith(f"{path}.")]

    def end(self, payload: dict[str, Any], section: int) -> list[Outcome]:
        """The outcome of an event whose payload is put together, by the section of a place's number.

        Raises Overrun where its payloads are too large together.
        """
        if self.reasons:
            return [Outcome(rejection=Rejection(tuple(self.reasons)), notes=tuple(self.notes))]
        self.budget.send(payload)
        notes = tuple(self.notes)
        return [Outcome(payload=payload, notes=notes, section=section, without_consent=self.denied)]

    def read(
        self, function: Callable[[dict[str, Any], Frame], Json], part: str, rule: int | None = None
    ) -> Json:
        """The value of a part of the mapping that is no rule; null, and a note, where it is invalid."""
        return self._read(function, part, rule, None)

    def answer_of(self, function: Callable[[dict[str, Any], Frame], Json], rule: int) -> Json:
        """An answer to consent; what is neither yes nor no, and a note, where it is invalid: that denies."""
        return self._read(function, "consent", rule, UNREADABLE)

    def _read(
        self,
        function: Callable[[dict[str, Any], Frame], Json],
        part: str,
        rule: int | None,
        instead: Json,
    ) -> Json:
        try:
            return function(self.event, self)
        except Invalid as invalid:
            place = "" if rule is None else self.places[rule][1]
            self.notes.append(Note("invalid", part, place, invalid.reason))
            return instead
        finally:
            if self.note_texts:
                self._doubt(part, "" if rule is None else self.places[rule][1], rule)
            self.note_texts.clear()

    def split(
        self,
        reader: Callable[[dict[str, Any], Frame], Json],
        rule: int,
        function: Callable[[dict[str, Any], Frame], list[Outcome]],
    ) -> list[Outcome]:
        """The outcomes of the events in one source event, each with a frame of its own."""
        try:
            parts = reader(self.event, self)
        except Invalid as invalid:
            return self._not_split(rule, invalid.reason)
        if parts is None or parts == []:
            return self.skip("skip", "`split` gives no events", rule)
        if type(parts) is not list:
            return self._not_split(rule, SafeText("must be a list of events"))
        outcomes: list[Outcome] = []
        for index, part in enumerate(parts):
            if type(part) is dict:
                frame = Frame(part, self.places, self.meta, self.event, index)
                frame.budget = self.budget
                outcomes += function(part, frame)
            else:
                reason = SafeText("element {} is not an object", index)
                outcomes += self._not_split(rule, reason)
        return outcomes

    def _not_split(self, rule: int, reason: SafeText) -> list[Outcome]:
        path, place = self.places[rule]
        return [
            Outcome(rejection=Rejection((Note("invalid", path, place, reason),)), notes=tuple(self.notes))
        ]

    def keep(self, outcomes: list[Outcome]) -> None:
        """Keep what a section came to whose event later sections may take too."""
        self.kept += outcomes
        self.notes, self.reasons, self.failed = [], [], set()
        self.overspent, self.doubted = set(), set()

    def with_kept(self, outcomes: list[Outcome]) -> list[Outcome]:
        """The outcomes of the sections before, and of this one."""
        return [*self.kept, *outcomes]

    def only_kept(self) -> list[Outcome]:
        """The outcomes of the sections before; what was noted since goes with the last of it."""
        *others, last = self.kept
        return [*others, last._replace(notes=(*last.notes, *self.notes))]

    def compare(self, matched: Json, constants: list[Json], rule: int) -> None:
        """Note that what `match` gave is written like a constant of a section, and is of another type."""
        if any_alike(matched, constants):
            self.notes.append(Note("note", *self.places[rule], NO_SECTION))

    def unmapped(self, matched: Json) -> list[Outcome]:
        """The outcome of an event that no section takes; its name is what `match` gave."""
        return [
            Outcome(skip=Skip("unmapped", UNMAPPED, "", Hidden(name_of(matched))), notes=tuple(self.notes))
        ]

    def skip(self, kind: Literal["skip", "consent"], reason: str, rule: int) -> list[Outcome]:
        """The outcome of an event that is not meant to be sent."""
        return [
            Outcome(skip=Skip(kind, SafeText.known(reason), self.places[rule][1]), notes=tuple(self.notes))
        ]

    def skip_without_consent(self, rule: int, because: str = "") -> list[Outcome]:
        """The outcome of an event that is not sent since consent is denied, missing or unreadable."""
        return self.skip("consent", f"consent {self.denied}{because and ': '}{because}", rule)


def name_of(matched: Json) -> str:
    """The name of the event that `match` gave; "" where it is no text, or too long for one."""
    return matched if type(matched) is str and len(matched) <= _LONGEST_NAME else ""


def _let_go(invalid: Invalid) -> None:
    """Take from an Invalid that was caught what it came through: functions, one of which may hold it.

    Such a circle would hold all that their callers work on, many events, until Python looks for circles.
    """
    invalid.__traceback__ = invalid.__context__ = None


def elements(
    value: Json, frame: Frame, rule: int, function: Callable[[Any, Frame], Json] | None
) -> list[Any] | None:
    """The elements of a list, each in its field's form; a single value is a list of one.

    Absent elements go; invalid ones go and are noted. Raises the last Invalid where none is left.
    """
    if type(value) is not list:
        value = [value]
    kept: list[Any] = []
    failed = None
    for element in value:
        if absent(element):
            continue
        try:
            made = element if function is None else function(element, frame)
        except Invalid as invalid:
            failed = frame.invalid(rule, invalid)
        else:
            if made is not None:
                kept.append(made)
    if failed is not None and not kept:
        raise failed
    return kept or None
