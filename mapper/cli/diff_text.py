"""A comparison of two versions of a mapping -> text for a terminal, or Markdown for a pull request."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from mapper.authoring import Json
from mapper.cli.run_summary import number
from mapper.cli.terminal import cut, pad, visible, width
from mapper.texts.markdown import code_in_cell
from mapper.workbench.comparison import (
    DifferenceExample,
    EventDifference,
    MappingComparison,
    OutcomeDifference,
    PathDifference,
)
from mapper.workbench.outline_difference import FactDifference, PlanDifference
from mapper.workbench.pair_counts import Alarm

_ARROW = "->"
_MOST_VALUE = 44
_MOST_FACT = 60
_MOST_PATH = 44
_MOST_BRIEF = 8
_MOST_SECTIONS = 3
_KEPT_BEFORE = 12


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """A line of a report. alarm: why it comes first, "" where it does not."""

    alarm: Alarm
    name: str
    count: int
    kind: str
    change: str
    place: str
    example: str


def comparison_text(found: MappingComparison, limit: int, *, by_event: bool = False) -> str:
    """A comparison for a terminal; of each kind of lines so many as `limit`."""
    lines = [counts_line(found)]
    if by_event:
        for event in found.events_shown:
            lines += _event_lines(event)
        left = found.different - len(found.events_shown)
        lines += [_more(left, "event")] if left else []
    else:
        rows = rows_of(found)
        lines += _table(rows[:limit])
        lines += [_more(len(rows) - limit, "line")] if len(rows) > limit else []
    return "\n".join([*lines, *_plan_lines(found, limit)]) + "\n"


def counts_line(found: MappingComparison) -> str:
    """The number of events, and the number of those that differ."""
    if not found.events:
        return "no events to compare: neither version has tests" if found.of_tests else "no events to compare"
    of = " of the tests" if found.of_tests else ""
    parts = [f"{found.same:,} same", f"{found.different:,} {'differs' if found.different == 1 else 'differ'}"]
    if found.broken:
        parts.append(f"{found.broken:,} not {'an event' if found.broken == 1 else 'events'}")
    return f"{number(found.events, 'event')}{of}: {' · '.join(parts)}"


def rows_of(found: MappingComparison) -> list[DifferenceRow]:
    """The lines of the paths and outcomes that differ, those with an alarm first."""
    return [_path_row(one) if isinstance(one, PathDifference) else _outcome_row(one) for one in found.rows]


def _path_row(one: PathDifference) -> DifferenceRow:
    more = f" and {one.more_places} more" if one.more_places else ""
    change = _change(one)
    return DifferenceRow(
        one.alarm, one.path, one.count, one.kind, change, f"{_places(one)}{more}", _example(one.example)
    )


def _outcome_row(one: OutcomeDifference) -> DifferenceRow:
    change = outcome_text(one)
    return DifferenceRow(one.alarm, "outcome", one.count, "", change, _places(one), _example(one.example))


def outcome_text(one: OutcomeDifference) -> str:
    """The outcome of events, those that are sent by their names."""
    return visible(f" {_ARROW} ".join(one.ends) + (f" ({one.named})" if one.named else ""))


def _change(one: PathDifference) -> str:
    """The values of the first event, as far as they fit."""
    old, new = one.example.old, one.example.new
    if one.kind == "lost":
        return value_text(old)
    if one.kind == "new":
        return value_text(new)
    if _holds_objects(old) and _holds_objects(new) and len(old) != len(new):
        return f"{_elements(old)} {_ARROW} {_elements(new)}"
    before, after = contrast(_json(old), _json(new), _MOST_VALUE)
    return f"{before} {_ARROW} {after}"


def _holds_objects(value: Json) -> TypeGuard[list[Json]]:
    return isinstance(value, list) and all(isinstance(one, dict) for one in value)


def _elements(value: list[Json]) -> str:
    return number(len(value), "element")


def value_text(value: Json) -> str:
    """A value in one line, cut where it is long."""
    return cut(_json(value), _MOST_VALUE)


def _json(value: Json) -> str:
    return visible(json.dumps(value, ensure_ascii=False))


def contrast(old: str, new: str, most: int) -> tuple[str, str]:
    """Two texts, cut so that the first place where they differ is to be seen."""
    if max(width(old), width(new)) <= most:
        return old, new
    at = next((at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), None)
    start = max((min(len(old), len(new)) if at is None else at) - _KEPT_BEFORE, 0)
    if start < most // 2:
        start = 0
    dots = "…" if start else ""
    return cut(f"{dots}{old[start:]}", most), cut(f"{dots}{new[start:]}", most)


def _places(one: PathDifference | OutcomeDifference | PlanDifference) -> str:
    """The place where the rule is written, and where it was."""
    return visible(place_text(one.old, one.new))


def place_text(old: str, new: str) -> str:
    """The place of a rule now, and before where that is another one."""
    if not new or old == new:
        return f"was {old}" if old and not new else new
    if not old:
        return new
    file, _, line = old.rpartition(":")
    return f"{new}, was {old if file != new.rpartition(':')[0] else f':{line}'}"


def _example(example: DifferenceExample) -> str:
    return f'e.g. test "{visible(example.test)}"' if example.test else f"e.g. line {example.line:,}"


def _table(rows: Sequence[DifferenceRow]) -> Iterator[str]:
    """Lines whose paths and counts are below each other."""
    name = min(max((width(row.name) for row in rows), default=0), _MOST_PATH)
    count = max((len(f"{row.count:,}") for row in rows), default=0)
    for row in rows:
        kind = pad(row.kind, len("changed")) if row.kind else ""
        told = [one for one in (kind, row.change) if one]
        told += [f"({row.place})"] if row.place else []
        told += [row.example] if row.example else []
        told += [f"! {row.alarm}"] if row.alarm else []
        yield f"{'!' if row.alarm else ' '} {pad(row.name, name)}  {row.count:>{count},} {'  '.join(told)}"


def _event_lines(event: EventDifference) -> Iterator[str]:
    head = f'test "{visible(event.test)}"' if event.test else f"line {event.line:,}"
    outcomes = list(map(outcome_text, event.outcomes))
    yield "  ".join([head, *outcomes])
    for one in event.paths:
        place = _places(one)
        told = [one.path, one.kind, _change(one), f"({place})" if place else "", _alarm(one.alarm)]
        yield f"  {'  '.join(part for part in told if part)}"


def _alarm(alarm: str) -> str:
    return f"! {alarm}" if alarm else ""


def _more(count: int, noun: str) -> str:
    return f"  … {count:,} more {noun if count == 1 else f'{noun}s'}: --limit shows more"


def _plan_lines(found: MappingComparison, limit: int) -> Iterator[str]:
    """The differences of the rules: briefly beside events, else a line for each."""
    if not found.plan:
        yield "plan: same"
    elif found.events and not found.of_tests:
        brief = list(dict.fromkeys(brief_text(one) for one in found.plan))
        more = f" · {len(brief) - _MOST_BRIEF} more" if len(brief) > _MOST_BRIEF else ""
        yield f"plan: {' · '.join(brief[:_MOST_BRIEF])}{more}"
    else:
        count = len(found.plan)
        yield f"plan: {number(count, 'difference')}"
        for one in found.plan[:limit]:
            yield from _rule_lines(one)
        if count > limit:
            yield _more(count - limit, "difference")


def plan_name(one: PlanDifference) -> str:
    """The name of the thing that a difference of the plan is about."""
    return visible(one.title)


def brief_text(one: PlanDifference) -> str:
    """A difference of the plan in a few words."""
    alarm = "! " if one.alarm else ""
    if one.mark != "~":
        return f"{alarm}{one.mark} {plan_name(one)}"
    facts = one.shown_facts
    if any(width(fact.old) + width(fact.new) > _MOST_VALUE for fact in facts):
        return f"{alarm}~ {plan_name(one)}"
    told = (f"{fact.name} {fact.old or 'none'} {_ARROW} {fact.new or 'none'}" for fact in facts)
    return visible(f"{alarm}{plan_name(one)} {', '.join(told)}")


def _rule_lines(one: PlanDifference) -> Iterator[str]:
    where = f" in {_sections(one)}" if one.sections else ""
    place = _places(one)
    head = f"{'!' if one.alarm else ' '} {one.mark} {plan_name(one)}{where}"
    yield "  ".join([head, *([f"({place})"] if place else []), *([f"! {one.alarm}"] if one.alarm else [])])
    for fact in one.shown_facts:
        yield f"      {fact_text(one, fact)}"


def _sections(one: PlanDifference) -> str:
    """The events that a field is for, the first of them."""
    more = len(one.sections) - _MOST_SECTIONS
    told = "; ".join(one.sections[:_MOST_SECTIONS])
    return visible(f"{told} and {more} more" if more > 0 else told)


def fact_text(one: PlanDifference, fact: FactDifference) -> str:
    """The change of a rule's fact, or the fact itself in a rule that was added or removed."""
    if one.mark != "~":
        return visible(f"{fact.name}  {cut(visible(fact.new or fact.old), 2 * _MOST_FACT)}")
    old, new = contrast(visible(fact.old or "none"), visible(fact.new or "none"), _MOST_FACT)
    return f"{fact.name}  {old} {_ARROW} {new}"


