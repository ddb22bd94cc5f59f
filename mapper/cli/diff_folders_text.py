"""A comparison of two folders -> text for a terminal, or Markdown that fits a comment on a pull request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from mapper.cli.diff_text import contrast, fact_text, plan_name, value_text
from mapper.cli.run_summary import number
from mapper.cli.terminal import visible
from mapper.texts.markdown import code, code_block
from mapper.workbench.folder_comparison import (
    Cause,
    CauseEffect,
    ComparedMapping,
    FolderComparison,
    MappingStatus,
)
from mapper.workbench.outline_difference import PlanDifference

# The most characters that GitHub takes in a comment, and what is kept for the line on what is left out.
_MOST_CHARACTERS = 65_536
_KEPT = 300
_MOST_VALUE = 60
_MOST_NAMED = 5
_MOST_LISTED = 100
_OWN = "its own text"
_STATUSES: tuple[MappingStatus, ...] = ("broken", "differs", "added", "deleted", "same")


def folders_text(found: FolderComparison, limit: int) -> str:
    """A comparison for a terminal, with at most `limit` changes, and lines of each."""
    lines = [*head_lines(found), *_first_lines(found)]
    for cause in found.causes[:limit]:
        lines += _cause_lines(cause, limit)
    if len(found.causes) > limit:
        lines.append(f"  … {number(len(found.causes) - limit, 'more change')}: --limit shows more")
    return "\n".join([*lines, *_last_lines(found)]) + "\n"


def head_lines(found: FolderComparison) -> Iterator[str]:
    """The numbers of mappings and of events, by what became of them."""
    counts = Counter(one.status for one in found.mappings)
    parts = [
        f"{counts[status]:,} {_agreeing(counts[status], status)}" for status in _STATUSES if counts[status]
    ]
    unreached = sum(not (one.reached_by or one.was or one.events or one.errors) for one in found.mappings)
    parts += [f"{unreached:,} not reached by the change"] if unreached else []
    teams = _teams(one.owner for one in found.mappings)
    yield f"{number(len(found.mappings), 'mapping')} of {teams}: {' · '.join(parts)}"
    both = [one for one in found.mappings if one.status in ("same", "differs") and one.events]
    if both:
        events, different = sum(one.events for one in both), sum(one.different for one in both)
        told = _agreeing(different, "differs")
        yield f"{number(events, 'event')} of the tests of the mappings reached: {different:,} {told}"


def _agreeing(count: int, word: str) -> str:
    return "differ" if word == "differs" and count != 1 else word


def _teams(owners: Iterable[str]) -> str:
    return number(len({*owners}), "team")


def _cause_lines(cause: Cause, limit: int) -> Iterator[str]:
    alarm = f"  ! {cause.alarm}" if cause.alarm else ""
    yield f"{'!' if alarm else ' '} {_title(cause)}: {_reach(cause)}{alarm}"
    facts = [line for change in cause.changes for line in _fact_lines(cause, change)]
    effects = [f"{effect.path}  {_effect(effect)}" for effect in cause.effects]
    for lines in (facts, effects):
        yield from (f"      {line}" for line in lines[:limit])
        if len(lines) > limit:
            yield f"      … {len(lines) - limit:,} more"
    yield f"      in {visible(_some(cause.mappings))}"


def _title(cause: Cause) -> str:
    """The place of a change, and the rule that it changes."""
    if not cause.changes:
        return "no rule differs"
    first = cause.changes[0]
    name = plan_name(first)
    if len(cause.changes) > 1:
        name = f"table {first.name.partition(' ')[0]}, {number(len(cause.changes), 'row')}"
    elif first.mark == "-" and first.new:
        name = f"takes away {name} ({first.old})"
    elif first.mark != "~":
        name = f"{first.mark} {name}"
    more = f" and {number(len(cause.places) - 1, 'more place')}" if len(cause.places) > 1 else ""
    return visible(f"{cause.places[0]} {name}{more}" if cause.places else name)


def _reach(cause: Cause) -> str:
    told = f"{number(len(cause.mappings), 'mapping')} of {_teams(cause.owners)}"
    return f"{told}, {cause.different:,} of {number(cause.events, 'event')}"


def _fact_lines(cause: Cause, change: PlanDifference) -> Iterator[str]:
    row = f"{change.mark} {change.name.partition(' ')[2]}  " if len(cause.changes) > 1 else ""
    for fact in change.shown_facts:
        yield visible(f"{row}{fact_text(change, fact)}")


def _effect(effect: CauseEffect) -> str:
    if effect.path == "outcome":
        return visible(f"{effect.old} -> {effect.new}")
    if effect.kind == "changed" and effect.old is not None:
        old, new = contrast(value_text(effect.old), value_text(effect.new), _MOST_VALUE)
        return f"changed  {old} -> {new}"
    shown = effect.new if effect.kind == "new" else effect.old
    return f"{effect.kind}  {value_text(shown)}" if shown is not None else effect.kind


def _some(names: Sequence[str], most: int = _MOST_NAMED) -> str:
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


def _first_lines(found: FolderComparison) -> Iterator[str]:
    """The mappings that are broken or deleted, and the changes of the policy."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for one in found.broken:
        alike.setdefault(one.errors, []).append(one.file)
    for errors, files in alike.items():
        yield visible(f"broken: {_some(files)}")
        yield from (f"      {visible(error)}" for error in errors)
    for one in _of(found, "deleted"):
        yield visible(f"! deleted: {one.file}, {number(one.events, 'event')} of its tests  ! no longer sent")
    for change in found.policy:
        mark, weaker = ("!", "  ! policy weaker") if change.is_weaker else (" ", "")
        told = f"{change.place} {change.name}: {change.old or 'none'} -> {change.new or 'none'}"
        yield visible(f"{mark} {told}{weaker}")


