"""Sections -> whom their payloads identify: one of the target's groups of fields must be there in full."""

from __future__ import annotations

from mapper.compiler.draft import Draft
from mapper.compiler.rules import takes_away
from mapper.compiler.target import Requirement, Target
from mapper.compiler.value import ALL_UNREAD, Fields, Value
from mapper.diagnostic import Diagnostic


def check_groups(fields: Fields, target: Target, draft: Draft) -> None:
    """Report groups of fields of which a section has rules for none in full."""
    if ALL_UNREAD in fields.unread:
        return
    for requirement in target.requirements:
        _check_requirement(requirement, fields, draft)


def _check_requirement(requirement: Requirement, fields: Fields, draft: Draft) -> None:
    value: Value | None = fields
    for part in requirement.path.split(".") if requirement.path else ():
        value = value.get(part) if isinstance(value, Fields) else None
    if not isinstance(value, Fields):
        return
    names = {name for name, _, one in value.entries if not takes_away(one)}
    names |= {*value.unread}
    if any(set(group) <= names for group in requirement.groups):
        return
    below = f"{requirement.path}." if requirement.path else ""
    if any(below + name in draft.misspelt for group in requirement.groups for name in group):
        return
    where = f"`{requirement.path}`" if requirement.path else "the payload"
    message = f"{where} needs {requirement.describe()}, and no rule gives one of them in full"
    draft.found.append(Diagnostic("M305", value.span, message, path=requirement.path))