def comparison_markdown(found: MappingComparison, names: tuple[str, str], limit: int) -> str:
    """A comparison as a comment on a pull request. names: of the two versions."""
    old, new = map(_code, names)
    lines = [f"### Mapping: {old} → {new}", "", f"**{counts_line(found).replace(' · ', ', ')}**"]
    rows = rows_of(found)
    if rows:
        lines += ["", "| | path | events | change | example | rule |", "|---|---|---:|---|---|---|"]
        lines += [_markdown_row(row) for row in rows[:limit]]
        lines += ["", f"{len(rows) - limit} more lines."] if len(rows) > limit else []
    lines += (
        ["", "**plan: same**"] if not found.plan else ["", "| | plan | change | rule |", "|---|---|---|---|"]
    )
    lines += [_markdown_plan(one) for one in found.plan[:limit]]
    lines += ["", f"{len(found.plan) - limit} more differences."] if len(found.plan) > limit else []
    return "\n".join(lines) + "\n"


def _markdown_row(row: DifferenceRow) -> str:
    told = f"{row.kind} {_code(row.change)}".strip()
    alarm = f"**{row.alarm}**: " if row.alarm else ""
    cells = (_mark(row.alarm), _code(row.name), f"{row.count:,}", f"{alarm}{told}")
    return _cells(*cells, _plain(row.example), _code(row.place) if row.place else "")


