"""Required fields -> advice where their value hangs on `$meta` alone, which replayed events do not have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mapper.compiler.draft import Draft, Sending
from mapper.compiler.expression import Expression
from mapper.compiler.given import ways_of
from mapper.compiler.identity import holders, is_full
from mapper.compiler.planned import Entry, Fixed, Loop, Object, Planned
from mapper.compiler.target import Requirement, Target
from mapper.diagnostic import Diagnostic

_META = "$meta"


def check_host(target: Target, lets: Mapping[str, Planned], draft: Draft) -> None:
    """Advise where a required value, or all that identifies, is known to the host alone."""
    for sending in draft.sendings:
        for entry in _entries(sending.payload):
            if entry.required and entry.default is None and _is_hosts(entry.value, lets):
                path = draft.places[entry.place].path
                message = f"`{path}` hangs on `$meta` alone: replays and files have none"
                hint = "put an attribute of the event before it: `{from: [ATTRIBUTE, $meta...]}`"
                draft.found.append(Diagnostic("M905", entry.value.span, message, hint, path=path))
        for requirement in target.requirements:
            _check_group(sending, requirement, lets, draft)


def _check_group(
    sending: Sending, requirement: Requirement, lets: Mapping[str, Planned], draft: Draft
) -> None:
    """Advise where no group of a requirement can be there without `$meta`."""
    for holder in holders(sending, requirement.path) or ():
        entries = {entry.name: entry for entry in holder.entries}
        own = {name for name, entry in entries.items() if not _is_hosts(entry.value, lets)}
        wanted = {name for group in requirement.groups for name in group}
        hosts = [entry for name, entry in entries.items() if name in wanted - own]
        if not hosts or is_full(requirement, own) or not is_full(requirement, {*entries}):
            continue
        names = " and ".join(f"`{entry.name}`" for entry in hosts)
        message = f"what identifies hangs on `$meta` alone ({names}): replays and files have none"
        hint = f"give {requirement.describe()} from the event too"
        draft.found.append(Diagnostic("M905", hosts[0].value.span, message, hint, path=requirement.path))


def _entries(planned: Object) -> Iterator[Entry]:
    """The fields of an object and of the objects below it; a list's elements are not asked for."""
    for entry in planned.entries:
        yield entry
        for way in ways_of(entry.value):
            if isinstance(way.source, Object):
                yield from _entries(way.source)


def _is_hosts(planned: Planned, lets: Mapping[str, Planned]) -> bool:
    """Whether each way to have the value reads nothing but `$meta`."""
    if planned.default is not None:
        return False
    ways = ways_of(planned)
    return bool(ways) and all(_reads_meta_only(way, lets) for way in ways)


def _reads_meta_only(way: Planned, lets: Mapping[str, Planned]) -> bool:
    match way.source:
        case Expression() as expression:
            roots = {read.root for read in expression.reads()}
            return bool(roots) and all(_is_root_hosts(root, lets) for root in roots)
        case Fixed() | Object():
            return False
        case Loop(items=items):
            return _is_hosts(items, lets)
        case _:
            return False


def _is_root_hosts(root: str, lets: Mapping[str, Planned]) -> bool:
    if root == _META:
        return True
    name = root.removeprefix("$")
    if not root.startswith("$") or name not in lets:
        return False
    return _is_hosts(lets[name], {other: let for other, let in lets.items() if other != name})
