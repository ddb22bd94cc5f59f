"""Two outlines -> the rules that were added, removed or changed, each once, for a reviewer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from mapper.authoring import Outline, OutlineRule
from mapper.workbench.pair_counts import Alarm

PlanMark: TypeAlias = Literal["+", "-", "~"]
_Pair: TypeAlias = tuple[OutlineRule | None, OutlineRule | None]
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
    the rule is written, `file:line`; "" for nowhere.
    """

    mark: PlanMark
    part: str
    name: str
    facts: tuple[FactDifference, ...]
    alarm: Alarm = ""
    sections: tuple[str, ...] = ()
    old: str = ""
    new: str = ""


def plan_differences(old: Outline, new: Outline) -> tuple[PlanDifference, ...]:
    """The differences of the rules of two mappings."""
    identifying = {one.path for one in (*old.paths, *new.paths) if one.identifies}
    keys = {one.path for one in (*old.paths, *new.paths) if one.is_key}
    found: list[PlanDifference] = []
    for part in _PARTS:
        if part == "field":
            found += _fields(old, new)
        elif part == "row":
            found += _rows(_of_part(old, part), _of_part(new, part))
        else:
            before, after = _of_part(old, part), _of_part(new, part)
            found += [one for pair in _paired(before, after) if (one := _difference(*pair)) is not None]
            found += _order(before, after) if part == "section" else ()
    personal = {rule.name for rule in (*old.rules, *new.rules) if rule.personal}
    return tuple(replace(one, alarm=_alarm(one, identifying, keys, personal)) for one in found)


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
    """A difference if the sections of both are tried in another order."""
    pairs = [(one, other) for one, other in _paired(old, new) if one is not None and other is not None]
    before = [other.name for one, other in sorted(pairs, key=lambda pair: old.index(pair[0]))]
    after = [other.name for one, other in sorted(pairs, key=lambda pair: new.index(pair[1]))]
    if before != after:
        fact = FactDifference("order", ", ".join(before), ", ".join(after))
        moved = next(one for one, name in zip(new, after, strict=False) if name not in before[:1])
        yield PlanDifference("~", "section", "order", (fact,), new=_place(moved))


def _fields(old: Outline, new: Outline) -> Iterator[PlanDifference]:
    """The fields of the sections that both have; a difference that several of them share is one."""
    sections = [
        (one.name, other.name)
        for one, other in _paired(_of_part(old, "section"), _of_part(new, "section"))
        if one is not None and other is not None
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


def _rows(old: Sequence[OutlineRule], new: Sequence[OutlineRule]) -> Iterator[PlanDifference]:
    """The rows of tables, of which there may be very many: each has a name of its own."""
    before, after = {one.name: one for one in old}, {one.name: one for one in new}
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


def _alarm(found: PlanDifference, identifying: set[str], keys: set[str], personal: set[str]) -> Alarm:
    """The reason that a difference comes first."""
    if found.part == "consent":
        return _consent_alarm(found)
    if found.part == "skip" or found.part == "section":
        return _sent_alarm(found)
    if found.part != "field":
        return ""
    facts = {one.name: one for one in found.facts}
    if found.name in keys and not facts.keys().isdisjoint(("value", "steps", "default", "when")):
        return "key changed"
    if found.name in identifying and found.mark == "-":
        return "identity lost"
    is_unhashed = "personal" in facts and bool(facts["personal"].new)
    if is_unhashed or (found.name in personal and found.mark == "+"):
        return "more personal data"
    return "no longer sent" if found.mark != "-" and "required" in facts and facts["required"].new else ""


def _sent_alarm(found: PlanDifference) -> Alarm:
    """The alarm about a change of a rule that says which events are sent."""
    if found.part == "skip":
        is_wider = found.mark != "-" and any(one.name == "when" for one in found.facts)
        return "no longer sent" if is_wider else ""
    ends = next((one for one in found.facts if one.name == "ends"), None)
    if ends is None or not ends.old.startswith("sends"):
        return ""
    return "" if ends.new.startswith("sends") else "no longer sent"


_CONSENT_FACTS = frozenset(
    {"when_missing", "when_denied", "when_limited", "limited set", "strip", "set", "combine"}
)


def _consent_alarm(found: PlanDifference) -> Alarm:
    """The alarm about a change of consent: more is sent without it, or this cannot be told."""
    if found.mark == "-":
        return "consent looser"
    if found.mark == "+":
        return ""
    facts = {one.name: one for one in found.facts}
    missing, denied, strip = facts.get("when_missing"), facts.get("when_denied"), facts.get("strip")
    combined, limited = facts.get("combine"), facts.get("when_limited")
    is_looser = (
        (missing is not None and missing.new == "granted")
        or (denied is not None and denied.old == "skip")
        or (strip is not None and denied is None and bool({*strip.old.split()} - {*strip.new.split()}))
        or (combined is not None and combined.new == "any")
        or (limited is not None and limited.new == "set")
        or (limited is None and facts.get("limited set") is not None)
    )
    if is_looser:
        return "consent looser"
    is_known = facts.keys() <= _CONSENT_FACTS
    return "" if is_known else "consent changed"
