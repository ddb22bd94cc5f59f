"""Two outlines -> the rules that were added, removed or changed, each once, for a reviewer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import astuple, dataclass, replace
from typing import Literal, TypeAlias

from mapper.authoring import Outline, OutlineRule, PayloadPath
from mapper.workbench.pair_counts import Alarm, field_alarm, severity
from mapper.workbench.personal_reads import PersonalReads
from mapper.workbench.rule_uses import RuleUses, identifier

PlanMark: TypeAlias = Literal["+", "-", "~"]
_Pair: TypeAlias = tuple[OutlineRule | None, OutlineRule | None]
_HASH = "sha256"
# The name that an outline has for the section of all events that no other one takes.
_OTHERWISE = "all others"
# The alarm about a rule that decides which events are sent or as what, where its texts alone are known.
_ALARM_OF_PART: dict[str, Alarm] = {
    "consent": "consent changed",
    "skip": "skip changed",
    "match": "section changed",
    "section": "section changed",
}
# The facts of a section by which it, or one after it, takes other events.
_TAKING_FACTS = frozenset({"takes", "order", "continue"})
_VALUE_FACTS = ("value", "steps", "default", "when")
_PARTS = (
    "target",
    "source",
    "extends",
    "split",
    "skip",
    "consent",
    "match",
    "section",
    "field",
    "let",
    "function",
    "table",
    "row",
)


@dataclass(frozen=True, slots=True)
class FactDifference:
    """One fact of a rule, old and new; "" if the rule has none."""

    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class PlanDifference:
    """A rule that was added (`+`), removed (`-`) or changed (`~`).

    part, name: as in OutlineRule. sections: the events that a field is for; () for all that have it.
    facts: what changed; all facts of an added or removed rule. alarm: why it is listed first. old, new: where
    the rule is written, `file:line`; "" for nowhere. new of a removed rule: where it is taken away.
    """

    mark: PlanMark
    part: str
    name: str
    facts: tuple[FactDifference, ...]
    alarm: Alarm = ""
    sections: tuple[str, ...] = ()
    old: str = ""
    new: str = ""

    @property
    def title(self) -> str:
        """The name of the thing that it is about."""
        if self.part == "field":
            return self.name
        return f"{'table' if self.part == 'row' else self.part} {self.name}".strip()

    @property
    def shown_facts(self) -> tuple[FactDifference, ...]:
        """The facts to show: of a rule that was added or removed only how it is made."""
        if self.mark == "~":
            return tuple(fact for fact in self.facts if fact.name != "type") or self.facts
        if self.part == "source":
            return ()
        return tuple(fact for fact in self.facts if fact.name not in ("type", "steps", "combine"))


def plan_differences(
    old: Outline, new: Outline, personal_reads: Callable[[], PersonalReads]
) -> tuple[PlanDifference, ...]:
    """The differences of the rules of two mappings. personal_reads: called if there are any."""
    marks = _merged_marks(old, new)
    found: list[PlanDifference] = []
    for part in _PARTS:
        if part == "field":
            found += _fields(old, new)
        elif part == "row":
            found += row_differences(old, new)
        else:
            before, after = _of_part(old, part), _of_part(new, part)
            found += [one for pair in _paired(before, after) if (one := _difference(*pair)) is not None]
            found += _order(before, after) if part == "section" else ()
    if not found:
        return ()
    known = _Known(
        marks=marks,
        personal={rule.name for rule in (*old.rules, *new.rules) if rule.personal},
        reads=personal_reads(),
        by_name=_alarms_of_names((*old.rules, *new.rules), marks),
        loses_marks=_loses_marks(old, new),
    )
    return tuple(
        replace(one, alarm=_alarm(one, known), new=one.new or _taken_away(one, new.not_inherited))
        for one in found
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """The facts about two versions by which their differences are judged.

    marks: by path. personal: fields that carry a person's values. by_name: the worst that another meaning of
    a variable, function or table may do. loses_marks: the new source does not mark all that the old one did.
    """

    marks: Mapping[str, PayloadPath]
    personal: Set[str]
    reads: PersonalReads
    by_name: Mapping[str, Alarm]
    loses_marks: bool


def _merged_marks(old: Outline, new: Outline) -> dict[str, PayloadPath]:
    """The paths of both versions, each with what the schema of either says of it."""
    marks = {one.path: one for one in old.paths}
    for one in new.paths:
        flags = zip(astuple(one)[1:], astuple(marks.get(one.path, one))[1:], strict=True)
        marks[one.path] = PayloadPath(one.path, *(is_so or was_so for is_so, was_so in flags))
    return marks


def _alarms_of_names(rules: Sequence[OutlineRule], marks: Mapping[str, PayloadPath]) -> dict[str, Alarm]:
    """By the variable, function or table: the worst that another meaning of it may do."""
    uses, found = RuleUses(rules), dict[str, Alarm]()
    for rule in rules:
        alarm: Alarm = ""
        if rule.part in _ALARM_OF_PART:
            alarm = _ALARM_OF_PART[rule.part]
        elif rule.part == "field" and (mark := marks.get(rule.name)) is not None:
            alarm = "key changed" if mark.is_key else field_alarm(mark)
        for name in uses.names([rule]) if alarm else ():
            found[name] = min(found.get(name, ""), alarm, key=severity)
    return found


def _loses_marks(old: Outline, new: Outline) -> bool:
    """Whether an attribute that the old source marks as personal is not marked by the new one."""
    before, after = (
        {name for rule in _of_part(one, "source") for name, _ in rule.facts} for one in (old, new)
    )
    return not before <= after


# What comes after the name of a rule that is taken away, in the names of the rules that go with it.
_WITHIN = {"field": (".", "["), "function": ("(",), "row": (" ",)}


def _taken_away(found: PlanDifference, not_inherited: Sequence[OutlineRule]) -> str:
    """The place that takes a removed rule away; "" for none."""
    part = "table" if found.part == "row" else found.part
    ends = _WITHIN.get(found.part, ())
    return next(
        (
            _place(one)
            for one in not_inherited
            if found.mark == "-"
            and one.part == part
            and (found.name == one.name or found.name.startswith(tuple(f"{one.name}{end}" for end in ends)))
        ),
        "",
    )


def _of_part(outline: Outline, part: str) -> list[OutlineRule]:
    return [rule for rule in outline.rules if rule.part == part]


def _paired(old: Sequence[OutlineRule], new: Sequence[OutlineRule]) -> list[_Pair]:
    """Old and new rules in pairs: by equal names, then by equal facts, then sections by what they send.

    Fields are paired by their paths only.
    """
    before, after = [*old], [*new]
    pairs: list[_Pair] = []
    same: tuple[Callable[[OutlineRule], object], ...] = (
        lambda rule: rule.name,
        lambda rule: rule.facts or None if rule.part != "field" else None,
        lambda rule: rule.facts[0] if rule.part == "section" else None,
    )
    for part in same:
        for one in [*before]:
            own = part(one)
            found = next((other for other in after if own is not None and part(other) == own), None)
            if found is not None:
                before.remove(one)
                after.remove(found)
                pairs.append((one, found))
    return [*pairs, *((one, None) for one in before), *((None, one) for one in after)]


def _difference(old: OutlineRule | None, new: OutlineRule | None) -> PlanDifference | None:
    """The difference of a rule; None if only its place in the file differs."""
    facts = tuple(_facts(old, new))
    rule = new or old
    if rule is None or (old is not None and new is not None and not facts):
        return None
    mark: PlanMark = "~" if old is not None and new is not None else "+" if new is not None else "-"
    return PlanDifference(mark, rule.part, rule.name, facts, old=_place(old), new=_place(new))


def _facts(old: OutlineRule | None, new: OutlineRule | None) -> Iterator[FactDifference]:
    before, after = dict(old.facts) if old else {}, dict(new.facts) if new else {}
    if old is not None and new is not None and old.name != new.name:
        yield FactDifference("takes" if old.part == "section" else "name", old.name, new.name)
    for name in dict.fromkeys((*before, *after)):
        if before.get(name, "") != after.get(name, ""):
            yield FactDifference(name, before.get(name, ""), after.get(name, ""))


def _place(rule: OutlineRule | None) -> str:
    return "" if rule is None else f"{rule.file}:{rule.line}"


def _order(old: Sequence[OutlineRule], new: Sequence[OutlineRule]) -> Iterator[PlanDifference]:
    """A difference if two sections that may take the same event are tried in another order."""
    pairs = [(one, other) for one, other in _paired(old, new) if one is not None and other is not None]
    was_at, is_at = ({rule.name: at for at, rule in enumerate(rules)} for rules in (old, new))
    pairs.sort(key=lambda pair: was_at[pair[0].name])
    before = [other.name for _, other in pairs]
    for at, (was, one) in enumerate(pairs):
        passed = (pair for pair in pairs[at + 1 :] if is_at[pair[1].name] < is_at[one.name])
        if any(_may_share(was, other) or _may_share(one, now) for other, now in passed):
            fact = FactDifference(
                "order", ", ".join(before), ", ".join(sorted(before, key=is_at.__getitem__))
            )
            yield PlanDifference("~", "section", "order", (fact,), new=_place(one))
            return


def _may_share(one: OutlineRule, other: OutlineRule) -> bool:
    """Whether two sections of a mapping may take the same event."""
    return not (one.takes and other.takes and {*one.takes}.isdisjoint(other.takes))


def _fields(old: Outline, new: Outline) -> Iterator[PlanDifference]:
    """The fields of the sections that both have; a difference that several of them share is one.

    A new section is compared with the one that takes all other events, which had its events before.
    """
    sections = [
        (_OTHERWISE if one is None else one.name, other.name)
        for one, other in _paired(_of_part(old, "section"), _of_part(new, "section"))
        if other is not None
    ]
    before, after = _by_section(old), _by_section(new)
    sending = [(one, other) for one, other in sections if one in before and other in after]
    merged: dict[PlanDifference, list[str]] = {}
    for one, other in sending:
        for pair in _paired(before[one], after[other]):
            found = _difference(*pair)
            if found is not None:
                merged.setdefault(_less_places(found, merged), []).append(other)
    held = Counter(
        name for one, other in sending for name in {rule.name for rule in (*before[one], *after[other])}
    )
    for found, names in merged.items():
        is_everywhere = len(names) == len(sending) or 1 < len(names) == held[found.name]
        yield replace(found, sections=() if is_everywhere else tuple(names))


def row_differences(old: Outline, new: Outline) -> Iterator[PlanDifference]:
    """The rows of tables that differ, of which there may be very many: each has a name of its own."""
    before, after = ({one.name: one for one in _of_part(side, "row")} for side in (old, new))
    for name in dict.fromkeys((*after, *before)):
        found = _difference(before.get(name), after.get(name))
        if found is not None:
            yield found


def _by_section(outline: Outline) -> dict[str, list[OutlineRule]]:
    found: dict[str, list[OutlineRule]] = {}
    for rule in _of_part(outline, "field"):
        found.setdefault(rule.section, []).append(rule)
    return found


def _less_places(found: PlanDifference, known: Iterable[PlanDifference]) -> PlanDifference:
    """A difference as it is known already from another section, wherever it is written there."""
    plain = replace(found, old="", new="")
    return next((one for one in known if replace(one, old="", new="") == plain), found)


def _alarm(found: PlanDifference, known: _Known) -> Alarm:
    """The reason that a difference comes first."""
    match found.part:
        case "consent":
            return _consent_alarm(found)
        case "skip" | "section":
            return _sent_alarm(found)
        case "match":
            return _ALARM_OF_PART["match"]
        case "source":
            return "more personal data" if known.loses_marks and found.mark != "+" else ""
        case "field":
            return _alarm_of_field(found, known)
    name = f"{found.name.partition('(')[0]}()" if found.part == "function" else found.name
    by_reads: Alarm = "more personal data" if name in known.reads.names else ""
    return min(by_reads, known.by_name.get(identifier(found.part, found.name), ""), key=severity)


def _alarm_of_field(found: PlanDifference, known: _Known) -> Alarm:
    facts = {one.name: one for one in found.facts}
    mark = known.marks.get(found.name)
    is_other = not facts.keys().isdisjoint(_VALUE_FACTS)
    if mark is not None and mark.is_key and is_other:
        return "key changed"
    if mark is not None and mark.identifies and found.mark == "-":
        return "identity lost"
    steps = facts.get("steps")
    is_plain = steps is not None and _HASH in steps.old and _HASH not in steps.new and found.mark == "~"
    is_unhashed = is_plain or ("personal" in facts and bool(facts["personal"].new))
    is_new = found.mark == "+" and found.name in known.personal
    if is_unhashed or is_new or known.reads.is_more(found.name, found.old, found.new):
        return "more personal data"
    if found.mark != "-" and "required" in facts and facts["required"].new:
        return "no longer sent"
    return field_alarm(mark) if mark is not None and is_other and found.mark != "+" else ""


def _sent_alarm(found: PlanDifference) -> Alarm:
    """The alarm about a change of a rule that says which events are sent."""
    if found.part == "skip":
        if found.mark != "~":
            return "sent now" if found.mark == "-" else "no longer sent"
        return "skip changed" if any(one.name == "when" for one in found.facts) else ""
    facts = {one.name: one for one in found.facts}
    ends, is_other = facts.get("ends"), not facts.keys().isdisjoint(_TAKING_FACTS)
    if ends is None:
        return "section changed" if is_other else ""
    was_sent, is_sent = ends.old.startswith("sends"), ends.new.startswith("sends")
    if found.mark == "-":  # what it kept back goes on to the sections after it
        return "no longer sent" if was_sent else "sent now"
    if found.mark == "+":
        return "" if is_sent else "no longer sent"
    if was_sent == is_sent:
        return "section changed" if is_other else ""
    return "sent now" if is_sent else "no longer sent"


_CONSENT_FACTS = frozenset({"when_missing", "when_denied", "when_limited", "limited set", "strip", "set"})


def _consent_alarm(found: PlanDifference) -> Alarm:
    """The alarm about a change of consent: more is sent without it, or this cannot be told."""
    if found.mark == "-":
        return "consent looser"
    if found.mark == "+":
        return ""
    facts = {one.name: one for one in found.facts}
    missing, denied, strip = facts.get("when_missing"), facts.get("when_denied"), facts.get("strip")
    combined, put, limited = facts.get("combine"), facts.get("set"), facts.get("when_limited")
    is_looser = (
        (missing is not None and missing.new == "granted")
        or (denied is not None and denied.old == "skip")
        or (strip is not None and denied is None and bool({*strip.old.split()} - {*strip.new.split()}))
        or (put is not None and not {*put.old.split(", ")} <= {*put.new.split(", "), ""})
        or (combined is not None and combined.new == "any")
        or (limited is not None and limited.new == "set")
        or (limited is None and facts.get("limited set") is not None)
    )
    if is_looser:
        return "consent looser"
    is_known = facts.keys() <= _CONSENT_FACTS
    return "" if is_known else "consent changed"