def _last_lines(found: FolderComparison) -> Iterator[str]:
    """The mappings that are added or renamed, and those that the change reaches and that are the same."""
    for one in _of(found, "added"):
        yield visible(f"added: {one.file}, {number(one.events, 'event')} of its tests")
    for one in found.mappings:
        if one.was:
            yield visible(f"renamed: {one.was} -> {one.file}")
    for file, count in _reached_and_same(found):
        yield visible(f"the same, though {file} differs: {number(count, 'mapping')}")


def _of(found: FolderComparison, status: str) -> Iterator[ComparedMapping]:
    return (one for one in found.mappings if one.status == status)


def _reached_and_same(found: FolderComparison) -> list[tuple[str, int]]:
    """The files that differ, a mapping's own as one, with the number of mappings that are the same."""
    same = [one for one in found.mappings if one.status == "same"]
    counts = Counter(_OWN if file == one.file else file for one in same for file in one.reached_by)
    return sorted(counts.items())


def folders_markdown(found: FolderComparison, names: tuple[str, str], limit: int) -> str:
    """A comparison as a comment on a pull request: as many whole groups as fit. names: of the versions."""
    old, new = (code(visible(name)) for name in names)
    head = "\n\n".join([f"### Mappings: {old} → {new}", *(f"**{line}**" for line in head_lines(found))])
    groups = _markdown_lines([*_first_lines(found)])
    groups += [_markdown_cause(cause, limit) for cause in found.causes]
    groups += _markdown_lines([*_last_lines(found)])
    kept, size = [head], len(head)
    for group in groups:
        size += len(group) + 2
        if size > _MOST_CHARACTERS - _KEPT:
            break
        kept.append(group)
    left = len(groups) + 1 - len(kept)
    if left:
        alarms = sum(group.startswith("#### **!**") for group in groups[len(kept) - 1 :])
        marked = f", {alarms:,} of them marked **!**" if alarms else ""
        kept.append(f"{number(left, 'more group')}{marked}: `mapper diff --format json` has all of them.")
    return "\n\n".join(kept) + "\n"


def _markdown_lines(lines: Sequence[str]) -> list[str]:
    """Some lines as a group, if there are any."""
    left = len(lines) - _MOST_LISTED
    more = [f"… {number(left, 'more line')}"] if left > 0 else []
    return [code_block("", "\n".join([*lines[:_MOST_LISTED], *more]))] if lines else []


def _markdown_cause(cause: Cause, limit: int) -> str:
    mark = f"**!** {cause.alarm}: " if cause.alarm else ""
    title, teams = code(_title(cause)), ", ".join(cause.owners)
    lines = [
        f"#### {mark}{title}",
        "",
        f"{_reach(cause)} ({code(visible(teams))})" if teams else _reach(cause),
    ]
    facts = [line for change in cause.changes for line in _fact_lines(cause, change)]
    effects = [f"{effect.path}  {_effect(effect)}" for effect in cause.effects]
    for told in (facts, effects):
        more = [f"… {len(told) - limit:,} more"] if len(told) > limit else []
        lines += ["", code_block("", "\n".join([*told[:limit], *more]))] if told else []
    listed = visible(_some(cause.mappings, _MOST_LISTED))
    lines += ["", f"<details><summary>{number(len(cause.mappings), 'mapping')}</summary>", ""]
    return "\n".join([*lines, code(listed), "", "</details>"])
