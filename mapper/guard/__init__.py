"""payload -> what must never leave. Written by hand; knows nothing of the compiler or of transforms.

It reads the target's schema by itself: `x-personal` without `x-plain` marks what leaves as a digest only, and
`x-plain: {FIELD: CONSTANTS}` what does where the field beside it has another constant; the form `ip_address`
an address. `x-guard` says what no digest may be of, and how personal parameters are named.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from mapper.guard.glance import Glance
from mapper.guard.guarded_fields import Tables, read_tables
from mapper.guard.payload_places import GONE, Knowledge, PayloadFindings, place_of
from mapper.guard.personal_parameters import Words
from mapper.values.types import Json

__all__ = ["Finding", "Guard", "Released", "Tables", "read_tables"]


class Finding(NamedTuple):
    """A value that must not leave: its path, `[]` for elements of a list, and the reason; never the value."""

    path: str
    reason: str


class Released(NamedTuple):
    """The part of a payload that may leave, None if none; the findings; those of parameters taken out."""

    payload: Any
    found: tuple[Finding, ...]
    cleaned: tuple[Finding, ...]


class Guard:
    """The check of a payload before it leaves, by the target's schema: see `read_tables`."""

    __slots__ = ("_glance", "_needs_valid", "_root")

    def __init__(
        self, schema: Mapping[str, Any], allowed: Iterable[str] = (), profile: str | None = None
    ) -> None:
        self._read(read_tables(schema, allowed, profile))

    @classmethod
    def of(cls, tables: Tables) -> Guard:
        """The guard of tables that were read before."""
        guard = cls.__new__(cls)
        guard._read(tables)
        return guard

    def _read(self, tables: Tables) -> None:
        root, facts, of_nothing, self._needs_valid = tables
        words = Words(facts)
        self._root = place_of(root, Knowledge(words, frozenset(of_nothing)))
        self._glance = Glance(root, words, of_nothing)

    def is_clean(self, payload: Json) -> bool:
        """Whether a payload is seen at once to hold nothing that must not leave; most are."""
        return self._glance.is_clean(payload)

    def check(self, payload: Json) -> tuple[Finding, ...]:
        """The values of a payload that must not leave, each once. Never raises, for any JSON value."""
        if self._glance.is_clean(payload):
            return ()
        found = PayloadFindings()
        self._root.look(payload, found)
        return tuple(dict.fromkeys(Finding(path, reason) for path, reason, _ in found.reasons))

    def release(self, payload: Json, required: Collection[str] = ()) -> Released:
        """The part of a payload that may leave: an optional field that must not is left out, also where the
        target's rules ask for another one beside it; a required one, or its loss, stops the payload.

        required: paths that must be there though the target does not ask for them. Never raises.
        """
        if self._glance.is_clean(payload):
            return Released(payload, (), ())
        found = PayloadFindings()
        kept = self._root.look(payload, found)
        while kept is not GONE and self._take_along(found):
            kept = self._root.look(payload, found)
        if kept is GONE or any(_is_in(path, gone) for path in required for gone in found.gone):
            kept = None
        told = tuple(dict.fromkeys(Finding(path, reason) for path, reason, _ in found.reasons))
        cleaned = tuple(Finding(path, reason) for path, reason, cleaned in found.reasons if cleaned)
        return Released(kept, told, cleaned)

    def _take_along(self, found: PayloadFindings) -> bool:
        """Whether something more has to go since another one has."""
        more = {
            path: name.rpartition(".")[2]
            for path, needed in self._needs_valid
            for name in needed
            if name in found.gone and path not in found.without
        }
        found.without.update(more)
        return bool(more)


def _is_in(path: str, gone: str) -> bool:
    """Whether a path is what has gone, or below it."""
    return path == gone or path.startswith((f"{gone}.", f"{gone}[]"))
