"""Texts and what is wrong with them -> fixed texts. Pure: who calls reads, checks and writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from mapper.texts.diagnostic import Diagnostic, Edit, Fix
from mapper.texts.named_text import Text

# A fix may show a place for another one; two that undo each other would never end.
_MOST_ROUNDS = 10

Check = Callable[[Text], tuple[Diagnostic, ...]]


@dataclass(frozen=True, slots=True)
class Repair:
    """A diagnostic and the fix of it that is applied."""

    found: Diagnostic
    fix: Fix


@dataclass(frozen=True, slots=True)
class Unrepaired:
    """A repair that is not done, and the error that it would bring."""

    repair: Repair
    brings: Diagnostic


@dataclass(frozen=True, slots=True)
class Repaired:
    """Texts after their repairs, by the keys they had before."""

    texts: dict[str, Text]
    done: tuple[Repair, ...]
    left: tuple[Unrepaired, ...]


def safe_fix(found: Diagnostic) -> Fix | None:
    """The fix of a diagnostic that may be applied unasked: the first safe one."""
    return next((fix for fix in found.fixes if fix.safe and fix.edits), None)


def apply_fixes(texts: Mapping[str, Text], check: Check, key: Callable[[str], str] = str) -> Repaired:
    """Texts with all their safe fixes, round by round: a fix that touches another one waits for the next.

    texts: by key; `key` makes one of a text's name. A fix that leads out of these texts is not applied.
    """
    now = dict(texts)
    found = {name: check(text) for name, text in now.items()}
    done: list[Repair] = []
    left: list[Unrepaired] = []
    for _ in range(_MOST_ROUNDS):
        chosen = _choose(now, found, key, left)
        if _new_errors(now, found, chosen, check, key):
            tried = [(one, _new_errors(now, found, [one], check, key)) for one in chosen]
            left += [Unrepaired(one, new[0]) for one, new in tried if new]
            chosen = [one for one, new in tried if not new]
            if _new_errors(now, found, chosen, check, key):
                chosen = []
        changed = _apply(now, chosen, key)
        if not changed:
            break
        now |= changed
        found |= {name: check(text) for name, text in changed.items()}
        done += chosen
    return Repaired(now, tuple(done), tuple(left))


def _choose(
    texts: Mapping[str, Text],
    found: Mapping[str, Iterable[Diagnostic]],
    key: Callable[[str], str],
    left: Iterable[Unrepaired],
) -> list[Repair]:
    """The repairs that can be done together, first come, first served."""
    passed = {(one.repair.found.code, one.repair.found.message, one.repair.fix.title) for one in left}
    chosen: list[Repair] = []
    taken: list[tuple[str, int, int]] = []
    for one in dict.fromkeys(one for group in found.values() for one in group):
        fix = safe_fix(one)
        if fix is None or (one.code, one.message, fix.title) in passed:
            continue
        if not all(_is_current(edit, texts, key) for edit in fix.edits) or not _is_sound(fix):
            continue
        places = [(key(edit.span.text.name), edit.span.start, edit.span.end) for edit in fix.edits]
        if not any(_touch(place, other) for place in places for other in taken):
            chosen.append(Repair(one, fix))
            taken += places
    return chosen


def _is_current(edit: Edit, texts: Mapping[str, Text], key: Callable[[str], str]) -> bool:
    """Whether an edit changes one of the texts, and as it is now: a round before may have changed it."""
    text = texts.get(key(edit.span.text.name))
    return (
        text is not None
        and text.content == edit.span.text.content
        and replacement_of(edit) != text.content[edit.span.start : edit.span.end]
    )


def _is_sound(fix: Fix) -> bool:
    """Whether no two edits of one fix change the same characters."""
    spans = sorted((edit.span.text.name, edit.span.start, edit.span.end) for edit in fix.edits)
    return all(a[0] != b[0] or a[2] <= b[1] for a, b in pairwise(spans))


def _touch(one: tuple[str, int, int], other: tuple[str, int, int]) -> bool:
    return one[0] == other[0] and one[1] <= other[2] and other[1] <= one[2]


def _new_errors(
    texts: Mapping[str, Text],
    found: Mapping[str, Iterable[Diagnostic]],
    repairs: Iterable[Repair],
    check: Check,
    key: Callable[[str], str],
) -> list[Diagnostic]:
    """The errors that repairs would bring: those that were not there before, wherever they are."""
    brought: list[Diagnostic] = []
    for name, text in _apply(texts, repairs, key).items():
        known = Counter(_said(one) for one in found[name])
        for one in check(text):
            known[_said(one)] -= 1
            if one.severity == "error" and known[_said(one)] < 0:
                brought.append(one)
    return brought


def _said(found: Diagnostic) -> tuple[str, str, str]:
    return found.span.text.name, found.code, found.message


def _apply(
    texts: Mapping[str, Text], repairs: Iterable[Repair], key: Callable[[str], str]
) -> dict[str, Text]:
    """The texts that the repairs change, changed."""
    edits: dict[str, list[Edit]] = {}
    for edit in (edit for repair in repairs for edit in repair.fix.edits):
        edits.setdefault(key(edit.span.text.name), []).append(edit)
    return {name: Text(texts[name].name, edited(texts[name].content, some)) for name, some in edits.items()}


def edited(content: str, edits: Iterable[Edit]) -> str:
    """Characters after edits that do not overlap; of two at one place the first comes first."""
    parts: list[str] = []
    at = 0
    for edit in sorted(edits, key=lambda edit: (edit.span.start, edit.span.end)):
        parts += content[at : edit.span.start], replacement_of(edit)
        at = edit.span.end
    return "".join(parts) + content[at:]


def replacement_of(edit: Edit) -> str:
    """The text that an edit puts in, with the line breaks of its file."""
    ends = "\r\n" if "\r\n" in edit.span.text.content else "\n"
    return edit.replacement.replace("\r\n", "\n").replace("\n", ends)
