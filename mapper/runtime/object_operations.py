"""The operations of generated code on whole objects: put them together, strip them, set fields."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from mapper.runtime.frame import Frame
from mapper.runtime.limits import absent
from mapper.values.safe_text import SafeText
from mapper.values.types import Invalid, Json


def shape_part(
    value: dict[str, Any],
    made: dict[str, Any],
    name: str,
    frame: Frame,
    rule: int,
    function: Callable[[Any, Frame], Json],
) -> None:
    """Bring one field of an object into its form, into `made`; an invalid one is noted and left out."""
    part = value[name]
    if absent(part):
        return
    try:
        part = function(part, frame)
    except Invalid as invalid:
        frame.invalid(rule, Invalid(SafeText("`{}` {}", SafeText.known(name), invalid.reason)))
    else:
        if part is not None:
            made[name] = part


def strange(value: dict[str, Any], known: Collection[str], frame: Frame, rule: int) -> None:
    """Note that an object has fields the target does not know; they are left out."""
    count = sum(name not in known for name in value)
    if count:
        fields = SafeText("a field") if count == 1 else SafeText("{} fields", count)
        frame.invalid(rule, Invalid(SafeText("has {} unknown to the target; left out", fields)))


def having(made: dict[str, Any], name: str) -> None:
    """Raise Invalid where an object lacks a field that the target asks of it."""
    if name not in made:
        raise Invalid(SafeText("lacks `{}`", SafeText.known(name)))


def having_group(made: dict[str, Any], groups: Collection[Collection[str]], words: str) -> None:
    """Raise Invalid where an object has none of some groups of fields in full. words: how they read."""
    if not any(all(name in made for name in group) for group in groups):
        raise Invalid(SafeText("needs {}", SafeText.known(words)))


def strip(payload: dict[str, Any], paths: Collection[str]) -> None:
    """Take fields away by dotted path; objects that nothing is left in go as well."""
    for path in paths:
        *parents, name = path.split(".")
        holders = [payload]
        for parent in parents:
            inner = holders[-1].get(parent)
            if type(inner) is not dict:
                break
            holders.append(inner)
        else:
            holders[-1].pop(name, None)
            if parents and not holders[-1]:
                holders[-2].pop(parents[-1], None)


def hollow(value: dict[str, Any]) -> bool:
    """Whether nothing in an object is there."""
    return all(map(absent, value.values()))


def whole(made: dict[str, Any], value: dict[str, Any]) -> dict[str, Any] | None:
    """The object that was put together; null if it was empty. Raises Invalid if nothing of it fits."""
    if made:
        return made
    if not hollow(value):
        raise Invalid("has no field that the target accepts")
    return None


def zip_lists(lists: dict[str, Any]) -> list[Json] | None:
    """An object for each place in lists that are equally long; lists that are absent give no field.

    Raises Invalid where something else than lists of one length is given.
    """
    given = {name: values for name, values in lists.items() if values is not None}
    if any(type(values) is not list for values in given.values()):
        raise Invalid("`zip` takes lists only")
    lengths = sorted({len(values) for values in given.values()})
    if len(lengths) > 1:
        raise Invalid(
            SafeText("`zip` takes lists of equal length, not of {} and {} elements", lengths[0], lengths[-1])
        )
    return [dict(zip(given, row, strict=True)) for row in zip(*given.values(), strict=True)] or None


def copied(value: Any) -> Any:
    """A value that shares nothing with the event, without nulls in it."""
    if type(value) is dict:
        return {name: copied(part) for name, part in value.items() if part is not None}
    if type(value) is list:
        return [copied(part) for part in value if part is not None]
    return value


def put(payload: dict[str, Any], path: str, value: Json) -> None:
    """Set a field by dotted path."""
    *parents, name = path.split(".")
    for parent in parents:
        payload = payload.setdefault(parent, {})
    payload[name] = value
