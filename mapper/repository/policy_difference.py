"""Two policies -> PolicyChange: the rules by which more or fewer findings count, each with its line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mapper.codes import CODES
from mapper.project.folders import POLICY_FILE
from mapper.repository.policy import AcceptedFinding, FolderPolicy, JudgedSeverity, Policy

_STRICTNESS: tuple[JudgedSeverity, ...] = ("off", "advice", "warning", "error")


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """A rule of a policy that differs. name: the rule, and the folder or file that it is for.

    old, new: its values; "" for none. place: `file:line`, in the old version where the rule is gone.
    is_weaker: findings no longer count, or count less.
    """

    name: str
    old: str
    new: str
    place: str
    is_weaker: bool


def policy_changes(old: Policy, new: Policy) -> tuple[PolicyChange, ...]:
    """The changes of a policy, those first that make it weaker."""
    if new.error_line and not old.error_line:
        now = "has an error, so none of its rules counts"
        return (PolicyChange("the policy", "", now, f"{POLICY_FILE}:{new.error_line}", True),)
    found = (*_excluded(old, new), *_of_folders(old, new), *_accepted(old, new))
    return tuple(sorted(found, key=lambda one: not one.is_weaker))


def _place(old: Policy, new: Policy, *keys: str) -> str:
    return f"{POLICY_FILE}:{new.lines.get(keys) or old.lines.get(keys, 1)}"


def _excluded(old: Policy, new: Policy) -> Iterator[PolicyChange]:
    for pattern in dict.fromkeys((*new.exclude, *old.exclude)):
        was, now = ("excluded" if pattern in one.exclude else "" for one in (old, new))
        if was != now:
            side = new if now else old
            line = side.lines.get(("exclude", str(side.exclude.index(pattern))), 1)
            yield PolicyChange(f"exclude {pattern}", was, now, f"{POLICY_FILE}:{line}", bool(now))


def _of_folders(old: Policy, new: Policy) -> Iterator[PolicyChange]:
    """The changes of folders that a version names, by what holds in them, be it said there or around them."""
    for path in sorted({one.path for side in (old, new) for one in side.folders}):
        own = [one for side in (old, new) for one in side.folders if one.path == path]
        codes = dict.fromkeys(code for one in own for code in one.severity)
        for code in codes:
            was, now = (side.severity(code, f"{path}/") or CODES[code].severity for side in (old, new))
            place = _place(old, new, "folders", path, "severity", code)
            weaker = _STRICTNESS.index(now) < _STRICTNESS.index(was)
            yield from _differing(f"severity {code} of {path}", was, now, place, weaker)
        if any(one.coverage is not None for one in own):
            asked, asks = (_coverage(side.coverage(f"{path}/")) for side in (old, new))
            place = _place(old, new, "folders", path, "coverage")
            yield from _differing(f"coverage of {path}", _shown(asked), _shown(asks), place, asks < asked)
        if any(one.owner is not None for one in own):
            owner, owns = (side.owner(f"{path}/") or "" for side in (old, new))
            place = _place(old, new, "folders", path, "owner")
            yield from _differing(f"owner of {path}", owner, owns, place, False)


def _coverage(folder: FolderPolicy | None) -> float:
    return 0 if folder is None else folder.coverage or 0


def _shown(percent: float) -> str:
    return f"{percent:g} %" if percent else ""


def _differing(name: str, old: str, new: str, place: str, weaker: bool) -> Iterator[PolicyChange]:
    if old != new:
        yield PolicyChange(name, old, new, place, weaker)


def _accepted(old: Policy, new: Policy) -> Iterator[PolicyChange]:
    """The changes of findings that are accepted. Their reasons are prose, so they are only told apart."""
    before, after = ({_about(one): one for one in side.accepted} for side in (old, new))
    for about in dict.fromkeys((*after, *before)):
        was, now = before.get(about), after.get(about)
        place = f"{POLICY_FILE}:{(now or was or after[about]).span.line}"
        later = now is not None and (was is None or now.until > was.until)
        old_text, new_text = _until(was), _until(now)
        if was is not None and now is not None and old_text == new_text and was.reason != now.reason:
            new_text = f"{new_text}, for another reason"
        yield from _differing(f"accepted {about}", old_text, new_text, place, later)


def _about(one: AcceptedFinding) -> str:
    return f"{one.code} in {one.file} {one.path}".rstrip()


def _until(one: AcceptedFinding | None) -> str:
    return "" if one is None else f"until {one.until}"