def _markdown_plan(one: PlanDifference) -> str:
    alarm = f"**{one.alarm}**: " if one.alarm else ""
    facts = "<br>".join(f"{fact.name} {_fact_code(one, fact)}" for fact in one.shown_facts)
    where = f" in {_code(_sections(one))}" if one.sections else ""
    name = f"{ {'+': 'new', '-': 'gone', '~': 'changed'}[one.mark] } {_code(plan_name(one))}{where}"
    place = _places(one)
    return _cells(_mark(one.alarm), name, f"{alarm}{facts}", _code(place) if place else "")


def _fact_code(one: PlanDifference, fact: FactDifference) -> str:
    if one.mark != "~":
        return _code(fact.new or fact.old)
    old, new = contrast(visible(fact.old or "none"), visible(fact.new or "none"), 2 * _MOST_FACT)
    return f"{_code(old)} → {_code(new)}"


def _mark(alarm: str) -> str:
    return "**!**" if alarm else ""


def _cells(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    """A text in a cell of which nothing is read as Markdown or HTML."""
    return "".join(f"\\{char}" if char in "\\`*_[]<>|#@" else char for char in visible(text))


def _code(text: str) -> str:
    """A text as code in a cell, with what is not shown, or would act, written out."""
    return code_in_cell(visible(text))
