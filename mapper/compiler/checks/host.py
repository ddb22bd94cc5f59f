"""Required fields -> advice where their value hangs on `$meta` alone, which replayed events do not have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set

from mapper.compiler.checks.identity import holders, is_full
from mapper.compiler.plan.can_give import ways_of
from mapper.compiler.plan.depends_only_on import hanging_on, hangs_on
from mapper.compiler.plan.planned import Entry, Object, Planned
from mapper.compiler.plan.scope import Draft, Sending
from mapper.compiler.schema.target import Requirement, Target
from mapper.diagnostic import Diagnostic

_META = "$meta"


def check_host(target: Target, lets: Mapping[str, Planned], draft: Draft) -> None:
    """Advise where a required value, or all that identifies, is known to the host alone."""
    hosts = hanging_on({_META}, lets)
    for sending in draft.sendings:
        for entry in _entries(sending.payload):
            if entry.required and entry.default is None and hangs_on(entry.value, hosts):
                path = draft.places[entry.place].path
                message = f"`{path}` hangs on `$meta` alone: replays and files have none"
                hint = "put an attribute of the event before it: `{from: [ATTRIBUTE, $meta...]}`"
                draft.found.append(Diagnostic("M905", entry.value.span, message, hint, path=path))
        for requirement in target.requirements:
            _check_group(sending, requirement, hosts, draft)


def _check_group(sending: Sending, requirement: Requirement, hosts: Set[str], draft: Draft) -> None:
    """Advise where no group of a requirement can be there without `$meta`."""
    for holder in holders(sending, requirement.path) or ():
        entries = {entry.name: entry for entry in holder.entries}
        own = {name for name, entry in entries.items() if not hangs_on(entry.value, hosts)}
        wanted = {name for group in requirement.groups for name in group}
        others = [entry for name, entry in entries.items() if name in wanted - own]
        if not others or is_full(requirement, own) or not is_full(requirement, {*entries}):
            continue
        names = " and ".join(f"`{entry.name}`" for entry in others)
        message = f"what identifies hangs on `$meta` alone ({names}): replays and files have none"
        hint = f"give {requirement.describe()} from the event too"
        draft.found.append(Diagnostic("M905", others[0].value.span, message, hint, path=requirement.path))


def _entries(planned: Object) -> Iterator[Entry]:
    """The fields of an object and of the objects below it; a list's elements are not asked for."""
    for entry in planned.entries:
        yield entry
        for way in ways_of(entry.value):
            if isinstance(way.source, Object):
                yield from _entries(way.source)
